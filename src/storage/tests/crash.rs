//! Power failures at any moment: what comes back is a prefix of the commits, and no shorter than promised.

use super::harness::*;
use crate::log::encode_group;
use crate::platform::simulated::{Random, SimulatedStore};
use crate::platform::{Batch, Durability, Space, Store, Write};
use crate::storage::*;

/// Frees a call's answer: the test looks at the store, not at futures.
fn start(store: &SimulatedStore, batch: Batch, durability: Durability) {
    drop(store.commit(batch, durability));
}

fn settle(store: &SimulatedStore) {
    while store.step() {}
}

fn run(seed: u64) -> (u64, u64) {
    let mut random = Random::new(seed);
    let mut store = SimulatedStore::new(seed);
    let mut model = Model::default();
    // Trees 0 to `trees` were made; commits dropped some.
    let mut trees = 2;
    let mut drops: Vec<(u64, u32)> = Vec::new();
    let mut lost = 0;
    let mut flushed = 0;
    for round in 0..6 {
        let recovered = recover(small(), &store.image());
        let Recovered { mut storage, mut seq, epoch, mut next_log, opening } = recovered;
        assert!(seq <= model.versions.values().flatten().map(|(seq, _)| *seq).max().unwrap_or(0).max(seq));
        lost += model.versions.values().flatten().filter(|(version, _)| *version > seq).count() as u64;
        model.rollback(seq);
        drops.retain(|(dropped, _)| *dropped <= seq);
        let mut live: Vec<u32> =
            (0..trees).filter(|tree| drops.iter().all(|(_, dropped)| dropped != tree)).collect();
        for tree in live.clone() {
            let mut cursor = storage.cursor(TreeId(tree), Vec::new(), None, false, SeqNo(seq));
            let image = store.image();
            let mut found = Vec::new();
            while let Some(entry) = next(&mut cursor, &mut storage, &image) {
                found.push(entry);
            }
            assert_eq!(found, model.range(tree, b"", None, false, seq), "round {round}");
        }
        start(&store, opening, Durability::Strict);
        settle(&store);

        let mut promised = seq;
        let mut job: Option<Job> = None;
        for _ in 0..random.below(200) {
            if random.chance(50) {
                seq += 1;
                let mut changes = Vec::new();
                for at in 0..=random.below(3) {
                    let key = [b'a' + random.below(20) as u8, at as u8];
                    let value = vec![seq as u8; random.below(200) as usize];
                    let logged = change(
                        live[random.below(live.len() as u64) as usize],
                        &key,
                        random.chance(80).then_some(&*value),
                    );
                    model.apply(seq, &logged);
                    storage.apply(
                        SeqNo(seq),
                        Change {
                            tree: logged.tree,
                            key: logged.key.clone(),
                            value: logged.value.clone(),
                            blind: false,
                            due: 0,
                        },
                    );
                    changes.push(logged);
                }
                let mut catalog = None;
                if random.chance(5) {
                    let at = random.below(live.len() as u64) as usize;
                    let tree = std::mem::replace(&mut live[at], trees);
                    trees += 1;
                    storage.advance(SeqNo(seq));
                    storage.drop_tree(TreeId(tree));
                    drops.push((seq, tree));
                    catalog = Some(tree.to_le_bytes().to_vec());
                }
                let record = crate::log::Record { seq, changes, catalog, ..Default::default() }.encode();
                let frames = encode_group(epoch, next_log, false, &[record]);
                next_log += frames.len() as u64;
                let strict = random.chance(10);
                let durability = if strict { Durability::Strict } else { Durability::Relaxed };
                start(
                    &store,
                    frames.into_iter().map(|(n, frame)| Write::Add(Space::Log, n, frame)).collect(),
                    durability,
                );
                storage.close_group(next_log, || seq.to_le_bytes().to_vec());
                if random.chance(60) {
                    settle(&store);
                    storage.set_durable(SeqNo(seq));
                    if strict {
                        promised = seq;
                    }
                }
            } else {
                let Some(mut running) = job.take().or_else(|| storage.next_job(true)) else { continue };
                let fence = |batch: Batch, next_log: &mut u64| {
                    let frames = encode_group(epoch, *next_log, false, &[]);
                    *next_log += 1;
                    let frames = frames.into_iter().map(|(n, frame)| Write::Add(Space::Log, n, frame));
                    batch.into_iter().chain(frames).collect::<Batch>()
                };
                match running.step(&mut storage) {
                    JobStep::Read(blocks) => {
                        settle(&store);
                        install(&mut storage, &store.image(), &blocks);
                        job = Some(running);
                    }
                    JobStep::Write(batch) => {
                        start(&store, fence(batch, &mut next_log), Durability::Strict);
                        if random.chance(5) {
                            break;
                        }
                        settle(&store);
                        promised = seq;
                        job = Some(running);
                    }
                    JobStep::Yield => job = Some(running),
                    JobStep::Finish(batch) => {
                        flushed += 1;
                        start(&store, fence(batch, &mut next_log), Durability::Strict);
                        if random.chance(20) {
                            break;
                        }
                        settle(&store);
                        promised = seq;
                        running.complete(&mut storage);
                    }
                    JobStep::Done => panic!("a job went on after its end"),
                }
            }
        }
        let image = store.crash(random.next_u64());
        let after = recover(small(), &image);
        assert!(after.seq >= promised, "commit {promised} was promised, {} came back", after.seq);
        assert!(after.seq <= seq);
        store = SimulatedStore::with_image(random.next_u64(), image);
    }
    (lost, flushed)
}

#[test]
fn a_power_failure_leaves_a_prefix_of_the_commits() {
    let (mut lost, mut finished) = (0, 0);
    for seed in 0..300 {
        let (more_lost, more) =
            std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|_| panic!("seed {seed}"));
        lost += more_lost;
        finished += more;
    }
    assert!(lost > 100 && finished > 500, "{lost} versions lost, {finished} edits");
}

/// An owner that slept while another took over finds its next number taken, wherever the log was trimmed to.
#[test]
fn a_replaced_owner_cannot_commit_after_the_log_was_trimmed() {
    let mut harness = Harness::new(small());
    harness.group(vec![vec![change(0, b"a", Some(b"1"))]], None, true);
    let (sleeper_epoch, sleeper_next) = (harness.epoch, harness.next_log);
    harness.reopen();
    for _ in 0..3 {
        for _ in 0..50 {
            harness.group(vec![vec![change(0, b"b", Some(b"2"))]], None, true);
        }
        harness.run_jobs();
        harness.reopen();
    }
    harness.storage.freeze(harness.next_log, Vec::new());
    harness.run_jobs();
    let (number, frame) = encode_group(sleeper_epoch, sleeper_next, false, &[]).remove(0);
    let image = &mut harness.store.image();
    assert!(image.ids(Space::Log).len() < 20);
    assert_eq!(
        image.commit(&[Write::Add(Space::Log, number, frame)]),
        Err(crate::platform::StoreError::Conflict)
    );
}
