//! Writes that nothing asks to read do not read; the counts settle once merges meet what they superseded.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::platform::StoreError;
use dynatab::platform::simulated::{Call, Fault, Random, SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use super::support::{Database, small};

fn options() -> OpenOptions {
    let storage = StorageOptions { cache_bytes: 32 << 10, ..small() };
    OpenOptions { storage, ..OpenOptions::default() }
}

fn reopen(store: &SimulatedStore) -> Database {
    let platform = SimulatedPlatform::new(5);
    platform.attach(store);
    Database::open(&platform, Rc::new(store.clone()), options())
}

fn create(db: &Database, name: &str) {
    db.ok(
        "CreateTable",
        json!({"TableName": name, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
    );
}

fn item(id: u64, length: usize) -> Value {
    json!({"id": {"N": id.to_string()}, "text": {"S": "x".repeat(length)}})
}

/// The store after `work`, all of it flushed, nothing in memory.
fn cold(work: impl FnOnce(&Database)) -> SimulatedStore {
    let store = SimulatedStore::new(5);
    let db = reopen(&store);
    create(&db, "plain");
    work(&db);
    db.close();
    SimulatedStore::with_image(5, store.image())
}

fn count(db: &Database) -> (i64, i64) {
    let table = &db.ok("DescribeTable", json!({"TableName": "plain"}))["Table"];
    (table["ItemCount"].as_i64().unwrap(), table["TableSizeBytes"].as_i64().unwrap())
}

#[test]
fn a_write_that_asks_for_nothing_reads_nothing() {
    let store = cold(|db| {
        for id in 0..200 {
            db.ok("PutItem", json!({"TableName": "plain", "Item": item(id, 100)}));
        }
    });
    let db = reopen(&store);
    store.add_fault(Fault {
        forever: true,
        ..Fault::once(Call::Read, 0, StoreError::Aborted("no reads".into()))
    });
    db.ok("PutItem", json!({"TableName": "plain", "Item": item(7, 50)}));
    db.ok("DeleteItem", json!({"TableName": "plain", "Key": {"id": {"N": "8"}}}));
    let requests =
        json!([{"PutRequest": {"Item": item(9, 50)}}, {"DeleteRequest": {"Key": {"id": {"N": "10"}}}}]);
    db.ok("BatchWriteItem", json!({"RequestItems": {"plain": requests}}));
    for more in [
        json!({"ReturnValues": "ALL_OLD"}),
        json!({"ReturnConsumedCapacity": "TOTAL"}),
        json!({"ConditionExpression": "attribute_exists(id)"}),
    ] {
        let mut input = json!({"TableName": "plain", "Item": item(11, 50)});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert!(db.error("PutItem", input).contains("no reads"), "{more}");
    }
    store.clear_faults();
    let get = |id: u64| {
        db.ok("GetItem", json!({"TableName": "plain", "Key": {"id": {"N": id.to_string()}}}))["Item"].clone()
    };
    assert_eq!((get(7), get(9)), (item(7, 50), item(9, 50)));
    assert!(get(8).is_null() && get(10).is_null());
    assert_eq!(get(11), item(11, 100));
    db.assert_sound("written blind");
}

#[test]
fn what_was_superseded_is_taken_off_the_counts_by_merges() {
    let store = cold(|db| {
        for id in 0..300 {
            db.ok("PutItem", json!({"TableName": "plain", "Item": item(id, 100)}));
        }
    });
    let db = reopen(&store);
    let (items, bytes) = count(&db);
    assert_eq!(items, 300);
    for id in 0..300 {
        db.ok("PutItem", json!({"TableName": "plain", "Item": item(id, 100)}));
    }
    db.assert_sound("put again");
    let (now, _) = count(&db);
    assert!(now > 300, "those that no merge has met count twice: {now}");
    assert!(now < 500, "merges have met most: {now}");
    // Over an opening, too, and until all of it has settled.
    db.close();
    let db = reopen(&SimulatedStore::with_image(6, store.image()));
    assert_eq!(count(&db).0, now);
    for id in 0..300 {
        db.ok("DeleteItem", json!({"TableName": "plain", "Key": {"id": {"N": id.to_string()}}}));
    }
    db.assert_sound("deleted");
    for id in 1000..1600 {
        db.ok("PutItem", json!({"TableName": "plain", "Item": item(id, 100)}));
    }
    db.assert_sound("others put");
    let (left, rest) = count(&db);
    assert!((600..700).contains(&left) && rest < 3 * bytes, "{left} of {rest} bytes");
}

#[test]
fn random_blind_writes_flushes_merges_and_crashes_keep_everything_together() {
    for seed in 0..12 {
        let mut random = Random::new(seed);
        let mut store = cold(|_| {});
        let mut db = reopen(&store);
        let mut wanted: BTreeMap<u64, Value> = BTreeMap::new();
        for step in 0..400 {
            let id = random.below(60);
            let length = if random.chance(5) { 3_000 } else { 20 + random.below(200) as usize };
            let new = item(id, length);
            match random.below(10) {
                0..5 => {
                    db.ok("PutItem", json!({"TableName": "plain", "Item": new}));
                    wanted.insert(id, new);
                }
                5 | 6 => {
                    db.ok("DeleteItem", json!({"TableName": "plain", "Key": {"id": new["id"]}}));
                    wanted.remove(&id);
                }
                7 => {
                    let other = item((id + 1) % 60, length);
                    let batch = json!([{"PutRequest": {"Item": new}}, {"PutRequest": {"Item": other}}]);
                    db.ok("BatchWriteItem", json!({"RequestItems": {"plain": batch}}));
                    wanted.extend([(id, new), ((id + 1) % 60, other)]);
                }
                8 => {
                    // One that reads, over one that did not.
                    let input = json!({"TableName": "plain", "Item": new, "ReturnValues": "ALL_OLD"});
                    let old = db.ok("PutItem", input)["Attributes"].clone();
                    assert_eq!(wanted.insert(id, new).unwrap_or_default(), old, "seed {seed}, step {step}");
                }
                _ => {
                    if random.chance(20) {
                        store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("no".into())));
                        let _ = db.call("PutItem", json!({"TableName": "plain", "Item": new}));
                        store.clear_faults();
                        // It may have met a job's commit instead.
                        let got = db.ok(
                            "GetItem",
                            json!({"TableName": "plain", "Key": {"id": new["id"]}, "ConsistentRead": true}),
                        );
                        match &got["Item"] {
                            Value::Null => wanted.remove(&id),
                            item => wanted.insert(id, item.clone()),
                        };
                    }
                    if random.chance(30) {
                        let image = store.crash(seed + step);
                        store = SimulatedStore::with_image(step, image);
                        db = reopen(&store);
                    }
                }
            }
            if step % 25 == 24 {
                db.assert_sound(&format!("seed {seed}, step {step}"));
            }
        }
        let scanned = db.ok("Scan", json!({"TableName": "plain"}));
        let found: BTreeMap<u64, Value> = scanned["Items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| (item["id"]["N"].as_str().unwrap().parse().unwrap(), item.clone()))
            .collect();
        assert!(found == wanted, "seed {seed}");
        db.assert_sound(&format!("seed {seed}"));
    }
}
