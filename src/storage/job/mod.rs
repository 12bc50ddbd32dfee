//! Jobs: work behind the reads and writes, in slices. A job asks for blocks, hands out blocks to commit, and ends
//! with one manifest edit, which makes everything it wrote visible at once.

mod flush;
mod merge;
mod remove;

use std::rc::Rc;

use flush::Flush;
use merge::Merge;
pub(super) use merge::limit;
use remove::Remove;

use super::block::{Block, Span, packed};
use super::levels::Levels;
use super::manifest::delete;
use super::piece::Piece;
use super::settle::Settlements;
use super::tree::Garbage;
use super::writer::Output;
use super::{BlockId, Manifest, SeqNo, Storage};
use crate::collections::sort;
use crate::platform::{Batch, Space, Write};

/// Runs of blocks deleted in one commit.
const MAX_DELETIONS: usize = 256;
/// Bytes of data blocks read ahead of a merge.
const MERGE_AHEAD: u64 = 64 << 10;

/// What a job needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobStep {
    /// Read these blocks and install them, then go on.
    Read(Vec<BlockId>),
    /// Commit these blocks, wait until that is done, then go on.
    ///
    /// Both kinds of commit are to be [`Durability::Strict`](crate::platform::Durability::Strict), so that after a
    /// loss of power no manifest names blocks that were lost, and none that were deleted. A driver that fences its
    /// commits adds a log frame to both.
    Write(Batch),
    /// A slice is over: let others have their turn, then go on.
    Yield,
    /// Commit this, then call [`Job::complete`]; or [`Job::abort`] if it was not written.
    Finish(Batch),
    /// Nothing was left to do: call [`Job::complete`].
    Done,
}

enum Work {
    Flush(Flush),
    Merge(Merge),
    Remove(Remove),
    /// A piece that overlaps nothing goes one level down as it is.
    Move,
    /// Blocks that were let go are deleted.
    Collect,
    Finished,
}

/// What the manifest says of log and catalog once a load is in it.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Last commit that is in pieces and catalog.
    pub seq: SeqNo,
    /// First frame of the log that is not.
    pub next_log: u64,
    /// The catalog.
    pub catalog: Vec<u8>,
}

/// What an edit does to the set of pieces.
#[derive(Default)]
pub(super) struct Edit {
    pub(super) add: Vec<Rc<Piece>>,
    remove: Vec<u64>,
    garbage: Vec<Span>,
    flushes: bool,
    settled: Settlements,
    /// Of a load, which no memory table speaks for.
    pub(super) checkpoint: Option<Checkpoint>,
}

/// The state after an edit, until the edit is known to be in the store.
pub(super) struct Planned {
    manifest: Manifest,
    levels: Levels,
    garbage: Vec<Garbage>,
    deleted: Vec<Span>,
    flushes: bool,
    settled: Settlements,
    in_catalog: Settlements,
}

/// What jobs go through to write.
#[derive(Default)]
pub(super) struct Written {
    /// Those of the step under way.
    pub(super) blocks: Vec<(BlockId, Vec<u8>)>,
    /// Those before, as they are kept.
    packed: Batch,
    /// Bytes of these, before they were packed.
    bytes: usize,
}

/// One flush, merge, removal or deletion under way.
pub struct Job {
    work: Work,
    edit: Edit,
    written: Written,
    /// First block id that this job took.
    first_block: BlockId,
    planned: Option<Planned>,
}

/// How far a kind of work came in its slice.
enum Progress {
    Read(Vec<BlockId>),
    More,
    Finished,
}

impl Job {
    /// The flush of the oldest frozen table, if there is one.
    pub(super) fn flush(storage: &mut Storage) -> Option<Self> {
        let flush = Flush::choose(storage)?;
        let edit = Edit { flushes: true, ..Edit::default() };
        let first_block = storage.manifest.next_block;
        Some(Self { work: Work::Flush(flush), edit, written: Written::default(), first_block, planned: None })
    }

    /// Whether it writes a memory table, which shortens the log.
    pub fn flushes(&self) -> bool {
        self.edit.flushes || self.planned.as_ref().is_some_and(|planned| planned.flushes)
    }

