//! What a database is opened with, and how each kind of storage is opened.

use std::rc::Rc;

use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;

use super::Callbacks;
use super::errors::{error, files_error, open_error, store_error};
use crate::driver::{Driver, OpenOptions, Settle};
use crate::engine::Delays;
use crate::platform::browser::{BrowserPlatform, LATEST_MILLIS};
use crate::platform::indexeddb::{IndexedDbStore, StoreEvent};
use crate::platform::sealed::SealedStore;
use crate::platform::{Durability, NoStore, Store, js};
use crate::storage::StorageOptions;

/// What a database was opened as, with what is taken where nothing was said.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    /// Where the data is kept: `indexeddb`, `files`, `memory`, or what an external store is called.
    pub(super) storage: String,
    /// When an acknowledged write is on the disk: `relaxed`, `strict`, or `memory` for never.
    pub(super) durability: String,
    pub(super) region: String,
    pub(super) account_id: String,
    /// Whether what is kept is encrypted.
    pub(super) encrypted: bool,
}

pub(super) struct Opened {
    pub(super) driver: Rc<Driver>,
    pub(super) sealed: Option<Rc<SealedStore>>,
    pub(super) settings: Settings,
}

/// Members are read one by one: a deserializer would link the printing of floats for its errors, 8 KiB of the download.
pub(super) fn text(options: &JsValue, name: &str) -> Result<Option<String>, JsValue> {
    let Some(value) = js::property(options, name) else { return Ok(None) };
    match value.as_string() {
        Some(text) => Ok(Some(text)),
        None => Err(error("InvalidOptionsError", &format!("{name}: a string is needed"))),
    }
}

/// A number that is not negative.
fn amount(options: &JsValue, name: &str) -> Result<Option<f64>, JsValue> {
    let Some(value) = js::property(options, name) else { return Ok(None) };
    match value.as_f64() {
        Some(amount) if amount >= 0.0 => Ok(Some(amount)),
        _ => Err(error("InvalidOptionsError", &format!("{name}: a number that is not negative is needed"))),
    }
}

/// How long what is done with tables takes.
fn delays(options: &JsValue) -> Result<Delays, JsValue> {
    let Some(asked) = js::property(options, "delays") else { return Ok(Delays::default()) };
    let millis = |name| amount(&asked, name).map(|millis| millis.unwrap_or(0.0).min(LATEST_MILLIS) as u64);
    Ok(Delays {
        create: millis("createTable")?,
        update: millis("updateTable")?,
        delete: millis("deleteTable")?,
        time_to_live: millis("updateTimeToLive")?,
    })
}

/// The clock of the application, if it gives one.
fn clock(options: &JsValue) -> Result<Option<Function>, JsValue> {
    let Some(value) = js::property(options, "now") else { return Ok(None) };
    let function = value.dyn_into::<Function>();
    function.map(Some).map_err(|_| error("InvalidOptionsError", "now: a function is needed"))
}

/// The durability that is asked for, by its name, else `default`.
fn durability(options: &JsValue, default: &str) -> Result<(String, Option<Durability>), JsValue> {
    let asked = text(options, "durability")?.unwrap_or_else(|| default.into());
    match asked.as_str() {
        _ if default == "memory" => Ok((default.into(), None)),
        "memory" => Ok((asked, None)),
        "relaxed" => Ok((asked, Some(Durability::Relaxed))),
        "strict" => Ok((asked, Some(Durability::Strict))),
        _ => Err(error(
            "InvalidOptionsError",
            &format!("durability: unknown value {asked}; use \"relaxed\", \"strict\" or \"memory\""),
        )),
    }
}

/// What calls in flight need at once has to fit, or they would drive out each other's blocks for ever.
const LEAST_CACHE: usize = 2 << 20;

/// What was asked for, read before anything is opened.
pub(super) struct Asked {
    pub(super) platform: Rc<BrowserPlatform>,
    pub(super) settings: Settings,
    pub(super) options: OpenOptions,
}

