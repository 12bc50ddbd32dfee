//! Runs operations over a platform: the one layer that waits.
//!
//! [`Driver::call`] evaluates an operation at once against what is in memory. Most answers are ready when it
//! returns. The others wait for one of two things: blocks that must be read first (`fetch`), or the commit of
//! what the answer was evaluated on (`commit`): no answer to a write, refusals included, leaves before all it
//! saw is durable. Jobs (`jobs`) flush and merge in slices beside it. No borrow is held across an await, and
//! answers are handed out with nothing borrowed, so a callback may call again.

mod attend;
mod awaited;
mod backfill;
mod clients;
mod commit;
mod dump;
mod fence;
mod fetch;
mod history;
mod jobs;
mod load;
mod open;
mod reads;
pub mod repair;
mod signal;
mod upkeep;
pub mod verify;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::api::step::{Answer, Environment, Step};
use crate::api::task::Task;
use crate::api::{ApiError, ErrorKind, Operation};
use crate::collections::VecMap;
use crate::engine::Engine;
use crate::log::RequestId;
use crate::platform::{Batch, Durability, Platform, Store, StoreError};
use crate::storage::SeqNo;

pub use dump::Dump;
pub use history::{HistoryPage, ReadError, TableAt};
pub use load::{Load, LoadError};
pub use open::{OpenError, OpenOptions};

/// The client that calls, and its number for the call: each has a greater one than those before.
///
/// A call that comes again after another opening, under its ticket, is answered as it was, if it was carried out. Those of
/// client 0 are carried out again; the log tells nothing of them.
pub type Ticket = RequestId;

/// A response document, or the error.
pub type Response = Result<Vec<u8>, ApiError>;

/// Called with each answer that was not ready when [`Driver::call`] returned.
pub type Settle = Box<dyn Fn(Ticket, Response)>;

/// One open database.
pub struct Driver {
    state: RefCell<State>,
    store: Rc<dyn Store>,
    platform: Rc<dyn Platform>,
    settle: Settle,
    /// `None`: nothing is logged and every write is durable at once (a database in memory).
    durability: Cell<Option<Durability>>,
    /// Least time between two searches for expired items, in milliseconds.
    sweep_millis: u64,
}

#[expect(clippy::struct_excessive_bools, reason = "each says what one task is about; they are independent")]
struct State {
    engine: Engine,
    /// Answers that wait until their sequence number is durable.
    waiting: VecMap<(SeqNo, Ticket), Response>,
    fetch: fetch::Queue,
    reads: reads::Reads,
    epoch: u64,
    /// Number of the next log frame.
    next_frame: u64,
    /// The last commit was strict.
    kept: bool,
    committing: bool,
    /// The last group had one write: the application awaits each before the next.
    one_by_one: bool,
    job_running: bool,
    /// A job failed; the next one waits for a timer.
    job_resting: bool,
    /// Jobs that failed since the last one that did not.
    job_failures: u32,
    /// A dump is being loaded: no calls are taken.
    loading: bool,
    /// An index is being filled.
    backfill_running: bool,
    upkeep: upkeep::Schedule,
    /// Somebody waits for the application to pause.
    idle_watch: bool,
    /// It does: nothing was written for a while, or yet.
    pausing: bool,
    /// The last batch of the running job, to be committed in turn with the groups.
    job_batch: Option<commit::JobBatch>,
    /// What this owner takes over with, while the store has no space for it: it goes with the first commit, and no job
    /// begins before.
    opening: Option<open::Opening>,
    /// What earlier owners left over, until a commit has deleted it: the first one does.
    garbage: Batch,
    /// `close` was called: calls made before are answered, and only flushes are still begun.
    closing: bool,
    /// Why no more calls are taken.
    closed: Option<ApiError>,
    /// Because another owner has come.
    fenced: bool,
    awaited: awaited::Awaited,
    /// Woken whenever a commit, a job or a pending call has ended.
    progress: signal::Signal,
}

fn closed() -> ApiError {
    ApiError::new(ErrorKind::DatabaseClosed, "The database is closed")
}

/// How far a task came.
enum Progress {
    /// Its answer may leave.
    Answered(Response),
    /// It is evaluated; the answer waits for a commit.
    Evaluated,
    /// It reads blocks.
    Reading,
}

impl Driver {
    /// Evaluates an operation. `Some`: the answer. `None`: it comes through the settle callback under `ticket`.
    pub fn call(self: &Rc<Self>, operation: Operation, document: &[u8], ticket: Ticket) -> Option<Response> {
        let environment = self.environment(operation);
        let mut state = self.state.borrow_mut();
        if let Some(answer) = state.engine.answered(ticket) {
            return Some(Ok(answer));
        }
        if let Some(error) = &state.closed {
            return Some(Err(error.clone()));
        }
        if state.closing {
            return Some(Err(closed()));
        }
        if state.loading {
            let message = "A dump is being loaded into the database";
            return Some(Err(ApiError::new(ErrorKind::DatabaseClosed, message)));
        }
        let task = match state.engine.begin(operation, document, &environment) {
            Ok(task) => task,
            // A table may be unknown because its deletion is still to be committed.
            Err(error) => {
                let after = state.engine.tables_seq();
                return match state.hold(Answer { response: Err(error), after }, ticket) {
                    Progress::Answered(response) => Some(response),
                    Progress::Evaluated | Progress::Reading => None,
                };
            }
        };
        let ready = self.admit(&mut state, task, ticket);
        let has_writes = state.engine.has_writes();
        let upkeep = state.upkeep.is_late(state.engine.upkeep_at(), environment.now_millis);
        drop(state);
        if has_writes {
            self.schedule_commit();
        }
        if operation == Operation::UpdateTable {
            self.start_backfill();
        }
        if upkeep {
            self.watch_upkeep();
        }
        ready
    }

