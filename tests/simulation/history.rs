//! What a crash leaves of histories: all that happened to the tables, and the tables as they were.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::engine::Position;
use dynatab::engine::history::History;
use dynatab::platform::simulated::Random;
use dynatab::storage::SeqNo;
use serde_json::Value;

use crate::script::{Key, State, TABLES, Told, set};
use crate::support::Database;
use crate::support::histories::Record;

/// So short that segments end and are dropped within a script.
const RETENTION: u64 = 60 * 1000;
/// Tables with a history; the second one can be read as it was.
const KEPT: [(usize, bool); 2] = [(0, false), (2, true)];
/// Of the operations before a crash, so many are looked at each time.
const TAIL: u64 = 30;

/// Begins the histories.
pub fn keep(database: &Database) {
    for (table, versions) in KEPT {
        database.keep(TABLES[table], RETENTION, versions).expect("it is kept");
    }
}

/// The history of a table.
pub fn of_table(database: &Database, table: &str) -> History {
    database.driver.inspect(|engine| {
        let table = engine.tables().get(table).expect("the table is there");
        engine.tables().histories().of_table(table.tree).expect("it has a history").clone()
    })
}

pub fn key_text(key: &Value) -> String {
    let part = |name: &str| key[name]["S"].as_str().map(str::to_owned);
    [part("pk"), part("sk")].into_iter().flatten().collect::<Vec<_>>().join("/")
}

type Change = (String, Option<Value>, Option<Value>);

/// Compares a database, as it was after `seq`, with all that was told until then.
pub fn verify(random: &mut Random, database: &Database, told: &[Told], seq: u64) {
    let told: Vec<&Told> = told.iter().take_while(|one| one.seq <= seq).collect();
    for (table, versions) in KEPT {
        let history = of_table(database, TABLES[table]);
        let own: Vec<&&Told> = told.iter().filter(|one| one.key.0 == table).collect();
        let back = if random.chance(3) { u64::MAX } else { random.below(TAIL) };
        let from = Position::first_of(SeqNo(seq.saturating_sub(back))).max(history.first());
        let (records, ..) = database.records(history.id, from, 50).expect("it is read");
        // Operations are all there or not at all, and the numbers of what is in a batch are not known here: what is
        // looked at begins with an operation.
        let begins = own.partition_point(|one| one.seq < from.seq.0);
        let wanted = &own[begins..];
        let count = records.len();
        assert!(count <= wanted.len(), "{count} records of {} changes from {from:?} on", wanted.len());
        let wanted = &wanted[wanted.len() - count..];
        let mut found: BTreeMap<u64, Vec<Change>> = BTreeMap::new();
        let mut expected: BTreeMap<u64, Vec<Change>> = BTreeMap::new();
        for (record, told) in records.iter().zip(wanted) {
            // By operation: the order within one is another matter.
            let Record { old, new, key, .. } = record.clone();
            found.entry(told.seq).or_default().push((key_text(&key), old, new));
            let value = |item: &Option<Rc<Value>>| item.as_ref().map(|item| Value::clone(item));
            let change = (told.key.1.clone(), value(&told.old), value(&told.new));
            expected.entry(told.seq).or_default().push(change);
            assert!(record.position.seq.0 <= told.seq);
        }
        let partial = wanted.first().map(|one| one.seq);
        for (operation, changes) in &mut found {
            let expected = expected.get_mut(operation).expect("as many");
            if Some(*operation) == partial {
                // Its first items may lie before.
                let all = own.iter().filter(|one| one.seq == *operation);
                let all: Vec<&str> = all.map(|one| one.key.1.as_str()).collect();
                assert!(changes.iter().all(|(key, ..)| all.contains(&key.as_str())));
                continue;
            }
            let by_key = |one: &Change, other: &Change| one.0.cmp(&other.0);
            changes.sort_by(by_key);
            expected.sort_by(by_key);
            assert_eq!(changes, expected, "operation {operation} of {}", TABLES[table]);
        }
        if versions {
            as_it_was(random, database, &told, table, &history, seq);
        }
    }
}

fn as_it_was(
    random: &mut Random,
    database: &Database,
    told: &[&Told],
    table: usize,
    history: &History,
    seq: u64,
) {
    let first = history.first_version().expect("versions are kept").0;
    // After an operation, or where none ended.
    let mut ends: Vec<u64> = told.iter().map(|one| one.seq).filter(|end| *end >= first).collect();
    ends.extend([first, seq]);
    let at = ends[random.below(ends.len() as u64) as usize];
    let mut wanted = State::new();
    for one in told.iter().filter(|one| one.seq <= at && one.key.0 == table) {
        set(&mut wanted, &one.key, one.new.as_ref());
    }
    let table_at = database.table_at(TABLES[table], at).expect("it is kept");
    let found = database.scan_at(table_at, 20).expect("it is read");
    let found: BTreeMap<Key, Rc<Value>> =
        found.into_values().map(|item| ((table, key_text(&item)), Rc::new(item))).collect();
    assert_eq!(found, wanted, "{} after {at}", TABLES[table]);
}
