//! What a sealed store asks of cryptography: AES-256-GCM under keys that are derived from one.

use crate::platform::LocalFuture;

/// Chooses a key: HKDF with SHA-256 of the database's own key, this as the salt, and [`INFO`].
pub type Salt = [u8; 16];

/// What the derived keys are for, as HKDF is told.
pub const INFO: &[u8] = b"dynatab values";

/// Bytes that sealing adds to a value besides its header: the tag of AES-GCM, behind the text.
pub const TAG: usize = 16;

/// One value to seal or to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// Used once with a key.
    pub nonce: [u8; 12],
    /// What is not kept in it and must be the same when it is opened: the value's place.
    pub place: [u8; 9],
    /// The text, or the sealed text and its tag.
    pub data: Vec<u8>,
}

/// A database's key. An error is of the machinery, for a person.
pub trait Cipher {
    /// The sealed texts with their tags.
    fn seal(&self, salt: Salt, values: Vec<Sealing>) -> LocalFuture<Result<Vec<Vec<u8>>, String>>;
    /// The texts; `None` for what was not sealed so.
    fn open(&self, salt: Salt, values: Vec<Sealing>) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, String>>;
}
