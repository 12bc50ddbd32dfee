//! Item collections are bounded on tables with local indexes, and their size is told.

use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::log::Record;
use dynatab::platform::MemoryStore;
use dynatab::platform::simulated::SimulatedPlatform;
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use super::music;
use super::support::Database;

const FULL: &str = "ItemCollectionSizeLimitExceededException: Collection size exceeded.";
const LIMIT: u64 = 100_000;

fn key(artist: &str, song: &str) -> Value {
    json!({"artist": {"S": artist}, "song": {"S": song}})
}

fn item(artist: &str, song: &str, bytes: usize) -> Value {
    let mut item = key(artist, song);
    item["year"] = json!({"N": "1999"});
    item["lyrics"] = json!({"S": "x".repeat(bytes)});
    item
}

fn put(artist: &str, song: &str, bytes: usize) -> Value {
    json!({"TableName": "music", "Item": item(artist, song, bytes)})
}

/// A table in which one collection has more than the limit, and two others have little.
fn database() -> Database {
    let platform = SimulatedPlatform::new(1);
    let storage = StorageOptions {
        memory_table_bytes: 8 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 1 << 10,
        piece_bytes: 4 << 10,
        ..StorageOptions::default()
    };
    let options = OpenOptions { storage, max_collection: LIMIT, ..OpenOptions::default() };
    let db = Database::open(&platform, Rc::new(MemoryStore::new()), options);
    music(&db);
    for artist in ["small", "other"] {
        db.ok("PutItem", put(artist, "0", 1_000));
    }
    for song in 0..150 {
        db.ok("PutItem", put("large", &format!("{song:03}"), 1_000));
        if db.call("PutItem", put("large", &format!("{song:03}"), 1_001)).is_err() {
            return db;
        }
    }
    panic!("150,000 bytes went into a collection of {LIMIT}");
}

#[test]
fn a_full_collection_takes_nothing_more() {
    let db = database();
    let bytes = db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["TableSizeBytes"].as_u64();
    assert!((95_000..120_000).contains(&bytes.unwrap()), "{bytes:?}");
    let new = || put("large", "new", 1_000);
    assert_eq!(db.error("PutItem", new()), FULL);
    let grown = json!({"TableName": "music", "Key": key("large", "000"),
        "UpdateExpression": "SET more = :more", "ExpressionAttributeValues": {":more": {"S": "more"}}});
    assert_eq!(db.error("UpdateItem", grown), FULL);
    let batch = json!({"RequestItems": {"music": [
        {"PutRequest": {"Item": item("small", "batch", 1_000)}},
        {"PutRequest": {"Item": item("large", "batch", 1_000)}},
    ]}});
    assert_eq!(db.error("BatchWriteItem", batch), FULL);
    assert_eq!(db.ok("GetItem", json!({"TableName": "music", "Key": key("small", "batch")})), json!({}));
    let insert = "INSERT INTO music VALUE {'artist': 'large', 'song': 'new'}";
    assert_eq!(db.error("ExecuteStatement", json!({"Statement": insert})), FULL);

    // A condition is looked at before.
    let mut refused = new();
    refused["ConditionExpression"] = json!("attribute_exists(artist)");
    assert!(db.error("PutItem", refused).starts_with("ConditionalCheckFailedException"));
}

#[test]
fn transactions_and_batches_of_statements_say_which_action_met_a_full_collection() {
    let db = database();
    let actions =
        json!({"TransactItems": [{"Put": put("small", "1", 10)}, {"Put": put("large", "new", 10)}]});
    let error = db.call("TransactWriteItems", actions).unwrap_err();
    let reasons: Vec<_> = error.reasons.iter().map(|reason| (reason.code, &*reason.message)).collect();
    assert_eq!(reasons, [("None", ""), ("ItemCollectionSizeLimitExceeded", "Collection size exceeded.")]);
    let statements = json!({"Statements": [
        {"Statement": "INSERT INTO music VALUE {'artist': 'large', 'song': 'new'}"},
        {"Statement": "INSERT INTO music VALUE {'artist': 'small', 'song': 'new'}"},
    ]});
    let responses = db.ok("BatchExecuteStatement", statements)["Responses"].clone();
    assert_eq!(responses[0]["Error"]["Code"], "ItemCollectionSizeLimitExceeded");
    assert_eq!(responses[1]["Error"], Value::Null);
}

#[test]
fn other_collections_and_what_makes_this_one_smaller_go_on() {
    let db = database();
    db.ok("PutItem", put("small", "1", 1_000));
    db.ok("PutItem", put("new", "1", 1_000));
    db.ok("PutItem", put("large", "000", 900));
    let shorter =
        json!({"TableName": "music", "Key": key("large", "001"), "UpdateExpression": "REMOVE lyrics"});
    db.ok("UpdateItem", shorter);
    for song in 0..60 {
        db.ok("DeleteItem", json!({"TableName": "music", "Key": key("large", &format!("{song:03}"))}));
    }
    db.ok("PutItem", put("large", "new", 1_000));
}

#[test]
fn a_table_without_local_indexes_has_no_collections() {
    let db = database();
    let table = json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "artist", "AttributeType": "S"}, {"AttributeName": "song", "AttributeType": "S"}],
        "KeySchema": [
            {"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}]});
    db.ok("CreateTable", table);
    for song in 0..150 {
        db.ok("PutItem", json!({"TableName": "plain", "Item": item("large", &song.to_string(), 1_000)}));
    }
}

#[test]
fn counts_that_are_out_of_all_bounds_do_no_harm() {
    let db = database();
    db.driver.inspect(|engine| {
        let table = engine.tables().get("music").unwrap().clone();
        let trees = std::iter::once(table.tree).chain(table.indexes.iter().map(|index| index.tree));
        let stats = trees.map(|tree| (tree, i64::MAX, i64::MAX)).collect();
        let seq = engine.storage.latest().0 + 1;
        engine.replay(&Record { seq, stats, ..Record::default() }).unwrap();
    });
    let mut asked = put("small", "2", 10);
    asked["ReturnItemCollectionMetrics"] = json!("SIZE");
    let told = db.ok("PutItem", asked)["ItemCollectionMetrics"]["SizeEstimateRangeGB"].clone();
    assert!(told[0].is_u64(), "{told}");
}
