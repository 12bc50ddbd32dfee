//! Fills indexes that were added to tables with items, a slice at a time between the calls of the application.

use std::rc::Rc;

use super::Driver;
use crate::engine::Backfill;
use crate::storage::BlockId;

/// Time until a slice that could not be written is tried again.
const RETRY_MILLIS: u32 = 1000;

impl Driver {
    /// Begins to fill indexes if there are any to fill and nobody does.
    pub(super) fn start_backfill(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if state.backfill_running || state.closing || !state.engine.has_backfill() {
                return;
            }
            state.backfill_running = true;
        }
        self.wake_for_work();
        self.platform.spawn(Box::pin(Rc::clone(self).fill_indexes()));
    }

    async fn fill_indexes(self: Rc<Self>) {
        loop {
            // What gave rise to it, and what came meanwhile, is answered first.
            self.platform.yield_now().await;
            let filled = {
                let mut state = self.state.borrow_mut();
                // Closing gives it up: the next opening goes on.
                if state.closing || state.closed.is_some() {
                    break;
                }
                state.engine.backfill(self.platform.now_millis())
            };
            match filled {
                Backfill::Idle => break,
                Backfill::Written(seq) => {
                    self.schedule_commit();
                    self.relieve().await;
                    // Undone, for want of space perhaps: not again at once.
                    if self.state.borrow().engine.storage.latest() < seq {
                        self.platform.sleep(RETRY_MILLIS).await;
                    }
                }
                Backfill::Missing(blocks) => {
                    if !self.read_for_slice(&blocks).await {
                        break;
                    }
                }
            }
        }
        let mut state = self.state.borrow_mut();
        state.backfill_running = false;
        state.progress.wake();
    }

    /// Waits until the slice is under commit, so that slices do not pile up.
    pub(super) async fn relieve(&self) {
        loop {
            let progress = {
                let state = self.state.borrow();
                if state.closed.is_some() || !state.engine.has_writes() {
                    return;
                }
                state.progress.clone()
            };
            progress.wait().await;
        }
    }

    pub(super) async fn read_for_slice(self: &Rc<Self>, blocks: &[BlockId]) -> bool {
        // A block that is gone was merged away: asking again names others.
        self.supply(blocks, &mut None).await.is_ok()
    }
}
