//! Histories: what they tell, how long, and the table as it was.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use dynatab::api::{ErrorKind, Operation};
use dynatab::driver::verify::verify;
use dynatab::driver::{OpenOptions, ReadError};
use dynatab::engine::Position;
use dynatab::engine::history::{HistoryError, HistoryId, HistoryOptions};
use dynatab::log::Origin;
use dynatab::platform::simulated::{Call, Fault, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Platform, StoreError};
use dynatab::storage::{Bytes, Change, CursorStep, SeqNo, StorageOptions, TreeId};
use serde_json::{Value, json};

use crate::support::histories::Record;
use crate::support::{Database, small};
use crate::{music, put, song, with};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn numbered(name: &str, n: u64) -> Value {
    with(song("a", name), json!({"n": {"N": n.to_string()}}))
}

fn remove(db: &Database, name: &str) {
    db.ok("DeleteItem", json!({"TableName": "music", "Key": song("a", name)}));
}

/// `key old new`.
fn told(record: &Record) -> String {
    let n = |item: &Option<Value>| {
        item.as_ref().map_or("-".to_owned(), |item| item["n"]["N"].as_str().unwrap_or("?").to_owned())
    };
    format!("{} {} {}", record.key["song"]["S"].as_str().unwrap(), n(&record.old), n(&record.new))
}

fn all_told(db: &Database, id: HistoryId) -> Vec<String> {
    db.records(id, db.first_of(id), 3).unwrap().0.iter().map(told).collect()
}

/// Sizes so small that all is flushed and merged all the time.
fn options() -> OpenOptions {
    let storage = StorageOptions { memory_table_bytes: 4 << 10, bulk_block_bytes: 1 << 10, ..small() };
    OpenOptions { storage, sweep_millis: 1, ..OpenOptions::default() }
}

fn stored(seed: u64) -> (Database, SimulatedStore) {
    let platform = SimulatedPlatform::new(seed);
    let store = SimulatedStore::new(seed);
    platform.attach(&store);
    let db = Database::open(&platform, Rc::new(store.clone()), options());
    music(&db);
    (db, store)
}

/// What is there when everything stops now.
fn reopen(db: Database, store: &SimulatedStore) -> (Database, SimulatedStore) {
    let platform = db.platform.clone();
    platform.run_until_idle();
    platform.kill_tasks();
    platform.detach_stores();
    drop(db);
    let store = SimulatedStore::with_image(9, store.image());
    platform.attach(&store);
    (Database::open(&platform, Rc::new(store.clone()), options()), store)
}

fn not_kept<T>() -> Result<T, ReadError> {
    Err(ReadError::History(HistoryError::NotKept))
}

fn trimmed<T>(first: Position) -> Result<T, ReadError> {
    Err(ReadError::History(HistoryError::Trimmed { first }))
}

