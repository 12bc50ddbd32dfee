//! Deleting a database that is not open.

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::errors::store_error;
use super::options::text;
use crate::platform::{indexeddb, js};

/// Deletes it; other storages than IndexedDB are the shell's.
#[inline(never)]
pub(super) fn run(given: JsValue) -> Promise {
    js::promise(Box::pin(async move {
        if text(&given, "storage")?.as_deref() == Some("indexeddb") {
            let name = text(&given, "name")?.unwrap_or_default();
            indexeddb::destroy(&name).await.map_err(|cause| store_error(&cause))?;
        }
        Ok(JsValue::UNDEFINED)
    }))
}
