//! The storage as its users see it: memory tables, pieces and cache behind one set of calls.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use super::block::{Block, Held, Kind, Span};
use super::cache::Cache;
use super::filter;
use super::levels::{Levels, TreePieces};
use super::memory::MemoryTable;
use super::registry::Registry;
use super::run::{Range, assemble};
use super::settle::Settlements;
use super::snapshot::{SharedTable, Snapshot};
use super::{
    BlockId, Bytes, Change, Corruption, Cursor, Extent, Found, Manifest, SeqNo, StorageOptions, StorageStats,
    TreeId,
};
use crate::collections::VecMap;
use crate::platform::{Batch, Space, Write};

/// Frames that may stay in the log with nothing in the active table.
const MAX_IDLE_FRAMES: u64 = 4;
/// Frozen tables that make the driver wait.
const MAX_FROZEN: usize = 4;

/// Each epoch has 2^32 block ids: 256 TB of blocks. Two million epochs stay below 2^53, where IndexedDB's keys end.
pub(super) const EPOCH_SHIFT: u32 = 32;

/// A memory table that takes no more changes and waits to be written as pieces.
pub(super) struct Frozen {
    pub(super) table: SharedTable,
    /// First frame of the log with changes of this table.
    pub(super) log_start: u64,
    /// First frame after.
    pub(super) next_log: u64,
    pub(super) max_seq: SeqNo,
    pub(super) catalog: Vec<u8>,
    /// All settlements that the catalog has.
    pub(super) settled: Settlements,
}

/// Blocks nobody will ask for, once all sets of pieces before number `since` are let go.
#[derive(Clone, Copy)]
pub(super) struct Garbage {
    pub(super) span: Span,
    pub(super) since: u64,
}

/// Sorted key spaces ("trees") with many versions, in memory and in blocks.
pub struct Storage {
    pub(super) options: StorageOptions,
    pub(super) active: SharedTable,
    /// First frame of the log with changes of the active table.
    active_log: u64,
    /// Oldest first.
    pub(super) frozen: VecDeque<Frozen>,
    pub(super) levels: Rc<Levels>,
    /// Earlier sets of pieces that may still be in use.
    pub(super) earlier: Vec<(u64, Weak<Levels>)>,
    pub(super) cache: Cache,
    registry: Registry,
    latest: SeqNo,
    durable: SeqNo,
    /// With the commit that dropped each.
    pub(super) dropped: VecMap<TreeId, SeqNo>,
    /// As last committed, but for the fences and the counters, which run ahead.
    pub(super) manifest: Manifest,
    pub(super) garbage: Vec<Garbage>,
    /// All there were since the catalog that was opened; of these, those that the manifest's catalog has, and those that
    /// were not handed out.
    pub(super) settled: Settlements,
    pub(super) in_catalog: Settlements,
    pub(super) new_settlements: Settlements,
    /// A job is under way.
    pub(super) busy: bool,
    /// Where the last merge of a level ended: the next one takes the piece after.
    pub(super) merged_up_to: VecMap<(TreeId, u8), Bytes>,
}

impl Storage {
    /// An empty storage.
    pub fn new(options: StorageOptions) -> Self {
        Self::from_manifest(options, Manifest::default())
    }

    /// The storage a manifest describes. The log from [`Manifest::log_start`] has to be applied again.
    pub fn from_manifest(options: StorageOptions, manifest: Manifest) -> Self {
        let garbage = manifest.pending.iter().map(|span| Garbage { span: *span, since: 0 }).collect();
        Self {
            options,
            active: SharedTable::default(),
            active_log: manifest.log_start,
            frozen: VecDeque::new(),
            levels: Rc::new(Levels::default().changed(&[], &manifest.pieces)),
            earlier: Vec::new(),
            cache: Cache::new(options.cache_bytes),
            registry: Registry::default(),
            latest: manifest.checkpoint,
            durable: manifest.checkpoint,
            dropped: manifest.dropped.iter().map(|tree| (*tree, manifest.checkpoint)).collect(),
            garbage,
            settled: manifest.settled.clone(),
            in_catalog: Settlements::default(),
            new_settlements: manifest.settled.clone(),
            busy: false,
            merged_up_to: VecMap::new(),
            manifest,
        }
    }

    /// An owner's epoch and the number of its first frame, from replay and for the own one. Trimming the log
    /// spares these frames: an owner that was replaced without noticing must find its next number taken.
    pub fn add_fence(&mut self, epoch: u64, frame: u64) {
        self.manifest.add_fence(epoch, frame);
    }

