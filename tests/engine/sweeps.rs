//! What a search for expired items reads: blocks that may hold one, and no others.

use std::collections::BTreeSet;
use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::OpenOptions;
use dynatab::engine::Upkeep;
use dynatab::platform::memory::Image;
use dynatab::platform::simulated::{Call, Fault, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Space, StoreError, Write};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use super::support::watched::WatchedStore;
use super::support::{Database, small};

/// The simulated clock begins here, in seconds.
const NOW: u64 = 1_767_225_600;
const YEAR: u64 = 365 * 24 * 60 * 60;
/// Second byte of a data block and of an index block.
const DATA: u8 = 1;
const INDEX: u8 = 2;

/// Whether a block is of that kind.
fn is(image: &Image, id: u64, kind: u8) -> bool {
    image.get(Space::Block, id).is_some_and(|block| block[1] == kind)
}

/// A database whose clock stands until it is set.
struct Swept {
    db: Database,
    store: WatchedStore,
}

impl Swept {
    fn open(image: Image, seconds: u64) -> Self {
        let platform = SimulatedPlatform::new(7);
        platform.set_now_millis(seconds * 1000);
        let store = SimulatedStore::with_image(7, image);
        platform.attach(&store);
        let storage = StorageOptions { cache_bytes: 16 << 10, ..small() };
        let options = OpenOptions { storage, sweep_millis: u64::MAX, ..OpenOptions::default() };
        let store = WatchedStore::new(&store);
        let db = Database::open(&platform, Rc::new(store.clone()), options);
        Self { db, store }
    }

