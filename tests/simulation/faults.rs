//! Storage calls that fail, each of a script in turn and in every way: what was acknowledged is there, what was refused
//! is not, nothing is there by half, and everything fits together; reads go on, and writes once the store does again.
//!
//! `DYNATAB_FAULT_POINTS` sets how many failures to survive, `DYNATAB_SEED` where to begin.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::{ApiError, ErrorKind, Operation};
use dynatab::driver::Ticket;
use dynatab::platform::simulated::{Call, Fault, Random, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Platform, Store, StoreError};
use serde_json::{Value, json};

use crate::history;
use crate::support::Database;
use crate::support::cipher::sealed;
use crate::{environment, options};

const TABLES: [&str; 2] = ["plain", "indexed"];
const ROUNDS: u64 = 25;
/// Rounds after which a store that refused everything works again.
const REPAIRED: u64 = 4;
const NOON: u64 = 1_800_000_000_000;

/// (table, key).
type Key = (usize, String);
type State = BTreeMap<Key, Value>;
/// What an operation does, all of it or nothing.
type Effect = Vec<(Key, Option<Value>)>;

/// Operations that are sent together, each with the effects it has if it is carried out.
struct Sent {
    ticket: Ticket,
    effects: Vec<Effect>,
}

struct Run {
    random: Random,
    platform: SimulatedPlatform,
    store: SimulatedStore,
    db: Option<Database>,
    state: State,
    /// What may have happened or not: the owner stopped in the middle of it.
    doubtful: Vec<Effect>,
    count: u64,
    /// The latest the clock has been, in seconds.
    latest: u64,
    seed: u64,
    /// The failure has come.
    met: bool,
    what: String,
}

fn apply(state: &mut State, effect: &Effect) {
    for (key, item) in effect {
        match item {
            Some(item) => state.insert(key.clone(), item.clone()),
            None => state.remove(key),
        };
    }
}

fn attributes(key: &Key) -> Value {
    let (pk, sk) = key.1.split_once('/').expect("a key has two parts");
    if key.0 == 0 { json!({"pk": {"S": key.1}}) } else { json!({"pk": {"S": pk}, "sk": {"S": sk}}) }
}

impl Run {
    fn new(seed: u64, what: String) -> Self {
        let platform = SimulatedPlatform::new(seed);
        platform.set_now_millis(NOON);
        let store = SimulatedStore::new(seed);
        platform.attach(&store);
        let mut run = Self {
            random: Random::new(seed),
            platform,
            store,
            db: None,
            state: State::new(),
            doubtful: Vec::new(),
            count: 0,
            latest: NOON / 1000,
            seed,
            met: false,
            what,
        };
        run.open();
        run.create_tables();
        run
    }

    fn db(&self) -> &Database {
        self.db.as_ref().expect("it is open")
    }

    /// Opens what there is; a store that fails is mended by somebody, and opening tried again.
    fn open(&mut self) {
        let options = dynatab::driver::OpenOptions { sweep_millis: u64::MAX, ..options() };
        for _ in 0..3 {
            let below: Rc<dyn Store> = Rc::new(self.store.clone());
            // Every other seed's store is sealed.
            let layered = if self.seed.is_multiple_of(2) {
                let sealing = sealed(below, self.platform.clone());
                let layered = self.platform.block_on(sealing).expect("it comes to an end");
                layered.map(|store| Rc::new(store) as Rc<dyn Store>)
            } else {
                Ok(below)
            };
            let opened = match layered {
                Ok(store) => Database::try_open(&self.platform, store, options.clone()),
                Err(error) => Err(error.into()),
            };
            match opened {
                Ok(db) => {
                    self.db = Some(db);
                    return;
                }
                Err(error) => {
                    let faulty = matches!(error, dynatab::driver::OpenError::Storage(_));
                    assert!(faulty, "{}: {error}", self.what);
                    self.store.clear_faults();
                }
            }
        }
        panic!("{}: it cannot be opened", self.what);
    }

