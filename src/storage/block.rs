//! Blocks: what one value in `Space::Block` holds.
//!
//! ```text
//! 0      magic 0xD7
//! 1      kind: 1 data, 2 index, 3 overflow, 4 filter
//! 2      format version, 1
//! 3      flags: 1 compressed; the others are 0
//! 4..8   CRC-32 of bytes 0..4 and 8.., u32 LE
//! 8..16  block id, u64 LE: a block in the wrong place is noticed
//! 16..   body; of a compressed block what `compression` makes of it
//! ```
//!
//! The body of an overflow block is a part of a value; that of a filter is described in `filter`. The body of data and index blocks is entries in key order,
//! then the position of each entry in the block (u16 LE), then their count (u16 LE).

use std::ops::Range;

use super::coding::{Reader, put, put_prefixed};
use super::{BlockId, Bytes, Corruption, SeqNo, filter};
use crate::checksum::Crc32;
use crate::compression;
use crate::platform::store::MAX_VALUE;

const MAGIC: u8 = 0xD7;
const VERSION: u8 = 1;
const HEADER: usize = 16;
const COMPRESSED: u8 = 1;

const TOMBSTONE: u8 = 0;
const INLINE: u8 = 1;
/// Written by the first versions: without what the value counts.
const UNCOUNTED_OVERFLOW: u8 = 2;
const OVERFLOW: u8 = 3;
/// Beside one of these: what is below still counts.
const BLIND: u8 = 4;
/// Beside one of these: the second from which on the value is due follows.
const DUE: u8 = 8;

/// Bytes of a value in one overflow block.
pub(super) const OVERFLOW_CHUNK: usize = 60_000;
/// Far above the longest value there is; whoever reads one asks for all its blocks at once.
const MAX_OVERFLOW: u64 = 64 << 20;
/// More than the long values of one data block take; whoever reads it all asks for them at once, too.
const MAX_OVERFLOW_BLOCKS: u64 = (1 << 30) / OVERFLOW_CHUNK as u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Data = 1,
    Index = 2,
    Overflow = 3,
    Filter = 4,
}

/// Blocks with ids in sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) first: BlockId,
    pub(super) count: u64,
}

impl Span {
    /// `None` also when there are no such ids.
    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (first, count) = (reader.leb()?, reader.leb()?);
        first.checked_add(count).map(|_| Self { first: BlockId(first), count })
    }

    pub(super) fn contains(self, id: BlockId) -> bool {
        (self.first.0..self.first.0.saturating_add(self.count)).contains(&id.0)
    }

    pub(super) fn ids(self) -> impl Iterator<Item = BlockId> {
        (self.first.0..self.first.0.saturating_add(self.count)).map(BlockId)
    }
}

/// A value kept outside its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OverflowRef {
    pub(super) span: Span,
    pub(super) len: u64,
    /// What it counts by.
    pub(super) counted: u64,
}

/// A value as an entry holds it.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Tombstone,
    Inline(Bytes),
    Overflow(OverflowRef),
}

impl Held {
    /// Bytes the value takes wherever it is.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Tombstone => 0,
            Self::Inline(value) => value.len(),
            Self::Overflow(value) => value.len as usize,
        }
    }
}

/// One entry of a data block.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Bytes,
    pub(super) seq: SeqNo,
    pub(super) value: Held,
    /// What older pieces have of the key still counts.
    pub(super) blind: bool,
    /// The second from which on the value is due to be deleted; 0: never, or nobody knows.
    pub(super) due: u64,
}

/// When the first value of a data block is due, as an index block has it: 0 when that is unknown, 1 when none of them ever
/// is, else one more than that second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FirstDue(pub(super) u64);

impl FirstDue {
    pub(super) const UNKNOWN: Self = Self(0);
    pub(super) const NEVER: Self = Self(1);

    /// Counts a value that is due from that second on; 0: never.
    pub(super) fn add(&mut self, due: u64) {
        if due > 0 {
            let first = due.saturating_add(1);
            self.0 = if *self == Self::NEVER { first } else { self.0.min(first) };
        }
    }

    /// The second; 0 when there is none.
    pub(super) fn second(self) -> u64 {
        self.0.saturating_sub(1)
    }

