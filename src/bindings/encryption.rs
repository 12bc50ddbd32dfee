//! Encryption: the shell unwraps the database's key (`pkg/src/storage/keyring.ts`), and the store is sealed with it.

use std::rc::Rc;

use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::errors::{error, store_error};
use crate::platform::sealed::{self, Found, SealedStore};
use crate::platform::webcrypto::WebCipher;
use crate::platform::{LocalFuture, Platform, Store, StoreError, js};

/// Seals a store. `unlock` is given the keyring, or nothing for a store that is empty, and resolves with the key and its
/// keyring. Boxed, so that its code stands apart from that of stores that are not sealed.
#[inline(never)]
pub(super) fn seal(
    store: Rc<dyn Store>,
    platform: Rc<dyn Platform>,
    unlock: JsValue,
) -> LocalFuture<Result<Rc<SealedStore>, JsValue>> {
    Box::pin(async move {
        let unlock: Function = unlock.dyn_into()?;
        loop {
            let found = sealed::find(Rc::clone(&store)).await.map_err(|cause| store_error(&cause))?;
            let keyring = match &found {
                Found::Keyring(keyring) => Uint8Array::from(keyring.as_slice()).into(),
                Found::Empty => JsValue::UNDEFINED,
                Found::Plain => {
                    let message = "the database is not encrypted: open it without `encryption`; its dump can be \
                                   loaded into an encrypted one";
                    return Err(error("EncryptionKeyError", message));
                }
            };
            let unlocking: Promise = unlock.call1(&JsValue::UNDEFINED, &keyring)?.dyn_into()?;
            let unlocked: Array = JsFuture::from(unlocking).await?.dyn_into()?;
            if found == Found::Empty {
                let keyring: Uint8Array = unlocked.get(1).dyn_into()?;
                match sealed::begin(&*store, keyring.to_vec()).await {
                    Ok(()) => {}
                    // Another owner has begun it, with another key.
                    Err(StoreError::Conflict) => continue,
                    Err(cause) => return Err(store_error(&cause)),
                }
            }
            let Some(cipher) = WebCipher::new(unlocked.get(0)) else {
                return Err(error("EncryptionKeyError", "encryption: there is no Web Crypto here"));
            };
            return Ok(Rc::new(SealedStore::new(store, Rc::new(cipher), platform)));
        }
    })
}

/// The keyring of an open database.
#[inline(never)]
pub(super) fn keyring(store: Rc<SealedStore>) -> Promise {
    js::promise(Box::pin(async move {
        let keyring = store.keyring().await.map_err(|cause| store_error(&cause))?;
        Ok(Uint8Array::from(keyring.as_slice()).into())
    }))
}

/// Replaces it.
#[inline(never)]
pub(super) fn rekey(store: Rc<SealedStore>, mut before: Vec<u8>) -> Promise {
    js::promise(Box::pin(async move {
        let keyring = before.split_off(before.len() / 2);
        match store.rekey(before, keyring).await {
            Ok(()) => Ok(JsValue::UNDEFINED),
            Err(StoreError::Conflict) => {
                Err(error("EncryptionKeyError", "rekey: the key was replaced meanwhile; nothing was done"))
            }
            Err(cause) => Err(store_error(&cause)),
        }
    }))
}
