//! A table as it was after a commit: one item, or all in the order of their keys.
//!
//! An item is as it was unless a version says otherwise: the first one that a later commit superseded. So a reading looks
//! at what was superseded since, and at the table as it is.

use super::entry::{split_version, version_key};
use super::{History, HistoryError, Position};
use crate::engine::Engine;
use crate::storage::{BlockId, Bytes, Cursor, CursorStep, Found, SeqNo, Snapshot, TreeId};

/// Versions of one item that are passed over one by one; beyond these, a search goes past them.
const PASSED: usize = 16;
/// Blocks that are asked for at once, about.
const MOST_MISSING: usize = 32;
/// Entries that are looked at before others have their turn.
const SLICE: usize = 256;

/// A table as it was after a commit. While it lives, nothing that it needs is deleted.
#[derive(Clone)]
pub struct TableAt {
    snapshot: Snapshot,
    at: SeqNo,
    table: TreeId,
    /// Segments that may have versions that were superseded later, oldest first.
    versions: Vec<TreeId>,
}

/// How the look-up of an item goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemStep {
    /// The item; `None`: there was none.
    Found(Option<Bytes>),
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
}

/// How a scan goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanStep {
    /// The next item.
    Item {
        /// Its tree key.
        key: Bytes,
        /// The item.
        item: Bytes,
    },
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// A slice is over: let others have their turn.
    Yield,
    /// There are no more.
    End,
}

impl History {
    /// The least sequence number after which the table can still be read as it was; `None`: never.
    pub fn first_version(&self) -> Option<SeqNo> {
        (!self.versions.is_empty()).then(|| self.versions.first())
    }
}

impl Engine {
    /// The table of that name as it was after commit `at`.
    pub fn table_at(&self, name: &str, at: SeqNo) -> Result<TableAt, HistoryError> {
        let table = self.tables().get(name).ok_or(HistoryError::NotKept)?;
        let history = self.tables().histories().of_table(table.tree);
        let history = history.ok_or(HistoryError::NotKept)?;
        let first = history.first_version().ok_or(HistoryError::NotKept)?;
        let last = self.storage.durable();
        if at < first {
            return Err(HistoryError::Trimmed { first: Position::first_of(first) });
        }
        if at > last {
            return Err(HistoryError::NotDurable { last });
        }
        let versions = history.versions.iter().filter(|segment| segment.reaches(SeqNo(at.0 + 1)));
        Ok(TableAt {
            versions: versions.map(|segment| segment.tree).collect(),
            snapshot: self.storage.snapshot(last),
            at,
            table: table.tree,
        })
    }
}

impl TableAt {
    /// The commit.
    pub fn at(&self) -> SeqNo {
        self.at
    }

    /// Looks up the item whose tree key is `key`.
    pub fn item(&self, key: Vec<u8>) -> ItemAt {
        ItemAt {
            table: self.clone(),
            key,
            now: None,
            versions: self.versions.clone().into_iter(),
            cursor: None,
        }
    }

    /// All items whose tree keys are `from` or follow it, in the order of their keys.
    pub fn scan(&self, engine: &Engine, from: Vec<u8>) -> ScanAt {
        let trees = self.versions.iter().copied().chain([self.table]);
        let walks = trees.enumerate().map(|(number, tree)| {
            let mut cursor = engine.storage.cursor_at(&self.snapshot, tree, from.clone(), None, false);
            cursor.expect_most();
            Walk {
                tree,
                cursor,
                of_versions: number < self.versions.len(),
                head: None,
                ended: false,
                passed: 0,
            }
        });
        ScanAt { walks: walks.collect(), table: self.clone(), from, last: None, looked: 0 }
    }

    /// A cursor that sees what the table is seen by.
    fn cursor(&self, engine: &Engine, tree: TreeId, from: Vec<u8>, to: Option<Vec<u8>>) -> Cursor {
        engine.storage.cursor_at(&self.snapshot, tree, from, to, false)
    }
}

/// The look-up of an item.
pub struct ItemAt {
    table: TableAt,
    key: Vec<u8>,
    /// What the table has now, once that is known.
    now: Option<Found>,
    /// Segments that are still to be searched.
    versions: std::vec::IntoIter<TreeId>,
    cursor: Option<Cursor>,
}