#[test]
fn a_record_tells_what_happened_to_an_item() {
    let db = Database::in_memory();
    music(&db);
    put(&db, &numbered("before", 1));
    let id = db.keep("music", HOUR, false).unwrap();
    let began = db.latest();
    assert_eq!(
        db.records(id, Position::first_of(SeqNo(began)), 9),
        trimmed(Position::first_of(SeqNo(began + 1)))
    );
    db.platform.advance_millis(5);
    put(&db, &numbered("x", 1));
    put(&db, &numbered("x", 1));
    db.platform.advance_millis(5);
    db.ok(
        "UpdateItem",
        json!({"TableName": "music", "Key": song("a", "x"), "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}}),
    );
    remove(&db, "x");
    remove(&db, "x");
    db.ok("PutItem", json!({"TableName": "music", "Item": numbered("before", 2)}));
    let (records, next, is_last) = db.records(id, db.first_of(id), 2).unwrap();
    assert_eq!(records.iter().map(told).collect::<Vec<_>>(), ["x - 1", "x 1 2", "x 2 -", "before 1 2"]);
    assert!(!is_last);
    // What changed nothing has a commit, and no record.
    let seqs: Vec<u64> = records.iter().map(|record| record.position.seq.0 - began).collect();
    assert_eq!(seqs, [1, 3, 4, 5]);
    assert!(records.iter().all(|record| record.origin == Origin::User && record.part == (1, 1)));
    assert_eq!(records[0].new, Some(numbered("x", 1)));
    assert_eq!(records[2].old, Some(numbered("x", 2)));
    assert_eq!(records[1].key, song("a", "x"));
    assert_eq!(records[1].time_millis - records[0].time_millis, 5);
    assert_eq!(records[1].time_millis, db.platform.now_millis());
    // From any place on; and from the end, until something comes.
    for (number, record) in records.iter().enumerate() {
        assert_eq!(db.records(id, record.position, 9).unwrap().0, records[number..]);
        assert_eq!(db.records(id, record.position.next(), 9).unwrap().0, records[number + 1..]);
    }
    assert_eq!(db.records(id, next, 9).unwrap(), (vec![], next, false));
    put(&db, &numbered("y", 7));
    assert_eq!(db.records(id, next, 9).unwrap().0.iter().map(told).collect::<Vec<_>>(), ["y - 7"]);
    let later = Position::first_of(SeqNo(next.seq.0 + 100));
    assert_eq!(db.records(id, later, 9).unwrap(), (vec![], later, false), "what has not come yet");
    db.assert_sound("in memory");
}

#[test]
fn a_commit_of_many_changes_is_told_part_by_part() {
    let db = Database::in_memory();
    music(&db);
    db.ok(
        "CreateTable",
        json!({"TableName": "other", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
    );
    let id = db.keep("music", HOUR, true).unwrap();
    let other = db.keep("other", HOUR, false).unwrap();
    put(&db, &numbered("same", 1));
    let action = |item: Value| json!({"Put": {"TableName": "music", "Item": item}});
    let of_other = json!({"Put": {"TableName": "other", "Item": {"pk": {"S": "p"}}}});
    let check = json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "none"),
        "ConditionExpression": "attribute_not_exists(n)"}});
    db.ok(
        "TransactWriteItems",
        json!({"ClientRequestToken": "t", "TransactItems": [action(numbered("z", 1)), of_other, check,
            action(numbered("same", 1)), action(numbered("b", 2))]}),
    );
    let (records, ..) = db.records(id, db.first_of(id), 9).unwrap();
    let last = db.latest();
    let parts: Vec<_> =
        records.iter().map(|record| (record.position.seq.0, told(record), record.part)).collect();
    let first = records[0].position.seq.0;
    assert_eq!(
        parts,
        [(first, "same - 1".into(), (1, 1)), (last, "z - 1".into(), (1, 2)), (last, "b - 2".into(), (2, 2))]
    );
    assert_eq!(db.records(other, db.first_of(other), 9).unwrap().0[0].part, (1, 1));
    // A page may end within a commit.
    let (rest, ..) = db.records(id, records[1].position.next(), 1).unwrap();
    assert_eq!(rest, records[2..]);
    // What expires goes together too.
    db.ok(
        "UpdateTimeToLive",
        json!({"TableName": "music", "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "n"}}),
    );
    let soon = db.platform.now_millis() / 1000;
    for name in ["e", "f"] {
        put(&db, &numbered(name, soon));
    }
    let (_, next, _) = db.records(id, records[2].position.next(), 9).unwrap();
    db.pass(5000);
    let (expired, ..) = db.records(id, next, 9).unwrap();
    assert_eq!(expired.iter().map(told).collect::<Vec<_>>(), [format!("e {soon} -"), format!("f {soon} -")]);
    assert!(expired.iter().all(|record| record.origin == Origin::TimeToLive));
    assert_eq!(expired.iter().map(|record| record.part).collect::<Vec<_>>(), [(1, 2), (2, 2)]);
    db.assert_sound("after transactions");
}

#[test]
fn a_table_is_read_as_it_was() {
    let (mut db, mut store) = stored(1);
    put(&db, &numbered("old", 1));
    db.keep("music", 10 * HOUR, true).unwrap();
    let began = db.latest();
    let key = |db: &Database, name: &str| {
        let now = db.scan_at(db.table_at("music", db.latest()).unwrap(), 100).unwrap();
        now.into_iter().find(|(_, item)| item["song"]["S"] == name).unwrap().0
    };
    put(&db, &numbered("x", 1));
    let x = key(&db, "x");
    let mut at = vec![(db.latest(), vec![("old", 1), ("x", 1)])];
    put(&db, &numbered("old", 2));
    at.push((db.latest(), vec![("old", 2), ("x", 1)]));
    remove(&db, "x");
    at.push((db.latest(), vec![("old", 2)]));
    // Many versions of one item, some of them long, flushed and merged; and a segment's end among them.
    for n in 0..60 {
        let text = "t".repeat(if n % 9 == 0 { 5000 } else { 100 });
        put(&db, &with(numbered("many", n), json!({"text": {"S": text}})));
        if n == 30 {
            at.push((db.latest(), vec![("many", 30), ("old", 2)]));
            db.pass(2 * HOUR);
        }
    }
    put(&db, &numbered("x", 9));
    at.push((db.latest(), vec![("many", 59), ("old", 2), ("x", 9)]));
    at.insert(0, (began, vec![("old", 1)]));
    let many = key(&db, "many");
    for round in 0..3 {
        for (seq, items) in &at {
            let found = db.scan_at(db.table_at("music", *seq).unwrap(), 1 + round).unwrap();
            let mut found: Vec<_> = found
                .values()
                .map(|item| {
                    (item["song"]["S"].as_str().unwrap(), item["n"]["N"].as_str().unwrap().parse().unwrap())
                })
                .collect();
            found.sort_unstable();
            assert_eq!(&found, items, "after {seq}");
            for (name, key) in [("x", &x), ("many", &many)] {
                let item = db.item_at("music", *seq, key).unwrap();
                let n = item.map(|item| item["n"]["N"].as_str().unwrap().parse::<u64>().unwrap());
                let wanted = items.iter().find(|(own, _)| *own == name).map(|(_, n)| *n);
                assert_eq!(n, wanted, "{name} after {seq}");
            }
            assert_eq!(db.item_at("music", *seq, b"nothing").unwrap(), None);
        }
        let first = Position::first_of(SeqNo(began));
        assert_eq!(db.table_at("music", began - 1).err(), trimmed::<()>(first).err());
        let last = SeqNo(db.latest());
        let error = db.table_at("music", last.0 + 1).err();
        assert_eq!(error, Some(ReadError::History(HistoryError::NotDurable { last })));
        assert_eq!(db.table_at("none", last.0).err(), not_kept::<()>().err());
        db.assert_sound("between");
        (db, store) = reopen(db, &store);
    }
    // From some key on.
    let mut table = db.table_at("music", db.latest()).unwrap();
    table.seek(many.clone()).unwrap();
    let found = db.scan_at(table, 100).unwrap();
    let all = db.scan_at(db.table_at("music", db.latest()).unwrap(), 100).unwrap();
    assert_eq!(found, all.into_iter().filter(|(key, _)| *key >= many).collect());
}

#[test]
fn each_table_forgets_by_its_own_retention() {
    let (db, _) = stored(2);
    db.ok(
        "CreateTable",
        json!({"TableName": "other", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
    );
    let year = db.keep("other", 365 * 24 * HOUR, true).unwrap();
    let day = db.keep("music", 6 * HOUR, true).unwrap();
    let (first, began) = (db.first_of(day), db.latest());
    let text = json!({"text": {"S": "x".repeat(900)}});
    db.ok("PutItem", json!({"TableName": "other", "Item": {"pk": {"S": "p"}}}));
    let kept = || db.driver.inspect(|engine| engine.storage.stats().bytes);
    for hour in 0..24 {
        for n in 0..10 {
            put(&db, &with(numbered("x", hour * 100 + n), text.clone()));
        }
        db.pass(HOUR);
    }
    let (records, next, _) = db.records(day, db.first_of(day), 9).unwrap();
    // Whatever is younger than the retention is there, and not much more.
    let oldest = records[0].time_millis;
    let age = db.platform.now_millis() - oldest;
    assert!((6 * HOUR..9 * HOUR).contains(&age), "{} minutes", age / MINUTE);
    assert_eq!(records.last().map(told).unwrap(), "x 2308 2309");
    assert!(db.first_of(day) > first);
    assert_eq!(db.records(day, first, 9).err(), trimmed::<()>(db.first_of(day)).err());
    assert!(matches!(
        db.table_at("music", began).err(),
        Some(ReadError::History(HistoryError::Trimmed { .. }))
    ));
    assert_eq!(db.records(year, db.first_of(year), 9).unwrap().0.len(), 1, "the other table keeps its year");
    // The space is given back: a record and a version are less than 4 KB here.
    assert!(kept() < 4000 * records.len() as u64, "{} bytes of {} records", kept(), records.len());
    // A reader that has read everything is never told that it missed something.
    for _ in 0..20 {
        db.ok("PutItem", json!({"TableName": "other", "Item": {"pk": {"S": "q"}}}));
        db.pass(HOUR);
    }
    let last = records.last().unwrap().position;
    assert_eq!(db.first_of(day), Position::first_of(SeqNo(last.seq.0 + 1)));
    assert!(db.records(day, last, 9).is_err());
    assert_eq!(db.records(day, db.first_of(day), 9).unwrap().0, []);
    assert_eq!(db.records(day, next, 9).unwrap().0, []);
    assert!(kept() < 4000, "{} bytes of nothing", kept());
    // A history without changes has no segments to turn.
    let segments = db.driver.inspect(|engine| {
        let history = engine.tables().histories().get(day).unwrap().clone();
        history.records.iter().count()
    });
    assert_eq!(segments, 1);
    db.assert_sound("at the end");
}

#[test]
fn what_is_kept_of_a_table_is_changed_stopped_and_forgotten() {
    let (mut db, mut store) = stored(3);
    assert_eq!(db.keep("none", HOUR, false), not_kept());
    assert_eq!(db.stop_keeping("music"), not_kept());
    let id = db.keep("music", HOUR, false).unwrap();
    put(&db, &numbered("x", 1));
    assert_eq!(db.table_at("music", db.latest()).err(), not_kept::<()>().err(), "no versions are kept");
    let before = db.latest();
    assert_eq!(db.keep("music", HOUR, false), Ok(id), "again");
    assert_eq!(db.latest(), before, "which is no change");
    assert_eq!(db.keep("music", u64::MAX, true), Ok(id));
    let since = db.latest();
    put(&db, &numbered("x", 2));
    (db, store) = reopen(db, &store);
    assert_eq!(all_told(&db, id), ["x - 1", "x 1 2"]);
    assert!(db.table_at("music", since).is_ok());
    assert!(db.table_at("music", since - 1).is_err());
    // Versions end at once, and begin anew.
    db.keep("music", HOUR, false).unwrap();
    assert_eq!(db.table_at("music", since).err(), not_kept::<()>().err());
    db.keep("music", HOUR, true).unwrap();
    assert!(db.table_at("music", since).is_err());
    let since = db.latest();
    put(&db, &numbered("x", 3));
    assert_eq!(db.scan_at(db.table_at("music", since).unwrap(), 9).unwrap().len(), 1);
    // Stopped: the records stay, the versions go.
    db.stop_keeping("music").unwrap();
    put(&db, &numbered("x", 4));
    assert_eq!(db.stop_keeping("music"), not_kept());
    assert_eq!(db.table_at("music", since).err(), not_kept::<()>().err());
    let (records, next, is_last) = db.records(id, db.first_of(id), 2).unwrap();
    assert_eq!(records.iter().map(told).collect::<Vec<_>>(), ["x - 1", "x 1 2", "x 2 3"]);
    assert!(is_last);
    let second = db.keep("music", HOUR, false).unwrap();
    assert_ne!(second, id);
    put(&db, &numbered("x", 5));
    assert_eq!(all_told(&db, second), ["x 4 5"]);
    assert_eq!(db.records(id, next, 2).unwrap().0, [], "the first one is told nothing more");
    // A table that is gone has told everything.
    db.ok("DeleteTable", json!({"TableName": "music"}));
    (db, store) = reopen(db, &store);
    assert!(db.records(second, db.first_of(second), 9).unwrap().2);
    music(&db);
    put(&db, &numbered("x", 9));
    assert_eq!(all_told(&db, second), ["x 4 5"], "a table of the same name is another one");
    db.forget(id).unwrap();
    assert_eq!(db.records(id, next, 9).err(), not_kept::<()>().err());
    assert_eq!(db.forget(id), not_kept());
    db.assert_sound("before time passes");
    db.pass(HOUR + 2 * MINUTE);
    assert_eq!(db.records(second, next, 9).err(), not_kept::<()>().err());
    assert_eq!(db.driver.inspect(|engine| engine.tables().histories().all().count()), 0);
    db.assert_sound("at the end");
    let (db, _) = reopen(db, &store);
    assert_eq!(db.driver.inspect(|engine| engine.tables().histories().all().count()), 0);
}

#[test]
fn what_is_undone_is_not_told() {
    let (db, store) = stored(4);
    let fail = || {
        store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("no".into())));
    };
    fail();
    let error = db.keep("music", HOUR, true).unwrap_err();
    let ReadError::Database(error) = error else { panic!("{error}") };
    assert_eq!(error.kind, ErrorKind::StorageFailed);
    assert_eq!(db.driver.inspect(|engine| engine.tables().histories().all().count()), 0);
    let id = db.keep("music", HOUR, true).unwrap();
    put(&db, &numbered("x", 1));
    let before = db.latest();
    fail();
    assert!(db.call("PutItem", json!({"TableName": "music", "Item": numbered("x", 2)})).is_err());
    fail();
    assert!(db.stop_keeping("music").is_err());
    fail();
    assert!(db.keep("music", HOUR, false).is_err());
    fail();
    assert!(db.forget(id).is_err());
    put(&db, &numbered("x", 3));
    assert_eq!(all_told(&db, id), ["x - 1", "x 1 3"]);
    assert_eq!(db.scan_at(db.table_at("music", before).unwrap(), 9).unwrap().len(), 1);
    // A turn that fails comes again.
    db.platform.advance_millis(15 * MINUTE);
    fail();
    let driver = Rc::clone(&db.driver);
    let upkeep = db.platform.block_on(async move { driver.delete_expired().await }).unwrap();
    assert!(upkeep.is_err());
    let segments = || {
        db.driver.inspect(|engine| {
            let history = engine.tables().histories().get(id).unwrap().clone();
            history.records.iter().count()
        })
    };
    assert_eq!(segments(), 1);
    db.platform.run_until_idle();
    db.pass(1);
    assert_eq!(segments(), 2);
    db.assert_sound("at the end");
}

/// Somebody waits for a commit that fails, and before he is told, another one gets its number.
#[test]
fn a_commit_that_took_the_number_of_an_undone_one_is_not_taken_for_it() {
    let mut taken = 0;
    for seed in 0..30 {
        let (db, store) = stored(seed);
        store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("no".into())));
        let (driver, platform) = (Rc::clone(&db.driver), db.platform.clone());
        let before = db.latest();
        let kept: Rc<RefCell<Option<Result<HistoryId, ReadError>>>> = Rc::default();
        let outcome = Rc::clone(&kept);
        let options = HistoryOptions { retention_millis: HOUR, versions: false };
        platform.spawn(Box::pin(async move {
            let result = driver.keep_history("music", options).await;
            *outcome.borrow_mut() = Some(result);
        }));
        platform.run_until_stalled();
        assert_eq!(db.latest(), before + 1, "it is on its way");
        // The store has refused it, and nobody has heard yet. Whose turn comes first is the seed's choice.
        assert!(platform.step_store());
        let db = Rc::new(db);
        let (writer, heard, took) = (Rc::clone(&db), Rc::clone(&kept), Rc::new(Cell::new(false)));
        let took_it = Rc::clone(&took);
        platform.spawn(Box::pin(async move {
            for _ in 0..100 {
                if writer.latest() > before {
                    writer.platform.yield_now().await;
                }
            }
            took_it.set(heard.borrow().is_none());
            writer.send(Operation::PutItem, &json!({"TableName": "music", "Item": numbered("y", 1)}));
        }));
        platform.run_until_idle();
        let outcome = kept.borrow_mut().take().unwrap();
        assert!(outcome.is_err(), "{outcome:?}");
        assert_eq!(db.latest(), before + 1, "the number is taken");
        taken += u64::from(took.get());
    }
    assert!(taken > 0, "it was told at once each time");
}

