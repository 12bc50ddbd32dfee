//! ExpressionAttributeNames and ExpressionAttributeValues, shared by all expressions of one request.

use std::sync::Arc;

use super::error::{ExpressionError, Map, Problem};
use super::lexer::word_length;
use crate::collections::sort_by;

/// Bytes of a name or of an encoded value, shared by all places that use the placeholder.
pub type Bytes = Arc<[u8]>;

/// One placeholder.
#[derive(Debug)]
struct Entry {
    key: Vec<u8>,
    bytes: Bytes,
    used: bool,
}

/// The entries of one map.
#[derive(Debug, Default)]
struct Entries {
    /// In request order, which is the order errors list them in.
    entries: Vec<Entry>,
    /// Positions in `entries`, sorted by key.
    sorted: Vec<usize>,
}

impl Entries {
    fn new(map: Map, given: Option<Vec<(Vec<u8>, Vec<u8>)>>) -> Result<Self, ExpressionError> {
        let Some(given) = given else { return Ok(Self::default()) };
        if given.is_empty() {
            return Err(ExpressionError::bare(Problem::EmptyMap(map)));
        }
        let mark = if map == Map::Names { b'#' } else { b':' };
        for (key, bytes) in &given {
            let word = key.strip_prefix(&[mark]).unwrap_or_default();
            if word.is_empty() || word_length(word) != word.len() {
                return Err(ExpressionError::bare(Problem::BadKey(map, lossy(key))));
            }
            if map == Map::Names && bytes.is_empty() {
                return Err(ExpressionError::bare(Problem::EmptyName));
            }
        }
        let entries: Vec<_> =
            given.into_iter().map(|(key, bytes)| Entry { key, bytes: bytes.into(), used: false }).collect();
        let mut sorted: Vec<_> = (0..entries.len()).collect();
        let key = |at: &usize| entries.get(*at).map(|e: &Entry| &e.key);
        sort_by(&mut sorted, |a, b| key(a).cmp(&key(b)));
        Ok(Self { entries, sorted })
    }

    /// What `key` stands for. Of a key that repeats, the last entry counts, as in JSON.
    fn take(&mut self, key: &[u8]) -> Option<Bytes> {
        let key_at = |at: &usize| self.entries.get(*at).map(|e| e.key.as_slice());
        let end = self.sorted.partition_point(|at| key_at(at) <= Some(key));
        let start = self.sorted.partition_point(|at| key_at(at) < Some(key));
        let mut found = None;
        for at in self.sorted.get(start..end)? {
            let entry = self.entries.get_mut(*at)?;
            entry.used = true;
            found = Some(entry.bytes.clone());
        }
        found
    }

    fn check_unused(&self, map: Map) -> Result<(), ExpressionError> {
        let unused: Vec<_> = self.entries.iter().filter(|e| !e.used).map(|e| lossy(&e.key)).collect();
        if unused.is_empty() { Ok(()) } else { Err(ExpressionError::bare(Problem::Unused(map, unused))) }
    }
}

/// The placeholders of a request, and which of them its expressions used.
#[derive(Debug)]
pub struct Placeholders {
    names: Entries,
    values: Entries,
    nested: Vec<Bytes>,
}

impl Placeholders {
    /// From `#key` to attribute name and `:key` to encoded canonical value, in request order.
    pub fn new(
        names: Option<Vec<(Vec<u8>, Vec<u8>)>>,
        values: Option<Vec<(Vec<u8>, Vec<u8>)>>,
    ) -> Result<Self, ExpressionError> {
        Ok(Self {
            names: Entries::new(Map::Names, names)?,
            values: Entries::new(Map::Values, values)?,
            nested: Vec::new(),
        })
    }

    /// Refuses entries that none of the expressions parsed so far used.
    pub fn check_unused(&self) -> Result<(), ExpressionError> {
        self.names.check_unused(Map::Names)?;
        self.values.check_unused(Map::Values)
    }

    /// The top-level attributes that the expressions parsed so far reach into, by `.` or `[]`.
    pub fn nested_roots(&self) -> &[Bytes] {
        &self.nested
    }

    pub(super) fn add_nested_root(&mut self, name: &[u8]) {
        self.nested.push(name.into());
    }

    pub(super) fn name(&mut self, key: &str) -> Option<Bytes> {
        self.names.take(key.as_bytes())
    }

    pub(super) fn value(&mut self, key: &str) -> Option<Bytes> {
        self.values.take(key.as_bytes())
    }
}

/// Bytes for an error sentence.
pub(super) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
