use super::*;

fn sample() -> Vec<u8> {
    let mut writer = SectionWriter::default();
    writer.section(SectionKind::Database, b"about");
    writer.section(SectionKind::Table, b"schema");
    writer.section(SectionKind::Items, b"\x01a\x02bc");
    writer.section(SectionKind::TableEnd, b"");
    writer.section(SectionKind::End, b"totals");
    writer.take()
}

/// The sections of a dump that comes in parts of `size` bytes, or what is wrong with it.
fn read(dump: &[u8], size: usize) -> Result<Vec<(SectionKind, Vec<u8>)>, DumpError> {
    let mut reader = SectionReader::default();
    let mut sections = Vec::new();
    for part in dump.chunks(size) {
        reader.push(part);
        while let Some(section) = reader.next_section()? {
            sections.push((section.kind, section.payload));
        }
    }
    if reader.has_ended() { Ok(sections) } else { Err(reader.cut_off()) }
}

#[test]
fn what_is_written_is_read_whatever_the_parts() {
    let dump = sample();
    let whole = read(&dump, dump.len()).unwrap();
    assert_eq!(whole.len(), 5);
    assert_eq!(whole[2], (SectionKind::Items, b"\x01a\x02bc".to_vec()));
    for size in 1..dump.len() {
        assert_eq!(read(&dump, size).as_ref(), Ok(&whole), "parts of {size}");
    }
}

#[test]
fn every_changed_byte_and_every_cut_is_noticed() {
    let dump = sample();
    for at in 0..dump.len() {
        for bit in 0..8 {
            let mut changed = dump.clone();
            changed[at] ^= 1 << bit;
            assert!(read(&changed, 7).is_err(), "bit {bit} of byte {at}");
        }
        let error = read(&dump[..at], 1000).unwrap_err();
        assert!(matches!(error, DumpError::Truncated(length) if length == at as u64), "{error}");
    }
}

#[test]
fn a_section_that_is_missing_doubled_or_moved_is_noticed() {
    let dump = sample();
    let (start, rest) = dump.split_at(START);
    let mut sections = Vec::new();
    let mut at = 0;
    while at < rest.len() {
        let length = HEAD + u32::from_le_bytes(rest[at + 1..at + 5].try_into().unwrap()) as usize;
        sections.push(&rest[at..at + length]);
        at += length;
    }
    let join = |sections: &[&[u8]]| [start, &sections.concat()].concat();
    assert_eq!(join(&sections), dump);
    for i in 0..4 {
        let mut missing = sections.clone();
        missing.remove(i);
        let mut doubled = sections.clone();
        doubled.insert(i, sections[i]);
        let mut moved = sections.clone();
        moved.swap(i, i + 1);
        for changed in [missing, doubled, moved] {
            assert!(matches!(read(&join(&changed), 1000), Err(DumpError::Damaged { .. })), "section {i}");
        }
    }
    let longer = [dump.as_slice(), b"x"].concat();
    assert_eq!(
        read(&longer, 1000).unwrap_err().to_string(),
        format!("the dump is damaged: section at byte {}: bytes follow the end mark", dump.len())
    );
}

#[test]
fn foreign_newer_and_longer_files_are_named() {
    assert_eq!(read(b"PK\x03\x04 and so on", 4), Err(DumpError::Foreign));
    assert_eq!(read(b"{}", 1), Err(DumpError::Foreign));
    let mut newer = sample();
    newer[8] = 7;
    assert_eq!(read(&newer, 1000), Err(DumpError::Newer(7)));
    let mut long = sample();
    long[START + 1..START + 5].copy_from_slice(&u32::MAX.to_le_bytes());
    let why = "it is longer than sections are";
    assert_eq!(read(&long, 1000), Err(DumpError::Damaged { at: START as u64, why }));
}

#[test]
fn kinds_to_come_are_skipped_or_refused() {
    let with = |number: u8| {
        let mut writer = SectionWriter::default();
        let start = writer.take();
        writer.section(SectionKind::End, b"");
        let end = writer.take();
        let mut chain = crate::checksum::crc32(&start);
        let mut out = start;
        for (kind, payload) in [(number, b"new".as_slice()), (end[0], b"")] {
            chain = super::writer::checksum(chain, kind, payload);
            out.push(kind);
            out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
            out.extend_from_slice(&chain.to_le_bytes());
            out.extend_from_slice(payload);
        }
        read(&out, 1000)
    };
    assert_eq!(with(200).unwrap().len(), 1);
    assert_eq!(with(6), Err(DumpError::Damaged { at: START as u64, why: "it is of an unknown kind" }));
}
