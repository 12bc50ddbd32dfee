//! Merge: pieces of one level and those they overlap in the next become pieces of the next, without superseded
//! versions, and without tombstones where nothing lies below.

use std::rc::Rc;

use super::super::block::{Entry, Held, Span};
use super::super::levels::TreePieces;
use super::super::piece::Piece;
use super::super::run::{Range, Run, Settled};
use super::super::settle::supersede;
use super::super::writer::PieceWriter;
use super::super::{BlockId, Bytes, Storage, StorageOptions, TreeId};
use super::{Edit, MERGE_AHEAD, Progress};

pub(super) struct Merge {
    tree: TreeId,
    target: u8,
    inputs: Vec<Rc<Piece>>,
    /// How many of the inputs are of the upper level.
    upper: usize,
    range: Range,
    /// Newest first.
    runs: Vec<Run>,
    drops_tombstones: bool,
    writer: PieceWriter,
    /// The inputs are noted in the edit.
    started: bool,
}

/// Bytes a level may hold.
pub(in crate::storage) fn limit(level: u8, storage: &Storage) -> u64 {
    let tenfold = 10u64.saturating_pow(u32::from(level.saturating_sub(1)));
    storage.options.level1_bytes.saturating_mul(tenfold)
}

/// A level-0 piece of less than this part of a memory table is small.
const SMALL: u64 = 8;

/// Whether level 0 of a tree is to be merged.
fn is_due(level0: &[Rc<Piece>], storage: &Storage, pausing: bool) -> bool {
    let StorageOptions { level0_pieces, level0_busy, memory_table_bytes, .. } = storage.options;
    let bytes: u64 = level0.iter().map(|piece| piece.bytes).sum();
    let small = bytes < level0.len() as u64 * (memory_table_bytes as u64 / SMALL);
    level0.len() >= if pausing || small { level0_pieces } else { level0_busy }
}

/// The pieces of a level that overlap `first..=last`, and the small ones beside them: entries that come in the order of
/// their keys, as those of streams do, overlap nothing and would stay in as many pieces as there were flushes. A
/// neighbour larger than all that is merged with it is left alone, so that an entry is not rewritten again and again.
fn with_small_neighbours(
    level: &[Rc<Piece>],
    first: &Bytes,
    last: &Bytes,
    upper: &[Rc<Piece>],
    storage: &Storage,
) -> Vec<Rc<Piece>> {
    let mut from = level.partition_point(|piece| piece.last < *first);
    let mut end = level.partition_point(|piece| piece.first <= *last);
    let within = level.get(from..end).unwrap_or_default();
    let mut bytes: u64 = upper.iter().chain(within).map(|piece| piece.bytes).sum();
    let small = storage.options.piece_bytes as u64 / 2;
    loop {
        let joins = |piece: &&Rc<Piece>| piece.bytes <= bytes.min(small);
        if let Some(piece) = from.checked_sub(1).and_then(|at| level.get(at)).filter(joins) {
            from -= 1;
            bytes += piece.bytes;
        } else if let Some(piece) = level.get(end).filter(joins) {
            end += 1;
            bytes += piece.bytes;
        } else {
            return level.get(from..end).unwrap_or_default().to_vec();
        }
    }
}

impl Merge {
    /// Of all trees, the one that reads suffer from most.
    pub(super) fn choose(storage: &mut Storage, pausing: bool) -> Option<Self> {
        let due = storage.levels.trees.iter().filter(|(_, pieces)| is_due(&pieces.level0, storage, pausing));
        if let Some((tree, pieces)) = due.max_by_key(|(_, pieces)| pieces.level0.len()) {
            return Some(Self::new(storage, *tree, pieces, pieces.level0.clone(), 1));
        }
        let (tree, level) = Self::overfull(storage)?;
        let pieces = storage.levels.trees.get(&tree)?;
        let after = storage.merged_up_to.get(&(tree, level));
        let candidates = pieces.level(level);
        let next = candidates.iter().find(|piece| after.is_none_or(|after| piece.first > *after));
        let piece = Rc::clone(next.or(candidates.first())?);
        let first = piece.first.clone();
        let merge = Self::new(storage, tree, pieces, vec![piece], level + 1);
        storage.merged_up_to.insert((tree, level), first);
        Some(merge)
    }

