//! Dumps as lists of sections, whose checksums are made here: nobody guesses those.

use dynatab::dump::{SectionKind, SectionReader, SectionWriter};

const KINDS: [SectionKind; 5] =
    [SectionKind::Database, SectionKind::Table, SectionKind::Items, SectionKind::TableEnd, SectionKind::End];

/// A dump of the sections in `bytes`.
pub fn sealed(mut bytes: &[u8]) -> Vec<u8> {
    let mut writer = SectionWriter::default();
    while let [kind, low, high, rest @ ..] = bytes {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        let (payload, rest) = rest.split_at(rest.len().min(length));
        writer.section(KINDS[usize::from(*kind) % KINDS.len()], payload);
        bytes = rest;
    }
    writer.take()
}

/// The sections of a dump, as [`sealed`] takes them.
pub fn unsealed(dump: &[u8]) -> Vec<u8> {
    let mut reader = SectionReader::default();
    reader.push(dump);
    let mut bytes = Vec::new();
    while let Some(section) = reader.next_section().expect("a good dump") {
        let kind = KINDS.iter().position(|kind| *kind == section.kind).expect("a known kind") as u8;
        bytes.push(kind);
        bytes.extend((section.payload.len() as u16).to_le_bytes());
        bytes.extend(section.payload);
    }
    bytes
}
