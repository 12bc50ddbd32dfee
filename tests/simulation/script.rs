//! A random script of operations and the plain model it is compared with.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::{ErrorKind, Operation};
use dynatab::driver::Ticket;
use dynatab::platform::Platform;
use dynatab::platform::simulated::{Random, SimulatedStore};
use serde_json::{Value, json};

use crate::history;
use crate::support::Database;

/// (table, key).
pub type Key = (usize, String);

/// Items by their keys.
pub type State = BTreeMap<Key, Rc<Value>>;

pub const TABLES: [&str; 3] = ["plain", "sorted", "indexed"];

/// A write that the engine has evaluated, and the sequence number it got.
struct Write {
    seq: u64,
    key: Key,
    item: Option<Rc<Value>>,
}

/// A change that a history tells of.
pub struct Told {
    /// Of the operation; each item of a batch has a number of its own.
    pub seq: u64,
    pub key: Key,
    pub old: Option<Rc<Value>>,
    pub new: Option<Rc<Value>>,
}

struct Pending {
    ticket: Ticket,
    /// Last sequence number of the operation; the answer vouches for all up to it.
    seq: u64,
}

pub struct Script {
    random: Random,
    /// Everything evaluated, in the order of sequence numbers.
    writes: Vec<Write>,
    /// All that was changed, in the same order.
    told: Vec<Told>,
    /// The newest state, as the next operation sees it.
    newest: State,
    /// The state that every crash so far has left at least: of so many writes.
    base: (usize, State),
    pending: Vec<Pending>,
    /// Everything up to here was acknowledged.
    acknowledged: u64,
    /// The newest sequence number.
    last: u64,
    operations: u64,
    /// Transactions with a token, and their sequence numbers.
    tokens: Vec<(u64, Value)>,
}

