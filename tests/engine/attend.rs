//! Owners that lose their timers: they ask to be called, and then do what is due.

use std::rc::Rc;

use dynatab::api::ErrorKind;
use dynatab::driver::OpenOptions;
use dynatab::platform::memory::Image;
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use super::support::{Database, small};

const NOW: u64 = 1_767_225_600;

/// A database whose platform has no timers.
fn open_with(storage: StorageOptions, image: Image, seconds: u64) -> (Database, SimulatedStore) {
    let platform = SimulatedPlatform::new(7);
    platform.lose_timers();
    platform.set_now_millis(seconds * 1000);
    let store = SimulatedStore::with_image(7, image);
    platform.attach(&store);
    let options = OpenOptions { storage, sweep_millis: 1000, ..OpenOptions::default() };
    (Database::open(&platform, Rc::new(store.clone()), options), store)
}

/// One that is small enough to have no work in pauses.
fn open(image: Image, seconds: u64) -> (Database, SimulatedStore) {
    open_with(StorageOptions::default(), image, seconds)
}

fn create(db: &Database) {
    db.ok(
        "CreateTable",
        json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
    );
    let specification = json!({"Enabled": true, "AttributeName": "ttl"});
    db.ok("UpdateTimeToLive", json!({"TableName": "plain", "TimeToLiveSpecification": specification}));
}

fn put(db: &Database, id: u64, more: &Value) {
    let mut item = json!({"id": {"N": id.to_string()}});
    for (name, value) in more.as_object().expect("attributes") {
        item[name] = value.clone();
    }
    db.ok("PutItem", json!({"TableName": "plain", "Item": item}));
}

fn expires(seconds: u64) -> Value {
    json!({"ttl": {"N": seconds.to_string()}})
}

fn attend(db: &Database) -> Result<(), ErrorKind> {
    let driver = Rc::clone(&db.driver);
    let attended = db.platform.block_on(async move { driver.attend().await });
    attended.expect("it ends").map_err(|error| error.kind)
}

/// Items that are there, without a call, which would notice that time has passed.
fn items(db: &Database) -> i64 {
    db.driver.inspect(|engine| engine.tables().after(None).map(|table| engine.stats(table.tree).count).sum())
}

#[test]
fn expiry_waits_for_the_call_that_was_asked_for() {
    let (db, _) = open(Image::default(), NOW);
    create(&db);
    put(&db, 1, &expires(NOW + 100));
    put(&db, 2, &expires(NOW + 300));
    put(&db, 3, &json!({}));
    db.platform.run_until_idle();
    let alarm = db.platform.take_alarm().expect("it asks");
    assert!(((NOW + 100) * 1000..=(NOW + 103) * 1000).contains(&alarm), "{alarm}");

    db.platform.set_now_millis(alarm);
    db.platform.run_until_idle();
    assert_eq!(items(&db), 3, "no timer was set");
    assert_eq!(attend(&db), Ok(()));
    assert_eq!(items(&db), 2);

    let alarm = db.platform.take_alarm().expect("it asks for the next");
    assert!(((NOW + 300) * 1000..=(NOW + 303) * 1000).contains(&alarm), "{alarm}");
    db.platform.set_now_millis(alarm);
    assert_eq!(attend(&db), Ok(()));
    assert_eq!(items(&db), 1);
    assert_eq!(db.platform.take_alarm(), None, "there is nothing more to do");
}

#[test]
fn a_call_that_comes_early_or_for_nothing_asks_again() {
    let (db, _) = open(Image::default(), NOW);
    create(&db);
    put(&db, 1, &expires(NOW + 100));
    db.platform.run_until_idle();
    let asked = db.platform.take_alarm();
    db.platform.set_now_millis((NOW + 50) * 1000);
    assert_eq!(attend(&db), Ok(()));
    assert_eq!(items(&db), 1);
    assert_eq!(db.platform.take_alarm(), asked);
}

#[test]
fn the_next_owner_does_what_was_due_before() {
    let (db, store) = open(Image::default(), NOW);
    create(&db);
    put(&db, 1, &expires(NOW + 100));
    put(&db, 2, &json!({}));
    db.platform.run_until_idle();
    db.platform.kill_tasks();

    let (db, _) = open(store.image(), NOW + 200);
    assert_eq!(attend(&db), Ok(()), "just opened");
    assert_eq!(items(&db), 1);
}

#[test]
fn work_in_pauses_is_asked_for_and_done() {
    let (db, store) = open_with(small(), Image::default(), NOW);
    create(&db);
    for id in 0..200 {
        put(&db, id, &json!({"text": {"S": "x".repeat(200)}}));
    }
    let alarm = db.platform.take_alarm().expect("jobs have begun");
    assert!(alarm <= NOW * 1000 + 60_000);
    db.platform.kill_tasks();

    let (db, _) = open_with(small(), store.image(), NOW + 40);
    assert_eq!(attend(&db), Ok(()));
    let waits = db.driver.inspect(|engine| engine.storage.next_job(true).is_some());
    assert!(!waits, "no job is left");
    assert_eq!(items(&db), 200);
}

#[test]
fn a_closed_database_says_so() {
    let (db, _) = open(Image::default(), NOW);
    let driver = Rc::clone(&db.driver);
    db.platform.block_on(async move { driver.close().await });
    assert_eq!(attend(&db), Err(ErrorKind::DatabaseClosed));
}
