//! The storage engine: a multi-version memory table in front of sorted, immutable blocks.
//!
//! A tree (a table or an index) is a memory table, then level-0 pieces newest first, then levels of pieces that
//! do not overlap. Everything here is synchronous and pure: what needs a block that is not in the cache says
//! which, and is asked again once the block was [installed](Storage::install); what has to be written comes out
//! of a [`Job`] as batches.
//!
//! This module refuses to know what a key or a value means, but for the size that an item counts by, who reads blocks or commits batches, and when.

mod block;
mod bulk;
mod bytes;
mod cache;
pub(crate) mod coding;
mod cursor;
mod due;
mod filter;
mod job;
mod levels;
mod manifest;
mod memory;
mod piece;
mod registry;
mod run;
mod settle;
mod snapshot;
mod tree;
mod types;
pub mod verify;
mod writer;

#[cfg(test)]
mod tests;

pub use bulk::{Bulk, BulkStep, Busy};
pub use bytes::Bytes;
pub use cursor::{Cursor, CursorStep};
pub use due::{Candidate, DueStep, DueWalk, Looked};
pub use job::{Checkpoint, Job, JobStep};
pub use manifest::{MAX_CHUNK, Manifest};
pub use settle::Settlements;
pub use snapshot::Snapshot;
pub use tree::Storage;
pub use types::{BlockId, Change, Corruption, Extent, Found, SeqNo, StorageOptions, StorageStats, TreeId};
