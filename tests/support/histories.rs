//! Histories as tests read them: items as DynamoDB's JSON.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::driver::{ReadError, TableAt};
use dynatab::engine::Position;
use dynatab::engine::history::{HistoryId, HistoryOptions};
use dynatab::item::ItemRef;
use dynatab::log::Origin;
use dynatab::storage::SeqNo;
use dynatab::wire::document::{DocWriter, MapWriter};
use dynatab::wire::response;
use serde_json::Value;

use super::Database;

/// A record of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub position: Position,
    pub time_millis: u64,
    pub origin: Origin,
    /// n of m.
    pub part: (u32, u32),
    pub key: Value,
    pub old: Option<Value>,
    pub new: Option<Value>,
}

/// An item's bytes as JSON.
pub fn item_json(bytes: &[u8]) -> Value {
    let item = ItemRef::parse(bytes).expect("an item");
    let mut out = DocWriter::default();
    let mut map = MapWriter::new(&mut out);
    map.member("Item").item(&item);
    map.end();
    let mut json = Vec::new();
    response::to_json(&out.finish(), &mut json).expect("it can be written");
    let mut whole: Value = serde_json::from_slice(&json).expect("it is JSON");
    whole["Item"].take()
}

impl Database {
    pub fn keep(&self, table: &str, retention_millis: u64, versions: bool) -> Result<HistoryId, ReadError> {
        let (driver, table) = (Rc::clone(&self.driver), table.to_owned());
        let options = HistoryOptions { retention_millis, versions };
        let kept = self.platform.block_on(async move { driver.keep_history(&table, options).await });
        kept.expect("it ends")
    }

    pub fn stop_keeping(&self, table: &str) -> Result<(), ReadError> {
        let (driver, table) = (Rc::clone(&self.driver), table.to_owned());
        self.platform.block_on(async move { driver.stop_history(&table).await }).expect("it ends")
    }

    pub fn forget(&self, id: HistoryId) -> Result<(), ReadError> {
        let driver = Rc::clone(&self.driver);
        self.platform.block_on(async move { driver.forget_history(id).await }).expect("it ends")
    }

    /// All records from `from` on, read in pages of `most`; and whether nothing can follow.
    pub fn records(
        &self,
        id: HistoryId,
        from: Position,
        most: usize,
    ) -> Result<(Vec<Record>, Position, bool), ReadError> {
        let (mut records, mut next) = (Vec::new(), from);
        loop {
            let driver = Rc::clone(&self.driver);
            let reading = self.platform.block_on(async move { driver.read_history(id, next, most).await });
            let page = reading.expect("it ends")?;
            records.extend(page.records.iter().map(|record| Record {
                position: record.position,
                time_millis: record.time_millis,
                origin: record.origin,
                part: (record.part, record.parts),
                key: item_json(record.key(&page.history).expect("a key").bytes()),
                old: record.old.as_ref().map(|item| item_json(item)),
                new: record.new.as_ref().map(|item| item_json(item)),
            }));
            assert!(page.next >= next, "it goes on");
            next = page.next;
            if let Some(up_to) = page.up_to {
                assert_eq!(next, from.max(Position::first_of(SeqNo(up_to.0 + 1))));
                return Ok((records, next, page.is_last));
            }
        }
    }

    pub fn table_at(&self, table: &str, at: u64) -> Result<TableAt, ReadError> {
        self.driver.table_at(table, SeqNo(at))
    }

    /// Everything in a table as it was, by tree key. `pages` of so many items.
    pub fn scan_at(&self, mut table: TableAt, pages: usize) -> Result<BTreeMap<Vec<u8>, Value>, ReadError> {
        let scanned = self.platform.block_on(async move {
            let mut found: Vec<(Vec<u8>, Value)> = Vec::new();
            loop {
                let page = table.scan(pages).await?;
                if page.is_empty() {
                    return Ok::<_, ReadError>(found);
                }
                found.extend(page.iter().map(|(key, item)| (key.to_vec(), item_json(item))));
            }
        });
        let found = scanned.expect("it ends")?;
        assert!(found.is_sorted_by(|one, other| one.0 < other.0), "in the order of the keys, each once");
        Ok(found.into_iter().collect())
    }

    /// One item as it was.
    pub fn item_at(&self, table: &str, at: u64, key: &[u8]) -> Result<Option<Value>, ReadError> {
        let (mut table, key) = (self.table_at(table, at)?, key.to_vec());
        let found = self.platform.block_on(async move { table.item(&key).await }).expect("it ends")?;
        Ok(found.map(|item| item_json(&item)))
    }

    /// The last commit that was evaluated.
    pub fn latest(&self) -> u64 {
        self.driver.inspect(|engine| engine.storage.latest().0)
    }

    /// Where reading a history can begin.
    pub fn first_of(&self, id: HistoryId) -> Position {
        self.driver.inspect(|engine| engine.tables().histories().get(id).expect("it is there").first())
    }

    /// Lets time pass, and everything be done that it asks for.
    pub fn pass(&self, millis: u64) {
        self.platform.advance_millis(millis);
        let driver = Rc::clone(&self.driver);
        let done = self.platform.block_on(async move { driver.delete_expired().await });
        done.expect("it ends").expect("it is done");
        self.platform.run_until_idle();
    }
}
