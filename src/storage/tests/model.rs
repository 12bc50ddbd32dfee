//! Random scripts against a map of versions.

use super::harness::*;
use crate::platform::Space;
use crate::platform::simulated::Random;
use crate::storage::*;

const TREES: u64 = 3;

fn key(random: &mut Random) -> Vec<u8> {
    let len = 1 + random.below(3);
    let mut key: Vec<u8> = (0..len).map(|_| b'a' + random.below(12) as u8).collect();
    if random.chance(5) {
        key.resize(200, b'z');
    }
    key
}

fn value(random: &mut Random, large: bool) -> Option<Vec<u8>> {
    match random.below(10) {
        0 | 1 => None,
        2 => Some(vec![random.below(256) as u8; 121 + random.below(300) as usize]),
        3 if large && random.chance(10) => Some(vec![7; 130_000]),
        _ => Some(vec![random.below(256) as u8; random.below(60) as usize]),
    }
}

fn commits(random: &mut Random, large: bool, live: &[u32]) -> Vec<Vec<crate::log::LoggedChange>> {
    let count = 1 + random.below(6);
    (0..count)
        .map(|_| {
            let mut changes = Vec::new();
            for _ in 0..random.below(5) {
                let tree = live[random.below(live.len() as u64) as usize];
                let key = key(random);
                let fresh = changes.iter().all(|other: &crate::log::LoggedChange| *other.key != *key);
                if fresh {
                    changes.push(change(tree, &key, value(random, large).as_deref()));
                }
            }
            changes
        })
        .collect()
}

struct OpenCursor {
    cursor: Cursor,
    expected: std::vec::IntoIter<(Vec<u8>, u64, Vec<u8>)>,
}

/// What a script reached, so that a test can tell it went where it should.
#[derive(Default)]
struct Reached {
    levels: usize,
    aborts: usize,
    misses: u64,
}

fn run(seed: u64, steps: usize) -> Reached {
    let mut random = Random::new(seed);
    // Large values need a cache that holds all their blocks at once.
    let large = seed.is_multiple_of(3);
    let cache_bytes = if large { 400_000 } else { small().cache_bytes };
    let mut harness = Harness::new(StorageOptions { cache_bytes, ..small() });
    let mut live: Vec<u32> = (0..TREES as u32).collect();
    let mut next_tree = TREES as u32;
    let mut cursors: Vec<OpenCursor> = Vec::new();
    let mut snapshots: Vec<(Snapshot, u64)> = Vec::new();
    let mut reached = Reached::default();
    for _ in 0..steps {
        match random.below(100) {
            0..30 => harness.group(commits(&mut random, large, &live), None, true),
            30..33 => {
                harness.group(commits(&mut random, large, &live), None, false);
                if random.chance(50) {
                    harness.group(commits(&mut random, large, &live), None, false);
                }
                if random.chance(30) {
                    harness.storage.drop_tree(TreeId(live[0]));
                }
                harness.rollback();
            }
            33..50 => {
                let tree = live[random.below(TREES) as usize];
                harness.check_get(tree, &key(&mut random));
            }
            50..55 if cursors.len() < 4 => {
                let tree = live[random.below(TREES) as usize];
                let (lower, upper) = (key(&mut random), random.chance(70).then(|| key(&mut random)));
                let reverse = random.chance(50);
                let at = harness.storage.durable();
                let expected = harness.model.range(tree, &lower, upper.as_deref(), reverse, at.0).into_iter();
                let cursor = harness.storage.cursor(TreeId(tree), lower, upper, reverse, at);
                cursors.push(OpenCursor { cursor, expected });
            }
            55..70 if !cursors.is_empty() => {
                let at = random.below(cursors.len() as u64) as usize;
                for _ in 0..random.below(12) {
                    let open = &mut cursors[at];
                    let found = next(&mut open.cursor, &mut harness.storage, &harness.store.image());
                    assert_eq!(found, open.expected.next());
                    if found.is_none() {
                        cursors.swap_remove(at);
                        break;
                    }
                }
            }
            70..73 if snapshots.len() < 3 => {
                let at = harness.storage.durable();
                snapshots.push((harness.storage.snapshot(at), at.0));
            }
            73..78 if !snapshots.is_empty() => {
                let (snapshot, at) = snapshots[random.below(snapshots.len() as u64) as usize].clone();
                let (tree, key) = (live[random.below(TREES) as usize], key(&mut random));
                let mut missing = Vec::new();
                let found = loop {
                    missing.clear();
                    if let Some(found) = harness.storage.get_at(&snapshot, TreeId(tree), &key, &mut missing) {
                        break found;
                    }
                    install(&mut harness.storage, &harness.store.image(), &missing);
                };
                let expected = harness.model.get(tree, &key, at);
                assert_eq!(found.value.as_deref(), expected.and_then(|(_, value)| value));
            }
            78..80 if !snapshots.is_empty() => {
                snapshots.swap_remove(random.below(snapshots.len() as u64) as usize);
            }
            80..96 => {
                for _ in 0..random.below(30) {
                    let fail = random.chance(2);
                    let job = harness.job.is_some();
                    harness.job_step(fail);
                    reached.aborts += usize::from(fail && job && harness.job.is_none());
                }
            }
            96 => {
                let at = random.below(TREES) as usize;
                let tree = std::mem::replace(&mut live[at], next_tree);
                next_tree += 1;
                harness.group(vec![Vec::new()], Some(tree), true);
                harness.storage.drop_tree(TreeId(tree));
                harness.model.versions.retain(|(of, _), _| *of != tree);
            }
            97 => {
                reached.misses += harness.storage.stats().cache_misses;
                cursors.clear();
                snapshots.clear();
                harness.reopen();
            }
            _ => {}
        }
        reached.levels = reached.levels.max(harness.storage.stats().levels.len());
    }
    drop((cursors, snapshots));
    harness.run_jobs();
    for tree in &live {
        harness.check_all(*tree, false);
        harness.check_all(*tree, true);
    }
    harness.reopen();
    for tree in &live {
        harness.check_all(*tree, false);
    }
    // Nothing is left behind: with all trees dropped and all work done, no block remains.
    for tree in live {
        harness.group(vec![Vec::new()], Some(tree), true);
        harness.storage.drop_tree(TreeId(tree));
    }
    harness.storage.freeze(harness.next_log, Vec::new());
    harness.run_jobs();
    let image = harness.store.image();
    assert_eq!(image.ids(Space::Block), Vec::<u64>::new());
    assert_eq!(image.ids(Space::Meta), vec![Manifest::ROOT]);
    assert!(image.ids(Space::Log).len() <= 64, "the log was trimmed up to its fences");
    reached
}

#[test]
fn random_scripts_read_what_a_map_of_versions_holds() {
    let mut all = Reached::default();
    for seed in 0..60 {
        let reached = std::panic::catch_unwind(|| run(seed, 400)).unwrap_or_else(|_| panic!("seed {seed}"));
        all.levels = all.levels.max(reached.levels);
        all.aborts += reached.aborts;
        all.misses += reached.misses;
    }
    assert!(all.levels >= 4, "merges went {} levels deep", all.levels);
    assert!(all.aborts > 10, "{} jobs were aborted", all.aborts);
    assert!(all.misses > 1000, "{} blocks were missed", all.misses);
}
