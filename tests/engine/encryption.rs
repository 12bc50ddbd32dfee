//! A database on a sealed store: nothing of it can be read below, and without its key it is not opened.

use std::rc::Rc;

use dynatab::driver::repair::repair;
use dynatab::driver::{OpenError, OpenOptions};
use dynatab::platform::memory::Image;
use dynatab::platform::simulated::{Random, SimulatedPlatform};
use dynatab::platform::{MemoryStore, Space, Store};
use dynatab::storage::StorageOptions;
use serde_json::json;

use crate::support::cipher::sealed_now;
use crate::support::{Database, small};
use crate::{music, with};

/// A word that stands in names, keys and values, and nowhere else.
const SECRET: &str = "Zauberwort";

fn options(storage: StorageOptions) -> OpenOptions {
    OpenOptions { storage, ..OpenOptions::default() }
}

fn holds(image: &Image, word: &[u8]) -> bool {
    [Space::Log, Space::Block, Space::Meta].into_iter().any(|space| {
        image.ids(space).into_iter().any(|id| {
            let value = image.get(space, id).unwrap_or_default();
            value.windows(word.len()).any(|window| window == word)
        })
    })
}

/// Writes of every kind, with the secret in table names, index names, attribute names, keys, values and tags.
fn write(db: &Database, seed: u64) {
    let mut random = Random::new(seed);
    let hash = |name: &str| json!({"AttributeName": name, "KeyType": "HASH"});
    let table = format!("{SECRET}-table");
    let group = format!("{SECRET}Group");
    db.ok(
        "CreateTable",
        json!({"TableName": table, "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": group, "AttributeType": "S"}],
            "KeySchema": [hash("pk")],
            "Tags": [{"Key": SECRET, "Value": SECRET}],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "GlobalSecondaryIndexes": [{"IndexName": format!("{SECRET}-index"), "KeySchema": [hash(&group)],
                "Projection": {"ProjectionType": "ALL"}}]}),
    );
    for _ in 0..200 {
        let key = json!({"S": format!("{SECRET} {}", random.below(40))});
        match random.below(8) {
            0 => {
                db.ok("DeleteItem", json!({"TableName": table, "Key": {"pk": key}}));
            }
            1 => {
                let update = json!({"TableName": table, "Key": {"pk": key},
                    "UpdateExpression": "SET #a = :v", "ExpressionAttributeNames": {"#a": SECRET},
                    "ExpressionAttributeValues": {":v": {"L": [{"S": SECRET}, {"SS": [SECRET]}]}}});
                db.ok("UpdateItem", update);
            }
            2 => {
                let item = json!({"pk": key, "v": {"S": SECRET}});
                let put = json!({"Put": {"TableName": table, "Item": item}});
                db.ok("TransactWriteItems", json!({"TransactItems": [put]}));
            }
            _ => {
                // Some stand in blocks, some in values of their own.
                let long = SECRET.repeat(1 + random.below(400) as usize);
                let mut item = json!({"pk": key, "long": {"S": long}});
                item[&group] = json!({"S": format!("{SECRET} {}", random.below(5))});
                db.ok("PutItem", json!({"TableName": table, "Item": item}));
            }
        }
    }
}

#[test]
fn nothing_that_was_written_can_be_read_below() {
    for seed in 0..6 {
        for is_sealed in [false, true] {
            let (platform, below) = (SimulatedPlatform::new(seed), MemoryStore::new());
            let layered: Rc<dyn Store> = if is_sealed {
                Rc::new(sealed_now(Rc::new(below.clone()), &platform))
            } else {
                Rc::new(below.clone())
            };
            // With the usual sizes all of it stays in the log.
            let storage = if seed % 3 == 0 { StorageOptions::default() } else { small() };
            let db = Database::open(&platform, layered, options(storage));
            write(&db, seed);
            platform.run_until_idle();
            // The test would see what it looks for, were it there.
            assert_eq!(holds(&below.image(), SECRET.as_bytes()), !is_sealed, "seed {seed}");
            db.assert_sound("afterwards");
            let before = below.image();
            assert!(!is_sealed || !holds(&before, b"dtab"));
            drop(db);
            if is_sealed {
                let again = sealed_now(Rc::new(MemoryStore::with_image(before)), &platform);
                Database::open(&platform, Rc::new(again), options(small()))
                    .assert_sound("after opening again");
            }
        }
    }
}

/// What an encrypted database leaves: its keyring alone, its log, or all of it.
fn states() -> [Image; 3] {
    let (platform, below) = (SimulatedPlatform::new(3), MemoryStore::new());
    let store = sealed_now(Rc::new(below.clone()), &platform);
    let keyring = below.image();
    let db = Database::open(&platform, Rc::new(store), options(small()));
    let log = below.image();
    music(&db);
    for at in 0..300 {
        let item = with(crate::song("a", &at.to_string()), json!({"v": {"S": "x".repeat(200)}}));
        db.ok("PutItem", json!({"TableName": "music", "Item": item}));
    }
    platform.run_until_idle();
    let all = below.image();
    assert!(all.ids(Space::Meta).len() > 1 && log.ids(Space::Meta).len() == 1);
    [keyring, log, all]
}

#[test]
fn without_its_key_it_is_neither_opened_nor_repaired_nor_changed() {
    for image in states() {
        let platform = SimulatedPlatform::new(4);
        let store = MemoryStore::with_image(image.clone());
        let opened = Database::try_open(&platform, Rc::new(store.clone()), OpenOptions::default());
        assert_eq!(opened.err(), Some(OpenError::Encrypted));
        let repairing =
            repair(Rc::new(store.clone()), Rc::new(platform.clone()), OpenOptions::default(), Vec::new());
        let repaired = platform.block_on(repairing).unwrap();
        assert_eq!(repaired.err(), Some(OpenError::Encrypted));
        assert!(store.image() == image);
    }
}

#[test]
fn a_damaged_database_is_repaired_with_its_key() {
    let [_, _, mut image] = states();
    let block = image.ids(Space::Block)[1];
    let value = image.get_mut(Space::Block, block).unwrap();
    let middle = value.len() / 2;
    value[middle] ^= 1;
    let platform = SimulatedPlatform::new(5);
    let below = MemoryStore::with_image(image);
    let store = Rc::new(sealed_now(Rc::new(below.clone()), &platform));
    let repairing = repair(store, Rc::new(platform.clone()), options(small()), Vec::new());
    let repaired = platform.block_on(repairing).unwrap().unwrap();
    assert!(!repaired.found.problems.is_empty());
    let again = sealed_now(Rc::new(MemoryStore::with_image(below.image())), &platform);
    Database::open(&platform, Rc::new(again), options(small())).assert_sound("after the repair");
}
