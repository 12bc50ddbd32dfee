//! [`FileSystem`] over an object of file primitives that the shell passes in (Node's `fs`, wrapped).

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::platform::LocalFuture;
use crate::platform::files::{FileError, FileSystem};

#[wasm_bindgen]
extern "C" {
    /// The primitives of `pkg/src/storage/node-fs.ts`; each throws on failure.
    pub type FilePrimitives;
    #[wasm_bindgen(method, catch)]
    fn list(this: &FilePrimitives) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn size(this: &FilePrimitives, name: &str) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn read(this: &FilePrimitives, name: &str, offset: f64, length: f64) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &FilePrimitives, name: &str, offset: f64, bytes: &Uint8Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn truncate(this: &FilePrimitives, name: &str, length: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn rename(this: &FilePrimitives, from: &str, to: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn remove(this: &FilePrimitives, name: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn sync(this: &FilePrimitives, name: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = syncDirectory)]
    fn sync_directory(this: &FilePrimitives) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &FilePrimitives) -> Result<(), JsValue>;
}

/// Files reached through JavaScript.
pub(super) struct JsFiles(FilePrimitives);

impl JsFiles {
    pub(super) fn new(primitives: FilePrimitives) -> Self {
        Self(primitives)
    }
}

fn failed(cause: JsValue) -> FileError {
    let text = |name: &str| js_sys::Reflect::get(&cause, &name.into()).ok().and_then(|v| v.as_string());
    let full = matches!(text("code").as_deref(), Some("ENOSPC" | "EDQUOT"));
    FileError { full, message: text("message").unwrap_or_else(|| "a file operation failed".into()) }
}

fn settled(promise: Result<Promise, JsValue>) -> LocalFuture<Result<(), FileError>> {
    Box::pin(async move {
        JsFuture::from(promise.map_err(failed)?).await.map(|_| ()).map_err(failed)
    })
}

impl FileSystem for JsFiles {
    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(self.0.list().map_err(failed)?.iter().filter_map(|name| name.as_string()).collect())
    }

    fn size(&self, name: &str) -> Result<u64, FileError> {
        self.0.size(name).map(|size| size as u64).map_err(failed)
    }

    fn read(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        self.0.read(name, offset as f64, length as f64).map(|bytes| bytes.to_vec()).map_err(failed)
    }

    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.0.write(name, offset as f64, &Uint8Array::from(bytes)).map_err(failed)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.0.truncate(name, length as f64).map_err(failed)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.0.rename(from, to).map_err(failed)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.0.remove(name).map_err(failed)
    }

    fn sync(&self, name: &str) -> LocalFuture<Result<(), FileError>> {
        settled(self.0.sync(name))
    }

    fn sync_directory(&self) -> LocalFuture<Result<(), FileError>> {
        settled(self.0.sync_directory())
    }

    fn close(&self) {
        // The directory's lock goes with the process if it cannot be given up now.
        let _ = self.0.close();
    }
}
