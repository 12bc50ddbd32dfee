//! Commits that fail: rejected and undone, settled from the log, or the end of this owner.

use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{Call, Fault, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Durability, Platform, Space, Store, StoreError, Write};
use dynatab::storage::StorageOptions;
use serde_json::json;

use crate::support::Database;
use crate::{music, put, song, with};

fn database(seed: u64) -> (Database, SimulatedStore) {
    let platform = SimulatedPlatform::new(seed);
    let store = SimulatedStore::new(seed);
    platform.attach(&store);
    let db = Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
    music(&db);
    put(&db, &with(song("a", "b"), json!({"v": {"N": "1"}, "genre": {"S": "rock"}, "year": {"N": "1"}})));
    (db, store)
}

fn fail_next_commit(store: &SimulatedStore, error: StoreError, applied: bool) {
    store.add_fault(Fault { applied, ..Fault::once(Call::Commit, 0, error) });
}

fn version(db: &Database) -> String {
    let got = db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "b"), "ConsistentRead": true}));
    got["Item"]["v"]["N"].as_str().unwrap_or("gone").to_owned()
}

fn put_version(db: &Database, v: u32) -> Result<serde_json::Value, dynatab::api::ApiError> {
    let item = with(
        song("a", "b"),
        json!({"v": {"N": v.to_string()}, "genre": {"S": "jazz"}, "year": {"N": v.to_string()}}),
    );
    db.call("PutItem", json!({"TableName": "music", "Item": item}))
}

fn genre_count(db: &Database, genre: &str) -> u64 {
    let page = db.ok(
        "Query",
        json!({"TableName": "music", "IndexName": "genre-year", "KeyConditionExpression": "genre = :g",
            "ExpressionAttributeValues": {":g": {"S": genre}}}),
    );
    page["Count"].as_u64().unwrap()
}

#[test]
fn an_aborted_commit_is_rejected_and_the_database_goes_on() {
    let (db, store) = database(1);
    fail_next_commit(&store, StoreError::Aborted("the disk said no".into()), false);
    let error = put_version(&db, 2).unwrap_err();
    assert_eq!(error.to_string(), "StorageFailedException: the storage commit was aborted: the disk said no");
    assert_eq!((version(&db).as_str(), genre_count(&db, "rock"), genre_count(&db, "jazz")), ("1", 1, 0));
    assert_eq!(db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["ItemCount"], 1);
    put_version(&db, 3).unwrap();
    assert_eq!((version(&db).as_str(), genre_count(&db, "rock"), genre_count(&db, "jazz")), ("3", 0, 1));
}

#[test]
fn a_full_store_is_told_and_reads_go_on() {
    let (db, store) = database(2);
    fail_next_commit(&store, StoreError::Full("quota".into()), false);
    assert_eq!(
        put_version(&db, 2).unwrap_err().to_string(),
        "StorageFullException: the storage is full: quota"
    );
    assert_eq!(version(&db), "1");
    put_version(&db, 2).unwrap();
    assert_eq!(version(&db), "2");
}

fn full() -> Fault {
    Fault { forever: true, ..Fault::once(Call::Commit, 0, StoreError::Full("quota".into())) }
}

/// Opens what a closed database left in `store`, which refuses every commit.
fn reopen_full(db: Database, store: &SimulatedStore, options: OpenOptions) -> (Database, SimulatedStore) {
    let platform = db.platform.clone();
    db.close();
    let store = SimulatedStore::with_image(2, store.image());
    platform.detach_stores();
    platform.attach(&store);
    store.add_fault(full());
    (Database::open(&platform, Rc::new(store.clone()), options), store)
}

