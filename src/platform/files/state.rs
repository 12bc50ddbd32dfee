//! What the store knows about its files: where every living value is, and how much of it is on the disk.
//!
//! It touches no file.

use super::alive::Alive;
use super::format::{self, Covered, Entry};
use super::place::{Key, Place};
use crate::collections::VecMap;
use crate::platform::store::MAX_STORED;
use crate::platform::{Space, StoreError, Write};

#[derive(Default)]
pub(super) struct State {
    pub alive: Alive,
    /// Bytes of living values per segment; segments without any are not in it.
    pub used: VecMap<u64, u64>,
    /// The segment that is written, and its end.
    pub segment: u64,
    pub end: u64,
    /// The last commit written, and the last one on the disk.
    pub seq: u64,
    pub durable: u64,
    /// Segments with bytes that may not be on the disk, each with the last commit in it.
    pub unsynced: VecMap<u64, u64>,
    /// The first commit of a segment whose name may not be on the disk.
    pub unnamed: Option<u64>,
    /// An index to write, of all segments before the newest.
    pub due: Option<Due>,
    pub closed: bool,
}

/// An index to write, made when its last segment was full.
pub(super) struct Due {
    pub covered: Covered,
    pub bytes: Vec<u8>,
    /// The segments it refers to, ascending.
    pub needed: Vec<u64>,
}

impl State {
    /// Whether `batch` can be applied. Writes take effect in their order: a value deleted may be added again.
    pub(super) fn admit(&self, batch: &[Write]) -> Result<(), StoreError> {
        let mut touched = VecMap::new();
        let mut cleared: Vec<(Space, u64, u64)> = Vec::new();
        for write in batch {
            match write {
                Write::Add(_, _, value) | Write::Put(_, _, value) if value.len() > MAX_STORED => {
                    return Err(StoreError::Aborted("a value is too long".into()));
                }
                Write::Add(space, id, _) => {
                    let gone = || cleared.iter().any(|(s, from, to)| s == space && (from..to).contains(&id));
                    let key = (*space, *id);
                    let before = touched.insert(key, true);
                    if before.unwrap_or_else(|| self.alive.get(key).is_some() && !gone()) {
                        return Err(StoreError::Conflict);
                    }
                }
                Write::Put(space, id, _) => {
                    touched.insert((*space, *id), true);
                }
                Write::Delete(space, id) => {
                    touched.insert((*space, *id), false);
                }
                Write::DeleteRange(space, from, to) if from < to => {
                    cleared.push((*space, *from, *to));
                    touched
                        .range_mut(&(*space, *from), &(*space, *to))
                        .iter_mut()
                        .for_each(|(_, there)| *there = false);
                }
                Write::DeleteRange(..) => {}
            }
        }
        Ok(())
    }

    /// Applies a commit that begins at `start` of `segment`.
    pub(super) fn apply(&mut self, entries: &[Entry], segment: u64, start: u64) {
        for entry in entries {
            match *entry {
                Entry::Put(key, offset, length) => {
                    self.put(key, Place { segment, offset: start + offset, length });
                }
                Entry::Delete(key) => {
                    if let Some(old) = self.alive.remove(key) {
                        self.bury(old);
                    }
                }
                Entry::DeleteRange(space, from, to) => {
                    for (_, old) in self.alive.remove_range(space, from, to) {
                        self.bury(old);
                    }
                }
            }
        }
    }

    pub(super) fn put(&mut self, key: Key, place: Place) {
        *self.used.get_or_default(place.segment) += place.cost();
        if let Some(old) = self.alive.put(key, place) {
            self.bury(old);
        }
    }

    /// Takes a place out of the account of its segment.
    fn bury(&mut self, old: Place) {
        let left = self.used.get(&old.segment).map_or(0, |used| used.saturating_sub(old.cost()));
        if left == 0 {
            self.used.remove(&old.segment);
        } else {
            self.used.insert(old.segment, left);
        }
    }

    /// Notes `bytes` appended to the newest segment as the next commit.
    pub(super) fn advance(&mut self, bytes: u64) {
        self.seq += 1;
        if self.end == 0 && self.unnamed.is_none() {
            self.unnamed = Some(self.seq);
        }
        self.unsynced.insert(self.segment, self.seq);
        self.end += bytes;
    }

    /// Notes that all commits up to `seq`, and the names of their segments, are on the disk.
    pub(super) fn synced(&mut self, seq: u64) {
        self.durable = self.durable.max(seq);
        self.unsynced.retain(|_, last| *last > seq);
        self.unnamed = self.unnamed.filter(|first| *first > seq);
    }

    /// Begins the next segment. The index of those before is made here and now, when nothing newer is alive.
    pub(super) fn begin_segment(&mut self) {
        self.segment += 1;
        self.end = 0;
        let covered = Covered { next: self.segment, seq: self.seq };
        self.due = Some(Due {
            covered,
            bytes: format::encode_index(covered, &self.alive),
            needed: self.used.keys().copied().collect(),
        });
    }
}
