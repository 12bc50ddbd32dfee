//! When values are due: what blocks and their indexes say of it, and the walk that goes by that.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::harness::*;
use crate::platform::Space;
use crate::platform::memory::Image;
use crate::platform::simulated::Random;
use crate::storage::block::{Block, BlockMeta, FirstDue, Held};
use crate::storage::cache::Cache;
use crate::storage::piece::{Index, Piece};
use crate::storage::*;

const TREE: u32 = 1;

fn block(image: &Image, id: BlockId) -> Block {
    Block::open(id, image.get(Space::Block, id.0).unwrap().to_vec()).unwrap()
}

fn metas(image: &Image, piece: &Piece) -> Vec<BlockMeta> {
    match &piece.index {
        Index::One(meta) => vec![meta.clone()],
        Index::Blocks(parts) => parts
            .iter()
            .flat_map(|(_, id)| {
                let index = block(image, *id);
                (0..index.len()).map(|at| index.meta(at).unwrap()).collect::<Vec<_>>()
            })
            .collect(),
    }
}

/// Key and sequence number of an entry, and from which second on it is due.
type Told = (Vec<u8>, u64, u64);

/// All data blocks of the tree, with what their entries tell.
fn entries(harness: &Harness) -> Vec<(BlockMeta, Vec<Told>)> {
    let image = harness.store.image();
    let Some(pieces) = harness.storage.levels.trees.get(&TreeId(TREE)) else { return Vec::new() };
    let of_block = |meta: BlockMeta| {
        let block = block(&image, meta.id);
        let entries = (0..block.len()).map(|at| block.entry(at).unwrap());
        let entries = entries.map(|entry| (entry.key.to_vec(), entry.seq.0, entry.due)).collect();
        (meta, entries)
    };
    pieces.all().flat_map(|piece| metas(&image, piece)).map(of_block).collect()
}

/// Every entry tells what its value does, and every index the least of that.
fn check(harness: &Harness) -> usize {
    let blocks = entries(harness);
    for (meta, entries) in &blocks {
        let mut first = FirstDue::NEVER;
        for (key, seq, due) in entries {
            let (_, value) = harness.model.get(TREE, key, *seq).unwrap();
            assert_eq!(*due, value.map_or(0, due_of), "{key:?} of {seq}");
            first.add(*due);
        }
        assert_eq!(meta.due, first);
    }
    blocks.len()
}

fn put(harness: &mut Harness, key: u32, value: Option<&[u8]>) {
    harness.group(vec![vec![change(TREE, &key.to_be_bytes(), value)]], None, true);
    harness.run_jobs();
}

/// Puts all that is in memory into pieces.
fn flush(harness: &mut Harness) {
    let seq = harness.seq;
    harness.storage.freeze(harness.next_log, seq.to_le_bytes().to_vec());
    harness.run_jobs();
}

/// What a walk found, and which blocks it read.
struct Found {
    keys: Vec<u32>,
    unknown: usize,
    read: BTreeSet<BlockId>,
    least: Option<u64>,
    looked: Rc<Looked>,
}

/// A walk by someone who deletes nothing, with nothing in the cache.
fn walk(harness: &mut Harness, now: u64, since: u64, before: &Rc<Looked>) -> Found {
    let image = harness.store.image();
    harness.storage.cache = Cache::new(harness.storage.options.cache_bytes);
    let mut walk = harness.storage.due(TreeId(TREE), now, SeqNo(since), Rc::clone(before));
    let (mut keys, mut unknown, mut read) = (Vec::new(), 0, BTreeSet::new());
    for _ in 0..100_000 {
        match walk.next(&mut harness.storage, &due_of) {
            DueStep::Candidate(candidate) if candidate.due == 0 => unknown += 1,
            DueStep::Candidate(candidate) => {
                assert!(candidate.due <= now);
                keys.push(u32::from_be_bytes((*candidate.key).try_into().unwrap()));
            }
            DueStep::Missing(blocks) => {
                assert!(!blocks.is_empty());
                install(&mut harness.storage, &image, &blocks);
                read.extend(blocks);
            }
            DueStep::Pause => {}
            DueStep::End => {
                keys.sort_unstable();
                let least = walk.least();
                return Found { keys, unknown, read, least, looked: Rc::new(walk.into_looked()) };
            }
        }
    }
    panic!("a walk never ends");
}

fn data_blocks(harness: &Harness, found: &Found) -> usize {
    let image = harness.store.image();
    found.read.iter().filter(|id| block(&image, **id).kind() == block::Kind::Data).count()
}

#[test]
fn indexes_tell_the_first_due_of_each_block_through_flushes_and_merges() {
    let mut random = Random::new(1);
    let mut harness = Harness::new(small());
    let mut levels = 0;
    let mut overflow = false;
    for step in 0..3000 {
        let len = if random.chance(20) { 150 } else { 30 };
        let value = match random.below(4) {
            0 => None,
            1 => Some(vec![9; len]),
            _ => Some(due_value(1 + random.below(1000), len)),
        };
        put(&mut harness, random.below(400) as u32, value.as_deref());
        if step % 100 == 99 {
            check(&harness);
            let image = harness.store.image();
            overflow |= entries(&harness).iter().any(|(meta, _)| {
                let block = block(&image, meta.id);
                (0..block.len()).any(|at| {
                    let entry = block.entry(at).unwrap();
                    entry.due > 0 && matches!(entry.value, Held::Overflow(_))
                })
            });
        }
        if step % 700 == 699 {
            harness.reopen();
        }
        levels = levels.max(harness.storage.stats().levels.len());
    }
    assert!(levels >= 3 && overflow && check(&harness) > 20, "{levels}");
}

