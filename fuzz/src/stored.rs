//! What is stored, damaged: bytes of a good database are changed and their checksums made right again, so that the
//! damage reaches what is behind them.

use std::cell::LazyCell;

use dynatab::api::Operation;
use dynatab::platform::Space;
use dynatab::platform::memory::Image;
use serde_json::json;

use crate::database::Database;

/// A database with blocks, and a log that goes on after them.
pub fn image() -> Image {
    let db = Database::filled();
    for round in 0..3 {
        for k in 0..12 {
            let item = json!({"p": {"S": format!("p{}", k % 5)}, "s": {"N": k.to_string()}, "g": {"S": "g"},
                "h": {"N": round.to_string()}, "long": {"S": "x".repeat(k * 40)}});
            let body = json!({"TableName": "aaa", "Item": item}).to_string();
            db.json(Operation::PutItem, body.as_bytes()).expect("the item is put");
        }
        db.platform.run_until_idle();
    }
    let body = json!({"TableName": "aaa", "Key": {"p": {"S": "p1"}, "s": {"N": "1"}}}).to_string();
    db.json(Operation::DeleteItem, body.as_bytes()).expect("the item is deleted");
    db.platform.run_until_idle();
    db.close()
}

thread_local! {
    static IMAGE: LazyCell<Image> = const { LazyCell::new(image) };
}

/// Frames and blocks keep the checksum of all their other bytes after the first four.
pub fn mend(value: &mut [u8]) {
    if value.len() >= 8 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&value[..4]);
        hasher.update(&value[8..]);
        value[4..8].copy_from_slice(&hasher.finalize().to_le_bytes());
    }
}

/// The root of the manifest has one checksum for its body and one for itself.
pub fn mend_root(value: &mut [u8]) {
    let mut at = 10;
    for _ in 0..4 {
        while value.get(at).is_some_and(|byte| *byte >= 0x80) {
            at += 1;
        }
        at += 1;
    }
    if value.len() >= at + 4 {
        let crc = crc32fast::hash(&value[at + 4..]);
        value[at..at + 4].copy_from_slice(&crc.to_le_bytes());
    }
    if value.len() >= 10 {
        let crc = crc32fast::hash(&value[10..]);
        value[6..10].copy_from_slice(&crc.to_le_bytes());
    }
}

/// The good database with `changes`, each of them: which space, which of its values, where (two bytes), how many bytes,
/// the bytes. 255 bytes end the value there.
fn damaged(mut changes: &[u8]) -> Image {
    let mut image = IMAGE.with(|image| (**image).clone());
    while let [space, which, low, high, length, rest @ ..] = changes {
        let space = [Space::Meta, Space::Log, Space::Block][usize::from(space % 3)];
        let ids = image.ids(space);
        let (bytes, rest) = rest.split_at(rest.len().min(usize::from(length % 32)));
        changes = rest;
        let Some(id) = ids.get(usize::from(*which) % ids.len().max(1)) else { continue };
        let Some(value) = image.get_mut(space, *id) else { continue };
        let at = usize::from(u16::from_le_bytes([*low, *high])) % value.len().max(1);
        if *length == 255 {
            value.truncate(at);
        } else {
            value.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new);
        }
        if space == Space::Meta { mend_root(value) } else { mend(value) }
    }
    image
}

/// Opens a damaged database and uses it; refusals are as good as answers.
pub fn open_damaged(changes: &[u8]) {
    let Ok(db) = Database::open(damaged(changes)) else { return };
    let tables: Vec<_> = db.driver.inspect(|engine| {
        let tables = engine.tables().after(None);
        tables.map(|table| (table.schema.name.clone(), table.indexes.clone())).collect()
    });
    let send = |operation, body: serde_json::Value| {
        let document = dynatab::wire::request::to_document(operation, body.to_string().as_bytes());
        let _ = document.and_then(|document| db.document(operation, &document));
    };
    for (name, indexes) in &tables {
        send(Operation::DescribeTable, json!({"TableName": name}));
        send(Operation::Scan, json!({"TableName": name}));
        for index in indexes {
            send(Operation::Scan, json!({"TableName": name, "IndexName": index.name}));
        }
    }
    for k in 0..12 {
        let key = json!({"p": {"S": format!("p{}", k % 5)}, "s": {"N": k.to_string()}});
        send(Operation::GetItem, json!({"TableName": "aaa", "Key": key}));
        let change = json!({"TableName": "aaa", "Key": key, "UpdateExpression": "SET h = :h, g = :g",
            "ExpressionAttributeValues": {":h": {"N": "7"}, ":g": {"S": "g"}}, "ReturnValues": "ALL_OLD"});
        send(Operation::UpdateItem, change);
    }
    send(
        Operation::Query,
        json!({"TableName": "aaa", "KeyConditionExpression": "p = :p", "ScanIndexForward": false,
        "ExpressionAttributeValues": {":p": {"S": "p1"}}}),
    );
    send(Operation::DeleteTable, json!({"TableName": "bbb"}));
    db.platform.run_until_idle();
    db.close();
}
