//! Answers that are on their way: remembered until they have arrived, and kept across checkpoints and owners.

use dynatab::log::{Fed, KeptAnswer, Record, Replay};
use dynatab::platform::simulated::{Call, Fault, SimulatedStore};
use dynatab::platform::{Space, StoreError};

use super::{
    Database, OpenOptions, Operation, Request, Ticket, add, again, count, counted, json, later, music,
    open_with, song,
};
use crate::support::small;

const MINUTE: u64 = 60_000;

/// A client elsewhere, and the one in the owner's context.
const FAR: Ticket = Ticket { client: 7, request: 1 };
const NEAR: Ticket = Ticket { client: 8, request: 1 };

fn increment() -> Request {
    ("UpdateItem", add("a"))
}

fn open(store: &SimulatedStore) -> Database {
    open_with(store, 0, OpenOptions { storage: small(), ..OpenOptions::default() })
}

/// A new owner of what a crash leaves.
fn crashed(store: &SimulatedStore) -> (SimulatedStore, Database) {
    let store = SimulatedStore::with_image(5, store.crash(5));
    let db = open(&store);
    (store, db)
}

fn begun() -> (SimulatedStore, Database) {
    let store = SimulatedStore::new(5);
    let db = open(&store);
    music(&db);
    (store, db)
}

/// Carries out a request, whose answer is lost.
fn lose(db: &Database, ticket: Ticket) {
    assert_eq!(again(db, &increment(), ticket), None, "it is carried out");
    db.platform.run_until_idle();
    db.take(ticket).unwrap().unwrap();
}

/// The log begins later than before, with what was in it flushed.
fn checkpoint(db: &Database) {
    let start = || db.driver.inspect(|engine| engine.storage.log_start());
    let (before, input) = (start(), with_text());
    let put = Ticket { client: 0, request: 1_000_000 + before };
    db.send_as(put, Operation::PutItem, &input);
    db.platform.run_until_idle();
    db.take(put).unwrap().unwrap();
    assert!(start() > before, "nothing was flushed");
    let waits = db.driver.inspect(|engine| engine.storage.stats().active_bytes);
    assert_eq!(waits, 0, "something was left in the log");
}

fn with_text() -> serde_json::Value {
    let item = crate::with(song("filler", "x"), json!({"text": {"S": "x".repeat(1_000)}}));
    json!({"TableName": "music", "Item": item})
}

/// The records of the log that the next owner would read.
fn records(store: &SimulatedStore, db: &Database) -> Vec<Record> {
    let start = db.driver.inspect(|engine| engine.storage.log_start());
    let image = store.image();
    let mut replay = Replay::starting_at(start, 0);
    let mut records = Vec::new();
    for number in image.ids(Space::Log).into_iter().filter(|number| *number >= start) {
        match replay.feed(number, image.get(Space::Log, number).unwrap()).unwrap() {
            Fed::Records(more) => records.extend(more),
            Fed::Stopped(stop) => panic!("{stop:?}"),
        }
    }
    records
}

fn kept(store: &SimulatedStore, db: &Database) -> Vec<KeptAnswer> {
    records(store, db).into_iter().flat_map(|record| record.kept).collect()
}

/// It is answered as it was, with the count that it made.
fn assert_known(db: &Database, ticket: Ticket, made: u64) {
    let before = count(db, "a", "b");
    let answer = again(db, &increment(), ticket).expect("the answer is there");
    assert_eq!(counted(&answer), made);
    assert_eq!(count(db, "a", "b"), before);
}

/// Nothing is known of it: it is carried out.
fn assert_forgotten(db: &Database, ticket: Ticket) {
    lose(db, ticket);
}

#[test]
fn an_answer_that_has_not_arrived_outlives_checkpoints_and_owners() {
    for checkpoints in 0..4 {
        let (store, db) = begun();
        db.driver.join(FAR.client);
        lose(&db, FAR);
        lose(&db, later(FAR));
        for _ in 0..checkpoints {
            checkpoint(&db);
            assert_known(&db, FAR, 1);
        }
        let (store, db) = crashed(&store);
        // Before the client is back.
        for _ in 0..checkpoints {
            checkpoint(&db);
        }
        let (store, db) = crashed(&store);
        db.driver.join(FAR.client);
        assert_known(&db, FAR, 1);
        assert_known(&db, later(FAR), 2);
        // It goes on, while the answers it got again may still be on their way.
        lose(&db, later(later(FAR)));
        for _ in 0..checkpoints {
            checkpoint(&db);
        }
        let (_, db) = crashed(&store);
        db.driver.join(FAR.client);
        for (made, ticket) in [(1, FAR), (2, later(FAR)), (3, later(later(FAR)))] {
            assert_known(&db, ticket, made);
        }
        db.assert_sound("with kept answers");
    }
}

