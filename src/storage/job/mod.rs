//! Background work.
use super::BlockId;
use super::Storage;
use crate::platform::Batch;

/// Work.
pub struct Job;

/// Step.
pub enum JobStep {
    /// R
    Read(Vec<BlockId>),
    /// W
    Write(Batch),
}

impl Job {
    pub(super) fn choose(_storage: &mut Storage) -> Option<Self> {
        None
    }
}
