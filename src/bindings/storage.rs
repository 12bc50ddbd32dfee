//! The file store for JavaScript: an `ExternalStore` of `pkg/src/storage/external.ts`, for the worker that has the
//! files of an engine elsewhere.

use js_sys::{Array, Float64Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use super::errors;
use crate::platform::{Batch, Durability, LocalFuture, Space, Store, StoreError, Write, js};

/// An error that says how it failed.
fn failed(cause: &StoreError) -> JsValue {
    let (kind, why) = match cause {
        StoreError::Conflict => ("conflict", cause.to_string()),
        StoreError::Aborted(why) | StoreError::Failed(why) | StoreError::Unavailable(why) => {
            ("aborted", why.clone())
        }
        StoreError::Full(why) => ("full", why.clone()),
        StoreError::Unknown(why) => ("unknown", why.clone()),
        StoreError::Closed(why) => ("closed", why.clone()),
    };
    let error = js_sys::Error::new(&why);
    // Setting a member of an error cannot fail.
    let _ = js_sys::Reflect::set(&error, &JsValue::from_str("kind"), &JsValue::from_str(kind));
    error.into()
}

/// A promise of what a call comes to.
fn answer<T: 'static>(
    call: LocalFuture<Result<T, StoreError>>,
    tell: impl FnOnce(T) -> JsValue + 'static,
) -> Promise {
    js::promise(Box::pin(async move { call.await.map(tell).map_err(|cause| failed(&cause)) }))
}

fn space(number: f64) -> Space {
    match number as u32 {
        0 => Space::Log,
        1 => Space::Block,
        _ => Space::Meta,
    }
}

fn value(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

/// What `bindings::external` told.
fn write(told: JsValue) -> Option<Write> {
    let told: Array = told.dyn_into().ok()?;
    let (space, id) = (space(told.get(1).as_f64()?), told.get(2).as_f64()? as u64);
    let bytes = || Some(told.get(3).dyn_into::<Uint8Array>().ok()?.to_vec());
    Some(match told.get(0).as_string()?.as_str() {
        "add" => Write::Add(space, id, bytes()?),
        "put" => Write::Put(space, id, bytes()?),
        "delete" => Write::Delete(space, id),
        "deleteRange" => Write::DeleteRange(space, id, told.get(3).as_f64()? as u64),
        _ => return None,
    })
}

/// Does what is asked: the name of a function of `ExternalStore`, and its arguments.
fn ask(store: &dyn Store, asked: &Array) -> Option<Promise> {
    let number = |at| asked.get(at).as_f64();
    Some(match asked.get(0).as_string()?.as_str() {
        "read" => {
            let ids: Float64Array = asked.get(2).dyn_into().ok()?;
            let ids: Vec<u64> = ids.to_vec().into_iter().map(|id| id as u64).collect();
            answer(store.read(space(number(1)?), &ids), |found| {
                let told = |found: Option<Vec<u8>>| found.map_or(JsValue::UNDEFINED, |found| value(&found));
                found.into_iter().map(told).collect::<Array>().into()
            })
        }
        "list" => {
            let (from, to) = (number(2)? as u64, number(3)? as u64);
            answer(store.list(space(number(1)?), from, to, number(4)? as usize), |found| {
                let told =
                    |(id, found): (u64, Vec<u8>)| Array::of2(&JsValue::from(id as f64), &value(&found));
                found.into_iter().map(told).collect::<Array>().into()
            })
        }
        "commit" => {
            let writes: Array = asked.get(1).dyn_into().ok()?;
            let batch = writes.iter().map(write).collect::<Option<Batch>>()?;
            let strict = asked.get(2).is_truthy();
            let durability = if strict { Durability::Strict } else { Durability::Relaxed };
            answer(store.commit(batch, durability), |()| JsValue::UNDEFINED)
        }
        "usage" => answer(store.usage(), |usage| js::object("usage", &JsValue::from(usage.used as f64))),
        "close" => {
            let closing = store.close();
            let closed = Box::pin(async move {
                closing.await;
                Ok(())
            });
            answer(closed, |()| JsValue::UNDEFINED)
        }
        _ => return None,
    })
}

/// Opens the store in these files, which nobody else has; resolves with a function that does what is asked of it.
#[inline(never)]
pub(super) fn open(files: JsValue) -> Promise {
    js::promise(Box::pin(async move {
        let store = super::files::open(files).await.map_err(|cause| errors::files_error(&cause))?;
        let answers = move |asked: Array| {
            let unknown = || failed(&StoreError::Aborted("nothing that a store does".into()));
            ask(&*store, &asked).unwrap_or_else(|| Promise::reject(&unknown()))
        };
        // It lives as long as the worker.
        Ok(Closure::<dyn FnMut(Array) -> Promise>::new(answers).into_js_value())
    }))
}
