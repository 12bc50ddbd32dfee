//! Many calls at once on a database whose blocks are not in memory.

use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{Random, SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, put, song, with};

/// A database of 200 songs in blocks, just opened: the cache is empty.
fn cold(seed: u64) -> Database {
    let platform = SimulatedPlatform::new(seed);
    let store = SimulatedStore::new(seed);
    platform.attach(&store);
    let storage = StorageOptions {
        memory_table_bytes: 8 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 1 << 10,
        log_frames: 8,
        ..StorageOptions::default()
    };
    let options = OpenOptions { storage, ..OpenOptions::default() };
    let db = Database::open(&platform, Rc::new(store.clone()), options.clone());
    music(&db);
    for n in 0..200 {
        put(
            &db,
            &with(
                song(&format!("a{}", n % 20), &format!("s{n}")),
                json!({"n": {"N": "0"}, "t": {"S": "x".repeat(100)}}),
            ),
        );
    }
    db.close();
    platform.detach_stores();
    let store = SimulatedStore::with_image(seed, store.image());
    platform.attach(&store);
    Database::open(&platform, Rc::new(store), options)
}

fn add(n: u64) -> Value {
    json!({"TableName": "music", "Key": song(&format!("a{}", n % 20), &format!("s{n}")),
        "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}},
        "ReturnValues": "UPDATED_NEW"})
}

#[test]
fn writes_to_one_partition_key_take_effect_in_the_order_they_arrived() {
    for seed in 0..10 {
        let db = cold(seed);
        let mut random = Random::new(seed);
        let mut calls = Vec::new();
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..500 {
            let n = random.below(40);
            let ticket = db.send(Operation::UpdateItem, &add(n));
            let count = counts.entry(n).or_insert(0u64);
            *count += 1;
            calls.push((ticket, *count));
            if random.chance(10) {
                db.platform.step_store();
                db.platform.run_until_stalled();
            }
        }
        let misses = db.driver.inspect(|engine| engine.storage.stats().cache_misses);
        assert!(misses > 0, "nothing had to be read");
        db.platform.run_until_idle();
        for (ticket, count) in calls {
            let answer = db.take(ticket).expect("an answer").expect("success");
            assert_eq!(answer["Attributes"]["n"]["N"], json!(count.to_string()));
        }
    }
}

#[test]
fn reads_of_everything_at_once_are_answered() {
    let db = cold(77);
    let tickets: Vec<_> = (0..200)
        .map(|n| {
            let key = song(&format!("a{}", n % 20), &format!("s{n}"));
            (n, db.send(Operation::GetItem, &json!({"TableName": "music", "Key": key})))
        })
        .collect();
    db.platform.run_until_idle();
    for (n, ticket) in tickets {
        let answer = db.take(ticket).expect("an answer").expect("success");
        assert_eq!(answer["Item"]["song"]["S"], json!(format!("s{n}")));
    }
}

#[test]
fn closing_waits_for_what_was_called_and_takes_no_more() {
    let db = cold(78);
    let ticket = db.send(Operation::UpdateItem, &add(1));
    let driver = Rc::clone(&db.driver);
    let closing = Rc::clone(&driver);
    db.platform.block_on(async move { closing.close().await }).expect("closing ends");
    let answer = db.take(ticket).expect("an answer").expect("success");
    assert_eq!(answer["Attributes"]["n"]["N"], json!("1"));
    assert_eq!(db.error("UpdateItem", add(1)), "DatabaseClosedException: The database is closed");
}
