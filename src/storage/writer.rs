//! Writes sorted entries of one tree as pieces: data blocks, overflow blocks, index blocks.

use std::rc::Rc;

use super::block::{
    BlockMeta, Builder, Entry, FirstDue, Held, Kind, OVERFLOW_CHUNK, OverflowRef, Span, filter_block,
    overflow_block,
};
use super::piece::{Index, Piece};
use super::settle::counted;
use super::{BlockId, Bytes, SeqNo, StorageOptions, TreeId, filter};

/// Index blocks stay below this, so that one more entry with the longest key still fits a block.
const INDEX_BYTES: usize = 16_000;
/// No block passes this.
const MAX_BLOCK: usize = 63_500;

/// Where ids come from and where written blocks go.
pub(super) struct Output<'a> {
    pub(super) next_block: &'a mut BlockId,
    pub(super) next_piece: &'a mut u64,
    pub(super) blocks: &'a mut Vec<(BlockId, Vec<u8>)>,
    pub(super) pieces: &'a mut Vec<Rc<Piece>>,
}

impl Output<'_> {
    fn take(&mut self, count: u64) -> BlockId {
        let first = *self.next_block;
        self.next_block.0 += count;
        first
    }

    fn write(&mut self, block: Builder) -> (BlockId, usize) {
        let id = self.take(1);
        let bytes = block.finish(id);
        let len = bytes.len();
        self.blocks.push((id, bytes));
        (id, len)
    }
}

/// What is known of the piece being written.
struct Open {
    first: Bytes,
    last: Bytes,
    min_seq: SeqNo,
    max_seq: SeqNo,
    entries: u64,
    tombstones: u64,
    bytes: u64,
    metas: Vec<BlockMeta>,
    /// Of the keys.
    hashes: Vec<u64>,
}

pub(super) struct PieceWriter {
    tree: TreeId,
    level: u8,
    block_bytes: usize,
    options: StorageOptions,
    block: Builder,
    block_first: Bytes,
    block_overflow: Vec<Span>,
    block_due: FirstDue,
    open: Option<Open>,
}

impl PieceWriter {
    pub(super) fn new(tree: TreeId, level: u8, block_bytes: usize, options: StorageOptions) -> Self {
        Self {
            tree,
            level,
            block_bytes: block_bytes.min(MAX_BLOCK),
            options,
            block: Builder::new(Kind::Data),
            block_first: Bytes::default(),
            block_overflow: Vec::new(),
            block_due: FirstDue::NEVER,
            open: None,
        }
    }

    /// Adds the next entry. A large value moves to overflow blocks; one that is there already stays there.
    pub(super) fn add(&mut self, entry: Entry, out: &mut Output<'_>) {
        let value = match entry.value {
            Held::Inline(value) if value.len() > self.options.overflow_bytes => {
                let span = Span { first: out.take(0), count: value.len().div_ceil(OVERFLOW_CHUNK) as u64 };
                for chunk in value.chunks(OVERFLOW_CHUNK) {
                    let id = out.take(1);
                    out.blocks.push((id, overflow_block(id, chunk)));
                }
                Held::Overflow(OverflowRef { span, len: value.len() as u64, counted: counted(&value) })
            }
            value => value,
        };
        let entry = Entry { value, ..entry };
        let cost = Builder::cost(&entry);
        if !self.block.is_empty() && self.block.size_with(cost) > self.block_bytes {
            self.end_block(out);
        }
        let size = self.open.as_ref().map_or(0, |open| open.bytes) + self.block.size_with(cost) as u64;
        let outside = if let Held::Overflow(value) = &entry.value { value.len } else { 0 };
        if self.open.is_some() && size + outside > self.options.piece_bytes as u64 {
            self.end(out);
        }
        if self.block.is_empty() {
            self.block_first = entry.key.clone();
        }
        self.block.push(&entry);
        self.block_due.add(entry.due);
        let open = self.open.get_or_insert_with(|| Open {
            first: entry.key.clone(),
            last: entry.key.clone(),
            min_seq: entry.seq,
            max_seq: entry.seq,
            entries: 0,
            tombstones: 0,
            bytes: 0,
            metas: Vec::new(),
            hashes: Vec::new(),
        });
        open.last = entry.key.clone();
        open.hashes.push(filter::hash(&entry.key));
        open.min_seq = open.min_seq.min(entry.seq);
        open.max_seq = open.max_seq.max(entry.seq);
        open.entries += 1;
        match entry.value {
            Held::Tombstone => open.tombstones += 1,
            Held::Inline(_) => {}
            Held::Overflow(value) => {
                open.bytes += value.len;
                self.block_overflow.push(value.span);
            }
        }
    }

    fn end_block(&mut self, out: &mut Output<'_>) {
        if self.block.is_empty() {
            return;
        }
        let block = std::mem::replace(&mut self.block, Builder::new(Kind::Data));
        let entries = block.len() as u64;
        let (id, len) = out.write(block);
        let overflow = std::mem::take(&mut self.block_overflow);
        if let Some(open) = &mut self.open {
            open.bytes += len as u64;
            let first_key = self.block_first.clone();
            let due = std::mem::replace(&mut self.block_due, FirstDue::NEVER);
            open.metas.push(BlockMeta { first_key, id, len: len as u64, entries, due, overflow });
        }
    }

    /// Ends the piece; the next entry begins another.
    pub(super) fn end(&mut self, out: &mut Output<'_>) {
        self.end_block(out);
        let Some(open) = self.open.take() else { return };
        let (filter, index) = match open.metas.as_slice() {
            [only] => {
                (None, Index::One(BlockMeta { first_key: only.first_key.clone().compact(), ..only.clone() }))
            }
            metas => {
                let id = out.take(1);
                out.blocks.push((id, filter_block(id, &open.hashes)));
                (Some(id), Index::Blocks(write_index(metas, out)))
            }
        };
        let id = *out.next_piece;
        *out.next_piece += 1;
        out.pieces.push(Rc::new(Piece {
            id,
            tree: self.tree,
            level: self.level,
            first: open.first.compact(),
            last: open.last.compact(),
            min_seq: open.min_seq,
            max_seq: open.max_seq,
            entries: open.entries,
            tombstones: open.tombstones,
            bytes: open.bytes,
            filter,
            index,
        }));
    }
}

fn write_index(metas: &[BlockMeta], out: &mut Output<'_>) -> Vec<(Bytes, BlockId)> {
    let mut parts = Vec::new();
    let mut block = Builder::new(Kind::Index);
    let mut first = Bytes::default();
    for meta in metas {
        let mut record = Vec::new();
        meta.put(&mut record);
        if !block.is_empty() && block.size_with(record.len()) > INDEX_BYTES {
            let full = std::mem::replace(&mut block, Builder::new(Kind::Index));
            parts.push((first, out.write(full).0));
            first = Bytes::default();
        }
        if block.is_empty() {
            first = meta.first_key.clone().compact();
        }
        block.push_meta(&record);
    }
    parts.push((first, out.write(block).0));
    parts
}
