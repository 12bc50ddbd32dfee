//! Flush: the oldest frozen table becomes level-0 pieces, one or more for each of its trees.

use std::ops::Bound;

use super::super::block::{Entry, Held};
use super::super::memory::Version;
use super::super::snapshot::SharedTable;
use super::super::writer::PieceWriter;
use super::super::{BlockId, Bytes, SeqNo, Storage, TreeId};
use super::{Edit, Progress};

/// Trees with more in the table get large blocks: they are read in merges mostly.
const BULK: usize = 512 << 10;

pub(super) struct Flush {
    table: SharedTable,
    max_seq: SeqNo,
    /// Last one first.
    trees: Vec<TreeId>,
    open: Option<Open>,
}

/// Entries that are taken from the table at once: each time costs a search.
const TAKEN: usize = 64;

struct Open {
    tree: TreeId,
    last: Option<Bytes>,
    /// What was taken and not yet written; the next stands last.
    taken: Vec<(Bytes, Version)>,
    writer: PieceWriter,
    keeps_tombstones: bool,
}

impl Flush {
    pub(super) fn choose(storage: &Storage) -> Option<Self> {
        let frozen = storage.frozen.front().filter(|frozen| frozen.max_seq <= storage.durable())?;
        let mut trees: Vec<_> = frozen.table.borrow().trees().collect();
        trees.reverse();
        Some(Self { table: SharedTable::clone(&frozen.table), max_seq: frozen.max_seq, trees, open: None })
    }

    pub(super) fn step(
        &mut self,
        storage: &mut Storage,
        edit: &mut Edit,
        blocks: &mut Vec<(BlockId, Vec<u8>)>,
        budget: &mut usize,
    ) -> Progress {
        let Some(open) = &mut self.open else {
            let Some(tree) = self.trees.pop() else { return Progress::Finished };
            if !storage.is_dropped_at(tree, self.max_seq) {
                let options = storage.options;
                let bulk = self.table.borrow().tree_bytes(tree) > BULK;
                let block_bytes = if bulk { options.bulk_block_bytes } else { options.block_bytes };
                let writer = PieceWriter::new(tree, 0, block_bytes, options);
                // A tombstone hides what is in older pieces.
                let keeps_tombstones = storage.levels.trees.contains_key(&tree);
                let taken = Vec::with_capacity(TAKEN);
                self.open = Some(Open { tree, last: None, taken, writer, keeps_tombstones });
            }
            return Progress::More;
        };
        if open.taken.is_empty() {
            let lower = open.last.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let table = self.table.borrow();
            let next = table.range(open.tree, lower, Bound::Unbounded, false, SeqNo::MAX).take(TAKEN);
            open.taken.extend(next.map(|(key, version)| (key.clone(), version.clone())));
            open.taken.reverse();
        }
        let mut output = storage.output(&mut edit.add, blocks);
        let Some((key, version)) = open.taken.pop() else {
            open.writer.end(&mut output);
            self.open = None;
            return Progress::More;
        };
        let value = version.value.map_or(Held::Tombstone, Held::Inline);
        *budget = budget.saturating_sub(key.len() + value.bytes() + 32);
        if open.keeps_tombstones || !matches!(value, Held::Tombstone) {
            // With nothing below, nothing below counts.
            let blind = version.blind && open.keeps_tombstones;
            let entry = Entry { key: key.clone(), seq: version.seq, value, blind, due: version.due };
            open.writer.add(entry, &mut output);
        }
        open.last = Some(key);
        Progress::More
    }
}
