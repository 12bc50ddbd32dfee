//! Repairing a database that is not open.

use std::rc::Rc;

use js_sys::{Promise, Reflect};
use wasm_bindgen::JsValue;

use super::errors::{open_error, store_error};
use super::options::{self, Asked};
use super::{external, files, verify};
use crate::driver::repair::repair;
use crate::platform::js;

/// Repairs; resolves with a `RepairReport` of `pkg/src/types.ts`.
#[inline(never)]
pub(super) fn run(given: JsValue) -> Promise {
    js::promise(Box::pin(async move {
        let Asked { platform, settings, options } = options::read(&given)?;
        let (store, known) = if settings.storage == "indexeddb" {
            (options::indexed_db(&given, Rc::new(|_| {})).await?, Vec::new())
        } else if let Some(store) = js::property(&given, "store") {
            (external::open(store), Vec::new())
        } else {
            let primitives = js::property(&given, "files").unwrap_or(JsValue::UNDEFINED);
            files::open_damaged(primitives).await.map_err(|cause| store_error(&cause))?
        };
        let store = match options::sealed(Rc::clone(&store), Rc::clone(&platform), &given).await? {
            Some(sealed) => sealed,
            None => store,
        };
        let repair = repair(store, platform, options, known).await.map_err(|cause| open_error(&cause))?;
        let report = verify::told(&repair.found);
        let repaired = !repair.found.problems.is_empty();
        let members = [
            ("repaired", JsValue::from_bool(repaired)),
            ("items", JsValue::from_f64(repair.items as f64)),
            ("lostItems", JsValue::from_f64(repair.lost_items as f64)),
        ];
        for (name, value) in members {
            // Setting a member of a plain object cannot fail.
            let _ = Reflect::set(&report, &JsValue::from_str(name), &value);
        }
        Ok(report)
    }))
}
