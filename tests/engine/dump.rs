//! Dumps and their loading: nothing is lost on the way, nothing is there by half, and nothing foreign gets in.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::{LoadError, OpenOptions};
use dynatab::platform::simulated::{Call, Fault, Random, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Durability, MemoryStore, Platform, Space, Store, StoreError};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use crate::support::{Database, small};
use crate::{music, put, song, with};

fn sizes() -> StorageOptions {
    StorageOptions {
        log_frames: 40,
        level1_bytes: 24 << 10,
        slice_bytes: 2 << 10,
        write_bytes: 8 << 10,
        ..small()
    }
}

fn stored(seed: u64) -> (Database, SimulatedStore) {
    on(SimulatedStore::new(seed), seed)
}

fn on(store: SimulatedStore, seed: u64) -> (Database, SimulatedStore) {
    let platform = SimulatedPlatform::new(seed);
    platform.attach(&store);
    let options = OpenOptions { storage: sizes(), ..OpenOptions::default() };
    (Database::open(&platform, Rc::new(store.clone()), options), store)
}

fn pages(db: &Database, input: Value) -> Vec<Value> {
    let mut items = Vec::new();
    let mut from = None;
    loop {
        let mut input = input.clone();
        if let Some(from) = from {
            input["ExclusiveStartKey"] = from;
        }
        let page = db.ok("Scan", input);
        items.extend(page["Items"].as_array().unwrap().clone());
        match page.get("LastEvaluatedKey") {
            Some(key) => from = Some(key.clone()),
            None => return items,
        }
    }
}

/// All that a user can see of a database: descriptions, tags, time to live, items and entries of indexes.
pub(super) fn picture(db: &Database) -> BTreeMap<String, Value> {
    let mut seen = BTreeMap::new();
    for name in db.ok("ListTables", json!({}))["TableNames"].as_array().unwrap() {
        let mut table = db.ok("DescribeTable", json!({"TableName": name}))["Table"].clone();
        let members = table.as_object_mut().unwrap();
        // A loaded table has a new stream.
        let streams = members.remove("LatestStreamLabel").is_some();
        assert_eq!(members.remove("LatestStreamArn").is_some(), streams);
        let tags = db.ok("ListTagsOfResource", json!({"ResourceArn": table["TableArn"]}))["Tags"].clone();
        let ttl = db.ok("DescribeTimeToLive", json!({"TableName": name}));
        let items = pages(db, json!({"TableName": name, "ConsistentRead": true}));
        assert_eq!(table["ItemCount"], items.len(), "the statistics of {name}");
        let mut all = json!({"table": table, "tags": tags, "ttl": ttl, "items": items});
        for kind in ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"] {
            for index in table.get(kind).and_then(Value::as_array).into_iter().flatten() {
                let found = pages(db, json!({"TableName": name, "IndexName": index["IndexName"]}));
                assert_eq!(index["ItemCount"], found.len(), "the statistics of {name}, {index}");
                all[index["IndexName"].to_string()] = json!(found);
            }
        }
        seen.insert(name.to_string(), all);
    }
    seen
}

/// Two pictures are equal; else the first difference is shown, since a picture is long.
pub(super) fn same(found: &BTreeMap<String, Value>, wanted: &BTreeMap<String, Value>) {
    assert!(found.keys().eq(wanted.keys()), "{:?} and {:?}", found.keys(), wanted.keys());
    for (name, table) in wanted {
        for (part, wanted) in table.as_object().unwrap() {
            let found = &found[name][part];
            if let (Some(found), Some(wanted)) = (found.as_array(), wanted.as_array()) {
                for (found, wanted) in found.iter().zip(wanted) {
                    assert_eq!(found, wanted, "{part} of {name}");
                }
                assert_eq!(found.len(), wanted.len(), "{part} of {name}");
            }
            assert_eq!(found, wanted, "{part} of {name}");
        }
    }
}

fn text(random: &mut Random, most: u64) -> Value {
    let length = random.below(most);
    let text: String = (0..length).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
    json!({"S": text})
}