    /// Begins the epoch of an owner: its blocks get ids that no owner before it uses, so that blocks which a
    /// replaced owner still writes meet none of ours.
    pub fn begin_epoch(&mut self, epoch: u64, frame: u64) {
        self.add_fence(epoch, frame);
        let first = BlockId(epoch << EPOCH_SHIFT);
        self.manifest.next_block = self.manifest.next_block.max(first);
    }

    /// Puts one change into the active memory table. `seq` never decreases; several changes of different keys may
    /// share one.
    pub fn apply(&mut self, seq: SeqNo, change: Change) {
        self.latest = self.latest.max(seq);
        self.active.borrow_mut().insert(seq, change, self.durable, &self.registry);
    }

    /// What merges found since the last call that blind changes had superseded: per tree, what its count of entries
    /// and their bytes have become too high by. At first, what an owner before found and no catalog has.
    pub fn take_settlements(&mut self) -> Settlements {
        std::mem::take(&mut self.new_settlements)
    }

    /// Counts a commit that changes no key, such as one of the catalog. Every commit's number goes through here or
    /// through [`Storage::apply`] before its group is closed, or a table could be flushed too early.
    pub fn advance(&mut self, seq: SeqNo) {
        self.latest = self.latest.max(seq);
    }

    /// Bytes that work between the calls of the application goes through before it yields.
    pub fn slice_bytes(&self) -> usize {
        self.options.slice_bytes
    }

    /// The first frame of the log that is not in the pieces.
    pub fn log_start(&self) -> u64 {
        self.manifest.log_start
    }

    /// The last commit applied.
    pub fn latest(&self) -> SeqNo {
        self.latest
    }

    /// All commits up to `seq` are in the store.
    pub fn set_durable(&mut self, seq: SeqNo) {
        self.durable = self.durable.max(seq);
    }

    /// The last commit that is in the store.
    pub fn durable(&self) -> SeqNo {
        self.durable
    }

    /// Forgets every commit after the durable one: writing them failed, and their frames are not in the log.
    /// Tables frozen since are active again, so their catalogs are asked for again when they freeze.
    pub fn rollback(&mut self) {
        while self.frozen.back().is_some_and(|last| last.max_seq > self.durable) {
            let Some(last) = self.frozen.pop_back() else { break };
            // Everything in a younger table came after commits of this one that are forgotten.
            self.active = last.table;
            self.active_log = last.log_start;
        }
        self.active.borrow_mut().rollback(self.durable);
        self.dropped.retain(|_, seq| *seq <= self.durable);
        self.latest = self.durable;
    }

    /// Everything as of `at`, which is [`Storage::durable`] or later. Whoever asks more than once, or reads blocks
    /// in between, asks through a snapshot.
    pub fn snapshot(&self, at: SeqNo) -> Snapshot {
        Snapshot::new(at, self.tables().cloned().collect(), Rc::clone(&self.levels), &self.registry)
    }

    fn tables(&self) -> impl Iterator<Item = &SharedTable> {
        std::iter::once(&self.active).chain(self.frozen.iter().rev().map(|frozen| &frozen.table))
    }

    /// The newest version of a key at `at`, which is [`Storage::durable`] or later. `None`: blocks are missing,
    /// and `missing` has all that this key may need next. A block that has gone when it is read means a merge came
    /// between: ask again.
    pub fn get(&mut self, tree: TreeId, key: &[u8], at: SeqNo, missing: &mut Vec<BlockId>) -> Option<Found> {
        if let Some(found) = in_memory(self.tables(), tree, key, at) {
            return Some(found);
        }
        in_pieces(self.levels.trees.get(&tree), key, at, &mut self.cache, missing)
    }

    /// [`Storage::get`] from a snapshot, at its sequence number.
    pub fn get_at(
        &mut self,
        snapshot: &Snapshot,
        tree: TreeId,
        key: &[u8],
        missing: &mut Vec<BlockId>,
    ) -> Option<Found> {
        let view = &snapshot.0;
        if let Some(found) = in_memory(view.tables.iter(), tree, key, view.at) {
            return Some(found);
        }
        in_pieces(view.levels.trees.get(&tree), key, view.at, &mut self.cache, missing)
    }

    /// A cursor over `lower..upper` of a tree at `at`, which is [`Storage::durable`] or later.
    pub fn cursor(
        &mut self,
        tree: TreeId,
        lower: Vec<u8>,
        upper: Option<Vec<u8>>,
        reverse: bool,
        at: SeqNo,
    ) -> Cursor {
        Cursor::new(self.snapshot(at), tree, Range { lower, upper, reverse })
    }

