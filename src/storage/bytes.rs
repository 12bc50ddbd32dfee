//! Shared immutable bytes: a slice of a block or a value of its own, cheap to clone.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

/// A range of shared bytes. A clone counts a reference and copies nothing; the whole allocation lives as long as
/// any slice of it, so what is kept for long should be [compacted](Bytes::compact).
#[derive(Clone)]
pub struct Bytes {
    data: Rc<[u8]>,
    start: u32,
    end: u32,
}

impl Bytes {
    /// The bytes `from..to` of this value, clamped to its ends.
    #[must_use]
    pub fn slice(&self, from: usize, to: usize) -> Self {
        let len = self.len();
        let to = to.min(len);
        let from = from.min(to);
        Self { data: Rc::clone(&self.data), start: self.start + from as u32, end: self.start + to as u32 }
    }

    /// The same bytes in an allocation no larger than they need.
    #[must_use]
    pub fn compact(self) -> Self {
        if self.len() == self.data.len() { self } else { Self::from(&*self) }
    }
}

impl Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.data.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Borrow<[u8]> for Bytes {
    fn borrow(&self) -> &[u8] {
        self
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        let end = bytes.len() as u32;
        Self { data: bytes.into(), start: 0, end }
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self { data: bytes.into(), start: 0, end: bytes.len() as u32 }
    }
}

impl<const N: usize> From<&[u8; N]> for Bytes {
    fn from(bytes: &[u8; N]) -> Self {
        Self::from(bytes.as_slice())
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::from(Vec::new())
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Bytes {}

impl PartialOrd for Bytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Bytes {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b\"{}\"", self.escape_ascii())
    }
}
