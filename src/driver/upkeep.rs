//! Deletes expired items and forgets old stream records, when their time has come.
//!
//! A timer is set for the moment at which the engine says that there will be something to do. Where timers are lost (an
//! edge runtime between requests) or the clock is the application's own, the next call finds that the moment is over. Where
//! the runtime can be asked to call (`Platform::wake_at`), there is no timer, which would keep an object in memory.

use std::rc::Rc;

use super::awaited::Fate;
use super::{Driver, closed};
use crate::api::ApiError;
use crate::engine::Upkeep;
use crate::storage::SeqNo;

/// A timer this late is taken for lost.
const GRACE_MILLIS: u64 = 5_000;
/// The longest sleep at once.
const LONGEST_MILLIS: u64 = 60 * 60 * 1000;
/// Of so many parts of the time, upkeep takes one.
const SHARE: u64 = 50;

/// When upkeep runs next.
#[derive(Debug)]
pub(super) struct Schedule {
    running: bool,
    /// What the timer is set for; `u64::MAX` without one.
    armed: u64,
    /// Tells the timer that counts from those that were replaced.
    generation: u64,
    /// A rest after the last run.
    not_before: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self { running: false, armed: u64::MAX, generation: 0, not_before: 0 }
    }
}

impl Schedule {
    pub(super) fn is_running(&self) -> bool {
        self.running
    }

    /// It runs, or is about to.
    pub(super) fn has_begun(&self, now: u64) -> bool {
        self.running || self.armed <= now
    }

    /// Takes what was set for lost.
    pub(super) fn forget(&mut self) {
        self.armed = u64::MAX;
    }

    /// Whether the timer is not what it should be, now that there is something to do at `due`.
    pub(super) fn is_late(&self, due: u64, now: u64) -> bool {
        !self.running
            && (due.max(self.not_before) < self.armed || now > self.armed.saturating_add(GRACE_MILLIS))
    }
}

impl Driver {
    /// Looks up what is to be done; called once after opening.
    pub(super) fn begin_upkeep(self: &Rc<Self>) {
        self.state.borrow_mut().engine.plan_upkeep(self.platform.now_millis());
        self.watch_upkeep();
    }

    /// Sets the timer, or begins at once when it is time.
    pub(super) fn watch_upkeep(self: &Rc<Self>) {
        let now = self.platform.now_millis();
        let (due, generation) = {
            let mut state = self.state.borrow_mut();
            if state.upkeep.running || state.closing {
                return;
            }
            // Rounded, so that items that expire ever sooner do not set a timer each.
            let due = state.engine.upkeep_at().max(state.upkeep.not_before);
            let due = due.div_ceil(self.sweep_millis).saturating_mul(self.sweep_millis);
            if due > now
                && due >= state.upkeep.armed
                && now <= state.upkeep.armed.saturating_add(GRACE_MILLIS)
            {
                return;
            }
            if due == u64::MAX {
                return;
            }
            state.upkeep.armed = due;
            state.upkeep.generation += 1;
            (due, state.upkeep.generation)
        };
        if due > now && self.platform.wake_at(due) {
            return;
        }
        self.platform.spawn(Box::pin(Rc::clone(self).wait_for_upkeep(generation)));
    }

    async fn wait_for_upkeep(self: Rc<Self>, generation: u64) {
        loop {
            let now = self.platform.now_millis();
            let wait = {
                let mut state = self.state.borrow_mut();
                if state.closing || state.closed.is_some() || state.upkeep.generation != generation {
                    return;
                }
                let wait = state.upkeep.armed.saturating_sub(now);
                if wait == 0 {
                    state.upkeep.running = true;
                }
                wait
            };
            if wait == 0 {
                break;
            }
            self.platform.sleep(wait.min(LONGEST_MILLIS) as u32).await;
            if self.platform.now_millis() == now {
                // The clock is the application's and stands still: its next call shows whether it has moved.
                let mut state = self.state.borrow_mut();
                if state.upkeep.generation == generation {
                    state.upkeep.armed = u64::MAX;
                }
                return;
            }
        }
        self.run_upkeep(&Fate::default()).await;
    }

    /// Runs until nothing is left to do now. The caller has set `running`. What is written decides about `fate`.
    async fn run_upkeep(self: &Rc<Self>, fate: &Fate) -> (u64, SeqNo) {
        let began = self.platform.now_millis();
        let (mut count, mut last) = (0, SeqNo::default());
        let (mut complete, mut gone) = (false, None);
        loop {
            // What gave rise to it, and what came meanwhile, is answered first.
            self.platform.yield_now().await;
            let mut slice = self.upkeep_slice(complete);
            if slice == Upkeep::Incomplete {
                complete = self.platform.complete().await;
                slice = self.upkeep_slice(complete);
            }
            match slice {
                // Without the code that is not there nothing more can be done now.
                Upkeep::Idle | Upkeep::Incomplete => break,
                Upkeep::Looked => {}
                Upkeep::Written { seq, deleted } => {
                    count += deleted;
                    last = seq;
                    self.state.borrow_mut().awaited.add(seq, fate);
                    self.schedule_commit();
                    self.relieve().await;
                    // Undone, for want of space perhaps: not again at once.
                    if fate.is_undone() {
                        break;
                    }
                }
                Upkeep::Missing(blocks) => {
                    if self.supply(&blocks, &mut gone).await.is_err() {
                        self.state.borrow_mut().engine.give_up_sweep();
                        break;
                    }
                }
            }
        }
        let now = self.platform.now_millis();
        {
            let mut state = self.state.borrow_mut();
            state.upkeep.running = false;
            state.upkeep.armed = u64::MAX;
            let rest = self.sweep_millis.max(now.saturating_sub(began).saturating_mul(SHARE));
            state.upkeep.not_before = now.saturating_add(rest);
            state.progress.wake();
        }
        self.watch_upkeep();
        (count, last)
    }

    /// The next slice; none when the database closes.
    fn upkeep_slice(&self, complete: bool) -> Upkeep {
        let mut state = self.state.borrow_mut();
        if state.closing || state.closed.is_some() {
            return Upkeep::Idle;
        }
        state.engine.upkeep(self.platform.now_millis(), complete)
    }

    /// Keeps upkeep from running until [`Driver::release_upkeep`]; `false`: it runs just now.
    pub(super) fn hold_upkeep(&self) -> bool {
        let upkeep = &mut self.state.borrow_mut().upkeep;
        if upkeep.running {
            return false;
        }
        // A timer that is set already counts no more.
        upkeep.generation += 1;
        upkeep.armed = u64::MAX;
        upkeep.running = true;
        true
    }

    pub(super) fn release_upkeep(self: &Rc<Self>) {
        self.state.borrow_mut().upkeep.running = false;
        self.begin_upkeep();
    }

    /// Deletes what has expired, now; gives the number of items once their deletion is durable.
    pub async fn delete_expired(self: &Rc<Self>) -> Result<u64, ApiError> {
        loop {
            let progress = {
                let mut state = self.state.borrow_mut();
                if state.closing || state.closed.is_some() {
                    return Err(state.closed.clone().unwrap_or_else(closed));
                }
                if !state.upkeep.running {
                    state.upkeep.running = true;
                    break;
                }
                state.progress.clone()
            };
            progress.wait().await;
        }
        let fate = Fate::default();
        let (count, last) = self.run_upkeep(&fate).await;
        let why = "The expired items could not be deleted: the storage failed";
        self.until_durable(last, &fate, why).await?;
        Ok(count)
    }
}
