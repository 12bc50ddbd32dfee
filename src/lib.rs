//! dynatab: a DynamoDB-compatible engine that runs where the application runs.
//!
//! The layers, from the bytes up:
//!
//! - `checksum`, `collections`: CRC-32; sorted maps and a sort that cost little code.
//! - [`item`]: attribute values, numbers, the one item encoding, sizes, order-preserving key bytes.
//! - [`expression`]: condition, filter, key-condition, projection and update expressions over item bytes.
//! - [`partiql`]: statements to the same conditions, updates and projections.
//! - [`platform`]: the store contract, clock, entropy, timers; memory, files, IndexedDB, and a simulated one.
//! - [`log`]: the write-ahead log's records and frames.
//! - [`dump`]: the file that a database is dumped to and loaded from.
//! - [`storage`]: memory table, sorted runs of blocks, manifest, cache, cursors, merging. No I/O of its own.
//! - [`engine`]: tables, items and indexes over `storage`. Synchronous, no clock, no I/O.
//! - [`api`]: one typed request and response per operation, their checks, DynamoDB's words.
//! - [`wire`]: AWS JSON 1.0 in and out of the internal document form.
//! - [`driver`]: runs operations over a platform: fetches blocks, commits in groups, runs jobs.
//! - `bindings` (wasm only): the thin JavaScript shell.

pub mod api;
#[cfg(target_arch = "wasm32")]
pub mod bindings;
mod checksum;
mod collections;
mod compression;
pub mod driver;
pub mod dump;
pub mod engine;
pub mod expression;
pub mod item;
pub mod log;
pub mod partiql;
pub mod platform;
pub mod storage;
pub mod wire;
