//! Repair: what is damaged goes, everything else stays, and a crash in between changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use dynatab::driver::repair::{Repair, repair};
use dynatab::driver::{OpenError, OpenOptions};
use dynatab::platform::memory::Image;
use dynatab::platform::simulated::{Call, Fault, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Space, StoreError, Write};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use super::music;
use super::support::{Database, small};

/// What each key of a table ever was; the last one counts.
type Versions = BTreeMap<String, Vec<Option<Value>>>;

fn options() -> OpenOptions {
    let storage = StorageOptions { log_frames: 40, ..small() };
    OpenOptions { storage, ..OpenOptions::default() }
}

fn open(image: Image) -> Result<(Database, SimulatedStore), OpenError> {
    open_with(image, options())
}

fn open_with(image: Image, options: OpenOptions) -> Result<(Database, SimulatedStore), OpenError> {
    let platform = SimulatedPlatform::new(1);
    let store = SimulatedStore::with_image(1, image);
    platform.attach(&store);
    Ok((Database::try_open(&platform, Rc::new(store.clone()), options)?, store))
}

/// Repairs; a store that fails once too often may leave an error.
fn mend(store: &SimulatedStore) -> Option<Result<Repair, OpenError>> {
    let platform = SimulatedPlatform::new(2);
    platform.attach(store);
    platform.block_on(repair(Rc::new(store.clone()), Rc::new(platform.clone()), options(), Vec::new()))
}

fn repaired(image: Image) -> (Repair, Image) {
    let store = SimulatedStore::with_image(2, image);
    let repair = mend(&store).expect("a repair does not hang").expect("it can be repaired");
    (repair, store.image())
}

fn item(artist: usize, song: usize, version: usize) -> Value {
    let text = "x".repeat(match song {
        0 => 130_000,
        _ if song.is_multiple_of(10) => 3_000,
        _ => 40 + song,
    });
    json!({"artist": {"S": format!("a{artist}")}, "song": {"S": format!("s{song:03}")},
        "year": {"N": version.to_string()}, "genre": {"S": format!("g{}", version % 3)}, "text": {"S": text}})
}

fn key(item: &Value) -> Value {
    json!({"artist": item["artist"], "song": item["song"]})
}

/// A database of two tables with merges behind it and a tail in the log.
fn fixture() -> (Image, Versions) {
    let (db, store) = open(Image::default()).unwrap();
    music(&db);
    let mut versions = Versions::new();
    let mut write = |db: &Database, number: usize| {
        let item = item(number % 7, number % 90, number);
        let past = versions.entry(key(&item).to_string()).or_default();
        if number % 11 == 10 {
            db.ok("DeleteItem", json!({"TableName": "music", "Key": key(&item)}));
            past.push(None);
        } else {
            db.ok("PutItem", json!({"TableName": "music", "Item": item}));
            past.push(Some(item));
        }
    };
    (0..300).for_each(|number| write(&db, number));
    db.close();
    // What follows stays in the log.
    let (db, store) = open_with(store.image(), OpenOptions::default()).unwrap();
    (300..310).for_each(|number| write(&db, number));
    (store.image(), versions)
}

fn items(db: &Database) -> BTreeMap<String, Value> {
    let scanned = db.ok("Scan", json!({"TableName": "music"}));
    assert!(scanned.get("LastEvaluatedKey").is_none_or(Value::is_null) || scanned["Count"] != 0);
    let mut found = BTreeMap::new();
    let mut page = scanned;
    loop {
        for item in page["Items"].as_array().unwrap() {
            found.insert(key(item).to_string(), item.clone());
        }
        let Some(last) = page.get("LastEvaluatedKey").filter(|last| !last.is_null()).cloned() else {
            return found;
        };
        page = db.ok("Scan", json!({"TableName": "music", "ExclusiveStartKey": last}));
    }
}

/// Opens, and everything fits; each item is one that was there once. Gives how many are not the last ones.
fn lost(image: Image, versions: &Versions) -> usize {
    let (db, _) = open(image).expect("a repaired database opens");
    db.assert_sound("repaired");
    let found = items(&db);
    for (key, item) in &found {
        assert!(versions[key].contains(&Some(item.clone())), "{key} was never this");
    }
    // It takes writes as any other.
    db.ok("PutItem", json!({"TableName": "music", "Item": item(99, 1, 1)}));
    db.close();
    let differs =
        |(key, past): &(&String, &Vec<Option<Value>>)| past.last().unwrap().as_ref() != found.get(*key);
    versions.iter().filter(differs).count()
}

