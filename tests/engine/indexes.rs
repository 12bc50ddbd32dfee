//! Local and global secondary indexes.

use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, put, song, with};

fn database() -> Database {
    let db = Database::in_memory();
    music(&db);
    for (artist, name, genre, year) in [
        ("a", "1", "rock", 1990),
        ("a", "2", "jazz", 1985),
        ("b", "1", "rock", 1970),
        ("b", "2", "rock", 2001),
    ] {
        put(
            &db,
            &with(
                song(artist, name),
                json!({"genre": {"S": genre}, "year": {"N": year.to_string()}, "label": {"S": "l"}, "extra": {"S": "o"}}),
            ),
        );
    }
    put(&db, &with(song("c", "unindexed"), json!({"genre": {"S": "rock"}})));
    db
}

fn rock(db: &Database, more: Value) -> Value {
    let base = json!({"TableName": "music", "IndexName": "genre-year", "KeyConditionExpression": "genre = :g",
        "ExpressionAttributeValues": {":g": {"S": "rock"}}});
    db.ok("Query", with(base, more))
}

fn years(page: &Value) -> Vec<&str> {
    page["Items"].as_array().unwrap().iter().map(|i| i["year"]["N"].as_str().unwrap()).collect()
}

#[test]
fn a_global_index_is_sorted_by_its_own_key_and_holds_what_it_projects() {
    let db = database();
    let page = rock(&db, json!({}));
    assert_eq!(years(&page), ["1970", "1990", "2001"]);
    let first = page["Items"][0].as_object().unwrap();
    assert_eq!(first.keys().collect::<Vec<_>>(), ["artist", "genre", "label", "song", "year"]);
    let from = rock(&db, json!({"Limit": 1}))["LastEvaluatedKey"].clone();
    assert_eq!(
        from,
        json!({"artist": {"S": "b"}, "song": {"S": "1"}, "genre": {"S": "rock"}, "year": {"N": "1970"}})
    );
    assert_eq!(years(&rock(&db, json!({"ExclusiveStartKey": from}))), ["1990", "2001"]);
}

#[test]
fn entries_follow_their_items() {
    let db = database();
    db.ok(
        "UpdateItem",
        json!({"TableName": "music", "Key": song("b", "1"), "UpdateExpression": "SET #y = :y",
            "ExpressionAttributeNames": {"#y": "year"}, "ExpressionAttributeValues": {":y": {"N": "1999"}}}),
    );
    assert_eq!(years(&rock(&db, json!({}))), ["1990", "1999", "2001"]);
    db.ok(
        "UpdateItem",
        json!({"TableName": "music", "Key": song("a", "1"), "UpdateExpression": "REMOVE genre"}),
    );
    db.ok("DeleteItem", json!({"TableName": "music", "Key": song("b", "2")}));
    assert_eq!(years(&rock(&db, json!({}))), ["1999"]);
    assert_eq!(db.ok("Scan", json!({"TableName": "music", "IndexName": "genre-year"}))["Count"], 2);
}

