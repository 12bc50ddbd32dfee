//! Opening, creating and deleting the database, and the events of its connection.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, IdbDatabase, IdbFactory, IdbOpenDbRequest};

use super::{Inner, SPACES, StoreEvent, store_name};
use crate::platform::StoreError;
use crate::platform::js::{self, Database};
use crate::platform::oneshot;

/// The name in IndexedDB of the database that users call `name`.
pub(super) fn full_name(name: &str) -> String {
    format!("dynatab/{name}")
}

/// IndexedDB's factory. In some contexts merely asking for it throws.
pub(super) fn factory() -> Result<IdbFactory, StoreError> {
    let factory = js::global("indexedDB").ok_or_else(|| {
        StoreError::Unavailable("this runtime has no IndexedDB, or forbids it here".to_owned())
    })?;
    Ok(factory.unchecked_into())
}

/// Why a database was not opened, by the name at the start of the browser's error.
///
/// Only what says that nothing can be kept here is [`StoreError::Unavailable`]: an opaque origin or forbidden site
/// data (`SecurityError`), private windows of older Firefox (`InvalidStateError`). What a browser says of a database
/// that it has, and cannot get at just now (Chromium's `UnknownError: Internal error opening backing store`), must
/// not pass for "there is none".
pub(super) fn refused(text: String) -> StoreError {
    let says = |name: &str| text.starts_with(name);
    if says("QuotaExceededError") {
        StoreError::Full(text)
    } else if says("SecurityError") || says("InvalidStateError") {
        StoreError::Unavailable(text)
    } else {
        StoreError::Failed(text)
    }
}

/// What to do when there is no database of that name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Create,
    Leave,
}

/// Opens the database, creating it when absent.
pub(super) async fn open_or_create(name: &str) -> Result<Database, StoreError> {
    open(name, Absent::Create)
        .await?
        .ok_or_else(|| StoreError::Failed("the database was deleted while it was created".to_owned()))
}

/// Opens the database if there is one.
pub(super) async fn open_existing(name: &str) -> Result<Option<Database>, StoreError> {
    open(name, Absent::Leave).await
}

async fn open(name: &str, when_absent: Absent) -> Result<Option<Database>, StoreError> {
    // Asked without a version, an upgrade means that there is no such database; a new one has version 1, for ever: the
    // format inside the values has a version of its own.
    let request = factory()?.open(name).map_err(|error| refused(js::error_text(&error)))?;
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));
    let absent = Rc::new(Cell::new(false));

    let noted = Rc::clone(&absent);
    let upgrade = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        let request = event.target().and_then(|target| target.dyn_into::<IdbOpenDbRequest>().ok());
        let Some(request) = request else { return };
        if when_absent == Absent::Create && create(&request).is_ok() {
            return;
        }
        noted.set(true);
        if let Some(transaction) = request.transaction() {
            // Refusing it leaves no database behind. It is active here, and only an inactive one refuses.
            let _ = transaction.abort();
        }
    });
    let answered = Rc::clone(&sender);
    let success = Closure::<dyn FnMut()>::new(move || send(&answered, true));
    let failure = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        event.prevent_default();
        send(&sender, false);
    });
    request.set_onupgradeneeded(Some(upgrade.as_ref().unchecked_ref()));
    request.set_onsuccess(Some(success.as_ref().unchecked_ref()));
    request.set_onerror(Some(failure.as_ref().unchecked_ref()));
    let opened = receiver.await.unwrap_or(false);
    request.set_onupgradeneeded(None);
    request.set_onsuccess(None);
    request.set_onerror(None);

    if opened {
        let database: Database =
            request.result().map_err(|error| refused(js::error_text(&error)))?.unchecked_into();
        let names = database.object_store_names();
        if SPACES.into_iter().all(|space| names.contains(store_name(space))) {
            return Ok(Some(database));
        }
        database.close();
        return Err(StoreError::Unavailable(format!(
            "the IndexedDB database {name} is not one of dynatab's"
        )));
    }
    if absent.get() {
        return Ok(None);
    }
    let error = request.error().ok().flatten().map_or(JsValue::UNDEFINED, JsValue::from);
    Err(refused(js::error_text(&error)))
}

/// Makes the object stores of a new database.
fn create(request: &IdbOpenDbRequest) -> Result<(), JsValue> {
    let database: IdbDatabase = request.result()?.unchecked_into();
    SPACES.into_iter().try_for_each(|space| database.create_object_store(store_name(space)).map(|_| ()))
}

fn send(sender: &RefCell<Option<oneshot::Sender<bool>>>, opened: bool) {
    let sender = sender.borrow_mut().take();
    if let Some(sender) = sender {
        sender.send(opened);
    }
}

/// An open connection with its events watched.
pub(super) struct Connection {
    pub(super) database: Database,
    _close: Closure<dyn FnMut()>,
    _version_change: Closure<dyn FnMut()>,
}

impl Connection {
    pub(super) fn new(database: Database, inner: &Weak<Inner>) -> Self {
        let owner = inner.clone();
        let close = Closure::<dyn FnMut()>::new(move || {
            if let Some(inner) = owner.upgrade() {
                inner.lose();
            }
        });
        let owner = inner.clone();
        let version_change = Closure::<dyn FnMut()>::new(move || {
            if let Some(inner) = owner.upgrade() {
                inner.close("another tab, window or worker deletes the database");
                (inner.events)(StoreEvent::VersionChange);
            }
        });
        database.set_onclose(Some(close.as_ref().unchecked_ref()));
        database.set_onversionchange(Some(version_change.as_ref().unchecked_ref()));
        Self { database, _close: close, _version_change: version_change }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.set_onclose(None);
        self.database.set_onversionchange(None);
    }
}
