//! Consumed capacity of writes and reads.

use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

fn put(db: &Database, item: &Value) -> Value {
    let input = json!({"TableName": "music", "Item": item, "ReturnConsumedCapacity": "INDEXES"});
    db.ok("PutItem", input)["ConsumedCapacity"].clone()
}

#[test]
fn a_write_costs_its_larger_image_and_each_index_it_touches() {
    let db = Database::in_memory();
    music(&db);
    let item = |text: usize, year: u32| {
        with(
            song("a", "b"),
            json!({"genre": {"S": "rock"}, "year": {"N": year.to_string()}, "text": {"S": "x".repeat(text)}}),
        )
    };
    // Appears in the table (3 KB) and in both indexes.
    assert_eq!(
        put(&db, &item(2_500, 1990)),
        json!({"TableName": "music", "CapacityUnits": 5, "Table": {"CapacityUnits": 3},
            "LocalSecondaryIndexes": {"artist-year": {"CapacityUnits": 1}},
            "GlobalSecondaryIndexes": {"genre-year": {"CapacityUnits": 1}}})
    );
    // Neither index sees the change; the old image is the larger one.
    assert_eq!(
        put(&db, &item(10, 1990)),
        json!({"TableName": "music", "CapacityUnits": 3, "Table": {"CapacityUnits": 3}})
    );
    // Both index keys change: a delete and a put each.
    assert_eq!(put(&db, &item(10, 1991))["CapacityUnits"], 5);
    let total = db.ok(
        "DeleteItem",
        json!({"TableName": "music", "Key": song("a", "missing"), "ReturnConsumedCapacity": "TOTAL"}),
    );
    assert_eq!(total["ConsumedCapacity"], json!({"TableName": "music", "CapacityUnits": 1}));
}

#[test]
fn a_read_costs_four_kilobytes_a_unit_and_half_when_eventually_consistent() {
    let db = Database::in_memory();
    music(&db);
    put(&db, &with(song("a", "b"), json!({"text": {"S": "x".repeat(5_000)}})));
    let get = |song_name: &str, consistent: bool| {
        let input = json!({"TableName": "music", "Key": song("a", song_name), "ConsistentRead": consistent,
            "ReturnConsumedCapacity": "TOTAL"});
        db.ok("GetItem", input)["ConsumedCapacity"]["CapacityUnits"].clone()
    };
    assert_eq!(get("b", true), 2);
    assert_eq!(get("b", false), 1);
    assert_eq!(get("missing", true), 1);
    assert_eq!(get("missing", false), 0.5);
}
