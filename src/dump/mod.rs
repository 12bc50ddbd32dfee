//! The file that a database is dumped to, and loaded from: sections of bytes, each with a checksum.
//!
//! ```text
//! 0..8   89 44 54 44 55 4D 50 0A ("\x89DTDUMP\n")
//! 8      format version, 1
//! 9      flags, 0
//! 10..   sections
//! ```
//!
//! A section is its kind (u8), the length of its payload (u32 LE), a checksum (u32 LE), the payload. The checksum covers
//! the one before it, so that a section that is missing, doubled or moved is noticed as one that is damaged is.
//! FORMAT-dump.md has the payloads.
//!
//! This module refuses to know what a table or an item is, and where bytes come from or go to.

mod error;
mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use error::DumpError;
pub use reader::{Section, SectionReader};
pub use writer::SectionWriter;

const MAGIC: &[u8; 8] = b"\x89DTDUMP\n";
/// The newest version there is; all up to it are read.
pub const VERSION: u8 = 1;
/// Bytes before the first section.
const START: usize = 10;
/// Bytes of a section before its payload.
const HEAD: usize = 9;
/// Longest payload. An item is 400 KB by DynamoDB's count, and at most about twice that in bytes.
pub const MAX_SECTION: usize = 4 << 20;
/// Kinds from here on may be skipped by a reader that does not know them.
const SKIPPABLE: u8 = 128;

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SectionKind {
    /// The database; the first section.
    Database = 1,
    /// A table's schema; its items follow.
    Table = 2,
    /// Items, in the order of their keys.
    Items = 3,
    /// The end of a table, with its counts.
    TableEnd = 4,
    /// The end of the dump, with its counts; nothing follows.
    End = 5,
}

impl SectionKind {
    fn from_number(number: u8) -> Option<Self> {
        [Self::Database, Self::Table, Self::Items, Self::TableEnd, Self::End]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}
