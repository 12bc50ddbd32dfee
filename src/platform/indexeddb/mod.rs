//! The store over IndexedDB: one database of three object stores with integer keys, at one schema version for ever.
//!
//! A commit is one `readwrite` transaction, its requests issued in the same turn as the call and ended by an explicit
//! `commit()`. Commits run one after the other, in the order they were made, and reads of blocks beside those of the log.
//!
//! What the values mean is not known here. Who may write is not either: the owner's lock lives beside the store, and
//! a foreign writer shows as [`StoreError::Conflict`].

mod destroy;
mod open;
mod patrol;
mod transaction;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::js::{self, Database};
use super::oneshot::{self, Sender};
use super::store::{Listed, Usage};
use super::{Batch, Durability, LocalFuture, Space, Store, StoreError, Write};
pub use destroy::destroy;
use open::Connection;
use patrol::Patrol;
use transaction::{Answered, Begun, Watcher};

/// Bytes of values in one commit. IndexedDB names no limit; this keeps one transaction a matter of milliseconds.
const MAX_ATOMIC_BYTES: usize = 16 << 20;

/// What happened to the connection, told to the owner as it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreEvent {
    /// The connection is of no use any more: the browser closed it, or fails at what goes through it, or does not answer.
    /// The next call opens it again.
    Lost,
    /// It was opened again.
    Reopened,
    /// It could not be opened again; this store is closed.
    Gone,
    /// The database is not there any more: the browser deleted what the site had stored. This store is closed.
    Evicted,
    /// Another context deletes the database; this store has closed itself so as not to block it.
    VersionChange,
}

/// Is told of events of the connection.
pub type StoreEvents = Rc<dyn Fn(StoreEvent)>;

/// A store over IndexedDB. Dropping it closes the connection.
pub struct IndexedDbStore {
    inner: Rc<Inner>,
}

enum State {
    Open,
    /// The connection is gone; the next call opens it again.
    Lost,
    /// Being opened again; these wait for it.
    Opening(Vec<Sender<()>>),
    Closed(String),
}

struct Inner {
    /// Name of the database in IndexedDB.
    name: String,
    state: RefCell<State>,
    connection: RefCell<Connection>,
    events: StoreEvents,
    arguments: Arguments,
    /// Commits begun and not ended.
    in_flight: Cell<usize>,
    /// Watchers that no commit uses now.
    watchers: RefCell<Vec<Rc<Watcher>>>,
    /// Closers that wait until none is in flight.
    idle: RefCell<Vec<Sender<()>>>,
    patrol: Patrol,
}

/// JavaScript values that every transaction needs, made once.
struct Arguments {
    /// Lists of object store names, by the bits of the spaces; a lone one is just its name.
    scopes: [JsValue; 8],
    read: JsValue,
    write: JsValue,
    relaxed: JsValue,
    strict: JsValue,
    complete: JsValue,
    error: JsValue,
    success: JsValue,
    /// Whose ways are its own in what is fast, and in what is safe.
    is_chromium: bool,
}

/// The object store of a space.
fn store_name(space: Space) -> &'static str {
    match space {
        Space::Log => "log",
        Space::Block => "blocks",
        Space::Meta => "meta",
    }
}

const SPACES: [Space; 3] = [Space::Log, Space::Block, Space::Meta];

/// A set of spaces as bits.
fn bit(space: Space) -> usize {
    1 << (space as usize)
}

impl Arguments {
    fn new() -> Self {
        let scope = |bits: usize| -> JsValue {
            let chosen = SPACES.into_iter().filter(|space| bits & bit(*space) != 0);
            let names: Vec<JsValue> = chosen.map(|space| JsValue::from_str(store_name(space))).collect();
            match names.as_slice() {
                [name] => name.clone(),
                _ => names.into_iter().collect::<Array>().into(),
            }
        };
        let durability = |name: &str| js::object("durability", &JsValue::from_str(name));
        Self {
            scopes: std::array::from_fn(scope),
            read: JsValue::from_str("readonly"),
            write: JsValue::from_str("readwrite"),
            relaxed: durability("relaxed"),
            strict: durability("strict"),
            complete: JsValue::from_str("complete"),
            error: JsValue::from_str("error"),
            success: JsValue::from_str("success"),
            // The others do not tell of themselves in this way.
            is_chromium: js::global("navigator")
                .and_then(|navigator| js::property(&navigator, "userAgentData"))
                .is_some(),
        }
    }

    /// The name of one object store.
    fn store(&self, space: Space) -> &JsValue {
        let [_, log, block, _, meta, ..] = &self.scopes;
        match space {
            Space::Log => log,
            Space::Block => block,
            Space::Meta => meta,
        }
    }
}

/// Whether this runtime has IndexedDB.
pub fn available() -> bool {
    open::factory().is_ok()
}

