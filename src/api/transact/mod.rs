//! Transactions: several actions of which all take effect or none, and several reads of one moment.
//!
//! An action is evaluated against the newest state, pending commits included, and all of them in one step; so
//! transactions are serializable, and what they overlap with comes before or after them, never between. Requests
//! that would conflict at the service wait for each other here.

mod actions;
mod get;
mod reasons;
mod write;

pub use get::TransactGetItems;
pub use write::TransactWriteItems;

pub(super) use actions::Bound;
pub(super) use get::Get;
pub(super) use reasons::Reasons;
pub(super) use write::Token;

pub(super) use get::begin as begin_get;
pub(super) use write::begin as begin_write;

use xxhash_rust::xxh64::xxh64;

use super::ApiError;
use crate::engine::Table;

/// Bytes that one transaction may write or read.
const MAX_BYTES: u64 = 4 << 20;

/// Equal for equal requests. A client that asks again sends the same bytes.
pub(super) type Fingerprint = [u8; 16];

/// The fingerprint of a request's bytes.
pub(super) fn fingerprint(bytes: &[u8]) -> Fingerprint {
    let [low, high] = [0, 1].map(|seed| xxh64(bytes, seed));
    (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
}

/// Refuses a request that sends more bytes than one transaction may write.
pub(super) fn check_payload(bytes: u64) -> Result<(), ApiError> {
    if bytes > MAX_BYTES {
        return Err(ApiError::validation("Transaction payload size cannot exceed 4194304 bytes"));
    }
    Ok(())
}

/// Several actions on one item are refused: which of them should win?
fn check_distinct<'a>(keys: impl Iterator<Item = (&'a Table, &'a [u8])>) -> Result<(), ApiError> {
    let mut seen: Vec<_> = keys.map(|(table, key)| (table.tree, key)).collect();
    crate::collections::sort(&mut seen);
    if seen.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        return Err(ApiError::validation(
            "Transaction request cannot include multiple operations on one item",
        ));
    }
    Ok(())
}