pub(super) fn read(options: &JsValue) -> Result<Asked, JsValue> {
    let storage = text(options, "storage")?.unwrap_or_default();
    let default = match storage.as_str() {
        "indexeddb" => "relaxed",
        "" | "memory" => "memory",
        _ => "strict",
    };
    let (durability_name, durability) = durability(options, default)?;
    let mut storage_options = StorageOptions::default();
    if let Some(bytes) = amount(options, "cacheBytes")? {
        storage_options.cache_bytes = (bytes as usize).max(LEAST_CACHE);
    }
    let sweep_seconds = amount(options, "sweepSeconds")?;
    let delays = delays(options)?;
    let function = |name| js::property(options, name).map(JsCast::unchecked_into);
    let platform = Rc::new(BrowserPlatform::new(clock(options)?, function("complete"), function("wakeAt")));
    let settings = Settings {
        durability: durability_name,
        region: text(options, "region")?.unwrap_or_else(|| "local".into()),
        account_id: text(options, "accountId")?.unwrap_or_else(|| "000000000000".into()),
        storage,
        encrypted: false,
    };
    let mut options = OpenOptions {
        durability,
        storage: storage_options,
        region: settings.region.clone(),
        account: settings.account_id.clone(),
        ..OpenOptions::default()
    };
    options.delays = delays;
    if let Some(seconds) = sweep_seconds {
        options.sweep_millis = (seconds * 1000.0) as u64;
    }
    Ok(Asked { platform, settings, options })
}

/// The IndexedDB store of the name in `options`.
pub(super) async fn indexed_db(
    options: &JsValue,
    events: Rc<dyn Fn(StoreEvent)>,
) -> Result<Rc<dyn Store>, JsValue> {
    let name = text(options, "name")?.unwrap_or_default();
    Ok(Rc::new(IndexedDbStore::open(&name, events).await.map_err(|e| store_error(&e))?))
}

/// The store under encryption, if that is asked for.
pub(super) async fn sealed(
    store: Rc<dyn Store>,
    platform: Rc<BrowserPlatform>,
    options: &JsValue,
) -> Result<Option<Rc<SealedStore>>, JsValue> {
    match js::property(options, "unlock") {
        Some(unlock) => super::encryption::seal(store, platform, unlock).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn open(
    given: JsValue,
    settle: Settle,
    callbacks: Rc<Callbacks>,
) -> Result<Opened, JsValue> {
    let Asked { platform, mut settings, options } = read(&given)?;
    let mut store: Rc<dyn Store> = match settings.storage.as_str() {
        "indexeddb" => {
            let events = move |event: StoreEvent| {
                let (kind, detail) = match event {
                    StoreEvent::Lost => ("connectionlost", "The browser lost the connection to its storage"),
                    StoreEvent::Reopened => {
                        ("reconnected", "The connection to the browser's storage is open again")
                    }
                    StoreEvent::Gone => ("gone", "The browser's storage cannot be opened"),
                    StoreEvent::Evicted => ("evicted", "The browser deleted what this site had stored"),
                    StoreEvent::VersionChange => {
                        ("versionchange", "Something else on this site deletes the database")
                    }
                };
                callbacks.event(kind, detail);
            };
            indexed_db(&given, Rc::new(events)).await?
        }
        "files" => {
            let files = js::property(&given, "files").unwrap_or(JsValue::UNDEFINED);
            super::files::open(files).await.map_err(|cause| files_error(&cause))?
        }
        "" | "memory" => Rc::new(NoStore),
        other => match js::property(&given, "store") {
            Some(store) => super::external::open(store),
            None => {
                return Err(error("StorageUnavailableError", &format!("storage {other}: there is no store")));
            }
        },
    };
    let sealed = sealed(Rc::clone(&store), Rc::clone(&platform), &given).await?;
    if let Some(sealed) = &sealed {
        store = Rc::clone(sealed) as Rc<dyn Store>;
        settings.encrypted = true;
    }
    let driver = Driver::open(store, platform, options, settle).await.map_err(|cause| open_error(&cause))?;
    Ok(Opened { driver, sealed, settings })
}
