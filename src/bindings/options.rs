//! What a database is opened with, and how each kind of storage is opened.

use std::rc::Rc;

use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};

use super::Callbacks;
use super::files::JsFiles;
use crate::driver::{Driver, OpenError, OpenOptions, Settle};
use crate::platform::browser::BrowserPlatform;
use crate::platform::files::{self, FileStore};
use crate::platform::indexeddb::{self, IndexedDbStore, StoreEvent};
use crate::platform::{Durability, NoStore, Store, StoreError, js};
use crate::storage::StorageOptions;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    name: String,
    storage: Kind,
    durability: Option<DurabilityName>,
    cache_bytes: Option<f64>,
    region: Option<String>,
    account_id: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Memory,
    IndexedDb,
    Files,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DurabilityName {
    Relaxed,
    Strict,
    Memory,
}

pub(super) struct Opened {
    pub(super) driver: Rc<Driver>,
    pub(super) persistence: &'static str,
}

/// An `Error` whose name tells TypeScript which class to make.
fn error(name: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name(name);
    error.into()
}

fn read(options: &JsValue) -> Result<Options, JsValue> {
    serde_wasm_bindgen::from_value(options.clone()).map_err(|cause| {
        // Its text is taken as JavaScript has it: to print it here would link the printing of floats.
        let cause = js::error_text(&cause.into());
        error("InvalidOptionsError", &format!("open() was given options it does not know: {cause}"))
    })
}

fn store_error(cause: &StoreError) -> JsValue {
    let name = match cause {
        StoreError::Full(_) => "StorageFullException",
        StoreError::Conflict => "DatabaseLockedError",
        StoreError::Unavailable(_) => "StorageUnavailableError",
        _ => "StorageFailedException",
    };
    error(name, &cause.to_string())
}

pub(super) async fn open(
    options: JsValue,
    settle: Settle,
    callbacks: Rc<Callbacks>,
) -> Result<Opened, JsValue> {
    let read = read(&options)?;
    let (store, default, persistence): (Rc<dyn Store>, Option<Durability>, &'static str) = match read.storage
    {
        Kind::Memory => (Rc::new(NoStore), None, "memory"),
        Kind::IndexedDb => {
            let events = Rc::new(move |event: StoreEvent| {
                let (kind, detail) = match event {
                    StoreEvent::Lost => ("connectionlost", "The browser closed the storage connection"),
                    StoreEvent::VersionChange => ("versionchange", "Another context deletes this database"),
                };
                callbacks.event(kind, detail);
            });
            let store = IndexedDbStore::open(&read.name, events).await.map_err(|e| store_error(&e))?;
            (Rc::new(store), Some(Durability::Relaxed), "indexeddb")
        }
        Kind::Files => {
            let files = js::property(&options, "files").unwrap_or(JsValue::UNDEFINED);
            let files = Rc::new(JsFiles::new(files.unchecked_into()));
            let store = FileStore::open(files).await.map_err(|cause| match &cause {
                files::OpenError::Damaged(_) => error("DatabaseDamagedError", &cause.to_string()),
                files::OpenError::Store(cause) => store_error(cause),
            })?;
            (Rc::new(store), Some(Durability::Strict), "files")
        }
    };
    let durability = match (read.durability, default) {
        (_, None) | (Some(DurabilityName::Memory), _) => None,
        (Some(DurabilityName::Relaxed), _) => Some(Durability::Relaxed),
        (Some(DurabilityName::Strict), _) => Some(Durability::Strict),
        (None, default) => default,
    };
    let mut storage = StorageOptions::default();
    if let Some(bytes) = read.cache_bytes {
        storage.cache_bytes = bytes.max(0.0) as usize;
    }
    let options = OpenOptions {
        durability,
        storage,
        region: read.region.unwrap_or_else(|| "local".into()),
        account: read.account_id.unwrap_or_else(|| "000000000000".into()),
    };
    let platform = Rc::new(BrowserPlatform::new());
    let driver = Driver::open(store, platform, options, settle).await.map_err(|cause| match &cause {
        OpenError::Storage(cause) => store_error(cause),
        OpenError::Damaged(_) => error("DatabaseDamagedError", &cause.to_string()),
    })?;
    Ok(Opened { driver, persistence })
}

pub(super) async fn destroy(options: JsValue) -> Result<(), JsValue> {
    let options = read(&options)?;
    if options.storage == Kind::IndexedDb {
        indexeddb::destroy(&options.name).await.map_err(|e| store_error(&e))?;
    }
    Ok(())
}
