//! Versions in memory: snapshots, rollbacks, pruning, freezing.

use super::harness::*;
use crate::storage::block::{Block, Kind};
use crate::storage::*;

fn put(storage: &mut Storage, seq: u64, key: &[u8], value: Option<&[u8]>) {
    storage.apply(
        SeqNo(seq),
        Change { tree: TreeId(1), key: key.into(), value: value.map(Bytes::from), blind: false, due: 0 },
    );
}

fn read(storage: &mut Storage, key: &[u8], at: u64) -> (u64, Option<Vec<u8>>) {
    let found = storage.get(TreeId(1), key, SeqNo(at), &mut Vec::new()).unwrap();
    (found.seq.0, found.value.map(|value| value.to_vec()))
}

#[test]
fn a_read_sees_the_newest_version_at_its_sequence_number() {
    let mut storage = Storage::new(StorageOptions::default());
    put(&mut storage, 1, b"k", Some(b"one"));
    put(&mut storage, 2, b"k", None);
    put(&mut storage, 4, b"k", Some(b"four"));
    assert_eq!(read(&mut storage, b"k", 0), (0, None));
    assert_eq!(read(&mut storage, b"k", 1), (1, Some(b"one".to_vec())));
    assert_eq!(read(&mut storage, b"k", 3), (2, None));
    assert_eq!(read(&mut storage, b"k", 9), (4, Some(b"four".to_vec())));
    assert_eq!(read(&mut storage, b"other", 9), (0, None));
}

#[test]
fn versions_nobody_can_ask_for_are_let_go() {
    let mut storage = Storage::new(StorageOptions::default());
    put(&mut storage, 1, b"k", Some(&[0; 1000]));
    let one = storage.stats().active_bytes;
    for seq in 2..100 {
        storage.set_durable(SeqNo(seq - 1));
        put(&mut storage, seq, b"k", Some(&[0; 1000]));
    }
    // The newest, and the durable one before it.
    assert!(storage.stats().active_bytes < 3 * one, "{}", storage.stats().active_bytes);
    let snapshot = storage.snapshot(SeqNo(98));
    for seq in 100..200 {
        storage.set_durable(SeqNo(seq - 1));
        put(&mut storage, seq, b"k", Some(&[0; 1000]));
    }
    let found = storage.get_at(&snapshot, TreeId(1), b"k", &mut Vec::new()).unwrap();
    assert_eq!(found.seq, SeqNo(98));
    drop(snapshot);
    put(&mut storage, 200, b"k", None);
    put(&mut storage, 201, b"k", None);
    assert_eq!(read(&mut storage, b"k", 98), (0, None), "released with the snapshot");
}

#[test]
fn a_rollback_returns_to_the_durable_commit() {
    let mut storage = Storage::new(StorageOptions::default());
    put(&mut storage, 1, b"a", Some(b"1"));
    storage.set_durable(SeqNo(1));
    let empty = storage.stats().active_bytes;
    put(&mut storage, 2, b"a", Some(b"two"));
    put(&mut storage, 2, b"b", Some(b"two"));
    put(&mut storage, 3, b"a", None);
    storage.rollback();
    assert_eq!(storage.latest(), SeqNo(1));
    assert_eq!(read(&mut storage, b"a", 9), (1, Some(b"1".to_vec())));
    assert_eq!(read(&mut storage, b"b", 9), (0, None));
    assert_eq!(storage.stats().active_bytes, empty, "bytes are counted back");
}

