//! [`Store`] over an object that the shell passes in (`ExternalStore` of `pkg/src/storage/external.ts`): what runtimes keep
//! values in that only JavaScript reaches.

use std::rc::Rc;

use js_sys::{Array, Float64Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::platform::store::{Listed, Usage};
use crate::platform::{Batch, Durability, LocalFuture, Space, Store, StoreError, Write, js};

#[wasm_bindgen]
extern "C" {
    /// Numbers of spaces are those of [`Space`]; ids are doubles. What fails says in `kind` how.
    pub type ExternalStore;
    #[wasm_bindgen(method, catch)]
    fn read(this: &ExternalStore, space: u32, ids: Float64Array) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &ExternalStore, space: u32, from: f64, to: f64, limit: f64) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn commit(this: &ExternalStore, writes: Array, strict: bool) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn usage(this: &ExternalStore) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &ExternalStore) -> Result<Promise, JsValue>;
}

/// The store of an object. Boxed, so that its code stands apart from that of the stores that browsers have.
#[inline(never)]
pub(super) fn open(store: JsValue) -> Rc<dyn Store> {
    Rc::new(JsStore { store: store.unchecked_into() })
}

struct JsStore {
    store: ExternalStore,
}

/// Why a call failed. What says nothing of itself is `otherwise`.
fn failed(cause: &JsValue, otherwise: fn(String) -> StoreError) -> StoreError {
    let why = js::error_text(cause);
    let kind = js::property(cause, "kind").and_then(|kind| kind.as_string());
    match kind.as_deref() {
        Some("conflict") => StoreError::Conflict,
        Some("aborted") => StoreError::Aborted(why),
        Some("full") => StoreError::Full(why),
        Some("unknown") => StoreError::Unknown(why),
        Some("closed") => StoreError::Closed(why),
        _ => otherwise(why),
    }
}

/// Waits for what was begun, and takes the result apart.
fn answer<T: 'static>(
    begun: Result<Promise, JsValue>,
    otherwise: fn(String) -> StoreError,
    take: impl FnOnce(JsValue) -> Option<T> + 'static,
) -> LocalFuture<Result<T, StoreError>> {
    Box::pin(async move {
        let begun = begun.map_err(|cause| failed(&cause, otherwise))?;
        let result = JsFuture::from(begun).await.map_err(|cause| failed(&cause, otherwise))?;
        take(result).ok_or_else(|| otherwise("the store answered with something else".into()))
    })
}

fn bytes(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}

/// `[kind, space, id]`, then the value or the end of the range.
fn told(write: &Write) -> JsValue {
    let (kind, space, id, last) = match write {
        Write::Add(space, id, value) => ("add", space, id, Some(Uint8Array::from(value.as_slice()).into())),
        Write::Put(space, id, value) => ("put", space, id, Some(Uint8Array::from(value.as_slice()).into())),
        Write::Delete(space, id) => ("delete", space, id, None),
        Write::DeleteRange(space, from, to) => ("deleteRange", space, from, Some(JsValue::from(*to as f64))),
    };
    let told =
        Array::of3(&JsValue::from_str(kind), &JsValue::from(*space as u32), &JsValue::from(*id as f64));
    if let Some(last) = last {
        told.push(&last);
    }
    told.into()
}

impl Store for JsStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        if ids.is_empty() {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let asked: Vec<f64> = ids.iter().map(|id| *id as f64).collect();
        let count = ids.len();
        let begun = self.store.read(space as u32, Float64Array::from(asked.as_slice()));
        answer(begun, StoreError::Aborted, move |found| {
            let found = found.dyn_into::<Array>().ok().filter(|found| found.length() as usize == count)?;
            let value = |value: JsValue| {
                if value.is_undefined() { Some(None) } else { bytes(&value).map(Some) }
            };
            found.iter().map(value).collect()
        })
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Listed, StoreError>> {
        if limit == 0 || from >= to {
            return Box::pin(std::future::ready(Ok(Vec::new())));
        }
        let begun = self.store.list(space as u32, from as f64, to as f64, limit as f64);
        answer(begun, StoreError::Aborted, |found| {
            let entry = |entry: JsValue| {
                let entry = entry.dyn_into::<Array>().ok()?;
                Some((entry.get(0).as_f64()? as u64, bytes(&entry.get(1))?))
            };
            found.dyn_into::<Array>().ok()?.iter().map(entry).collect()
        })
    }

    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        let strict = durability == Durability::Strict;
        if batch.is_empty() && !strict {
            return Box::pin(std::future::ready(Ok(())));
        }
        let begun = self.store.commit(batch.iter().map(told).collect(), strict);
        answer(begun, StoreError::Unknown, |_| Some(()))
    }

    fn max_atomic_bytes(&self) -> usize {
        // What a runtime cannot take at once is divided there, where its limits are known.
        usize::MAX
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        answer(self.store.usage(), StoreError::Aborted, |usage| {
            let number = |name| js::property(&usage, name).and_then(|value| value.as_f64());
            Some(Usage { used: number("usage")? as u64, quota: number("quota").map(|quota| quota as u64) })
        })
    }

    fn close(&self) -> LocalFuture<()> {
        let closing = answer(self.store.close(), StoreError::Closed, |_| Some(()));
        Box::pin(async move {
            // A store that cannot be closed is closed: there is nothing more to be done about it.
            let _ = closing.await;
        })
    }
}
