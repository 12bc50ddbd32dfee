//! Crashes at every storage call of a script: every acknowledged write is there, nothing is there by half, indexes hold
//! what their tables say, and histories tell what happened to them.
//!
//! `DYNATAB_CRASH_POINTS` sets how many crashes to survive, `DYNATAB_SEED` where to begin.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../contract/sim_files.rs"]
#[allow(dead_code, reason = "a suite of its own uses the rest")]
mod sim_files;

mod clients;
mod faults;
mod files;
mod history;
mod owners;
mod requests;
mod script;
mod strict;

use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Durability, Store};
use dynatab::storage::StorageOptions;
use script::Script;
use support::cipher::sealed_now;

fn environment(name: &str, fallback: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(fallback)
}

/// Sizes so small that a script of a thousand operations flushes and merges all the time.
fn options() -> OpenOptions {
    OpenOptions {
        group_bytes: 700,
        durability: Some(Durability::Strict),
        storage: StorageOptions {
            memory_table_bytes: 6 << 10,
            log_frames: 40,
            block_bytes: 1 << 10,
            bulk_block_bytes: 2 << 10,
            piece_bytes: 8 << 10,
            overflow_bytes: 2 << 10,
            level1_bytes: 24 << 10,
            slice_bytes: 2 << 10,
            write_bytes: 8 << 10,
            level0_busy: 6,
            ..StorageOptions::default()
        },
        // What time asks for is done when a script says so.
        sweep_millis: u64::MAX,
        ..OpenOptions::default()
    }
}

/// The store as a database has it: every other seed's is sealed.
fn layered(seed: u64, store: SimulatedStore, platform: &SimulatedPlatform) -> Rc<dyn Store> {
    if seed.is_multiple_of(2) { Rc::new(sealed_now(Rc::new(store), platform)) } else { Rc::new(store) }
}

/// Reopens what a crash left and compares it with the script.
fn verify(script: &mut Script, store: &SimulatedStore, seed: u64, crash_seed: u64) {
    let image = store.crash(crash_seed);
    let survivor = SimulatedStore::with_image(crash_seed, image);
    let platform = SimulatedPlatform::new(crash_seed);
    platform.attach(&survivor);
    let database = support::Database::open(&platform, layered(seed, survivor, &platform), options());
    script.verify(&database);
    database.assert_sound("after a crash");
}

#[test]
fn every_acknowledged_write_survives_a_crash_at_any_storage_call() {
    let wanted = environment("DYNATAB_CRASH_POINTS", 5_000);
    let first_seed = environment("DYNATAB_SEED", 1);
    let mut points = 0;
    let mut seed = first_seed;
    while points < wanted {
        println!("seed {seed}");
        let platform = SimulatedPlatform::new(seed);
        let store = SimulatedStore::new(seed);
        platform.attach(&store);
        let layered = layered(seed, store.clone(), &platform);
        let database = support::Database::open(&platform, layered, options());
        let mut script = Script::new(seed);
        script.create_tables(&database);
        for _ in 0..1_000 {
            script.send_one(&database);
            platform.run_until_stalled();
            script.collect(&database);
            // The store does some of what it was asked; it crashes before and after each of its calls.
            while store.in_flight() > 0 && script.should_step(&store) {
                verify(&mut script, &store, seed, seed ^ points);
                points += 1;
                platform.step_store();
                platform.run_until_stalled();
                script.collect(&database);
            }
        }
        platform.run_until_idle();
        script.collect(&database);
        assert_eq!(script.unanswered(), 0, "every operation is answered");
        verify(&mut script, &store, seed, seed);
        script.verify(&database);
        script.report(&database);
        seed += 1;
    }
    println!("{points} crash points survived, seeds {first_seed}..{seed}");
}

#[test]
fn a_pause_and_closing_leave_little_to_replay() {
    let store = SimulatedStore::new(1);
    let platform = SimulatedPlatform::new(1);
    platform.attach(&store);
    let database = support::Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
    database.ok(
        "CreateTable",
        serde_json::json!({
            "TableName": "closing",
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "N"}],
            "BillingMode": "PAY_PER_REQUEST",
        }),
    );
    for number in 0..400 {
        let item = serde_json::json!({"pk": {"N": number.to_string()}, "text": {"S": "x".repeat(1000)}});
        database.ok("PutItem", serde_json::json!({"TableName": "closing", "Item": item}));
    }
    // Each answer was waited for until nothing moved any more: a pause, as the engine sees it.
    let tail = database.driver.inspect(|engine| engine.storage.stats().active_bytes);
    assert!(tail < 300_000, "{tail} bytes would have to be replayed");
    for number in 400..800 {
        let item = serde_json::json!({"pk": {"N": number.to_string()}, "text": {"S": "x".repeat(1000)}});
        database.send(
            dynatab::api::Operation::PutItem,
            &serde_json::json!({"TableName": "closing", "Item": item}),
        );
    }
    database.close();
    let store = SimulatedStore::with_image(1, store.crash(1));
    platform.attach(&store);
    let database = support::Database::open(&platform, Rc::new(store), OpenOptions::default());
    assert_eq!(database.driver.inspect(|engine| engine.storage.stats().active_bytes), 0);
    let found =
        database.ok("GetItem", serde_json::json!({"TableName": "closing", "Key": {"pk": {"N": "399"}}}));
    assert!(found.get("Item").is_some());
}
