//! Bulk loading: many entries straight to sorted pieces, without the log, the memory table and merges, and visible all
//! at once or not at all.
//!
//! What comes in the order of its keys is written as pieces of the level they are large enough for. What comes in any
//! order is gathered, sorted a bounded chunk at a time, and written as level-0 pieces, which the ordinary merges take
//! from there. No manifest names any of it until the one edit of [`Bulk::plan`]: after a crash before that, the next
//! owner deletes the blocks as those of any job that never finished.

use std::rc::Rc;

use super::block::{Entry, Held};
use super::job::{Checkpoint, Edit, Planned, Written, limit};
use super::piece::Piece;
use super::writer::PieceWriter;
use super::{BlockId, Bytes, SeqNo, Storage, TreeId};
use crate::collections::{VecMap, sort_by};
use crate::platform::{Batch, Space, Write};

/// The memory tables hold entries that are still to be flushed, or a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// What a load needs before it takes more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BulkStep {
    /// Nothing: it goes on.
    Ready,
    /// A slice is over: let others have their turn, then ask again.
    Yield,
    /// Commit these blocks, wait until that is done, then ask again.
    Write(Batch),
}

/// A load under way. Until [`Bulk::complete`] or [`Bulk::abort`] no job begins, and nothing else may be written.
pub struct Bulk {
    /// The commit that all its entries belong to.
    seq: SeqNo,
    edit: Edit,
    written: Written,
    first_block: BlockId,
    sorted: Option<Sorted>,
    /// Entries that wait to be sorted.
    chunks: VecMap<TreeId, Chunk>,
    chunk_bytes: usize,
    spill: Option<Spill>,
    /// Bytes gone through since the last pause.
    worked: usize,
    planned: Option<Planned>,
}

/// The tree whose entries come in order.
struct Sorted {
    tree: TreeId,
    writer: PieceWriter,
}

/// Entries of a tree in the order in which they came.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    /// Where each key begins and ends, and where its value ends.
    places: Vec<(u32, u32, u32)>,
}

/// A sorted chunk that is being written.
struct Spill {
    chunk: Chunk,
    next: usize,
    writer: PieceWriter,
}

/// What an entry that waits takes beside its bytes.
const OVERHEAD: usize = 12;

impl Chunk {
    fn push(&mut self, key: &[u8], value: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(key);
        let end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.places.push((start as u32, end as u32, self.bytes.len() as u32));
    }

    fn size(&self) -> usize {
        self.bytes.len() + OVERHEAD * self.places.len()
    }

    fn part(&self, from: u32, to: u32) -> &[u8] {
        self.bytes.get(from as usize..to as usize).unwrap_or_default()
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        sort_by(&mut places, |one, other| self.part(one.0, one.1).cmp(self.part(other.0, other.1)));
        self.places = places;
    }

    fn entry(&self, at: usize, seq: SeqNo) -> Option<Entry> {
        let (start, middle, end) = *self.places.get(at)?;
        let value = Held::Inline(Bytes::from(self.part(middle, end)));
        Some(Entry { key: Bytes::from(self.part(start, middle)), seq, value, blind: false, due: 0 })
    }
}

impl Bulk {
    /// Adds the next entry of a tree whose entries come in strictly ascending order of key; those of another tree
    /// begin after [`Bulk::end_sorted`]. The tree has no other entries. The value is due from second `due` on; 0: never.
    pub fn put_sorted(&mut self, storage: &mut Storage, tree: TreeId, key: &[u8], value: &[u8], due: u64) {
        let options = storage.options;
        let sorted = self.sorted.get_or_insert_with(|| Sorted {
            tree,
            writer: PieceWriter::new(tree, 1, options.block_bytes, options),
        });
        debug_assert_eq!(sorted.tree, tree, "one tree after the other");
        self.worked += key.len() + value.len() + 32;
        let value = Held::Inline(Bytes::from(value));
        let entry = Entry { key: Bytes::from(key), seq: self.seq, value, blind: false, due };
        sorted.writer.add(entry, &mut storage.output(&mut self.edit.add, &mut self.written.blocks));
    }

    /// The tree whose entries come in order has no more.
    pub fn end_sorted(&mut self, storage: &mut Storage) {
        let Some(mut sorted) = self.sorted.take() else { return };
        sorted.writer.end(&mut storage.output(&mut self.edit.add, &mut self.written.blocks));
        // Where they would arrive by merges: a level that is too full would be moved on, piece after piece.
        let own = |piece: &Rc<Piece>| piece.tree == sorted.tree;
        let bytes: u64 = self.edit.add.iter().filter(|piece| own(piece)).map(|piece| piece.bytes).sum();
        let level = (1..u8::MAX).find(|level| bytes <= limit(*level, storage)).unwrap_or(1);
        for piece in self.edit.add.iter_mut().filter(|piece| own(piece) && piece.level != level) {
            *piece = Rc::new(Piece { level, ..Piece::clone(piece) });
        }
    }