fn damaged(image: &Image, change: impl FnOnce(&mut Image)) -> Image {
    let mut image = image.clone();
    change(&mut image);
    image
}

#[test]
fn a_sound_database_is_left_as_it_is() {
    let (image, versions) = fixture();
    let (repair, after) = repaired(image.clone());
    assert_eq!(repair.found.problems, []);
    assert_eq!(repair.items, versions.values().filter(|past| past.last().unwrap().is_some()).count() as u64);
    assert!(after == image, "nothing was written");
}

#[test]
fn a_block_that_is_damaged_or_gone_takes_its_own_items_at_most() {
    let (image, versions) = fixture();
    let blocks = image.ids(Space::Block);
    assert!(blocks.len() > 60, "{}", blocks.len());
    let mut most = 0;
    for (at, id) in blocks.into_iter().enumerate() {
        let image = damaged(&image, |image| {
            if at % 2 == 0 {
                image.commit(&[Write::Delete(Space::Block, id)]).unwrap();
            } else {
                let block = image.get_mut(Space::Block, id).unwrap();
                let byte = at * 37 % block.len();
                block[byte] ^= 4;
            }
        });
        let (repair, after) = repaired(image);
        if repair.found.problems.is_empty() {
            // One that waited to be deleted.
            continue;
        }
        let old = after.ids(Space::Block).into_iter().filter(|new| *new < 1 << 33).count();
        assert_eq!(old, 0, "the old blocks are gone");
        let lost = lost(after, &versions);
        most = most.max(lost);
        // An index block stands for a piece.
        assert!(lost < 40, "block {id}: {lost} of {} lost: {:?}", versions.len(), repair.found.problems);
    }
    assert!(most > 0, "some damage costs something");
}

#[test]
fn a_damaged_frame_of_the_log_takes_its_own_writes_at_most() {
    let (image, versions) = fixture();
    let frames = image.ids(Space::Log);
    let tail: Vec<u64> = frames[frames.len() - 8..].to_vec();
    for (at, number) in tail.iter().enumerate() {
        for gone in [false, true] {
            let last = at + 1 == tail.len();
            let image = damaged(&image, |image| {
                if gone {
                    image.commit(&[Write::Delete(Space::Log, *number)]).unwrap();
                } else {
                    *image.get_mut(Space::Log, *number).unwrap().last_mut().unwrap() ^= 1;
                }
            });
            let error = match open(image.clone()) {
                Ok(_) => {
                    assert!(gone && last, "frame {number}: what is not there at the end was never written");
                    continue;
                }
                Err(error) => error.to_string(),
            };
            assert!(error.contains(&format!("log frame {number} ")), "{error}");
            let (repair, after) = repaired(image);
            assert!(
                repair.found.problems[0].problem.contains(&number.to_string()),
                "{:?}",
                repair.found.problems
            );
            assert!(lost(after, &versions) <= 1);
        }
    }
}

#[test]
fn a_manifest_that_cannot_be_read_is_an_error_and_nothing_is_written() {
    let (image, _) = fixture();
    let image = damaged(&image, |image| image.get_mut(Space::Meta, 0).unwrap()[30] ^= 1);
    let store = SimulatedStore::with_image(1, image.clone());
    let error = mend(&store).unwrap().unwrap_err();
    assert!(error.to_string().contains("manifest 0 is corrupt"), "{error}");
    assert!(store.image() == image);
}

#[test]
fn what_a_later_version_wrote_is_not_taken_for_damage() {
    let (image, _) = fixture();
    let newer = |value: &mut Vec<u8>, version: usize, checksum: usize| {
        value[version] += 1;
        let crc = crc32fast::hash(&[&value[..checksum], &value[checksum + 4..]].concat());
        value[checksum..checksum + 4].copy_from_slice(&crc.to_le_bytes());
    };
    let newest = |space| *image.ids(space).last().unwrap();
    let block =
        damaged(&image, |image| newer(image.get_mut(Space::Block, newest(Space::Block)).unwrap(), 2, 4));
    let frame = damaged(&image, |image| newer(image.get_mut(Space::Log, newest(Space::Log)).unwrap(), 2, 4));
    for image in [block, frame] {
        let store = SimulatedStore::with_image(1, image.clone());
        let error = mend(&store).unwrap().unwrap_err().to_string();
        assert!(error.ends_with("a newer format; a later version of this package wrote it"), "{error}");
        assert!(store.image() == image);
    }
}