impl Script {
    pub fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed.wrapping_mul(0x9E37_79B9)),
            writes: Vec::new(),
            told: Vec::new(),
            newest: State::new(),
            base: (0, State::new()),
            pending: Vec::new(),
            acknowledged: 0,
            last: 0,
            operations: 0,
            tokens: Vec::new(),
        }
    }

    pub fn create_tables(&mut self, database: &Database) {
        let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
        let hash = |name: &str| json!({"AttributeName": name, "KeyType": "HASH"});
        let range = |name: &str| json!({"AttributeName": name, "KeyType": "RANGE"});
        database.ok(
            "CreateTable",
            json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk")], "KeySchema": [hash("pk")]}),
        );
        database.ok(
            "CreateTable",
            json!({"TableName": "sorted", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk"), attribute("sk")],
                "KeySchema": [hash("pk"), range("sk")]}),
        );
        database.ok(
            "CreateTable",
            json!({"TableName": "indexed", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [attribute("pk"), attribute("sk"), attribute("group"), attribute("rank")],
                "KeySchema": [hash("pk"), range("sk")],
                "LocalSecondaryIndexes": [{"IndexName": "by-rank", "KeySchema": [hash("pk"), range("rank")],
                    "Projection": {"ProjectionType": "KEYS_ONLY"}}],
                "GlobalSecondaryIndexes": [{"IndexName": "by-group", "KeySchema": [hash("group"), range("rank")],
                    "Projection": {"ProjectionType": "ALL"}}]}),
        );
        history::keep(database);
        self.last = latest(database);
        self.acknowledged = self.last;
    }

    /// How far the store goes before the next operation: sometimes not at all, sometimes until it is idle.
    pub fn should_step(&mut self, store: &SimulatedStore) -> bool {
        store.in_flight() > 4 || self.pending.len() > 12 || self.random.chance(70)
    }

    pub fn unanswered(&self) -> usize {
        self.pending.len()
    }

    fn random_key(&mut self) -> Key {
        let table = self.random.below(3) as usize;
        (table, format!("{}/{}", self.random.below(6), self.random.below(12)))
    }

    fn key_attributes(key: &Key) -> Value {
        let (pk, sk) = key.1.split_once('/').expect("a key has two parts");
        if key.0 == 0 { json!({"pk": {"S": key.1}}) } else { json!({"pk": {"S": pk}, "sk": {"S": sk}}) }
    }

    fn random_item(&mut self, key: &Key) -> Value {
        let mut item = Self::key_attributes(key);
        self.operations += 1;
        item["n"] = json!({"N": self.operations.to_string()});
        let long = match self.random.below(10) {
            0 => 5_000,
            1 | 2 => 700,
            _ => 40,
        };
        let length = self.random.below(long);
        item["text"] = json!({"S": self.random.text(length)});
        if self.random.chance(70) {
            item["group"] = json!({"S": format!("g{}", self.random.below(3))});
        }
        if self.random.chance(80) {
            item["rank"] = json!({"S": format!("r{}", self.random.below(5))});
        }
        item
    }

    /// Sends one random operation without waiting for its answer.
    pub fn send_one(&mut self, database: &Database) {
        let key = self.random_key();
        // A script takes some eight minutes: tokens live longer, segments of histories do not.
        database.platform.advance_millis(self.random.below(1_000));
        if self.random.chance(2) {
            self.turn(database);
        }
        match self.random.below(12) {
            10 | 11 => self.send_transaction(database),
            0..5 => {
                let item = self.random_item(&key);
                let ticket =
                    database.send(Operation::PutItem, &json!({"TableName": TABLES[key.0], "Item": item}));
                self.wrote(database, ticket, vec![(key, Some(item))]);
            }
            5 | 6 => {
                let ticket = database.send(
                    Operation::DeleteItem,
                    &json!({"TableName": TABLES[key.0], "Key": Self::key_attributes(&key)}),
                );
                self.wrote(database, ticket, vec![(key, None)]);
            }
            7 => self.send_update(database, key),
            _ => self.send_batch(database),
        }
    }

    /// Ends segments of histories and drops old ones, where it is time. Nobody waits for it.
    fn turn(&mut self, database: &Database) {
        let driver = Rc::clone(&database.driver);
        database.platform.spawn(Box::pin(async move {
            let _ = driver.delete_expired().await;
        }));
        database.platform.run_until_stalled();
        self.last = latest(database);
    }

    fn send_update(&mut self, database: &Database, key: Key) {
        let attributes = Self::key_attributes(&key);
        let ticket = database.send(
            Operation::UpdateItem,
            &json!({"TableName": TABLES[key.0], "Key": attributes,
                "UpdateExpression": "ADD n :one SET #r = :rank REMOVE #g",
                "ExpressionAttributeNames": {"#g": "group", "#r": "rank"},
                "ExpressionAttributeValues": {":one": {"N": "1"}, ":rank": {"S": "r9"}}}),
        );
        // What it makes of the item depends on the newest state, which may still be on its way from the store:
        // writes to one partition take effect in order, so the model can say.
        let mut item = self.newest.get(&key).map_or(attributes, |item| Value::clone(item));
        let n: u64 = item["n"]["N"].as_str().map_or(0, |n| n.parse().expect("a number"));
        item["n"] = json!({"N": (n + 1).to_string()});
        item["rank"] = json!({"S": "r9"});
        item.as_object_mut().expect("an item").remove("group");
        self.wrote(database, ticket, vec![(key, Some(item))]);
    }

    fn send_batch(&mut self, database: &Database) {
        let mut requests = serde_json::Map::new();
        let mut writes: BTreeMap<Key, Option<Value>> = BTreeMap::new();
        for _ in 0..=self.random.below(12) {
            let key = self.random_key();
            if writes.contains_key(&key) {
                continue;
            }
            let list = requests.entry(TABLES[key.0]).or_insert_with(|| json!([]));
            let list = list.as_array_mut().expect("a list");
            if self.random.chance(75) {
                let item = self.random_item(&key);
                list.push(json!({"PutRequest": {"Item": item}}));
                writes.insert(key, Some(item));
            } else {
                list.push(json!({"DeleteRequest": {"Key": Self::key_attributes(&key)}}));
                writes.insert(key, None);
            }
        }
        let ticket = database.send(Operation::BatchWriteItem, &json!({"RequestItems": requests}));
        self.wrote(database, ticket, writes.into_iter().collect());
    }

    fn send_transaction(&mut self, database: &Database) {
        let mut actions = Vec::new();
        let mut writes: BTreeMap<Key, Option<Value>> = BTreeMap::new();
        for _ in 0..=self.random.below(6) {
            let key = self.random_key();
            if writes.contains_key(&key) {
                continue;
            }
            let table = TABLES[key.0];
            if self.random.chance(75) {
                let item = self.random_item(&key);
                actions.push(json!({"Put": {"TableName": table, "Item": item}}));
                writes.insert(key, Some(item));
            } else {
                actions.push(json!({"Delete": {"TableName": table, "Key": Self::key_attributes(&key)}}));
                writes.insert(key, None);
            }
        }
        let mut input = json!({"TransactItems": actions});
        let changes = writes.iter().any(|(key, item)| item.is_some() || self.newest.contains_key(key));
        let mut records = u64::from(changes);
        if self.random.chance(50) {
            input["ClientRequestToken"] = json!(format!("token {}", self.tokens.len()));
            // The first token begins a tree for them.
            records = 1 + u64::from(self.tokens.is_empty());
        }
        let ticket = database.send(Operation::TransactWriteItems, &input);
        let last = self.wrote_records(database, ticket, writes.into_iter().collect(), records);
        if input.get("ClientRequestToken").is_some() {
            self.tokens.push((last, input));
        }
    }

    /// Notes what an operation writes, each item by itself.
    fn wrote(&mut self, database: &Database, ticket: Ticket, writes: Vec<(Key, Option<Value>)>) {
        // A delete of nothing writes nothing and gets no number.
        let records =
            writes.iter().filter(|(key, item)| item.is_some() || self.newest.contains_key(key)).count();
        self.wrote_records(database, ticket, writes, records as u64);
    }

    /// Notes what an operation writes in so many records. Blocks may have to be read before it is evaluated: the platform runs the
    /// store until it is, so that the order of sequence numbers is known.
    fn wrote_records(
        &mut self,
        database: &Database,
        ticket: Ticket,
        writes: Vec<(Key, Option<Value>)>,
        records: u64,
    ) -> u64 {
        let last = self.last + records;
        let mut turns = 0;
        while latest(database) < last {
            database.platform.run_until_stalled();
            let evaluated = latest(database) >= last;
            assert!(
                evaluated || database.platform.step_store(),
                "an operation writes nothing: {:?}",
                database.take(ticket)
            );
            turns += 1;
            assert!(turns < 10_000, "an operation is never evaluated");
        }
        assert_eq!(
            latest(database),
            last,
            "each write gets one number, a transaction one for all of its own"
        );
        self.last = last;
        // Within a batch the model does not know the order of tables; the state after all of them is what counts.
        for (key, item) in writes {
            let item = item.map(Rc::new);
            let old = self.newest.get(&key).cloned();
            if old != item {
                self.told.push(Told { seq: last, key: key.clone(), old, new: item.clone() });
            }
            set(&mut self.newest, &key, item.as_ref());
            self.writes.push(Write { seq: last, key, item });
        }
        self.pending.push(Pending { ticket, seq: last });
        last
    }

    /// Takes the answers that came.
    pub fn collect(&mut self, database: &Database) {
        let acknowledged = &mut self.acknowledged;
        self.pending.retain(|pending| match database.take(pending.ticket) {
            None => true,
            Some(Ok(_)) => {
                *acknowledged = (*acknowledged).max(pending.seq);
                false
            }
            Some(Err(error)) => {
                assert_eq!(error.kind, ErrorKind::StorageFailed, "{error}");
                panic!("nothing fails in this script: {error}");
            }
        });
    }

    /// The state after all writes up to `seq`, which is not before the last acknowledged one.
    fn state_at(&mut self, seq: u64) -> State {
        let (applied, base) = &mut self.base;
        while let Some(write) = self.writes.get(*applied).filter(|write| write.seq <= self.acknowledged) {
            set(base, &write.key, write.item.as_ref());
            *applied += 1;
        }
        let mut state = base.clone();
        for write in self.writes.iter().skip(*applied).take_while(|write| write.seq <= seq) {
            set(&mut state, &write.key, write.item.as_ref());
        }
        state
    }

    /// Compares a database with the script: it must hold the state after some operation that is not before the
    /// last acknowledged one.
    pub fn verify(&mut self, database: &Database) {
        let seq = latest(database);
        assert!(
            seq >= self.acknowledged,
            "acknowledged up to {}, recovered only up to {seq}",
            self.acknowledged
        );
        let want = self.state_at(seq);
        let mut got = State::new();
        for (number, name) in TABLES.iter().enumerate() {
            got.extend(scan(database, number, name, None));
        }
        assert_eq!(got, want, "the tables at {seq}");
        let indexed = || want.iter().filter(|((table, _), item)| *table == 2 && item.get("rank").is_some());
        let by_group: State = indexed()
            .filter(|(_, item)| item.get("group").is_some())
            .map(|(key, item)| (key.clone(), Rc::clone(item)))
            .collect();
        assert_eq!(scan(database, 2, "indexed", Some("by-group")), by_group, "the GSI at {seq}");
        let by_rank: State = indexed()
            .map(|(key, item)| {
                let entry = json!({"pk": item["pk"], "sk": item["sk"], "rank": item["rank"]});
                (key.clone(), Rc::new(entry))
            })
            .collect();
        assert_eq!(scan(database, 2, "indexed", Some("by-rank")), by_rank, "the LSI at {seq}");
        history::verify(&mut self.random, database, &self.told, seq);
        // Transactions that were carried out are known by their tokens: to repeat them changes nothing.
        for (_, input) in self.tokens.iter().rev().filter(|(at, _)| *at <= seq).take(3) {
            database.ok("TransactWriteItems", input.clone());
        }
        assert_eq!(latest(database), seq, "a repetition wrote");
    }

    pub fn report(&self, database: &Database) {
        let stats = database.driver.inspect(|engine| engine.storage.stats());
        println!("  {} writes, pieces per level {:?}", self.writes.len(), stats.levels);
    }
}

