//! A database for native tests: requests and answers as DynamoDB's JSON, over the simulated platform.
#![allow(dead_code, missing_docs, reason = "each suite uses its part")]

pub mod cipher;
pub mod histories;
pub mod late;
pub mod watched;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::{ApiError, Operation};
use dynatab::driver::{Driver, LoadError, OpenError, OpenOptions, Response, Ticket};
use dynatab::engine::Progress;
use dynatab::platform::simulated::SimulatedPlatform;
use dynatab::platform::{Platform, Store};
use dynatab::storage::StorageOptions;
use dynatab::wire::{request, response};
use serde_json::Value;

/// Sizes at which a few hundred items make several pieces, levels and chunks.
pub fn small() -> StorageOptions {
    StorageOptions {
        memory_table_bytes: 6 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 2 << 10,
        piece_bytes: 8 << 10,
        overflow_bytes: 2 << 10,
        level1_bytes: 16 << 10,
        slice_bytes: 4 << 10,
        ..StorageOptions::default()
    }
}

pub struct Database {
    pub platform: SimulatedPlatform,
    pub driver: Rc<Driver>,
    answers: Rc<RefCell<BTreeMap<Ticket, Response>>>,
    /// The client that sends, and its last request.
    sender: Cell<Ticket>,
}

type OpeningOutcome = Result<Rc<Driver>, OpenError>;

/// A database that is being opened, while others do something too.
pub struct Opening {
    platform: SimulatedPlatform,
    outcome: Rc<RefCell<Option<OpeningOutcome>>>,
    answers: Rc<RefCell<BTreeMap<Ticket, Response>>>,
}

impl Opening {
    pub fn begin(platform: &SimulatedPlatform, store: Rc<dyn Store>, options: OpenOptions) -> Self {
        let answers: Rc<RefCell<BTreeMap<Ticket, Response>>> = Rc::default();
        let kept = Rc::clone(&answers);
        let settle = Box::new(move |ticket, response| {
            assert!(kept.borrow_mut().insert(ticket, response).is_none(), "answered twice");
        });
        let opening = Driver::open(store, Rc::new(platform.clone()), options, settle);
        let outcome = Rc::new(RefCell::new(None));
        let to = Rc::clone(&outcome);
        platform.spawn(Box::pin(async move {
            let opened = opening.await;
            to.replace(Some(opened));
        }));
        Self { platform: platform.clone(), outcome, answers }
    }

    /// The database, or why there is none; `None` as long as that is not known.
    pub fn ended(&self) -> Option<Result<Database, OpenError>> {
        let opened = self.outcome.borrow_mut().take()?;
        Some(opened.map(|driver| Database {
            platform: self.platform.clone(),
            driver,
            answers: Rc::clone(&self.answers),
            sender: Cell::default(),
        }))
    }
}

impl Database {
    pub fn open(platform: &SimulatedPlatform, store: Rc<dyn Store>, options: OpenOptions) -> Self {
        Self::try_open(platform, store, options).expect("the database opens")
    }

    pub fn try_open(
        platform: &SimulatedPlatform,
        store: Rc<dyn Store>,
        options: OpenOptions,
    ) -> Result<Self, OpenError> {
        let opening = Opening::begin(platform, store, options);
        while opening.outcome.borrow().is_none() {
            platform.run_until_stalled();
            let goes_on = opening.outcome.borrow().is_some() || platform.step_store() || platform.end_naps();
            assert!(goes_on, "opening does not hang");
        }
        opening.ended().expect("it has ended")
    }

    /// A database that keeps nothing.
    pub fn in_memory() -> Self {
        let platform = SimulatedPlatform::new(1);
        let store = Rc::new(dynatab::platform::MemoryStore::new());
        Self::open(&platform, store, OpenOptions { durability: None, ..OpenOptions::default() })
    }

    /// Requests that come next are of the client of `ticket`, and have greater numbers.
    pub fn go_on_after(&self, ticket: Ticket) {
        self.sender.set(ticket);
    }

