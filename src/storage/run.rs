//! A run: walks the entries of pieces that do not overlap, in either direction, one data block at a time. It keeps
//! the blocks it stands on, so that a small cache cannot take them away between two steps.

use std::rc::Rc;

use super::block::{Block, BlockMeta, Entry, Kind, OverflowRef};
use super::cache::Cache;
use super::piece::{Index, Piece};
use super::{BlockId, Bytes};

/// A key range, from `lower` up to before `upper`, and the direction through it.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) lower: Vec<u8>,
    pub(super) upper: Option<Vec<u8>>,
    pub(super) reverse: bool,
}

impl Range {
    pub(super) fn all() -> Self {
        Self { lower: Vec::new(), upper: None, reverse: false }
    }

    fn is_past(&self, key: &[u8]) -> bool {
        if self.reverse {
            *key < *self.lower
        } else {
            self.upper.as_ref().is_some_and(|upper| *key >= **upper)
        }
    }

    /// Of sorted first keys (how many are below a bound, or equal to it), the part where the range begins.
    fn first_part(
        &self,
        len: usize,
        below: impl Fn(&[u8]) -> usize,
        has: impl Fn(usize, &[u8]) -> bool,
    ) -> usize {
        let at = if self.reverse {
            self.upper.as_ref().map_or(len, |upper| below(upper))
        } else {
            let at = below(&self.lower);
            at + usize::from(has(at, &self.lower))
        };
        at.saturating_sub(1)
    }
}

/// Whether a run stands on an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Entry,
    Missing,
    End,
}

pub(super) struct Run {
    /// In key order.
    pieces: Vec<Rc<Piece>>,
    piece: Option<usize>,
    /// Which entry of the piece's index, once known.
    part: Option<usize>,
    index: Option<Rc<Block>>,
    /// Which entry of the index block.
    slot: Option<usize>,
    block: Option<Rc<Block>>,
    at: Option<usize>,
    head: Option<Entry>,
    /// Data and index blocks the run has stood on, for who deletes them.
    visited: Option<Vec<BlockId>>,
}

/// The place before or after `at`, if there is one.
fn step(at: usize, len: usize, reverse: bool) -> Option<usize> {
    if reverse { at.checked_sub(1) } else { Some(at + 1).filter(|next| *next < len) }
}

impl Run {
    /// Over `pieces` in key order; those outside the range are left out.
    pub(super) fn new(pieces: impl IntoIterator<Item = Rc<Piece>>, range: &Range) -> Self {
        let inside = |piece: &Rc<Piece>| piece.overlaps(&range.lower, range.upper.as_deref());
        let pieces: Vec<_> = pieces.into_iter().filter(inside).collect();
        let piece = if range.reverse { pieces.len().checked_sub(1) } else { Some(0) };
        Self {
            pieces,
            piece,
            part: None,
            index: None,
            slot: None,
            block: None,
            at: None,
            head: None,
            visited: None,
        }
    }

    /// A run that keeps account of its blocks.
    pub(super) fn visiting(pieces: impl IntoIterator<Item = Rc<Piece>>, range: &Range) -> Self {
        Self { visited: Some(Vec::new()), ..Self::new(pieces, range) }
    }

    pub(super) fn take_visited(&mut self) -> Vec<BlockId> {
        self.visited.take().unwrap_or_default()
    }

    pub(super) fn head(&self) -> Option<&Entry> {
        self.head.as_ref()
    }

    /// Loads what is needed to stand on an entry. Pushes the block that is missing for it.
    pub(super) fn settle(&mut self, range: &Range, cache: &mut Cache, missing: &mut Vec<BlockId>) -> Settled {
        loop {
            if self.head.is_some() {
                return Settled::Entry;
            }
            let Some(piece) = self.piece.and_then(|at| self.pieces.get(at)).map(Rc::clone) else {
                return Settled::End;
            };
            if self.block.is_none() {
                let Some(meta) = self.meta(&piece, range, cache, missing) else {
                    if self.index.is_none() && matches!(piece.index, Index::Blocks(_)) {
                        return Settled::Missing;
                    }
                    // Past the end of this index block, or one that is lost.
                    self.next_block(&piece, range);
                    continue;
                };
                if !range.reverse && range.is_past(&meta.first_key) {
                    self.piece = None;
                    continue;
                }
                let Some(block) = cache.get(meta.id) else {
                    missing.push(meta.id);
                    return Settled::Missing;
                };
                self.block = Some(block);
                self.visited.iter_mut().for_each(|visited| visited.push(meta.id));
            }
            let Some(block) = &self.block else { continue };
            if self.at.is_none() {
                let len = block.len();
                self.at = if range.reverse {
                    range.upper.as_ref().map_or(len, |upper| block.below(upper)).checked_sub(1)
                } else {
                    Some(block.below(&range.lower)).filter(|at| *at < len)
                };
            }
            match self.at.and_then(|at| block.entry(at)) {
                Some(entry) if range.is_past(&entry.key) => self.piece = None,
                Some(entry) => self.head = Some(entry),
                None => self.next_block(&piece, range),
            }
        }
    }