    fn overfull(storage: &Storage) -> Option<(TreeId, u8)> {
        let levels = storage.levels.trees.iter().flat_map(|(tree, pieces)| {
            (1u8..u8::MAX).zip(&pieces.deeper).map(move |(level, pieces)| (*tree, level, pieces))
        });
        levels
            .map(|(tree, level, pieces)| {
                let bytes: u64 = pieces.iter().map(|piece| piece.bytes).sum();
                (bytes.saturating_mul(100) / limit(level, storage).max(1), tree, level)
            })
            .filter(|(percent, ..)| *percent > 100)
            .max_by_key(|(percent, ..)| *percent)
            .map(|(_, tree, level)| (tree, level))
    }

    fn new(storage: &Storage, tree: TreeId, pieces: &TreePieces, upper: Vec<Rc<Piece>>, target: u8) -> Self {
        let first = upper.iter().map(|piece| piece.first.clone()).min().unwrap_or_default();
        let last = upper.iter().map(|piece| piece.last.clone()).max().unwrap_or_default();
        let lower = with_small_neighbours(pieces.level(target), &first, &last, &upper, storage);
        let mut least: &Bytes = &first;
        let mut most: &Bytes = &last;
        for piece in &lower {
            least = least.min(&piece.first);
            most = most.max(&piece.last);
        }
        let below = pieces.deeper.iter().skip(usize::from(target)).flatten();
        let drops_tombstones = !below.clone().any(|piece| piece.last >= *least && piece.first <= *most);
        let range = Range::all();
        let mut runs: Vec<_> = upper.iter().map(|piece| Run::visiting([Rc::clone(piece)], &range)).collect();
        runs.push(Run::visiting(lower.iter().cloned(), &range));
        let writer = PieceWriter::new(tree, target, storage.options.block_bytes, storage.options);
        let count = upper.len();
        let inputs = upper.into_iter().chain(lower).collect();
        Self { tree, target, inputs, upper: count, range, runs, drops_tombstones, writer, started: false }
    }

    /// The id of the only input and the same piece one level down, if that is all there is to do.
    pub(super) fn as_move(&self) -> Option<(u64, Rc<Piece>)> {
        match self.inputs.as_slice() {
            [only] if self.upper == 1 && !(self.drops_tombstones && only.tombstones > 0) => {
                Some((only.id, Rc::new(Piece { level: self.target, ..Piece::clone(only) })))
            }
            _ => None,
        }
    }

    pub(super) fn step(
        &mut self,
        storage: &mut Storage,
        edit: &mut Edit,
        blocks: &mut Vec<(BlockId, Vec<u8>)>,
        budget: &mut usize,
    ) -> Progress {
        if !self.started {
            self.started = true;
            edit.remove.extend(self.inputs.iter().map(|piece| piece.id));
        }
        let mut missing = Vec::new();
        // Those of one run at a time: to check many blocks at once would hold the page.
        let most = storage.cache.at_once(self.runs.len());
        for run in &mut self.runs {
            if run.settle(&self.range, &mut storage.cache, &mut missing) == Settled::Missing {
                run.read_ahead(&self.range, &storage.cache, &mut missing, MERGE_AHEAD);
                missing.truncate(most);
                break;
            }
        }
        if !missing.is_empty() {
            return Progress::Read(missing);
        }
        let mut best: Option<&Entry> = None;
        for head in self.runs.iter().filter_map(Run::head) {
            // Of equal keys the first run's is the newest.
            if best.is_none_or(|best| head.key < best.key) {
                best = Some(head);
            }
        }
        let Some(mut best) = best.cloned() else {
            self.writer.end(&mut storage.output(&mut edit.add, blocks));
            let visited = self.runs.iter_mut().flat_map(Run::take_visited);
            let filters = self.inputs.iter().filter_map(|piece| piece.filter);
            edit.garbage.extend(visited.chain(filters).map(|first| Span { first, count: 1 }));
            return Progress::Finished;
        };
        let mut newest = true;
        let mut blind = false;
        let mut settled = (0, 0);
        for run in &mut self.runs {
            let Some(head) = run.head().filter(|head| head.key == best.key) else { continue };
            *budget = budget.saturating_sub(head.key.len() + 32);
            match &head.value {
                Held::Inline(value) => *budget = budget.saturating_sub(value.len()),
                Held::Overflow(value) if !newest => edit.garbage.push(value.span),
                _ => {}
            }
            supersede(blind, head, &mut settled);
            blind = head.blind;
            newest = false;
            run.advance(&self.range);
        }
        if settled.0 > 0 {
            edit.settled.add(self.tree, settled.0, settled.1);
        }
        best.blind = blind && !self.drops_tombstones;
        if !(self.drops_tombstones && matches!(best.value, Held::Tombstone)) {
            self.writer.add(best, &mut storage.output(&mut edit.add, blocks));
        }
        Progress::More
    }
}