    fn create_tables(&mut self) {
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let hash = |name: &str| json!({"AttributeName": name, "KeyType": "HASH"});
        let range = |name: &str| json!({"AttributeName": name, "KeyType": "RANGE"});
        let db = self.db();
        db.ok(
            "CreateTable",
            json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk")], "KeySchema": [hash("pk")]}),
        );
        db.ok(
            "CreateTable",
            json!({"TableName": "indexed", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk"), attribute("sk"), attribute("group"), attribute("rank")],
                "KeySchema": [hash("pk"), range("sk")],
                "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
                "LocalSecondaryIndexes": [{"IndexName": "by-rank", "KeySchema": [hash("pk"), range("rank")],
                    "Projection": {"ProjectionType": "KEYS_ONLY"}}],
                "GlobalSecondaryIndexes": [{"IndexName": "by-group", "KeySchema": [hash("group"), range("rank")],
                    "Projection": {"ProjectionType": "ALL"}}]}),
        );
        db.ok(
            "UpdateTimeToLive",
            json!({"TableName": "indexed",
                "TimeToLiveSpecification": {"Enabled": true, "AttributeName": "expires"}}),
        );
        for table in TABLES {
            // Long enough for all of the script, and short enough for segments to end.
            db.keep(table, 12 * 60 * 60 * 1000, true).expect("it is kept");
        }
    }

    /// A key that no operation of this round touches.
    fn key(&mut self, taken: &mut Vec<Key>) -> Option<Key> {
        let key =
            (self.random.below(2) as usize, format!("{}/{}", self.random.below(4), self.random.below(10)));
        if taken.contains(&key) {
            return None;
        }
        taken.push(key.clone());
        Some(key)
    }

    fn item(&mut self, key: &Key) -> Value {
        self.count += 1;
        let mut item = attributes(key);
        item["n"] = json!({"N": self.count.to_string()});
        let length = if self.random.chance(8) { 6_000 } else { self.random.below(300) };
        item["text"] = json!({"S": self.random.text(length)});
        if self.random.chance(70) {
            item["group"] = json!({"S": format!("g{}", self.random.below(3))});
        }
        if self.random.chance(70) {
            item["rank"] = json!({"S": format!("r{}", self.random.below(5))});
        }
        if self.random.chance(30) {
            let seconds = self.platform.now_millis() / 1000 + self.random.below(3600);
            item["expires"] = json!({"N": seconds.to_string()});
        }
        item
    }

    /// Sends some operations on different keys at once.
    fn send(&mut self) -> Vec<Sent> {
        let mut taken = Vec::new();
        let mut sent = Vec::new();
        for _ in 0..=self.random.below(6) {
            let Some(key) = self.key(&mut taken) else { continue };
            let table = TABLES[key.0];
            let may_be_gone = self.state.get(&key).is_some_and(|item| self.has_expired(item));
            let (operation, input, effects) = match self.random.below(9) {
                0..9 if may_be_gone => self.put(key),
                0..3 => self.put(key),
                3 => {
                    let input = json!({"TableName": table, "Key": attributes(&key)});
                    (Operation::DeleteItem, input, vec![vec![(key, None)]])
                }
                4 => {
                    let mut item = self.state.get(&key).cloned().unwrap_or_else(|| attributes(&key));
                    self.count += 1;
                    item["mark"] = json!({"N": self.count.to_string()});
                    let input = json!({"TableName": table, "Key": attributes(&key),
                        "UpdateExpression": "SET mark = :m",
                        "ExpressionAttributeValues": {":m": {"N": self.count.to_string()}}});
                    (Operation::UpdateItem, input, vec![vec![(key, Some(item))]])
                }
                5 => self.batch(key, &mut taken),
                6 => self.statement(key),
                _ => self.transaction(key, &mut taken),
            };
            let ticket = self.db().send(operation, &input);
            sent.push(Sent { ticket, effects });
        }
        sent
    }

    /// Lets everything come to rest; who waits for a timer gets some turns, not endlessly many.
    fn settle(&self) {
        for _ in 0..3 {
            self.platform.run_until_stalled();
            while self.platform.step_store() {
                self.platform.run_until_stalled();
            }
            self.platform.end_naps();
        }
        self.platform.run_until_stalled();
    }

    fn call(&self, operation: Operation, input: &Value) -> Result<Value, ApiError> {
        let ticket = self.db().send(operation, input);
        self.settle();
        self.db().take(ticket).unwrap_or_else(|| panic!("{}: no answer", self.what))
    }

    fn put(&mut self, key: Key) -> (Operation, Value, Vec<Effect>) {
        let item = self.item(&key);
        let input = json!({"TableName": TABLES[key.0], "Item": item});
        (Operation::PutItem, input, vec![vec![(key, Some(item))]])
    }

    /// Such an item may be gone: after a failure, what has expired is looked for at once.
    fn has_expired(&self, item: &Value) -> bool {
        let expires = item.get("expires").and_then(|value| value["N"].as_str()?.parse::<u64>().ok());
        expires.is_some_and(|expires| expires < self.latest)
    }

