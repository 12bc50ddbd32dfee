//! A database in memory: requests as JSON or documents, and what must hold of its answers and of what it keeps.

use std::cell::{Cell, LazyCell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::{ApiError, ErrorKind, Operation};
use dynatab::driver::{Driver, OpenError, OpenOptions, Response, Ticket};
use dynatab::item::admit;
use dynatab::platform::memory::Image;
use dynatab::platform::simulated::SimulatedPlatform;
use dynatab::platform::{Durability, MemoryStore};
use dynatab::storage::StorageOptions;
use dynatab::wire::{error, request, response};
use serde_json::{Value, json};

use crate::items::{check_item, item_of_json};

/// The requests that make the tables every run begins with, one a line: the operation's name, then its body.
const TABLES: &str = include_str!("../seeds/tables.txt");

/// Pages of a scan that are read at most.
const PAGES: usize = 20;

pub struct Database {
    pub platform: SimulatedPlatform,
    pub driver: Rc<Driver>,
    store: MemoryStore,
    answers: Rc<RefCell<BTreeMap<Ticket, Response>>>,
    next: Cell<u64>,
}

/// Blocks and memory tables so small that a few items make many.
pub fn small() -> StorageOptions {
    StorageOptions {
        memory_table_bytes: 2 << 10,
        log_frames: 16,
        block_bytes: 256,
        bulk_block_bytes: 512,
        piece_bytes: 1 << 10,
        overflow_bytes: 200,
        level0_pieces: 2,
        level0_busy: 3,
        level1_bytes: 4 << 10,
        slice_bytes: 512,
        write_bytes: 4 << 10,
        ..StorageOptions::default()
    }
}

impl Database {
    pub fn open(image: Image) -> Result<Self, OpenError> {
        let platform = SimulatedPlatform::new(1);
        let store = MemoryStore::with_image(image);
        let answers: Rc<RefCell<BTreeMap<Ticket, Response>>> = Rc::default();
        let kept = Rc::clone(&answers);
        let settle = Box::new(move |ticket, response| {
            assert!(kept.borrow_mut().insert(ticket, response).is_none(), "answered twice");
        });
        let durability = Some(Durability::Relaxed);
        let options = OpenOptions { durability, storage: small(), ..OpenOptions::default() };
        let opening = Driver::open(Rc::new(store.clone()), Rc::new(platform.clone()), options, settle);
        let opened = platform.block_on(opening).expect("opening does not hang");
        if opened.is_err() {
            platform.kill_tasks();
        }
        Ok(Self { driver: opened?, platform, store, answers, next: Cell::new(1) })
    }

    /// A database with the tables of seeds/tables.txt.
    pub fn filled() -> Self {
        thread_local! {
            static IMAGE: LazyCell<Image> = const { LazyCell::new(|| {
                let db = Database::open(Image::default()).expect("a new database opens");
                for line in TABLES.lines() {
                    let (name, body) = line.split_once(' ').expect("an operation and a body");
                    let operation = Operation::from_name(name).expect("an operation");
                    if let Err(error) = db.json(operation, body.as_bytes()) {
                        panic!("{line}: {error}");
                    }
                }
                db.close()
            }) };
        }
        Self::open(IMAGE.with(|image| (**image).clone())).expect("a database that was closed opens")
    }

    /// Sends a document and waits for the answer.
    pub fn document(&self, operation: Operation, document: &[u8]) -> Response {
        let ticket = Ticket { client: 0, request: self.next.get() };
        self.next.set(ticket.request + 1);
        if let Some(answer) = self.driver.call(operation, document, ticket) {
            return answer;
        }
        // Nobody sleeps on the way to an answer; in idle time the log would be emptied.
        self.platform.run_until_stalled();
        let answered = self.answers.borrow_mut().remove(&ticket);
        answered.unwrap_or_else(|| {
            self.platform.run_until_idle();
            self.answers.borrow_mut().remove(&ticket).expect("an answer comes")
        })
    }

    /// Sends a request and gives the answer, which was checked.
    pub fn json(&self, operation: Operation, body: &[u8]) -> Result<Value, ApiError> {
        let answer =
            request::to_document(operation, body).and_then(|document| self.document(operation, &document));
        check_answer(&answer);
        answer.map(|document| written(&document))
    }

    /// What is in all tables and indexes.
    pub fn contents(&self) -> Vec<(String, Vec<Value>)> {
        self.platform.run_until_idle();
        let tables: Vec<_> = self.driver.inspect(|engine| {
            let now = engine.now_millis;
            let active = |table: &&Rc<_>| {
                let table: &Rc<dynatab::engine::Table> = table;
                table.schema.status_at(now) == "ACTIVE"
            };
            engine.tables().after(None).filter(active).cloned().collect()
        });
        let mut contents = Vec::new();
        for table in tables {
            let name = &table.schema.name;
            let Some(found) = self.scan(json!({"TableName": name})) else { continue };
            let stats = self.driver.inspect(|engine| engine.stats(table.tree));
            let items: Vec<_> = found
                .iter()
                .map(|item| {
                    let item = item_of_json(item.to_string().as_bytes(), admit::MAX_DEPTH);
                    item.expect("a stored item is admitted")
                })
                .collect();
            items.iter().for_each(|item| check_item(item.as_ref()));
            assert_eq!(stats.count, items.len() as i64, "items of {name} are counted");
            let bytes = items.iter().map(|item| i64::from(item.size())).sum::<i64>();
            assert_eq!(stats.bytes, bytes, "bytes of {name} are counted");
            for index in table.indexes.iter().filter(|index| index.backfilled.is_none()) {
                let Some(entries) = self.scan(json!({"TableName": name, "IndexName": index.name})) else {
                    continue;
                };
                let expected =
                    items.iter().filter(|item| index.entry(&table, item.as_ref()).is_some()).count();
                assert_eq!(entries.len(), expected, "{name}.{} has what the table has", index.name);
                contents.push((format!("{name}.{}", index.name), entries));
            }
            contents.push((name.clone(), found));
        }
        contents
    }

    /// All items; `None` when there are too many.
    fn scan(&self, mut request: Value) -> Option<Vec<Value>> {
        let mut items = Vec::new();
        for _ in 0..PAGES {
            let page = self.json(Operation::Scan, request.to_string().as_bytes());
            let mut page = page.expect("a table that is there is scanned");
            items.extend(page["Items"].as_array().expect("items").iter().cloned());
            let Some(last) = page.get_mut("LastEvaluatedKey") else { return Some(items) };
            request["ExclusiveStartKey"] = last.take();
        }
        None
    }

    /// The whole dump.
    pub fn dump(&self) -> Vec<u8> {
        let driver = Rc::clone(&self.driver);
        let dumping = async move {
            let mut dump = driver.dump().await.expect("a dump begins");
            let mut bytes = Vec::new();
            while let Some(part) = dump.next().await.expect("what is dumped is sound") {
                bytes.extend(part);
            }
            bytes
        };
        self.platform.block_on(dumping).expect("a dump does not hang")
    }

    /// What the store holds now: a crash leaves that.
    pub fn image(&self) -> Image {
        self.store.image()
    }

    /// Closes it and gives what the store holds.
    pub fn close(self) -> Image {
        let driver = Rc::clone(&self.driver);
        self.platform.block_on(async move { driver.close().await }).expect("closing does not hang");
        self.store.image()
    }
}

impl Drop for Database {
    /// Tasks hold the driver, which holds the platform that holds them.
    fn drop(&mut self) {
        self.platform.kill_tasks();
    }
}

fn written(document: &[u8]) -> Value {
    let mut out = Vec::new();
    response::to_json(document, &mut out).expect("an answer is written as JSON");
    serde_json::from_slice(&out).expect("an answer is good JSON")
}

fn check_answer(answer: &Response) {
    let Err(failure) = answer else { return };
    let ours = matches!(
        failure.kind,
        ErrorKind::InternalServerError
            | ErrorKind::StorageFull
            | ErrorKind::StorageFailed
            | ErrorKind::DatabaseClosed
    );
    assert!(!ours, "a request in memory fails for its own faults alone: {failure}");
    serde_json::from_slice::<Value>(&error::to_json(failure)).expect("an error is good JSON");
}
