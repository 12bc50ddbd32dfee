//! Bytes to sections.

use super::writer::checksum;
use super::{DumpError, HEAD, MAGIC, MAX_SECTION, SKIPPABLE, START, SectionKind, VERSION};
use crate::checksum::crc32;
use crate::storage::coding::Reader;

/// A section whose checksum is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// What it holds.
    pub kind: SectionKind,
    /// Where it begins in the dump.
    pub at: u64,
    /// What it holds.
    pub payload: Vec<u8>,
}

impl Section {
    /// It makes no sense, because `why`.
    pub fn damaged(&self, why: &'static str) -> DumpError {
        DumpError::Damaged { at: self.at, why }
    }
}

/// Reads a dump that comes in parts. It keeps no more than a part and a section.
#[derive(Debug, Default)]
pub struct SectionReader {
    buffer: Vec<u8>,
    /// Where in `buffer` the next section begins.
    at: usize,
    /// Where `buffer` begins in the dump.
    origin: u64,
    /// Checksum of the section before; `None`: the dump has not begun.
    chain: Option<u32>,
    ended: bool,
}

impl SectionReader {
    /// Takes in the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.origin += self.at as u64;
        self.buffer.drain(..self.at);
        self.at = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next section; `None` when more bytes are needed, or when the dump has ended.
    pub fn next_section(&mut self) -> Result<Option<Section>, DumpError> {
        loop {
            let chain = match self.chain {
                Some(chain) => chain,
                None => match self.start()? {
                    Some(chain) => chain,
                    None => return Ok(None),
                },
            };
            let at = self.origin + self.at as u64;
            let wrong = |why| DumpError::Damaged { at, why };
            let rest = self.buffer.get(self.at..).unwrap_or_default();
            if self.ended {
                return if rest.is_empty() { Ok(None) } else { Err(wrong("bytes follow the end mark")) };
            }
            let mut head = Reader::new(rest);
            let (Some(number), Some(length), Some(expected)) = (head.u8(), head.u32(), head.u32()) else {
                return Ok(None);
            };
            let length = length as usize;
            if length > MAX_SECTION {
                return Err(wrong("it is longer than sections are"));
            }
            let Some(payload) = head.take(length) else { return Ok(None) };
            if checksum(chain, number, payload) != expected {
                return Err(wrong("its checksum differs"));
            }
            let kind = SectionKind::from_number(number);
            let section = kind.map(|kind| Section { kind, at, payload: payload.to_vec() });
            self.at += HEAD + length;
            self.chain = Some(expected);
            self.ended = kind == Some(SectionKind::End);
            match section {
                Some(section) => return Ok(Some(section)),
                None if number >= SKIPPABLE => {}
                None => return Err(wrong("it is of an unknown kind")),
            }
        }
    }

    /// The end mark was read.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// What is wrong with a dump that ends here.
    pub fn cut_off(&self) -> DumpError {
        DumpError::Truncated(self.origin + self.buffer.len() as u64)
    }

    /// Checks how the dump begins; gives the checksum that its first section goes on from.
    fn start(&mut self) -> Result<Option<u32>, DumpError> {
        let bytes = self.buffer.as_slice();
        let known = bytes.len().min(MAGIC.len());
        if bytes.get(..known) != MAGIC.get(..known) {
            return Err(DumpError::Foreign);
        }
        let Some(start) = bytes.get(..START) else { return Ok(None) };
        match start {
            [.., version, _] if *version == 0 || *version > VERSION => {
                return Err(DumpError::Newer(*version));
            }
            [.., 0] => {}
            _ => return Err(DumpError::Damaged { at: 0, why: "a flag is unknown" }),
        }
        self.at = START;
        self.chain = Some(crc32(start));
        Ok(self.chain)
    }
}
