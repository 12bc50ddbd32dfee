//! The core, natively: what an operation costs with no runtime around it, from a request's JSON to the answer's JSON.

use std::hint::black_box;
use std::rc::Rc;

use criterion::{Criterion, criterion_group, criterion_main};
use dynatab::api::Operation;
use dynatab::driver::{Driver, OpenOptions, Ticket};
use dynatab::platform::NoStore;
use dynatab::platform::simulated::SimulatedPlatform;
use dynatab::wire::{request, response};

const ITEMS: u32 = 5000;

const TABLE: &str = r#"{"TableName":"orders","BillingMode":"PAY_PER_REQUEST",
    "KeySchema":[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}],
    "AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"},{"AttributeName":"sk","AttributeType":"S"}]}"#;

fn key(i: u32) -> String {
    format!(r#""pk":{{"S":"customer#{:06}"}},"sk":{{"S":"order#{i:010}"}}"#, i / 1000)
}

fn put(i: u32) -> String {
    format!(
        r#"{{"TableName":"orders","Item":{{{},"name":{{"S":"Customer Name {i}"}},"amount":{{"N":"1234.5"}},
        "email":{{"S":"customer{i}@example.com"}},"active":{{"BOOL":true}},"tags":{{"SS":["red","green","blue"]}},
        "lines":{{"L":[{{"M":{{"sku":{{"S":"SKU-{i}"}},"n":{{"N":"1"}}}}}}]}}}}}}"#,
        key(i)
    )
}

fn get(i: u32) -> String {
    format!(r#"{{"TableName":"orders","Key":{{{}}}}}"#, key(i))
}

fn update(i: u32) -> String {
    format!(
        r#"{{"TableName":"orders","Key":{{{}}},"UpdateExpression":"SET amount = amount + :one",
        "ExpressionAttributeValues":{{":one":{{"N":"1"}}}}}}"#,
        key(i)
    )
}

fn query(i: u32) -> String {
    format!(
        r#"{{"TableName":"orders","KeyConditionExpression":"pk = :pk",
        "ExpressionAttributeValues":{{":pk":{{"S":"customer#{:06}"}}}}}}"#,
        i / 1000
    )
}

/// A database in memory, where every answer is ready when the call returns.
struct Database(Rc<Driver>);

impl Database {
    fn open() -> Self {
        let platform = SimulatedPlatform::new(1);
        let options = OpenOptions { durability: None, ..OpenOptions::default() };
        let settle = Box::new(|_, _| panic!("an answer in memory is never late"));
        let opening = Driver::open(Rc::new(NoStore), Rc::new(platform.clone()), options, settle);
        Self(platform.block_on(opening).expect("opening ends").expect("it opens"))
    }

    fn call(&self, operation: Operation, json: &str) -> Vec<u8> {
        let document = request::to_document(operation, json.as_bytes()).expect("a request");
        let answer = self.0.call(operation, &document, Ticket::default()).expect("the answer is ready");
        let mut out = Vec::new();
        response::to_json(&answer.expect("it succeeds"), &mut out).expect("a document");
        out
    }
}

fn core(criterion: &mut Criterion) {
    let database = Database::open();
    database.call(Operation::CreateTable, TABLE);
    for i in 0..ITEMS {
        database.call(Operation::PutItem, &put(i));
    }
    let mut bench = |name: &str, operation: Operation, make: fn(u32) -> String| {
        let requests: Vec<String> = (0..ITEMS).map(|i| make(i * 7919 % ITEMS)).collect();
        let mut next = requests.iter().cycle();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| black_box(database.call(operation, next.next().expect("it goes round"))));
        });
    };
    bench("GetItem", Operation::GetItem, get);
    bench("PutItem", Operation::PutItem, put);
    bench("UpdateItem", Operation::UpdateItem, update);
    bench("Query of 1,000", Operation::Query, query);
}

criterion_group!(benches, core);
criterion_main!(benches);
