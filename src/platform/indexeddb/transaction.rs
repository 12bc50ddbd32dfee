//! One transaction each: a commit, a read of several ids, a listing.
//!
//! All requests of a transaction are issued in one turn, and nothing is awaited but its last event.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, IdbKeyRange, IdbObjectStore, IdbRequest};

use super::{Inner, SPACES, bit};
use crate::platform::js::{self, Database, Ended, Transaction};
use crate::platform::oneshot::{self, Receiver, Sender};
use crate::platform::store::Listed;
use crate::platform::{Durability, Space, StoreError, Write};

/// Requests that have succeeded.
pub(super) type Answered = Vec<IdbRequest>;

/// What became of the attempt to begin a transaction.
pub(super) enum Begun {
    /// It runs; this is its end, with the requests of one that reads.
    Running(Receiver<Result<Answered, StoreError>>),
    /// Nothing was begun: the connection is lost.
    Lost,
    /// It was begun in vain, and undone.
    Failed(StoreError),
}

/// Ids of JavaScript are doubles; ours stay far below 2^53.
fn key(id: u64) -> JsValue {
    JsValue::from_f64(id as f64)
}

/// The keys in `from..to`; `None` when there are none.
pub(super) fn range(from: u64, to: u64) -> Option<IdbKeyRange> {
    IdbKeyRange::bound_with_lower_open_and_upper_open(&key(from), &key(to), false, true).ok()
}

/// The cause of a refused call or an aborted transaction, in the store's words.
fn cause(error: &JsValue) -> StoreError {
    match js::error_name(error).as_str() {
        "ConstraintError" => StoreError::Conflict,
        "QuotaExceededError" => StoreError::Full(js::error_text(error)),
        // The browser's storage failed on the way; it may have been after the last moment.
        "UnknownError" => StoreError::Unknown(js::error_text(error)),
        _ => StoreError::Aborted(js::error_text(error)),
    }
}

/// Why a running transaction was aborted.
fn aborted(transaction: &Transaction) -> StoreError {
    let Some(error) = transaction.error() else {
        return StoreError::Unknown("the transaction was aborted without a cause".to_owned());
    };
    let error = JsValue::from(error);
    match js::error_name(&error).as_str() {
        // None of ours is aborted by us once it runs. The browser did, closing the connection: its guess about a
        // storage that it no longer reaches.
        "AbortError" => StoreError::Unknown(js::error_text(&error)),
        _ => cause(&error),
    }
}

fn begin(
    inner: &Inner,
    database: &Database,
    spaces: usize,
    mode: &JsValue,
    options: &JsValue,
) -> Result<Transaction, Option<StoreError>> {
    let Some(scope) = inner.arguments.scopes.get(spaces) else {
        return Err(Some(StoreError::Aborted("no such space".to_owned())));
    };
    database.transaction(scope, mode, options).map_err(|error| match js::error_name(&error).as_str() {
        // WebKit says that its process is gone, and never that the connection closed.
        "InvalidStateError" | "UnknownError" => None,
        _ => Some(cause(&error)),
    })
}

fn not_begun(why: Option<StoreError>) -> Begun {
    why.map_or(Begun::Lost, Begun::Failed)
}

/// Undoes a transaction one of whose requests could not even be made.
fn undo(transaction: &Transaction, error: &JsValue) -> Begun {
    // One that is already aborting refuses, which is as good.
    let _ = transaction.abort();
    Begun::Failed(undone(error))
}

/// The cause of a request's error; the transaction it is in is undone.
fn undone(error: &JsValue) -> StoreError {
    match cause(error) {
        StoreError::Unknown(why) => StoreError::Aborted(why),
        other => other,
    }
}

/// The cause of a request's error event.
fn failed(event: &Event) -> StoreError {
    let request = event.target().and_then(|target| target.dyn_into::<IdbRequest>().ok());
    let error = request.and_then(|request| request.error().ok().flatten());
    undone(&error.map_or(JsValue::UNDEFINED, JsValue::from))
}

/// Writes all of `batch` or nothing.
pub(super) fn commit(
    inner: &Rc<Inner>,
    database: &Database,
    batch: &[Write],
    durability: Durability,
) -> Begun {
    // All have the manifest's space in common, the least busy one, so that no two commits run at once. After the death of
    // a Chromium in which two did, of one database over different object stores, the next one takes the undo records of
    // both for damage, and deletes all that the site has stored.
    let spaces = batch.iter().fold(bit(Space::Meta), |bits, write| bits | bit(space_of(write)));
    let options = match durability {
        Durability::Relaxed => &inner.arguments.relaxed,
        Durability::Strict => &inner.arguments.strict,
    };
    let mut tried = false;
    let transaction = loop {
        let transaction = match begin(inner, database, spaces, &inner.arguments.write, options) {
            Ok(transaction) => transaction,
            Err(why) => return not_begun(why),
        };
        match write_all(inner, &transaction, spaces, batch) {
            Ok(()) => break transaction,
            // In Firefox the next transaction after one that found no space may only delete; the one after it is as
            // any other.
            Err(error) if !tried && js::error_name(&error) == "InvalidStateError" => {
                tried = true;
                let _ = transaction.abort();
            }
            Err(error) => return undo(&transaction, &error),
        }
    };

    let (sender, receiver) = oneshot::channel();
    inner.in_flight.set(inner.in_flight.get() + 1);
    Watcher::watch(inner, &transaction, sender);
    // Without it the browser waits for another turn before it commits, and with it the commits that follow. Firefox commits
    // the rest when, after this call, one request of several fails.
    if batch.len() == 1 || inner.arguments.is_chromium {
        // A transaction that is already aborting refuses; its event tells.
        let _ = transaction.commit();
    }
    Begun::Running(receiver)
}

