//! Which value, and where it is.

use crate::platform::Space;

/// Bytes of a put before its value.
const PUT_HEAD: u64 = 14;

/// A value's key in the store.
pub(super) type Key = (Space, u64);

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub segment: u64,
    pub offset: u64,
    pub length: u32,
}

impl Place {
    /// The first offset after it.
    pub(super) fn end(self) -> u64 {
        self.offset.saturating_add(u64::from(self.length))
    }

    /// Bytes of its segment that it takes.
    pub(super) fn cost(self) -> u64 {
        PUT_HEAD + u64::from(self.length)
    }
}