    fn new() -> Self {
        let swept = Self::open(Image::default(), NOW);
        swept.db.ok(
            "CreateTable",
            json!({"TableName": "plain", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
        );
        swept
    }

    /// The same database once all of it is in blocks and none of them in memory.
    fn reopened(self, seconds: u64) -> Self {
        self.db.platform.run_until_idle();
        let store = self.store.store.clone();
        self.db.close();
        Self::open(store.image(), seconds)
    }

    fn enable(&self, enabled: bool, attribute: &str) {
        let specification = json!({"Enabled": enabled, "AttributeName": attribute});
        self.db
            .ok("UpdateTimeToLive", json!({"TableName": "plain", "TimeToLiveSpecification": specification}));
    }

    fn put(&self, id: u64, length: usize, attribute: &str, seconds: u64) {
        let mut item = json!({"id": {"N": id.to_string()}, "text": {"S": "x".repeat(length)}});
        item[attribute] = json!({"N": seconds.to_string()});
        self.db.ok("PutItem", json!({"TableName": "plain", "Item": item}));
    }

    /// Deletes what has expired at that second; gives how much that was, and how many blocks of each kind were read.
    fn sweep(&self, seconds: u64) -> (u64, usize, usize) {
        self.db.platform.set_now_millis(seconds * 1000);
        self.store.reads.take();
        let driver = Rc::clone(&self.db.driver);
        let deleted =
            self.db.platform.block_on(async move { driver.delete_expired().await }).unwrap().unwrap();
        let read: BTreeSet<u64> = self.store.reads.borrow().iter().flatten().copied().collect();
        let image = self.store.store.image();
        let of = |kind: u8| read.iter().filter(|id| is(&image, **id, kind)).count();
        (deleted, of(DATA), of(INDEX))
    }

    fn blocks(&self, kind: u8) -> usize {
        let image = self.store.store.image();
        image.ids(Space::Block).iter().filter(|id| is(&image, **id, kind)).count()
    }

    fn ids(&self) -> Vec<u64> {
        let mut ids = Vec::new();
        let mut start = Value::Null;
        loop {
            let mut input = json!({"TableName": "plain", "ConsistentRead": true});
            if !start.is_null() {
                input["ExclusiveStartKey"] = start;
            }
            let page = self.db.ok("Scan", input);
            let items = page["Items"].as_array().unwrap();
            ids.extend(items.iter().map(|item| item["id"]["N"].as_str().unwrap().parse::<u64>().unwrap()));
            start = page["LastEvaluatedKey"].clone();
            if start.is_null() {
                ids.sort_unstable();
                return ids;
            }
        }
    }
}

#[test]
fn of_a_large_table_only_blocks_with_expired_items_are_read() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    assert_eq!(swept.sweep(NOW), (0, 0, 0));
    for id in 0..2000 {
        let seconds = if id % 500 == 77 { NOW + 100 + id } else { NOW + YEAR };
        // Long values are outside the data blocks, and none of them is read that is not deleted.
        swept.put(id, if id % 50 == 27 { 3000 } else { 60 }, "expires", seconds);
    }
    let swept = swept.reopened(NOW + 50);
    let (all, indexes) = (swept.blocks(DATA), swept.blocks(INDEX));
    assert!(all > 150 && indexes > 20, "{all} {indexes}");
    assert_eq!(swept.sweep(NOW + 60), (0, 0, 0), "nothing is due");
    let (deleted, data, index) = swept.sweep(NOW + 100 + 578);
    assert_eq!(deleted, 2);
    assert!(data <= 4 && index <= indexes, "{data} of {all}, {index} of {indexes}");
    assert_eq!(swept.sweep(NOW + 800), (0, 0, 0), "nothing more is due");
    let (deleted, data, _) = swept.sweep(NOW + 100 + 1600);
    assert_eq!(deleted, 2);
    assert!(data <= 4, "{data}");
    assert_eq!(swept.ids().len(), 1996);
    swept.db.assert_sound("swept");
    // Once all of it is due, all of it goes.
    let swept = swept.reopened(NOW + 2 * YEAR);
    assert_eq!(swept.sweep(NOW + 2 * YEAR).0, 1996);
    assert!(swept.ids().is_empty());
    swept.db.assert_sound("empty");
}

#[test]
fn items_from_before_the_setting_are_looked_at_once() {
    let swept = Swept::new();
    for id in 0..600 {
        let seconds = if id % 200 == 7 { NOW + 100 + id } else { NOW + YEAR };
        swept.put(id, if id == 207 { 3000 } else { 60 }, "expires", seconds);
    }
    let swept = swept.reopened(NOW);
    swept.enable(true, "expires");
    let (deleted, data, _) = swept.sweep(NOW + 50);
    assert_eq!((deleted, data), (0, swept.blocks(DATA)));
    let all = data;
    assert_eq!(swept.sweep(NOW + 60), (0, 0, 0), "when the first expires is known now");
    let (deleted, data, _) = swept.sweep(NOW + 110);
    assert_eq!(deleted, 1);
    assert!(data <= 2, "{data} of {all}");
    // What comes after the setting is known by its blocks.
    for id in 1000..1400 {
        swept.put(id, 60, "expires", if id == 1010 { NOW + 200 } else { NOW + YEAR });
    }
    swept.db.platform.run_until_idle();
    let (deleted, data, _) = swept.sweep(NOW + 210);
    assert_eq!(deleted, 1);
    assert!(data < swept.blocks(DATA), "{data}");
    // An opening has to look again.
    let swept = swept.reopened(NOW + 220);
    assert_eq!(swept.sweep(NOW + 310).0, 1);
    assert_eq!(swept.sweep(NOW + 510).0, 1);
    assert_eq!(swept.ids().len(), 996);
    swept.db.assert_sound("swept");
}

#[test]
fn another_attribute_says_when_items_expire() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    for id in 0..300 {
        swept.put(id, 60, if id % 2 == 0 { "expires" } else { "until" }, NOW + 100 + id);
    }
    let swept = swept.reopened(NOW);
    swept.enable(false, "expires");
    swept.put(400, 60, "until", NOW + 50);
    assert_eq!(swept.sweep(NOW + 200), (0, 0, 0), "nothing expires");
    let swept = swept.reopened(NOW + 200);
    swept.enable(true, "until");
    swept.put(401, 60, "until", NOW + 60);
    swept.put(402, 60, "expires", NOW + 60);
    assert_eq!(swept.sweep(NOW + 200).0, 52);
    let left: Vec<u64> = (0..300).filter(|id| id % 2 == 0 || *id >= 100).chain([402]).collect();
    assert_eq!(swept.ids(), left);
    swept.db.assert_sound("swept");
    let swept = swept.reopened(NOW + 200);
    assert_eq!(swept.sweep(NOW + 1000).0, 100);
    assert_eq!(swept.ids().len(), 151);
    // What was looked at for one attribute says nothing of the other.
    swept.enable(false, "until");
    swept.enable(true, "expires");
    assert_eq!(swept.sweep(NOW + 1000).0, 151);
}