impl IndexedDbStore {
    /// Opens the database `name`, creating it when absent.
    pub async fn open(name: &str, events: StoreEvents) -> Result<Self, StoreError> {
        let name = open::full_name(name);
        let database = open::open_or_create(&name).await?;
        let inner = Rc::new_cyclic(|inner| Inner {
            name,
            state: RefCell::new(State::Open),
            connection: RefCell::new(Connection::new(database, inner)),
            events,
            arguments: Arguments::new(),
            in_flight: Cell::new(0),
            watchers: RefCell::default(),
            idle: RefCell::default(),
            patrol: Patrol::default(),
        });
        Ok(Self { inner })
    }
}

impl Inner {
    /// The connection, when it is open now.
    fn database(&self) -> Option<Database> {
        match *self.state.borrow() {
            State::Open => Some(self.connection.borrow().database.clone()),
            _ => None,
        }
    }

    /// The connection; one that was lost is opened again, once for all that wait.
    async fn reconnected(self: &Rc<Self>) -> Result<Database, StoreError> {
        loop {
            if let Some(database) = self.database() {
                return Ok(database);
            }
            let turn = match &mut *self.state.borrow_mut() {
                State::Closed(why) => return Err(StoreError::Closed(why.clone())),
                State::Opening(waiting) => {
                    let (sender, receiver) = oneshot::channel();
                    waiting.push(sender);
                    Some(receiver)
                }
                state => {
                    *state = State::Opening(Vec::new());
                    None
                }
            };
            match turn {
                Some(turn) => {
                    turn.await;
                }
                None => self.reopen().await,
            }
        }
    }

    /// Opens the connection again. A database that has gone meanwhile is not created anew: it would be an empty one
    /// under an engine that remembers a full one.
    async fn reopen(self: &Rc<Self>) {
        let opened = open::open_existing(&self.name).await;
        let (before, event) = {
            let mut state = self.state.borrow_mut();
            match (&*state, opened) {
                (State::Closed(_), Ok(Some(database))) => {
                    database.close();
                    return;
                }
                (State::Closed(_), _) => return,
                (_, Ok(Some(database))) => {
                    self.connection.replace(Connection::new(database, &Rc::downgrade(self)));
                    (std::mem::replace(&mut *state, State::Open), StoreEvent::Reopened)
                }
                (_, Ok(None)) => {
                    let why = "the browser deleted what this site had stored".to_owned();
                    (std::mem::replace(&mut *state, State::Closed(why)), StoreEvent::Evicted)
                }
                (_, Err(error)) => {
                    (std::mem::replace(&mut *state, State::Closed(error.to_string())), StoreEvent::Gone)
                }
            }
        };
        // Whoever is told of it before the calls that wait can ask these elsewhere.
        (self.events)(event);
        wake(before);
    }

    /// Notes that the connection is gone.
    fn lose(&self) {
        let was_open = {
            let mut state = self.state.borrow_mut();
            let was_open = matches!(*state, State::Open);
            if was_open {
                *state = State::Lost;
            }
            was_open
        };
        if was_open {
            // Should anything of it still be alive, that ends before the next connection's turn.
            self.connection.borrow().database.close();
            (self.events)(StoreEvent::Lost);
        }
    }

    /// Closes for good. Transactions that were begun still end.
    fn close(&self, why: &str) {
        let before = {
            let mut state = self.state.borrow_mut();
            if matches!(*state, State::Closed(_)) {
                return;
            }
            std::mem::replace(&mut *state, State::Closed(why.to_owned()))
        };
        self.connection.borrow().database.close();
        wake(before);
    }

    /// Why a call cannot be served after a second failure in a row.
    fn closed(&self, why: String) -> StoreError {
        self.close(&why);
        (self.events)(StoreEvent::Gone);
        StoreError::Closed(why)
    }

    /// One commit is over.
    fn ended(&self) {
        self.in_flight.set(self.in_flight.get().saturating_sub(1));
        if self.in_flight.get() == 0 {
            let idle = self.idle.take();
            for sender in idle {
                sender.send(());
            }
        }
    }
}

