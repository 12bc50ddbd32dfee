//! The manifest: which pieces there are, where the log begins, what the catalog held there. One edit replaces it
//! as a whole, in one commit.
//!
//! The root is value 0 of `Space::Meta`:
//!
//! ```text
//! 0..4    "dtab"
//! 4       format version, 1
//! 5       flags, 0 (compression and encryption to come)
//! 6..10   CRC-32 of 10.., u32 LE
//! 10..    LEB128: generation, length of the body, first chunk id, number of chunks; CRC-32 of the body, u32 LE;
//!         then the body itself when there are no chunks
//! ```
//!
//! The body is fields of tag, length and payload (LEB128, LEB128, bytes); unknown tags are skipped.

use std::rc::Rc;

use super::block::Span;
use super::coding::{MAX_EPOCH, Reader, put, put_prefixed};
use super::piece::Piece;
use super::settle::Settlements;
use super::tree::EPOCH_SHIFT;
use super::{BlockId, Corruption, SeqNo, TreeId};
use crate::checksum::crc32;
use crate::platform::{Batch, Space, Write};

const MAGIC: &[u8; 4] = b"dtab";
const VERSION: u8 = 1;
/// Bytes of the root before what its checksum covers.
const HEAD: usize = 10;

/// Most bytes of the body in one chunk, or in the root beside its header.
pub const MAX_CHUNK: usize = 60_000;
/// Most chunks: 4 GB.
const MAX_CHUNKS: u64 = (1 << 32) / MAX_CHUNK as u64;
/// Fences kept; an owner that slept through more of them than these is taken for dead.
const MAX_FENCES: usize = 64;

const EPOCH: u64 = 1;
const NEXT_BLOCK: u64 = 2;
const NEXT_PIECE: u64 = 3;
const NEXT_CHUNK: u64 = 4;
const LOG_START: u64 = 5;
const CHECKPOINT: u64 = 6;
const CATALOG: u64 = 7;
const PIECE: u64 = 8;
const PENDING: u64 = 9;
const DROPPED: u64 = 10;
const FENCE: u64 = 11;
const SETTLED: u64 = 12;

/// What a database consists of, as last written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Counts the edits.
    pub generation: u64,
    /// Of the owner that wrote it.
    pub epoch: u64,
    /// Blocks from here on belong to nobody.
    pub next_block: BlockId,
    /// First frame of the log that is not in the pieces; replay begins here.
    pub log_start: u64,
    /// Last commit in the pieces and in `catalog`.
    pub checkpoint: SeqNo,
    /// The catalog as it was at `checkpoint`; opaque here.
    pub catalog: Vec<u8>,
    pub(super) next_piece: u64,
    pub(super) next_chunk: u64,
    pub(super) pieces: Vec<Rc<Piece>>,
    pub(super) pending: Vec<Span>,
    pub(super) dropped: Vec<TreeId>,
    /// Epochs with the number of their first frame, oldest first.
    pub(super) fences: Vec<(u64, u64)>,
    /// What is to be taken off the counts in `catalog`.
    pub(super) settled: Settlements,
    /// Where the body was put; not part of it.
    pub(super) chunks: std::ops::Range<u64>,
}

impl Default for Manifest {
    fn default() -> Self {
        Self {
            generation: 0,
            epoch: 0,
            next_block: BlockId(1),
            log_start: 0,
            checkpoint: SeqNo(0),
            catalog: Vec::new(),
            next_piece: 1,
            next_chunk: 1,
            pieces: Vec::new(),
            pending: Vec::new(),
            dropped: Vec::new(),
            fences: Vec::new(),
            settled: Settlements::default(),
            chunks: 0..0,
        }
    }
}

struct Root<'a> {
    generation: u64,
    len: usize,
    chunks: std::ops::Range<u64>,
    crc: u32,
    inline: &'a [u8],
}