/// What is superseded stays in its block until a merge, and is looked at once.
#[test]
fn renewed_items_stay_and_are_not_looked_at_again() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    for id in 0..600 {
        swept.put(id, 60, "expires", if id % 10 == 0 { NOW + 100 + id } else { NOW + YEAR });
    }
    let swept = swept.reopened(NOW);
    for id in (0..600).step_by(10) {
        match id {
            // Deleted, written anew without an expiry, or prolonged.
            10 => drop(swept.db.ok("DeleteItem", json!({"TableName": "plain", "Key": {"id": {"N": "10"}}}))),
            20 => swept.put(id, 60, "other", NOW),
            _ => swept.put(id, 60, "expires", NOW + YEAR + id),
        }
    }
    let swept = swept.reopened(NOW + 50);
    let (deleted, data, _) = swept.sweep(NOW + 150);
    assert_eq!(deleted, 0);
    assert!(0 < data && data < swept.blocks(DATA) / 2, "{data} of {}", swept.blocks(DATA));
    assert_eq!(swept.sweep(NOW + 151), (0, 0, 0));
    // Later entries in blocks that were looked at before bring nothing back.
    for minute in 3..=12 {
        assert_eq!(swept.sweep(NOW + 60 * minute).0, 0);
    }
    assert!(
        swept.db.driver.inspect(|engine| engine.upkeep_at()) >= (NOW + YEAR) * 1000,
        "no idle search is to come"
    );
    assert_eq!(swept.sweep(NOW + 5000), (0, 0, 0));
    assert_eq!(swept.ids().len(), 599);
    swept.db.assert_sound("renewed");
    let swept = swept.reopened(NOW + 5000);
    assert_eq!(swept.sweep(NOW + YEAR + 1).0, 540 + 1);
    swept.db.assert_sound("expired");
}

#[test]
fn deleted_and_too_old_items_are_not_looked_at_again() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    for id in 0..300 {
        // In milliseconds, ten years ago, soon.
        let seconds = [NOW * 1000, NOW - 10 * YEAR, NOW + 100 + id, NOW + YEAR][id as usize % 4];
        // More than the cache holds.
        swept.put(id, 400, "expires", seconds);
    }
    let swept = swept.reopened(NOW);
    let (deleted, ..) = swept.sweep(NOW + 200);
    assert_eq!(deleted, 25);
    // The tombstones are in memory, the items in their blocks.
    assert_eq!(swept.sweep(NOW + 201).1, 0);
    let (deleted, data, _) = swept.sweep(NOW + 204);
    assert_eq!(deleted, 1);
    assert!(data <= 2, "{data} blocks for one item");
    assert_eq!(swept.ids().len(), 274);
    swept.db.assert_sound("swept");
    let swept = swept.reopened(NOW + 205);
    assert_eq!(swept.sweep(NOW + 5000).0, 75 - 26);
    assert_eq!(swept.ids().len(), 225);
    swept.db.assert_sound("swept again");
}

#[test]
fn a_search_ends_at_a_block_that_is_lost() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    for id in 0..100 {
        swept.put(id, 60, "expires", NOW + 10);
    }
    let swept = swept.reopened(NOW);
    let mut image = swept.store.store.image();
    let data: Vec<u64> = image.ids(Space::Block).into_iter().filter(|id| is(&image, *id, DATA)).collect();
    image.commit(&[Write::Delete(Space::Block, data[data.len() / 2])]).unwrap();
    let swept = Swept::open(image, NOW + 20);
    let driver = Rc::clone(&swept.db.driver);
    let deleted = swept.db.platform.block_on(async move { driver.delete_expired().await });
    assert!(deleted.is_some_and(|deleted| deleted.is_ok_and(|count| count < 100)));
}