/// Tells how commits end, one at a time. Making a callback costs more than all else that a commit does on this side,
/// so watchers are used again.
pub(super) struct Watcher {
    handler: Closure<dyn FnMut(Ended)>,
    watched: Rc<RefCell<Option<Watched>>>,
}

/// A commit under way; it keeps alive all that its end needs.
struct Watched {
    transaction: Transaction,
    sender: Sender<Result<Answered, StoreError>>,
    watcher: Rc<Watcher>,
    inner: Rc<Inner>,
}

impl Watcher {
    fn new() -> Self {
        let watched: Rc<RefCell<Option<Watched>>> = Rc::default();
        let mine = Rc::clone(&watched);
        let handler = Closure::new(move |event: Ended| {
            // The first event decides: a request's error undoes the transaction, whatever comes after it.
            let watched = mine.take();
            if let Some(watched) = watched {
                watched.end(&event);
            }
        });
        Self { handler, watched }
    }

    /// Sends how `transaction` ends.
    fn watch(inner: &Rc<Inner>, transaction: &Transaction, sender: Sender<Result<Answered, StoreError>>) {
        let free = inner.watchers.borrow_mut().pop();
        let watcher = free.unwrap_or_else(|| Rc::new(Self::new()));
        let handler: &Function = watcher.handler.as_ref().unchecked_ref();
        transaction.set_oncomplete(Some(handler));
        transaction.set_onabort(Some(handler));
        transaction.set_onerror(Some(handler));
        let (transaction, inner) = (transaction.clone(), Rc::clone(inner));
        let watched = Watched { transaction, sender, watcher: Rc::clone(&watcher), inner };
        watcher.watched.replace(Some(watched));
    }
}

impl Watched {
    fn end(self, event: &Ended) {
        let Self { transaction, sender, watcher, inner } = self;
        let kind = event.kind();
        let result = if kind == inner.arguments.complete {
            Ok(Answered::new())
        } else {
            // More events may follow, and the watcher is about to be another transaction's.
            transaction.set_oncomplete(None);
            transaction.set_onabort(None);
            transaction.set_onerror(None);
            Err(if kind == inner.arguments.error { failed(event) } else { aborted(&transaction) })
        };
        inner.watchers.borrow_mut().push(watcher);
        inner.ended();
        sender.send(result);
    }
}

fn space_of(write: &Write) -> Space {
    match *write {
        Write::Add(space, ..)
        | Write::Put(space, ..)
        | Write::Delete(space, _)
        | Write::DeleteRange(space, ..) => space,
    }
}

/// Issues the requests of `batch`, in order.
fn write_all(
    inner: &Inner,
    transaction: &Transaction,
    spaces: usize,
    batch: &[Write],
) -> Result<(), JsValue> {
    let mut stores: [Option<IdbObjectStore>; SPACES.len()] = [const { None }; SPACES.len()];
    for (store, space) in stores.iter_mut().zip(SPACES) {
        if spaces & bit(space) != 0 {
            *store = Some(transaction.store(inner.arguments.store(space))?);
        }
    }
    let store = |space: Space| stores.get(space as usize).and_then(Option::as_ref).ok_or(JsValue::UNDEFINED);
    for write in batch {
        match write {
            Write::Add(space, id, value) => {
                let value = Uint8Array::from(value.as_slice());
                store(*space)?.add_with_key(&value, &key(*id))?;
                release(&value);
            }
            Write::Put(space, id, value) => {
                let value = Uint8Array::from(value.as_slice());
                store(*space)?.put_with_key(&value, &key(*id))?;
                release(&value);
            }
            Write::Delete(space, id) => {
                store(*space)?.delete(&key(*id))?;
            }
            Write::DeleteRange(space, from, to) => {
                if let Some(range) = range(*from, *to) {
                    store(*space)?.delete(&range)?;
                }
            }
        }
    }
    Ok(())
}

/// So many values of ids in sequence are asked for by one listing: what a request costs is most of what a read costs. But
/// a Chromium takes longer to hand over a listing than the same values one by one.
pub(super) fn least_listed(is_chromium: bool) -> usize {
    if is_chromium { usize::MAX } else { 4 }
}

fn sequences(ids: &[u64]) -> impl Iterator<Item = &[u64]> {
    ids.chunk_by(|id, next| id + 1 == *next)
}

