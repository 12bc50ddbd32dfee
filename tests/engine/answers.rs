//! Answers that the log keeps: a request that comes again after another opening is not carried out twice.

use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::{OpenOptions, Ticket};
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use dynatab::wire::{request, response};
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

mod kept;

type Request = (&'static str, Value);

/// Of `client`, if it is not 0.
fn open(store: &SimulatedStore, client: u64) -> Database {
    open_with(store, client, OpenOptions::default())
}

fn open_with(store: &SimulatedStore, client: u64, options: OpenOptions) -> Database {
    let platform = SimulatedPlatform::new(1);
    platform.attach(store);
    let db = Database::open(&platform, Rc::new(store.clone()), options);
    db.go_on_after(Ticket { client, request: 0 });
    db
}

/// The same client again, whose last request had the ticket `last`.
fn reopen(store: &SimulatedStore, last: Ticket) -> Database {
    let db = open(store, last.client);
    db.go_on_after(last);
    db
}

fn later(ticket: Ticket) -> Ticket {
    Ticket { request: ticket.request + 1, ..ticket }
}

fn send(db: &Database, requests: &[Request]) -> Vec<Ticket> {
    requests
        .iter()
        .map(|(operation, input)| db.send(Operation::from_name(operation).unwrap(), input))
        .collect()
}

/// Sends requests, lets them end, and gives their tickets with their answers.
fn answered(db: &Database, requests: &[Request]) -> Vec<(Ticket, Value)> {
    let tickets = send(db, requests);
    db.platform.run_until_idle();
    tickets.into_iter().map(|ticket| (ticket, db.take(ticket).unwrap().unwrap())).collect()
}

/// Sends a request under the ticket it had; its answer, if that is there at once.
fn again(db: &Database, (operation, input): &Request, ticket: Ticket) -> Option<Value> {
    let operation = Operation::from_name(operation).unwrap();
    let document = request::to_document(operation, input.to_string().as_bytes()).unwrap();
    let document = db.driver.call(operation, &document, ticket)?.unwrap();
    let mut out = Vec::new();
    response::to_json(&document, &mut out).unwrap();
    Some(serde_json::from_slice(&out).unwrap())
}

fn count(db: &Database, artist: &str, name: &str) -> Value {
    let key = json!({"TableName": "music", "Key": song(artist, name), "ConsistentRead": true});
    db.ok("GetItem", key)["Item"]["n"]["N"].clone()
}

/// One more for an item, with the number as the answer.
fn add(artist: &str) -> Value {
    json!({"TableName": "music", "Key": song(artist, "b"), "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "UPDATED_NEW"})
}

fn counted(answer: &Value) -> u64 {
    answer["Attributes"]["n"]["N"].as_str().unwrap().parse().unwrap()
}

#[test]
fn what_was_committed_is_answered_by_the_next_owner_and_not_done_again() {
    let store = SimulatedStore::new(1);
    let db = open(&store, 7);
    music(&db);
    let put = |n: u32| json!({"PutRequest": {"Item": song("batch", &n.to_string())}});
    let add = |artist: &str, values: &str| {
        json!({"TableName": "music", "Key": song(artist, "b"), "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": values})
    };
    let requests = [
        ("PutItem", json!({"TableName": "music", "Item": song("a", "b")})),
        ("UpdateItem", add("a", "ALL_NEW")),
        ("UpdateItem", add("c", "NONE")),
        ("BatchWriteItem", json!({"RequestItems": {"music": (0..3).map(put).collect::<Vec<_>>()}})),
        (
            "TransactWriteItems",
            json!({"ReturnConsumedCapacity": "TOTAL", "TransactItems": [
                {"Put": {"TableName": "music", "Item": song("t", "1")}},
                {"Put": {"TableName": "music", "Item": song("t", "2")}},
            ]}),
        ),
        ("DeleteItem", json!({"TableName": "music", "Key": song("a", "b"), "ReturnValues": "ALL_OLD"})),
        ("ExecuteStatement", json!({"Statement": "INSERT INTO music VALUE {'artist': 'p', 'song': 'q'}"})),
    ];
    let answers = answered(&db, &requests);
    assert_eq!(answers[1].1["Attributes"]["n"]["N"], "1");
    assert_eq!(answers[5].1["Attributes"]["n"]["N"], "1");
    assert_eq!(answers[2].1, json!({}));
    drop(db);

    let db = reopen(&store, answers[6].0);
    for (request, (ticket, answer)) in requests.iter().zip(&answers) {
        assert_eq!(again(&db, request, *ticket).as_ref(), Some(answer), "request {ticket:?}");
        // The answer may be lost again.
        assert_eq!(again(&db, request, *ticket).as_ref(), Some(answer), "request {ticket:?}");
    }
    assert_eq!((count(&db, "a", "b"), count(&db, "c", "b")), (Value::Null, json!("1")));
    drop(db);

    for client in [0, 8] {
        let db = open(&store, client);
        db.go_on_after(Ticket { client, ..answers[6].0 });
        let before = count(&db, "c", "b");
        let ticket = Ticket { client, ..answers[2].0 };
        assert_eq!(again(&db, &requests[2], ticket), None, "of another client");
        db.platform.run_until_idle();
        assert_ne!(count(&db, "c", "b"), before, "it is another request");
    }
}

#[test]
fn clients_have_their_own_numbers_and_end_their_own_memory() {
    let store = SimulatedStore::new(4);
    let db = open(&store, 0);
    music(&db);
    let add = ("UpdateItem", add("a"));
    let clients = [7, 8, 9].map(|client| Ticket { client, request: 3 });
    for (at, ticket) in clients.into_iter().enumerate() {
        assert_eq!(again(&db, &add, ticket), None, "it is done");
        db.platform.run_until_idle();
        assert_eq!(counted(&db.take(ticket).unwrap().unwrap()), at as u64 + 1);
    }
    drop(db);
    let db = open(&store, 0);
    for (at, ticket) in clients.into_iter().enumerate() {
        assert_eq!(counted(&again(&db, &add, ticket).unwrap()), at as u64 + 1, "each its own answer");
    }
    let read = ("GetItem", json!({"TableName": "music", "Key": song("a", "b")}));
    assert!(again(&db, &read, later(clients[1])).is_some());
    assert_eq!(again(&db, &add, clients[1]), None, "it went on");
    assert_eq!(counted(&again(&db, &add, clients[0]).unwrap()), 1);
    assert_eq!(counted(&again(&db, &add, clients[2]).unwrap()), 3);
}

#[test]
fn a_later_request_ends_the_memory_of_earlier_ones() {
    let store = SimulatedStore::new(3);
    let db = open(&store, 7);
    music(&db);
    let write = ("PutItem", json!({"TableName": "music", "Item": song("a", "b"), "ReturnValues": "ALL_OLD"}));
    let [(ticket, answer)] = answered(&db, std::slice::from_ref(&write)).try_into().unwrap();
    assert_eq!(answer, json!({}));
    drop(db);
    let db = open(&store, 7);
    let read = ("GetItem", json!({"TableName": "music", "Key": song("a", "b")}));
    assert!(again(&db, &read, later(ticket)).is_some());
    assert_eq!(again(&db, &write, ticket), None);
}

#[test]
fn a_request_of_many_commits_is_one_commit_of_the_store() {
    let store = SimulatedStore::new(2);
    let db = open(&store, 7);
    music(&db);
    let item = |n: u32| with(song("large", &n.to_string()), json!({"text": {"S": "x".repeat(390_000)}}));
    let puts: Vec<_> = (0..25).map(|n| json!({"PutRequest": {"Item": item(n)}})).collect();
    let put = |artist: &str| ("PutItem", json!({"TableName": "music", "Item": song(artist, "b")}));
    // Writes that come together wait for the end of the turn.
    answered(&db, &[put("1"), put("2"), put("3")]);
    let before = store.commits();
    // The group has room for a part of the batch when the batch comes, and none for the put after it.
    let requests = [put("first"), ("BatchWriteItem", json!({"RequestItems": {"music": puts}})), put("last")];
    let tickets = send(&db, &requests);
    while store.commits() == before {
        db.platform.run_until_stalled();
        assert!(store.step(), "a commit comes");
    }
    let after = SimulatedStore::with_image(3, store.image());
    drop(db);
    let db = open(&after, 7);
    let batch = again(&db, &requests[1], tickets[1]);
    assert_eq!(batch, Some(json!({"UnprocessedItems": {}})), "all of the batch is in one commit");
    assert_eq!(again(&db, &requests[2], tickets[2]), None, "the group was full");
}