#[test]
fn a_database_is_opened_and_read_on_a_full_store() {
    let storage = StorageOptions { memory_table_bytes: 4 << 10, ..StorageOptions::default() };
    let options = OpenOptions { storage, ..OpenOptions::default() };
    let (db, store) = database(2);
    // More than one memory table of those to come: there is something to flush at once.
    for number in 0..40 {
        put(&db, &with(song("c", &number.to_string()), json!({"text": {"S": "x".repeat(200)}})));
    }
    let (db, store) = reopen_full(db, &store, options.clone());
    assert_eq!((version(&db).as_str(), genre_count(&db, "rock")), ("1", 1));
    for number in 2..4 {
        let error = put_version(&db, number).unwrap_err().to_string();
        assert_eq!(error, "StorageFullException: the storage is full: quota");
    }
    assert_eq!(version(&db), "1");
    db.assert_sound("while the store is full");
    // Jobs write nothing before this owner has taken over.
    db.platform.block_on(db.platform.sleep(60_000)).unwrap();
    assert_eq!(store.failures(), 3, "the opening and two writes");
    let platform = db.platform.clone();
    db.close();
    assert_eq!(store.failures(), 3, "closing writes nothing either");

    let store = SimulatedStore::with_image(2, store.image());
    platform.detach_stores();
    platform.attach(&store);
    store.add_fault(full());
    let db = Database::open(&platform, Rc::new(store.clone()), options.clone());
    store.clear_faults();
    put_version(&db, 5).unwrap();
    db.assert_sound("once there is space");
    for number in 6..60 {
        put_version(&db, number).unwrap();
    }
    db.platform.run_until_idle();
    assert!(!db.driver.inspect(|engine| engine.storage.stats()).levels.is_empty(), "jobs run again");
    let (db, _) = reopen_full(db, &store, options);
    assert_eq!((version(&db).as_str(), genre_count(&db, "jazz")), ("59", 1));
    db.assert_sound("opened again");
    db.close();
}

#[test]
fn an_owner_that_could_not_write_yet_finds_that_another_one_has_come() {
    let (db, store) = database(2);
    let (db, store) = reopen_full(db, &store, OpenOptions::default());
    store.clear_faults();
    let other = Database::open(&db.platform, Rc::new(store), OpenOptions::default());
    put_version(&other, 9).unwrap();
    assert_eq!(put_version(&db, 2).unwrap_err().kind, dynatab::api::ErrorKind::DatabaseClosed);
    assert_eq!(version(&other), "9");
    put_version(&other, 10).unwrap();
    other.assert_sound("after the first owner's commit");
}

#[test]
fn a_dump_is_loaded_once_the_store_has_space() {
    let (db, _) = database(2);
    let dump = db.dump().unwrap();
    let platform = db.platform.clone();
    let store = SimulatedStore::new(3);
    platform.attach(&store);
    store.add_fault(full());
    let fresh = Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
    let error = fresh.load(&dump, 100).unwrap_err().to_string();
    assert_eq!(error, "StorageFullException: the storage is full: quota");
    store.clear_faults();
    fresh.load(&dump, 100).unwrap();
    assert_eq!(version(&fresh), "1");
    fresh.assert_sound("loaded");
}

#[test]
fn a_job_that_fails_is_tried_again_later_and_not_at_once() {
    // Full from some commit on: for one of them a memory table waits for its flush.
    for after in 20..40 {
        let platform = SimulatedPlatform::new(6);
        let store = SimulatedStore::new(6);
        platform.attach(&store);
        let storage = StorageOptions { memory_table_bytes: 4 << 10, ..StorageOptions::default() };
        let options = OpenOptions { storage, ..OpenOptions::default() };
        let db = Database::open(&platform, Rc::new(store.clone()), options);
        music(&db);
        store.add_fault(Fault {
            forever: true,
            ..Fault::once(Call::Commit, after, StoreError::Full("quota".into()))
        });
        for number in 0..40 {
            let text = json!({"text": {"S": "x".repeat(200)}});
            let item = with(song("a", &number.to_string()), text);
            db.send(dynatab::api::Operation::PutItem, &json!({"TableName": "music", "Item": item}));
            platform.run_until_stalled();
            let mut steps = 0;
            while platform.step_store() {
                platform.run_until_stalled();
                steps += 1;
                assert!(steps < 200, "it never comes to rest");
            }
        }
        assert!(store.failures() > 0);
        // With the time, and more and more of it, it is tried again: once there is space, it is done.
        store.clear_faults();
        platform.run_until_idle();
        let stats = db.driver.inspect(|engine| engine.storage.stats());
        assert!(stats.frozen == 0 && !stats.levels.is_empty(), "{stats:?}");
        db.assert_sound("once there is space");
    }
}