/// Asks for the values of `ids` at once.
pub(super) fn read(inner: &Rc<Inner>, database: &Database, space: Space, ids: &[u64]) -> Begun {
    let listed = least_listed(inner.arguments.is_chromium);
    reading(inner, database, space, &|store| {
        let mut requests = Vec::new();
        for ids in sequences(ids) {
            match ids {
                [first, .., last] if ids.len() >= listed => {
                    requests.extend(ask_for(store, (*first, last + 1), u32::MAX)?);
                }
                _ => {
                    for id in ids {
                        requests.push(store.get(&key(*id))?);
                    }
                }
            }
        }
        Ok(requests)
    })
}

/// The values of a [`read`] that lists `least_listed` and more.
pub(super) fn values(
    ids: &[u64],
    mut requests: &[IdbRequest],
    least_listed: usize,
) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
    let mut values = Vec::with_capacity(ids.len());
    for ids in sequences(ids) {
        let asked = if ids.len() >= least_listed { 2 } else { ids.len() };
        let (own, others) = requests.split_at_checked(asked).unwrap_or_default();
        requests = others;
        if ids.len() >= least_listed {
            let mut found = listed(own)?.into_iter().peekable();
            values
                .extend(ids.iter().map(|id| found.next_if(|(there, _)| there == id).map(|(_, value)| value)));
            continue;
        }
        for request in own {
            let value = result(request)?;
            values.push(if value.is_undefined() { None } else { Some(bytes(value)?) });
        }
    }
    Ok(values)
}

/// Asks for up to `limit` ids and values in `from..to`.
pub(super) fn list(
    inner: &Rc<Inner>,
    database: &Database,
    space: Space,
    (from, to): (u64, u64),
    limit: u32,
) -> Begun {
    reading(inner, database, space, &|store| ask_for(store, (from, to), limit).map(Vec::from))
}

fn ask_for(store: &IdbObjectStore, (from, to): (u64, u64), limit: u32) -> Result<[IdbRequest; 2], JsValue> {
    let range = range(from, to).map_or(JsValue::UNDEFINED, JsValue::from);
    Ok([
        store.get_all_keys_with_key_and_limit(&range, limit)?,
        store.get_all_with_key_and_limit(&range, limit)?,
    ])
}

/// The ids and values of a [`list`].
pub(super) fn listed(requests: &[IdbRequest]) -> Result<Listed, StoreError> {
    let [keys, values] = requests else { return Ok(Listed::new()) };
    let array = |request| result(request).map(Array::unchecked_from_js);
    let pair = |(id, value): (JsValue, JsValue)| Ok((id.as_f64().unwrap_or_default() as u64, bytes(value)?));
    array(keys)?.iter().zip(array(values)?.iter()).map(pair).collect()
}

/// The result of a request that has succeeded.
fn result(request: &IdbRequest) -> Result<JsValue, StoreError> {
    request.result().map_err(|error| cause(&error))
}

/// A value as bytes; another program may have put anything there.
fn bytes(value: JsValue) -> Result<Vec<u8>, StoreError> {
    let array: Uint8Array =
        value.dyn_into().map_err(|_| StoreError::Aborted("a stored value is not bytes".to_owned()))?;
    let bytes = array.to_vec();
    release(&array);
    Ok(bytes)
}

/// Gives the memory of a copy back at once. Otherwise it waits for the garbage collector, which stops the page the longer the
/// more of it there is.
fn release(copy: &Uint8Array) {
    // Older browsers have no such method.
    let _ = copy.buffer().transfer_with_length(0);
}

/// A `readonly` transaction: `ask` makes its requests, which are its end when the last one has succeeded.
fn reading(
    inner: &Rc<Inner>,
    database: &Database,
    space: Space,
    ask: &dyn Fn(&IdbObjectStore) -> Result<Vec<IdbRequest>, JsValue>,
) -> Begun {
    let transaction = match begin(inner, database, bit(space), &inner.arguments.read, &JsValue::UNDEFINED) {
        Ok(transaction) => transaction,
        Err(why) => return not_begun(why),
    };
    let requests = match transaction.store(inner.arguments.store(space)).and_then(|store| ask(&store)) {
        Ok(requests) => requests,
        Err(error) => return undo(&transaction, &error),
    };
    let Some(last) = requests.last().cloned() else {
        return Begun::Failed(StoreError::Aborted("nothing was asked for".to_owned()));
    };

    let (sender, receiver) = oneshot::channel();
    let owner = Rc::clone(inner);
    let ended = transaction.clone();
    let succeeding = last.clone();
    let done = Closure::once_into_js(move |event: Ended| {
        // Requests succeed in the order they were made, so the last one stands for all; an abort after it is no
        // matter any more.
        ended.set_onabort(None);
        succeeding.set_onsuccess(None);
        let result =
            if event.kind() == owner.arguments.success { Ok(requests) } else { Err(aborted(&ended)) };
        sender.send(result);
    });
    let done: &Function = done.unchecked_ref();
    last.set_onsuccess(Some(done));
    transaction.set_onabort(Some(done));
    Begun::Running(receiver)
}
