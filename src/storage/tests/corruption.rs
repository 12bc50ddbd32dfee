//! Damaged bytes are reported, never believed, and never a panic.

use super::harness::*;
use crate::platform::simulated::Random;
use crate::platform::{Space, Write};
use crate::storage::block::{BlockMeta, FirstDue, Span};
use crate::storage::*;

fn filled() -> Harness {
    let mut harness = Harness::new(small());
    for round in 0..10u8 {
        harness.group(
            vec![(0..40).map(|k| change(1, &[k, k], Some(&vec![round; usize::from(k) * 5]))).collect()],
            None,
            true,
        );
        harness.run_jobs();
    }
    harness
}

#[test]
fn every_damaged_byte_of_a_block_is_noticed() {
    let mut harness = filled();
    let image = harness.store.image();
    let ids = image.ids(Space::Block);
    assert!(ids.len() > 20);
    let mut random = Random::new(1);
    for id in ids {
        let block = image.get(Space::Block, id).unwrap().to_vec();
        harness.storage.install(BlockId(id), block.clone()).unwrap();
        assert!(harness.storage.install(BlockId(id + 1), block.clone()).is_err(), "in the wrong place");
        for at in 0..block.len() {
            let mut damaged = block.clone();
            damaged[at] ^= 1 << random.below(8);
            assert!(harness.storage.install(BlockId(id), damaged).is_err(), "byte {at}");
        }
        for len in 0..block.len() {
            assert!(harness.storage.install(BlockId(id), block[..len].to_vec()).is_err());
        }
    }
}

/// Recomputes the checksum, so that the damage reaches what is behind it.
fn with_checksum(mut bytes: Vec<u8>, from: usize) -> Vec<u8> {
    let crc = if from == 8 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&bytes[..4]);
        hasher.update(&bytes[8..]);
        hasher.finalize()
    } else {
        crc32fast::hash(&bytes[from..])
    };
    bytes[from - 4..from].copy_from_slice(&crc.to_le_bytes());
    bytes
}

