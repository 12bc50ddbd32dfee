//! The engine as the manifest and the log's tail left it.

use super::recorded::{self, Commit, Recorded};
use super::segments::Moment;
use super::{Engine, Table};
use crate::item::ItemRef;
use crate::log::Record;
use crate::storage::{Bytes, Change, SeqNo, Storage};

/// The stored catalog or a log record does not make sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecoveryError {
    /// The catalog in the manifest.
    Catalog,
    /// The log record of this sequence number.
    Record(SeqNo),
}

impl std::fmt::Display for RecoveryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Catalog => f.write_str("the catalog cannot be read"),
            Self::Record(seq) => write!(f, "log record {} cannot be read", seq.0),
        }
    }
}

impl Engine {
    /// An engine over what a manifest describes.
    pub fn recover(
        storage: Storage,
        catalog: &[u8],
        region: &str,
        account: &str,
    ) -> Result<Self, RecoveryError> {
        let mut engine = Self::new(storage, region, account);
        engine.load_catalog(catalog).ok_or(RecoveryError::Catalog)?;
        engine.settle();
        Ok(engine)
    }

    /// An engine without tables that goes on where this one ends, in the same store.
    #[must_use]
    pub fn succeeding(&self) -> Self {
        let mut engine = Self::new(self.storage.succeeding(), &self.region, &self.account);
        engine.last_time = self.last_time;
        engine
    }

    /// Applies a durable log record. Index entries are derived again from the item.
    pub fn replay(&mut self, record: &Record) -> Result<(), RecoveryError> {
        let seq = SeqNo(record.seq);
        self.requests.note(record);
        if seq <= self.last_seq {
            // The runs hold it already.
            return Ok(());
        }
        self.last_seq = seq;
        self.last_time = self.last_time.max(record.time_millis);
        self.storage.advance(seq);
        if let Some(catalog) = &record.catalog {
            let at = Moment { seq, millis: record.time_millis };
            self.replay_catalog(catalog, at).ok_or(RecoveryError::Record(seq))?;
        }
        for (tree, key) in &record.index_deletes {
            self.storage.apply(seq, Change::delete(*tree, key.clone()));
        }
        for change in &record.changes {
            let tables = std::rc::Rc::clone(&self.tables);
            let mut due = 0;
            // Trees that no table owns hold no items: tokens of transactions, and what tables that are gone had.
            if let (Some(item), Some(table)) = (&change.value, tables.owner(change.tree)) {
                let item = ItemRef::parse(item).ok_or(RecoveryError::Record(seq))?;
                self.replay_entries(seq, table, &change.key, item);
                due = table.due(item);
                self.note_due(table.tree, due);
            }
            self.storage.apply(
                seq,
                Change {
                    tree: change.tree,
                    key: change.key.clone(),
                    value: change.value.clone(),
                    blind: change.blind,
                    due,
                },
            );
        }
        let mut recorded = Vec::new();
        for old in &record.old_images {
            let change = record.changes.get(old.change).ok_or(RecoveryError::Record(seq))?;
            recorded.extend(Recorded::of(&self.tables, change.tree, old.change, old.item.as_ref()));
        }
        let commit = Commit { seq, time_millis: record.time_millis, origin: record.origin };
        let mut entries = Vec::new();
        recorded::record(&recorded, &record.changes, &commit, &mut entries);
        for entry in entries {
            self.storage.apply(seq, entry);
        }
        for (tree, count, bytes) in &record.stats {
            self.stats.get_or_default(*tree).add(*count, *bytes);
        }
        self.storage.set_durable(seq);
        Ok(())
    }

    fn replay_entries(&mut self, seq: SeqNo, table: &Table, key: &[u8], item: ItemRef<'_>) {
        for index in table.indexes.iter().filter(|index| !index.waits_for(key)) {
            if let Some((key, value)) = index.entry(table, item) {
                let change = Change::put(index.tree, Bytes::from(key), Bytes::from(value));
                self.storage.apply(seq, change);
            }
        }
    }
}
