//! The memory table: the newest versions of keys, sorted, with as many older versions as someone may still ask
//! for. Knows nothing of blocks.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::registry::Registry;
use super::{Bytes, Change, SeqNo, TreeId};
use crate::collections::VecMap;

/// What one entry costs beside its bytes, roughly.
const OVERHEAD: usize = 96;

/// One version of a key.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) seq: SeqNo,
    pub(super) value: Option<Bytes>,
    /// What older tables and pieces have of the key still counts.
    pub(super) blind: bool,
    /// The second from which on the value is due to be deleted; 0: never, or nobody knows.
    pub(super) due: u64,
}

impl Version {
    fn bytes(&self) -> usize {
        self.value.as_ref().map_or(0, |value| value.len())
    }
}

/// An older version, and the sequence number of the one that superseded it.
#[derive(Clone, Debug)]
struct Superseded {
    version: Version,
    until: SeqNo,
}

#[derive(Clone, Debug)]
struct Versions {
    newest: Version,
    /// Oldest first.
    older: Vec<Superseded>,
}

impl Versions {
    fn at(&self, at: SeqNo) -> Option<&Version> {
        if self.newest.seq <= at {
            return Some(&self.newest);
        }
        self.older.iter().rev().map(|old| &old.version).find(|version| version.seq <= at)
    }

    /// Drops versions that neither a snapshot nor a rollback can ask for; returns the bytes let go.
    fn prune(&mut self, durable: SeqNo, snapshots: &Registry) -> usize {
        let mut settled = self.older.partition_point(|old| old.version.seq <= durable);
        let mut freed = 0;
        let mut at = 0;
        while at < settled {
            let needed = self.older.get(at).is_none_or(|old| {
                // The newest durable version is what a rollback returns to.
                durable < old.until || snapshots.any_in(old.version.seq, old.until)
            });
            if needed {
                at += 1;
            } else {
                freed += self.older.remove(at).version.bytes() + OVERHEAD;
                settled -= 1;
            }
        }
        freed
    }

    /// Drops versions after `durable`; false if none is left. Returns the bytes let go beside.
    fn rollback(&mut self, durable: SeqNo) -> (bool, usize) {
        let mut freed = 0;
        while self.newest.seq > durable {
            freed += self.newest.bytes();
            let Some(older) = self.older.pop() else { return (false, freed) };
            freed += OVERHEAD;
            self.newest = older.version;
        }
        (true, freed)
    }
}

/// Sorted recent versions of all trees.
#[derive(Debug, Default)]
pub(super) struct MemoryTable {
    trees: VecMap<TreeId, BTreeMap<Bytes, Versions>>,
    bytes: usize,
    rollbacks: u64,
}

impl MemoryTable {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    pub(super) fn trees(&self) -> impl Iterator<Item = TreeId> {
        self.trees.keys().copied()
    }

    /// The commit that wrote the greatest key of a tree; 0: it has none.
    pub(super) fn last_seq(&self, tree: TreeId) -> SeqNo {
        let last = self.trees.get(&tree).and_then(BTreeMap::last_key_value);
        last.map(|(_, versions)| versions.newest.seq).unwrap_or_default()
    }

    /// Bytes of the newest versions of one tree, roughly.
    pub(super) fn tree_bytes(&self, tree: TreeId) -> usize {
        let keys = self.trees.get(&tree).into_iter().flatten();
        keys.map(|(key, versions)| key.len() + versions.newest.bytes() + 8).sum()
    }

    pub(super) fn insert(&mut self, seq: SeqNo, change: Change, durable: SeqNo, snapshots: &Registry) {
        let keys = self.trees.get_or_default(change.tree);
        let Change { value, blind, due, .. } = change;
        let mut version = Version { seq, value: value.map(Bytes::compact), blind, due };
        self.bytes += version.bytes();
        if let Some(versions) = keys.get_mut(&*change.key) {
            version.blind |= versions.newest.blind;
            let before = std::mem::replace(&mut versions.newest, version);
            if before.seq == seq {
                self.bytes -= before.bytes();
                return;
            }
            self.bytes += OVERHEAD;
            versions.older.push(Superseded { version: before, until: seq });
            self.bytes -= versions.prune(durable, snapshots);
        } else {
            self.bytes += change.key.len() + OVERHEAD;
            keys.insert(change.key.compact(), Versions { newest: version, older: Vec::new() });
        }
    }

    pub(super) fn get(&self, tree: TreeId, key: &[u8], at: SeqNo) -> Option<&Version> {
        self.trees.get(&tree)?.get(key)?.at(at)
    }

    /// The keys in the range that have a version at `at`, from the end when `reverse`.
    pub(super) fn range<'a>(
        &'a self,
        tree: TreeId,
        lower: Bound<&[u8]>,
        upper: Bound<&[u8]>,
        reverse: bool,
        at: SeqNo,
    ) -> impl Iterator<Item = (&'a Bytes, &'a Version)> + use<'a> {
        let keys = if is_empty(lower, upper) { None } else { self.trees.get(&tree) };
        let mut range = keys.map(|keys| keys.range::<[u8], _>((lower, upper)));
        std::iter::from_fn(move || {
            let range = range.as_mut()?;
            loop {
                let (key, versions) = if reverse { range.next_back()? } else { range.next()? };
                if let Some(version) = versions.at(at) {
                    return Some((key, version));
                }
            }
        })
    }

    /// How often versions were taken back: what was read before may not be there any more.
    pub(super) fn rollbacks(&self) -> u64 {
        self.rollbacks
    }

    pub(super) fn rollback(&mut self, durable: SeqNo) {
        self.rollbacks += 1;
        let bytes = &mut self.bytes;
        self.trees.retain(|_, keys| {
            for (key, mut versions) in std::mem::take(keys) {
                let (kept, freed) = versions.rollback(durable);
                *bytes -= freed;
                if kept {
                    keys.insert(key, versions);
                } else {
                    *bytes -= key.len() + OVERHEAD;
                }
            }
            !keys.is_empty()
        });
    }
}

/// `BTreeMap::range` panics on these.
fn is_empty(lower: Bound<&[u8]>, upper: Bound<&[u8]>) -> bool {
    match (lower, upper) {
        (Bound::Included(lower), Bound::Included(upper)) => lower > upper,
        (Bound::Included(lower) | Bound::Excluded(lower), Bound::Excluded(upper))
        | (Bound::Excluded(lower), Bound::Included(upper)) => lower >= upper,
        (Bound::Unbounded, _) | (_, Bound::Unbounded) => false,
    }
}
