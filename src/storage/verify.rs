//! Checks pieces block by block against what the manifest says of them. The blocks come from the store, not from the
//! cache: what is checked is what the next opening will find.

use std::collections::VecDeque;
use std::rc::Rc;

use super::block::{Block, BlockMeta, FirstDue, Held, Kind, OVERFLOW_CHUNK, OverflowRef, Span};
use super::piece::{Index, Piece};
use super::{BlockId, Bytes, Snapshot, TreeId, filter};

/// Bytes of blocks that are checked at once.
const BATCH_BYTES: u64 = 256 << 10;

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Where: a table's items, or an index.
    pub tree: TreeId,
    /// The block, unless the manifest itself is wrong.
    pub block: Option<BlockId>,
    /// What is wrong.
    pub why: &'static str,
}

/// The check of one piece: read what it [wants](PieceCheck::wants), [give](PieceCheck::take) it that, until it wants
/// nothing.
#[derive(Debug)]
pub struct PieceCheck {
    piece: Rc<Piece>,
    /// The piece's filter: to be read first, then to be asked about every key.
    filter: Filter,
    /// Index blocks that are still to be read.
    index: VecDeque<(Bytes, BlockId)>,
    /// Data blocks that are still to be read.
    data: VecDeque<BlockMeta>,
    /// The data blocks that were asked for.
    asked: Vec<BlockMeta>,
    /// The key before.
    last: Option<Bytes>,
    found: Sums,
    /// Sums mean something only while every block was there.
    complete: bool,
    ended: bool,
}

#[derive(Debug)]
enum Filter {
    None,
    Wanted(BlockId),
    Read(Block),
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    entries: u64,
    tombstones: u64,
    bytes: u64,
}

/// A check of each piece of a snapshot.
pub fn checks(snapshot: &Snapshot) -> Vec<PieceCheck> {
    snapshot.0.levels.all().map(|piece| PieceCheck::new(Rc::clone(piece))).collect()
}

/// Levels that are not sorted, or whose pieces overlap.
pub fn check_levels(snapshot: &Snapshot) -> Vec<Damage> {
    let trees = snapshot.0.levels.trees.iter();
    let levels = trees.flat_map(|(tree, pieces)| pieces.deeper.iter().map(move |level| (tree, level)));
    let overlap =
        |level: &[Rc<Piece>]| level.windows(2).any(|pair| matches!(pair, [a, b] if *a.last >= *b.first));
    levels
        .filter(|(_, level)| overlap(level))
        .map(|(tree, _)| Damage { tree: *tree, block: None, why: "pieces of one level overlap" })
        .collect()
}

/// The trees of a snapshot that have pieces.
pub fn trees(snapshot: &Snapshot) -> Vec<TreeId> {
    snapshot.0.levels.trees.keys().copied().collect()
}

impl PieceCheck {
    fn new(piece: Rc<Piece>) -> Self {
        let (index, data) = match &piece.index {
            Index::One(meta) => (VecDeque::new(), VecDeque::from([meta.clone()])),
            Index::Blocks(blocks) => (blocks.iter().cloned().collect(), VecDeque::new()),
        };
        Self {
            filter: piece.filter.map_or(Filter::None, Filter::Wanted),
            piece,
            index,
            data,
            asked: Vec::new(),
            last: None,
            found: Sums::default(),
            complete: true,
            ended: false,
        }
    }

    /// The blocks to read next; none once the piece is through.
    pub fn wants(&mut self) -> Vec<BlockId> {
        if let Filter::Wanted(id) = self.filter {
            return vec![id];
        }
        if let Some((_, id)) = self.index.front().filter(|_| self.data.is_empty()) {
            return vec![*id];
        }
        let mut ids = Vec::new();
        let mut bytes = 0;
        while let Some(meta) = self.data.front() {
            let own = meta.len.saturating_add(span_bytes(&meta.overflow));
            if !ids.is_empty() && own.saturating_add(bytes) > BATCH_BYTES {
                break;
            }
            bytes = bytes.saturating_add(own);
            ids.push(meta.id);
            ids.extend(meta.overflow.iter().flat_map(|span| span.ids()));
            self.asked.extend(self.data.pop_front());
        }
        ids
    }

    /// Checks what was read of the blocks wanted, in their order. Gives how many blocks and bytes were there.
    pub fn take(&mut self, values: Vec<Option<Vec<u8>>>, damage: &mut Vec<Damage>) -> (u64, u64) {
        let there = values.iter().flatten();
        let read = there.fold((0, 0), |(blocks, bytes), value| (blocks + 1, bytes + value.len() as u64));
        let mut values = values.into_iter();
        if let Filter::Wanted(id) = self.filter {
            let block = self.open(id, Kind::Filter, values.next().flatten(), damage);
            self.filter = block.map_or(Filter::None, Filter::Read);
        } else if self.asked.is_empty() {
            self.take_index(values.next().flatten(), damage);
        }
        for meta in std::mem::take(&mut self.asked) {
            let block = self.open(meta.id, Kind::Data, values.next().flatten(), damage);
            let mut overflow = Vec::new();
            for id in meta.overflow.iter().flat_map(|span| span.ids()) {
                let part = self.open(id, Kind::Overflow, values.next().flatten(), damage);
                overflow.extend(part.map(|part| (id, part.chunk().len() as u64)));
            }
            if let Some(block) = block {
                self.take_data(&meta, &block, &overflow, damage);
            }
        }
        if self.index.is_empty() && self.data.is_empty() && !self.ended {
            self.ended = true;
            self.end(damage);
        }
        read
    }