    /// A cursor that shares a snapshot.
    pub fn cursor_at(
        &self,
        snapshot: &Snapshot,
        tree: TreeId,
        lower: Vec<u8>,
        upper: Option<Vec<u8>>,
        reverse: bool,
    ) -> Cursor {
        Cursor::new(snapshot.clone(), tree, Range { lower, upper, reverse })
    }

    /// Takes a block that was read into the cache, if it is what it should be.
    pub fn install(&mut self, id: BlockId, bytes: Vec<u8>) -> Result<(), Corruption> {
        let block = Block::open(id, bytes)?;
        self.cache.insert(id, Rc::new(block));
        Ok(())
    }

    /// Puts nothing in the place of a block that is lost, for a walk that is to go on behind it.
    pub fn install_hole(&mut self, id: BlockId) {
        self.cache.insert(id, Rc::new(Block::hole()));
    }

    /// A storage without entries for a database that begins anew, in the same store and after all that is there.
    #[must_use]
    pub fn succeeding(&self) -> Self {
        let manifest = self.manifest.emptied(self.latest);
        Self::from_manifest(self.options, manifest)
    }

    /// Deletes the blocks of all epochs before `epoch`.
    pub fn delete_epochs_before(epoch: u64) -> Write {
        Write::DeleteRange(Space::Block, 0, epoch << EPOCH_SHIFT)
    }

    /// An epoch that no block was written in.
    pub fn epoch_after(&self, epoch: u64) -> u64 {
        epoch.max(self.manifest.next_block.0 >> EPOCH_SHIFT) + 1
    }

    /// A group of commits was handed over, and the next one's first frame is `next_log`. Freezes the active table
    /// when it is large enough or the log is long enough; then asks for the catalog as of [`Storage::latest`].
    pub fn close_group(&mut self, next_log: u64, catalog: impl FnOnce() -> Vec<u8>) {
        let frames = next_log.saturating_sub(self.active_log);
        if self.active.borrow().bytes() >= self.options.memory_table_bytes
            || frames >= self.options.log_frames
        {
            self.freeze(next_log, catalog());
        }
    }

    /// Whether to replay the active table takes long enough for an opening to notice.
    pub fn tail_is_long(&self, next_log: u64) -> bool {
        let frames = next_log.saturating_sub(self.active_log);
        let active = self.active.borrow();
        active.bytes() >= self.options.memory_table_bytes / 16
            || frames >= self.options.log_frames / 4
            || self.has_dropped_blocks()
            // A table may freeze with commits that were still on their way: their frames are in the log for nothing.
            || (active.is_empty() && frames > MAX_IDLE_FRAMES)
    }

    /// Whether blocks of dropped trees wait for a checkpoint without these: the sooner it comes the sooner they go.
    fn has_dropped_blocks(&self) -> bool {
        let waits = |seq: SeqNo| seq > self.manifest.checkpoint && seq <= self.durable;
        self.dropped.iter().any(|(tree, seq)| waits(*seq) && self.levels.trees.contains_key(tree))
    }

    /// Freezes the active table whatever its size: before closing, say, so that opening has nothing to replay.
    pub fn freeze(&mut self, next_log: u64, catalog: Vec<u8>) {
        if self.active.borrow().is_empty() && next_log == self.active_log {
            return;
        }
        let table = std::mem::take(&mut self.active);
        self.frozen.push_back(Frozen {
            table,
            log_start: self.active_log,
            next_log,
            max_seq: self.latest,
            catalog,
            settled: self.settled.since(&self.new_settlements, |_| true),
        });
        self.active_log = next_log;
    }

    /// Whether memory holds entries that no piece has.
    pub fn has_unflushed(&self) -> bool {
        self.tables().any(|table| !table.borrow().is_empty())
    }

    /// The manifest that was committed is the whole database, up to commit `seq`: memory holds nothing beside it.
    pub(super) fn adopt_checkpoint(&mut self, seq: SeqNo) {
        self.active_log = self.manifest.log_start;
        // Frozen, if at all, without an entry, and with a catalog that is no longer true.
        self.frozen.clear();
        self.latest = self.latest.max(seq);
        self.durable = self.durable.max(seq);
    }

    /// Drops a tree by the commit that is the latest now. Nobody asks for the tree any more, nor uses its id again.
    /// What memory holds of it is not written, and its pieces and blocks go by jobs, once that commit is part of a
    /// checkpoint: until then a loss of power may undo it.
    pub fn drop_tree(&mut self, tree: TreeId) {
        let latest = self.latest;
        self.dropped.get_or_insert_with(tree, || latest);
    }

    /// Whether a checkpoint at `seq` no longer has this tree.
    pub fn is_dropped_at(&self, tree: TreeId, seq: SeqNo) -> bool {
        self.dropped.get(&tree).is_some_and(|dropped| *dropped <= seq)
    }

