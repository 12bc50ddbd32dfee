//! Behaviour of the operations: DynamoDB's JSON in, DynamoDB's JSON out, natively and in memory.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
mod support;

mod answers;
mod attend;
mod batches;
mod blind;
mod capacity;
mod collections;
mod dump;
mod encryption;
mod faults;
mod formats;
mod histories;
mod histories_model;
mod indexes;
mod items;
mod legacy;
mod model;
mod order;
mod pages;
mod partiql;
mod reads;
mod repair;
mod streams;
mod sweeps;
mod tables;
mod time_to_live;
mod transactions;
mod update_table;
mod verify;

use serde_json::{Value, json};
use support::Database;

/// A table `music` with partition key `artist` and sort key `song`.
fn music(database: &Database) {
    database.ok(
        "CreateTable",
        json!({
            "TableName": "music",
            "AttributeDefinitions": [
                {"AttributeName": "artist", "AttributeType": "S"},
                {"AttributeName": "song", "AttributeType": "S"},
                {"AttributeName": "genre", "AttributeType": "S"},
                {"AttributeName": "year", "AttributeType": "N"},
            ],
            "KeySchema": [
                {"AttributeName": "artist", "KeyType": "HASH"},
                {"AttributeName": "song", "KeyType": "RANGE"},
            ],
            "LocalSecondaryIndexes": [{
                "IndexName": "artist-year",
                "KeySchema": [
                    {"AttributeName": "artist", "KeyType": "HASH"},
                    {"AttributeName": "year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }],
            "GlobalSecondaryIndexes": [{
                "IndexName": "genre-year",
                "KeySchema": [
                    {"AttributeName": "genre", "KeyType": "HASH"},
                    {"AttributeName": "year", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["label"]},
            }],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    );
}

fn song(artist: &str, name: &str) -> Value {
    json!({"artist": {"S": artist}, "song": {"S": name}})
}

fn put(database: &Database, item: &Value) {
    database.ok("PutItem", json!({"TableName": "music", "Item": item}));
}

/// `base` with more attributes.
fn with(mut base: Value, more: Value) -> Value {
    base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    base
}