    /// The most urgent work, if any.
    pub(super) fn choose(storage: &mut Storage, pausing: bool) -> Option<Self> {
        if let Some(flush) = Self::flush(storage) {
            return Some(flush);
        }
        let mut edit = Edit::default();
        let work = if let Some(remove) = Remove::choose(storage) {
            Work::Remove(remove)
        } else if let Some(merge) = Merge::choose(storage, pausing) {
            match merge.as_move() {
                Some((remove, add)) => {
                    edit.remove.push(remove);
                    edit.add.push(add);
                    Work::Move
                }
                None => Work::Merge(merge),
            }
        } else if storage.garbage.iter().any(|garbage| garbage.since <= storage.oldest_in_use()) {
            Work::Collect
        } else {
            return None;
        };
        let first_block = storage.manifest.next_block;
        Some(Self { work, edit, written: Written::default(), first_block, planned: None })
    }

    /// Works until something is needed from outside or a slice is over.
    pub fn step(&mut self, storage: &mut Storage) -> JobStep {
        let mut budget = storage.options.slice_bytes;
        loop {
            if self.written.grown(storage) >= storage.options.write_bytes {
                return JobStep::Write(self.written.take(storage));
            }
            if budget == 0 {
                return JobStep::Yield;
            }
            let written = &mut self.written.blocks;
            let progress = match &mut self.work {
                Work::Flush(flush) => flush.step(storage, &mut self.edit, written, &mut budget),
                Work::Merge(merge) => merge.step(storage, &mut self.edit, written, &mut budget),
                Work::Remove(remove) => remove.step(storage, &mut self.edit, &mut budget),
                Work::Move | Work::Collect => Progress::Finished,
                Work::Finished => return JobStep::Done,
            };
            match progress {
                Progress::Read(blocks) => return JobStep::Read(blocks),
                Progress::More => {}
                Progress::Finished => {
                    self.work = Work::Finished;
                    let mut batch = self.written.take(storage);
                    let (planned, mut edit) = storage.plan(std::mem::take(&mut self.edit));
                    batch.append(&mut edit);
                    self.planned = Some(planned);
                    return JobStep::Finish(batch);
                }
            }
        }
    }

    /// The edit is in the store.
    pub fn complete(self, storage: &mut Storage) {
        storage.busy = false;
        if let Some(planned) = self.planned {
            storage.adopt(planned);
        }
    }

    /// The edit is not in the store, or will not be: the work is done again later.
    pub fn abort(self, storage: &mut Storage) {
        storage.busy = false;
        storage.give_up_blocks(self.first_block);
    }
}

impl Written {
    /// Packs the blocks that are new, a step's, which is less work at once than all of a batch; gives the bytes that wait.
    /// As far as there is room they go into the cache: what was just written is what is asked for next.
    pub(super) fn grown(&mut self, storage: &mut Storage) -> usize {
        for (id, block) in self.blocks.drain(..) {
            self.bytes += block.len();
            if storage.cache.has_room(block.len())
                && let Ok(block) = Block::own(id, block.clone())
            {
                storage.cache.insert(id, Rc::new(block));
            }
            self.packed.push(Write::Put(Space::Block, id.0, packed(block)));
        }
        self.bytes
    }

    /// All that waits, as a batch.
    pub(super) fn take(&mut self, storage: &mut Storage) -> Batch {
        self.grown(storage);
        std::mem::take(self).packed
    }
}

impl Storage {
    /// Work to do: a flush, the removal of a dropped tree, a merge, a deletion of blocks. One job at a time: the
    /// next comes after [`Job::complete`] or [`Job::abort`]. When the application is `pausing`, nothing is put off.
    pub fn next_job(&mut self, pausing: bool) -> Option<Job> {
        if self.busy {
            return None;
        }
        let job = Job::choose(self, pausing)?;
        self.busy = true;
        Some(job)
    }

    /// Whether a merge was put off until the application pauses.
    pub fn merges_in_pause(&self) -> bool {
        self.levels.trees.values().any(|pieces| pieces.level0.len() >= self.options.level0_pieces)
    }

    /// Like [`Storage::next_job`], but only a flush.
    pub fn next_flush(&mut self) -> Option<Job> {
        if self.busy {
            return None;
        }
        let job = Job::flush(self)?;
        self.busy = true;
        Some(job)
    }

    /// The blocks from `first` on belong to a job that came to nothing.
    pub(super) fn give_up_blocks(&mut self, first: BlockId) {
        let count = self.manifest.next_block.0.saturating_sub(first.0);
        if count > 0 {
            self.garbage.push(Garbage { span: Span { first, count }, since: 0 });
        }
    }