    /// Whether jobs lag behind, so that writes should wait.
    pub fn pressure(&self) -> bool {
        let many = self.options.level0_busy * 2;
        self.frozen.len() >= MAX_FROZEN
            || self.levels.trees.values().any(|pieces| pieces.level0.len() >= many)
    }

    /// The manifest as it stands, as writes: to begin a database with, before any job.
    pub fn initial_manifest(&mut self) -> Batch {
        self.manifest.generation += 1;
        let before = self.manifest.chunks.clone();
        self.manifest.encode(&before)
    }

    /// How much of a tree's pieces lies within `lower..upper`. A piece that is partly inside counts as outside.
    pub fn extent(&self, tree: TreeId, lower: &[u8], upper: Option<&[u8]>) -> Extent {
        let mut extent = Extent::default();
        let Some(pieces) = self.levels.trees.get(&tree) else { return extent };
        for piece in pieces.all() {
            extent.all = extent.all.saturating_add(piece.bytes);
            if piece.is_within(lower, upper) {
                extent.inside = extent.inside.saturating_add(piece.bytes);
            }
        }
        extent
    }

    /// The last commit that wrote to a tree whose keys are in the order of commits; of another one, some commit that did.
    /// 0: none did.
    pub fn last_seq(&self, tree: TreeId) -> SeqNo {
        let mut last = SeqNo::default();
        for table in self.tables() {
            last = last.max(table.borrow().last_seq(tree));
        }
        for piece in self.levels.trees.get(&tree).into_iter().flat_map(TreePieces::all) {
            last = last.max(piece.max_seq);
        }
        last
    }

    /// Figures for tests and benches.
    pub fn stats(&self) -> StorageStats {
        let mut stats = StorageStats {
            active_bytes: self.active.borrow().bytes(),
            frozen: self.frozen.len(),
            pending_deletions: self.garbage.len(),
            cache_bytes: self.cache.bytes(),
            cache_hits: self.cache.hits,
            cache_misses: self.cache.misses,
            ..StorageStats::default()
        };
        for piece in self.levels.all() {
            let level = usize::from(piece.level);
            if stats.levels.len() <= level {
                stats.levels.resize(level + 1, 0);
            }
            if let Some(count) = stats.levels.get_mut(level) {
                *count += 1;
            }
            stats.entries += piece.entries;
            stats.bytes += piece.bytes;
        }
        stats
    }
}

fn in_memory<'a>(
    tables: impl IntoIterator<Item = &'a Rc<RefCell<MemoryTable>>>,
    tree: TreeId,
    key: &[u8],
    at: SeqNo,
) -> Option<Found> {
    tables.into_iter().find_map(|table| {
        let table = table.borrow();
        table.get(tree, key, at).map(|version| Found { seq: version.seq, value: version.value.clone() })
    })
}

fn in_pieces(
    pieces: Option<&TreePieces>,
    key: &[u8],
    at: SeqNo,
    cache: &mut Cache,
    missing: &mut Vec<BlockId>,
) -> Option<Found> {
    let before = missing.len();
    let Some(pieces) = pieces else { return Some(Found::default()) };
    let mut hash = None;
    for piece in pieces.candidates(key) {
        let unknown = match piece.may_hold(*hash.get_or_insert_with(|| filter::hash(key)), cache) {
            Ok(false) => continue,
            Ok(true) => false,
            // With it comes the index, if that is needed too; the data block only once the filter lets the key pass.
            Err(id) => {
                missing.push(id);
                true
            }
        };
        let block = match piece.locate(key, cache) {
            Ok(None) => continue,
            Ok(Some(_)) if unknown => continue,
            Ok(Some(id)) => cache.get(id).ok_or(id),
            Err(id) => Err(id),
        };
        let block = match block {
            Ok(block) => block,
            // The older candidates are looked at all the same, so that one round of reads serves the key.
            Err(id) => {
                missing.push(id);
                continue;
            }
        };
        let entry = Some(block)
            .filter(|block| block.kind() == Kind::Data)
            .and_then(|block| block.entry(block.below(key)));
        let Some(entry) = entry.filter(|entry| *entry.key == *key && entry.seq <= at) else { continue };
        if missing.len() > before {
            break;
        }
        let value = match entry.value {
            Held::Tombstone => None,
            Held::Inline(value) => Some(value),
            Held::Overflow(value) => Some(assemble(value, cache, missing)?),
        };
        return Some(Found { seq: entry.seq, value });
    }
    (missing.len() == before).then(Found::default)
}
