//! The cipher of Web Crypto: HKDF and AES-GCM of the runtime, on keys that nobody can read.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::sealed::cipher::{Cipher, INFO, Salt, Sealing};
use super::{LocalFuture, js};
use crate::collections::VecMap;

/// A database's key.
pub struct WebCipher {
    inner: Rc<Inner>,
}

struct Inner {
    subtle: JsValue,
    /// A `CryptoKey` for HKDF.
    root: JsValue,
    /// What was derived from it, by salt: one for each opening whose values are still there.
    keys: RefCell<VecMap<Salt, JsValue>>,
}

impl WebCipher {
    /// `root` is a `CryptoKey` for HKDF that derives keys. `None`: there is no Web Crypto here.
    pub fn new(root: JsValue) -> Option<Self> {
        let subtle = js::property(&js::global("crypto")?, "subtle")?;
        Some(Self { inner: Rc::new(Inner { subtle, root, keys: RefCell::default() }) })
    }
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn name(name: &str) -> JsValue {
    JsValue::from_str(name)
}

impl Inner {
    /// Begins an operation of `SubtleCrypto`.
    fn ask(&self, operation: &str, arguments: &[&JsValue]) -> Result<Promise, JsValue> {
        let function: Function = js::property(&self.subtle, operation)
            .unwrap_or_default()
            .dyn_into()
            .map_err(|_| name(operation))?;
        let arguments: Array = arguments.iter().copied().collect();
        function.apply(&self.subtle, &arguments)?.dyn_into()
    }

    async fn key(&self, salt: Salt) -> Result<JsValue, JsValue> {
        let known = self.keys.borrow().get(&salt).cloned();
        if let Some(key) = known {
            return Ok(key);
        }
        let from = js::object_of(&[
            ("name", &name("HKDF")),
            ("hash", &name("SHA-256")),
            ("salt", &bytes(&salt)),
            ("info", &bytes(INFO)),
        ]);
        let to = js::object_of(&[("name", &name("AES-GCM")), ("length", &JsValue::from(256))]);
        let uses: JsValue = Array::of2(&name("encrypt"), &name("decrypt")).into();
        let deriving = self.ask("deriveKey", &[&from, &self.root, &to, &JsValue::FALSE, &uses])?;
        let key = JsFuture::from(deriving).await?;
        self.keys.borrow_mut().insert(salt, key.clone());
        Ok(key)
    }

    /// Begins to seal or to open one value.
    fn begin(&self, operation: &str, key: &JsValue, value: &Sealing) -> Result<Promise, JsValue> {
        let how = js::object_of(&[
            ("name", &name("AES-GCM")),
            ("iv", &bytes(&value.nonce)),
            ("additionalData", &bytes(&value.place)),
        ]);
        self.ask(operation, &[&how, key, &bytes(&value.data)])
    }

    /// All values, side by side.
    async fn all(
        &self,
        operation: &'static str,
        salt: Salt,
        values: Vec<Sealing>,
    ) -> Result<Vec<Result<Vec<u8>, JsValue>>, JsValue> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        let key = self.key(salt).await?;
        let begun: Vec<_> = values.iter().map(|value| self.begin(operation, &key, value)).collect();
        drop(values);
        let mut done = Vec::with_capacity(begun.len());
        for begun in begun {
            let ended = JsFuture::from(begun?).await;
            done.push(ended.map(|result| Uint8Array::new(&result).to_vec()));
        }
        Ok(done)
    }
}

fn told(cause: JsValue) -> String {
    js::error_text(&cause)
}

impl Cipher for WebCipher {
    fn seal(&self, salt: Salt, values: Vec<Sealing>) -> LocalFuture<Result<Vec<Vec<u8>>, String>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let sealed = inner.all("encrypt", salt, values).await.map_err(told)?;
            sealed.into_iter().collect::<Result<_, _>>().map_err(told)
        })
    }

    fn open(&self, salt: Salt, values: Vec<Sealing>) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, String>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let opened = inner.all("decrypt", salt, values).await.map_err(told)?;
            let opened = opened.into_iter().map(|value| match value {
                Ok(text) => Ok(Some(text)),
                // What does not fit its tag.
                Err(cause) if js::error_name(&cause) == "OperationError" => Ok(None),
                Err(cause) => Err(told(cause)),
            });
            opened.collect()
        })
    }
}
