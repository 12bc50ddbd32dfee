//! A store whose values are sealed: over any other, which sees no byte of them.
//!
//! ```text
//! 0..2    "DE"
//! 2       format version, 1
//! 3       0
//! 4..20   salt: which key, see [`cipher`]
//! 20..28  number of the value among those sealed with that key, u64 LE; the nonce is this and four bytes of 0
//! 28..    the value under AES-256-GCM, and its tag. Associated data: space (u8), id (u64 LE)
//! ```
//!
//! Each opening draws a salt, so no two owners ever share a key, whatever they believe of each other, and a counter in memory
//! is enough for nonces that never come twice.
//!
//! Ids, sizes and times of values can be seen; what they are cannot. A value that was changed, or put in another's
//! place, is not opened: it reads as an empty one, which the layers above find damaged, as they would without encryption.
//! That somebody puts an older state of the whole store back is not noticed.
//!
//! What the keys come from is wrapped by the application's key in one value of the store, the keyring, whose format is the
//! shell's (`pkg/src/storage/keyring.ts`).

pub mod cipher;
mod store;
mod turns;

pub use store::{Found, SealedStore, begin, find};

const MAGIC: &[u8; 4] = b"DE\x01\x00";
/// Bytes before the sealed text.
const HEADER: usize = 28;

/// Id of the keyring in [`Space::Meta`]. Ids from here on are not for what is kept in a sealed store.
pub const KEYRING: u64 = (1 << 53) - 1;

/// Whether a value is sealed. Without encryption none looks so: logs, blocks and manifests begin otherwise.
pub fn is_sealed(value: &[u8]) -> bool {
    value.starts_with(MAGIC)
}