    /// What the index says about the data block the run is at.
    fn meta(
        &mut self,
        piece: &Piece,
        range: &Range,
        cache: &mut Cache,
        missing: &mut Vec<BlockId>,
    ) -> Option<BlockMeta> {
        let parts = match &piece.index {
            Index::One(meta) => {
                self.part = Some(0);
                self.slot = Some(0);
                return Some(meta.clone());
            }
            Index::Blocks(parts) => parts,
        };
        let part = *self.part.get_or_insert_with(|| {
            let below = |key: &[u8]| parts.partition_point(|(first, _)| **first < *key);
            range.first_part(parts.len(), below, |at, key| {
                parts.get(at).is_some_and(|(first, _)| **first == *key)
            })
        });
        if self.index.is_none() {
            let (_, id) = parts.get(part)?;
            let Some(index) = cache.get(*id) else {
                missing.push(*id);
                return None;
            };
            self.index = Some(index);
            self.visited.iter_mut().for_each(|visited| visited.push(*id));
        }
        let index = self.index.as_ref().filter(|index| index.kind() == Kind::Index)?;
        let slot = *self.slot.get_or_insert_with(|| {
            range.first_part(index.len(), |key| index.below(key), |at, key| index.key(at) == Some(key))
        });
        index.meta(slot)
    }

    /// Moves to the data block after this one.
    fn next_block(&mut self, piece: &Piece, range: &Range) {
        self.at = None;
        let left = self.block.take();
        // Going down, nothing before a block that begins at the lower bound is in the range.
        if range.reverse && left.is_some_and(|left| left.key(0).is_some_and(|first| *first <= *range.lower)) {
            self.piece = None;
            return;
        }
        let slots = self.index.as_ref().map_or(1, |index| index.len());
        self.slot = self.slot.and_then(|slot| step(slot, slots, range.reverse));
        if self.slot.is_some() {
            return;
        }
        self.index = None;
        self.part = self.part.and_then(|part| step(part, piece.index_len(), range.reverse));
        if self.part.is_none() {
            self.piece = self.piece.and_then(|at| step(at, self.pieces.len(), range.reverse));
        }
    }

    /// The data blocks of the range that come after the one the run is at, as far as its index block tells, with the bytes of
    /// each.
    fn ahead<'a>(&'a self, range: &'a Range) -> impl Iterator<Item = (BlockId, u64)> + 'a {
        let mut at = self.index.as_deref().zip(self.slot);
        std::iter::from_fn(move || {
            let (index, before) = at?;
            let slot = step(before, index.len(), range.reverse)?;
            // Going up, a block that begins past the end is not needed; going down, one before the block that
            // holds the lower bound.
            let edge = index.key(if range.reverse { before } else { slot })?;
            let outside = if range.reverse { *edge <= *range.lower } else { range.is_past(edge) };
            at = Some((index, slot)).filter(|_| !outside);
            at.and_then(|(index, slot)| index.meta_size(slot))
        })
    }

    /// Bytes of the data blocks that come next, `most` if there are more.
    pub(super) fn bytes_ahead(&self, range: &Range, most: u64) -> u64 {
        let mut bytes = 0;
        self.ahead(range)
            .take_while(|(_, len)| {
                bytes += len;
                bytes < most
            })
            .for_each(drop);
        bytes.min(most)
    }

    /// Pushes data blocks that come next and are not here, as far as `bytes` reach.
    pub(super) fn read_ahead(&self, range: &Range, cache: &Cache, missing: &mut Vec<BlockId>, bytes: u64) {
        let mut left = bytes;
        for (id, len) in self.ahead(range) {
            let Some(after) = left.checked_sub(len) else { return };
            left = after;
            if !cache.contains(id) {
                missing.push(id);
            }
        }
    }

    /// The values outside their entries that come soon, up to `bytes` of them.
    pub(super) fn overflow_ahead(&self, range: &Range, mut bytes: u64) -> Vec<OverflowRef> {
        let mut ahead = Vec::new();
        let (Some(block), Some(mut at)) = (&self.block, self.at) else { return ahead };
        while let Some(next) = step(at, block.len(), range.reverse) {
            at = next;
            let Some(entry) = block.entry(at).filter(|entry| !range.is_past(&entry.key)) else { break };
            if let super::block::Held::Overflow(value) = entry.value {
                let Some(left) = bytes.checked_sub(value.len) else { break };
                bytes = left;
                ahead.push(value);
            }
        }
        ahead
    }

    /// Leaves the entry the run stands on.
    pub(super) fn advance(&mut self, range: &Range) {
        if self.head.take().is_none() {
            return;
        }
        let len = self.block.as_ref().map_or(0, |block| block.len());
        self.at = self.at.and_then(|at| step(at, len, range.reverse));
        if self.at.is_none()
            && let Some(piece) = self.piece.and_then(|at| self.pieces.get(at)).map(Rc::clone)
        {
            self.next_block(&piece, range);
        }
    }
}

/// The bytes of an overflow value, or the blocks that are missing for it.
pub(super) fn assemble(value: OverflowRef, cache: &mut Cache, missing: &mut Vec<BlockId>) -> Option<Bytes> {
    let before = missing.len();
    let mut chunks = Vec::new();
    for id in value.span.ids() {
        match cache.get(id) {
            Some(block) => chunks.push(block.chunk()),
            None => missing.push(id),
        }
    }
    if missing.len() > before {
        return None;
    }
    let whole = match chunks.as_slice() {
        [chunk] => chunk.clone(),
        chunks => Bytes::from(chunks.iter().map(|chunk| &**chunk).collect::<Vec<_>>().concat()),
    };
    // A part that is lost must not join what was before and after it: such a value is no item.
    Some(if whole.len() as u64 == value.len { whole } else { Bytes::default() })
}