#[test]
fn a_reading_keeps_what_it_reads() {
    let (db, _) = stored(6);
    db.keep("music", HOUR, true).unwrap();
    for n in 0..40 {
        put(&db, &with(numbered(&format!("s{}", n % 7), n), json!({"text": {"S": "x".repeat(300)}})));
    }
    let at = db.latest();
    let wanted = db.scan_at(db.table_at("music", at).unwrap(), 100).unwrap();
    let held = db.table_at("music", at).unwrap();
    for n in 0..40 {
        put(&db, &with(numbered(&format!("s{}", n % 9), 100 + n), json!({"text": {"S": "y".repeat(300)}})));
    }
    let older = db.table_at("music", at).unwrap();
    for hour in 0..5 {
        put(&db, &numbered("z", hour));
        db.pass(HOUR);
    }
    assert!(matches!(db.table_at("music", at).err(), Some(ReadError::History(HistoryError::Trimmed { .. }))));
    db.ok("DeleteTable", json!({"TableName": "music"}));
    db.pass(3 * HOUR);
    for table in [held, older] {
        assert_eq!(db.scan_at(table, 2).unwrap(), wanted);
    }
    db.platform.run_until_idle();
    assert!(db.driver.inspect(|engine| engine.storage.stats().bytes) < 1000, "and then it goes");
}

