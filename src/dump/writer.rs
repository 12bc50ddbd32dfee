//! Sections to bytes.

use super::{HEAD, MAGIC, START, SectionKind, VERSION};
use crate::checksum::{Crc32, crc32};

/// Writes a dump, section after section; what is written is [taken](SectionWriter::take) as often as one likes.
#[derive(Debug)]
pub struct SectionWriter {
    out: Vec<u8>,
    /// Checksum of the section before.
    chain: u32,
}

impl Default for SectionWriter {
    fn default() -> Self {
        let mut out = Vec::with_capacity(START);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[VERSION, 0]);
        let chain = crc32(&out);
        Self { out, chain }
    }
}

impl SectionWriter {
    /// Appends a section. Its payload is at most [`MAX_SECTION`](super::MAX_SECTION) bytes.
    pub fn section(&mut self, kind: SectionKind, payload: &[u8]) {
        let checksum = checksum(self.chain, kind as u8, payload);
        self.out.reserve(HEAD + payload.len());
        self.out.push(kind as u8);
        self.out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        self.out.extend_from_slice(&checksum.to_le_bytes());
        self.out.extend_from_slice(payload);
        self.chain = checksum;
    }

    /// Bytes that were written and not taken.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Nothing was written since it was last taken.
    pub fn is_empty(&self) -> bool {
        self.out.is_empty()
    }

    /// The bytes written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

/// The checksum of a section that follows one with checksum `before`.
pub(super) fn checksum(before: u32, kind: u8, payload: &[u8]) -> u32 {
    let mut crc = Crc32::default();
    crc.update(&before.to_le_bytes());
    crc.update(&[kind]);
    crc.update(&(payload.len() as u32).to_le_bytes());
    crc.update(payload);
    crc.value()
}