    fn several(&mut self, first: Key, taken: &mut Vec<Key>) -> Vec<(Key, Option<Value>)> {
        let mut keys = vec![first];
        for _ in 0..self.random.below(4) {
            keys.extend(self.key(taken));
        }
        keys.into_iter()
            .map(|key| {
                let item = self.random.chance(75).then(|| self.item(&key));
                (key, item)
            })
            .collect()
    }

    fn batch(&mut self, first: Key, taken: &mut Vec<Key>) -> (Operation, Value, Vec<Effect>) {
        let writes = self.several(first, taken);
        let mut requests = serde_json::Map::new();
        for (key, item) in &writes {
            let request = match item {
                Some(item) => json!({"PutRequest": {"Item": item}}),
                None => json!({"DeleteRequest": {"Key": attributes(key)}}),
            };
            let list = requests.entry(TABLES[key.0]).or_insert_with(|| json!([]));
            list.as_array_mut().expect("a list").push(request);
        }
        let effects = writes.into_iter().map(|write| vec![write]).collect();
        (Operation::BatchWriteItem, json!({"RequestItems": requests}), effects)
    }

    fn transaction(&mut self, first: Key, taken: &mut Vec<Key>) -> (Operation, Value, Vec<Effect>) {
        let writes = self.several(first, taken);
        let action = |(key, item): &(Key, Option<Value>)| match item {
            Some(item) => json!({"Put": {"TableName": TABLES[key.0], "Item": item}}),
            None => json!({"Delete": {"TableName": TABLES[key.0], "Key": attributes(key)}}),
        };
        let mut input = json!({"TransactItems": writes.iter().map(action).collect::<Vec<_>>()});
        if self.random.chance(50) {
            self.count += 1;
            input["ClientRequestToken"] = json!(format!("token{}", self.count));
        }
        (Operation::TransactWriteItems, input, vec![writes])
    }

    fn statement(&mut self, key: Key) -> (Operation, Value, Vec<Effect>) {
        let table = TABLES[key.0];
        let (pk, sk) = key.1.split_once('/').expect("a key has two parts");
        let place =
            if key.0 == 0 { format!("pk = '{}'", key.1) } else { format!("pk = '{pk}' AND sk = '{sk}'") };
        let Some(item) = self.state.get(&key).cloned() else {
            let item = self.item(&key);
            let members = item.as_object().expect("an item");
            let parameters: Vec<&Value> = members.values().collect();
            let members: Vec<String> = members.keys().map(|name| format!("'{name}': ?")).collect();
            let input = json!({"Statement": format!("INSERT INTO {table} VALUE {{{}}}", members.join(", ")),
                "Parameters": parameters});
            return (Operation::ExecuteStatement, input, vec![vec![(key, Some(item))]]);
        };
        if self.random.chance(50) {
            let input = json!({"Statement": format!("DELETE FROM {table} WHERE {place}")});
            return (Operation::ExecuteStatement, input, vec![vec![(key, None)]]);
        }
        self.count += 1;
        let mut item = item;
        item["mark"] = json!({"N": self.count.to_string()});
        let input = json!({"Statement": format!("UPDATE {table} SET mark = {} WHERE {place}", self.count)});
        (Operation::ExecuteStatement, input, vec![vec![(key, Some(item))]])
    }

    /// Notes what became of the operations. True: the owner has stopped.
    fn collect(&mut self, sent: Vec<Sent>) -> bool {
        let mut stopped = false;
        for Sent { ticket, effects } in sent {
            match self.db().take(ticket) {
                None => panic!("{}: no answer", self.what),
                Some(Ok(_)) => effects.iter().for_each(|effect| apply(&mut self.state, effect)),
                Some(Err(error)) => {
                    self.expect_storage(&error);
                    if error.kind == ErrorKind::DatabaseClosed {
                        stopped = true;
                        self.doubtful.extend(effects);
                    }
                }
            }
        }
        stopped
    }

    fn expect_storage(&self, error: &ApiError) {
        let kinds = [ErrorKind::StorageFailed, ErrorKind::StorageFull, ErrorKind::DatabaseClosed];
        assert!(kinds.contains(&error.kind), "{}: {error}", self.what);
    }