    pub(super) fn output<'a>(
        &'a mut self,
        pieces: &'a mut Vec<Rc<Piece>>,
        blocks: &'a mut Vec<(BlockId, Vec<u8>)>,
    ) -> Output<'a> {
        let Manifest { next_block, next_piece, .. } = &mut self.manifest;
        Output { next_block, next_piece, blocks, pieces }
    }

    /// Number of the oldest set of pieces that a reader holds, or of the newest.
    fn oldest_in_use(&self) -> u64 {
        let held = self.earlier.iter().filter(|(_, levels)| levels.strong_count() > 0);
        held.map(|(number, _)| *number).min().unwrap_or(self.levels.number)
    }

    /// What an edit makes of manifest and pieces, and its writes.
    pub(super) fn plan(&mut self, edit: Edit) -> (Planned, Batch) {
        let levels = self.levels.changed(&edit.remove, &edit.add);
        let oldest = self.oldest_in_use();
        let (free, mut garbage): (Vec<_>, Vec<_>) =
            self.garbage.iter().partition(|garbage| garbage.since <= oldest);
        let mut deleted = joined(free.iter().map(|garbage: &Garbage| garbage.span).collect());
        let later = deleted.split_off(deleted.len().min(MAX_DELETIONS));
        garbage.extend(later.into_iter().map(|span| Garbage { span, since: 0 }));
        garbage.extend(joined(edit.garbage).into_iter().map(|span| Garbage { span, since: levels.number }));

        let mut manifest = self.manifest.clone();
        let mut batch: Batch = deleted.iter().map(|span| delete(Space::Block, *span)).collect();
        let flushed = self.frozen.front().filter(|_| edit.flushes);
        let flushed = flushed.map(|frozen| (frozen.next_log, frozen.max_seq, &frozen.catalog));
        let loaded = edit.checkpoint.as_ref().map(|loaded| (loaded.next_log, loaded.seq, &loaded.catalog));
        if let Some((next_log, seq, catalog)) = flushed.or(loaded) {
            let from = manifest.log_start;
            manifest.log_start = next_log;
            manifest.checkpoint = SeqNo::max(manifest.checkpoint, seq);
            manifest.catalog.clone_from(catalog);
            batch.append(&mut manifest.trim_log(from));
        }
        let in_catalog = match self.frozen.front().filter(|_| edit.flushes) {
            Some(frozen) => &frozen.settled,
            None if edit.checkpoint.is_some() => &self.settled,
            None => &self.in_catalog,
        };
        let in_catalog = in_catalog.clone();
        manifest.settled = self.settled.since(&in_catalog, |tree| levels.trees.contains_key(&tree));
        manifest.settled.add_all(&edit.settled);
        manifest.generation += 1;
        manifest.pieces = levels.all().cloned().collect();
        manifest.pending = garbage.iter().map(|garbage| garbage.span).collect();
        let dropped = levels.trees.keys().copied();
        manifest.dropped = dropped.filter(|tree| self.is_dropped_at(*tree, manifest.checkpoint)).collect();
        batch.append(&mut manifest.encode(&self.manifest.chunks));
        // Even if this edit fails its chunk ids are not used again.
        self.manifest.next_chunk = manifest.next_chunk;
        let Edit { flushes, settled, .. } = edit;
        (Planned { manifest, levels, garbage, deleted, flushes, settled, in_catalog }, batch)
    }

    /// Makes a planned state the current one.
    pub(super) fn adopt(&mut self, planned: Planned) {
        let fences = std::mem::take(&mut self.manifest.fences);
        self.manifest = planned.manifest;
        for (epoch, frame) in fences {
            if frame >= self.manifest.log_start {
                self.manifest.add_fence(epoch, frame);
            }
        }
        let before = std::mem::replace(&mut self.levels, Rc::new(planned.levels));
        self.earlier.push((before.number, Rc::downgrade(&before)));
        drop(before);
        self.earlier.retain(|(_, levels)| levels.strong_count() > 0);
        self.garbage = planned.garbage;
        self.in_catalog = planned.in_catalog;
        self.settled.add_all(&planned.settled);
        self.new_settlements.add_all(&planned.settled);
        if planned.flushes {
            self.frozen.pop_front();
        }
        for span in planned.deleted {
            self.cache.remove(span);
        }
    }
}

/// Spans in order, neighbours as one.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    sort(&mut spans);
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.first.0 + last.count == span.first.0 => last.count += span.count,
            _ => joined.push(span),
        }
    }
    joined
}