#[test]
fn what_built_on_an_aborted_commit_is_rejected_with_it() {
    let (db, store) = database(3);
    fail_next_commit(&store, StoreError::Aborted("no".into()), false);
    let operation = dynatab::api::Operation::UpdateItem;
    let add = json!({"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "ADD v :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}});
    let first = db.send(operation, &add);
    db.platform.run_until_stalled();
    // The first is on its way to the store now; the second is evaluated on top of it.
    let second = db.send(operation, &add);
    let refused = db.send(
        dynatab::api::Operation::DeleteItem,
        &json!({"TableName": "music", "Key": song("a", "b"), "ConditionExpression": "v = :v",
            "ExpressionAttributeValues": {":v": {"N": "1"}}}),
    );
    assert!(db.take(refused).is_none(), "a refusal waits for what it was evaluated on");
    db.platform.run_until_idle();
    for ticket in [first, second, refused] {
        let error = db.take(ticket).expect("an answer").unwrap_err();
        assert_eq!(error.kind, dynatab::api::ErrorKind::StorageFailed);
    }
    assert_eq!(version(&db), "1");
}

#[test]
fn an_unknown_outcome_is_settled_from_the_log() {
    for applied in [true, false] {
        let (db, store) = database(4);
        fail_next_commit(&store, StoreError::Unknown("the connection was lost".into()), applied);
        assert_eq!(put_version(&db, 2).is_ok(), applied);
        assert_eq!(version(&db), if applied { "2" } else { "1" });
        put_version(&db, 3).unwrap();
        assert_eq!(version(&db), "3");
    }
}

#[test]
fn a_replaced_owner_stops() {
    let (db, store) = database(5);
    // Another owner opens the same store, as a second tab would that wrongly got the lock.
    let other = Database::open(&db.platform, Rc::new(store), OpenOptions::default());
    put_version(&other, 9).unwrap();
    let error = put_version(&db, 2).unwrap_err();
    assert_eq!(error.kind, dynatab::api::ErrorKind::DatabaseClosed);
    assert_eq!(version(&other), "9");
    assert!(db.driver.is_closed());
    assert_eq!(
        db.call("GetItem", json!({"TableName": "music", "Key": song("a", "b")})).unwrap_err().kind,
        dynatab::api::ErrorKind::DatabaseClosed
    );
}

#[test]
fn everything_is_there_after_closing_and_opening() {
    let (db, store) = database(6);
    put_version(&db, 7).unwrap();
    let described = db.ok("DescribeTable", json!({"TableName": "music"}));
    let platform = db.platform.clone();
    let image = {
        db.close();
        store.image()
    };
    let store = SimulatedStore::with_image(6, image);
    platform.detach_stores();
    platform.attach(&store);
    let db = Database::open(&platform, Rc::new(store), OpenOptions::default());
    assert_eq!(version(&db), "7");
    assert_eq!(db.ok("DescribeTable", json!({"TableName": "music"})), described);
}

#[test]
fn a_merge_that_meets_a_damaged_block_does_not_go_on_for_ever() {
    let platform = SimulatedPlatform::new(7);
    let store = SimulatedStore::new(7);
    platform.attach(&store);
    let storage = StorageOptions {
        memory_table_bytes: 4 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 1 << 10,
        cache_bytes: 0,
        ..StorageOptions::default()
    };
    let options = OpenOptions { storage, ..OpenOptions::default() };
    let db = Database::open(&platform, Rc::new(store.clone()), options);
    music(&db);
    let (mut damaged, mut written) = (0, 0);
    for number in 0..200 {
        let item = with(song("a", &number.to_string()), json!({"text": {"S": "x".repeat(200)}}));
        // Where it has to read a damaged block it is refused, and the others go on.
        let put = db.call("PutItem", json!({"TableName": "music", "Item": item}));
        assert!(damaged > 0 || put.is_ok());
        written += u64::from(put.is_ok());
        if damaged == 0 && number > 40 {
            for id in store.image().ids(Space::Block) {
                let batch = vec![Write::Put(Space::Block, id, vec![0; 50])];
                platform.block_on(store.commit(batch, Durability::Strict)).unwrap().unwrap();
                damaged += 1;
            }
        }
    }
    assert!(damaged > 0 && written > 45, "{damaged} {written}");
    let stats = db.driver.inspect(|engine| engine.storage.stats());
    assert_eq!(stats.frozen, 0, "flushes go on: {stats:?}");
}
