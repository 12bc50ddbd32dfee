//! Random writes, failed commits, index changes, segments that end and are dropped, flushes, merges and reopening, beside
//! a plain list that forgets nothing: histories tell it record by record, and tables are what they were.
//!
//! `DYNATAB_HISTORY_OPERATIONS` and `DYNATAB_SEED` set how far and where.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::ApiError;
use dynatab::driver::{OpenOptions, ReadError, TableAt};
use dynatab::engine::Position;
use dynatab::engine::history::{HistoryError, HistoryId};
use dynatab::log::Origin;
use dynatab::platform::simulated::{Call, Fault, Random, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Platform, StoreError};
use dynatab::storage::{SeqNo, StorageOptions};
use serde_json::{Value, json};

use crate::support::histories::Record;
use crate::support::{Database, small};
use crate::{music, song, with};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;
const TABLES: [&str; 2] = ["music", "plain"];

fn environment(name: &str, fallback: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(fallback)
}

/// A history that runs, and what is known to be in it.
struct Kept {
    id: HistoryId,
    retention: u64,
    /// Nothing younger than this may be missing, in milliseconds since 1970.
    young: u64,
    /// Since which commit the table can be read as it was, if it can.
    versions: Option<u64>,
    /// All records there ever were.
    records: Vec<Record>,
    /// All up to here was read.
    next: Position,
}

#[derive(Default)]
struct Table {
    items: BTreeMap<String, Value>,
    /// Every change there ever was: commit, key, item.
    changes: Vec<(u64, String, Option<Value>)>,
    kept: Option<Kept>,
    /// Histories that have ended, with their records.
    ended: Vec<Kept>,
}

impl Table {
    /// The table after a commit.
    fn at(&self, seq: u64) -> BTreeMap<String, Value> {
        let mut items = BTreeMap::new();
        for (_, key, item) in self.changes.iter().take_while(|(own, ..)| *own <= seq) {
            match item {
                Some(item) => items.insert(key.clone(), item.clone()),
                None => items.remove(key),
            };
        }
        items
    }
}

/// What an operation does, if it is carried out.
type Effect = Vec<(usize, String, Option<Value>)>;

struct Model {
    random: Random,
    platform: SimulatedPlatform,
    store: SimulatedStore,
    db: Option<Database>,
    tables: [Table; 2],
    /// Tree keys, as scans gave them.
    keys: BTreeMap<(usize, String), Vec<u8>>,
    /// A table as it was, that was asked for some time ago.
    held: Option<(usize, u64, TableAt)>,
    count: u64,
    has_index: bool,
    /// What the script came to: reads of histories, of tables as they were, refusals of what was dropped, undone commits.
    met: [u64; 4],
}

fn options() -> OpenOptions {
    let storage = StorageOptions { level1_bytes: 32 << 10, slice_bytes: 2 << 10, ..small() };
    // What time asks for is done when the script says so.
    OpenOptions { storage, sweep_millis: u64::MAX, ..OpenOptions::default() }
}

fn key_of(table: usize, item: &Value) -> String {
    if table == 1 {
        return item["pk"]["S"].as_str().unwrap().to_owned();
    }
    format!("{}/{}", item["artist"]["S"].as_str().unwrap(), item["song"]["S"].as_str().unwrap())
}

fn attributes(table: usize, key: &str) -> Value {
    if table == 1 {
        return json!({"pk": {"S": key}});
    }
    let (artist, name) = key.split_once('/').unwrap();
    song(artist, name)
}

impl Model {
    fn db(&self) -> &Database {
        self.db.as_ref().unwrap()
    }

    fn key(&mut self) -> (usize, String) {
        let table = self.random.below(2) as usize;
        // A few keys have very many versions.
        let n = if self.random.chance(40) { self.random.below(3) } else { self.random.below(60) };
        (table, if table == 1 { format!("p{n}") } else { format!("a{}/s{n:02}", n % 5) })
    }

    fn item(&mut self, table: usize, key: &str) -> Value {
        self.count += 1;
        let length = if self.random.chance(3) { 5_000 } else { 150 };
        let text = "x".repeat(self.random.below(length) as usize);
        let more = json!({"n": {"N": self.count.to_string()}, "text": {"S": text},
            "genre": {"S": format!("g{}", self.random.below(3))}, "year": {"N": self.random.below(30).to_string()}});
        let mut item = with(attributes(table, key), more);
        if table == 0 && self.random.chance(25) {
            let seconds = self.platform.now_millis() / 1000 + self.random.below(3600);
            item["expires"] = json!({"N": seconds.to_string()});
        }
        item
    }

