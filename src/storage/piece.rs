//! Pieces: at most 4 MB of one tree's sorted entries, as the manifest describes them.

use super::block::{BlockMeta, Kind};
use super::cache::Cache;
use super::coding::{Reader, put, put_prefixed};
use super::{BlockId, Bytes, SeqNo, TreeId};

/// Where the data blocks of a piece are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Index {
    /// The only data block: a small piece needs no index block.
    One(BlockMeta),
    /// Index blocks with the first key each.
    Blocks(Vec<(Bytes, BlockId)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Grows: a later level-0 piece holds later entries.
    pub(super) id: u64,
    pub(super) tree: TreeId,
    pub(super) level: u8,
    pub(super) first: Bytes,
    pub(super) last: Bytes,
    pub(super) min_seq: SeqNo,
    pub(super) max_seq: SeqNo,
    pub(super) entries: u64,
    pub(super) tombstones: u64,
    /// Bytes of data blocks and of overflow values.
    pub(super) bytes: u64,
    /// Tells keys that are not here; a piece of one data block has none.
    pub(super) filter: Option<BlockId>,
    pub(super) index: Index,
}

impl Piece {
    pub(super) fn covers(&self, key: &[u8]) -> bool {
        *self.first <= *key && *key <= *self.last
    }

    /// Whether some key in `lower..upper` may be inside.
    pub(super) fn overlaps(&self, lower: &[u8], upper: Option<&[u8]>) -> bool {
        *self.last >= *lower && upper.is_none_or(|upper| *self.first < *upper)
    }

    /// Whether all keys are in `lower..upper`.
    pub(super) fn is_within(&self, lower: &[u8], upper: Option<&[u8]>) -> bool {
        *self.first >= *lower && upper.is_none_or(|upper| *self.last < *upper)
    }

    /// How many index entries this piece has at its top.
    pub(super) fn index_len(&self) -> usize {
        match &self.index {
            Index::One(_) => 1,
            Index::Blocks(blocks) => blocks.len(),
        }
    }

    /// Whether `key`, of that hash, may be inside; or the block that has to be read to tell.
    pub(super) fn may_hold(&self, hash: u64, cache: &mut Cache) -> Result<bool, BlockId> {
        let Some(id) = self.filter else { return Ok(true) };
        Ok(cache.get(id).ok_or(id)?.may_hold(hash))
    }

    /// The data block that may hold `key`, or the index block that has to be read to tell.
    pub(super) fn locate(&self, key: &[u8], cache: &mut Cache) -> Result<Option<BlockId>, BlockId> {
        let blocks = match &self.index {
            Index::One(meta) => return Ok(Some(meta.id)),
            Index::Blocks(blocks) => blocks,
        };
        let below = blocks.partition_point(|(first, _)| **first <= *key);
        let Some((_, id)) = below.checked_sub(1).and_then(|at| blocks.get(at)) else { return Ok(None) };
        let index = cache.get(*id).ok_or(*id)?;
        if index.kind() != Kind::Index {
            return Ok(None);
        }
        let mut at = index.below(key);
        if index.key(at) != Some(key) {
            let Some(before) = at.checked_sub(1) else { return Ok(None) };
            at = before;
        }
        Ok(index.meta_id(at))
    }

    /// The record of a manifest: a reader skips what it does not know at the end.
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        let mut record = Vec::new();
        put(&mut record, self.id);
        put(&mut record, u64::from(self.tree.0));
        record.push(self.level);
        put_prefixed(&mut record, &self.first);
        put_prefixed(&mut record, &self.last);
        for field in [self.min_seq.0, self.max_seq.0, self.entries, self.tombstones, self.bytes] {
            put(&mut record, field);
        }
        // Id of a filter block; 0 is none.
        put(&mut record, self.filter.map_or(0, |id| id.0));
        match &self.index {
            Index::One(meta) => {
                put(&mut record, 0);
                meta.put(&mut record);
            }
            Index::Blocks(blocks) => {
                put(&mut record, blocks.len() as u64);
                for (first, id) in blocks {
                    put_prefixed(&mut record, first);
                    put(&mut record, id.0);
                }
            }
        }
        put_prefixed(out, &record);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let mut reader = Reader::new(reader.prefixed()?);
        let id = reader.counter()?;
        let tree = TreeId::new(reader.leb()?)?;
        let level = reader.u8()?;
        let first = Bytes::from(reader.prefixed()?);
        let last = Bytes::from(reader.prefixed()?);
        let min_seq = SeqNo(reader.leb()?);
        let max_seq = SeqNo(reader.leb()?);
        let entries = reader.counter()?;
        let tombstones = reader.counter()?;
        let bytes = reader.counter()?;
        let filter = Some(reader.leb()?).filter(|id| *id > 0).map(BlockId);
        let index = match reader.size()? {
            0 => Index::One(BlockMeta::read(&mut reader)?),
            count => {
                let mut blocks = Vec::new();
                for _ in 0..count {
                    blocks.push((Bytes::from(reader.prefixed()?), BlockId(reader.leb()?)));
                }
                Index::Blocks(blocks)
            }
        };
        Some(Self {
            id,
            tree,
            level,
            first,
            last,
            min_seq,
            max_seq,
            entries,
            tombstones,
            bytes,
            filter,
            index,
        })
    }
}
