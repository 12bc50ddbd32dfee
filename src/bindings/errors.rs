//! Errors as JavaScript is told them.

use wasm_bindgen::JsValue;

use crate::driver::OpenError;
use crate::platform::{StoreError, files};

/// An `Error` whose name tells TypeScript which class to make.
pub(super) fn error(name: &str, message: &str) -> JsValue {
    let error = js_sys::Error::new(message);
    error.set_name(name);
    error.into()
}

pub(super) fn store_error(cause: &StoreError) -> JsValue {
    let name = match cause {
        StoreError::Full(_) => "StorageFullException",
        StoreError::Conflict => "DatabaseLockedError",
        StoreError::Unavailable(_) => "StorageUnavailableError",
        _ => "StorageFailedException",
    };
    error(name, &cause.to_string())
}

pub(super) fn files_error(cause: &files::OpenError) -> JsValue {
    match cause {
        files::OpenError::Damaged(_) => error("DatabaseDamagedError", &cause.to_string()),
        files::OpenError::Store(cause) => store_error(cause),
    }
}

pub(super) fn open_error(cause: &OpenError) -> JsValue {
    match cause {
        OpenError::Storage(cause) => store_error(cause),
        OpenError::Encrypted => error("EncryptionKeyError", &cause.to_string()),
        OpenError::Damaged(_) => error("DatabaseDamagedError", &cause.to_string()),
        OpenError::Refused(cause) => error(cause.kind.name(), &cause.message),
    }
}