fn value(random: &mut Random, depth: u32) -> Value {
    match random.below(if depth > 3 { 6 } else { 9 }) {
        0 => json!({"NULL": true}),
        1 => json!({"BOOL": random.chance(50)}),
        2 => json!({"N": format!("{}e{}", random.below(1 << 40), random.below(40) as i64 - 20)}),
        3 => json!({"B": "3q2+7w=="}),
        4 => {
            let most = if random.chance(5) { 9_000 } else { 60 };
            text(random, most)
        }
        5 => json!({"NS": ["3", "1.50", "-2"]}),
        6 => json!({"SS": ["b", "ä", "a"]}),
        7 => json!({"L": (0..random.below(4)).map(|_| value(random, depth + 1)).collect::<Vec<_>>()}),
        _ => json!({"M": {"x": value(random, depth + 1), "ü": value(random, depth + 1)}}),
    }
}

/// Writes of all kinds to a table `music` and to others of other shapes.
pub(super) fn fill(db: &Database, seed: u64, writes: u64) {
    let mut random = Random::new(seed);
    music(db);
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let hash = json!([{"AttributeName": "id", "KeyType": "HASH"}]);
    let arn = db.ok(
        "CreateTable",
        json!({"TableName": "plain", "KeySchema": hash, "AttributeDefinitions": [attribute("id", "N")],
            "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
            "Tags": [{"Key": "team", "Value": "Größe"}, {"Key": "empty", "Value": ""}],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            "TableClass": "STANDARD_INFREQUENT_ACCESS", "DeletionProtectionEnabled": true,
            "SSESpecification": {"Enabled": true, "SSEType": "KMS"}}),
    )["TableDescription"]["TableArn"]
        .clone();
    db.ok("TagResource", json!({"ResourceArn": arn, "Tags": [{"Key": "late", "Value": "1"}]}));
    let ttl = json!({"Enabled": true, "AttributeName": "until"});
    db.ok("UpdateTimeToLive", json!({"TableName": "plain", "TimeToLiveSpecification": ttl}));
    db.ok(
        "CreateTable",
        json!({"TableName": "empty", "KeySchema": hash, "AttributeDefinitions": [attribute("id", "B")],
            "BillingMode": "PAY_PER_REQUEST"}),
    );
    for _ in 0..writes {
        let key = song(&format!("artist {}", random.below(9)), &format!("song {}", random.below(writes)));
        match random.below(10) {
            0 => {
                db.ok("DeleteItem", json!({"TableName": "music", "Key": key}));
            }
            1..=3 => {
                let until = 1_767_225_600 + 1_000_000 + random.below(1_000);
                let item = json!({"id": {"N": random.below(writes).to_string()}, "v": value(&mut random, 0),
                    "until": {"N": until.to_string()}});
                db.ok("PutItem", json!({"TableName": "plain", "Item": item}));
            }
            4 => {
                db.ok(
                    "TransactWriteItems",
                    json!({"ClientRequestToken": format!("token-{}", random.below(1 << 30)), "TransactItems": [
                        {"Put": {"TableName": "music", "Item": with(key, json!({"v": value(&mut random, 0)}))}},
                        {"Delete": {"TableName": "plain", "Key": {"id": {"N": random.below(writes).to_string()}}}},
                    ]}),
                );
            }
            _ => {
                let mut item = with(key, json!({"v": value(&mut random, 0), "label": text(&mut random, 9)}));
                if random.chance(80) {
                    item["genre"] = json!({"S": (["rock", "jazz", "folk"][random.below(3) as usize])});
                }
                if random.chance(80) {
                    item["year"] = json!({"N": (1900 + random.below(99)).to_string()});
                }
                put(db, &item);
            }
        }
    }
    // An index on a table with items, some of which have no place in it.
    db.ok(
        "UpdateTable",
        json!({"TableName": "plain", "AttributeDefinitions": [attribute("v", "S")],
            "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "by-v", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}}]}),
    );
    db.platform.run_until_idle();
}

#[test]
fn what_was_dumped_is_loaded_whatever_the_storage() {
    for seed in 0..6 {
        let (from, _) = stored(seed);
        let memory = Database::in_memory();
        for source in [&from, &memory] {
            fill(source, seed, 300);
            let wanted = picture(source);
            let dump = source.dump().unwrap();
            let (to, store) = stored(seed + 100);
            let progress = to.load(&dump, 1 + 700 * seed as usize).unwrap();
            assert_eq!((progress.items, progress.bytes), (progress.total_items, progress.total_bytes));
            to.assert_sound("loaded");
            same(&picture(&to), &wanted);
            let again = Database::in_memory();
            again.load(&to.dump().unwrap(), 3_000).unwrap();
            same(&picture(&again), &wanted);
            let in_memory = Database::in_memory();
            in_memory.load(&dump, 5_000).unwrap();
            same(&picture(&in_memory), &wanted);

            // It lasts, can be written to, and merges find nothing amiss.
            to.close();
            let (to, _) = on(SimulatedStore::with_image(seed, store.crash(seed)), seed);
            same(&picture(&to), &wanted);
            let item = with(song("new", "new"), json!({"genre": {"S": "rock"}, "year": {"N": "1"}}));
            for db in [&to, &in_memory] {
                put(db, &item);
                db.ok("DeleteItem", json!({"TableName": "music", "Key": song("new", "new")}));
                db.platform.run_until_idle();
                same(&picture(db), &wanted);
            }
            to.assert_sound("written to and merged");
        }
    }
}

#[test]
fn loaded_trees_are_sorted_runs_and_their_indexes_merge() {
    let memory = Database::in_memory();
    fill(&memory, 1, 800);
    let dump = memory.dump().unwrap();
    let (db, _) = stored(1);
    let driver = Rc::clone(&db.driver);
    let levels = db.platform.block_on(async move {
        let mut load = driver.load().await.unwrap();
        for part in dump.chunks(1_000) {
            load.feed(part).await.unwrap();
        }
        load.finish().await.unwrap();
        driver.inspect(|engine| engine.storage.stats())
    });
    let stats = levels.unwrap();
    assert_eq!(stats.active_bytes, 0, "nothing goes through the memory table");
    assert!(stats.levels[0] > 4, "index entries wait in chunks: {:?}", stats.levels);
    assert!(stats.levels[2] > 4, "tables are where they would arrive: {:?}", stats.levels);
    db.platform.run_until_idle();
    let levels = db.driver.inspect(|engine| engine.storage.stats().levels);
    assert!(levels[0] < stats.levels[0], "{levels:?}");
    same(&picture(&db), &picture(&memory));
}

#[test]
fn what_is_written_during_a_dump_is_not_in_it() {
    for seed in 0..8 {
        let (db, store) = stored(seed);
        fill(&db, seed, 150);
        let wanted = picture(&db);
        let driver = Rc::clone(&db.driver);
        let mut dump = db.platform.block_on(async move { driver.dump().await.unwrap() }).unwrap();
        let mut random = Random::new(seed);
        let mut bytes = Vec::new();
        let mut deleted = false;
        loop {
            for _ in 0..5 {
                let key =
                    song(&format!("artist {}", random.below(9)), &format!("song {}", random.below(150)));
                let more = json!({"genre": {"S": "late"}, "year": {"N": "1"}, "v": text(&mut random, 3_000)});
                db.send(Operation::PutItem, &json!({"TableName": "music", "Item": with(key, more)}));
            }
            if random.chance(30) && !deleted {
                deleted = db.call("DeleteTable", json!({"TableName": "empty"})).is_ok();
            }
            if random.chance(30) {
                db.platform.run_until_idle();
            }
            if random.chance(10) {
                // What fails and is undone meanwhile changes nothing.
                let error = StoreError::Aborted("no".into());
                store.add_fault(Fault::once(Call::Commit, 0, error));
            }
            let (part, back) = db
                .platform
                .block_on(async move { (dump.next().await.unwrap(), dump) })
                .expect("a dump does not hang");
            dump = back;
            match part {
                Some(part) => bytes.extend(part),
                None => break,
            }
        }
        drop(dump);
        db.platform.run_until_idle();
        let to = Database::in_memory();
        to.load(&bytes, 4_000).unwrap();
        same(&picture(&to), &wanted);
        let pending = db.driver.inspect(|engine| engine.storage.stats().pending_deletions);
        assert_eq!(pending, 0, "blocks that the dump held are deleted");
    }
}

#[test]
fn writes_before_the_call_are_in_the_dump_even_when_they_are_on_their_way() {
    let (db, _) = stored(3);
    music(&db);
    db.send(Operation::PutItem, &json!({"TableName": "music", "Item": song("a", "b")}));
    db.send(
        Operation::CreateTable,
        &json!({"TableName": "late", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST"}),
    );
    let dump = db.dump().unwrap();
    let to = Database::in_memory();
    let progress = to.load(&dump, 100).unwrap();
    assert_eq!(progress.items, 1);
    assert_eq!(to.ok("ListTables", json!({}))["TableNames"], json!(["late", "music"]));
}

/// A dump of a few items, in which every byte counts.
fn small_dump() -> (Vec<u8>, BTreeMap<String, Value>) {
    let db = Database::in_memory();
    music(&db);
    for i in 0..3 {
        let more = json!({"genre": {"S": "rock"}, "year": {"N": i.to_string()}, "v": {"L": [{"N": "1.5"}]}});
        put(&db, &with(song("a", &format!("{i}")), more));
    }
    (db.dump().unwrap(), picture(&db))
}

fn is_empty(db: &Database) -> bool {
    db.ok("ListTables", json!({}))["TableNames"] == json!([])
}

#[test]
fn every_changed_byte_and_every_cut_is_refused_and_leaves_nothing() {
    let (dump, wanted) = small_dump();
    let (stored, store) = stored(1);
    let memory = Database::in_memory();
    for at in 0..dump.len() {
        let mut changed = dump.clone();
        changed[at] ^= 1 << (at % 8);
        for (db, bytes) in [(&stored, &changed[..]), (&memory, &changed[..]), (&stored, &dump[..at])] {
            let error = db.load(bytes, 64).expect_err("a wrong byte").to_string();
            assert!(
                error.starts_with("the dump is ")
                    || error == "this is no dump of dynatab"
                    || error.contains("later version"),
                "{error}"
            );
            assert!(is_empty(db), "byte {at}: {error}");
        }
    }
    stored.platform.run_until_idle();
    assert_eq!(store.image().ids(Space::Block), [0; 0], "blocks of loads that failed are deleted");
    for db in [&stored, &memory] {
        db.load(&dump, 64).unwrap();
        same(&picture(db), &wanted);
    }
}

/// Changes the sections of a dump.
type Forge = fn(&mut Vec<(u8, Vec<u8>)>);

/// A dump that is whole and says something else: its checksums are made anew.
fn forged(dump: &[u8], change: impl Fn(&mut Vec<(u8, Vec<u8>)>)) -> Vec<u8> {
    use dynatab::dump::{SectionKind, SectionReader, SectionWriter};
    let mut reader = SectionReader::default();
    reader.push(dump);
    let mut sections = Vec::new();
    while let Some(section) = reader.next_section().unwrap() {
        sections.push((section.kind as u8, section.payload));
    }
    change(&mut sections);
    let mut writer = SectionWriter::default();
    for (kind, payload) in sections {
        let kinds = [SectionKind::Database, SectionKind::Table, SectionKind::Items, SectionKind::TableEnd];
        let kind = kinds.into_iter().find(|known| *known as u8 == kind).unwrap_or(SectionKind::End);
        writer.section(kind, &payload);
    }
    writer.take()
}

fn replace(bytes: &mut Vec<u8>, from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("it is there");
    bytes.splice(at..at + from.len(), to.iter().copied());
}

#[test]
fn what_may_not_be_in_a_database_is_named() {
    let (dump, _) = small_dump();
    let cases: [(Forge, &str); 14] = [
        (|s| replace(&mut s[1].1, b"music", b"mu/ic"), r#"a table has a name that none may have: "mu/ic""#),
        (|s| replace(&mut s[1].1, b"song", b"sonh"), "the dump cannot be loaded: table music: "),
        (|s| s[1].1.truncate(20), "its schema cannot be read"),
        (|s| s[2].1[2] = 99, "table music, item 1: it is not in its canonical form"),
        (|s| s[2].1[1] = 2, "table music, item 1: it is no item"),
        (|s| replace(&mut s[2].1, b"artist", b"arsist"), "item 1: its key does not fit the table"),
        (|s| replace(&mut s[2].1, b"rock", b"r\xffck"), "item 1: it holds a value that no item may hold"),
        (
            |s| {
                let length = usize::from(s[2].1[0]) + 1;
                s[2].1.rotate_left(length);
            },
            "item 3: the items are not in the order of their keys",
        ),
        (
            |s| {
                let items = s[2].1.clone();
                s[2].1.extend(items);
            },
            "item 4: the items are not in the order of their keys",
        ),
        (|s| s[2].1.truncate(5), "its last item is cut off"),
        (|s| s[3].1[0] += 1, "its counts are not those of what came before"),
        (|s| s[4].1[0] += 1, "its counts are not those of what came before"),
        (
            |s| {
                let table = s[1].clone();
                s.insert(2, table);
            },
            "it stands where none of its kind may stand",
        ),
        (
            |s| {
                let table = s[1..4].to_vec();
                s.splice(4..4, table);
            },
            "table music: it is there twice",
        ),
    ];
    let (stored, _) = stored(1);
    assert_eq!(forged(&dump, |_| {}), dump);
    for (change, expected) in cases {
        let bytes = forged(&dump, change);
        for db in [&stored, &Database::in_memory()] {
            let error = db.load(&bytes, 64).expect_err(expected).to_string();
            assert!(error.contains(expected), "{error}, not {expected}");
            assert!(is_empty(db));
        }
    }
}

#[test]
fn any_bytes_with_true_checksums_are_refused_or_loaded_and_never_a_panic() {
    let (dump, _) = small_dump();
    let mut random = Random::new(1);
    for _ in 0..3_000 {
        let (section, at, byte) = (random.below(5) as usize, random.next_u64(), random.next_u64() as u8);
        let bytes = forged(&dump, |sections| {
            let payload = &mut sections[section].1;
            let at = at as usize % payload.len();
            payload[at] = byte;
        });
        let db = Database::in_memory();
        if db.load(&bytes, 1_000).is_ok() {
            picture(&db);
        } else {
            assert!(is_empty(&db));
        }
    }
}

#[test]
fn only_a_database_without_tables_takes_a_dump() {
    let (dump, wanted) = small_dump();
    for db in [stored(1).0, Database::in_memory()] {
        music(&db);
        put(&db, &song("a", "b"));
        let before = picture(&db);
        let error = db.load(&dump, 100).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a dump is loaded into an empty database only, and this one has tables; delete them, or choose another"
        );
        same(&picture(&db), &before);
        // One whose tables were deleted is empty.
        db.ok("DeleteTable", json!({"TableName": "music"}));
        db.load(&dump, 100).unwrap();
        same(&picture(&db), &wanted);
        db.platform.run_until_idle();
        same(&picture(&db), &wanted);
    }
}

#[test]
fn calls_wait_for_no_load_and_a_load_that_is_dropped_leaves_nothing() {
    let (dump, wanted) = small_dump();
    let (db, store) = stored(1);
    let driver = Rc::clone(&db.driver);
    let first = dump[..dump.len() - 10].to_vec();
    let load = db.platform.block_on(async move {
        let mut load = driver.load().await.unwrap();
        load.feed(&first).await.unwrap();
        load
    });
    let error = db.error("ListTables", json!({}));
    assert_eq!(error, "DatabaseClosedException: A dump is being loaded into the database");
    assert!(matches!(db.load(&dump, 100), Err(LoadError::Database(_))), "one at a time");
    drop(load);
    db.platform.run_until_idle();
    assert_eq!(store.image().ids(Space::Block), [0; 0]);
    assert!(is_empty(&db));
    db.load(&dump, 100).unwrap();
    same(&picture(&db), &wanted);
}

/// Everything that a store may refuse, at every commit of a load.
#[test]
fn a_load_whose_commit_fails_leaves_nothing_or_all() {
    let source = Database::in_memory();
    fill(&source, 5, 60);
    let (dump, wanted) = (source.dump().unwrap(), picture(&source));
    let unknown = || StoreError::Unknown("the connection was lost".into());
    let faults = [
        (StoreError::Full("quota".into()), false),
        (StoreError::Aborted("no".into()), false),
        (unknown(), true),
        (unknown(), false),
    ];
    let (mut failed, mut survived) = (0, 0);
    for (error, applied) in faults {
        for after in 0.. {
            let (db, store) = stored(after);
            store.add_fault(Fault { applied, ..Fault::once(Call::Commit, after, error.clone()) });
            let loaded = db.load(&dump, 2_000);
            let hit = !format!("{store:?}").contains("faults: [Fault");
            store.clear_faults();
            match loaded {
                Ok(_) => survived += 1,
                Err(error) => {
                    failed += 1;
                    assert!(matches!(error, LoadError::Database(_)), "{error}");
                    assert!(is_empty(&db), "{error}");
                    db.load(&dump, 2_000).unwrap();
                }
            }
            same(&picture(&db), &wanted);
            let (db, _) = on(SimulatedStore::with_image(after, store.crash(after)), after);
            same(&picture(&db), &wanted);
            if !hit {
                break;
            }
        }
    }
    assert!(failed > 9 && survived > 4, "{failed} failed, {survived} did not");
}

/// The power fails before and after every call of the store.
#[test]
fn a_load_that_a_crash_cuts_short_is_whole_or_absent_and_another_works() {
    let source = Database::in_memory();
    fill(&source, 6, 400);
    let (dump, wanted) = (source.dump().unwrap(), picture(&source));
    let (mut whole, mut absent) = (0, 0);
    for seed in 0..4 {
        let (db, store) = stored(seed);
        if seed % 2 == 1 {
            // Something to flush first, and trees to remove.
            music(&db);
            put(&db, &song("a", "b"));
            db.ok("DeleteTable", json!({"TableName": "music"}));
        }
        let done = Rc::new(std::cell::Cell::new(false));
        let (driver, bytes, told) = (Rc::clone(&db.driver), dump.clone(), Rc::clone(&done));
        let load = async move {
            let mut load = driver.load().await.unwrap();
            for part in bytes.chunks(3_000) {
                load.feed(part).await.unwrap();
            }
            load.finish().await.unwrap();
            told.set(true);
        };
        db.platform.spawn(Box::pin(load));
        let mut point = 0;
        loop {
            db.platform.run_until_stalled();
            point += 1;
            let image = store.crash(seed << 32 | point);
            let (after, next) = on(SimulatedStore::with_image(point, image), point);
            if is_empty(&after) {
                assert!(!done.get(), "a load that was acknowledged is there");
                absent += 1;
                after.platform.run_until_idle();
                assert_eq!(next.image().ids(Space::Block), [0; 0], "what was half there is deleted");
                after.load(&dump, 10_000).unwrap();
            } else {
                whole += 1;
            }
            after.assert_sound("after a crash");
            same(&picture(&after), &wanted);
            if !db.platform.step_store() {
                break;
            }
        }
        assert!(done.get());
        same(&picture(&db), &wanted);
    }
    assert!(whole > 4 && absent > 30, "{whole} whole, {absent} absent");
}

/// The outcome of the last commit cannot be found out: this owner stops, and deletes nothing that may be named.
#[test]
fn a_load_that_ends_in_doubt_is_whole_or_absent_for_the_next_owner() {
    let source = Database::in_memory();
    fill(&source, 7, 40);
    let (dump, wanted) = (source.dump().unwrap(), picture(&source));
    let commits = {
        let (db, store) = stored(1);
        let before = store.commits();
        db.load(&dump, 2_000).unwrap();
        db.platform.run_until_stalled();
        store.commits() - before
    };
    let (mut whole, mut absent) = (0, 0);
    for after in 0..commits {
        for applied in [true, false] {
            let (db, store) = stored(1);
            let error = StoreError::Unknown("the connection was lost".into());
            store.add_fault(Fault { applied, ..Fault::once(Call::Commit, after, error.clone()) });
            store.add_fault(Fault { forever: true, ..Fault::once(Call::Read, 0, error) });
            let loaded = db.load(&dump, 2_000);
            store.clear_faults();
            db.platform.run_until_idle();
            drop(db);
            let (db, _) = on(SimulatedStore::with_image(after, store.image()), after);
            if is_empty(&db) {
                assert!(loaded.is_err());
                absent += 1;
            } else {
                same(&picture(&db), &wanted);
                whole += 1;
            }
        }
    }
    assert!(whole > 0 && absent > 0, "{whole} whole, {absent} absent");
}

#[test]
fn a_dump_of_a_closed_database_is_an_error_and_so_is_one_of_a_damaged_one() {
    let (db, store) = stored(1);
    fill(&db, 1, 300);
    let platform = db.platform.clone();
    let mut image = {
        let driver = Rc::clone(&db.driver);
        let mut dump = platform.block_on(async move { driver.dump().await.unwrap() }).unwrap();
        db.close();
        let error = platform.block_on(async move { dump.next().await.unwrap_err() }).unwrap();
        assert_eq!(error.to_string(), "DatabaseClosedException: The database is closed");
        store.image()
    };
    for id in image.ids(Space::Block) {
        let block = image.get_mut(Space::Block, id).unwrap();
        let last = block.len() - 1;
        block[last] ^= 1;
    }
    let (db, _) = on(SimulatedStore::with_image(1, image), 1);
    let error = db.dump().unwrap_err().to_string();
    assert!(error.starts_with("StorageFailedException: The database is damaged: block"), "{error}");
}

#[test]
fn tables_on_their_way_out_stay_behind() {
    let db = Database::in_memory();
    music(&db);
    db.driver.inspect(|engine| engine.delays.delete = 60_000);
    db.ok("DeleteTable", json!({"TableName": "music"}));
    assert_eq!(db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["TableStatus"], "DELETING");
    let to = Database::in_memory();
    to.load(&db.dump().unwrap(), 100).unwrap();
    assert!(is_empty(&to));
}

#[test]
fn what_expires_in_a_loaded_table_is_deleted_in_its_time() {
    let source = Database::in_memory();
    fill(&source, 2, 60);
    let (db, _) = stored(2);
    db.load(&source.dump().unwrap(), 1_000).unwrap();
    let soonest = db.driver.inspect(|engine| {
        let tree = engine.tables().get("plain").unwrap().tree;
        engine.stats(tree).expiry
    });
    let items = pages(&source, json!({"TableName": "plain"}));
    let until = items.iter().map(|item| item["until"]["N"].as_str().unwrap().parse::<u64>().unwrap());
    assert_eq!(soonest, until.min().unwrap());
    db.platform.advance_millis(2_000_000_000);
    let driver = Rc::clone(&db.driver);
    let deleted = db.platform.block_on(async move { driver.delete_expired().await }).unwrap().unwrap();
    assert_eq!(deleted, items.len() as u64);
}

#[test]
fn a_loaded_table_with_a_stream_begins_a_new_one() {
    let source = Database::in_memory();
    fill(&source, 2, 60);
    let (db, _) = stored(2);
    db.platform.advance_millis(5_000);
    db.load(&source.dump().unwrap(), 1_000).unwrap();
    let arn = |db: &Database| {
        db.ok("DescribeTable", json!({"TableName": "plain"}))["Table"]["LatestStreamArn"].clone()
    };
    assert!(arn(&db).is_string());
    assert_ne!(arn(&db), arn(&source));
    db.ok("PutItem", json!({"TableName": "plain", "Item": {"id": {"N": "123456"}}}));
    let stream = db.ok("DescribeStream", json!({"StreamArn": arn(&db)}))["StreamDescription"].clone();
    let shard = &stream["Shards"][0]["ShardId"];
    let asked = json!({"StreamArn": arn(&db), "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"});
    let iterator = db.ok("GetShardIterator", asked)["ShardIterator"].clone();
    let records = db.ok("GetRecords", json!({"ShardIterator": iterator}))["Records"].clone();
    assert_eq!(records.as_array().unwrap().len(), 1, "records of what was loaded there are none");
}

#[test]
fn a_store_without_durability_is_loaded_into_memory() {
    let (dump, wanted) = small_dump();
    let platform = SimulatedPlatform::new(1);
    let store: Rc<dyn Store> = Rc::new(MemoryStore::new());
    for durability in [None, Some(Durability::Relaxed)] {
        let options = OpenOptions { durability, ..OpenOptions::default() };
        let db = Database::open(&platform, Rc::clone(&store), options);
        db.load(&dump, 100).unwrap();
        same(&picture(&db), &wanted);
    }
}

/// Upkeep writes, and its timer may be set before a load begins: it waits until the load has ended.
#[test]
fn upkeep_waits_for_a_load() {
    let source = Database::in_memory();
    fill(&source, 9, 60);
    let (dump, wanted) = (source.dump().unwrap(), picture(&source));
    let (db, _) = stored(9);
    fill(&db, 10, 20);
    let unprotected = json!({"TableName": "plain", "DeletionProtectionEnabled": false});
    db.ok("UpdateTable", unprotected);
    for name in ["music", "empty"] {
        db.ok("DeleteTable", json!({"TableName": name}));
    }
    // Its timer sleeps when the load begins.
    db.send(Operation::DeleteTable, &json!({"TableName": "plain"}));
    let (driver, half) = (Rc::clone(&db.driver), dump.len() / 2);
    let first = dump[..half].to_vec();
    let load = async move {
        let mut load = driver.load().await.unwrap();
        load.feed(&first).await.unwrap();
        load
    };
    let mut load = db.platform.block_on(load).unwrap();
    // The records of the stream that went with its table are too old now.
    let latest = || db.driver.inspect(|engine| engine.storage.latest());
    let before = latest();
    db.platform.advance_millis(3 * 24 * 60 * 60 * 1000);
    db.platform.run_until_idle();
    assert_eq!(latest(), before, "nothing is written beside a load");
    let rest = dump[half..].to_vec();
    let done = async move {
        load.feed(&rest).await.unwrap();
        load.finish().await.unwrap()
    };
    db.platform.block_on(done).unwrap();
    same(&picture(&db), &wanted);
    db.platform.advance_millis(10_000);
    db.ok("ListTables", json!({}));
    db.platform.run_until_idle();
    let streams = db.driver.inspect(|engine| {
        let now = engine.now_millis.max(1_767_225_600_000 + 4 * 24 * 60 * 60 * 1000);
        engine.tables().streams().readable(now).count()
    });
    assert_eq!(streams, 1, "the old stream is forgotten, the new one runs");
    same(&picture(&db), &wanted);
}

/// A dump that format version 1 made, and what is in it: later versions must read it as this one does.
const VERSION_1: &[u8] = include_bytes!("../golden/version-1.dump");

#[test]
fn the_dump_of_version_1_is_loaded() {
    let wanted: BTreeMap<String, Value> =
        serde_json::from_str(include_str!("../golden/version-1.json")).unwrap();
    for db in [stored(1).0, Database::in_memory()] {
        db.load(VERSION_1, 10_000).unwrap();
        same(&picture(&db), &wanted);
    }
    assert_eq!(
        VERSION_1[8],
        dynatab::dump::VERSION,
        "a new version of the format has a dump of its own here"
    );
}

/// `cargo test --test engine writes_the_dump -- --ignored` makes the two files anew, for a new version.
#[test]
#[ignore = "writes into the repository"]
fn writes_the_dump_of_this_version() {
    let db = Database::in_memory();
    fill(&db, 1, 40);
    let file = format!("tests/golden/version-{}", dynatab::dump::VERSION);
    std::fs::write(format!("{file}.dump"), db.dump().unwrap()).unwrap();
    let picture = serde_json::to_string_pretty(&picture(&db)).unwrap();
    std::fs::write(format!("{file}.json"), picture + "\n").unwrap();
}
