//! Removal: the pieces of dropped trees leave, and their blocks become garbage.

use std::rc::Rc;

use super::super::block::{Block, BlockMeta, Kind, Span};
use super::super::piece::{Index, Piece};
use super::super::{BlockId, Storage};
use super::{Edit, Progress};

/// Pieces removed by one edit; the others follow in the next job.
const MAX_PIECES: usize = 64;

pub(super) struct Remove {
    /// Those still to do.
    pieces: Vec<Rc<Piece>>,
}

impl Remove {
    pub(super) fn choose(storage: &Storage) -> Option<Self> {
        let checkpoint = storage.manifest.checkpoint;
        let dropped =
            storage.levels.trees.iter().filter(|(tree, _)| storage.is_dropped_at(**tree, checkpoint));
        let pieces: Vec<_> = dropped.flat_map(|(_, pieces)| pieces.all()).take(MAX_PIECES).cloned().collect();
        (!pieces.is_empty()).then_some(Self { pieces })
    }

    pub(super) fn step(&mut self, storage: &mut Storage, edit: &mut Edit, budget: &mut usize) -> Progress {
        let Some(piece) = self.pieces.last() else { return Progress::Finished };
        match &piece.index {
            Index::One(meta) => give_up(meta, edit),
            Index::Blocks(parts) => {
                let mut missing = Vec::new();
                let mut indexes = Vec::new();
                for (_, id) in parts {
                    match storage.cache.get(*id) {
                        Some(index) => indexes.push(index),
                        None => missing.push(*id),
                    }
                }
                if !missing.is_empty() {
                    return Progress::Read(missing);
                }
                edit.garbage.extend(parts.iter().map(|(_, id)| one(*id)));
                for index in indexes.iter().filter(|index| index.kind() == Kind::Index) {
                    *budget = budget.saturating_sub(index.size());
                    metas(index).for_each(|meta| give_up(&meta, edit));
                }
            }
        }
        edit.garbage.extend(piece.filter.map(one));
        edit.remove.push(piece.id);
        self.pieces.pop();
        Progress::More
    }
}

fn metas(index: &Block) -> impl Iterator<Item = BlockMeta> {
    (0..index.len()).filter_map(|at| index.meta(at))
}

fn one(first: BlockId) -> Span {
    Span { first, count: 1 }
}

fn give_up(meta: &BlockMeta, edit: &mut Edit) {
    edit.garbage.push(one(meta.id));
    edit.garbage.extend(&meta.overflow);
}
