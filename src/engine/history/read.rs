//! Reading a history, from any sequence number that it still has.

use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::{History, HistoryId, HistoryRecord, Position};
use crate::engine::Engine;
use crate::storage::{BlockId, Corruption, Cursor, CursorStep, SeqNo, Snapshot, TreeId};

/// Why a history, or a table as it was, cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryError {
    /// There is no such table, it has no history, or none with versions.
    NotKept,
    /// Records between what was asked for and this place were dropped, or the history began here.
    Trimmed {
        /// Where reading can begin.
        first: Position,
    },
    /// It is of a commit that is not durable, or has not come.
    NotDurable {
        /// The greatest sequence number that can be asked for.
        last: SeqNo,
    },
    /// What is stored is not what was written.
    Damaged(Corruption),
}

impl fmt::Display for HistoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKept => f.write_str("the table keeps no such history"),
            Self::Trimmed { first } => {
                write!(f, "the history is kept from sequence number {} on", first.seq.0)
            }
            Self::NotDurable { last } => write!(f, "the last durable sequence number is {}", last.0),
            Self::Damaged(what) => what.fmt(f),
        }
    }
}

impl std::error::Error for HistoryError {}

/// What a reading came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadStep {
    /// The next record.
    Record(HistoryRecord),
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// All that was durable when the reading began was read.
    End,
}

/// A reading under way. It sees what was durable when it began, and pins that.
pub struct HistoryRead {
    history: Rc<History>,
    snapshot: Snapshot,
    /// Where it goes on.
    next: Position,
    /// Segments that are still to come.
    trees: VecDeque<TreeId>,
    cursor: Option<Cursor>,
}

impl Engine {
    /// Reads a history from `from` on.
    pub fn read_history(&self, id: HistoryId, from: Position) -> Result<HistoryRead, HistoryError> {
        let history = self.tables().histories().get(id).ok_or(HistoryError::NotKept)?;
        let first = history.first();
        if from < first {
            return Err(HistoryError::Trimmed { first });
        }
        let trees = history.records.iter().filter(|segment| segment.reaches(from.seq));
        Ok(HistoryRead {
            trees: trees.map(|segment| segment.tree).collect(),
            history: Rc::new(history.clone()),
            snapshot: self.storage.snapshot(self.storage.durable()),
            next: from,
            cursor: None,
        })
    }
}

impl HistoryRead {
    /// The history, as it was when the reading began.
    pub fn history(&self) -> &Rc<History> {
        &self.history
    }

    /// All up to this commit is read at the end.
    pub fn at(&self) -> SeqNo {
        self.snapshot.at()
    }

    /// Where another reading goes on.
    pub fn position(&self) -> Position {
        self.next
    }

    /// Whether nothing can follow what is durable: the history has ended.
    pub fn is_last(&self) -> bool {
        let ended = self.history.records.iter().last().and_then(|segment| segment.ended);
        ended.is_some_and(|(_, last)| last <= self.at())
    }

    /// Goes to the next record.
    pub fn next(&mut self, engine: &mut Engine) -> Result<ReadStep, HistoryError> {
        loop {
            let Some(cursor) = &mut self.cursor else {
                let Some(tree) = self.trees.pop_front() else {
                    self.next = self.next.max(Position::first_of(SeqNo(self.at().0 + 1)));
                    return Ok(ReadStep::End);
                };
                let from = self.next.key();
                self.cursor = Some(engine.storage.cursor_at(&self.snapshot, tree, from, None, false));
                continue;
            };
            match cursor.next(&mut engine.storage) {
                CursorStep::Entry { key, value, seq } => {
                    let damaged = || Corruption::new("history record", seq.0, "malformed");
                    let record = HistoryRecord::read(&key, &value).ok_or_else(damaged);
                    let record = record.map_err(HistoryError::Damaged)?;
                    self.next = record.next();
                    return Ok(ReadStep::Record(record));
                }
                CursorStep::Missing(blocks) => return Ok(ReadStep::Missing(blocks)),
                CursorStep::End => self.cursor = None,
            }
        }
    }
}
