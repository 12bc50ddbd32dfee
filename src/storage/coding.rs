//! Reading of little-endian and LEB128 fields. Every read is checked: `None` means the bytes end too early.

use std::ops::Range;

pub(crate) use crate::item::varint::put;

/// Sequence numbers, times and numbers of frames stay below for ever.
pub(crate) const MAX_COUNTER: u64 = 1 << 56;
/// Epochs stay below for ever.
pub(crate) const MAX_EPOCH: u64 = 1 << 31;

/// A position in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Starts at `at`, so that [`Reader::range`] counts from the start of `bytes`.
    pub(crate) fn starting_at(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    pub(crate) fn leb(&mut self) -> Option<u64> {
        let first = self.u8()?;
        // Nearly all are one byte long: lengths of keys, above all, in every step of a search.
        if first < 0x80 {
            return Some(u64::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        let mut shift = 7u32;
        loop {
            let byte = self.u8()?;
            let part = u64::from(byte & 0x7f);
            if shift > 63 || (shift == 63 && part > 1) {
                return None;
            }
            value |= part << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// A LEB128 number that is counted on from: one that leaves no room for that is damage.
    pub(crate) fn counter(&mut self) -> Option<u64> {
        self.leb().filter(|number| *number <= MAX_COUNTER)
    }

    /// The number of an owner; half of a block's id, see [`Storage::begin_epoch`](super::Storage::begin_epoch).
    pub(crate) fn epoch(&mut self) -> Option<u64> {
        self.leb().filter(|number| *number <= MAX_EPOCH)
    }

    /// A LEB128 number that counts or measures something in memory.
    pub(crate) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.leb()?).ok()
    }

    /// Where the next `len` bytes are.
    pub(crate) fn range(&mut self, len: usize) -> Option<Range<usize>> {
        let end = self.at.checked_add(len)?;
        if end > self.bytes.len() {
            return None;
        }
        let start = self.at;
        self.at = end;
        Some(start..end)
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let range = self.range(len)?;
        self.bytes.get(range)
    }

    /// LEB128 length and so many bytes.
    pub(crate) fn prefixed(&mut self) -> Option<&'a [u8]> {
        let len = self.size()?;
        self.take(len)
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at = self.bytes.len();
        rest
    }
}

/// Appends LEB128 length and bytes.
pub(crate) fn put_prefixed(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}
