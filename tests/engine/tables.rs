//! CreateTable, DescribeTable, ListTables, DeleteTable.

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
