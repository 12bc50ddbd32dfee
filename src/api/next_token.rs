//! NextToken of a statement: where it goes on. It holds all it needs, so that it outlives a reload.

use super::ApiError;
use super::transact::Fingerprint;
use crate::item::value::Reader;
use crate::item::{base64, varint};
use crate::wire::base64::decode as decode_base64;

const VERSION: u8 = 1;

/// A token that was read.
pub(super) struct Position {
    pub fingerprint: Fingerprint,
    /// Which range of the statement.
    pub range: u64,
    /// The tree key of the last entry that was evaluated.
    pub key: Vec<u8>,
}

/// The token for the entry at `key` of a statement's range.
#[inline(never)]
pub(super) fn encode(fingerprint: Fingerprint, range: u64, key: &[u8]) -> String {
    let mut out = vec![VERSION];
    out.extend_from_slice(&fingerprint);
    varint::put(&mut out, range);
    out.extend_from_slice(key);
    base64::encode(&out)
}

/// Reads a token.
pub(super) fn decode(token: &str) -> Result<Position, ApiError> {
    let mut bytes = Vec::new();
    decode_base64(token.as_bytes(), &mut bytes).map_err(|_| invalid())?;
    read(&bytes).ok_or_else(invalid)
}

fn read(bytes: &[u8]) -> Option<Position> {
    let mut r = Reader::new(bytes);
    if r.u8()? != VERSION {
        return None;
    }
    let fingerprint = *r.take(16)?.first_chunk()?;
    Some(Position { fingerprint, range: r.varint()?, key: r.rest().to_vec() })
}

#[cold]
pub(super) fn invalid() -> ApiError {
    ApiError::validation("Invalid NextToken")
}

#[cold]
pub(super) fn mismatch() -> ApiError {
    ApiError::validation("NextToken does not match request")
}
