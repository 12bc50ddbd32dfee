//! Commits that something other than a call waits for.
//!
//! After a rollback the next commits get the numbers of those that were undone, so a number alone does not tell whether the
//! commit that had it is there.

use std::cell::Cell;
use std::rc::Rc;

use super::Driver;
use crate::api::{ApiError, ErrorKind};
use crate::storage::SeqNo;

/// Whether any of the commits that somebody waits for was undone.
#[derive(Clone, Default)]
pub(super) struct Fate(Rc<Cell<bool>>);

impl Fate {
    pub(super) fn is_undone(&self) -> bool {
        self.0.get()
    }
}

/// Commits that were made, and are neither known to be durable nor undone.
#[derive(Default)]
pub(super) struct Awaited(Vec<(SeqNo, Fate)>);

impl Awaited {
    /// Commit `seq`, which was made just now, decides about `fate`.
    pub(super) fn add(&mut self, seq: SeqNo, fate: &Fate) {
        self.0.retain(|(_, fate)| Rc::strong_count(&fate.0) > 1);
        self.0.push((seq, fate.clone()));
    }

    /// Everything after `durable` is undone.
    pub(super) fn roll_back(&mut self, durable: SeqNo) {
        for (seq, fate) in self.0.drain(..) {
            fate.0.set(fate.is_undone() || seq > durable);
        }
    }
}

impl Driver {
    /// Waits until the commits that decide about `fate` are durable, the last of which is `seq`; `why` is said if any is
    /// undone.
    pub(super) async fn until_durable(
        &self,
        seq: SeqNo,
        fate: &Fate,
        why: &'static str,
    ) -> Result<(), ApiError> {
        loop {
            let progress = {
                let state = self.state.borrow();
                if fate.is_undone() {
                    return Err(ApiError::new(ErrorKind::StorageFailed, why));
                }
                if state.engine.storage.durable() >= seq {
                    return Ok(());
                }
                if let Some(error) = &state.closed {
                    return Err(error.clone());
                }
                state.progress.clone()
            };
            progress.wait().await;
        }
    }
}