    /// Whether some value may be due in that second.
    pub(super) fn is_due(self, now: u64) -> bool {
        self != Self::NEVER && self.0 <= now.saturating_add(1)
    }
}

/// What an index says about one data block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockMeta {
    pub(super) first_key: Bytes,
    pub(super) id: BlockId,
    pub(super) len: u64,
    pub(super) entries: u64,
    /// When the first of its values is due.
    pub(super) due: FirstDue,
    /// Overflow blocks its entries refer to.
    pub(super) overflow: Vec<Span>,
}

impl BlockMeta {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        put_prefixed(out, &self.first_key);
        for field in [self.id.0, self.len, self.entries, self.due.0, self.overflow.len() as u64] {
            put(out, field);
        }
        for span in &self.overflow {
            put(out, span.first.0);
            put(out, span.count);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let first_key = Bytes::from(reader.prefixed()?);
        let id = BlockId(reader.leb()?);
        let len = reader.leb()?;
        let entries = reader.leb()?;
        let due = FirstDue(reader.leb()?);
        let count = reader.size()?;
        let mut overflow = Vec::new();
        let mut left = MAX_OVERFLOW_BLOCKS;
        for _ in 0..count {
            let span = Span::read(reader)?;
            left = left.checked_sub(span.count)?;
            overflow.push(span);
        }
        Some(Self { first_key, id, len, entries, due, overflow })
    }
}

/// A block that was checked.
#[derive(Debug)]
pub(super) struct Block {
    bytes: Bytes,
    kind: Kind,
    count: usize,
    /// Where the positions begin; the end of the body for a block without.
    table: usize,
}

impl Block {
    /// Checks `bytes` as block `id`, down to every entry, so that reading it later cannot fail.
    pub(super) fn open(id: BlockId, bytes: Vec<u8>) -> Result<Self, Corruption> {
        Self::check(id, bytes, true)
    }

    /// A block that was made here just now: its checksum needs no second look.
    pub(super) fn own(id: BlockId, bytes: Vec<u8>) -> Result<Self, Corruption> {
        Self::check(id, bytes, false)
    }

    /// Stands for a block that is lost: nothing is in it, whatever it is taken for.
    pub(super) fn hole() -> Self {
        let bytes = Bytes::from(vec![0; HEADER]);
        Self { kind: Kind::Overflow, count: 0, table: bytes.len(), bytes }
    }

    fn check(id: BlockId, bytes: Vec<u8>, foreign: bool) -> Result<Self, Corruption> {
        let wrong = |why| Corruption::new("block", id.0, why);
        if bytes.len() > MAX_VALUE {
            return Err(wrong("too long"));
        }
        let mut reader = Reader::new(&bytes);
        let header = (reader.u8(), reader.u8(), reader.u8(), reader.u8(), reader.u32(), reader.u64());
        let (Some(MAGIC), Some(kind), Some(version), Some(flags), Some(crc), Some(found)) = header else {
            return Err(wrong("not a block"));
        };
        if foreign && checksum(&bytes) != Some(crc) {
            return Err(wrong("checksum differs"));
        }
        if version != VERSION || flags & !COMPRESSED != 0 {
            return Err(wrong(Corruption::NEWER));
        }
        if found != id.0 {
            return Err(wrong("a block of another id"));
        }
        let kind = match kind {
            1 => Kind::Data,
            2 => Kind::Index,
            3 => Kind::Overflow,
            4 => Kind::Filter,
            _ => return Err(wrong("unknown kind")),
        };
        let bytes = match flags {
            0 => bytes,
            _ => unpacked(&bytes).ok_or(wrong("cannot be decompressed"))?,
        };
        let bytes = Bytes::from(bytes);
        let mut block = Self { kind, count: 0, table: bytes.len(), bytes };
        match kind {
            Kind::Filter if !filter::is_body(&block.chunk()) => return Err(wrong("not a filter")),
            Kind::Overflow | Kind::Filter => {}
            Kind::Data | Kind::Index => block.check_entries().ok_or(wrong("entries are malformed"))?,
        }
        Ok(block)
    }