#[test]
fn what_has_arrived_is_forgotten_and_so_is_what_a_client_that_left_had() {
    for leaves in [false, true] {
        let (store, db) = begun();
        db.driver.join(FAR.client);
        db.driver.join(NEAR.client);
        lose(&db, FAR);
        lose(&db, later(FAR));
        lose(&db, NEAR);
        checkpoint(&db);
        assert_eq!(kept(&store, &db).len(), 3);
        if leaves {
            db.driver.leave(FAR.client);
        } else {
            db.driver.received(FAR.client, later(FAR).request);
        }
        checkpoint(&db);
        assert_eq!(kept(&store, &db).len(), if leaves { 1 } else { 2 });
        let (_, db) = crashed(&store);
        assert_known(&db, NEAR, 3);
        if leaves {
            assert_forgotten(&db, later(FAR));
        } else {
            assert_known(&db, later(FAR), 2);
        }
        assert_forgotten(&db, FAR);
    }
}

#[test]
fn what_the_opening_found_is_forgotten_when_it_has_arrived() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    lose(&db, FAR);
    lose(&db, later(FAR));
    let (store, db) = crashed(&store);
    db.driver.join(FAR.client);
    db.driver.received(FAR.client, later(FAR).request);
    checkpoint(&db);
    let (_, db) = crashed(&store);
    assert_known(&db, later(FAR), 2);
    assert_forgotten(&db, FAR);
}

#[test]
fn an_answer_is_kept_for_ten_minutes() {
    for (minutes, is_kept) in [(9, true), (10, false)] {
        let (store, db) = begun();
        db.driver.join(FAR.client);
        lose(&db, FAR);
        checkpoint(&db);
        // The copy is as old as what it was made of.
        db.platform.advance_millis(5 * MINUTE);
        checkpoint(&db);
        db.platform.advance_millis((minutes - 5) * MINUTE);
        checkpoint(&db);
        assert_eq!(kept(&store, &db).len(), usize::from(is_kept), "after {minutes} minutes");
        let (_, db) = crashed(&store);
        if is_kept {
            assert_known(&db, FAR, 1);
        } else {
            assert_forgotten(&db, FAR);
        }
    }
}

#[test]
fn a_clock_that_is_set_back_keeps_no_answer_for_longer() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    db.platform.advance_millis(600 * MINUTE);
    lose(&db, FAR);
    db.platform.set_now_millis(1_767_225_600_000);
    checkpoint(&db);
    assert_eq!(kept(&store, &db)[0].time_millis, 1_767_225_600_000);
    db.platform.advance_millis(9 * MINUTE);
    checkpoint(&db);
    assert_eq!(kept(&store, &db).len(), 1);
    db.platform.advance_millis(MINUTE);
    checkpoint(&db);
    assert_eq!(kept(&store, &db), []);
}

#[test]
fn a_checkpoint_writes_nothing_of_answers_when_none_is_to_be_kept() {
    let (store, db) = begun();
    lose(&db, NEAR);
    checkpoint(&db);
    assert_eq!(records(&store, &db), [], "of a client that did not join");
    db.driver.join(FAR.client);
    checkpoint(&db);
    assert_eq!(records(&store, &db), [], "of one that joined and wrote nothing");
    lose(&db, FAR);
    let read = ("GetItem", json!({"TableName": "music", "Key": song("a", "b")}));
    assert!(again(&db, &read, later(FAR)).is_some());
    checkpoint(&db);
    let [record] = records(&store, &db).try_into().unwrap();
    assert_eq!(record.kept.iter().map(|kept| kept.id).collect::<Vec<_>>(), [FAR], "its write");
    assert_eq!(record, Record { kept: record.kept.clone(), ..Record::default() }, "and no more");
    db.driver.received(FAR.client, later(FAR).request);
    checkpoint(&db);
    assert_eq!(records(&store, &db), []);
}

#[test]
fn an_answer_whose_record_stays_in_the_log_is_not_written_again() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    let item = crate::with(song("large", "x"), json!({"text": {"S": "x".repeat(10_000)}}));
    db.send(Operation::PutItem, &json!({"TableName": "music", "Item": item}));
    db.platform.run_until_stalled();
    // Its commit begins when the one before has filled the memory table.
    assert_eq!(again(&db, &increment(), FAR), None);
    let start = || db.driver.inspect(|engine| engine.storage.log_start());
    let before = start();
    while start() == before {
        assert!(store.step(), "the memory table is flushed");
        db.platform.run_until_stalled();
    }
    db.take(FAR).unwrap().unwrap();
    let own = records(&store, &db).into_iter().filter(|record| record.request == Some(FAR));
    assert_eq!((own.count(), kept(&store, &db)), (1, vec![]));
    let (_, db) = crashed(&store);
    assert_known(&db, FAR, 1);
}