    /// Sends a request; the answer may come later.
    pub fn send(&self, operation: Operation, input: &Value) -> Ticket {
        let last = self.sender.get();
        let ticket = Ticket { request: last.request + 1, ..last };
        self.sender.set(ticket);
        self.send_as(ticket, operation, input);
        ticket
    }

    /// Sends a request under a ticket.
    pub fn send_as(&self, ticket: Ticket, operation: Operation, input: &Value) {
        let answer = match request::to_document(operation, input.to_string().as_bytes()) {
            Err(error) => Some(Err(error)),
            Ok(document) => self.driver.call(operation, &document, ticket),
        };
        if let Some(answer) = answer {
            self.answers.borrow_mut().insert(ticket, answer);
        }
    }

    /// The answer, if it came.
    pub fn take(&self, ticket: Ticket) -> Option<Result<Value, ApiError>> {
        let answer = self.answers.borrow_mut().remove(&ticket)?;
        Some(answer.map(|document| {
            let mut out = Vec::new();
            response::to_json(&document, &mut out).expect("the answer can be written");
            serde_json::from_slice(&out).expect("the answer is JSON")
        }))
    }

    /// All answers that came.
    pub fn take_all(&self) -> Vec<(Ticket, Result<Value, ApiError>)> {
        let tickets: Vec<Ticket> = self.answers.borrow().keys().copied().collect();
        tickets.into_iter().filter_map(|ticket| Some((ticket, self.take(ticket)?))).collect()
    }

    /// Sends a request and waits.
    pub fn call(&self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let operation = Operation::from_name(operation).expect("a known operation");
        let ticket = self.send(operation, &input);
        if let Some(answer) = self.take(ticket) {
            return answer;
        }
        self.platform.run_until_idle();
        self.take(ticket).expect("an answer comes")
    }

    /// [`Database::call`] that must succeed.
    pub fn ok(&self, operation: &str, input: Value) -> Value {
        match self.call(operation, input.clone()) {
            Ok(output) => output,
            Err(error) => panic!("{operation} {input}: {error}"),
        }
    }

    /// [`Database::call`] that must fail; gives `Name: message`.
    pub fn error(&self, operation: &str, input: Value) -> String {
        match self.call(operation, input.clone()) {
            Ok(output) => panic!("{operation} {input} succeeded: {output}"),
            Err(error) => error.to_string(),
        }
    }

    /// The whole dump of the database.
    pub fn dump(&self) -> Result<Vec<u8>, ApiError> {
        let driver = Rc::clone(&self.driver);
        let dumped = self.platform.block_on(async move {
            let mut dump = driver.dump().await?;
            let mut bytes = Vec::new();
            while let Some(part) = dump.next().await? {
                bytes.extend(part);
            }
            Ok(bytes)
        });
        dumped.expect("a dump does not hang")
    }

    /// Loads a dump that comes in parts of `size` bytes.
    pub fn load(&self, dump: &[u8], size: usize) -> Result<Progress, LoadError> {
        let (driver, dump) = (Rc::clone(&self.driver), dump.to_vec());
        let loaded = self.platform.block_on(async move {
            let mut load = driver.load().await?;
            for part in dump.chunks(size) {
                load.feed(part).await?;
            }
            load.finish().await
        });
        loaded.expect("a load does not hang")
    }

    /// Nothing in the store is damaged, and everything fits together.
    pub fn assert_sound(&self, when: &str) {
        let verification = dynatab::driver::verify::verify(Rc::clone(&self.driver));
        let report = self.platform.block_on(verification).expect("it ends").expect("it can be verified");
        assert!(report.problems.is_empty(), "{when}: {:#?}", report.problems);
    }

    pub fn close(self) {
        let driver = Rc::clone(&self.driver);
        self.platform.block_on(async move { driver.close().await }).expect("closing does not hang");
    }
}
