//! CreateTable, DescribeTable, ListTables, DeleteTable.

use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::engine::Delays;
use dynatab::platform::simulated::SimulatedPlatform;
use serde_json::json;

use crate::support::Database;
use crate::{music, put, song};

fn plain(name: &str) -> serde_json::Value {
    json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]})
}

#[test]
fn a_table_is_described_with_its_counts() {
    let db = Database::in_memory();
    music(&db);
    put(&db, &song("a", "b"));
    put(&db, &song("a", "c"));
    let table = &db.ok("DescribeTable", json!({"TableName": "music"}))["Table"];
    assert_eq!(table["TableStatus"], "ACTIVE");
    assert_eq!(table["ItemCount"], 2);
    assert_eq!(table["TableSizeBytes"], 24);
    assert_eq!(table["TableArn"], "arn:aws:dynamodb:local:000000000000:table/music");
    assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexName"], "genre-year");
    let by_arn = db.ok("DescribeTable", json!({"TableName": table["TableArn"]}));
    assert_eq!(&by_arn["Table"], table);
}

#[test]
fn names_are_listed_in_byte_order_and_in_pages() {
    let db = Database::in_memory();
    for name in ["bbb", "AAA", "aaa", "ccc"] {
        db.ok("CreateTable", plain(name));
    }
    assert_eq!(db.ok("ListTables", json!({})), json!({"TableNames": ["AAA", "aaa", "bbb", "ccc"]}));
    assert_eq!(
        db.ok("ListTables", json!({"Limit": 2})),
        json!({"TableNames": ["AAA", "aaa"], "LastEvaluatedTableName": "aaa"})
    );
    assert_eq!(
        db.ok("ListTables", json!({"ExclusiveStartTableName": "aab", "Limit": 2})),
        json!({"TableNames": ["bbb", "ccc"]})
    );
}

#[test]
fn a_table_is_created_once_and_gone_when_deleted() {
    let db = Database::in_memory();
    assert_eq!(db.ok("CreateTable", plain("once"))["TableDescription"]["TableStatus"], "CREATING");
    assert_eq!(db.error("CreateTable", plain("once")), "ResourceInUseException: Table already exists: once");
    db.ok("PutItem", json!({"TableName": "once", "Item": {"pk": {"S": "x"}}}));
    assert_eq!(
        db.ok("DeleteTable", json!({"TableName": "once"}))["TableDescription"]["TableStatus"],
        "DELETING"
    );
    assert_eq!(
        db.error("DescribeTable", json!({"TableName": "once"})),
        "ResourceNotFoundException: Requested resource not found: Table: once not found"
    );
    db.ok("CreateTable", plain("once"));
    assert_eq!(db.ok("Scan", json!({"TableName": "once"}))["Count"], 0);
    assert_eq!(db.ok("DescribeTable", json!({"TableName": "once"}))["Table"]["ItemCount"], 0);
}

#[test]
fn deletion_protection_protects() {
    let db = Database::in_memory();
    let mut table = plain("kept");
    table["DeletionProtectionEnabled"] = json!(true);
    db.ok("CreateTable", table);
    assert_eq!(
        db.error("DeleteTable", json!({"TableName": "kept"})),
        "ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first."
    );
}

#[test]
fn changes_of_tables_take_as_long_as_they_are_told_to() {
    let platform = SimulatedPlatform::new(1);
    let store = Rc::new(dynatab::platform::MemoryStore::new());
    let delays = Delays { create: 500, update: 300, delete: 200, time_to_live: 1000 };
    let options = OpenOptions { durability: None, delays, ..OpenOptions::default() };
    let db = Database::open(&platform, store, options);
    let status = || db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["TableStatus"].clone();
    let in_use = "ResourceInUseException: Attempt to change a resource which is still in use: ";
    let get = json!({"TableName": "music", "Key": song("a", "b")});
    let protect = json!({"TableName": "music", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}});
    let ttl =
        json!({"TableName": "music", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "e"}});

    music(&db);
    assert_eq!(status(), "CREATING");
    assert_eq!(db.error("GetItem", get.clone()), "ResourceNotFoundException: Requested resource not found");
    assert_eq!(db.error("UpdateTable", protect.clone()), format!("{in_use}Table is being created: music"));
    assert_eq!(
        db.error("DeleteTable", json!({"TableName": "music"})),
        format!("{in_use}Table is being created: music")
    );
    assert!(db.error("DescribeTimeToLive", json!({"TableName": "music"})).contains("CREATING state"));
    platform.advance_millis(500);
    assert_eq!(status(), "ACTIVE");
    db.ok("GetItem", get.clone());

    db.ok("UpdateTable", protect.clone());
    assert_eq!(status(), "UPDATING");
    db.ok("GetItem", get.clone());
    assert_eq!(
        db.error("UpdateTable", protect),
        format!("{in_use}Table: music is in the process of being updated.")
    );
    platform.advance_millis(300);
    assert_eq!(status(), "ACTIVE");

    db.ok("UpdateTimeToLive", ttl.clone());
    let disable =
        json!({"TableName": "music", "TimeToLiveSpecification": {"Enabled": false, "AttributeName": "e"}});
    assert_eq!(
        db.error("UpdateTimeToLive", disable.clone()),
        "ValidationException: Time to live has been modified multiple times within a fixed interval"
    );
    assert_eq!(db.error("UpdateTimeToLive", ttl), "ValidationException: TimeToLive is already enabled");
    platform.advance_millis(1000);
    db.ok("UpdateTimeToLive", disable);

    db.ok("DeleteTable", json!({"TableName": "music"}));
    assert_eq!(status(), "DELETING");
    assert_eq!(db.error("GetItem", get), "ResourceNotFoundException: Requested resource not found");
    assert_eq!(
        db.error("DeleteTable", json!({"TableName": "music"})),
        format!("{in_use}Table is being deleted: music")
    );
    platform.advance_millis(200);
    assert_eq!(db.ok("ListTables", json!({}))["TableNames"], json!([]));
    assert_eq!(
        db.error("DescribeTable", json!({"TableName": "music"})),
        "ResourceNotFoundException: Requested resource not found: Table: music not found"
    );
    music(&db);
    assert_eq!(status(), "CREATING", "its name is free at once");
    platform.advance_millis(500);
    db.ok("DeleteTable", json!({"TableName": "music"}));
    platform.advance_millis(120_000);
    db.ok("ListTables", json!({}));
    platform.run_until_idle();
    assert_eq!(db.driver.inspect(|engine| engine.tables().after(None).count()), 0, "its data is gone too");
}
