//! What is stored, damaged: bytes of a good database are changed and their checksums made right again, so that the
//! damage reaches what is behind them.

use std::cell::LazyCell;
use std::rc::Rc;

use dynatab::api::{ApiError, Operation};
use dynatab::driver::verify::verify;
use dynatab::item::{Reader, varint};
use dynatab::log::encode_group;
use dynatab::platform::memory::Image;
use dynatab::platform::{Space, Write};
use dynatab::storage::Manifest;
use dynatab::wire::request;
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

/// Bytes of the root of a manifest before its generation.
const HEAD: usize = 10;

/// A manifest of one value with this body.
pub fn root(body: &[u8]) -> Vec<u8> {
    let mut rest = Vec::new();
    for field in [1, body.len() as u64, 1, 0] {
        varint::put(&mut rest, field);
    }
    rest.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    rest.extend_from_slice(body);
    let head = b"dtab\x01\0";
    [head.as_slice(), &crc32fast::hash(&rest).to_le_bytes(), &rest].concat()
}

/// The body of a manifest of one value.
pub fn body(root: &[u8]) -> &[u8] {
    let mut reader = Reader::new(root.get(HEAD..).unwrap_or_default());
    for _ in 0..4 {
        let _ = reader.varint();
    }
    reader.rest().get(4..).unwrap_or_default()
}

/// The good database with `changes`, each of them: which space, which of its values, where (two bytes), how many bytes,
/// the bytes. 255 bytes end the value there; 32 and more are inserted, and others replaced.
fn damaged(mut changes: &[u8]) -> Image {
    let mut image = IMAGE.with(|image| (**image).clone());
    while let [space, which, low, high, length, rest @ ..] = changes {
        let space = [Space::Meta, Space::Log, Space::Block][usize::from(space % 3)];
        let ids = image.ids(space);
        let (bytes, rest) = rest.split_at(rest.len().min(usize::from(length % 32)));
        changes = rest;
        let Some(id) = ids.get(usize::from(*which) % ids.len().max(1)) else { continue };
        let Some(value) = image.get_mut(space, *id) else { continue };
        let mut changed = if space == Space::Meta { body(value).to_vec() } else { value.clone() };
        let at = usize::from(u16::from_le_bytes([*low, *high])) % changed.len().max(1);
        match length {
            255 => changed.truncate(at),
            32.. => drop(changed.splice(at..at, bytes.iter().copied())),
            _ => changed.iter_mut().skip(at).zip(bytes).for_each(|(old, new)| *old = *new),
        }
        if space == Space::Meta {
            changed = root(&changed);
        } else {
            mend(&mut changed);
        }
        *value = changed;
    }
    image
}

/// Opens the good database with damage here and there.
pub fn open_damaged(changes: &[u8]) {
    open(damaged(changes));
}

/// Opens the good database with another manifest.
pub fn open_with_manifest(body: &[u8]) {
    let mut image = IMAGE.with(|image| (**image).clone());
    image.commit(&[Write::Put(Space::Meta, Manifest::ROOT, root(body))]).expect("a memory store takes it");
    open(image);
}

/// Opens the good database with more in its log: records, each behind its length in two bytes.
pub fn open_with_records(mut bytes: &[u8]) {
    let mut records = Vec::new();
    while let [low, high, rest @ ..] = bytes {
        let (record, rest) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        records.push(record.to_vec());
        bytes = rest;
    }
    let mut image = IMAGE.with(|image| (**image).clone());
    let last = *image.ids(Space::Log).last().expect("a log");
    let frame = image.get(Space::Log, last).expect("the last frame");
    let epoch = u64::from_le_bytes(frame[8..16].try_into().expect("eight bytes"));
    let group = encode_group(epoch, last + 1, false, &records);
    let batch: Vec<_> =
        group.into_iter().map(|(number, frame)| Write::Put(Space::Log, number, frame)).collect();
    image.commit(&batch).expect("a memory store takes it");
    open(image);
}

/// Opens a database of which nothing is known and uses it; refusals are as good as answers.
fn open(image: Image) {
    let Ok(db) = Database::open(image) else { return };
    let tables: Vec<_> = db.driver.inspect(|engine| {
        let tables = engine.tables().after(None).take(4);
        tables.map(|table| (table.schema.name.clone(), table.indexes.clone())).collect()
    });
    let send = |operation, body: serde_json::Value| {
        let document = request::to_document(operation, body.to_string().as_bytes());
        let _ = document.and_then(|document| db.document(operation, &document));
    };
    for (name, indexes) in &tables {
        send(Operation::DescribeTable, json!({"TableName": name}));
        send(Operation::Scan, json!({"TableName": name}));
        for index in indexes {
            send(Operation::Scan, json!({"TableName": name, "IndexName": index.name}));
        }
    }
    for k in [1, 7, 11] {
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
    // Damage is a finding of the verification, and an error of the dump.
    let _ = db.platform.block_on(verify(Rc::clone(&db.driver)));
    let driver = Rc::clone(&db.driver);
    let _ = db.platform.block_on(async move {
        let mut dump = driver.dump().await?;
        while dump.next().await?.is_some() {}
        Ok::<_, ApiError>(())
    });
    send(Operation::DeleteTable, json!({"TableName": "bbb"}));
    db.platform.run_until_idle();
    db.close();
}
