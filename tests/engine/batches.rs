//! BatchGetItem and BatchWriteItem.

use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

#[test]
fn a_batch_writes_and_reads_over_several_keys() {
    let db = Database::in_memory();
    music(&db);
    let puts: Vec<Value> =
        (0..25).map(|n| json!({"PutRequest": {"Item": with(song("a", &n.to_string()), json!({"n": {"N": n.to_string()}}))}})).collect();
    let written =
        db.ok("BatchWriteItem", json!({"RequestItems": {"music": puts}, "ReturnConsumedCapacity": "TOTAL"}));
    assert_eq!(
        written,
        json!({"UnprocessedItems": {}, "ConsumedCapacity": [{"TableName": "music", "CapacityUnits": 25}]})
    );
    db.ok(
        "BatchWriteItem",
        json!({"RequestItems": {"music": [{"DeleteRequest": {"Key": song("a", "3")}}, {"PutRequest": {"Item": song("a", "4")}}]}}),
    );
    let keys: Vec<Value> = (0..6).map(|n| song("a", &n.to_string())).collect();
    let read = db.ok(
        "BatchGetItem",
        json!({"RequestItems": {"music": {"Keys": keys, "ProjectionExpression": "n"}}, "ReturnConsumedCapacity": "TOTAL"}),
    );
    assert_eq!(
        read["Responses"]["music"],
        json!([{"n": {"N": "0"}}, {"n": {"N": "1"}}, {"n": {"N": "2"}}, {}, {"n": {"N": "5"}}])
    );
    assert_eq!(read["UnprocessedKeys"], json!({}));
    assert_eq!(read["ConsumedCapacity"], json!([{"TableName": "music", "CapacityUnits": 3}]));
}

#[test]
fn mistaken_batches_write_nothing() {
    let db = Database::in_memory();
    music(&db);
    let put = |n: u32| json!({"PutRequest": {"Item": song("a", &n.to_string())}});
    assert_eq!(
        db.error("BatchWriteItem", json!({"RequestItems": {"music": [put(1), put(1)]}})),
        "ValidationException: Provided list of item keys contains duplicates"
    );
    assert_eq!(
        db.error(
            "BatchGetItem",
            json!({"RequestItems": {"music": {"Keys": [song("a", "1"), song("a", "1")]}}})
        ),
        "ValidationException: Provided list of item keys contains duplicates"
    );
    assert_eq!(
        db.error("BatchWriteItem", json!({"RequestItems": {"music": [put(1)], "missing": [put(2)]}})),
        "ResourceNotFoundException: Requested resource not found"
    );
    assert_eq!(
        db.error(
            "BatchWriteItem",
            json!({"RequestItems": {"music": [put(1), {"PutRequest": {"Item": {"artist": {"S": "x"}}}}]}})
        ),
        "ValidationException: The provided key element does not match the schema"
    );
    assert_eq!(db.ok("Scan", json!({"TableName": "music"}))["Count"], 0);
}

#[test]
fn what_exceeds_sixteen_megabytes_comes_back_as_unprocessed() {
    let db = Database::in_memory();
    music(&db);
    let mut keys = Vec::new();
    for n in 0..50 {
        let key = song("a", &format!("{n:02}"));
        db.ok("PutItem", json!({"TableName": "music", "Item": with(key.clone(), json!({"v": {"S": "x".repeat(400_000)}}))}));
        keys.push(key);
    }
    let read =
        db.ok("BatchGetItem", json!({"RequestItems": {"music": {"Keys": keys, "ConsistentRead": true}}}));
    assert_eq!(read["Responses"]["music"].as_array().unwrap().len(), 41);
    let rest = &read["UnprocessedKeys"]["music"];
    assert_eq!(rest["Keys"].as_array().unwrap().len(), 9);
    assert_eq!(rest["ConsistentRead"], true);
    let second = db.ok("BatchGetItem", json!({"RequestItems": read["UnprocessedKeys"]}));
    assert_eq!(second["Responses"]["music"].as_array().unwrap().len(), 9);
}
