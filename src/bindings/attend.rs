//! Doing what is due, for a runtime that calls when something is.

use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;

use super::errors;
use crate::driver::Driver;
use crate::platform::js;

/// Resolves when nothing is left that can be done now.
#[inline(never)]
pub(super) fn run(driver: Rc<Driver>) -> Promise {
    js::promise(Box::pin(async move {
        match driver.attend().await {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(cause) => Err(errors::error(cause.kind.name(), &cause.message)),
        }
    }))
}