/// A database with damage of several kinds, and what a repair makes of it.
fn wreck() -> (Image, BTreeMap<String, Value>) {
    let (image, _) = fixture();
    let blocks = image.ids(Space::Block);
    let image = damaged(&image, |image| {
        for id in blocks.iter().step_by(9) {
            image.commit(&[Write::Delete(Space::Block, *id)]).unwrap();
        }
        let frames = image.ids(Space::Log);
        image.get_mut(Space::Log, frames[frames.len() - 3]).unwrap()[30] ^= 1;
    });
    let (_, after) = repaired(image.clone());
    let (db, _) = open(after).unwrap();
    let wanted = items(&db);
    assert!(wanted.len() > 20, "{}", wanted.len());
    (image, wanted)
}

#[test]
fn a_crash_anywhere_leaves_the_old_database_or_the_repaired_one() {
    let (image, wanted) = wreck();
    let mut seen = BTreeSet::new();
    for steps in 0.. {
        let platform = SimulatedPlatform::new(3);
        let store = SimulatedStore::with_image(3, image.clone());
        platform.attach(&store);
        let task = repair(Rc::new(store.clone()), Rc::new(platform.clone()), options(), Vec::new());
        let mut task = Box::pin(task);
        let mut ended = false;
        for _ in 0..steps {
            let waker = std::task::Waker::noop();
            ended = task.as_mut().poll(&mut std::task::Context::from_waker(waker)).is_ready();
            if ended {
                break;
            }
            if !store.step() {
                platform.run_until_idle();
            }
        }
        let crashed = store.crash(steps);
        let opened = open(crashed.clone());
        seen.insert(opened.is_ok());
        assert_eq!(opened.is_ok(), open(crashed.clone()).is_ok());
        drop(opened);
        let (_, after) = repaired(crashed);
        let (db, _) = open(after).unwrap();
        assert!(items(&db) == wanted, "crashed after {steps} steps");
        if ended {
            assert!(steps > 20, "{steps}");
            break;
        }
    }
    assert_eq!(seen.len(), 2, "crashes before and after it was done");
}

#[test]
fn a_store_that_fails_leaves_the_old_database_to_be_repaired() {
    let (image, wanted) = wreck();
    let mut refused = 0;
    for call in [Call::Commit, Call::Read, Call::List] {
        for after in 0.. {
            let store = SimulatedStore::with_image(4, image.clone());
            let full = StoreError::Full("no space".into());
            store.add_fault(Fault { forever: call == Call::Commit, ..Fault::once(call, after, full) });
            let done = mend(&store).expect("it ends");
            if store.failures() == 0 {
                break;
            }
            refused += usize::from(done.is_err());
            let commits = call == Call::Commit;
            assert!(!commits || done.is_err(), "commit {after} failed");
            if commits {
                let (_, after) = repaired(store.image());
                let (db, _) = open(after).unwrap();
                assert!(items(&db) == wanted, "{call:?}");
            }
        }
    }
    assert!(refused >= 3, "{refused}");
}

#[test]
fn after_a_repair_that_failed_nothing_goes_on_writing() {
    let (image, wanted) = wreck();
    for after in 0.. {
        let platform = SimulatedPlatform::new(6);
        let store = SimulatedStore::with_image(6, image.clone());
        platform.attach(&store);
        store.add_fault(Fault::once(Call::Commit, after, StoreError::Full("no space".into())));
        let task = repair(Rc::new(store.clone()), Rc::new(platform.clone()), options(), Vec::new());
        let done = platform.block_on(task).expect("it ends");
        // Whatever it left running has its turn, and finds space again.
        platform.run_until_idle();
        if store.failures() == 0 {
            assert!(after >= 2, "{after}");
            break;
        }
        assert!(done.is_err());
        let (_, mended) = repaired(store.image());
        let (db, _) = open(mended).unwrap();
        assert!(items(&db) == wanted, "commit {after} failed");
    }
}
