//! Where each living value of a file store is.

use super::place::{Key, Place};
use crate::collections::VecMap;
use crate::platform::Space;

/// The places of all values: one map per space, because ids grow at the end of their space.
#[derive(Default)]
pub(super) struct Alive {
    places: [VecMap<u64, Place>; 3],
}

impl Alive {
    /// How many values there are.
    pub fn len(&self) -> usize {
        self.places.iter().map(VecMap::len).sum()
    }

    /// Every value, by space and id.
    pub fn iter(&self) -> impl Iterator<Item = (Key, Place)> {
        let spaces = [Space::Log, Space::Block, Space::Meta].into_iter().zip(&self.places);
        spaces.flat_map(|(space, places)| places.iter().map(move |(id, place)| ((space, *id), *place)))
    }

    /// Where a value is.
    pub fn get(&self, (space, id): Key) -> Option<Place> {
        self.places.get(space as usize)?.get(&id).copied()
    }

    /// The values of a space with `from <= id < to`.
    pub fn range(&self, space: Space, from: u64, to: u64) -> &[(u64, Place)] {
        self.places.get(space as usize).map_or(&[], |places| places.range(&from, &to))
    }

    /// Gives a value its place; gives back its former one.
    pub fn put(&mut self, (space, id): Key, place: Place) -> Option<Place> {
        self.places.get_mut(space as usize)?.insert(id, place)
    }

    /// Forgets a value; gives back where it was.
    pub fn remove(&mut self, (space, id): Key) -> Option<Place> {
        self.places.get_mut(space as usize)?.remove(&id)
    }

    /// Forgets the values of a space with `from <= id < to`; gives back where they were.
    pub fn remove_range(&mut self, space: Space, from: u64, to: u64) -> Vec<(u64, Place)> {
        let places = self.places.get_mut(space as usize);
        places.map(|places| places.take_range(&from, &to)).unwrap_or_default()
    }
}