#[test]
fn a_store_that_does_not_read_is_told() {
    let (db, store) = stored(7);
    let id = db.keep("music", HOUR, true).unwrap();
    for n in 0..60 {
        put(&db, &with(numbered(&format!("s{}", n % 7), n), json!({"text": {"S": "x".repeat(300)}})));
    }
    let (db, store) = reopen(db, &store);
    let at = db.latest();
    let fault = Fault { forever: true, ..Fault::once(Call::Read, 0, StoreError::Failed("no".into())) };
    store.add_fault(fault);
    let is_storage = |error: Option<ReadError>| matches!(error, Some(ReadError::Database(error)) if error.kind == ErrorKind::StorageFailed);
    assert!(is_storage(db.records(id, db.first_of(id), 100).err()));
    assert!(is_storage(db.scan_at(db.table_at("music", at).unwrap(), 100).err()));
    store.clear_faults();
    assert_eq!(db.records(id, db.first_of(id), 100).unwrap().0.len(), 60);
    assert_eq!(db.scan_at(db.table_at("music", at).unwrap(), 100).unwrap().len(), 7);
    let mut held = db.table_at("music", at).unwrap();
    let driver = Rc::clone(&db.driver);
    db.platform.block_on(async move { driver.close().await }).unwrap();
    let is_closed = |error: Option<ReadError>| matches!(error, Some(ReadError::Database(error)) if error.kind == ErrorKind::DatabaseClosed);
    assert!(is_closed(db.records(id, Position::default(), 1).err()));
    assert!(is_closed(db.platform.block_on(async move { held.scan(1).await }).unwrap().err()));
}

