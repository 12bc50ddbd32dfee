//! What the passing of time asks for: shards of streams end, records and items expire.

use super::Engine;
use crate::storage::{BlockId, SeqNo};

/// How far a slice of it came.
#[derive(Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// There is nothing to do now.
    Idle,
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// A part of a table was searched in vain.
    Looked,
    /// Something was written.
    Written {
        /// Under this sequence number.
        seq: SeqNo,
        /// Items that were deleted.
        deleted: u64,
    },
}

impl Engine {
    /// When there will be something to do, in milliseconds since 1970.
    pub fn upkeep_at(&self) -> u64 {
        self.upkeep_at
    }

    /// Does the next slice.
    pub fn upkeep(&mut self, now_millis: u64) -> Upkeep {
        if let Some(seq) = self.turn_shards(now_millis) {
            return Upkeep::Written { seq, deleted: 0 };
        }
        let slice = self.sweep_slice(now_millis);
        if slice == Upkeep::Idle {
            self.plan_upkeep(now_millis);
        }
        slice
    }

    /// Looks up when there will be something to do.
    pub fn plan_upkeep(&mut self, now_millis: u64) {
        self.upkeep_at = self.tables().streams().next_due(now_millis).min(self.next_expiry());
    }
}
