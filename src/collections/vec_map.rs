//! A sorted map in one vector.

use std::borrow::Borrow;

/// A map sorted by key, for maps that stay small or grow at the end: finding is logarithmic, inserting and
/// removing move what comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VecMap<K, V> {
    entries: Vec<(K, V)>,
}

impl<K, V> Default for VecMap<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K, V> VecMap<K, V> {
    /// An empty map.
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// True without entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// The entries, ascending.
    pub fn entries(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The entries, ascending, by value.
    pub fn into_entries(self) -> Vec<(K, V)> {
        self.entries
    }

    /// The entries, ascending.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> + ExactSizeIterator {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The keys, ascending.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values by ascending key.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// Keeps the entries of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keep(key, value));
    }
}

impl<K: Ord, V> VecMap<K, V> {
    /// Where `key` is, or where it belongs. Looks at the end first: most maps grow there.
    fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        if self.entries.last().is_none_or(|(last, _)| last.borrow() < key) {
            return Err(self.entries.len());
        }
        self.entries.binary_search_by(|(at, _)| at.borrow().cmp(key))
    }

    /// Where a range begins and where it ends.
    fn positions<Q: Ord + ?Sized>(&self, from: &Q, end: &Q) -> (usize, usize)
    where
        K: Borrow<Q>,
    {
        let first = self.find(from).unwrap_or_else(|at| at);
        (first, self.find(end).unwrap_or_else(|at| at).max(first))
    }

    /// True if there is a value for `key`.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.find(key).is_ok()
    }

    /// The value of `key`.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key).ok()?;
        self.entries.get(at).map(|(_, value)| value)
    }

    /// The value of `key`, to be changed.
    pub fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key).ok()?;
        self.entries.get_mut(at).map(|(_, value)| value)
    }

    /// Gives `key` a value; gives back the one it had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => self.entries.get_mut(at).map(|(_, old)| std::mem::replace(old, value)),
            Err(at) => {
                self.entries.insert(at, (key, value));
                None
            }
        }
    }

    /// The value of `key`, after `make` has made one if there was none.
    #[expect(clippy::indexing_slicing, reason = "the entry was found or put there just now")]
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let at = match self.find(&key) {
            Ok(at) => at,
            Err(at) => {
                self.entries.insert(at, (key, make()));
                at
            }
        };
        let (_, value) = &mut self.entries[at];
        value
    }

    /// The value of `key`, after the default was put there if there was none.
    pub fn get_or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.get_or_insert_with(key, V::default)
    }

    /// Takes out the value of `key`.
    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.find(key).ok()?;
        Some(self.entries.remove(at).1)
    }

    /// The entries from `from` on, ascending.
    pub fn starting_at<Q: Ord + ?Sized>(&self, from: &Q) -> &[(K, V)]
    where
        K: Borrow<Q>,
    {
        let at = self.find(from).unwrap_or_else(|at| at);
        self.entries.get(at..).unwrap_or_default()
    }

    /// The entries with `from <= key < end`, ascending.
    pub fn range<Q: Ord + ?Sized>(&self, from: &Q, end: &Q) -> &[(K, V)]
    where
        K: Borrow<Q>,
    {
        let (first, after) = self.positions(from, end);
        self.entries.get(first..after).unwrap_or_default()
    }

    /// [`VecMap::range`], with values to be changed.
    pub fn range_mut<Q: Ord + ?Sized>(&mut self, from: &Q, end: &Q) -> &mut [(K, V)]
    where
        K: Borrow<Q>,
    {
        let (first, after) = self.positions(from, end);
        self.entries.get_mut(first..after).unwrap_or_default()
    }

    /// Takes out the entries with `from <= key < end`.
    pub fn take_range<Q: Ord + ?Sized>(&mut self, from: &Q, end: &Q) -> Vec<(K, V)>
    where
        K: Borrow<Q>,
    {
        let (first, after) = self.positions(from, end);
        self.entries.drain(first..after).collect()
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for VecMap<K, V> {
    /// Of a key that repeats, the last value stays. Quick when the keys come in order.
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

#[cfg(test)]
mod tests;