#[test]
fn blocks_with_a_right_checksum_and_wrong_entries_do_no_harm() {
    let mut harness = filled();
    let image = harness.store.image();
    let mut random = Random::new(2);
    let mut refused = 0;
    for id in image.ids(Space::Block) {
        let block = image.get(Space::Block, id).unwrap().to_vec();
        for _ in 0..200 {
            let mut damaged = block.clone();
            let at = 16 + random.below(block.len() as u64 - 16) as usize;
            damaged[at] = random.next_u64() as u8;
            refused += usize::from(harness.storage.install(BlockId(id), with_checksum(damaged, 8)).is_err());
            let _ = harness.storage.get(TreeId(1), &[9, 9], SeqNo::MAX, &mut Vec::new());
            let mut cursor =
                harness.storage.cursor(TreeId(1), Vec::new(), None, random.chance(50), SeqNo::MAX);
            for _ in 0..50 {
                if !matches!(cursor.next(&mut harness.storage), CursorStep::Entry { .. }) {
                    break;
                }
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn every_damaged_byte_of_a_manifest_is_noticed() {
    let harness = filled();
    let root = harness.store.image().get(Space::Meta, Manifest::ROOT).unwrap().to_vec();
    assert!(Manifest::decode(&root, &[]).is_ok());
    for at in 0..root.len() {
        let mut damaged = root.clone();
        damaged[at] ^= 0x10;
        assert!(Manifest::decode(&damaged, &[]).is_err(), "byte {at}");
        assert!(Manifest::decode(&root[..at], &[]).is_err());
    }
    let mut random = Random::new(3);
    for _ in 0..20_000 {
        let mut damaged = root.clone();
        for _ in 0..=random.below(3) {
            let at = 10 + random.below(root.len() as u64 - 10) as usize;
            damaged[at] = random.next_u64() as u8;
        }
        let _ = Manifest::decode(&with_checksum(damaged, 10), &[]);
    }
}

#[test]
fn a_manifest_with_more_chunks_than_there_can_be_is_refused() {
    for count in [1u64 << 17, 1 << 40, u64::MAX / MAX_CHUNK as u64] {
        let mut root = b"dtab\x01\0\0\0\0\0".to_vec();
        for field in [1, count * MAX_CHUNK as u64, 1, count] {
            crate::item::varint::put(&mut root, field);
        }
        root.extend_from_slice(&[0; 4]);
        assert!(Manifest::chunk_ids(&with_checksum(root, 10)).is_err(), "{count}");
    }
}

#[test]
fn a_span_of_more_blocks_than_there_can_be_costs_nothing() {
    let pending = vec![Span { first: BlockId(1), count: u64::MAX - 1 }];
    let mut storage =
        Storage::from_manifest(StorageOptions::default(), Manifest { pending, ..Manifest::default() });
    storage.freeze(1, Vec::new());
    let mut job = storage.next_job(true).unwrap();
    let JobStep::Finish(batch) = job.step(&mut storage) else { panic!("an empty flush ends at once") };
    assert!(batch.contains(&Write::DeleteRange(Space::Block, 1, u64::MAX)));
    job.complete(&mut storage);
}

#[test]
fn numbers_that_cannot_be_counted_on_from_are_refused() {
    let manifest = |field: u64, numbers: &[u64]| {
        let mut payload = Vec::new();
        for number in numbers {
            crate::item::varint::put(&mut payload, *number);
        }
        let mut body = vec![field as u8, payload.len() as u8];
        body.append(&mut payload);
        let mut root = b"dtab\x01\0\0\0\0\0\x01".to_vec();
        root.extend_from_slice(&[body.len() as u8, 1, 0]);
        root.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        root.append(&mut body);
        Manifest::decode(&with_checksum(root, 10), &[])
    };
    // Epoch, next block, next piece, next chunk, start of the log, checkpoint.
    for field in 1..=6 {
        assert!(manifest(field, &[1 << 30]).is_ok(), "{field}");
        assert!(manifest(field, &[u64::MAX]).is_err(), "{field}");
    }
    assert!(manifest(10, &[1 << 30]).is_ok(), "a dropped tree");
    assert!(manifest(10, &[u64::from(u32::MAX)]).is_err());
    assert!(manifest(11, &[1, 1]).is_ok(), "a fence");
    assert!(manifest(11, &[u64::MAX, 1]).is_err());
    assert!(manifest(11, &[1, u64::MAX]).is_err());
}

#[test]
fn spans_and_overflow_values_without_bounds_are_refused() {
    let span = |first, count| {
        let mut out = Vec::new();
        crate::item::varint::put(&mut out, first);
        crate::item::varint::put(&mut out, count);
        out
    };
    let read = |first, count| Span::read(&mut crate::storage::coding::Reader::new(&span(first, count)));
    assert!(read(u64::MAX - 1, 1).is_some());
    assert!(read(u64::MAX - 1, 2).is_none());
    let block = |len: u64| {
        let mut block = vec![0xD7, 1, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];
        block.extend_from_slice(&[1, b'k', 2, 1]);
        crate::item::varint::put(&mut block, len);
        block.extend_from_slice(&span(9, len.div_ceil(60_000)));
        block.extend_from_slice(&[16, 0, 1, 0]);
        with_checksum(block, 8)
    };
    let mut storage = Storage::new(StorageOptions::default());
    assert!(storage.install(BlockId(7), block(1 << 20)).is_ok());
    assert!(storage.install(BlockId(7), block(1 << 40)).is_err());
    let meta = |spans: &[u64]| {
        let spans = spans.iter().map(|count| Span { first: BlockId(9), count: *count }).collect();
        let meta = BlockMeta {
            first_key: Bytes::from(b"k"),
            id: BlockId(7),
            len: 1,
            entries: 1,
            due: FirstDue::NEVER,
            overflow: spans,
        };
        let mut out = Vec::new();
        meta.put(&mut out);
        BlockMeta::read(&mut crate::storage::coding::Reader::new(&out))
    };
    assert!(meta(&[7, 8_000, 9_000]).is_some());
    assert!(meta(&[18_000]).is_none());
    assert!(meta(&[9_000, 9_000]).is_none());
}

#[test]
fn a_large_manifest_is_written_in_chunks_and_its_old_chunks_go() {
    let mut storage = Storage::new(StorageOptions::default());
    let mut image = crate::platform::memory::Image::default();
    for generation in 1..4u8 {
        let batch = {
            storage.freeze(u64::from(generation), vec![generation; 150_000]);
            let mut job = storage.next_job(true).unwrap();
            let JobStep::Finish(batch) = job.step(&mut storage) else {
                panic!("an empty flush ends at once")
            };
            job.complete(&mut storage);
            batch
        };
        for write in &batch {
            if let Write::Put(_, _, value) | Write::Add(_, _, value) = write {
                assert!(value.len() <= crate::platform::store::MAX_VALUE);
            }
        }
        image.commit(&batch).unwrap();
        assert_eq!(image.ids(Space::Meta).len(), 4);
        let root = image.get(Space::Meta, Manifest::ROOT).unwrap();
        let ids = Manifest::chunk_ids(root).unwrap();
        let chunks: Vec<_> = ids.iter().map(|id| image.get(Space::Meta, *id).unwrap().to_vec()).collect();
        let manifest = Manifest::decode(root, &chunks).unwrap();
        assert_eq!(manifest.catalog, vec![generation; 150_000]);
        assert_eq!(manifest.log_start, u64::from(generation));
        assert!(Manifest::decode(root, &chunks[1..]).is_err());
        let mut damaged = chunks.clone();
        damaged[2][5] ^= 1;
        assert!(Manifest::decode(root, &damaged).is_err());
    }
}
