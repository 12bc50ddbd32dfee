//! The histories of tables: what the catalog knows of them.
//!
//! A table that somebody follows (callbacks, replicas, backups of every moment) keeps a history: a record of each change,
//! in the order of sequence numbers, written in the commit of the change. With versions it also keeps each item that was
//! superseded, under its key and the commit that superseded it, so that the table as it was is read and not replayed.
//! Both are segments ([`super::segments`]) with the retention of this table alone.
//!
//! A history that was stopped, or whose table is gone, keeps its records until they are old: whoever lags behind may read
//! them to their end. Its versions go at once, because they only say what differs from a table that is kept.

mod at;
mod entry;
mod read;

use std::rc::Rc;

use super::segments::{Due, Moment, Segments, Turn, counter};
use super::source::Source;
use crate::item::value::Reader;
use crate::item::varint;
use crate::storage::{SeqNo, Storage, TreeId};

pub use super::position::Position;
pub use at::{ItemAt, ItemStep, ScanAt, ScanStep, TableAt};
pub use entry::HistoryRecord;
pub(super) use entry::{Places, split_version, version_key};
pub use read::{HistoryError, HistoryRead, ReadStep};

/// What is kept of a table's changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryOptions {
    /// How long at least, in milliseconds.
    pub retention_millis: u64,
    /// Whether the table can be read as it was.
    pub versions: bool,
}

/// Tells histories apart; never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryId(TreeId);

/// A history, running or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Which one.
    pub id: HistoryId,
    /// The table.
    pub source: Rc<Source>,
    /// How long records and versions are kept at least, in milliseconds.
    pub retention_millis: u64,
    /// The commit of the last record that was dropped, or the one with which the history began.
    trimmed: SeqNo,
    /// The records that are kept.
    pub records: Segments,
    /// The superseded items that are kept; none at all where the table cannot be read as it was.
    pub versions: Segments,
}

impl History {
    /// What is kept.
    pub fn options(&self) -> HistoryOptions {
        HistoryOptions { retention_millis: self.retention_millis, versions: !self.versions.is_empty() }
    }

    /// Where reading can begin. Whoever has read all that was dropped finds all that follows, however long that is ago.
    pub fn first(&self) -> Position {
        Position::first_of(SeqNo(self.trimmed.0 + 1))
    }

    /// Whether changes are still recorded.
    pub fn is_running(&self) -> bool {
        self.records.open().is_some()
    }

    /// Where all of it is.
    pub(super) fn trees(&self) -> Vec<TreeId> {
        let mut trees = self.records.trees();
        trees.extend(self.versions.trees());
        trees
    }

    /// Ends the versions; gives the trees that are not needed any more.
    fn end_versions(&mut self) -> Vec<TreeId> {
        std::mem::take(&mut self.versions).trees()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        varint::put(out, u64::from(self.id.0.0));
        self.source.encode(out);
        varint::put(out, self.retention_millis);
        varint::put(out, self.trimmed.0);
        self.records.encode(out);
        self.versions.encode(out);
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            id: HistoryId(TreeId::new(r.varint()?)?),
            source: Rc::new(Source::decode(r)?),
            retention_millis: counter(r)?,
            trimmed: SeqNo(counter(r)?),
            records: Segments::decode(r)?,
            versions: Segments::decode(r)?,
        })
    }
}

/// A change of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HistoryChange {
    /// The table whose items are in the tree keeps this.
    Keep(TreeId, HistoryOptions),
    /// It keeps nothing of later changes.
    Stop(TreeId),
    /// Nothing is left of the history.
    Forget(HistoryId),
}

impl HistoryChange {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let (kind, tree) = match self {
            Self::Stop(table) => (0, table),
            Self::Keep(table, HistoryOptions { versions: false, .. }) => (1, table),
            Self::Keep(table, _) => (2, table),
            Self::Forget(HistoryId(tree)) => (3, tree),
        };
        out.push(kind);
        varint::put(out, u64::from(tree.0));
        if let Self::Keep(_, options) = self {
            varint::put(out, options.retention_millis);
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let kind = r.u8()?;
        let tree = TreeId::new(r.varint()?)?;
        Some(match kind {
            0 => Self::Stop(tree),
            1 | 2 => {
                let options = HistoryOptions { retention_millis: counter(r)?, versions: kind == 2 };
                Self::Keep(tree, options)
            }
            3 => Self::Forget(HistoryId(tree)),
            _ => return None,
        })
    }
}

