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

pub(super) use get::begin as begin_get;
pub(super) use write::begin as begin_write;

use super::ApiError;
use crate::engine::Table;

/// Bytes that one transaction may write or read.
const MAX_BYTES: u64 = 4 << 20;

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
