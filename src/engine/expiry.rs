//! Time to live: which items have expired, and their deletion in slices between the calls of the application.
//!
//! Of each table with time to live it is known before which second no item expires, so that a table without expired items
//! is never searched. The knowledge is kept in the manifest; writes lower it, a search of the whole table renews it.

use std::rc::Rc;

use super::upkeep::Upkeep;
use super::write::{ItemWrite, Plan};
use super::{Engine, Table};
use crate::item::ItemRef;
use crate::log::Origin;
use crate::storage::{CursorStep, TreeId};

/// What expired earlier than this before now, in seconds, stays: more likely it is no time at all.
const TOO_OLD: u64 = 5 * 365 * 24 * 60 * 60;
/// Items deleted in one commit.
const MOST_DELETED: u64 = 100;

/// How far the search of one table has come.
#[derive(Debug)]
pub(super) struct Sweep {
    table: TreeId,
    /// The tree key of the last item that was looked at.
    position: Vec<u8>,
    /// The least expiry that was seen or written meanwhile.
    least: u64,
}

impl Engine {
    /// An item that is due to be deleted from second `due` on was written to the table whose items are in `tree`; 0: it
    /// never is.
    pub(super) fn note_due(&mut self, tree: TreeId, due: u64) {
        let Some(seconds) = due.checked_sub(1) else { return };
        let stats = self.stats.get_or_default(tree);
        stats.expiry = stats.expiry.min(seconds);
        if let Some(sweep) = self.sweep.as_mut().filter(|sweep| sweep.table == tree) {
            sweep.least = sweep.least.min(seconds);
        }
        self.upkeep_at = self.upkeep_at.min(due_millis(seconds));
    }

    /// Every table with time to live is to be searched: something written, a deletion perhaps, was undone.
    pub(super) fn doubt_expiries(&mut self) {
        self.sweep = None;
        let tables = Rc::clone(self.tables());
        for table in tables.after(None).filter(|table| table.schema.ttl.is_some()) {
            self.stats.get_or_default(table.tree).expiry = 0;
            self.upkeep_at = 0;
        }
    }

    /// Nothing is known any more of when the items in `tree` expire.
    pub(super) fn doubt_expiry(&mut self, tree: TreeId) {
        self.stats.get_or_default(tree).expiry = 0;
        if self.sweep.as_ref().is_some_and(|sweep| sweep.table == tree) {
            self.sweep = None;
        }
    }

    /// When an item may expire next, in milliseconds since 1970.
    pub(super) fn next_expiry(&self) -> u64 {
        let tables = self.tables().after(None).filter(|table| table.schema.ttl.is_some());
        tables.map(|table| due_millis(self.stats(table.tree).expiry)).min().unwrap_or(u64::MAX)
    }

    /// Searches the next slice of a table for expired items and deletes them.
    pub(super) fn sweep_slice(&mut self, now_millis: u64) -> Upkeep {
        let now = now_millis / 1000;
        let tables = Rc::clone(self.tables());
        let mut with_ttl = tables.after(None).filter(|table| table.schema.ttl.is_some());
        let found = match self.sweep.take() {
            Some(sweep) => with_ttl.find(|table| table.tree == sweep.table).map(|table| (table, sweep)),
            None => None,
        };
        let found = found.or_else(|| {
            let table = tables
                .after(None)
                .find(|table| table.schema.ttl.is_some() && self.stats(table.tree).expiry < now)?;
            Some((table, Sweep { table: table.tree, position: Vec::new(), least: u64::MAX }))
        });
        match found {
            Some((table, sweep)) => self.sweep_table(table, sweep, now_millis),
            None => Upkeep::Idle,
        }
    }

    fn sweep_table(&mut self, table: &Rc<Table>, mut sweep: Sweep, now_millis: u64) -> Upkeep {
        let now = now_millis / 1000;
        let newest = self.storage.latest();
        let mut cursor = self.storage.cursor(table.tree, sweep.position.clone(), None, false, newest);
        let mut plan = Plan::of(Origin::TimeToLive);
        let (mut bytes, mut deleted) = (0, 0);
        let mut last = None;
        let tables = Rc::clone(self.tables());
        let complete = loop {
            if bytes >= self.storage.slice_bytes() || deleted >= MOST_DELETED {
                break false;
            }
            let (key, value) = match cursor.next(&mut self.storage) {
                CursorStep::Entry { key, value, .. } => (key, value),
                CursorStep::End => break true,
                // What was found so far is worth a slice of its own.
                CursorStep::Missing(_) if last.is_some() => break false,
                CursorStep::Missing(blocks) => {
                    drop(cursor);
                    self.sweep = Some(sweep);
                    return Upkeep::Missing(blocks);
                }
            };
            if !sweep.position.is_empty() && *key <= *sweep.position {
                continue;
            }
            bytes += key.len() + value.len();
            if let Some(seconds) = ItemRef::parse(&value).and_then(|item| table.expiry(item)) {
                if seconds >= now {
                    sweep.least = sweep.least.min(seconds);
                } else if !is_too_old(seconds, now) {
                    deleted += 1;
                    let write =
                        ItemWrite { table, key: key.to_vec(), old: Some(value), new: None, blind: false };
                    plan.add(write, &tables);
                }
            }
            last = Some(key);
        };
        drop(cursor);
        if let Some(last) = last {
            sweep.position = last.to_vec();
        }
        if complete {
            self.stats.get_or_default(table.tree).expiry = sweep.least;
        } else {
            self.sweep = Some(sweep);
        }
        if deleted == 0 {
            return Upkeep::Looked;
        }
        Upkeep::Written { seq: self.carry_out(plan, now_millis), deleted }
    }
}

/// Whether an item that expired in that second stays.
pub(super) fn is_too_old(seconds: u64, now_seconds: u64) -> bool {
    seconds.saturating_add(TOO_OLD) < now_seconds
}

/// When an item that expires in that second may be deleted: in the one that follows.
fn due_millis(seconds: u64) -> u64 {
    seconds.saturating_add(1).saturating_mul(1000)
}
