//! AES-GCM and HKDF of others, for stores that seal natively.

use std::rc::Rc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use dynatab::platform::sealed::cipher::{Cipher, INFO, Salt, Sealing};
use dynatab::platform::sealed::{self, Found, SealedStore};
use dynatab::platform::simulated::SimulatedPlatform;
use dynatab::platform::{LocalFuture, Platform, Store, StoreError};
use hkdf::Hkdf;
use sha2::Sha256;

/// A database's key. It is its own keyring here: how that is wrapped is the shell's. Answers come in any order.
pub struct NativeCipher {
    pub key: [u8; 32],
    pub platform: SimulatedPlatform,
}

impl NativeCipher {
    fn later<T: 'static>(&self, answer: T) -> LocalFuture<T> {
        let mut turns = [0];
        self.platform.fill_random(&mut turns);
        let platform = self.platform.clone();
        Box::pin(async move {
            for _ in 0..turns[0] % 4 {
                platform.yield_now().await;
            }
            answer
        })
    }

    fn key(&self, salt: Salt) -> Aes256Gcm {
        let mut key = [0; 32];
        Hkdf::<Sha256>::new(Some(&salt), &self.key).expand(INFO, &mut key).unwrap();
        Aes256Gcm::new(&key.into())
    }
}

fn nonce(bytes: [u8; 12]) -> Nonce<aes_gcm::aead::consts::U12> {
    bytes.into()
}

impl Cipher for NativeCipher {
    fn seal(&self, salt: Salt, values: Vec<Sealing>) -> LocalFuture<Result<Vec<Vec<u8>>, String>> {
        let key = self.key(salt);
        let seal = |value: Sealing| {
            let payload = Payload { msg: &value.data, aad: &value.place };
            key.encrypt(&nonce(value.nonce), payload).map_err(|error| error.to_string())
        };
        self.later(values.into_iter().map(seal).collect())
    }

    fn open(&self, salt: Salt, values: Vec<Sealing>) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, String>> {
        let key = self.key(salt);
        let open = |value: Sealing| {
            let payload = Payload { msg: &value.data, aad: &value.place };
            key.decrypt(&nonce(value.nonce), payload).ok()
        };
        self.later(Ok(values.into_iter().map(open).collect()))
    }
}

/// A sealed store over `store`, with a key that is drawn when there is none yet.
pub async fn sealed(store: Rc<dyn Store>, platform: SimulatedPlatform) -> Result<SealedStore, StoreError> {
    let key = match sealed::find(Rc::clone(&store)).await? {
        Found::Keyring(keyring) => keyring.try_into().unwrap(),
        Found::Plain => return Err(StoreError::Aborted("not sealed".into())),
        Found::Empty => {
            let mut key = [0; 32];
            platform.fill_random(&mut key);
            sealed::begin(&*store, key.to_vec()).await?;
            key
        }
    };
    let cipher = NativeCipher { key, platform: platform.clone() };
    Ok(SealedStore::new(store, Rc::new(cipher), Rc::new(platform)))
}

/// [`sealed`], waited for.
pub fn sealed_now(store: Rc<dyn Store>, platform: &SimulatedPlatform) -> SealedStore {
    platform.block_on(sealed(store, platform.clone())).unwrap().unwrap()
}
