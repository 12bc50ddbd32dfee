//! Time to live: when items expire.
//!
//! Of each table with time to live it is known before which second no item expires, so that a table without expired items
//! is never searched. The knowledge is kept in the manifest; writes lower it, a search of the table ([`super::upkeep::sweep`]) renews
//! it.

use std::rc::Rc;

use super::Engine;
use crate::storage::TreeId;

/// What expired earlier than this before now, in seconds, stays: more likely it is no time at all.
const TOO_OLD: u64 = 5 * 365 * 24 * 60 * 60;

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
        self.looked.clear();
        let tables = Rc::clone(self.tables());
        for table in tables.after(None).filter(|table| table.schema.ttl.is_some()) {
            self.stats.get_or_default(table.tree).expiry = 0;
            self.upkeep_at = 0;
        }
    }

    /// Ends a search that cannot go on now; a later one begins anew.
    pub fn give_up_sweep(&mut self) {
        self.sweep = None;
    }

    /// Nothing is known any more of when the items in `tree` expire.
    pub(super) fn doubt_expiry(&mut self, tree: TreeId) {
        self.stats.get_or_default(tree).expiry = 0;
        self.looked.remove(&tree);
        if self.sweep.as_ref().is_some_and(|sweep| sweep.table == tree) {
            self.sweep = None;
        }
    }

    /// Whether a table is to be searched for expired items.
    pub(super) fn is_sweep_due(&self, now_millis: u64) -> bool {
        self.next_expiry() <= now_millis
    }

    /// When an item may expire next, in milliseconds since 1970.
    pub(super) fn next_expiry(&self) -> u64 {
        let tables = self.tables().after(None).filter(|table| table.schema.ttl.is_some());
        tables.map(|table| due_millis(self.stats(table.tree).expiry)).min().unwrap_or(u64::MAX)
    }
}

/// What an entry that is written now tells of when its item is due: nothing if it is too late already. Many write 0 to mean
/// that an item never expires, and no search is to look at these.
pub(super) fn told(due: u64, now_millis: u64) -> u64 {
    if due.checked_sub(1).is_some_and(|seconds| is_too_old(seconds, now_millis / 1000)) { 0 } else { due }
}

/// Whether an item that expired in that second stays.
pub(super) fn is_too_old(seconds: u64, now_seconds: u64) -> bool {
    seconds.saturating_add(TOO_OLD) < now_seconds
}

/// When an item that expires in that second may be deleted: in the one that follows.
fn due_millis(seconds: u64) -> u64 {
    seconds.saturating_add(1).saturating_mul(1000)
}
