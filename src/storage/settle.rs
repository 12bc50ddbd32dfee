//! Settlements: what blind changes have superseded, counted once a merge meets it.
//!
//! A change that did not read what its key had counts as if there had been nothing. Its version is marked, and where it
//! meets the next older one, that one's share is taken off. Of the two the merge keeps one version, which is marked if the
//! older one was: then what is below still counts.

use super::TreeId;
use super::block::{Entry, Held};
use super::bytes::Bytes;
use crate::collections::VecMap;
use crate::item::ItemRef;

/// What is to be taken off the counts of trees: entries, and bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlements(VecMap<TreeId, (u64, u64)>);

impl Settlements {
    /// Of each tree: entries, and bytes.
    pub fn iter(&self) -> impl Iterator<Item = (TreeId, u64, u64)> + use<'_> {
        self.0.iter().map(|(tree, (entries, bytes))| (*tree, *entries, *bytes))
    }

    pub(super) fn add(&mut self, tree: TreeId, entries: u64, bytes: u64) {
        let own = self.0.get_or_default(tree);
        *own = (own.0.saturating_add(entries), own.1.saturating_add(bytes));
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|(tree, entries, bytes)| self.add(tree, entries, bytes));
    }

    /// These without those of `before`, which are among them; only of trees that `there` has.
    pub(super) fn since(&self, before: &Self, there: impl Fn(TreeId) -> bool) -> Self {
        let mut rest = Self::default();
        for (tree, entries, bytes) in self.iter().filter(|(tree, ..)| there(*tree)) {
            let (old_entries, old_bytes) = before.0.get(&tree).copied().unwrap_or_default();
            let left = (entries.saturating_sub(old_entries), bytes.saturating_sub(old_bytes));
            if left != (0, 0) {
                rest.add(tree, left.0, left.1);
            }
        }
        rest
    }
}

/// What a value counts by: DynamoDB's item size, which heads it.
pub(super) fn counted(value: &Bytes) -> u64 {
    ItemRef::parse(value).map_or(value.len() as u64, |item| u64::from(item.size()))
}

/// Adds what an older version of a key counted, if the newer one before it was blind.
pub(super) fn supersede(newer_is_blind: bool, older: &Entry, settled: &mut (u64, u64)) {
    if !newer_is_blind {
        return;
    }
    let bytes = match &older.value {
        Held::Tombstone => return,
        Held::Inline(value) => counted(value),
        Held::Overflow(value) => value.counted,
    };
    settled.0 += 1;
    settled.1 = settled.1.saturating_add(bytes);
}
