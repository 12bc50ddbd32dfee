//! Filling an index that was added to a table with items, in slices between the calls of the application.
//!
//! The filling goes through the table in the order of its keys. An item that it has passed keeps the index as any other
//! write does; one that it has not reached leaves the index alone, since its newest version is looked at later
//! ([`super::Index::waits_for`]). Each slice is one record with the entries and the position, so that after a crash it
//! goes on where it was.

use std::rc::Rc;

use super::write::Plan;
use super::{Engine, Index, Table};
use crate::item::ItemRef;
use crate::storage::{BlockId, CursorStep, SeqNo};

/// How far a slice came.
#[derive(Debug, PartialEq, Eq)]
pub enum Backfill {
    /// No index is being filled.
    Idle,
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// A slice was written under this sequence number.
    Written(SeqNo),
}

impl Engine {
    /// Whether an index is being filled.
    pub fn has_backfill(&self) -> bool {
        self.tables().after(None).any(|table| table.indexes.iter().any(|index| index.backfilled.is_some()))
    }

    /// Fills the next slice of an index.
    pub fn backfill(&mut self, now_millis: u64) -> Backfill {
        let tables = Rc::clone(self.tables());
        let mut unfinished = tables.after(None).flat_map(|table| {
            let own = table.indexes.iter().filter(|index| index.backfilled.is_some());
            own.map(move |index| (table, index))
        });
        match unfinished.next() {
            Some((table, index)) => self.fill_slice(table, index, now_millis),
            None => Backfill::Idle,
        }
    }

    fn fill_slice(&mut self, table: &Table, index: &Index, now_millis: u64) -> Backfill {
        let position = index.backfilled.clone().unwrap_or_default();
        let newest = self.storage.latest();
        let mut cursor = self.storage.cursor(table.tree, position.clone(), None, false, newest);
        let mut plan = Plan::default();
        let mut bytes = 0;
        let mut last = None;
        let complete = loop {
            if bytes >= self.storage.slice_bytes() {
                break false;
            }
            let (key, value) = match cursor.next(&mut self.storage) {
                CursorStep::Entry { key, value, .. } => (key, value),
                CursorStep::End => break true,
                // What was found so far is worth a slice of its own.
                CursorStep::Missing(_) if last.is_some() => break false,
                CursorStep::Missing(blocks) => return Backfill::Missing(blocks),
            };
            if !position.is_empty() && *key <= *position {
                continue;
            }
            bytes += key.len() + value.len();
            if let Some((key, value)) = entry(table, index, &value) {
                plan.fill(index.tree, key, value);
            }
            last = Some(key);
        };
        drop(cursor);
        let position = last.as_deref().unwrap_or(&position);
        let position = (!complete).then_some(position);
        match self.fill_index(index.tree, plan, position, now_millis) {
            Some(seq) => Backfill::Written(seq),
            None => Backfill::Idle,
        }
    }
}

/// The entry of an item, if it has one. Later writes of an item without are refused.
fn entry(table: &Table, index: &Index, value: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    index.entry(table, ItemRef::parse(value)?)
}