/// Entries taken ahead are not what is there any more.
#[test]
fn a_cursor_under_way_sees_what_a_rollback_returned_to() {
    for (reverse, passed) in [(false, 0), (false, 1), (false, 5), (true, 2), (true, 12)] {
        let mut storage = Storage::new(StorageOptions::default());
        for key in 0..20 {
            put(&mut storage, 1, &[key], Some(b"old"));
        }
        storage.set_durable(SeqNo(1));
        for key in 0..24 {
            put(&mut storage, 2, &[key], (key % 3 > 0).then_some(b"new"));
        }
        let mut cursor = storage.cursor(TreeId(1), Vec::new(), None, reverse, SeqNo(2));
        let mut next = |storage: &mut Storage| match cursor.next(storage) {
            CursorStep::Entry { key, value, .. } => Some((key[0], value.to_vec())),
            _ => None,
        };
        let mut last = None;
        for _ in 0..passed {
            last = next(&mut storage);
        }
        storage.rollback();
        let rest: Vec<_> = std::iter::from_fn(|| next(&mut storage)).collect();
        let left =
            |key: &u8| last.as_ref().is_none_or(|(last, _)| if reverse { key < last } else { key > last });
        let mut expected: Vec<_> = (0..20).filter(left).map(|key| (key, b"old".to_vec())).collect();
        if reverse {
            expected.reverse();
        }
        assert_eq!(rest, expected, "after {passed}, reverse {reverse}");
    }
}

/// The frames of a failed group are numbered again: a checkpoint taken with the old numbers would skip the new.
#[test]
fn a_rollback_thaws_tables_frozen_with_a_failed_group() {
    let mut harness = Harness::new(small());
    harness.group(vec![vec![change(1, b"a", Some(&[1; 100]))]], None, true);
    harness.group(vec![(0..40).map(|k| change(1, &[k], Some(&[2; 119]))).collect()], None, false);
    assert_eq!(harness.storage.stats().frozen, 1);
    harness.group(vec![vec![change(1, b"c", Some(&[3; 100]))]], None, false);
    harness.rollback();
    assert_eq!(harness.storage.stats().frozen, 0);
    harness.group(vec![vec![change(1, b"d", Some(&[4; 100]))]], None, true);
    harness.storage.freeze(harness.next_log, Vec::new());
    harness.run_jobs();
    harness.reopen();
    harness.check_all(1, false);
}

#[test]
fn a_cursor_keeps_its_moment_across_flush_and_merge() {
    let mut harness = Harness::new(small());
    for round in 0..12u8 {
        harness.group(vec![(0..60).map(|k| change(1, &[k, k], Some(&[round; 90]))).collect()], None, true);
        harness.run_jobs();
    }
    let at = harness.storage.durable();
    let expected = harness.model.range(1, &[5], Some(&[50]), true, at.0);
    let mut cursor = harness.storage.cursor(TreeId(1), vec![5], Some(vec![50]), true, at);
    for round in 0..12u8 {
        harness.group(vec![(0..60).map(|k| change(1, &[k, k], Some(&[!round; 90]))).collect()], None, true);
        harness.run_jobs();
    }
    let image = harness.store.image();
    let mut found = Vec::new();
    while let Some(entry) = next(&mut cursor, &mut harness.storage, &image) {
        found.push(entry);
    }
    assert_eq!(found, expected);
    assert!(harness.storage.stats().pending_deletions > 0, "its blocks are kept");
    assert_eq!(cursor.max_seq(), at);
    drop(cursor);
    harness.run_jobs();
    assert_eq!(harness.storage.stats().pending_deletions, 0);
}

#[test]
fn a_get_asks_for_all_blocks_of_its_key_at_once_and_for_no_others() {
    let options = StorageOptions { level0_pieces: 100, ..small() };
    let mut harness = Harness::new(options);
    for round in 0..3u8 {
        harness.group(vec![(0..5).map(|k| change(1, &[k], Some(&[round; 50]))).collect()], None, true);
        harness.storage.freeze(harness.next_log, Vec::new());
        harness.run_jobs();
    }
    harness.group(vec![vec![change(1, &[200], Some(b"far"))]], None, true);
    harness.storage.freeze(harness.next_log, Vec::new());
    harness.run_jobs();
    harness.reopen();
    let mut missing = Vec::new();
    assert!(harness.storage.get(TreeId(1), &[3], SeqNo::MAX, &mut missing).is_none());
    assert_eq!(missing.len(), 3, "one block of each piece that covers the key");
    missing.clear();
    assert!(harness.storage.get(TreeId(1), &[201], SeqNo::MAX, &mut missing).is_some());
    assert!(missing.is_empty());
}