#[test]
fn a_local_index_reads_the_table_for_what_it_lacks() {
    let db = database();
    let query = |more: Value| {
        let base = json!({"TableName": "music", "IndexName": "artist-year", "KeyConditionExpression": "artist = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}}, "ReturnConsumedCapacity": "INDEXES"});
        db.ok("Query", with(base, more))
    };
    let keys = query(json!({}));
    assert_eq!(years(&keys), ["1985", "1990"]);
    assert_eq!(keys["Items"][0].as_object().unwrap().len(), 3);
    assert_eq!(keys["ConsumedCapacity"]["Table"]["CapacityUnits"], 0);
    let all = query(json!({"Select": "ALL_ATTRIBUTES"}));
    assert_eq!(all["Items"][0]["extra"], json!({"S": "o"}));
    assert_eq!(
        all["ConsumedCapacity"],
        json!({"TableName": "music", "CapacityUnits": 1.5, "Table": {"CapacityUnits": 1},
            "LocalSecondaryIndexes": {"artist-year": {"CapacityUnits": 0.5}}})
    );
    let some = query(json!({"ProjectionExpression": "extra"}));
    assert_eq!(some["Items"], json!([{"extra": {"S": "o"}}, {"extra": {"S": "o"}}]));
}

#[test]
fn a_scan_filters_by_what_a_local_index_lacks_and_answers_with_its_entries() {
    let db = database();
    let scan = |more: Value| {
        let base = json!({"TableName": "music", "IndexName": "artist-year", "FilterExpression": "extra = :o",
            "ExpressionAttributeValues": {":o": {"S": "o"}}});
        db.ok("Scan", with(base, more))
    };
    let entries = scan(json!({}));
    assert_eq!(entries["Count"], 4);
    assert_eq!(
        entries["Items"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
        ["artist", "song", "year"]
    );
    assert_eq!(scan(json!({"Select": "ALL_ATTRIBUTES"}))["Items"][0]["extra"], json!({"S": "o"}));
    assert_eq!(scan(json!({"ProjectionExpression": "extra"}))["Items"][0], json!({"extra": {"S": "o"}}));
}

#[test]
fn a_query_does_not_filter_by_what_its_index_lacks() {
    let db = database();
    for (index, hash) in [("artist-year", "artist"), ("genre-year", "genre")] {
        let query = json!({"TableName": "music", "IndexName": index,
            "KeyConditionExpression": format!("{hash} = :o"), "FilterExpression": "extra = :o OR extra = :o OR song = :o",
            "ExpressionAttributeValues": {":o": {"S": "o"}}});
        assert_eq!(
            db.error("Query", query),
            format!(
                "ValidationException: One or more parameter values were invalid: Secondary index {index} does not project one or more filter attributes: [extra]"
            )
        );
    }
}

#[test]
fn expressions_do_not_reach_into_keys() {
    let db = database();
    let refused = |operation: &str, more: Value, what: &str| {
        let error = db.error(operation, with(json!({"TableName": "music"}), more));
        let sentence = format!(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {what}"
        );
        assert_eq!(error, format!("ValidationException: {sentence}"), "{operation}");
    };
    let key = song("a", "1");
    let values = json!({":v": {"S": "v"}});
    refused("GetItem", json!({"Key": key, "ProjectionExpression": "label, song[0]"}), "Key: song");
    refused("GetItem", json!({"Key": key, "ProjectionExpression": "genre.x"}), "IndexKey: genre");
    let condition = |text: &str| json!({"Key": key, "ConditionExpression": text});
    refused("DeleteItem", condition("attribute_exists(genre.x)"), "IndexKey: genre");
    refused("PutItem", json!({"Item": key, "ConditionExpression": "size(artist.x) > artist"}), "Key: artist");
    let update = |text: &str| json!({"Key": key, "UpdateExpression": text});
    refused("UpdateItem", update("SET label = genre[1]"), "IndexKey: genre");
    refused("UpdateItem", update("REMOVE genre.x"), "IndexKey: genre");
    refused(
        "Query",
        json!({"KeyConditionExpression": "artist = :v", "FilterExpression": "artist.x = :v",
            "ExpressionAttributeValues": values}),
        "Key: artist",
    );
    refused(
        "Scan",
        json!({"FilterExpression": "genre[0] = :v", "ExpressionAttributeValues": values}),
        "IndexKey: genre",
    );
    let batch = json!({"RequestItems": {"music": {"Keys": [key], "ProjectionExpression": "genre.x"}}});
    assert!(db.error("BatchGetItem", batch).contains("must be scalars"));
    for (operation, action) in [
        (
            "TransactGetItems",
            json!({"Get": {"TableName": "music", "Key": key, "ProjectionExpression": "genre.x"}}),
        ),
        (
            "TransactWriteItems",
            json!({"ConditionCheck": with(condition("attribute_exists(genre.x)"), json!({"TableName": "music"}))}),
        ),
    ] {
        let error = db.error(operation, json!({"TransactItems": [action]}));
        assert!(error.starts_with("ValidationException: Key attributes must be scalars"), "{error}");
    }
}

#[test]
fn what_a_global_index_lacks_is_refused() {
    let db = database();
    let error = |more: Value| {
        let base = json!({"TableName": "music", "IndexName": "genre-year", "KeyConditionExpression": "genre = :g",
            "ExpressionAttributeValues": {":g": {"S": "rock"}}});
        db.error("Query", with(base, more))
    };
    assert_eq!(
        error(json!({"ConsistentRead": true})),
        "ValidationException: Consistent reads are not supported on global secondary indexes"
    );
    assert_eq!(
        error(json!({"ProjectionExpression": "extra"})),
        "ValidationException: One or more parameter values were invalid: Global secondary index genre-year does not project [extra]"
    );
    assert_eq!(
        error(json!({"Select": "ALL_ATTRIBUTES"})),
        "ValidationException: One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index genre-year because its projection type is not ALL"
    );
}