fn root(bytes: &[u8]) -> Result<Root<'_>, Corruption> {
    let wrong = |why| Corruption::new("manifest", Manifest::ROOT, why);
    let mut reader = Reader::new(bytes);
    if reader.take(4) != Some(MAGIC) {
        return Err(wrong("not a manifest"));
    }
    let (Some(version), Some(flags), Some(crc)) = (reader.u8(), reader.u8(), reader.u32()) else {
        return Err(wrong("too short"));
    };
    if version != VERSION || flags != 0 {
        return Err(wrong(Corruption::NEWER));
    }
    if crc32(bytes.get(HEAD..).unwrap_or_default()) != crc {
        return Err(wrong("checksum differs"));
    }
    let mut fields = || {
        let generation = reader.counter()?;
        let len = reader.size()?;
        let first = reader.leb()?;
        let chunks = first..first.checked_add(reader.leb()?)?;
        let crc = reader.u32()?;
        Some(Root { generation, len, chunks, crc, inline: reader.rest() })
    };
    let root = fields().ok_or(wrong("header is malformed"))?;
    if root.chunks.end - root.chunks.start != chunk_count(root.len) {
        return Err(wrong("length and chunks differ"));
    }
    // Their ids are listed next; one more would already be beyond what wasm can hold.
    if root.chunks.end - root.chunks.start > MAX_CHUNKS {
        return Err(wrong("too long"));
    }
    Ok(root)
}

fn chunk_count(len: usize) -> u64 {
    if len <= MAX_CHUNK { 0 } else { len.div_ceil(MAX_CHUNK) as u64 }
}

impl Manifest {
    /// Id of the root in [`Space::Meta`]. Where there is none, the database is new: [`Manifest::default`].
    pub const ROOT: u64 = 0;

    /// The values of [`Space::Meta`] to read and to give to [`Manifest::decode`], in this order.
    pub fn chunk_ids(root_value: &[u8]) -> Result<Vec<u64>, Corruption> {
        Ok(root(root_value)?.chunks.collect())
    }

    /// Reads the root and its chunks.
    pub fn decode(root_value: &[u8], chunks: &[Vec<u8>]) -> Result<Self, Corruption> {
        let wrong = |why| Corruption::new("manifest", Self::ROOT, why);
        let root = root(root_value)?;
        let joined;
        let body = if root.chunks.is_empty() {
            root.inline
        } else {
            joined = chunks.concat();
            joined.as_slice()
        };
        if body.len() != root.len || crc32(body) != root.crc {
            return Err(wrong("checksum of the body differs"));
        }
        let manifest = Self::read_body(body).ok_or(wrong("body is malformed"))?;
        Ok(Self { generation: root.generation, chunks: root.chunks, ..manifest })
    }

    fn read_body(body: &[u8]) -> Option<Self> {
        let mut manifest = Self::default();
        let mut reader = Reader::new(body);
        while !reader.is_empty() {
            let tag = reader.leb()?;
            let mut field = Reader::new(reader.prefixed()?);
            match tag {
                EPOCH => manifest.epoch = field.epoch()?,
                NEXT_BLOCK => manifest.next_block = BlockId(field.leb().filter(|id| *id <= MAX_EPOCH << 32)?),
                NEXT_PIECE => manifest.next_piece = field.counter()?,
                NEXT_CHUNK => manifest.next_chunk = field.counter()?,
                LOG_START => manifest.log_start = field.counter()?,
                CHECKPOINT => manifest.checkpoint = SeqNo(field.counter()?),
                CATALOG => manifest.catalog = field.rest().to_vec(),
                PIECE => manifest.pieces.push(Rc::new(Piece::read(&mut field)?)),
                PENDING => manifest.pending.push(Span::read(&mut field)?),
                DROPPED => manifest.dropped.push(TreeId::new(field.leb()?)?),
                FENCE => manifest.fences.push((field.epoch()?, field.counter()?)),
                SETTLED => {
                    manifest.settled.add(TreeId::new(field.leb()?)?, field.counter()?, field.counter()?);
                }
                _ => {}
            }
        }
        Some(manifest)
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut field = |tag: u64, payload: &[u8]| {
            put(&mut body, tag);
            put_prefixed(&mut body, payload);
        };
        let number = |value: u64| {
            let mut out = Vec::new();
            put(&mut out, value);
            out
        };
        let pair = |first: u64, second: u64| [number(first), number(second)].concat();
        field(EPOCH, &number(self.epoch));
        field(NEXT_BLOCK, &number(self.next_block.0));
        field(NEXT_PIECE, &number(self.next_piece));
        field(NEXT_CHUNK, &number(self.next_chunk));
        field(LOG_START, &number(self.log_start));
        field(CHECKPOINT, &number(self.checkpoint.0));
        field(CATALOG, &self.catalog);
        for piece in &self.pieces {
            let mut record = Vec::new();
            piece.put(&mut record);
            field(PIECE, &record);
        }
        for span in &self.pending {
            field(PENDING, &pair(span.first.0, span.count));
        }
        for tree in &self.dropped {
            field(DROPPED, &number(u64::from(tree.0)));
        }
        for (epoch, frame) in &self.fences {
            field(FENCE, &pair(*epoch, *frame));
        }
        for (tree, entries, bytes) in self.settled.iter() {
            field(SETTLED, &[number(u64::from(tree.0)), pair(entries, bytes)].concat());
        }
        body
    }

