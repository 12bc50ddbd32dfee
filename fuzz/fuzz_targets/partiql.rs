//! Statements, one a line, each with a tab and its parameters as DynamoDB's JSON if it has some. Each is parsed and
//! tried on an item, and run by a database.
#![no_main]

use std::cell::LazyCell;

use dynatab::api::Operation;
use dynatab::expression::{Bytes, Outcome};
use dynatab::item::{ItemBuf, admit};
use dynatab::partiql::{Verb, parse};
use dynatab_fuzz::database::Database;
use dynatab_fuzz::items::{check_item, item_of_json, parameters_of_json};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const ITEM: &str = include_str!("../seeds/item.json.txt");
const LINES: usize = 8;

thread_local! {
    static SAMPLE: LazyCell<ItemBuf> = const { LazyCell::new(|| {
        item_of_json(ITEM.trim().as_bytes(), admit::MAX_DEPTH).expect("a good seed")
    }) };
}

/// Parses a statement and tries what it says on an item.
fn statement(text: &str, parameters: &[Bytes], item: &ItemBuf) {
    let Ok(statement) = parse(text, parameters) else { return };
    if let Some(condition) = &statement.condition {
        let _ = (condition.evaluate(Some(item.map())), condition.evaluate(None));
    }
    match &statement.verb {
        Verb::Select { columns: Some(columns), .. } => check_item(columns.apply(item.as_ref()).as_ref()),
        Verb::Insert(item) => check_item(item.as_ref()),
        Verb::Update(update) => {
            let key = item_of_json(br#"{"p":{"S":"key"}}"#, admit::MAX_DEPTH).expect("a key");
            for old in [Some(item.as_ref()), None] {
                if let Ok(Outcome::Item(new)) = update.apply(key.as_ref(), old) {
                    check_item(new.as_ref());
                    check_item(update.touched(new.as_ref()).as_ref());
                }
            }
        }
        Verb::Select { columns: None, .. } | Verb::Exists | Verb::Delete => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let mut requests = Vec::new();
    for line in text.split('\n').take(LINES) {
        let (line, parameters) = line.split_once('\t').unwrap_or((line, ""));
        let admitted = parameters_of_json(parameters.as_bytes()).unwrap_or_default();
        let admitted: Vec<Bytes> = admitted.into_iter().map(Bytes::from).collect();
        SAMPLE.with(|item| statement(line, &admitted, item));
        let mut request = json!({"Statement": line});
        if let Ok(parameters @ Value::Array(_)) = serde_json::from_str(parameters) {
            request["Parameters"] = parameters;
        }
        requests.push(request);
    }
    let db = Database::filled();
    for mut request in requests {
        let send = |request: &Value| db.json(Operation::ExecuteStatement, request.to_string().as_bytes());
        let Ok(first) = send(&request) else { continue };
        // The pages of one, of which a token says where the next begins.
        let mut page = first;
        for _ in 0..4 {
            let Some(token) = page.get_mut("NextToken") else { break };
            request["NextToken"] = token.take();
            page = send(&request).expect("a token goes on");
        }
    }
    db.contents();
});