    /// Everything in the tables; `None` when the store does not answer.
    fn read(&self) -> Option<State> {
        let mut state = State::new();
        for (number, table) in TABLES.iter().enumerate() {
            let mut start: Option<Value> = None;
            loop {
                let mut input = json!({"TableName": table, "ConsistentRead": true});
                if let Some(start) = &start {
                    input["ExclusiveStartKey"] = start.clone();
                }
                let mut page = match self.call(Operation::Scan, &input) {
                    Ok(page) => page,
                    Err(error) => {
                        self.expect_storage(&error);
                        return None;
                    }
                };
                for item in std::mem::take(page["Items"].as_array_mut().expect("items")) {
                    let part = |name: &str| item[name]["S"].as_str().map(str::to_owned);
                    let key = [part("pk"), part("sk")].into_iter().flatten().collect::<Vec<_>>().join("/");
                    state.insert((number, key), item);
                }
                start = page.get("LastEvaluatedKey").cloned();
                if start.is_none() {
                    break;
                }
            }
        }
        Some(state)
    }

    /// The tables hold what they must; of what is doubtful each is there as a whole or not at all.
    fn check(&mut self, when: &str) {
        let Some(found) = self.read() else { return };
        self.check_histories(&found, when);
        let agrees = |run: &Self, want: Option<&Value>, got: Option<&Value>| {
            got == want || (got.is_none() && want.is_some_and(|item| run.has_expired(item)))
        };
        for effect in std::mem::take(&mut self.doubtful) {
            let mut with = self.state.clone();
            apply(&mut with, &effect);
            let here =
                |state: &State| effect.iter().all(|(key, _)| agrees(self, state.get(key), found.get(key)));
            if here(&with) {
                self.state = with;
            } else {
                assert!(here(&self.state), "{} {when}: half of {effect:?}", self.what);
            }
        }
        for key in self.state.keys().chain(found.keys()) {
            let (want, got) = (self.state.get(key), found.get(key));
            assert!(
                agrees(self, want, got),
                "{} {when}: {key:?} is {got:?} and should be {want:?}",
                self.what
            );
        }
        self.state = found;
    }

    /// What histories tell makes the tables, and the tables as they were.
    fn check_histories(&mut self, found: &State, when: &str) {
        for (number, table) in TABLES.into_iter().enumerate() {
            let db = self.db.as_ref().expect("it is open");
            let history = history::of_table(db, table);
            let Ok((records, ..)) = db.records(history.id, history.first(), 40) else { continue };
            let changed = records.len() as u64;
            let at = self.random.below(changed + 1) as usize;
            let mut state: BTreeMap<String, Value> = BTreeMap::new();
            let mut then = (history.first_version().expect("versions are kept").0, state.clone());
            for (place, record) in records.iter().enumerate() {
                let key = history::key_text(&record.key);
                assert_eq!(state.get(&key), record.old.as_ref(), "{} {when}: {record:?}", self.what);
                match &record.new {
                    Some(item) => state.insert(key, item.clone()),
                    None => state.remove(&key),
                };
                let whole = record.part.0 == record.part.1;
                if place < at && whole {
                    then = (record.position.seq.0, state.clone());
                }
            }
            let now = found.iter().filter(|((own, _), _)| *own == number);
            let now: BTreeMap<String, Value> =
                now.map(|((_, key), item)| (key.clone(), item.clone())).collect();
            assert_eq!(state, now, "{} {when}: what the history makes of {table}", self.what);
            let Ok(table_at) = db.table_at(table, then.0) else { panic!("{} {when}: it is kept", self.what) };
            let Ok(was) = db.scan_at(table_at, 9) else { continue };
            let was: BTreeMap<String, Value> =
                was.into_values().map(|item| (history::key_text(&item), item)).collect();
            assert_eq!(was, then.1, "{} {when}: {table} after {}", self.what, then.0);
        }
    }

    /// Whether the failure of this run has come.
    fn failed(&mut self) -> bool {
        self.met |= self.store.failures() > 0;
        self.met
    }

    /// The owner is gone; another opens what is there, or what the power left.
    fn reopen(&mut self, crash: bool) {
        self.failed();
        self.platform.kill_tasks();
        self.platform.detach_stores();
        self.db = None;
        let image = if crash { self.store.crash(self.seed) } else { self.store.image() };
        self.store = SimulatedStore::with_image(self.seed, image);
        self.platform.attach(&self.store);
        self.open();
    }

