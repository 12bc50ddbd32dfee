//! What a slice of upkeep comes to.

use crate::storage::{BlockId, SeqNo};

/// How far a slice of upkeep came.
#[derive(Debug, PartialEq, Eq)]
pub enum Upkeep {
    /// There is nothing to do now.
    Idle,
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// Items have expired, and the code that looks for them is not there.
    Incomplete,
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