#[test]
fn an_item_that_expired_twice_goes_once() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    for seconds in [NOW + 10, NOW + 20, NOW + 30] {
        for id in 0..20 {
            swept.put(id, 60, "expires", seconds);
        }
    }
    let swept = swept.reopened(NOW);
    (0..10).for_each(|id| swept.put(id, 60, "expires", NOW + 40));
    assert_eq!(swept.sweep(NOW + 50).0, 20);
    swept.db.assert_sound("expired");
}

#[test]
fn what_expired_long_before_it_was_written_is_never_looked_at() {
    let swept = Swept::new();
    swept.enable(true, "expires");
    for id in 0..300 {
        swept.put(id, 60, "expires", if id == 7 { NOW + 10 } else { 0 });
    }
    let swept = swept.reopened(NOW + 20);
    let (deleted, data, _) = swept.sweep(NOW + 20);
    assert_eq!(deleted, 1);
    assert!(data <= 2, "{data} of {}", swept.blocks(DATA));
    swept.db.assert_sound("0 is never");
}

/// What a search took for renewed expires after all when the renewal is undone, however far the search had come.
#[test]
fn a_renewal_that_is_undone_renews_nothing() {
    for slices in 1..40 {
        let swept = Swept::new();
        swept.enable(true, "expires");
        for id in 0..60 {
            swept.put(id, 60, "expires", if id % 3 == 0 { NOW + 10 } else { NOW + YEAR });
        }
        let swept = swept.reopened(NOW + 20);
        swept.store.store.add_fault(Fault::once(Call::Commit, 0, StoreError::Aborted("no".into())));
        let renewed = json!({"id": {"N": "30"}, "expires": {"N": (NOW + YEAR).to_string()}});
        let ticket = swept.db.send(Operation::PutItem, &json!({"TableName": "plain", "Item": renewed}));
        let image = swept.store.store.image();
        let mut ended = false;
        for _ in 0..slices {
            let slice = swept.db.driver.inspect(|engine| {
                let slice = engine.upkeep((NOW + 20) * 1000, true);
                if let Upkeep::Missing(blocks) = &slice {
                    for id in blocks {
                        engine.storage.install(*id, image.get(Space::Block, id.0).unwrap().to_vec()).unwrap();
                    }
                }
                slice
            });
            ended = slice == Upkeep::Idle;
        }
        swept.db.platform.run_until_idle();
        assert!(swept.db.take(ticket).unwrap().is_err(), "it is undone");
        assert_eq!(swept.sweep(NOW + 21).0, 20, "{slices}");
        swept.db.assert_sound("expired after all");
        if ended {
            return;
        }
    }
    panic!("a search never ends");
}

/// A crash or an undone commit in the middle of a search: what was not deleted is found again, and nothing that was renewed
/// is.
#[test]
fn searches_that_were_cut_short_lose_nothing() {
    for commits in 0..6 {
        let swept = Swept::new();
        swept.enable(true, "expires");
        for id in 0..500 {
            swept.put(id, 60, "expires", if id % 2 == 0 { NOW + 10 } else { NOW + YEAR });
        }
        let swept = swept.reopened(NOW);
        for id in (0..500).step_by(4) {
            swept.put(id, 60, "expires", NOW + YEAR);
        }
        swept.db.platform.set_now_millis((NOW + 20) * 1000);
        swept.store.store.add_fault(Fault::once(Call::Commit, commits, StoreError::Aborted("no".into())));
        let driver = Rc::clone(&swept.db.driver);
        let told = swept.db.platform.block_on(async move { driver.delete_expired().await }).unwrap();
        swept.store.store.clear_faults();
        if commits % 2 == 0 {
            let left = swept.sweep(NOW + 20).0;
            assert!(
                left <= 125 && (told.is_err() || told == Ok(125 - left)),
                "{commits}: {told:?}, then {left}"
            );
        }
        let wanted: Vec<u64> = (0..500).filter(|id| id % 4 != 2).collect();
        let image = swept.store.store.crash(commits);
        let swept = Swept::open(image, NOW + 20);
        swept.sweep(NOW + 20);
        assert_eq!(swept.ids(), wanted, "{commits}");
        swept.db.assert_sound("after a crash");
    }
}