    /// Now and then the next commit fails, whoever makes it.
    fn perhaps_fail(&mut self) -> bool {
        if !self.random.chance(4) {
            return false;
        }
        let why = || "simulated".to_owned();
        let (error, applied) = match self.random.below(4) {
            0 => (StoreError::Aborted(why()), false),
            1 => (StoreError::Full(why()), false),
            2 => (StoreError::Unknown(why()), true),
            _ => (StoreError::Unknown(why()), false),
        };
        self.store.add_fault(Fault { applied, ..Fault::once(Call::Commit, 0, error) });
        true
    }

    /// An operation was carried out, or undone: what it did is told by the histories, no more and no less.
    fn settle<T>(&mut self, outcome: Result<T, ApiError>, effect: Effect, fails: bool, atomic: bool) {
        self.platform.run_until_idle();
        self.store.clear_faults();
        match outcome {
            Ok(_) => self.compare(effect, Origin::User, atomic),
            Err(error) => {
                assert!(fails, "{error}");
                self.met[3] += 1;
                self.compare(Vec::new(), Origin::User, atomic);
            }
        }
    }

    /// What histories tell since they were read last is this; the model takes it over.
    fn compare(&mut self, effect: Effect, origin: Origin, atomic: bool) {
        let latest = self.db().latest();
        for number in 0..TABLES.len() {
            let mut changes: Vec<(String, Option<Value>, Option<Value>)> = Vec::new();
            for (_, key, new) in effect.iter().filter(|(table, ..)| *table == number) {
                let items = &mut self.tables[number].items;
                let old = match new {
                    Some(item) => items.insert(key.clone(), item.clone()),
                    None => items.remove(key),
                };
                if old != *new {
                    changes.push((key.clone(), old, new.clone()));
                }
            }
            let records = self.read_on(number);
            let Some(records) = records else {
                let own = changes.into_iter().map(|(key, _, new)| (latest, key, new));
                self.tables[number].changes.extend(own);
                continue;
            };
            assert_eq!(records.len(), changes.len(), "{records:#?} {changes:#?}");
            for (at, record) in records.iter().enumerate() {
                let key = key_of(number, &record.key);
                assert_eq!(record.key, attributes(number, &key));
                let wanted = changes.iter().find(|(own, ..)| *own == key).expect("it was changed");
                assert_eq!((&record.old, &record.new, record.origin), (&wanted.1, &wanted.2, origin));
                if atomic {
                    assert_eq!(
                        (&changes[at].0, record.position.seq.0),
                        (&key, latest),
                        "in order, in one commit"
                    );
                    assert_eq!(record.part, (at as u32 + 1, changes.len() as u32));
                }
                self.tables[number].changes.push((record.position.seq.0, key, record.new.clone()));
            }
        }
    }

    /// Reads what a running history tells since it was read last.
    fn read_on(&mut self, number: usize) -> Option<Vec<Record>> {
        let mut kept = self.tables[number].kept.take()?;
        let (records, next, is_last) = self.db().records(kept.id, kept.next, 7).unwrap();
        assert!(!is_last, "it runs");
        for of_commit in records.chunk_by(|one, other| one.position.seq == other.position.seq) {
            let parts = of_commit.len() as u32;
            assert!(of_commit.iter().map(|one| one.part).eq((1..=parts).map(|part| (part, parts))));
        }
        let now = self.platform.now_millis();
        assert!(records.iter().all(|record| record.time_millis == now), "all of it happened just now");
        kept.records.extend(records.iter().cloned());
        kept.next = next;
        self.tables[number].kept = Some(kept);
        Some(records)
    }