    /// Adds an entry whose key the tree does not have yet, in any order.
    pub fn put(&mut self, storage: &Storage, tree: TreeId, key: &[u8], value: &[u8]) {
        let chunk = self.chunks.get_or_default(tree);
        chunk.push(key, value);
        self.chunk_bytes += key.len() + value.len() + OVERHEAD;
        self.worked += key.len() + value.len() + 32;
        // One that is being written counts too: what is held is bounded.
        if self.chunk_bytes >= storage.options.memory_table_bytes && self.spill.is_none() {
            self.spill_largest(storage);
        }
    }

    fn spill_largest(&mut self, storage: &Storage) {
        let largest = self.chunks.iter().max_by_key(|(_, chunk)| chunk.size()).map(|(tree, _)| *tree);
        let Some((tree, mut chunk)) = largest.and_then(|tree| Some((tree, self.chunks.remove(&tree)?)))
        else {
            return;
        };
        self.chunk_bytes = self.chunk_bytes.saturating_sub(chunk.size());
        chunk.sort();
        let options = storage.options;
        let writer = PieceWriter::new(tree, 0, options.bulk_block_bytes, options);
        self.spill = Some(Spill { chunk, next: 0, writer });
    }

    /// Whether it may go on. To be asked after every few entries, until it is [`BulkStep::Ready`].
    pub fn step(&mut self, storage: &mut Storage) -> BulkStep {
        loop {
            if self.written.grown(storage) >= storage.options.write_bytes {
                return BulkStep::Write(self.written.take(storage));
            }
            if self.worked >= storage.options.slice_bytes {
                self.worked = 0;
                return BulkStep::Yield;
            }
            let Some(spill) = &mut self.spill else { return BulkStep::Ready };
            let mut output = storage.output(&mut self.edit.add, &mut self.written.blocks);
            if let Some(entry) = spill.chunk.entry(spill.next, self.seq) {
                self.worked += entry.key.len() + entry.value.bytes() + 32;
                spill.writer.add(entry, &mut output);
                spill.next += 1;
            } else {
                spill.writer.end(&mut output);
                self.spill = None;
            }
        }
    }

    /// [`Bulk::step`] once all entries are there: writes what still waits to be sorted, too.
    pub fn settle(&mut self, storage: &mut Storage) -> BulkStep {
        loop {
            let step = self.step(storage);
            if step != BulkStep::Ready || self.chunks.is_empty() {
                return step;
            }
            self.spill_largest(storage);
        }
    }

    /// The edit that makes all of it visible, once [`Bulk::settle`] is ready. To be committed strictly, after what was
    /// written before was made to last; then [`Bulk::complete`], or [`Bulk::abort`] if it was not written.
    pub fn plan(&mut self, storage: &mut Storage, checkpoint: Checkpoint) -> Batch {
        let mut batch = self.written.take(storage);
        self.edit.checkpoint = Some(checkpoint);
        let (planned, mut edit) = storage.plan(std::mem::take(&mut self.edit));
        batch.append(&mut edit);
        self.planned = Some(planned);
        batch
    }

    /// The edit is in the store.
    pub fn complete(self, storage: &mut Storage) {
        storage.busy = false;
        if let Some(planned) = self.planned {
            storage.adopt(planned);
            storage.adopt_checkpoint(self.seq);
        }
    }

    /// The edit is not in the store, or will not be. The blocks that were written are deleted by a job, and by the
    /// writes that are given, for whoever does not wait for that.
    pub fn abort(self, storage: &mut Storage) -> Batch {
        storage.busy = false;
        let (first, next) = (self.first_block, storage.manifest.next_block);
        storage.give_up_blocks(first);
        if next > first { vec![Write::DeleteRange(Space::Block, first.0, next.0)] } else { Batch::new() }
    }
}

impl Storage {
    /// Begins a load, all of whose entries belong to commit `seq`, which is later than any before.
    pub fn begin_bulk(&mut self, seq: SeqNo) -> Result<Bulk, Busy> {
        if self.busy || self.has_unflushed() {
            return Err(Busy);
        }
        self.busy = true;
        Ok(Bulk {
            seq,
            edit: Edit::default(),
            written: Written::default(),
            first_block: self.manifest.next_block,
            sorted: None,
            chunks: VecMap::new(),
            chunk_bytes: 0,
            spill: None,
            worked: 0,
            planned: None,
        })
    }
}