impl ItemAt {
    /// Goes on.
    pub fn step(&mut self, engine: &mut Engine) -> ItemStep {
        if self.now.is_none() {
            let mut missing = Vec::new();
            let table = &self.table;
            let found = engine.storage.get_at(&table.snapshot, table.table, &self.key, &mut missing);
            let Some(found) = found else { return ItemStep::Missing(missing) };
            // What was written before and never again.
            if (SeqNo(1)..=table.at).contains(&found.seq) {
                return ItemStep::Found(found.value);
            }
            self.now = Some(found);
        }
        loop {
            if self.cursor.is_none()
                && let Some(tree) = self.versions.next()
            {
                let from = version_key(&self.key, SeqNo(self.table.at.0 + 1));
                let to = version_key(&self.key, SeqNo::MAX);
                self.cursor = Some(self.table.cursor(engine, tree, from, Some(to)));
            }
            let Some(cursor) = &mut self.cursor else {
                return ItemStep::Found(self.now.take().and_then(|found| found.value));
            };
            match cursor.next(&mut engine.storage) {
                CursorStep::Entry { value, .. } => return ItemStep::Found(item(value)),
                CursorStep::Missing(blocks) => return ItemStep::Missing(blocks),
                CursorStep::End => self.cursor = None,
            }
        }
    }
}

/// A version is the item, or nothing where there was none.
fn item(version: Bytes) -> Option<Bytes> {
    (!version.is_empty()).then_some(version)
}

/// The entries of one tree.
struct Walk {
    tree: TreeId,
    cursor: Cursor,
    of_versions: bool,
    /// The item's key, and what the entry says of it.
    head: Option<(Bytes, Bytes)>,
    ended: bool,
    /// Versions that were passed over in a row.
    passed: usize,
}

/// A scan under way.
pub struct ScanAt {
    table: TableAt,
    /// The segments of versions, oldest first, then the table.
    walks: Vec<Walk>,
    from: Vec<u8>,
    /// The key of the last item that was decided on.
    last: Option<Bytes>,
    looked: usize,
}

impl ScanAt {
    /// Goes to the next item.
    pub fn next(&mut self, engine: &mut Engine) -> ScanStep {
        loop {
            let mut missing = Vec::new();
            for walk in &mut self.walks {
                if missing.len() >= MOST_MISSING {
                    break;
                }
                self.looked += walk.settle(engine, &self.table, &self.from, self.last.as_ref(), &mut missing);
            }
            if !missing.is_empty() {
                return ScanStep::Missing(missing);
            }
            if self.looked >= SLICE {
                self.looked = 0;
                return ScanStep::Yield;
            }
            let heads = self.walks.iter().filter_map(|walk| walk.head.as_ref());
            let Some(key) = heads.map(|(key, _)| key).min().cloned() else { return ScanStep::End };
            // Of those that have something to say of it, the first is the oldest: what was superseded first.
            let mut version = None;
            for walk in &mut self.walks {
                if let Some((_, value)) = walk.head.take_if(|(head, _)| *head == key) {
                    version.get_or_insert(value);
                }
            }
            self.last = Some(key.clone());
            if let Some(item) = version.and_then(item) {
                return ScanStep::Item { key, item };
            }
        }
    }
}

impl Walk {
    /// Goes to the next entry that matters, if it stands at none; gives how many it looked at.
    fn settle(
        &mut self,
        engine: &mut Engine,
        table: &TableAt,
        from: &[u8],
        last: Option<&Bytes>,
        missing: &mut Vec<BlockId>,
    ) -> usize {
        let mut looked = 0;
        while self.head.is_none() && !self.ended && looked < SLICE {
            match self.cursor.next(&mut engine.storage) {
                CursorStep::End => self.ended = true,
                CursorStep::Missing(blocks) => {
                    missing.extend(blocks);
                    return looked;
                }
                CursorStep::Entry { key, value, .. } => {
                    looked += 1;
                    if !self.of_versions {
                        self.head = Some((key, value));
                        continue;
                    }
                    let Some((key, until)) = split_version(&key) else { continue };
                    let decided = last.is_some_and(|last| key <= *last) || *key < *from;
                    if !decided && until > table.at {
                        (self.head, self.passed) = (Some((key, value)), 0);
                        continue;
                    }
                    self.passed += 1;
                    if self.passed > PASSED {
                        let beyond = if decided { SeqNo::MAX } else { SeqNo(table.at.0 + 1) };
                        self.cursor = table.cursor(engine, self.tree, version_key(&key, beyond), None);
                        self.passed = 0;
                    }
                }
            }
        }
        looked
    }
}