#[test]
fn closing_keeps_answers_for_the_next_owner() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    db.send_as(FAR, Operation::UpdateItem, &increment().1);
    db.send_as(later(NEAR), Operation::PutItem, &with_text());
    db.close();
    let (store, db) = crashed(&store);
    assert!(!kept(&store, &db).is_empty(), "the log was trimmed");
    assert_known(&db, FAR, 1);
}

#[test]
fn kept_answers_are_no_commit() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    lose(&db, FAR);
    checkpoint(&db);
    let latest = |db: &Database| db.driver.inspect(|engine| engine.storage.latest());
    let before = latest(&db);
    let (store, db) = crashed(&store);
    assert_eq!(kept(&store, &db).len(), 1);
    assert_eq!(latest(&db), before);
    db.assert_sound("with nothing but kept answers in the log");
    lose(&db, later(FAR));
    assert_eq!(latest(&db).0, before.0 + 1);
}

#[test]
fn the_answer_of_a_commit_that_was_refused_is_not_remembered() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    db.driver.join(NEAR.client);
    db.platform.run_until_idle();
    store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("today".into())));
    for ticket in [FAR, NEAR] {
        db.send_as(ticket, Operation::UpdateItem, &increment().1);
    }
    db.platform.run_until_idle();
    for ticket in [FAR, NEAR] {
        db.take(ticket).unwrap().unwrap_err();
    }
    // Its sequence number is another's now.
    lose(&db, later(NEAR));
    lose(&db, FAR);
    assert_known(&db, later(NEAR), 1);
    assert_known(&db, FAR, 2);
    checkpoint(&db);
    assert_eq!(kept(&store, &db).len(), 2);
    assert_forgotten(&db, NEAR);
}

#[test]
fn a_checkpoint_that_was_refused_keeps_answers_when_it_is_tried_again() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    lose(&db, FAR);
    checkpoint(&db);
    // The first is the put's.
    store.add_fault(Fault::once(Call::Commit, 1, StoreError::Aborted("today".into())));
    checkpoint(&db);
    assert_eq!(store.failures(), 1);
    assert_eq!(kept(&store, &db).len(), 1);
    let (_, db) = crashed(&store);
    assert_known(&db, FAR, 1);
}

#[test]
fn a_client_that_leaves_before_its_commit_leaves_nothing() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    db.send_as(FAR, Operation::UpdateItem, &increment().1);
    db.driver.leave(FAR.client);
    db.platform.run_until_idle();
    db.take(FAR).unwrap().unwrap();
    checkpoint(&db);
    assert_eq!(records(&store, &db), []);
    assert_forgotten(&db, FAR);
}

#[test]
fn large_answers_are_kept_over_several_frames() {
    let (store, db) = begun();
    db.driver.join(FAR.client);
    let text = "x".repeat(90_000);
    let set = json!({"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET #t = :t ADD n :one",
        "ExpressionAttributeNames": {"#t": "text"},
        "ExpressionAttributeValues": {":t": {"S": text}, ":one": {"N": "1"}}, "ReturnValues": "ALL_NEW"});
    let request = ("UpdateItem", set);
    assert_eq!(again(&db, &request, FAR), None);
    db.platform.run_until_idle();
    let answer = db.take(FAR).unwrap().unwrap();
    checkpoint(&db);
    checkpoint(&db);
    let (_, db) = crashed(&store);
    assert_eq!(again(&db, &request, FAR), Some(answer));
}

#[test]
fn an_answer_outlives_a_load() {
    let dump = begun().1.dump().unwrap();
    let (store, db) = begun();
    db.driver.join(FAR.client);
    let request = ("DeleteTable", json!({"TableName": "music"}));
    assert_eq!(again(&db, &request, FAR), None);
    db.platform.run_until_idle();
    let answer = db.take(FAR).unwrap().unwrap();
    db.load(&dump, 1 << 20).unwrap();
    assert_eq!(kept(&store, &db).len(), 1);
    let (_, db) = crashed(&store);
    assert_eq!(again(&db, &request, FAR), Some(answer));
    db.ok("DescribeTable", json!({"TableName": "music"}));
}

#[test]
fn a_database_in_memory_remembers_nothing() {
    let db = Database::in_memory();
    music(&db);
    db.driver.join(FAR.client);
    for made in [1, 2] {
        assert_eq!(counted(&again(&db, &increment(), FAR).unwrap()), made);
    }
}
