//! The few JavaScript functions that web-sys lacks or keeps behind a build flag, as typed imports.
//!
//! Nothing here runs at import time: every global is looked up when it is needed, and may be missing.

use super::{LocalFuture, oneshot};
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, IdbDatabase, IdbObjectStore, IdbTransaction};

#[wasm_bindgen]
extern "C" {
    /// An `IDBDatabase`, for `transaction` with its third argument.
    #[wasm_bindgen(extends = IdbDatabase)]
    #[derive(Clone)]
    pub(super) type Database;

    #[wasm_bindgen(method, catch)]
    pub(super) fn transaction(
        this: &Database,
        stores: &JsValue,
        mode: &JsValue,
        options: &JsValue,
    ) -> Result<Transaction, JsValue>;

    /// An `IDBTransaction`, for `commit`, which web-sys wants to be rid of, and for names kept as
    /// JavaScript strings.
    #[wasm_bindgen(extends = IdbTransaction)]
    #[derive(Clone)]
    pub(super) type Transaction;

    #[wasm_bindgen(method, catch)]
    pub(super) fn commit(this: &Transaction) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch, js_name = objectStore)]
    pub(super) fn store(this: &Transaction, name: &JsValue) -> Result<IdbObjectStore, JsValue>;

    /// An event, for its type as the JavaScript string it is.
    #[wasm_bindgen(extends = Event)]
    pub(super) type Ended;

    #[wasm_bindgen(method, getter, js_name = type)]
    pub(super) fn kind(this: &Ended) -> JsValue;

    /// A `MessagePort`.
    #[derive(Clone)]
    pub(super) type Port;

    #[wasm_bindgen(method, js_name = postMessage)]
    pub(super) fn post_message(this: &Port, message: &JsValue);

    #[wasm_bindgen(method, setter)]
    pub(super) fn set_onmessage(this: &Port, handler: &JsValue);
}

/// A property of an object; `None` when it is missing, null, or its getter throws.
pub(crate) fn property(object: &JsValue, name: &str) -> Option<JsValue> {
    let value = Reflect::get(object, &JsValue::from_str(name)).ok()?;
    if value.is_undefined() || value.is_null() { None } else { Some(value) }
}

/// A property of the global object.
pub(super) fn global(name: &str) -> Option<JsValue> {
    property(&js_sys::global(), name)
}

/// A global function.
pub(super) fn global_function(name: &str) -> Option<Function> {
    global(name)?.dyn_into().ok()
}

/// An object with one member.
pub(crate) fn object(name: &str, value: &JsValue) -> JsValue {
    object_of(&[(name, value)])
}

/// An object with these members.
pub(super) fn object_of(members: &[(&str, &JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in members {
        // Setting a member of a fresh plain object cannot fail.
        let _ = Reflect::set(&object, &JsValue::from_str(name), value);
    }
    object.into()
}

/// The `name` of an error, such as `QuotaExceededError`; empty when it has none.
pub(super) fn error_name(error: &JsValue) -> String {
    property(error, "name").and_then(|name| name.as_string()).unwrap_or_default()
}

/// Runs `future` beside everything else; its result settles the promise.
pub(crate) fn promise(future: LocalFuture<Result<JsValue, JsValue>>) -> Promise {
    wasm_bindgen_futures::future_to_promise(future)
}

/// An error for a person: its name and message.
pub(crate) fn error_text(error: &JsValue) -> String {
    let message = property(error, "message").and_then(|message| message.as_string()).unwrap_or_default();
    match (error_name(error), message) {
        (name, message) if message.is_empty() => name,
        (name, message) if name.is_empty() => message,
        (name, message) => format!("{name}: {message}"),
    }
}

/// Resolves after about `millis`. Keeps no process alive.
pub(super) fn sleep(millis: u32) -> LocalFuture<()> {
    let (sender, receiver) = oneshot::channel();
    let callback = Closure::once_into_js(move || sender.send(()));
    if let Some(function) = global_function("setTimeout") {
        // A call that throws drops the sender, which resolves the wait as well.
        let timer = function.call2(&JsValue::UNDEFINED, &callback, &JsValue::from(millis));
        // Timers of Node are objects, of older Deno numbers; both would keep the process alive.
        let unref = |holder: &JsValue, name, timer: &JsValue| {
            let function = property(holder, name).and_then(|unref| unref.dyn_into::<Function>().ok());
            function.map(|unref| unref.call1(timer, timer))
        };
        if let Ok(timer) = &timer
            && unref(timer, "unref", timer).is_none()
            && let Some(deno) = global("Deno")
        {
            let _ = unref(&deno, "unrefTimer", timer);
        }
    }
    Box::pin(async move {
        receiver.await;
    })
}
