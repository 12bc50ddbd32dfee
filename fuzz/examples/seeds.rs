//! Writes the first inputs of a target into a folder of its name: `seeds FOLDER TARGET`.

use std::fs;
use std::path::Path;

use dynatab::api::Operation;
use dynatab::item::{Reader, admit};
use dynatab::log::{LoggedChange, Record, encode_group};
use dynatab::platform::Space;
use dynatab::platform::memory::Image;
use dynatab::storage::{Bytes, Manifest, TreeId};
use dynatab_fuzz::database::Database;
use dynatab_fuzz::dumps::unsealed;
use dynatab_fuzz::items::item_of_json;
use dynatab_fuzz::stored;

const EXPRESSIONS: &str = include_str!("../seeds/expression.txt");
const STATEMENTS: &str = include_str!("../seeds/partiql.txt");
const REQUESTS: &str = include_str!("../seeds/request.txt");
const TABLES: &str = include_str!("../seeds/tables.txt");
const ITEM: &str = include_str!("../seeds/item.json.txt");
const VALUES: &str = include_str!("../seeds/values.json.txt");

/// The kinds of expressions, in the order of the target's first byte.
const KINDS: &str = "CKPUF";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().expect("a folder");
    let target = arguments.next().expect("a target");
    let inputs: Vec<Vec<u8>> = match target.as_str() {
        "expression" => EXPRESSIONS.lines().map(expression).collect(),
        "partiql" => cases(STATEMENTS).map(|lines| lines.join("\n").into_bytes()).collect(),
        "request" => {
            cases(REQUESTS).map(requests).chain(TABLES.lines().map(request)).chain(documents()).collect()
        }
        "item" => items(),
        "dump" => dumps(),
        unknown => panic!("{unknown} is no target"),
    };
    let folder = Path::new(&folder).join(target);
    fs::create_dir_all(&folder).expect("the folder is made");
    for (number, input) in inputs.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), input).expect("the seed is written");
    }
}

/// Cases stand between empty lines.
fn cases(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.split("\n\n").map(|case| case.lines().collect())
}

/// `C expression`, say.
fn expression(line: &str) -> Vec<u8> {
    let (kind, text) = line.split_once(' ').expect("a kind and an expression");
    let kind = KINDS.find(kind).expect("a known kind") as u8;
    [&[kind], text.as_bytes()].concat()
}

/// A byte for the operation and the body.
fn request(line: &str) -> Vec<u8> {
    let (name, body) = line.split_once(' ').unwrap_or((line, ""));
    let Some(operation) = Operation::from_name(name) else { return line.into() };
    // A printable byte, and none that has another meaning.
    let byte = 2 * Operation::ALL.len() as u8 + operation as u8;
    [&[byte], body.as_bytes()].concat()
}

fn requests(lines: Vec<&str>) -> Vec<u8> {
    lines.into_iter().map(request).collect::<Vec<_>>().join(&b'\n')
}

/// The same requests as documents.
fn documents() -> impl Iterator<Item = Vec<u8>> {
    cases(REQUESTS).flatten().filter_map(|line| {
        let (name, body) = line.split_once(' ')?;
        let operation = Operation::from_name(name)?;
        let document = dynatab::wire::request::to_document(operation, body.as_bytes()).ok()?;
        let count = Operation::ALL.len() as u8;
        // The first byte above 127 that chooses the operation.
        let first = (128..=255u8).find(|byte| byte % count == operation as u8)?;
        Some([&[first], document.as_slice()].concat())
    })
}

fn items() -> Vec<Vec<u8>> {
    let kind = |kind: u8, bytes: &[u8]| [&[kind], bytes].concat();
    let mut seeds = vec![kind(4, b"1\n-2.50\n1e125\n9.9999999999999999999999999999999999999e-130\n0.1\n-0")];
    for json in [ITEM, VALUES] {
        let item = item_of_json(json.trim().as_bytes(), admit::MAX_DEPTH).expect("a good seed");
        seeds.push(kind(0, item.bytes()));
        seeds.push(kind(1, &[&[item.map().len() as u8], item.map().body()].concat()));
        seeds.push(kind(
            2,
            &item.map().iter().flat_map(|(_, value)| value.bytes().to_vec()).collect::<Vec<_>>(),
        ));
        seeds.push(kind(3, json.as_bytes()));
        for (name, value) in item.map().iter() {
            let one = [&[name.len() as u8 * 2], name, value.bytes()].concat();
            seeds.push(kind(1, &[&[1], one.as_slice()].concat()));
        }
    }
    let change = |key: &[u8], value: Option<&[u8]>| LoggedChange {
        tree: TreeId(1),
        key: Bytes::from(key),
        value: value.map(Bytes::from),
        blind: false,
    };
    let record = Record {
        seq: 300,
        time_millis: 1_767_225_600_000,
        changes: vec![change(b"key", Some(b"value")), change(b"other", None)],
        ..Record::default()
    };
    seeds.push(kind(5, &record.encode()));
    let framed = |frame: &[u8]| [&(frame.len() as u16).to_le_bytes(), frame].concat();
    let group = encode_group(2, 1, false, &[record.encode()]);
    seeds.push(kind(6, &group.iter().flat_map(|(_, frame)| framed(frame)).collect::<Vec<_>>()));
    let image = stored::image();
    let frames = image.ids(Space::Log);
    let frames = frames.iter().filter_map(|id| image.get(Space::Log, *id));
    seeds.push(kind(6, &frames.flat_map(framed).collect::<Vec<_>>()));
    let body = stored::body(image.get(Space::Meta, Manifest::ROOT).expect("a manifest"));
    seeds.extend([kind(7, body), kind(8, body)]);
    for record in records(&image) {
        seeds.extend([kind(5, &record), kind(9, &framed(&record))]);
    }
    for space in 0..3u8 {
        for which in 0..8u8 {
            seeds.push(kind(10, &[space, which, 20 + which * 3, 0, 2, 0x81, 1]));
        }
    }
    seeds.push(kind(10, &[]));
    seeds
}

/// The records of a log whose groups are one frame each, renumbered to follow it.
fn records(image: &Image) -> Vec<Vec<u8>> {
    let frames = image.ids(Space::Log);
    let frames = frames.iter().filter_map(|id| image.get(Space::Log, *id)?.get(24..));
    let mut records = Vec::new();
    for frame in frames {
        let mut reader = Reader::new(frame);
        while let Some(record) = reader.binary() {
            let Ok(mut record) = Record::decode(record) else { continue };
            record.seq += 1000;
            records.push(record.encode());
        }
    }
    records
}

/// The dump of the tables that every run begins with, as it is and as sections; and parts of it.
fn dumps() -> Vec<Vec<u8>> {
    let dump = Database::filled().dump();
    let sections = unsealed(&dump);
    vec![[&[0], dump.as_slice()].concat(), [&[1], sections.as_slice()].concat()]
}
