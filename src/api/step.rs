//! What goes into a step of an operation and what comes out of it.

use super::ApiError;
use crate::storage::{BlockId, SeqNo, TreeId};

/// What an operation may know of the outside, captured once when it arrives.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment {
    /// Milliseconds since 1970.
    pub now_millis: u64,
    /// Random bytes, for identifiers.
    pub random: [u8; 16],
}

/// A partition key: writes to one take effect in the order they arrived.
pub type Partition = (TreeId, [u8; 8]);

/// A response and the sequence number that must be durable before it may leave.
#[derive(Debug)]
pub struct Answer {
    /// The response document or the error.
    pub response: Result<Vec<u8>, ApiError>,
    /// What it was evaluated on; zero when everything was durable.
    pub after: SeqNo,
}

impl Answer {
    /// An answer that was evaluated on `after`.
    pub(super) fn new(response: Result<Vec<u8>, ApiError>, after: SeqNo) -> Self {
        Self { response, after }
    }
}

/// Where a task stands.
#[derive(Debug)]
pub enum Step {
    /// Done.
    Done(Answer),
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
}