    fn expire(&mut self) -> bool {
        let now = self.platform.now_millis() / 1000;
        let driver = Rc::clone(&self.db().driver);
        let deleted = self.platform.block_on(async move { driver.delete_expired().await }).expect("it ends");
        let of_indexed = self.state.iter().filter(|((table, _), item)| *table == 1 && self.has_expired(item));
        let due: Vec<Key> = of_indexed.map(|(key, _)| key.clone()).collect();
        match deleted {
            Ok(count) if count == due.len() as u64 => {
                for key in due {
                    self.state.remove(&key);
                }
                false
            }
            // A failure ended the search, or was the reason of one before; or the clock went back.
            Ok(count) => {
                assert!(self.failed() || now < self.latest, "{}: {count} of {due:?} expire", self.what);
                self.doubtful.extend(due.into_iter().map(|key| vec![(key, None)]));
                self.store.clear_faults();
                self.check("once some expired");
                false
            }
            Err(error) => {
                self.expect_storage(&error);
                self.doubtful.extend(due.into_iter().map(|key| vec![(key, None)]));
                if error.kind == ErrorKind::DatabaseClosed {
                    return true;
                }
                self.store.clear_faults();
                self.check("once some expired");
                false
            }
        }
    }

    fn round(&mut self, round: u64) {
        // Clocks jump, also back.
        let by = self.random.below(1_200_000);
        let now = self.platform.now_millis();
        self.platform.set_now_millis(if self.random.chance(10) { now - by } else { now + by });
        self.latest = self.latest.max(self.platform.now_millis() / 1000);
        let stopped = if self.random.chance(8) {
            self.expire()
        } else {
            let sent = self.send();
            self.settle();
            self.collect(sent)
        };
        if stopped || self.db().driver.is_closed() {
            let crash = self.random.chance(50);
            self.reopen(crash);
            self.check("after the owner stopped");
            self.db().assert_sound(&self.what);
        } else if self.random.chance(8) {
            // The power fails: every acknowledged write is on the disk.
            self.reopen(true);
            self.check("after a crash");
        } else if round.is_multiple_of(8) {
            self.check("in between");
        }
    }

    /// Runs the script with faults; gives how many (commits, reads, lists) it made.
    fn play(&mut self, forever: bool) {
        for round in 0..ROUNDS {
            self.round(round);
            if forever && round % (2 * REPAIRED) == REPAIRED {
                self.store.clear_faults();
            }
        }
        self.store.clear_faults();
        if self.db().driver.is_closed() {
            self.reopen(false);
        }
        // The store works again: so does the database.
        let item = json!({"pk": {"S": "last"}});
        match self.call(Operation::PutItem, &json!({"TableName": "plain", "Item": item})) {
            Ok(_) => apply(&mut self.state, &vec![((0, "last".into()), Some(item))]),
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::DatabaseClosed, "{}: {error}", self.what);
                self.reopen(false);
            }
        }
        self.check("at the end");
        self.db().assert_sound(&self.what);
        self.reopen(true);
        self.check("after a crash at the end");
        self.db().assert_sound(&self.what);
    }
}

/// The ways in which a call fails.
fn faults(call: Call) -> Vec<Fault> {
    let fault = |error, forever, applied| Fault { call, after: 0, error, forever, applied };
    let why = || "simulated".to_owned();
    if call != Call::Commit {
        return vec![
            fault(StoreError::Failed(why()), false, false),
            fault(StoreError::Failed(why()), true, false),
        ];
    }
    vec![
        fault(StoreError::Aborted(why()), false, false),
        fault(StoreError::Aborted(why()), true, false),
        fault(StoreError::Full(why()), false, false),
        fault(StoreError::Full(why()), true, false),
        fault(StoreError::Unknown(why()), false, false),
        fault(StoreError::Unknown(why()), false, true),
        fault(StoreError::Unknown(why()), true, false),
        fault(StoreError::Closed(why()), true, false),
    ]
}

#[test]
fn every_storage_call_may_fail_in_every_way() {
    let wanted = environment("DYNATAB_FAULT_POINTS", 1_500);
    let mut seed = environment("DYNATAB_SEED", 1);
    let first_seed = seed;
    let mut points = 0;
    while points < wanted {
        println!("seed {seed}");
        for call in [Call::Commit, Call::Read, Call::List] {
            for fault in faults(call) {
                // Until a script no longer makes so many calls.
                for after in 0.. {
                    let fault = Fault { after, ..fault.clone() };
                    let what = format!("seed {seed}, {fault:?}");
                    let mut run = Run::new(seed, what);
                    run.store.add_fault(fault.clone());
                    run.play(fault.forever);
                    if !run.met {
                        break;
                    }
                    points += 1;
                }
            }
        }
        seed += 1;
    }
    println!("{points} failures survived, seeds {first_seed}..{seed}");
}
