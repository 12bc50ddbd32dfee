//! Verification: silent on what is sound, and finds whatever is not.

use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::OpenOptions;
use dynatab::driver::verify::{Report, verify};
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Durability, Space, Store, Write};
use dynatab::storage::{Bytes, Change, StorageOptions, TreeId};
use serde_json::{Value, json};

use super::music;
use super::support::late::LateStore;
use super::support::{Database, small};

struct Fixture {
    store: SimulatedStore,
    db: Database,
}

fn options() -> OpenOptions {
    let storage = StorageOptions { piece_bytes: 32 << 10, level1_bytes: 32 << 10, ..small() };
    OpenOptions { storage, ..OpenOptions::default() }
}

impl Fixture {
    /// A database with all there is: indexes, a stream, tokens, time to live, long items, merges, and a tail in the log.
    fn new() -> Self {
        let platform = SimulatedPlatform::new(1);
        let store = SimulatedStore::new(1);
        platform.attach(&store);
        let db = Database::open(&platform, Rc::new(store.clone()), options());
        music(&db);
        db.ok(
            "UpdateTable",
            json!({"TableName": "music",
                "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}),
        );
        db.ok(
            "UpdateTimeToLive",
            json!({"TableName": "music", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "until"}}),
        );
        for number in 0..200 {
            db.ok("PutItem", put(number));
        }
        for number in (0..200).step_by(7) {
            db.ok("DeleteItem", json!({"TableName": "music", "Key": key(number)}));
        }
        for number in (0..200).step_by(5).filter(|number| number % 7 != 0) {
            let transaction = json!({"ClientRequestToken": format!("token{number}"), "TransactItems": [{"Update": {
                "TableName": "music", "Key": key(number), "UpdateExpression": "SET more = :m",
                "ExpressionAttributeValues": {":m": {"S": "more"}}}}]});
            db.ok("TransactWriteItems", transaction);
        }
        Self { store, db }
    }

    fn report(&self) -> Report {
        let verification = verify(Rc::clone(&self.db.driver));
        self.db.platform.block_on(verification).expect("it ends").expect("it can be verified")
    }

    fn problems(&self) -> Vec<String> {
        let told = |name: &Option<String>| name.clone().map(|name| format!("{name}: ")).unwrap_or_default();
        let problems = self.report().problems.into_iter();
        problems.map(|p| told(&p.table_name) + &told(&p.index_name) + &p.problem).collect()
    }

    fn write(&self, write: Write) {
        let commit = self.store.commit(vec![write], Durability::Strict);
        self.db.platform.block_on(commit).expect("it ends").expect("it is written");
    }

    fn blocks(&self) -> Vec<(u64, Vec<u8>)> {
        let listed = self.store.list(Space::Block, 0, u64::MAX, usize::MAX);
        self.db.platform.block_on(listed).expect("it ends").expect("they are listed")
    }

    fn tree(&self, index: Option<&str>) -> TreeId {
        self.db.driver.inspect(|engine| {
            let table = engine.tables().get("music").unwrap();
            index.map_or(table.tree, |name| table.index(name).unwrap().1.tree)
        })
    }

    fn entries(&self, tree: TreeId) -> Vec<(Bytes, Bytes)> {
        self.db.driver.inspect(|engine| {
            // All that is in memory: a moment ago it was written.
            let latest = engine.storage.latest();
            let mut cursor = engine.storage.cursor(tree, Vec::new(), None, false, latest);
            let mut found = Vec::new();
            while let dynatab::storage::CursorStep::Entry { key, value, .. } =
                cursor.next(&mut engine.storage)
            {
                found.push((key, value));
            }
            found
        })
    }

    /// Changes an entry behind the engine's back.
    fn change(&self, tree: TreeId, key: &[u8], value: Option<&[u8]>) {
        self.db.driver.inspect(|engine| {
            let latest = engine.storage.latest();
            let change =
                Change { tree, key: key.into(), value: value.map(Bytes::from), blind: false, due: 0 };
            engine.storage.apply(latest, change);
        });
    }
}

fn key(number: usize) -> Value {
    json!({"artist": {"S": format!("a{}", number % 17)}, "song": {"S": format!("s{number:03}")}})
}

fn put(number: usize) -> Value {
    let mut item = key(number);
    item["year"] = json!({"N": number.to_string()});
    item["genre"] = json!({"S": format!("g{}", number % 3)});
    item["until"] = json!({"N": "4000000000"});
    item["text"] = json!({"S": "x".repeat(if number.is_multiple_of(10) { 5_000 } else { 100 })});
    json!({"TableName": "music", "Item": item})
}

#[test]
fn a_sound_database_has_no_problems() {
    let fixture = Fixture::new();
    let report = fixture.report();
    assert_eq!(report.problems, []);
    let items = fixture.db.ok("Scan", json!({"TableName": "music", "Select": "COUNT"}))["Count"].as_u64();
    assert_eq!((report.tables, Some(report.items)), (1, items));
    assert_eq!(report.index_entries, 2 * report.items);
    assert!(report.blocks > 50 && report.bytes > 30_000, "{report:?}");

    // What comes later is not in it; deleted tables leave nothing behind.
    fixture.db.ok("DeleteTable", json!({"TableName": "music"}));
    let report = fixture.report();
    assert_eq!((report.problems, report.tables, report.items), (vec![], 0, 0));
}

#[test]
fn an_item_that_has_no_place_in_an_index_added_later_is_no_problem() {
    let fixture = Fixture::new();
    let mut item = put(701);
    item["Item"]["mood"] = json!({"S": "m".repeat(3_000)});
    fixture.db.ok("PutItem", item);
    let mut item = put(702);
    item["Item"]["mood"] = json!({"S": ""});
    fixture.db.ok("PutItem", item);
    let mut item = put(703);
    item["Item"]["mood"] = json!({"S": "calm"});
    fixture.db.ok("PutItem", item);
    fixture.db.ok(
        "UpdateTable",
        json!({"TableName": "music",
            "AttributeDefinitions": [{"AttributeName": "mood", "AttributeType": "S"}],
            "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "by-mood",
                "KeySchema": [{"AttributeName": "mood", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"}}}]}),
    );
    fixture.db.platform.run_until_idle();
    assert_eq!(fixture.entries(fixture.tree(Some("by-mood"))).len(), 1);
    assert_eq!(fixture.problems(), [""; 0]);
    // Nor does the index count them when they go, or when their attribute becomes one that fits.
    fixture.db.ok("DeleteItem", json!({"TableName": "music", "Key": key(701)}));
    assert_eq!(fixture.problems(), [""; 0]);
    let calm = json!({"TableName": "music", "Key": key(702), "UpdateExpression": "SET mood = :m",
        "ExpressionAttributeValues": {":m": {"S": "calm"}}});
    fixture.db.ok("UpdateItem", calm);
    assert_eq!(fixture.problems(), [""; 0]);
    assert_eq!(fixture.entries(fixture.tree(Some("by-mood"))).len(), 2);
}

#[test]
fn a_database_in_memory_is_verified_too() {
    let db = Database::in_memory();
    music(&db);
    for number in 0..50 {
        db.ok("PutItem", put(number));
    }
    let report = db.platform.block_on(verify(Rc::clone(&db.driver))).unwrap().unwrap();
    assert_eq!((report.items, report.index_entries, report.blocks), (50, 100, 0));
    assert_eq!(report.problems, []);
}

#[test]
fn every_block_that_is_missing_or_changed_is_found() {
    let fixture = Fixture::new();
    let before = fixture.blocks();
    let mut found = 0;
    for (number, (id, value)) in before.iter().enumerate() {
        fixture.write(if number % 2 == 0 {
            Write::Delete(Space::Block, *id)
        } else {
            let mut value = value.clone();
            let at = number * 31 % value.len();
            value[at] ^= 0x20;
            Write::Put(Space::Block, *id, value)
        });
        let problems = fixture.problems();
        let name = format!("music: block {id} is damaged: ");
        let own = problems.iter().filter(|problem| problem.contains(&format!("block {id} is damaged")));
        found += own.count();
        assert!(!problems.is_empty(), "{name}");
        fixture.write(Write::Put(Space::Block, *id, value.clone()));
    }
    assert!(found >= before.len(), "{found} of {}", before.len());
    assert_eq!(fixture.problems(), [""; 0]);
}

#[test]
fn damage_of_manifest_and_log_is_found() {
    let fixture = Fixture::new();
    let root = fixture.db.platform.block_on(fixture.store.read(Space::Meta, &[0])).unwrap().unwrap();
    let mut damaged = root[0].clone().unwrap();
    damaged[20] ^= 1;
    fixture.write(Write::Put(Space::Meta, 0, damaged));
    assert!(fixture.problems()[0].contains("manifest"), "{:?}", fixture.problems());
    fixture.write(Write::Put(Space::Meta, 0, root[0].clone().unwrap()));

    fixture.db.ok("PutItem", put(500));
    let log = fixture.db.driver.inspect(|engine| engine.storage.log_start());
    let frames =
        fixture.db.platform.block_on(fixture.store.list(Space::Log, log, u64::MAX, 9)).unwrap().unwrap();
    let (number, mut frame) = frames[0].clone();
    frame[10] ^= 1;
    fixture.write(Write::Put(Space::Log, number, frame));
    assert_eq!(
        fixture.problems(),
        [format!("frame {number} of the log is damaged: its bytes are not what was written")]
    );
    fixture.write(Write::Delete(Space::Log, number));
    assert_eq!(
        fixture.problems(),
        [format!("frame {number} of the log is damaged: missing from the storage")]
    );
}

#[test]
fn an_index_that_differs_from_its_table_is_found() {
    for name in ["artist-year", "genre-year"] {
        let fixture = Fixture::new();
        let tree = fixture.tree(Some(name));
        fixture.db.ok("PutItem", put(501));
        let entries = fixture.entries(tree);
        let (key, value) = entries.last().unwrap();
        let (_, other) = entries.first().unwrap();
        fixture.change(tree, key, None);
        let problems = fixture.problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with(&format!("music: {name}: has ")), "{problems:?}");
        assert!(problems[0].contains("entries, and its table's items ask for"), "{problems:?}");
        assert!(problems[1].contains("was counted as"), "{problems:?}");
        // As many entries of as many bytes, but another.
        fixture.change(tree, key, Some(value));
        assert_eq!(fixture.problems(), [""; 0]);
        let mut moved = key.to_vec();
        *moved.last_mut().unwrap() ^= 1;
        fixture.change(tree, key, None);
        fixture.change(tree, &moved, Some(value));
        assert_eq!(
            fixture.problems(),
            [format!("music: {name}: has other entries than its table's items ask for")]
        );
        assert_ne!(value, other);
    }
}

#[test]
fn an_item_that_no_request_could_have_put_there_is_found() {
    let fixture = Fixture::new();
    let tree = fixture.tree(None);
    fixture.db.ok("PutItem", put(501));
    let entries = fixture.entries(tree);
    let (key, value) = entries.last().unwrap();
    let (other, _) = entries.first().unwrap();
    fixture.change(tree, other, Some(value));
    let problems = fixture.problems();
    assert!(problems.contains(&"music: an item in the place of another key".into()), "{problems:?}");
    let mut rest = value.to_vec();
    rest.push(0);
    fixture.change(tree, key, Some(&rest));
    let problems = fixture.problems();
    assert!(problems.contains(&"music: an item that is not well formed".into()), "{problems:?}");
    fixture.change(tree, key, Some(b""));
    let problems = fixture.problems();
    assert!(problems.contains(&"music: an item that cannot be read".into()), "{problems:?}");
}

#[test]
fn writes_go_on_beside_a_verification() {
    let fixture = Fixture::new();
    let verification = verify(Rc::clone(&fixture.db.driver));
    let running = std::cell::Cell::new(true);
    let report = std::cell::RefCell::new(None);
    let work = async {
        *report.borrow_mut() = Some(verification.await);
        running.set(false);
    };
    let mut work = Box::pin(work);
    let mut number = 600;
    while running.get() {
        let waker = std::task::Waker::noop();
        let _ = work.as_mut().poll(&mut std::task::Context::from_waker(waker));
        fixture.db.ok("PutItem", put(number % 700));
        number += 1;
    }
    assert!(number > 620, "{number}");
    let report = report.take().unwrap().unwrap();
    assert_eq!(report.problems, []);
    assert_eq!(fixture.problems(), [""; 0]);
}

#[test]
fn a_log_that_is_trimmed_meanwhile_is_whole() {
    let (platform, store) = (SimulatedPlatform::new(1), LateStore::default());
    let db = Database::open(&platform, Rc::new(store.clone()), options());
    music(&db);
    for number in 0.. {
        db.send(Operation::PutItem, &put(number));
        platform.run_until_stalled();
        if !store.late.borrow().is_empty() {
            break;
        }
    }
    // The store has trimmed the log, and nobody has been told yet.
    db.assert_sound("before the answer");
    store.late.borrow_mut().clear();
    platform.run_until_stalled();
    db.assert_sound("after it");
}
