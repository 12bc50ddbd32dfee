//! Does what is due, for an owner that is called when something is (`Platform::wake_at`) because it may have lost its timers,
//! or is a new one.

use std::rc::Rc;

use super::{Driver, closed};
use crate::api::ApiError;

impl Driver {
    /// Does what can be done now: deletes what has expired, forgets old records, flushes, merges, fills indexes. Resolves
    /// when that is done; calls go on meanwhile. What failed is asked for again (`Platform::wake_at`).
    pub async fn attend(self: &Rc<Self>) -> Result<(), ApiError> {
        {
            let mut state = self.state.borrow_mut();
            if state.closing || state.closed.is_some() {
                return Err(state.closed.clone().unwrap_or_else(closed));
            }
            // What was asked for is over: the next moment is asked for anew.
            if !state.upkeep.is_running() {
                state.upkeep.forget();
            }
            // Who is called so has no call of the application's to wait for.
            if !state.committing && !state.engine.has_writes() {
                state.pausing = true;
                let frame = state.next_frame;
                if state.engine.storage.tail_is_long(frame) {
                    state.engine.freeze_tail(frame);
                }
            }
        }
        if !self.state.borrow().upkeep.is_running() {
            self.begin_upkeep();
        }
        self.start_job();
        self.start_backfill();
        loop {
            let progress = {
                let state = self.state.borrow();
                if let Some(error) = &state.closed {
                    return Err(error.clone());
                }
                let works = state.job_running
                    || state.backfill_running
                    || state.committing
                    || state.engine.has_writes()
                    || state.upkeep.has_begun(self.platform.now_millis());
                if state.closing || !works {
                    break;
                }
                state.progress.clone()
            };
            progress.wait().await;
        }
        if self.state.borrow().job_resting {
            self.wake_for_work();
        }
        Ok(())
    }
}
