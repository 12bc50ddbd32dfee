//! What is alive in a file store: where each value is, and how much of each segment that makes.

use super::format::{Entry, Key, Place};
use crate::collections::VecMap;
use crate::platform::Space;

/// The places of all values.
#[derive(Default)]
pub(super) struct Alive {
    /// One map per space: ids mostly grow at its end, and are mostly removed in ranges.
    places: [VecMap<u64, Place>; 3],
    /// Living bytes per segment.
    used: VecMap<u64, u64>,
}

impl Alive {
    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.places.iter().map(VecMap::len).sum()
    }

    /// Every value, by space and id.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, Place)> {
        let spaces = [Space::Log, Space::Block, Space::Meta].into_iter().zip(&self.places);
        spaces.flat_map(|(space, places)| places.iter().map(move |(id, place)| ((space, *id), *place)))
    }

    /// Where a value is.
    pub(super) fn get(&self, (space, id): Key) -> Option<Place> {
        self.places.get(space as usize)?.get(&id).copied()
    }

    /// The values of a space with `from <= id < to`.
    pub(super) fn range(&self, space: Space, from: u64, to: u64) -> &[(u64, Place)] {
        self.places.get(space as usize).map_or(&[], |places| places.range(&from, &to))
    }

    /// Living bytes of `segment`.
    pub(super) fn used(&self, segment: u64) -> u64 {
        self.used.get(&segment).copied().unwrap_or_default()
    }

    /// Segments with their living bytes.
    pub(super) fn segments(&self) -> impl Iterator<Item = (u64, u64)> {
        self.used.iter().map(|(segment, used)| (*segment, *used))
    }

    /// Notes a value's place; its former one is dead.
    pub(super) fn put(&mut self, (space, id): Key, place: Place) {
        *self.used.get_or_default(place.segment) += u64::from(place.length);
        let Some(places) = self.places.get_mut(space as usize) else { return };
        if let Some(old) = places.insert(id, place) {
            self.bury(old);
        }
    }

    /// Applies a commit that was written to `segment` at `start`.
    pub(super) fn apply(&mut self, entries: &[Entry], segment: u64, start: u64) {
        for entry in entries {
            match *entry {
                Entry::Put(key, offset, length) => {
                    self.put(key, Place { segment, offset: start + offset, length });
                }
                Entry::Delete((space, id)) => {
                    let old = self.places.get_mut(space as usize).and_then(|places| places.remove(&id));
                    old.into_iter().for_each(|old| self.bury(old));
                }
                Entry::DeleteRange(space, from, to) => self.delete_range(space, from, to),
            }
        }
    }

    fn delete_range(&mut self, space: Space, from: u64, to: u64) {
        let Some(places) = self.places.get_mut(space as usize) else { return };
        for (_, old) in places.take_range(&from, &to) {
            self.bury(old);
        }
    }

    fn bury(&mut self, old: Place) {
        if let Some(used) = self.used.get_mut(&old.segment) {
            *used -= u64::from(old.length);
        }
    }
}
