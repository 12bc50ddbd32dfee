//! Levels: one immutable set of pieces, by tree and level. A change makes a new set; readers keep the one they
//! began with.

use std::rc::Rc;

use super::TreeId;
use super::piece::Piece;
use crate::collections::VecMap;

/// The pieces of one tree.
#[derive(Clone, Debug, Default)]
pub(super) struct TreePieces {
    /// Newest first; they may overlap.
    pub(super) level0: Vec<Rc<Piece>>,
    /// Levels 1 and up, each sorted by key and without overlap.
    pub(super) deeper: Vec<Vec<Rc<Piece>>>,
}

impl TreePieces {
    pub(super) fn all(&self) -> impl Iterator<Item = &Rc<Piece>> {
        self.level0.iter().chain(self.deeper.iter().flatten())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// The pieces of level `level`, 1 and up.
    pub(super) fn level(&self, level: u8) -> &[Rc<Piece>] {
        let at = usize::from(level).checked_sub(1);
        at.and_then(|at| self.deeper.get(at)).map_or(&[], Vec::as_slice)
    }

    /// Pieces that may hold `key`, newest entries first.
    pub(super) fn candidates<'a>(&'a self, key: &'a [u8]) -> impl Iterator<Item = &'a Rc<Piece>> {
        let level0 = self.level0.iter().filter(move |piece| piece.covers(key));
        let deeper = self.deeper.iter().filter_map(move |level| {
            let at = level.partition_point(|piece| *piece.last < *key);
            level.get(at).filter(|piece| piece.covers(key))
        });
        level0.chain(deeper)
    }

    fn insert(&mut self, piece: Rc<Piece>) {
        let Some(at) = usize::from(piece.level).checked_sub(1) else {
            let at = self.level0.partition_point(|other| other.id > piece.id);
            self.level0.insert(at, piece);
            return;
        };
        if self.deeper.len() <= at {
            self.deeper.resize_with(at + 1, Vec::new);
        }
        if let Some(level) = self.deeper.get_mut(at) {
            let at = level.partition_point(|other| other.first < piece.first);
            level.insert(at, piece);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Levels {
    /// Grows with every change, to tell older sets from newer.
    pub(super) number: u64,
    pub(super) trees: VecMap<TreeId, TreePieces>,
}

impl Levels {
    pub(super) fn all(&self) -> impl Iterator<Item = &Rc<Piece>> {
        self.trees.values().flat_map(TreePieces::all)
    }

    /// The next set: without the pieces whose ids are in `remove`, with those of `add`.
    pub(super) fn changed(&self, remove: &[u64], add: &[Rc<Piece>]) -> Self {
        let mut next = Self { number: self.number + 1, trees: self.trees.clone() };
        if !remove.is_empty() {
            next.trees.retain(|_, pieces| {
                let kept = |piece: &Rc<Piece>| !remove.contains(&piece.id);
                pieces.level0.retain(kept);
                pieces.deeper.iter_mut().for_each(|level| level.retain(kept));
                !pieces.is_empty()
            });
        }
        for piece in add {
            next.trees.get_or_default(piece.tree).insert(Rc::clone(piece));
        }
        next
    }
}