#[test]
fn a_block_of_tombstones_is_never_due() {
    let mut harness = Harness::new(StorageOptions { level0_pieces: 100, level0_busy: 100, ..small() });
    put(&mut harness, 1, Some(&due_value(50, 20)));
    flush(&mut harness);
    put(&mut harness, 1, None);
    flush(&mut harness);
    let blocks = entries(&harness);
    assert_eq!(blocks.iter().map(|(meta, _)| meta.due).collect::<Vec<_>>(), [FirstDue::NEVER, FirstDue(51)]);
}

#[test]
fn only_blocks_with_something_due_are_read() {
    let mut harness = Harness::new(small());
    for key in 0..600 {
        let second = if key % 200 == 7 { 100 + u64::from(key) } else { 5000 };
        put(&mut harness, key, Some(&due_value(second, 40)));
    }
    flush(&mut harness);
    let none = Rc::default();
    let found = walk(&mut harness, 106, 0, &none);
    assert_eq!((found.keys.as_slice(), found.least), ([].as_slice(), Some(107)));
    assert_eq!(data_blocks(&harness, &found), 0);
    let found = walk(&mut harness, 307, 0, &none);
    assert_eq!((found.keys.as_slice(), found.least), ([7, 207].as_slice(), Some(507)));
    let all = entries(&harness).len();
    assert!(all > 60 && data_blocks(&harness, &found) == 2, "{} of {all}", data_blocks(&harness, &found));
    // What is in memory counts as well.
    put(&mut harness, 1000, Some(&due_value(200, 40)));
    put(&mut harness, 1001, Some(&due_value(400, 40)));
    let found = walk(&mut harness, 307, 0, &none);
    assert_eq!((found.keys.as_slice(), found.least), ([7, 207, 1000].as_slice(), Some(400)));
    harness.reopen();
    let found = walk(&mut harness, 307, 0, &none);
    assert_eq!((found.keys.as_slice(), found.least), ([7, 207, 1000].as_slice(), Some(400)));
    assert_eq!(walk(&mut harness, u64::MAX, 0, &none).keys.len(), 602);
}

#[test]
fn what_was_looked_at_is_not_looked_at_again() {
    let mut harness = Harness::new(small());
    for key in 0..300 {
        let second = if key == 100 { 50 } else { 1000 + u64::from(key) };
        put(&mut harness, key, Some(&due_value(second, 40)));
    }
    flush(&mut harness);
    let none = Rc::default();
    let first = walk(&mut harness, 60, 0, &none);
    assert_eq!((first.keys.as_slice(), data_blocks(&harness, &first)), ([100].as_slice(), 1));
    let rest = first.least.unwrap();
    // Its entry is there still.
    assert_eq!(walk(&mut harness, 70, 0, &none).keys, [100]);
    let second = walk(&mut harness, 70, 0, &first.looked);
    assert_eq!((second.keys.len(), data_blocks(&harness, &second), second.least), (0, 0, Some(rest)));
    // Nor is it when others of its block are due; and what was known of it is known after a walk that passed it by.
    let third = walk(&mut harness, 1101, 0, &second.looked);
    assert_eq!(third.keys, (0..=101).filter(|key| *key != 100).collect::<Vec<_>>());
    assert_eq!(third.least, Some(1102));
    let fourth = walk(&mut harness, 1101, 0, &third.looked);
    assert_eq!((fourth.keys.len(), data_blocks(&harness, &fourth), fourth.least), (0, 0, Some(1102)));
}

#[test]
fn what_was_written_before_the_setting_is_asked_for() {
    let mut harness = Harness::new(StorageOptions { level0_pieces: 100, level0_busy: 100, ..small() });
    for key in 0..100 {
        put(&mut harness, key, Some(&due_value(10 + u64::from(key), if key % 10 == 0 { 150 } else { 40 })));
    }
    flush(&mut harness);
    let since = harness.seq + 1;
    for key in 100..200 {
        put(&mut harness, key, Some(&due_value(10 + u64::from(key), 40)));
    }
    flush(&mut harness);
    let all = entries(&harness).len();
    let old = entries(&harness).iter().filter(|(_, entries)| entries[0].1 < since).count();
    let none = Rc::default();
    let found = walk(&mut harness, 12, since, &none);
    assert_eq!((found.keys.as_slice(), found.unknown), ([1, 2].as_slice(), 10));
    assert_eq!(data_blocks(&harness, &found), old);
    assert!(old < all - 5);
    // A merge puts old and new together: its oldest entry decides for a piece.
    harness.storage.options = small();
    harness.run_jobs();
    put(&mut harness, 300, Some(&due_value(11, 40)));
    let found = walk(&mut harness, 12, since, &none);
    assert_eq!((found.keys.as_slice(), found.unknown), ([1, 2, 300].as_slice(), 10));
    // Without the setting nothing tells; in memory the values do.
    let found = walk(&mut harness, 12, u64::MAX, &none);
    assert_eq!((found.keys.as_slice(), found.unknown), ([1, 2, 300].as_slice(), 10));
    assert_eq!(data_blocks(&harness, &found), entries(&harness).len());
    // Once looked at, they are known for as long as the blocks are there.
    let again = walk(&mut harness, 12, u64::MAX, &found.looked);
    assert_eq!((again.keys.as_slice(), data_blocks(&harness, &again)), ([300].as_slice(), 0));
}
