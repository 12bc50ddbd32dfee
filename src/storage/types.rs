//! The small words of the storage engine.

use std::fmt;

use super::Bytes;

/// Sequence number of a commit; 0 is before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeqNo(pub u64);

impl SeqNo {
    /// Later than every commit.
    pub const MAX: Self = Self(u64::MAX);
}

/// Number of a tree: a table or an index. Never used again after the tree is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub u32);

impl TreeId {
    /// The tree of that number. Trees are counted on from; more than these there never are.
    pub(crate) fn new(number: u64) -> Option<Self> {
        (number < 1 << 31).then_some(Self(number as u32))
    }
}

/// Id of a block in [`Space::Block`](crate::platform::Space::Block). Grows, and is never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockId(pub u64);

/// One key of one tree gets a value, or loses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub tree: TreeId,
    /// At most 32 KB.
    pub key: Bytes,
    /// `None` is a tombstone.
    pub value: Option<Bytes>,
    /// It is not known what the key had: that counts on until a merge finds it, see
    /// [`Storage::take_settlements`](super::Storage::take_settlements).
    pub blind: bool,
    /// The second since 1970 from which on the value is due to be deleted; 0: never, or nobody knows.
    pub due: u64,
}

impl Change {
    /// A value, by someone who knows what the key had.
    pub fn put(tree: TreeId, key: Bytes, value: Bytes) -> Self {
        Self { tree, key, value: Some(value), blind: false, due: 0 }
    }

    /// A tombstone, by someone who knows what the key had.
    pub fn delete(tree: TreeId, key: Bytes) -> Self {
        Self { tree, key, value: None, blind: false, due: 0 }
    }
}

/// What a key held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Commit that wrote the version, tombstones included; 0 when the key was never seen. A tombstone that merged
    /// away counts as never seen.
    pub seq: SeqNo,
    /// The value; `None` when absent or deleted.
    pub value: Option<Bytes>,
}

/// Bytes that are not what this module wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corruption {
    /// What kind of bytes: "block", "manifest", "record", ...
    pub what: &'static str,
    /// Id of the value in its space, 0 where there is none.
    pub id: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Corruption {
    /// Why, of what a later version wrote: no damage.
    pub const NEWER: &str = "a newer format";

    pub(crate) const fn new(what: &'static str, id: u64, why: &'static str) -> Self {
        Self { what, id, why }
    }
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} is corrupt: {}", self.what, self.id, self.why)
    }
}

impl std::error::Error for Corruption {}

/// Sizes the storage works with. The defaults suit a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StorageOptions {
    /// Bytes of blocks kept in memory. Must hold the blocks one operation needs at once: a megabyte does.
    pub cache_bytes: usize,
    /// Bytes at which the active memory table is frozen.
    pub memory_table_bytes: usize,
    /// Log frames since the last freeze at which the active table is frozen whatever its size.
    pub log_frames: u64,
    /// Size data blocks aim at.
    pub block_bytes: usize,
    /// Size data blocks of large level-0 pieces aim at.
    pub bulk_block_bytes: usize,
    /// Largest piece.
    pub piece_bytes: usize,
    /// Values above this go to overflow blocks.
    pub overflow_bytes: usize,
    /// Level-0 pieces of a tree that start a merge when the application pauses, and always when they are small.
    pub level0_pieces: usize,
    /// Level-0 pieces of a tree that start a merge while it writes: the more are merged at once, the less is rewritten. Twice
    /// as many make writes wait.
    pub level0_busy: usize,
    /// Bytes level 1 of a tree may hold; each further level holds ten times as much.
    pub level1_bytes: u64,
    /// Bytes a job works through before it yields.
    pub slice_bytes: usize,
    /// Bytes of blocks a job puts into one commit.
    pub write_bytes: usize,
}

impl Default for StorageOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 32 << 20,
            memory_table_bytes: 4 << 20,
            log_frames: 1024,
            block_bytes: 32 << 10,
            bulk_block_bytes: 63_000,
            piece_bytes: 4 << 20,
            overflow_bytes: 8 << 10,
            level0_pieces: 4,
            level0_busy: 16,
            level1_bytes: 32 << 20,
            slice_bytes: 64 << 10,
            write_bytes: 512 << 10,
        }
    }
}

/// Of the bytes that a tree has in sorted pieces, those of one key range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extent {
    /// Bytes in the range.
    pub inside: u64,
    /// All bytes.
    pub all: u64,
}

/// Figures for tests and benches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StorageStats {
    /// Pieces per level, all trees together.
    pub levels: Vec<usize>,
    /// Entries of all pieces, superseded ones included.
    pub entries: u64,
    /// Bytes of the data blocks and overflow blocks of all pieces.
    pub bytes: u64,
    /// Bytes in the active memory table.
    pub active_bytes: usize,
    /// Memory tables that wait for their flush.
    pub frozen: usize,
    /// Runs of block ids that wait for their deletion.
    pub pending_deletions: usize,
    /// Bytes of cached blocks.
    pub cache_bytes: usize,
    /// Block look-ups that were answered by the cache.
    pub cache_hits: u64,
    /// Block look-ups that were not.
    pub cache_misses: u64,
}