pub fn latest(database: &Database) -> u64 {
    database.driver.inspect(|engine| engine.storage.latest().0)
}

pub fn set(state: &mut State, key: &Key, item: Option<&Rc<Value>>) {
    match item {
        Some(item) => state.insert(key.clone(), Rc::clone(item)),
        None => state.remove(key),
    };
}

fn scan(database: &Database, number: usize, table: &str, index: Option<&str>) -> State {
    let mut items = State::new();
    let mut count = 0;
    let mut start = None;
    loop {
        let mut input = json!({"TableName": table, "ConsistentRead": index.is_none(), "Limit": 97});
        if let Some(index) = index {
            input["IndexName"] = json!(index);
        }
        if let Some(start) = start {
            input["ExclusiveStartKey"] = start;
        }
        let mut page = database.ok("Scan", input);
        for item in std::mem::take(page["Items"].as_array_mut().expect("items")) {
            let part = |name: &str| item[name]["S"].as_str().map(str::to_owned);
            let key = [part("pk"), part("sk")].into_iter().flatten().collect::<Vec<_>>().join("/");
            items.insert((number, key), Rc::new(item));
            count += 1;
        }
        match page.get("LastEvaluatedKey") {
            Some(key) => start = Some(key.clone()),
            None => break,
        }
    }
    assert_eq!(items.len(), count, "a key comes twice");
    items
}