    fn check_entries(&mut self) -> Option<()> {
        let tail = self.bytes.len().checked_sub(2)?;
        self.count = Reader::starting_at(&self.bytes, tail).u16()? as usize;
        self.table = tail.checked_sub(self.count.checked_mul(2)?)?;
        let mut at = HEADER;
        let mut last: Option<&[u8]> = None;
        for index in 0..self.count {
            if self.position(index)? != at {
                return None;
            }
            let mut reader = Reader::starting_at(self.bytes.get(..self.table)?, at);
            let key = reader.prefixed()?;
            if last.is_some_and(|last| last >= key) {
                return None;
            }
            last = Some(key);
            let mut reader = Reader::starting_at(self.bytes.get(..self.table)?, at);
            if self.kind == Kind::Data {
                self.entry_from(&mut reader)?;
            } else {
                BlockMeta::read(&mut reader)?;
            }
            at = reader.position();
        }
        (at == self.table).then_some(())
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// Bytes of the block.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Entries in it.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    fn position(&self, index: usize) -> Option<usize> {
        if index >= self.count {
            return None;
        }
        Reader::starting_at(&self.bytes, self.table + 2 * index).u16().map(usize::from)
    }

    pub(super) fn key(&self, index: usize) -> Option<&[u8]> {
        Reader::starting_at(&self.bytes, self.position(index)?).prefixed()
    }

    /// Entry `index` of a data block.
    pub(super) fn entry(&self, index: usize) -> Option<Entry> {
        let mut reader = Reader::starting_at(&self.bytes, self.position(index)?);
        self.entry_from(&mut reader)
    }

    fn entry_from(&self, reader: &mut Reader<'_>) -> Option<Entry> {
        let cut = |range: Range<usize>| self.bytes.slice(range.start, range.end);
        let len = reader.size()?;
        let key = cut(reader.range(len)?);
        let kind = reader.u8()?;
        let seq = SeqNo(reader.leb()?);
        let due = if kind & DUE != 0 { Some(reader.leb()?).filter(|due| *due > 0)? } else { 0 };
        let value = match kind & !(BLIND | DUE) {
            TOMBSTONE => Held::Tombstone,
            INLINE => {
                let len = reader.size()?;
                Held::Inline(cut(reader.range(len)?))
            }
            UNCOUNTED_OVERFLOW | OVERFLOW => {
                let len = reader.leb()?;
                let span = Span::read(reader)?;
                let counted = if kind & OVERFLOW == OVERFLOW { reader.leb()? } else { len };
                if len > MAX_OVERFLOW || span.count != len.div_ceil(OVERFLOW_CHUNK as u64) {
                    return None;
                }
                Held::Overflow(OverflowRef { span, len, counted })
            }
            _ => return None,
        };
        Some(Entry { key, seq, value, blind: kind & BLIND != 0, due })
    }

    /// Entry `index` of an index block.
    pub(super) fn meta(&self, index: usize) -> Option<BlockMeta> {
        BlockMeta::read(&mut Reader::starting_at(&self.bytes, self.position(index)?))
    }

    /// The data block that entry `index` of an index block is about.
    pub(super) fn meta_id(&self, index: usize) -> Option<BlockId> {
        self.meta_size(index).map(|(id, _)| id)
    }

    /// The data block that entry `index` of an index block is about, and how many bytes it has.
    pub(super) fn meta_size(&self, index: usize) -> Option<(BlockId, u64)> {
        let mut reader = Reader::starting_at(&self.bytes, self.position(index)?);
        reader.prefixed()?;
        Some((BlockId(reader.leb()?), reader.leb()?))
    }

    /// How many keys are below `key`.
    pub(super) fn below(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.key(middle).is_some_and(|found| found < key) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Whether a key of that hash may be in the piece that a filter block is about.
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        self.kind != Kind::Filter || self.bytes.get(HEADER..).is_none_or(|body| filter::may_hold(body, hash))
    }

    /// The part of a value an overflow block holds.
    pub(super) fn chunk(&self) -> Bytes {
        self.bytes.slice(HEADER, self.bytes.len())
    }
}

fn checksum(block: &[u8]) -> Option<u32> {
    let mut crc = Crc32::default();
    crc.update(block.get(..4)?);
    crc.update(block.get(8..)?);
    Some(crc.value())
}

