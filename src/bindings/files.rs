//! [`FileSystem`] over an object of file primitives that the shell passes in (`pkg/src/storage/node-fs.ts`).

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::collections::VecMap;
use crate::platform::LocalFuture;
use crate::platform::files::{FileError, FileStore, FileSystem, OpenError, SEGMENT_BYTES};
use crate::platform::{Store, StoreError, js};

#[wasm_bindgen]
extern "C" {
    /// Node's `fs`, below one directory; each call throws on failure. A handle is a number.
    pub type FilePrimitives;
    #[wasm_bindgen(method, catch)]
    fn open(this: &FilePrimitives, path: &str) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &FilePrimitives, handle: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn size(this: &FilePrimitives, handle: f64) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readAt)]
    fn read_at(this: &FilePrimitives, handle: f64, offset: f64, length: f64) -> Result<Uint8Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = writeAt)]
    fn write_at(this: &FilePrimitives, handle: f64, offset: f64, bytes: &Uint8Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn truncate(this: &FilePrimitives, handle: f64, length: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn sync(this: &FilePrimitives, handle: f64) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = syncDirectory)]
    fn sync_directory(this: &FilePrimitives, path: &str) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn exists(this: &FilePrimitives, path: &str) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn rename(this: &FilePrimitives, from: &str, to: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn remove(this: &FilePrimitives, path: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &FilePrimitives, path: &str) -> Result<Array, JsValue>;
}

/// Opens the store of an object of file primitives. Boxed, so that the code of a store that browsers never open stands
/// apart from theirs.
#[inline(never)]
pub(super) fn open(primitives: JsValue) -> LocalFuture<Result<Rc<dyn Store>, OpenError>> {
    Box::pin(async move {
        let files = Rc::new(JsFiles::new(primitives.unchecked_into()));
        let store: Rc<dyn Store> = Rc::new(FileStore::open(files).await?);
        Ok(store)
    })
}

/// A store, and what is wrong with it.
type DamagedStore = (Rc<dyn Store>, Vec<String>);

/// [`open`] in spite of damage, for a repair; with what is wrong.
#[inline(never)]
pub(super) fn open_damaged(primitives: JsValue) -> LocalFuture<Result<DamagedStore, StoreError>> {
    Box::pin(async move {
        let files = Rc::new(JsFiles::new(primitives.unchecked_into()));
        let (store, problems) = FileStore::open_damaged(files, SEGMENT_BYTES).await?;
        let store: Rc<dyn Store> = Rc::new(store);
        Ok((store, problems))
    })
}

/// Files reached through JavaScript; each is opened once.
struct JsFiles {
    primitives: FilePrimitives,
    handles: RefCell<VecMap<String, f64>>,
}

fn failed(cause: JsValue) -> FileError {
    let text = |name: &str| js::property(&cause, name).and_then(|value| value.as_string());
    let full = matches!(text("code").as_deref(), Some("ENOSPC" | "EDQUOT"));
    FileError { full, message: text("message").unwrap_or_else(|| "a file operation failed".into()) }
}

fn settled(promise: Result<Promise, JsValue>) -> LocalFuture<Result<(), FileError>> {
    Box::pin(async move { JsFuture::from(promise.map_err(failed)?).await.map(|_| ()).map_err(failed) })
}

impl JsFiles {
    fn new(primitives: FilePrimitives) -> Self {
        Self { primitives, handles: RefCell::default() }
    }

    /// The handle of a file, which is created when absent.
    fn handle(&self, name: &str) -> Result<f64, FileError> {
        if let Some(handle) = self.handles.borrow().get(name) {
            return Ok(*handle);
        }
        let handle = self.primitives.open(name).map_err(failed)?;
        self.handles.borrow_mut().insert(name.into(), handle);
        Ok(handle)
    }

    /// The handle of a file if there is such a file.
    fn existing(&self, name: &str) -> Result<Option<f64>, FileError> {
        if self.handles.borrow().contains_key(name) || self.primitives.exists(name).map_err(failed)? {
            return self.handle(name).map(Some);
        }
        Ok(None)
    }

    fn forget(&self, name: &str) -> Result<(), FileError> {
        let handle = self.handles.borrow_mut().remove(name);
        handle.map_or(Ok(()), |handle| self.primitives.close(handle).map_err(failed))
    }
}

impl FileSystem for JsFiles {
    fn list(&self) -> Result<Vec<String>, FileError> {
        Ok(self.primitives.list("").map_err(failed)?.iter().filter_map(|name| name.as_string()).collect())
    }

    fn size(&self, name: &str) -> Result<u64, FileError> {
        let Some(handle) = self.existing(name)? else { return Ok(0) };
        self.primitives.size(handle).map(|size| size as u64).map_err(failed)
    }

    fn read(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        let Some(handle) = self.existing(name)? else { return Ok(Vec::new()) };
        let bytes = self.primitives.read_at(handle, offset as f64, length as f64).map_err(failed)?;
        Ok(bytes.to_vec())
    }

    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        let handle = self.handle(name)?;
        self.primitives.write_at(handle, offset as f64, &Uint8Array::from(bytes)).map_err(failed)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), FileError> {
        let handle = self.handle(name)?;
        self.primitives.truncate(handle, length as f64).map_err(failed)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.forget(from)?;
        self.forget(to)?;
        self.primitives.rename(from, to).map_err(failed)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.forget(name)?;
        self.primitives.remove(name).map_err(failed)
    }

    fn sync(&self, name: &str) -> LocalFuture<Result<(), FileError>> {
        match self.handle(name) {
            Ok(handle) => settled(self.primitives.sync(handle)),
            Err(error) => Box::pin(std::future::ready(Err(error))),
        }
    }

    fn sync_directory(&self) -> LocalFuture<Result<(), FileError>> {
        settled(self.primitives.sync_directory(""))
    }

    fn close(&self) {
        for (_, handle) in std::mem::take(&mut *self.handles.borrow_mut()).into_entries() {
            // A handle that cannot be closed goes with the process; its bytes were synced before.
            let _ = self.primitives.close(handle);
        }
    }
}
