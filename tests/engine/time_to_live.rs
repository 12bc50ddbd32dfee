//! Time to live: the setting, and the deletion of what has expired.

use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use dynatab::driver::OpenOptions;
use dynatab::platform::StoreError;
use dynatab::platform::simulated::{Call, Fault, SimulatedPlatform, SimulatedStore};
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

/// The simulated clock begins here, in seconds.
const NOW: u64 = 1_767_225_600;
const YEAR: u64 = 365 * 24 * 60 * 60;

fn enable(db: &Database, enabled: bool) -> Value {
    db.ok(
        "UpdateTimeToLive",
        json!({"TableName": "music", "TimeToLiveSpecification": {"Enabled": enabled, "AttributeName": "expires"}}),
    )
}

fn put(db: &Database, name: &str, expires: &Value) {
    let more = json!({"expires": expires, "genre": {"S": "folk"}, "year": {"N": "1"}});
    db.ok("PutItem", json!({"TableName": "music", "Item": with(song("a", name), more)}));
}

fn number(n: impl std::fmt::Display) -> Value {
    json!({"N": n.to_string()})
}

fn names(db: &Database) -> String {
    let items = db.ok("Scan", json!({"TableName": "music", "ConsistentRead": true}))["Items"]
        .as_array()
        .unwrap()
        .clone();
    let mut names: Vec<_> = items.iter().map(|item| item["song"]["S"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names.join(" ")
}

fn expire(db: &Database) -> u64 {
    let driver = Rc::clone(&db.driver);
    db.platform.block_on(async move { driver.delete_expired().await }).unwrap().unwrap()
}

#[test]
fn the_setting_is_described_and_guarded() {
    let db = Database::in_memory();
    music(&db);
    let describe =
        || db.ok("DescribeTimeToLive", json!({"TableName": "music"}))["TimeToLiveDescription"].clone();
    assert_eq!(describe(), json!({"TimeToLiveStatus": "DISABLED"}));
    let update = |enabled: bool, attribute: &str| {
        let specification = json!({"Enabled": enabled, "AttributeName": attribute});
        db.call("UpdateTimeToLive", json!({"TableName": "music", "TimeToLiveSpecification": specification}))
            .map_err(|error| error.to_string())
    };
    let refused = |text: &str| Err(format!("ValidationException: {text}"));
    assert_eq!(update(false, "expires"), refused("TimeToLive is already disabled"));
    assert_eq!(
        update(true, "expires").unwrap(),
        json!({"TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires"}})
    );
    assert_eq!(describe(), json!({"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}));
    assert_eq!(update(true, "expires"), refused("TimeToLive is already enabled"));
    let other = "TimeToLive is active on a different AttributeName: current AttributeName is expires";
    assert_eq!(update(true, "other"), refused(other));
    assert_eq!(update(false, "other"), refused(other));
    update(false, "expires").unwrap();
    assert_eq!(describe(), json!({"TimeToLiveStatus": "DISABLED"}));
    assert_eq!(
        db.error("DescribeTimeToLive", json!({"TableName": "nothing"})),
        "ResourceNotFoundException: Requested resource not found: Table: nothing not found"
    );
}

#[test]
fn only_what_has_expired_within_five_years_goes() {
    let db = Database::in_memory();
    music(&db);
    for (name, value) in [
        ("1 second ago", number(NOW - 1)),
        ("a fraction more", number(format!("{}.9", NOW - 1))),
        ("almost five years ago", number(NOW - 5 * YEAR)),
        ("now", number(NOW)),
        ("later", number(NOW + 100)),
        ("in milliseconds", number(NOW * 1000)),
        ("five years ago", number(NOW - 5 * YEAR - 1)),
        ("negative", number(-1)),
        ("huge", number("1e100")),
        ("tiny", number("1e-100")),
        ("text", json!({"S": (NOW - 1).to_string()})),
        ("set", json!({"NS": [(NOW - 1).to_string()]})),
    ] {
        put(&db, name, &value);
    }
    assert_eq!(expire(&db), 0, "it is not enabled");
    enable(&db, true);
    assert_eq!(expire(&db), 3);
    assert_eq!(names(&db), "five years ago huge in milliseconds later negative now set text tiny");
    for index in ["artist-year", "genre-year"] {
        let count = db.ok("Scan", json!({"TableName": "music", "IndexName": index}))["Count"].clone();
        assert_eq!(count, 9, "{index}");
    }
    assert_eq!(db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["ItemCount"], 9);
    db.platform.advance_millis(1000);
    assert_eq!(expire(&db), 1);
    db.platform.advance_millis(99_000);
    assert_eq!(expire(&db), 0);
    db.platform.advance_millis(1000);
    assert_eq!(expire(&db), 1);
    db.assert_sound("with items whose expiry is no time");
}

#[test]
fn an_item_may_live_on() {
    let db = Database::in_memory();
    music(&db);
    enable(&db, true);
    put(&db, "x", &number(NOW - 5));
    put(&db, "y", &number(NOW - 5));
    let update = json!({"TableName": "music", "Key": song("a", "x"), "UpdateExpression": "SET expires = :later",
        "ExpressionAttributeValues": {":later": {"N": (NOW + 50).to_string()}}});
    db.ok("UpdateItem", update);
    db.ok(
        "UpdateItem",
        json!({"TableName": "music", "Key": song("a", "y"), "UpdateExpression": "REMOVE expires"}),
    );
    assert_eq!(expire(&db), 0);
    db.platform.advance_millis(51_000);
    assert_eq!(expire(&db), 1);
    assert_eq!(names(&db), "y");
}

#[test]
fn expired_items_go_by_themselves_once_the_clock_has_moved() {
    let db = Database::in_memory();
    music(&db);
    enable(&db, true);
    put(&db, "x", &number(NOW + 10));
    db.platform.run_until_idle();
    assert_eq!(names(&db), "x");
    db.platform.advance_millis(10_000);
    assert_eq!(names(&db), "x", "a search every minute is enough");
    db.platform.advance_millis(120_000);
    names(&db);
    db.platform.run_until_idle();
    assert_eq!(names(&db), "");
}

#[test]
fn the_record_of_an_expiry_names_the_service() {
    let db = Database::in_memory();
    music(&db);
    enable(&db, true);
    let stream = json!({"StreamEnabled": true, "StreamViewType": "OLD_IMAGE"});
    db.ok("UpdateTable", json!({"TableName": "music", "StreamSpecification": stream}));
    put(&db, "x", &number(NOW - 5));
    assert_eq!(expire(&db), 1);
    let arn = db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["LatestStreamArn"].clone();
    let described = db.ok("DescribeStream", json!({"StreamArn": arn}));
    let shard = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let input = json!({"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = db.ok("GetShardIterator", input)["ShardIterator"].clone();
    let records = db.ok("GetRecords", json!({"ShardIterator": iterator}))["Records"].clone();
    assert_eq!(records[1]["eventName"], "REMOVE");
    assert_eq!(
        records[1]["userIdentity"],
        json!({"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"})
    );
    assert_eq!(records[1]["dynamodb"]["OldImage"]["expires"], number(NOW - 5));
    assert!(records[0].get("userIdentity").is_none());
}

/// Thousands of items, a few of which have expired, across restarts: what is known of the least expiry is kept.
#[test]
fn what_expires_is_known_after_a_crash() {
    let platform = SimulatedPlatform::new(3);
    let mut store = SimulatedStore::new(3);
    platform.attach(&store);
    let mut db = Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
    music(&db);
    enable(&db, true);
    for n in 0..3000u64 {
        put(&db, &format!("{n:04}"), &number(NOW + 100 + n));
    }
    let mut left = 3000;
    for round in 0..6u64 {
        platform.run_until_idle();
        platform.kill_tasks();
        platform.detach_stores();
        store = SimulatedStore::with_image(round, store.image());
        platform.attach(&store);
        db = Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
        platform.set_now_millis((NOW + 101 + 500 * (round + 1)) * 1000);
        assert_eq!(expire(&db), if round == 0 { 501 } else { 500 }.min(left), "round {round}");
        left -= if round == 0 { 501 } else { 500 }.min(left);
        assert_eq!(expire(&db), 0);
        let count = db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["ItemCount"].clone();
        assert_eq!(count, left);
    }
}

#[test]
fn a_deletion_that_was_undone_is_not_told_though_others_got_its_number() {
    let platform = SimulatedPlatform::new(9);
    let store = SimulatedStore::new(9);
    platform.attach(&store);
    let options = OpenOptions { sweep_millis: u64::MAX, ..OpenOptions::default() };
    let db = Database::open(&platform, Rc::new(store.clone()), options);
    music(&db);
    enable(&db, true);
    // Once and twice, before anybody looks: then the first rollback counts, and not the last.
    for failures in 1..3 {
        put(&db, "old", &number(NOW - 10));
        let driver = Rc::clone(&db.driver);
        let mut expiring = Box::pin(async move { driver.delete_expired().await });
        let mut context = Context::from_waker(Waker::noop());
        let latest = || db.driver.inspect(|engine| engine.storage.latest());
        let before = latest();
        store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("no".into())));
        while latest() == before {
            platform.run_until_idle();
            assert!(expiring.as_mut().poll(&mut context).is_pending());
        }
        platform.run_until_idle();
        assert_eq!(latest(), before, "it was undone");
        for failure in 1..failures {
            put(&db, "more", &number(NOW + YEAR));
            store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("no".into())));
            let item = with(song("b", &failure.to_string()), json!({"year": {"N": "1"}}));
            db.error("PutItem", json!({"TableName": "music", "Item": item}));
        }
        put(&db, "more", &number(NOW + YEAR));
        let told = match expiring.as_mut().poll(&mut context) {
            Poll::Ready(told) => told,
            Poll::Pending => {
                platform.run_until_idle();
                platform.block_on(expiring).expect("it ends")
            }
        };
        assert!(told.is_err(), "{failures}: {told:?}");
        // Upkeep comes again by itself.
        platform.run_until_idle();
        expire(&db);
        assert!(!names(&db).contains("old"));
    }
}
