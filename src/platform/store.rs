//! The store contract: the one way the engine reaches persistent bytes.
//!
//! A store is three spaces of values by `u64` id. Values are at most 64,000 bytes and what seals them, so that they fit every store
//! there is. `commit` is the only way to write. One behaviour suite holds for every store.

use super::LocalFuture;

/// Largest value that is kept, in bytes.
pub const MAX_VALUE: usize = 64_000;

/// Largest value a store must take, in bytes: encryption adds to what is kept.
pub const MAX_STORED: usize = MAX_VALUE + 64;

/// Which space an id belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Space {
    /// Frames of the write-ahead log, by dense number.
    Log = 0,
    /// Blocks of sorted runs and overflow values.
    Block = 1,
    /// The manifest and its parts.
    Meta = 2,
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Writes a value that must not exist yet; else the whole commit fails with [`StoreError::Conflict`].
    Add(Space, u64, Vec<u8>),
    /// Writes or replaces a value.
    Put(Space, u64, Vec<u8>),
    /// Removes a value; absent is fine.
    Delete(Space, u64),
    /// Removes all ids in `from..to`.
    DeleteRange(Space, u64, u64),
}

/// Changes that become visible together.
pub type Batch = Vec<Write>;

/// How long a completed commit lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Survives the death of the page and the process, not of the power.
    Relaxed,
    /// Survives the death of the power too, and so do all commits completed before it.
    Strict,
}

/// Why a store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// An [`Write::Add`] met an existing value: another owner writes here. Nothing was written.
    Conflict,
    /// Nothing was written; the store goes on.
    Aborted(String),
    /// Nothing was written: no space left.
    Full(String),
    /// Whether the batch was written is not known; read to find out.
    Unknown(String),
    /// The store is closed or its connection is lost.
    Closed(String),
    /// The store could not be opened this time; another try may do.
    Failed(String),
    /// There is no such store here, and there will be none.
    Unavailable(String),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conflict => f.write_str("another owner writes to this database"),
            Self::Aborted(why) => write!(f, "the storage commit was aborted: {why}"),
            Self::Full(why) => write!(f, "the storage is full: {why}"),
            Self::Unknown(why) => write!(f, "the outcome of a storage commit is unknown: {why}"),
            Self::Closed(why) => write!(f, "the storage connection is closed: {why}"),
            Self::Failed(why) => write!(f, "the storage could not be opened: {why}"),
            Self::Unavailable(why) => write!(f, "the storage is unavailable: {why}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// Bytes kept and bytes allowed, where the store can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use.
    pub used: u64,
    /// Bytes allowed.
    pub quota: Option<u64>,
}

/// Values with their ids, ascending.
pub type Listed = Vec<(u64, Vec<u8>)>;

/// Persistent bytes. Calls may overlap; commits take effect in the order they were made.
pub trait Store {
    /// The values of `ids`, in that order; `None` where absent.
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>>;
    /// Up to `limit` (id, value) with `from <= id < to`, ascending.
    fn list(&self, space: Space, from: u64, to: u64, limit: usize)
    -> LocalFuture<Result<Listed, StoreError>>;
    /// Applies all of `batch` or nothing, up to [`Store::max_atomic_bytes`] of values.
    ///
    /// Resolves when the batch is as lasting as `durability` says. On [`Durability::Strict`] every commit that
    /// completed before is as lasting too.
    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>>;
    /// Bytes of values one commit may carry.
    fn max_atomic_bytes(&self) -> usize;
    /// Space used and allowed.
    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>>;
    /// Of a store that was opened in spite of damage: makes what it holds now all that it has, durably, so that it opens
    /// as any other from now on.
    fn leave_damage(&self) -> LocalFuture<Result<(), StoreError>> {
        Box::pin(std::future::ready(Ok(())))
    }
    /// Releases the store; later calls fail with [`StoreError::Closed`].
    fn close(&self) -> LocalFuture<()>;
}