/// The histories of a database, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Histories(Vec<History>);

impl Histories {
    /// All, also those that have ended.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &History> {
        self.0.iter()
    }

    /// One of them.
    pub fn get(&self, id: HistoryId) -> Option<&History> {
        self.0.iter().find(|history| history.id == id)
    }

    /// The running history of the table whose items are in `tree`.
    pub fn of_table(&self, tree: TreeId) -> Option<&History> {
        self.0.iter().find(|history| history.source.table == tree && history.is_running())
    }

    fn running(&mut self, tree: TreeId) -> Option<&mut History> {
        self.0.iter_mut().find(|history| history.source.table == tree && history.is_running())
    }

    /// Keeps the changes of a table from now on; gives the trees that are not needed any more.
    pub(super) fn keep(
        &mut self,
        source: Rc<Source>,
        options: HistoryOptions,
        next_tree: &mut TreeId,
        at: Moment,
    ) -> Vec<TreeId> {
        let retention_millis = options.retention_millis;
        if self.of_table(source.table).is_none() {
            self.0.push(History {
                id: HistoryId(*next_tree),
                source: source.clone(),
                retention_millis,
                trimmed: at.seq,
                records: Segments::begin(next_tree, at),
                versions: Segments::default(),
            });
        }
        let Some(history) = self.running(source.table) else { return Vec::new() };
        history.retention_millis = retention_millis;
        if !options.versions {
            return history.end_versions();
        }
        if history.versions.is_empty() {
            history.versions = Segments::begin(next_tree, at);
        }
        Vec::new()
    }

    /// Ends the history of the table whose items are in `tree`; gives the trees that are not needed any more.
    pub(super) fn stop(&mut self, tree: TreeId, at: Moment) -> Vec<TreeId> {
        let Some(history) = self.running(tree) else { return Vec::new() };
        history.records.end(at);
        history.end_versions()
    }

    /// Removes a history; gives its trees.
    pub(super) fn forget(&mut self, id: HistoryId) -> Vec<TreeId> {
        let trees = self.get(id).map(History::trees);
        self.0.retain(|history| history.id != id);
        trees.unwrap_or_default()
    }

    /// Adds to `due` what time asks for.
    pub(super) fn due(&self, due: &mut Due<'_>) {
        for history in &self.0 {
            history.records.due(history.retention_millis, due);
            history.versions.due(history.retention_millis, due);
        }
    }

    /// When [`Histories::due`] is to be asked next.
    pub(super) fn next_due(&self, now_millis: u64) -> u64 {
        let due = self.0.iter().map(|history| {
            let next = |segments: &Segments| segments.next_due(history.retention_millis, now_millis);
            next(&history.records).min(next(&history.versions))
        });
        due.min().unwrap_or(u64::MAX)
    }

    pub(super) fn turn(&mut self, turn: &Turn, next_tree: &mut TreeId, at: Moment, storage: &Storage) {
        for history in &mut self.0 {
            if history.records.is_turned_by(turn) || history.versions.is_turned_by(turn) {
                for tree in history.records.trees().iter().filter(|tree| turn.dropped.contains(tree)) {
                    history.trimmed = history.trimmed.max(storage.last_seq(*tree));
                }
                history.records.turn(turn, next_tree, at);
                history.versions.turn(turn, next_tree, at);
            }
        }
        self.0.retain(|history| !history.records.is_empty());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        varint::put(out, self.0.len() as u64);
        for history in &self.0 {
            history.encode(out);
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let mut histories = Vec::new();
        for _ in 0..r.varint()? {
            histories.push(History::decode(r)?);
        }
        Some(Self(histories))
    }
}

#[cfg(test)]
mod tests;
