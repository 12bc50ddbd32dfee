use super::alive::Alive;
use super::format::*;
use super::names;
use super::place::Place;
use crate::platform::{Space, Write};

const AT: Position = Position { segment: 3, offset: 4096 };

fn batch() -> Vec<Write> {
    vec![
        Write::Put(Space::Block, 7, b"value".to_vec()),
        Write::Add(Space::Log, u64::MAX, Vec::new()),
        Write::Delete(Space::Meta, 1),
        Write::DeleteRange(Space::Log, 2, 9),
    ]
}

#[test]
fn a_commit_reads_back_and_says_where_its_values_are() {
    let (bytes, entries) = encode_commit(&batch(), AT, 12, 9).unwrap();
    let header = decode_header(&bytes, AT).unwrap();
    assert_eq!((header.seq, header.durable, header.length), (12, 9, bytes.len() - HEADER));
    assert_eq!(header.checksum, crc32fast::hash(&bytes[HEADER..]));
    assert_eq!(decode_body(&bytes[HEADER..]), Some(entries.clone()));
    let Entry::Put(key, offset, length) = entries[0] else { panic!("{entries:?}") };
    assert_eq!(key, (Space::Block, 7));
    assert_eq!(&bytes[offset as usize..][..length as usize], b"value");
}

#[test]
fn a_header_is_one_only_where_it_was_written_and_as_it_was_written() {
    let (bytes, _) = encode_commit(&batch(), AT, 12, 9).unwrap();
    let header = &bytes[..HEADER];
    assert_eq!(decode_header(header, Position { offset: 4097, ..AT }), None);
    assert_eq!(decode_header(header, Position { segment: 4, ..AT }), None);
    for bit in 0..HEADER * 8 {
        let mut other = header.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decode_header(&other, AT), None, "bit {bit}");
    }
    for length in 0..HEADER {
        assert_eq!(decode_header(&header[..length], AT), None);
    }
}

#[test]
fn headers_are_found_between_other_bytes() {
    let (bytes, _) = encode_commit(&batch(), AT, 12, 9).unwrap();
    let mut around = b"DTC1DTC".to_vec();
    around.extend_from_slice(&bytes);
    around.extend_from_slice(&bytes);
    let begin = Position { offset: AT.offset - 7, ..AT };
    let found: Vec<u64> = find_headers(&around, begin).map(|(_, header)| header.seq).collect();
    assert_eq!(found, [12], "the copy is not where it was written");
}

#[test]
fn an_index_reads_back_and_no_bit_of_it_may_change() {
    let alive = [
        ((Space::Log, 1), Place { segment: 2, offset: 46, length: 5 }),
        ((Space::Meta, 0), Place { segment: 4, offset: 1 << 40, length: 0 }),
    ];
    let covered = Covered { next: 5, seq: 77 };
    let mut places = Alive::default();
    for (key, place) in alive {
        assert_eq!(places.put(key, place), None);
    }
    let bytes = encode_index(covered, &places);
    assert_eq!(decode_index(&bytes), Some((covered, alive.to_vec())));
    for bit in 0..bytes.len() * 8 {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(decode_index(&other), None, "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert_eq!(decode_index(&bytes[..length]), None);
    }
}

#[test]
fn no_bytes_make_a_body_that_panics() {
    let (bytes, _) = encode_commit(&batch(), AT, 12, 9).unwrap();
    let body = &bytes[HEADER..];
    for length in 0..body.len() {
        decode_body(&body[..length]);
    }
    for at in 0..body.len() {
        for byte in [0, 1, 2, 3, 0x7F, 0xFF] {
            let mut other = body.to_vec();
            other[at] = byte;
            decode_body(&other);
        }
    }
}

#[test]
fn only_names_of_ours_have_numbers() {
    assert_eq!(names::segment_number(&names::segment(0xAB)), Some(0xAB));
    assert_eq!(names::index_number(&names::index(u64::MAX)), Some(u64::MAX));
    for name in ["index-new", "segment-", "segment-1", "segment-+00000000000000a", "segment-00000000000000AB"]
    {
        assert_eq!(names::segment_number(name).or(names::index_number(name)), None, "{name}");
    }
}