    fn single(&mut self) {
        let (table, key) = self.key();
        let there = self.tables[table].items.get(&key).cloned();
        let fails = self.perhaps_fail();
        let name = TABLES[table];
        let (outcome, new) = match self.random.below(8) {
            0..5 => {
                let item = self.item(table, &key);
                (self.db().call("PutItem", json!({"TableName": name, "Item": item})), Some(item))
            }
            // What changes nothing is not told.
            5 if there.is_some() => {
                let item = there.clone().unwrap();
                (self.db().call("PutItem", json!({"TableName": name, "Item": item})), Some(item))
            }
            5 | 6 => {
                let input = json!({"TableName": name, "Key": attributes(table, &key),
                    "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}});
                let mut item = there.clone().unwrap_or_else(|| attributes(table, &key));
                let n: u64 = item["n"]["N"].as_str().map_or(0, |n| n.parse().unwrap());
                item["n"] = json!({"N": (n + 1).to_string()});
                (self.db().call("UpdateItem", input), Some(item))
            }
            _ => {
                let input = json!({"TableName": name, "Key": attributes(table, &key)});
                (self.db().call("DeleteItem", input), None)
            }
        };
        self.settle(outcome, vec![(table, key, new)], fails, true);
    }

    /// Different keys, and what becomes of them.
    fn several(&mut self) -> Effect {
        let mut effect: Effect = Vec::new();
        for _ in 0..=self.random.below(8) {
            let (table, key) = self.key();
            if effect.iter().all(|(other, own, _)| (*other, own) != (table, &key)) {
                let item = if self.random.chance(70) { Some(self.item(table, &key)) } else { None };
                effect.push((table, key, item));
            }
        }
        effect
    }

    fn transaction(&mut self) {
        let effect = self.several();
        let action = |(table, key, item): &(usize, String, Option<Value>)| match item {
            Some(item) => json!({"Put": {"TableName": TABLES[*table], "Item": item}}),
            None => json!({"Delete": {"TableName": TABLES[*table], "Key": attributes(*table, key)}}),
        };
        let mut input = json!({"TransactItems": effect.iter().map(action).collect::<Vec<_>>()});
        if self.random.chance(50) {
            self.count += 1;
            input["ClientRequestToken"] = json!(format!("t{}", self.count));
        }
        let fails = self.perhaps_fail();
        let outcome = self.db().call("TransactWriteItems", input);
        self.settle(outcome, effect, fails, true);
    }

    fn batch(&mut self) {
        let effect = self.several();
        let mut requests = serde_json::Map::new();
        for (table, key, item) in &effect {
            let request = match item {
                Some(item) => json!({"PutRequest": {"Item": item}}),
                None => json!({"DeleteRequest": {"Key": attributes(*table, key)}}),
            };
            let list = requests.entry(TABLES[*table]).or_insert_with(|| json!([]));
            list.as_array_mut().unwrap().push(request);
        }
        let fails = self.perhaps_fail();
        let outcome = self.db().call("BatchWriteItem", json!({"RequestItems": requests}));
        self.settle(outcome, effect, fails, false);
    }

    /// Deletes what has expired, ends segments and drops old ones.
    fn pass(&mut self) {
        let now = self.platform.now_millis();
        let fails = self.tables[0].kept.is_some() && self.perhaps_fail();
        let driver = Rc::clone(&self.db().driver);
        let deleted = self.platform.block_on(async move { driver.delete_expired().await }).unwrap();
        self.platform.run_until_idle();
        self.store.clear_faults();
        let expires = |item: &Value| item["expires"]["N"].as_str().and_then(|text| text.parse::<u64>().ok());
        let has_expired = |item: &Value| expires(item).is_some_and(|seconds| seconds < now / 1000);
        let due = self.tables[0].items.iter().filter(|(_, item)| has_expired(item));
        let mut effect: Effect = due.map(|(key, _)| (0, key.clone(), None)).collect();
        match deleted {
            Ok(count) if !fails => assert_eq!(count, effect.len() as u64),
            // Some went, others did not: the history has to be believed.
            _ => {
                assert!(fails);
                let kept = self.tables[0].kept.as_ref().unwrap();
                let (records, ..) = self.db().records(kept.id, kept.next, 100).unwrap();
                effect.retain(|(_, key, _)| records.iter().any(|record| key_of(0, &record.key) == *key));
            }
        }
        self.compare(effect, Origin::TimeToLive, false);
        for kept in self.tables.iter_mut().flat_map(|table| table.kept.iter_mut().chain(&mut table.ended)) {
            kept.young = kept.young.max(now.saturating_sub(kept.retention));
        }
    }

    fn keep(&mut self) {
        let number = self.random.below(2) as usize;
        let name = TABLES[number];
        let fails = self.perhaps_fail();
        if self.tables[number].kept.is_some() && self.random.chance(25) {
            let stopped = self.db().stop_keeping(name);
            self.platform.run_until_idle();
            self.store.clear_faults();
            match stopped {
                Ok(()) => {
                    let kept = self.tables[number].kept.take().unwrap();
                    self.tables[number].ended.push(kept);
                }
                Err(error) => assert!(fails, "{error}"),
            }
            return;
        }
        let (retention, versions) = (HOUR << self.random.below(5), self.random.chance(75));
        let outcome = self.db().keep(name, retention, versions);
        self.platform.run_until_idle();
        self.store.clear_faults();
        let latest = self.db().latest();
        let Ok(id) = outcome else {
            assert!(fails, "{outcome:?}");
            return;
        };
        let kept = self.tables[number].kept.get_or_insert_with(|| Kept {
            id,
            retention,
            young: 0,
            versions: None,
            records: Vec::new(),
            next: Position::first_of(SeqNo(latest + 1)),
        });
        assert_eq!(kept.id, id);
        kept.retention = retention;
        kept.versions = if versions { kept.versions.or(Some(latest)) } else { None };
    }

    /// An index comes or goes.
    fn change_indexes(&mut self) {
        let update = if self.has_index {
            json!({"Delete": {"IndexName": "by-n"}})
        } else {
            json!({"Create": {"IndexName": "by-n", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}]}})
        };
        let input = json!({"TableName": "plain", "GlobalSecondaryIndexUpdates": [update],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "n", "AttributeType": "N"}]});
        let fails = self.perhaps_fail();
        let outcome = self.db().call("UpdateTable", input);
        self.has_index ^= outcome.is_ok();
        self.settle(outcome, Vec::new(), fails, false);
    }

    /// From any place on, a history has what the list has.
    fn check_records(&mut self) {
        for number in 0..TABLES.len() {
            let table = &self.tables[number];
            let db = self.db.as_ref().unwrap();
            for kept in table.kept.iter().chain(&table.ended) {
                let there = db.driver.inspect(|engine| engine.tables().histories().get(kept.id).is_some());
                if !there {
                    let old = kept.records.iter().all(|record| record.time_millis < kept.young);
                    assert!(old && table.kept.as_ref().is_none_or(|own| own.id != kept.id), "it is gone");
                    continue;
                }
                let first = db.first_of(kept.id);
                let lost = kept.records.iter().filter(|record| record.position < first);
                assert!(lost.clone().all(|record| record.time_millis < kept.young), "trimmed too early");
                // What was dropped is told from what is there to the record.
                let last = lost.clone().next_back().map(|record| record.position.seq.0);
                assert!(last.is_none_or(|last| first == Position::first_of(SeqNo(last + 1))));
                let lost = lost.count();
                let from = self.random.below(kept.records.len() as u64 + 1) as usize;
                let place = kept.records.get(from).map_or(kept.next, |record| record.position);
                let read = db.records(kept.id, place, 1 + self.random.below(60) as usize);
                if from < lost {
                    assert_eq!(read.unwrap_err(), ReadError::History(HistoryError::Trimmed { first }));
                    self.met[2] += 1;
                    continue;
                }
                let (found, _, is_last) = read.unwrap();
                assert_eq!(found, kept.records[from..]);
                assert_eq!(is_last, table.kept.as_ref().is_none_or(|own| own.id != kept.id));
                self.met[0] += 1;
            }
        }
    }

    fn scan(&mut self, number: usize, seq: u64, table: TableAt) {
        let pages = 1 + self.random.below(40) as usize;
        let found = self.db().scan_at(table, pages).unwrap();
        let found: BTreeMap<String, Value> = found
            .into_iter()
            .map(|(key, item)| {
                let name = key_of(number, &item);
                self.keys.insert((number, name.clone()), key);
                (name, item)
            })
            .collect();
        assert_eq!(found, self.tables[number].at(seq), "{} after {seq}", TABLES[number]);
        self.met[1] += 1;
    }

    /// After any commit for which versions are kept, a table is what it was.
    fn check_tables(&mut self) {
        if let Some((number, seq, table)) = self.held.take().filter(|_| self.random.chance(20)) {
            self.scan(number, seq, table);
        }
        for (number, name) in TABLES.into_iter().enumerate() {
            let Some(kept) = &self.tables[number].kept else { continue };
            let db = self.db();
            let latest = db.latest();
            let Some(began) = kept.versions else {
                let none = ReadError::History(HistoryError::NotKept);
                assert_eq!(db.table_at(name, latest).err(), Some(none));
                continue;
            };
            let id = kept.id;
            let first =
                db.driver.inspect(|engine| engine.tables().histories().get(id).unwrap().first_version());
            let first = first.unwrap().0;
            let lost = kept.records.iter().filter(|record| (began..first).contains(&record.position.seq.0));
            assert!(lost.clone().all(|record| record.time_millis < kept.young), "trimmed too early");
            assert!(first == began || lost.count() > 0, "trimmed for nothing");
            for seq in [first - 1, latest + 1] {
                assert!(matches!(db.table_at(name, seq).err(), Some(ReadError::History(_))), "{seq}");
            }
            let seq = first + self.random.below(latest + 1 - first);
            let table = self.db().table_at(name, seq).unwrap();
            self.scan(number, seq, table);
            let wanted = self.tables[number].at(seq);
            let keys: Vec<_> = self.keys.iter().filter(|((own, _), _)| *own == number).collect();
            for _ in 0..5 {
                let Some(((_, key), tree_key)) = keys.get(self.random.below(1 + keys.len() as u64) as usize)
                else {
                    continue;
                };
                let found = self.db().item_at(name, seq, tree_key).unwrap();
                assert_eq!(found.as_ref(), wanted.get(key), "{key} after {seq}");
            }
            if self.held.is_none() {
                let table = self.db().table_at(name, seq).unwrap();
                self.held = Some((number, seq, table));
            }
        }
    }

    fn reopen(&mut self) {
        self.held = None;
        let db = self.db.take().unwrap();
        if self.random.chance(50) {
            db.close();
        } else {
            self.platform.kill_tasks();
        }
        self.platform.detach_stores();
        self.store = SimulatedStore::with_image(self.count, self.store.image());
        self.platform.attach(&self.store);
        self.db = Some(Database::open(&self.platform, Rc::new(self.store.clone()), options()));
        self.db().assert_sound("opened again");
        self.pass();
    }
}