fn problems(db: &Database) -> Vec<String> {
    let report = db.platform.block_on(verify(Rc::clone(&db.driver))).expect("it ends").expect("it is done");
    report.problems.into_iter().map(|problem| problem.problem).collect()
}

/// Of the records and the versions: whether a record is changed or a version, its key, and what it becomes.
type Harm = fn(&[(Bytes, Bytes)], &[(Bytes, Bytes)]) -> (bool, Vec<u8>, Option<Vec<u8>>);

#[test]
fn verification_holds_records_and_versions_against_each_other() {
    let prepare = || {
        let db = Database::in_memory();
        music(&db);
        let id = db.keep("music", HOUR, true).unwrap();
        put(&db, &numbered("x", 1));
        put(&db, &numbered("x", 2));
        db.assert_sound("as it was written");
        let history = db.driver.inspect(|engine| engine.tables().histories().get(id).unwrap().clone());
        let tree = |segments: &dynatab::engine::Segments| segments.open().unwrap().tree;
        let (records, versions) = (tree(&history.records), tree(&history.versions));
        (db, records, versions)
    };
    let entries = |db: &Database, tree: TreeId| {
        db.driver.inspect(|engine| {
            let mut cursor = engine.storage.cursor(tree, vec![], None, false, engine.storage.latest());
            let mut found = Vec::new();
            while let CursorStep::Entry { key, value, .. } = cursor.next(&mut engine.storage) {
                found.push((key, value));
            }
            found
        })
    };
    let change = |db: &Database, tree: TreeId, key: &[u8], value: Option<&[u8]>| {
        db.driver.inspect(|engine| {
            let latest = engine.storage.latest();
            engine.storage.apply(
                latest,
                Change { tree, key: key.into(), value: value.map(Bytes::from), blind: false, due: 0 },
            );
        });
    };
    let cases: [(Harm, &str); 9] = [
        (|records, _| (true, records[1].0.to_vec(), None), "has 2 versions, and its records ask for 1"),
        (|_, versions| (false, versions[0].0.to_vec(), None), "has 1 versions, and its records ask for 2"),
        (
            |_, versions| (false, versions[1].0.to_vec(), Some(vec![])),
            "has other versions than its records ask for",
        ),
        (
            |_, versions| (false, versions[1].0.to_vec(), Some(vec![9; 9])),
            "a version that is not well formed",
        ),
        (
            |_, versions| {
                let mut key = versions[1].0.to_vec();
                key[9] ^= 1;
                (false, key, Some(versions[1].1.to_vec()))
            },
            "a version in the place of another key",
        ),
        (
            |_, versions| {
                let mut key = versions[1].0.to_vec();
                let at = key.len() - 8;
                key[at..].fill(0);
                (false, key, Some(vec![]))
            },
            "a version in the place of another",
        ),
        (|records, _| (true, records[0].0.to_vec(), Some(vec![9, 0])), "a record that cannot be read"),
        (
            |records, _| {
                // The third of two.
                let mut value = records[1].1.to_vec();
                let head = usize::from(value[0]);
                value[head - 1..=head].copy_from_slice(&[3, 2]);
                (true, records[1].0.to_vec(), Some(value))
            },
            "a record of no change",
        ),
        (
            |records, _| {
                (true, [records[0].0[..9].to_vec(), vec![0; 9]].concat(), Some(records[0].1.to_vec()))
            },
            "a record in the place of another",
        ),
    ];
    for (harm, wanted) in cases {
        let (db, records, versions) = prepare();
        let (of_records, key, value) = harm(&entries(&db, records), &entries(&db, versions));
        change(&db, if of_records { records } else { versions }, &key, value.as_deref());
        let found = problems(&db);
        assert!(found.iter().any(|problem| problem == wanted), "{wanted}: {found:?}");
    }
}