#[test]
fn a_key_that_is_nowhere_costs_filters_and_no_data_block() {
    let options = StorageOptions {
        level0_pieces: 100,
        level0_busy: 100,
        memory_table_bytes: 1 << 20,
        piece_bytes: 64 << 10,
        cache_bytes: 1 << 20,
        ..small()
    };
    let mut harness = Harness::new(options);
    // Every piece covers nearly the whole range and has even keys only.
    for round in 0..4u8 {
        let changes = (0..120).map(|k| change(1, &[k * 2, round], Some(&[round; 50])));
        harness.group(vec![changes.collect()], None, true);
        harness.storage.freeze(harness.next_log, Vec::new());
        harness.run_jobs();
    }
    harness.reopen();
    let pieces: Vec<_> = harness.storage.levels.all().cloned().collect();
    let filters: Vec<_> = pieces.iter().filter_map(|piece| piece.filter).collect();
    assert_eq!(filters.len(), pieces.len());
    let mut data = 0;
    for k in 0..119u8 {
        let mut found = None;
        while found.is_none() {
            let mut missing = Vec::new();
            found = harness.storage.get(TreeId(1), &[k * 2 + 1, 1], SeqNo::MAX, &mut missing);
            for id in missing {
                let value = harness.store.image().get(crate::platform::Space::Block, id.0).unwrap().to_vec();
                let block = Block::open(id, value.clone()).unwrap();
                data += usize::from(block.kind() == Kind::Data);
                harness.storage.install(id, value).unwrap();
            }
        }
        assert_eq!(found.unwrap().value, None);
    }
    // Of some hundred questions to filters, one in a hundred is answered wrong.
    assert!(data <= 10, "{data} data blocks were read for keys that are nowhere");
    let image = harness.store.image().clone();
    for (k, round) in [(0, 0), (60, 3), (238, 2)] {
        let found = get(&mut harness.storage, &image, 1, &[k, round], u64::MAX);
        assert_eq!(found.value.as_deref(), Some(&[round; 50][..]));
    }
}

#[test]
fn a_checkpoint_without_changes_still_trims_the_log() {
    let mut harness = Harness::new(small());
    for _ in 0..50 {
        harness.group(vec![Vec::new()], None, true);
    }
    harness.run_jobs();
    assert!(harness.store.image().ids(crate::platform::Space::Log).len() < 50);
    harness.reopen();
}

#[test]
fn too_much_unflushed_asks_writers_to_wait() {
    let mut storage = Storage::new(small());
    assert!(!storage.pressure());
    for seq in 1..=4 {
        put(&mut storage, seq, b"k", None);
        storage.freeze(seq, Vec::new());
    }
    assert!(storage.pressure());
}

#[test]
fn a_cursor_reads_no_block_outside_its_range() {
    let mut harness = Harness::new(small());
    harness.group(vec![(0..80).map(|k| change(1, &[k], Some(&[1; 60]))).collect()], None, true);
    harness.run_jobs();
    harness.reopen();
    let image = harness.store.image();
    let mut reads = |lower: u8, upper: u8, reverse| {
        let mut cursor =
            harness.storage.cursor(TreeId(1), vec![lower], Some(vec![upper]), reverse, SeqNo::MAX);
        let (mut entries, mut read) = (0, 0);
        loop {
            match cursor.next(&mut harness.storage) {
                CursorStep::Entry { .. } => entries += 1,
                CursorStep::Missing(blocks) => {
                    read += blocks.len();
                    install(&mut harness.storage, &image, &blocks);
                }
                CursorStep::End => break,
            }
        }
        assert_eq!(entries, usize::from(upper - lower));
        // Nothing is cached for the next look.
        harness.storage.cache = crate::storage::cache::Cache::new(100_000);
        read
    };
    // Where the blocks begin: one entry more than a block holds costs another block.
    let full = (1..80).find(|upper| reads(0, *upper, false) > reads(0, 1, false)).unwrap() - 1;
    let single = reads(0, 1, false);
    assert!(full > 2);
    for reverse in [false, true] {
        assert_eq!(reads(full, full + 1, reverse), single, "a range that begins where a block does");
        assert_eq!(reads(full, full * 2, reverse), single);
        assert_eq!(reads(full - 1, full, reverse), single, "a range that ends where a block does");
        assert_eq!(reads(full - 1, full + 1, reverse), single + 1);
    }
}