/// Wakes those that waited for a connection being opened.
fn wake(before: State) {
    if let State::Opening(waiting) = before {
        for sender in waiting {
            sender.send(());
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.connection.get_mut().database.close();
    }
}

/// What begins a transaction; it may have to be begun again.
type Begin = Rc<dyn Fn(&Rc<Inner>, &Database) -> Begun>;

/// What a transaction that was begun ends with. Where that is not known, the browser has lost what is behind the connection,
/// whether it says so or not: WebKit's go on to refuse everything.
async fn outcome(inner: Rc<Inner>, watched: patrol::Watched) -> Result<Answered, StoreError> {
    let ended = watched.await;
    if matches!(ended, Err(StoreError::Unknown(_))) {
        inner.lose();
    }
    ended
}

/// Runs `begin` on the connection at once; when the connection turns out to be lost, again on a fresh one.
fn with_connection(inner: &Rc<Inner>, begin: Begin) -> LocalFuture<Result<Answered, StoreError>> {
    if let Some(database) = inner.database() {
        match begin(inner, &database) {
            Begun::Running(receiver) => {
                return Box::pin(outcome(Rc::clone(inner), Patrol::watch(inner, receiver)));
            }
            Begun::Failed(error) => return Box::pin(std::future::ready(Err(error))),
            Begun::Lost => inner.lose(),
        }
    }
    let inner = Rc::clone(inner);
    Box::pin(async move {
        let database = inner.reconnected().await?;
        match begin(&inner, &database) {
            Begun::Running(receiver) => {
                let watched = Patrol::watch(&inner, receiver);
                outcome(inner, watched).await
            }
            Begun::Failed(error) => Err(error),
            Begun::Lost => Err(inner.closed("the connection was lost twice in a row".to_owned())),
        }
    })
}

/// Like [`with_connection`] for what only reads: cut off half-way, it is done again, once.
fn reading(inner: &Rc<Inner>, begin: Begin) -> LocalFuture<Result<Answered, StoreError>> {
    let first = with_connection(inner, Rc::clone(&begin));
    let inner = Rc::clone(inner);
    Box::pin(async move {
        match first.await {
            Err(StoreError::Unknown(_)) => match with_connection(&inner, begin).await {
                Err(StoreError::Unknown(why)) => Err(StoreError::Aborted(why)),
                result => result,
            },
            result => result,
        }
    })
}

/// A commit of which nobody knows whether it was made, on the next connection: what it adds is there, or it is made again. What
/// adds nothing may be made twice.
async fn once_more(inner: &Rc<Inner>, batch: &Rc<[Write]>, begin: Begin) -> Result<Answered, StoreError> {
    let added = batch.iter().find_map(|write| match write {
        Write::Add(space, id, value) => Some((*space, *id, value)),
        _ => None,
    });
    if let Some((space, id, value)) = added {
        let ask = move |inner: &_, database: &_| transaction::read(inner, database, space, &[id]);
        let answered = reading(inner, Rc::new(ask)).await?;
        match transaction::values(&[id], &answered, usize::MAX)?.pop().flatten() {
            Some(found) if found == *value => return Ok(Answered::new()),
            // It may have been there, before another owner came and trimmed the log.
            Some(_) => return Err(StoreError::Conflict),
            None => {}
        }
    }
    with_connection(inner, begin).await
}

/// Bytes of the whole origin: IndexedDB tells of no single database.
fn usage() -> LocalFuture<Result<Usage, StoreError>> {
    let asked = (|| -> Option<JsFuture> {
        let storage = js::property(&js::global("navigator")?, "storage")?;
        let estimate: js_sys::Function = js::property(&storage, "estimate")?.dyn_into().ok()?;
        Some(JsFuture::from(estimate.call0(&storage).ok()?.dyn_into::<Promise>().ok()?))
    })();
    Box::pin(async {
        let estimate = match asked {
            Some(asked) => asked.await.unwrap_or_default(),
            None => JsValue::UNDEFINED,
        };
        let number =
            |name| js::property(&estimate, name).and_then(|value| value.as_f64()).map(|bytes| bytes as u64);
        Ok(Usage { used: number("usage").unwrap_or_default(), quota: number("quota") })
    })
}

impl Store for IndexedDbStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        if ids.is_empty() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let ids: Rc<[u64]> = ids.into();
        let asked = Rc::clone(&ids);
        let begin = move |inner: &_, database: &_| transaction::read(inner, database, space, &asked);
        let answered = reading(&self.inner, Rc::new(begin));
        let listed = transaction::least_listed(self.inner.arguments.is_chromium);
        Box::pin(async move { transaction::values(&ids, &answered.await?, listed) })
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Listed, StoreError>> {
        // To IndexedDB a limit of 0 means none, and an empty range is an error.
        if limit == 0 || transaction::range(from, to).is_none() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let begin =
            move |inner: &_, database: &_| transaction::list(inner, database, space, (from, to), limit);
        let answered = reading(&self.inner, Rc::new(begin));
        Box::pin(async { transaction::listed(&answered.await?) })
    }

    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        if batch.is_empty() && durability == Durability::Relaxed {
            return Box::pin(std::future::ready(Ok(())));
        }
        let batch: Rc<[Write]> = batch.into();
        let writes = Rc::clone(&batch);
        let begin: Begin =
            Rc::new(move |inner: &_, database: &_| transaction::commit(inner, database, &writes, durability));
        let committed = with_connection(&self.inner, Rc::clone(&begin));
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let mut ended = committed.await;
            if matches!(ended, Err(StoreError::Unknown(_))) {
                ended = once_more(&inner, &batch, begin).await;
            }
            match ended {
                Err(StoreError::Full(mut why)) => {
                    // They are read from these words again: see `StorageFullException`.
                    if let Ok(Usage { used, quota: Some(quota) }) = usage().await {
                        why = format!("{why}; {used} of {quota} bytes are used");
                    }
                    Err(StoreError::Full(why))
                }
                ended => ended.map(|_| ()),
            }
        })
    }

    fn max_atomic_bytes(&self) -> usize {
        MAX_ATOMIC_BYTES
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        usage()
    }

    fn close(&self) -> LocalFuture<()> {
        self.inner.close("it was closed");
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            while inner.in_flight.get() > 0 {
                let (sender, receiver) = oneshot::channel();
                inner.idle.borrow_mut().push(sender);
                receiver.await;
            }
        })
    }
}
