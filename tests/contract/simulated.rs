//! What only the simulated store and platform do: order, faults, crashes, all from a seed.

use std::cell::RefCell;
use std::rc::Rc;

use dynatab::platform::simulated::{Call, Fault, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Durability, Platform, Space, Store, StoreError, Write};

fn put(id: u64, durability: Durability, store: &SimulatedStore) {
    drop(store.commit(
        vec![Write::Put(Space::Log, id, vec![id as u8]), Write::Put(Space::Meta, id, vec![])],
        durability,
    ));
}

#[test]
fn a_crash_keeps_what_is_synced_and_each_later_commit_whole_or_not_at_all() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let store = SimulatedStore::new(0);
        put(1, Durability::Relaxed, &store);
        put(2, Durability::Strict, &store);
        put(3, Durability::Relaxed, &store);
        put(4, Durability::Relaxed, &store);
        while store.step() {}
        put(5, Durability::Strict, &store);
        let image = store.crash(seed);
        let left = image.ids(Space::Log);
        assert_eq!(left, image.ids(Space::Meta), "commits are whole");
        assert_eq!(left[..2], [1, 2]);
        seen.insert(left);
        assert_eq!(store.crash(seed), image, "the seed decides");
    }
    assert_eq!(seen.len(), 8, "every subset of the three comes up: {seen:?}");
}

#[test]
fn nothing_completes_by_itself() {
    let platform = SimulatedPlatform::new(1);
    let store = SimulatedStore::new(1);
    let done = Rc::new(RefCell::new(false));
    let (to, commit) = (Rc::clone(&done), store.commit(vec![], Durability::Strict));
    platform.spawn(Box::pin(async move {
        commit.await.unwrap();
        *to.borrow_mut() = true;
    }));
    platform.run_until_stalled();
    assert!(!*done.borrow());
    assert!(store.step());
    platform.run_until_stalled();
    assert!(*done.borrow());
    assert!(!store.step());
    assert!(platform.block_on(store.read(Space::Log, &[1])).is_none(), "nobody steps the store");
}

#[test]
fn faults_hit_the_call_they_are_set_for() {
    let platform = SimulatedPlatform::new(1);
    let store = SimulatedStore::new(1);
    platform.attach(&store);
    let unknown = StoreError::Unknown("lost".into());
    store.add_fault(Fault::once(Call::Commit, 1, StoreError::Full("disk".into())));
    store.add_fault(Fault {
        call: Call::Commit,
        after: 2,
        error: unknown.clone(),
        forever: false,
        applied: true,
    });
    store.add_fault(Fault {
        call: Call::Read,
        after: 0,
        error: unknown.clone(),
        forever: true,
        applied: false,
    });
    let commit = |id| {
        platform.block_on(store.commit(vec![Write::Add(Space::Log, id, vec![])], Durability::Strict)).unwrap()
    };
    assert_eq!(commit(1), Ok(()));
    assert_eq!(commit(2), Err(StoreError::Full("disk".into())));
    assert_eq!(commit(3), Err(unknown.clone()));
    assert_eq!(commit(4), Ok(()));
    for _ in 0..3 {
        assert_eq!(platform.block_on(store.read(Space::Log, &[1])).unwrap(), Err(unknown.clone()));
    }
    assert_eq!(store.image().ids(Space::Log), [1, 3, 4]);
    store.clear_faults();
    assert!(platform.block_on(store.read(Space::Log, &[1])).unwrap().is_ok());
}

/// Tasks that yield, wait for the end of the turn and use a store, and the order it all came in.
fn trace(seed: u64) -> Vec<String> {
    let platform = SimulatedPlatform::new(seed);
    let store = SimulatedStore::new(seed);
    platform.attach(&store);
    let trace = Rc::new(RefCell::new(Vec::new()));
    for task in 0..4u64 {
        let (platform2, store, trace) = (platform.clone(), store.clone(), Rc::clone(&trace));
        platform.spawn(Box::pin(async move {
            for round in 0..3 {
                platform2.yield_now().await;
                trace.borrow_mut().push(format!("{task}.{round} yielded"));
                store.read(Space::Log, &[task]).await.unwrap();
                trace.borrow_mut().push(format!("{task}.{round} read"));
                platform2.turn_end().await;
            }
            let mut random = [0; 4];
            platform2.fill_random(&mut random);
            trace.borrow_mut().push(format!("{task} {random:?}"));
        }));
    }
    platform.run_until_idle();
    assert_eq!(platform.tasks(), 0);
    trace.take()
}

#[test]
fn one_seed_gives_one_run() {
    assert_eq!(trace(7), trace(7));
    assert_ne!(trace(7), trace(8));
}

#[test]
fn the_end_of_the_turn_comes_when_nothing_else_can_go_on() {
    for seed in 0..20 {
        let platform = SimulatedPlatform::new(seed);
        let order = Rc::new(RefCell::new(Vec::new()));
        for task in 0..3 {
            let (platform2, order) = (platform.clone(), Rc::clone(&order));
            platform.spawn(Box::pin(async move {
                order.borrow_mut().push("write");
                if task == 0 {
                    platform2.turn_end().await;
                    order.borrow_mut().push("group closed");
                } else if task == 1 {
                    platform2.yield_now().await;
                    order.borrow_mut().push("next turn");
                }
            }));
        }
        platform.run_until_idle();
        assert_eq!(*order.borrow(), ["write", "write", "write", "group closed", "next turn"]);
    }
}

#[test]
fn the_clock_stands_still_unless_moved() {
    let platform = SimulatedPlatform::new(1);
    let start = platform.now_millis();
    platform.advance_millis(5);
    assert_eq!(platform.now_millis(), start + 5);
    platform.set_now_millis(3);
    assert_eq!(platform.now_millis(), 3);
}
