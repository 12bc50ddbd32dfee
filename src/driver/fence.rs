//! Whether another owner has come, for one that has nothing to commit.

use super::Driver;
use super::open::{FRAMES_PER_READ, unchanged};
use crate::log;
use crate::platform::{Space, StoreError};

impl Driver {
    /// Looks for the frame that a later owner began with, and stops if it is there. What is gone was deleted by that one
    /// then, and is no damage.
    pub(super) async fn meets_fence(&self) -> bool {
        let (epoch, next_frame, opening) = {
            let state = self.state.borrow();
            (state.epoch, state.next_frame, state.opening.clone())
        };
        // A commit of our own, of which we have not heard yet, may stand before it.
        let frames = self.store.list(Space::Log, next_frame, u64::MAX, FRAMES_PER_READ).await;
        let later = |(number, bytes): &(u64, Vec<u8>)| {
            log::epoch_of(*number, bytes).is_some_and(|found| found > epoch)
        };
        let mut met = frames.is_ok_and(|frames| frames.iter().any(later));
        if let Some(opening) = opening {
            // One that has still to take over finds that the owner before goes on.
            met |= unchanged(&*self.store, opening.root.as_deref()).await == Err(StoreError::Conflict);
        }
        if met {
            self.lose(&StoreError::Conflict);
        }
        met
    }
}
