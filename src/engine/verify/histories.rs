//! What is checked of a history: each record and each version by itself, and the versions against the records, by sums.

use std::rc::Rc;

use super::Sum;
use crate::engine::history::{History, HistoryRecord, split_version, version_key};
use crate::engine::{Segment, Table};
use crate::item::{ItemRef, admit};
use crate::storage::{Bytes, SeqNo};

/// A history that is being looked at.
pub(super) struct Kept {
    history: History,
    /// The table, as long as the history runs.
    table: Option<Rc<Table>>,
    /// What the records demand of the versions.
    demanded: Sum,
    found: Sum,
    /// A part of it cannot be read: the rest cannot be held against it.
    pub(super) incomplete: bool,
}

impl Kept {
    pub(super) fn new(history: &History, table: Option<Rc<Table>>) -> Self {
        Self {
            history: history.clone(),
            table,
            demanded: Sum::default(),
            found: Sum::default(),
            incomplete: false,
        }
    }

    /// A record is one that a commit could have put there.
    pub(super) fn record(
        &mut self,
        segment: &Segment,
        key: &Bytes,
        value: &Bytes,
    ) -> Result<(), &'static str> {
        let record = HistoryRecord::read(key, value).ok_or("a record that cannot be read")?;
        let seq = record.position.seq;
        if key.len() != record.position.key().len() || !takes(segment, seq) {
            return Err("a record in the place of another");
        }
        if !(1..=record.parts).contains(&record.part) || record.old == record.new {
            return Err("a record of no change");
        }
        let images = || record.old.iter().chain(&record.new);
        if !images().all(|image| is_item(image)) {
            return Err("a record of an item that is not well formed");
        }
        let Some(table) = &self.table else { return Ok(()) };
        let keys: Vec<_> = images().map(|image| key_of(table, image)).collect();
        let Some(Some(own)) = keys.first() else { return Err("a record of an item without a key") };
        if keys.last() != keys.first() {
            return Err("a record of two items");
        }
        if self.history.versions.first() < seq {
            self.demanded.add(&version_key(own, seq), record.old.as_deref().unwrap_or_default());
        }
        Ok(())
    }

    /// A version is one that a commit could have put there.
    pub(super) fn version(
        &mut self,
        segment: &Segment,
        key: &Bytes,
        value: &Bytes,
    ) -> Result<(), &'static str> {
        let (item_key, until) = split_version(key).ok_or("a version that cannot be read")?;
        if !takes(segment, until) {
            return Err("a version in the place of another");
        }
        if !value.is_empty() {
            if !is_item(value) {
                return Err("a version that is not well formed");
            }
            let own = self.table.as_ref().and_then(|table| key_of(table, value));
            if own.is_none_or(|own| *own != *item_key) {
                return Err("a version in the place of another key");
            }
        }
        self.found.add(key, value);
        Ok(())
    }

    /// What is wrong with all versions together.
    pub(super) fn verdict(&self) -> Option<String> {
        if self.incomplete || self.found == self.demanded {
            return None;
        }
        let (found, wanted) = (self.found.count, self.demanded.count);
        Some(if found == wanted {
            "has other versions than its records ask for".into()
        } else {
            format!("has {found} versions, and its records ask for {wanted}")
        })
    }
}

/// Whether a commit wrote to a segment while it was open.
fn takes(segment: &Segment, seq: SeqNo) -> bool {
    segment.first < seq && segment.reaches(seq)
}

fn is_item(bytes: &[u8]) -> bool {
    let item = ItemRef::parse(bytes).and_then(|item| admit::item(item.map()).ok());
    item.is_some_and(|own| own.as_ref().bytes() == bytes)
}

fn key_of(table: &Table, item: &[u8]) -> Option<Vec<u8>> {
    table.key_of(ItemRef::parse(item)?.map())
}