fn begin(kind: Kind) -> Vec<u8> {
    let mut out = vec![MAGIC, kind as u8, VERSION, 0];
    out.resize(HEADER, 0);
    out
}

/// Fills in the id.
fn named(mut block: Vec<u8>, id: BlockId) -> Vec<u8> {
    if let Some(field) = block.get_mut(8..HEADER) {
        field.copy_from_slice(&id.0.to_le_bytes());
    }
    block
}

/// A block as it is kept: compressed where that saves something, and with its checksum.
pub(super) fn packed(block: Vec<u8>) -> Vec<u8> {
    let mut out = block;
    // The bits of a filter are noise.
    if out.get(1) != Some(&(Kind::Filter as u8))
        && let Some((head, body)) = out.split_at_checked(HEADER)
        && let Some(body) = compression::compress(head, body)
    {
        out = body;
        if let Some(flags) = out.get_mut(3) {
            *flags |= COMPRESSED;
        }
    }
    let crc = checksum(&out).unwrap_or_default();
    if let Some(field) = out.get_mut(4..8) {
        field.copy_from_slice(&crc.to_le_bytes());
    }
    out
}

/// A compressed block as it was before.
fn unpacked(block: &[u8]) -> Option<Vec<u8>> {
    let (head, body) = block.split_at_checked(HEADER)?;
    compression::decompress(head, body, MAX_VALUE - HEADER)
}

/// The filter of a piece whose keys have these hashes.
pub(super) fn filter_block(id: BlockId, hashes: &[u64]) -> Vec<u8> {
    let mut block = begin(Kind::Filter);
    block.extend_from_slice(&filter::build(hashes));
    named(block, id)
}

/// One block of an overflow value.
pub(super) fn overflow_block(id: BlockId, chunk: &[u8]) -> Vec<u8> {
    let mut block = begin(Kind::Overflow);
    block.extend_from_slice(chunk);
    named(block, id)
}

/// Packs entries into a data or index block.
pub(super) struct Builder {
    block: Vec<u8>,
    positions: Vec<u16>,
}

impl Builder {
    pub(super) fn new(kind: Kind) -> Self {
        Self { block: begin(kind), positions: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.positions.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Bytes of the block when sealed with one entry of `more` bytes added.
    pub(super) fn size_with(&self, more: usize) -> usize {
        self.block.len() + more + 2 * (self.positions.len() + 1) + 2
    }

    /// Upper bound of what [`Builder::push`] adds.
    pub(super) fn cost(entry: &Entry) -> usize {
        let value = if let Held::Inline(value) = &entry.value { value.len() } else { 30 };
        entry.key.len() + value + if entry.due > 0 { 34 } else { 24 }
    }

    pub(super) fn push(&mut self, entry: &Entry) {
        self.positions.push(self.block.len() as u16);
        put_prefixed(&mut self.block, &entry.key);
        let kind = match &entry.value {
            Held::Tombstone => TOMBSTONE,
            Held::Inline(_) => INLINE,
            Held::Overflow(_) => OVERFLOW,
        };
        let flags = if entry.blind { BLIND } else { 0 } | if entry.due > 0 { DUE } else { 0 };
        self.block.push(kind | flags);
        put(&mut self.block, entry.seq.0);
        if entry.due > 0 {
            put(&mut self.block, entry.due);
        }
        match &entry.value {
            Held::Tombstone => {}
            Held::Inline(value) => put_prefixed(&mut self.block, value),
            Held::Overflow(value) => {
                for field in [value.len, value.span.first.0, value.span.count, value.counted] {
                    put(&mut self.block, field);
                }
            }
        }
    }

    pub(super) fn push_meta(&mut self, meta: &[u8]) {
        self.positions.push(self.block.len() as u16);
        self.block.extend_from_slice(meta);
    }

    pub(super) fn finish(mut self, id: BlockId) -> Vec<u8> {
        for position in &self.positions {
            self.block.extend_from_slice(&position.to_le_bytes());
        }
        self.block.extend_from_slice(&(self.positions.len() as u16).to_le_bytes());
        named(self.block, id)
    }
}
