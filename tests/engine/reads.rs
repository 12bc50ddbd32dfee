//! What calls miss in one turn is read together and once, and damage is told to those whose blocks it is.

use std::collections::BTreeSet;
use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::OpenOptions;
use dynatab::platform::Space;
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use serde_json::{Value, json};

use super::support::watched::WatchedStore;
use super::support::{Database, small};

fn open(store: &SimulatedStore) -> (Database, WatchedStore) {
    let platform = SimulatedPlatform::new(3);
    platform.attach(store);
    let watched = WatchedStore::new(store);
    let options = OpenOptions { storage: small(), ..OpenOptions::default() };
    (Database::open(&platform, Rc::new(watched.clone()), options), watched)
}

fn item(n: u64) -> Value {
    json!({"id": {"S": "one"}, "n": {"N": n.to_string()}, "text": {"S": "x".repeat(100)}})
}

fn key(n: u64) -> Value {
    json!({"TableName": "plain", "Key": {"id": {"S": "one"}, "n": {"N": n.to_string()}}})
}

/// 400 items of one partition in blocks of about nine, none of it in memory.
fn cold() -> SimulatedStore {
    let store = SimulatedStore::new(3);
    let (db, _) = open(&store);
    db.ok(
        "CreateTable",
        json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]}),
    );
    for n in 0..400 {
        db.ok("PutItem", json!({"TableName": "plain", "Item": item(n)}));
    }
    db.platform.run_until_idle();
    db.close();
    SimulatedStore::with_image(3, store.image())
}

fn once(reads: &[Vec<u64>]) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for id in reads.iter().flatten() {
        assert!(all.insert(*id), "block {id} was read twice: {reads:?}");
    }
    all
}

#[test]
fn gets_of_one_turn_read_each_block_once_and_in_few_calls() {
    let (db, watched) = open(&cold());
    let gets: Vec<_> = (0..400).step_by(7).map(|n| (n, db.send(Operation::GetItem, &key(n)))).collect();
    db.platform.run_until_idle();
    for (n, ticket) in gets {
        assert_eq!(db.take(ticket).expect("an answer").expect("an item")["Item"], item(n));
    }
    let reads = watched.reads.take();
    let blocks = once(&reads).len();
    assert!(blocks > 30, "{blocks}");
    assert!(reads.len() < blocks / 3, "{} calls for {blocks} blocks", reads.len());
}

#[test]
fn a_query_reads_each_block_once_and_goes_on_while_the_rest_comes() {
    let (db, watched) = open(&cold());
    for backward in [true, false] {
        let query = json!({"TableName": "plain", "KeyConditionExpression": "id = :id and n between :a and :b",
            "ScanIndexForward": !backward,
            "ExpressionAttributeValues": {":id": {"S": "one"}, ":a": {"N": "20"}, ":b": {"N": "379"}}});
        let mut expected: Vec<Value> = (20..380).map(item).collect();
        if backward {
            expected.reverse();
        }
        assert_eq!(db.ok("Query", query)["Items"], Value::Array(expected));
        let reads = watched.reads.take();
        let blocks = once(&reads).len();
        // The second one finds all in the cache, but for nothing: the first was to read only what is in its range.
        assert!(if backward { blocks > 30 } else { blocks == 0 }, "{reads:?}");
        assert!(reads.len() * 3 <= blocks, "{} calls for {blocks} blocks", reads.len());
    }
}

#[test]
fn damage_is_told_to_those_whose_block_it_is() {
    let store = cold();
    let mut image = store.image();
    // A data block of the middle is read with others.
    let is_data = |id: &u64| image.get(Space::Block, *id).is_some_and(|block| block[1] == 1);
    let data: Vec<u64> = image.ids(Space::Block).into_iter().filter(is_data).collect();
    let id = data[data.len() / 2];
    let mut block = image.read(Space::Block, &[id]).remove(0).expect("a block");
    *block.last_mut().expect("a byte") ^= 1;
    image.commit(&[dynatab::platform::Write::Put(Space::Block, id, block)]).expect("it is written");
    let (db, watched) = open(&SimulatedStore::with_image(3, image));
    let gets: Vec<_> = (0..400).map(|n| (n, db.send(Operation::GetItem, &key(n)))).collect();
    db.platform.run_until_idle();
    let answers: Vec<_> =
        gets.into_iter().map(|(n, ticket)| (n, db.take(ticket).expect("an answer"))).collect();
    let refused: Vec<u64> = answers.iter().filter(|(_, answer)| answer.is_err()).map(|(n, _)| *n).collect();
    assert!((4..12).contains(&refused.len()), "{refused:?}");
    assert!(refused.iter().zip(refused.iter().skip(1)).all(|(n, next)| n + 1 == *next), "{refused:?}");
    for (n, answer) in answers {
        match answer {
            Ok(output) => assert_eq!(output["Item"], item(n)),
            Err(error) => assert!(error.to_string().contains(&format!("block {id} is corrupt")), "{error}"),
        }
    }
    assert!(
        watched.reads.borrow().iter().any(|ids| ids.contains(&id) && ids.len() > 1),
        "others were read with it"
    );
}