    /// The writes that replace the manifest in the store by this one. Takes new chunk ids; the chunks of `before`
    /// go.
    pub(super) fn encode(&mut self, before: &std::ops::Range<u64>) -> Batch {
        // The number of chunks depends on the body, which holds the next chunk id: reserve more than it can need.
        let first = self.next_chunk;
        self.next_chunk += chunk_count(self.body().len() + 16);
        let body = self.body();
        let count = chunk_count(body.len());
        self.chunks = first..first + count;
        let mut root = Vec::new();
        for field in [self.generation, body.len() as u64, first, count] {
            put(&mut root, field);
        }
        root.extend_from_slice(&crc32(&body).to_le_bytes());
        let mut batch = Batch::new();
        if count == 0 {
            root.extend_from_slice(&body);
        } else {
            let chunks = self.chunks.clone().zip(body.chunks(MAX_CHUNK));
            batch.extend(chunks.map(|(id, chunk)| Write::Put(Space::Meta, id, chunk.to_vec())));
        }
        let mut value = MAGIC.to_vec();
        value.extend_from_slice(&[VERSION, 0]);
        value.extend_from_slice(&crc32(&root).to_le_bytes());
        value.append(&mut root);
        batch.push(Write::Put(Space::Meta, Self::ROOT, value));
        if !before.is_empty() {
            batch.push(Write::DeleteRange(Space::Meta, before.start, before.end));
        }
        batch
    }

    /// One without pieces and catalog, whose edits take the place of this one's in the store.
    pub(super) fn emptied(&self, checkpoint: SeqNo) -> Self {
        Self {
            checkpoint,
            catalog: Vec::new(),
            pieces: Vec::new(),
            pending: Vec::new(),
            dropped: Vec::new(),
            settled: Settlements::default(),
            ..self.clone()
        }
    }

    /// What the owner of `epoch` deletes in its first commit: blocks of jobs that never finished, and blocks whose deletion
    /// was put off. Its own are not among them.
    pub fn garbage(&self, epoch: u64) -> Batch {
        let mut batch: Batch = self.pending.iter().map(|span| delete(Space::Block, *span)).collect();
        batch.push(Write::DeleteRange(Space::Block, self.next_block.0, epoch << EPOCH_SHIFT));
        batch.push(Write::DeleteRange(Space::Meta, self.next_chunk, u64::MAX));
        batch
    }

    /// Takes an epoch's first frame among those that trimming spares.
    pub(super) fn add_fence(&mut self, epoch: u64, frame: u64) {
        self.epoch = self.epoch.max(epoch);
        if !self.fences.contains(&(epoch, frame)) {
            self.fences.push((epoch, frame));
        }
    }

    /// The writes that trim the log up to `self.log_start`, sparing the fences: an owner that was replaced without
    /// noticing adds its next frame exactly there, and must find the number taken however far the log has moved.
    pub(super) fn trim_log(&mut self, from: u64) -> Batch {
        let mut batch = Batch::new();
        let mut start = from;
        for (_, frame) in self.fences.iter().filter(|(_, frame)| (from..self.log_start).contains(frame)) {
            if start < *frame {
                batch.push(Write::DeleteRange(Space::Log, start, *frame));
            }
            start = frame + 1;
        }
        if start < self.log_start {
            batch.push(Write::DeleteRange(Space::Log, start, self.log_start));
        }
        while self.fences.len() > MAX_FENCES
            && self.fences.first().is_some_and(|(_, frame)| *frame < self.log_start)
        {
            batch.push(Write::Delete(Space::Log, self.fences.remove(0).1));
        }
        batch
    }
}

pub(super) fn delete(space: Space, span: Span) -> Write {
    if span.count == 1 {
        return Write::Delete(space, span.first.0);
    }
    Write::DeleteRange(space, span.first.0, span.first.0.saturating_add(span.count))
}
