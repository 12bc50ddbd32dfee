//! Loads beside a model: sorted trees become runs, the others chunks, and until the edit there is nothing.

use std::collections::BTreeMap;

use super::harness::*;
use crate::platform::memory::now;
use crate::platform::simulated::Random;
use crate::platform::{Batch, Durability, MemoryStore, Space, Store};
use crate::storage::*;

type Trees = BTreeMap<u32, BTreeMap<Vec<u8>, Vec<u8>>>;

fn commit(store: &MemoryStore, batch: Batch) {
    now(store.commit(batch, Durability::Strict)).unwrap().unwrap();
}

fn settle(bulk: &mut Bulk, storage: &mut Storage, store: &MemoryStore, last: bool) {
    loop {
        match if last { bulk.settle(storage) } else { bulk.step(storage) } {
            BulkStep::Ready => return,
            BulkStep::Yield => {}
            BulkStep::Write(batch) => commit(store, batch),
        }
    }
}

fn found(storage: &mut Storage, store: &MemoryStore, tree: u32) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let at = storage.durable();
    let mut cursor = storage.cursor(TreeId(tree), Vec::new(), None, false, at);
    let image = store.image();
    std::iter::from_fn(|| next(&mut cursor, storage, &image)).map(|(key, _, value)| (key, value)).collect()
}

/// Tree 0 comes in order, with an entry in 1 and perhaps one in 2 for each of its own; then tree 3 comes in order.
fn load(seed: u64, entries: u64) -> (Harness, Bulk, Trees) {
    let mut random = Random::new(seed);
    let mut harness = Harness::new(small());
    let mut bulk = harness.storage.begin_bulk(SeqNo(9)).unwrap();
    assert_eq!(harness.storage.begin_bulk(SeqNo(9)).err(), Some(Busy));
    let mut trees = Trees::new();
    let mut put = |tree: u32, key: Vec<u8>, value: Vec<u8>| {
        trees.entry(tree).or_default().insert(key, value);
    };
    for tree in [0, 3] {
        for number in 0..entries {
            let key = number.to_be_bytes().to_vec();
            let most = if random.chance(5) { 400 } else { 40 };
            let value = vec![number as u8; random.below(most) as usize];
            bulk.put_sorted(&mut harness.storage, TreeId(tree), &key, &value, 0);
            put(tree, key, value);
            if tree == 0 {
                for other in 1..=random.below(2) as u32 + 1 {
                    let key = [random.next_u64().to_be_bytes(), number.to_be_bytes()].concat();
                    let value = vec![other as u8; random.below(30) as usize];
                    bulk.put(&harness.storage, TreeId(other), &key, &value);
                    put(other, key, value);
                }
            }
            settle(&mut bulk, &mut harness.storage, &harness.store, false);
        }
        bulk.end_sorted(&mut harness.storage);
    }
    settle(&mut bulk, &mut harness.storage, &harness.store, true);
    (harness, bulk, trees)
}

#[test]
fn what_was_put_is_found_and_merged_and_found_again() {
    for (seed, entries) in [(1, 0), (2, 1), (3, 30), (4, 300), (5, 2_000)] {
        let (mut harness, mut bulk, trees) = load(seed, entries);
        let checkpoint =
            Checkpoint { seq: SeqNo(9), next_log: harness.next_log, catalog: b"catalog".to_vec() };
        let edit = bulk.plan(&mut harness.storage, checkpoint);
        let Harness { store, storage, .. } = &mut harness;
        commit(store, edit);
        assert!(
            trees.keys().all(|tree| found(storage, store, *tree).is_empty()),
            "nothing before it is complete"
        );
        bulk.complete(storage);
        assert_eq!((storage.durable(), storage.latest()), (SeqNo(9), SeqNo(9)));
        for (tree, wanted) in &trees {
            assert_eq!(found(storage, store, *tree), *wanted, "tree {tree} of {entries}");
        }
        harness.seq = 9;
        harness.run_jobs();
        let levels = harness.storage.stats().levels;
        assert!(levels.first().is_none_or(|level0| *level0 < 3 * 2), "{levels:?}");
        harness.reopen();
        let Harness { store, storage, .. } = &mut harness;
        for (tree, wanted) in &trees {
            assert_eq!(found(storage, store, *tree), *wanted, "tree {tree} of {entries}, opened again");
        }
    }
}

#[test]
fn runs_are_as_deep_as_they_are_large() {
    let deepest = |entries| {
        let (mut harness, mut bulk, _) = load(1, entries);
        let checkpoint = Checkpoint { seq: SeqNo(9), next_log: harness.next_log, catalog: Vec::new() };
        let edit = bulk.plan(&mut harness.storage, checkpoint);
        commit(&harness.store, edit);
        bulk.complete(&mut harness.storage);
        harness.storage.stats().levels.len() - 1
    };
    assert_eq!((deepest(30), deepest(300), deepest(2_000)), (1, 2, 3));
}

#[test]
fn what_is_given_up_leaves_no_block_and_the_ids_are_not_used_again() {
    let (mut harness, bulk, _) = load(1, 300);
    assert!(!harness.store.image().ids(Space::Block).is_empty());
    let deletion = bulk.abort(&mut harness.storage);
    let before = harness.store.image();
    commit(&harness.store, deletion);
    assert_eq!(harness.store.image().ids(Space::Block), [0; 0]);
    // Without that the jobs do it, or the next owner.
    let next = harness.storage.begin_bulk(SeqNo(9)).unwrap();
    next.abort(&mut harness.storage);
    harness.run_jobs();
    let mut opened = recover(small(), &before);
    let store = MemoryStore::with_image(before);
    commit(&store, opened.opening);
    assert_eq!(store.image().ids(Space::Block), [0; 0]);
    assert!(found(&mut opened.storage, &store, 0).is_empty());
}

#[test]
fn a_load_waits_for_what_is_not_flushed() {
    let mut harness = Harness::new(small());
    harness.group(vec![vec![change(5, b"a", Some(b"1"))]], None, true);
    assert_eq!(harness.storage.begin_bulk(SeqNo(9)).err(), Some(Busy));
    harness.storage.freeze(harness.next_log, Vec::new());
    assert_eq!(harness.storage.begin_bulk(SeqNo(9)).err(), Some(Busy));
    harness.run_jobs();
    let bulk = harness.storage.begin_bulk(SeqNo(9)).unwrap();
    assert!(harness.storage.next_job(true).is_none(), "no job runs beside it");
    bulk.abort(&mut harness.storage);
}