#[test]
fn histories_tell_what_a_list_remembers() {
    let operations = environment("DYNATAB_HISTORY_OPERATIONS", 3_000);
    let seed = environment("DYNATAB_SEED", 1);
    println!("seed {seed}");
    let platform = SimulatedPlatform::new(seed);
    let store = SimulatedStore::new(seed);
    platform.attach(&store);
    let db = Database::open(&platform, Rc::new(store.clone()), options());
    music(&db);
    db.ok(
        "CreateTable",
        json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
    );
    let specification = json!({"Enabled": true, "AttributeName": "expires"});
    db.ok("UpdateTimeToLive", json!({"TableName": "music", "TimeToLiveSpecification": specification}));
    // A stream that wants less of the old items than the history does.
    let stream = json!({"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"});
    db.ok("UpdateTable", json!({"TableName": "music", "StreamSpecification": stream}));
    let mut model = Model {
        random: Random::new(seed),
        platform,
        store,
        db: Some(db),
        tables: Default::default(),
        keys: BTreeMap::new(),
        held: None,
        count: 0,
        has_index: false,
        met: [0; 4],
    };
    model.pass();
    for step in 0..operations {
        model.platform.advance_millis(model.random.below(2 * MINUTE));
        match model.random.below(100) {
            0..60 => model.single(),
            60..75 => model.transaction(),
            75..90 => model.batch(),
            90..95 => model.pass(),
            95 => model.keep(),
            96 if step % 3 == 0 => model.change_indexes(),
            _ => {
                model.check_records();
                model.check_tables();
            }
        }
        if model.random.below(250) == 0 {
            model.reopen();
        }
    }
    model.check_records();
    model.check_tables();
    model.db().assert_sound("at the end");
    let stats = model.db().driver.inspect(|engine| engine.storage.stats());
    let [records, tables, trimmed, undone] = model.met;
    println!(
        "{records} readings, {tables} tables as they were, {trimmed} times too late, {undone} undone, {stats:?}"
    );
    assert!(stats.levels.len() > 1, "the script never merged anything");
    assert!(records > 20 && tables > 20 && trimmed > 0 && undone > 5, "{:?}", model.met);
}