    fn note(&mut self, block: Option<BlockId>, why: &'static str, damage: &mut Vec<Damage>) {
        self.complete = false;
        damage.push(Damage { tree: self.piece.tree, block, why });
    }

    fn open(
        &mut self,
        id: BlockId,
        kind: Kind,
        value: Option<Vec<u8>>,
        damage: &mut Vec<Damage>,
    ) -> Option<Block> {
        let opened = match value {
            None => Err("missing from the storage"),
            Some(bytes) => Block::open(id, bytes).map_err(|corruption| corruption.why),
        };
        match opened {
            Ok(block) if block.kind() == kind => return Some(block),
            Ok(_) => self.note(Some(id), "of another kind", damage),
            Err(why) => self.note(Some(id), why, damage),
        }
        None
    }

    fn take_index(&mut self, value: Option<Vec<u8>>, damage: &mut Vec<Damage>) {
        let Some((first, id)) = self.index.pop_front() else { return };
        let Some(block) = self.open(id, Kind::Index, value, damage) else { return };
        if block.key(0) != Some(&*first) {
            self.note(Some(id), "begins with another key than the manifest says", damage);
        }
        self.data.extend((0..block.len()).filter_map(|at| block.meta(at)));
    }

    fn take_data(
        &mut self,
        meta: &BlockMeta,
        block: &Block,
        overflow: &[(BlockId, u64)],
        damage: &mut Vec<Damage>,
    ) {
        let id = Some(meta.id);
        if block.size() as u64 != meta.len || block.len() as u64 != meta.entries {
            self.note(id, "of another size than its index says", damage);
        }
        if block.key(0) != Some(&*meta.first_key) {
            self.note(id, "begins with another key than its index says", damage);
        }
        if self.last.is_none() && block.key(0) != Some(&*self.piece.first) && self.complete {
            self.note(id, "begins with another key than the manifest says", damage);
        }
        self.found.bytes += block.size() as u64;
        let mut spans = Vec::new();
        let mut due = FirstDue::NEVER;
        for entry in (0..block.len()).filter_map(|at| block.entry(at)) {
            if self.last.as_ref().is_some_and(|last| *last >= entry.key) {
                self.note(id, "keys are not in order", damage);
            }
            if !(self.piece.min_seq..=self.piece.max_seq).contains(&entry.seq) {
                self.note(id, "an entry of another time than the manifest says", damage);
            }
            if matches!(&self.filter, Filter::Read(filter) if !filter.may_hold(filter::hash(&entry.key))) {
                self.note(self.piece.filter, "a filter that denies a key of its piece", damage);
            }
            self.found.entries += 1;
            due.add(entry.due);
            match entry.value {
                Held::Tombstone => self.found.tombstones += 1,
                Held::Inline(_) => {}
                Held::Overflow(value) => {
                    self.found.bytes += value.len;
                    spans.push(value.span);
                    if !fits(value, overflow) {
                        self.note(id, "a long value whose parts have another length", damage);
                    }
                }
            }
            self.last = Some(entry.key);
        }
        if due != meta.due && meta.due != FirstDue::UNKNOWN {
            self.note(id, "has other times at which its items expire than its index says", damage);
        }
        if spans != meta.overflow {
            self.note(id, "refers to other long values than its index says", damage);
        }
    }

    fn end(&mut self, damage: &mut Vec<Damage>) {
        if !self.complete {
            return;
        }
        let Piece { entries, tombstones, bytes, .. } = *self.piece;
        if self.found != (Sums { entries, tombstones, bytes }) {
            self.note(None, "a piece holds more or less than the manifest says", damage);
        }
        if self.last.as_ref() != Some(&self.piece.last) {
            self.note(None, "a piece ends with another key than the manifest says", damage);
        }
    }
}

/// Whether the parts of a long value make up its length. Parts that are not there were noted.
fn fits(value: OverflowRef, parts: &[(BlockId, u64)]) -> bool {
    let own = || parts.iter().filter(|(id, _)| value.span.contains(*id));
    own().count() as u64 != value.span.count || own().map(|(_, len)| len).sum::<u64>() == value.len
}

fn span_bytes(spans: &[Span]) -> u64 {
    spans.iter().map(|span| span.count.saturating_mul(OVERFLOW_CHUNK as u64)).fold(0, u64::saturating_add)
}