    /// True when no calls are taken any more.
    pub fn is_closed(&self) -> bool {
        self.state.borrow().closed.is_some()
    }

    /// Takes no more calls, waits for those that were made, then releases the store.
    ///
    /// Merges under way are given up, to be done after the next opening. What is not flushed yet is flushed when
    /// it is much, so that the next opening has little to replay.
    pub async fn close(self: &Rc<Self>) {
        self.state.borrow_mut().closing = true;
        self.settled().await;
        self.flush_tail().await;
        self.settled().await;
        self.state.borrow_mut().closed.get_or_insert_with(closed);
        self.store.close().await;
    }

    /// Resolves when nothing is under way.
    async fn settled(&self) {
        loop {
            let idle = {
                let state = self.state.borrow();
                state.closed.is_some()
                    || (state.waiting.is_empty()
                        && state.fetch.is_empty()
                        && !state.committing
                        && !state.job_running
                        && !state.engine.has_writes())
            };
            if idle {
                break;
            }
            let progress = self.state.borrow().progress.clone();
            progress.wait().await;
        }
    }

    /// Gives the engine to a caller that looks but does not change: statistics, tests.
    pub fn inspect<T>(&self, look: impl FnOnce(&mut Engine) -> T) -> T {
        look(&mut self.state.borrow_mut().engine)
    }

    fn environment(&self, operation: Operation) -> Environment {
        let mut random = [0; 16];
        if operation == Operation::CreateTable {
            self.platform.fill_random(&mut random);
        }
        Environment { now_millis: self.platform.now_millis(), random }
    }

    /// Starts a task, or queues it behind those that hold its partition keys.
    fn admit(self: &Rc<Self>, state: &mut State, task: Task, ticket: Ticket) -> Option<Response> {
        if state.fetch.must_wait(task.partitions()) {
            state.fetch.park(ticket, task);
            return None;
        }
        match self.advance(state, task, ticket) {
            Progress::Answered(response) => Some(response),
            Progress::Evaluated | Progress::Reading => None,
        }
    }

    /// Steps a task once; one that misses blocks goes on by itself.
    fn advance(self: &Rc<Self>, state: &mut State, mut task: Task, ticket: Ticket) -> Progress {
        match state.step(&mut task, ticket) {
            Step::Done(answer) => state.hold(answer, ticket),
            Step::Missing(blocks) => {
                state.fetch.hold(ticket, task.partitions());
                if let Some((task, blocks)) = state.fetch.start(ticket, task, blocks) {
                    self.platform.spawn(Box::pin(Rc::clone(self).fetch(ticket, task, blocks)));
                }
                Progress::Reading
            }
        }
    }

    fn deliver(&self, answers: Vec<(Ticket, Response)>) {
        for (ticket, response) in answers {
            (self.settle)(ticket, response);
        }
    }

    /// Commits that begin from now on are strict, also where the database was opened relaxed: somebody who came later wants
    /// it so. Nothing makes them relaxed again. What was committed before becomes as lasting with the next of them.
    pub fn require_strict(&self) {
        if self.durability.get().is_some() {
            self.durability.set(Some(Durability::Strict));
        }
    }

    /// True once another owner has come: what is in flight may be asked there.
    pub fn is_fenced(&self) -> bool {
        self.state.borrow().fenced
    }

    /// This owner cannot go on.
    fn lose(&self, error: &StoreError) {
        self.state.borrow_mut().fenced = *error == StoreError::Conflict;
        self.poison(fetch::storage_error(error));
    }

    /// No further calls; everything that waits is told why.
    fn poison(&self, error: ApiError) {
        let answers = {
            let mut state = self.state.borrow_mut();
            state.closed.get_or_insert_with(|| error.clone());
            let waiting = std::mem::take(&mut state.waiting).into_entries();
            let waiting = waiting.into_iter().map(|((_, ticket), _)| ticket);
            let parked = state.fetch.drain_parked();
            state.progress.wake();
            waiting.chain(parked).map(|ticket| (ticket, Err(error.clone()))).collect()
        };
        self.deliver(answers);
    }
}

impl State {
    /// Steps a task; the log learns whose request it was.
    #[inline(never)]
    fn step(&mut self, task: &mut Task, ticket: Ticket) -> Step {
        self.engine.begin_request();
        let step = self.engine.step(task);
        let answer = match &step {
            Step::Done(Answer { response: Ok(answer), .. }) => Some(answer.as_slice()),
            _ => None,
        };
        self.engine.end_request(ticket, answer);
        step
    }

    /// Lets an answer go, or keeps it until what it was evaluated on is durable.
    fn hold(&mut self, answer: Answer, ticket: Ticket) -> Progress {
        if answer.after <= self.engine.storage.durable() {
            return Progress::Answered(answer.response);
        }
        self.waiting.insert((answer.after, ticket), answer.response);
        Progress::Evaluated
    }
}
