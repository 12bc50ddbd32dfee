//! Durability that is raised while the database is open: what is acknowledged from then on outlasts the power.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::{OpenOptions, Ticket};
use dynatab::platform::Durability;
use dynatab::platform::simulated::{Random, SimulatedPlatform, SimulatedStore};
use serde_json::{Value, json};

use crate::options;
use crate::support::Database;

const SEEDS: u64 = 300;

fn open(seed: u64, store: &SimulatedStore) -> Database {
    let platform = SimulatedPlatform::new(seed);
    platform.attach(store);
    let options = OpenOptions { durability: Some(Durability::Relaxed), ..options() };
    Database::open(&platform, Rc::new(store.clone()), options)
}

fn create(database: &Database) {
    database.ok(
        "CreateTable",
        json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
    );
}

/// What a power failure leaves.
fn after_crash(seed: u64, store: &SimulatedStore) -> Database {
    open(seed, &SimulatedStore::with_image(seed, store.crash(seed)))
}

/// The parts of a transaction that are there.
fn parts(database: &Database, number: u64) -> usize {
    let key = |part: u64| json!({"TableName": "plain", "Key": {"pk": {"S": format!("{number} {part}")}}});
    (0..2).filter(|part| database.ok("GetItem", key(*part)).get("Item").is_some()).count()
}

fn transaction(number: u64) -> Value {
    let put = |part: u64| {
        let item = json!({"pk": {"S": format!("{number} {part}")}, "text": {"S": "x".repeat(200)}});
        json!({"Put": {"TableName": "plain", "Item": item}})
    };
    json!({"TransactItems": [put(0), put(1)]})
}

#[test]
fn what_is_acknowledged_once_commits_must_be_strict_outlasts_the_power() {
    let (mut lost, mut kept) = (0, 0);
    for seed in 0..SEEDS {
        let mut random = Random::new(seed);
        let store = SimulatedStore::new(seed);
        let database = open(seed, &store);
        create(&database);
        let driver = Rc::clone(&database.driver);
        let raised = 5 + random.below(40);
        let mut sent: BTreeMap<u64, Ticket> = BTreeMap::new();
        let mut acknowledged = Vec::new();
        for number in 0..60 {
            if number == raised {
                // Also with commits in flight and groups that are not closed.
                driver.require_strict();
            }
            sent.insert(number, database.send(Operation::TransactWriteItems, &transaction(number)));
            for _ in 0..random.below(4) {
                database.platform.run_until_stalled();
                database.platform.step_store();
            }
            if random.chance(70) {
                database.platform.run_until_stalled();
            }
            sent.retain(|number, ticket| {
                let Some(answer) = database.take(*ticket) else { return true };
                answer.expect("nothing fails");
                acknowledged.push(*number);
                false
            });
            if !random.chance(20) {
                continue;
            }
            let image = store.crash(seed ^ number);
            let survivor = open(seed ^ number, &SimulatedStore::with_image(seed, image));
            if survivor.call("DescribeTable", json!({"TableName": "plain"})).is_err() {
                assert!(
                    !acknowledged.iter().any(|number| *number >= raised),
                    "seed {seed}: the table is lost"
                );
                continue;
            }
            for number in &acknowledged {
                let parts = parts(&survivor, *number);
                assert_ne!(parts, 1, "seed {seed}: half of transaction {number}");
                assert!(parts == 2 || *number < raised, "seed {seed}: transaction {number} is lost");
                lost += u64::from(parts == 0);
                kept += u64::from(parts == 2 && *number >= raised);
            }
            survivor.assert_sound(&format!("seed {seed}"));
        }
    }
    assert!(lost > SEEDS && kept > SEEDS, "{lost} lost, {kept} kept");
}

#[test]
fn what_was_acknowledged_relaxed_lasts_with_the_next_strict_commit() {
    let mut lost = 0;
    for seed in 0..50 {
        let store = SimulatedStore::new(seed);
        let database = open(seed, &store);
        create(&database);
        // No job comes between, whose commits are strict.
        let run = |number: u64| {
            let ticket = database.send(Operation::TransactWriteItems, &transaction(number));
            database.platform.run_until_stalled();
            while database.platform.step_store() {
                database.platform.run_until_stalled();
            }
            database.take(ticket).expect("an answer").expect("it is written");
        };
        run(1);
        database.driver.require_strict();
        let before = after_crash(seed, &store);
        let is_there = before.call("DescribeTable", json!({"TableName": "plain"})).is_ok();
        lost += u64::from(!is_there || parts(&before, 1) == 0);
        run(2);
        let after = after_crash(seed, &store);
        assert_eq!((parts(&after, 1), parts(&after, 2)), (2, 2), "seed {seed}");
    }
    assert!(lost > 0, "no power failure took what was relaxed");
}
