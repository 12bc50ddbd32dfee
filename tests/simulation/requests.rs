//! Requests of clients, each of which must be carried out once: counters tell if one was not, or twice.

use dynatab::api::Operation;
use dynatab::driver::Ticket;
use dynatab::platform::simulated::Random;
use serde_json::{Value, json};

use crate::support::Database;

/// Counters that only single updates add to, whose answers tell the count, and those that transactions and batches of
/// statements add to as well.
pub const TOLD: u64 = 3;
pub const COUNTERS: u64 = 8;
/// A request, and the items that it makes or the counters that it adds to.
#[derive(Clone)]
pub struct Request {
    pub operation: Operation,
    pub input: Value,
    pub adds: Vec<u64>,
    pub makes: Vec<String>,
}

impl Request {
    /// One of the client and number of `ticket`.
    pub fn random(random: &mut Random, ticket: Ticket) -> Self {
        let one = json!({":one": {"N": "1"}});
        let name = |part: u64| format!("{} {} {part}", ticket.client, ticket.request);
        let length = random.below(300);
        let text = random.text(length);
        let item = |name: &str| json!({"pk": {"S": name}, "text": {"S": text}});
        let shared = |random: &mut Random| {
            let first = TOLD + random.below(COUNTERS - TOLD);
            let second = TOLD + (first - TOLD + 1 + random.below(COUNTERS - TOLD - 1)) % (COUNTERS - TOLD);
            vec![first, second]
        };
        match random.below(10) {
            0..4 => {
                let counter = random.below(TOLD);
                let input = json!({"TableName": "plain", "Key": key(counter), "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": one, "ReturnValues": "UPDATED_NEW"});
                Self { operation: Operation::UpdateItem, input, adds: vec![counter], makes: vec![] }
            }
            4 | 5 => {
                let adds = shared(random);
                let update = |counter: &u64| {
                    json!({"Update": {"TableName": "plain", "Key": key(*counter),
                        "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": one}})
                };
                let input = json!({"TransactItems": adds.iter().map(update).collect::<Vec<_>>()});
                Self { operation: Operation::TransactWriteItems, input, adds, makes: vec![] }
            }
            6 => {
                let adds = shared(random);
                let update = |counter: &u64| {
                    let statement = format!("UPDATE plain SET n = n + 1 WHERE pk = 'counter {counter}'");
                    json!({"Statement": statement})
                };
                let input = json!({"Statements": adds.iter().map(update).collect::<Vec<_>>()});
                Self { operation: Operation::BatchExecuteStatement, input, adds, makes: vec![] }
            }
            7 => {
                let makes: Vec<_> = (0..=random.below(6)).map(name).collect();
                let put = |name: &String| json!({"PutRequest": {"Item": item(name)}});
                let input = json!({"RequestItems": {"plain": makes.iter().map(put).collect::<Vec<_>>()}});
                Self { operation: Operation::BatchWriteItem, input, adds: vec![], makes }
            }
            _ => {
                let made = name(0);
                let input = json!({"TableName": "plain", "Item": item(&made), "ReturnValues": "ALL_OLD"});
                Self { operation: Operation::PutItem, input, adds: vec![], makes: vec![made] }
            }
        }
    }
}

pub fn key(counter: u64) -> Value {
    json!({"pk": {"S": format!("counter {counter}")}})
}

pub fn create(db: &Database) {
    db.ok(
        "CreateTable",
        json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}),
    );
    for counter in 0..COUNTERS {
        let mut item = key(counter);
        item["n"] = json!({"N": "0"});
        db.ok("PutItem", json!({"TableName": "plain", "Item": item}));
    }
}
