//! One job at a time: flush, merge, deletion of garbage, in slices between the calls of the application.

use std::cell::RefCell;
use std::rc::Rc;

use super::commit::JobBatch;
use super::reads::Unread;
use super::{Driver, State};
use crate::platform::{Batch, Durability, Space, StoreError, Write};
use crate::storage::{Job, JobStep};

/// Time without a commit that counts as a pause, at least.
const PAUSE_MILLIS: u32 = 100;
/// Time until a job that failed is tried again; it doubles with each failure up to about half a minute. A full disk must
/// not be written to all the time.
const RETRY_MILLIS: u32 = 500;
const MOST_DOUBLINGS: u32 = 6;
/// When an owner that is gone meanwhile is called for the work that it left: most is done long before.
const WORK_MILLIS: u64 = 30_000;

/// Why a job was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GivenUp {
    /// The store refused something, or the database closes.
    Refused,
    /// A block is damaged: time does not mend it. The job is chosen again after the next commit.
    Damaged,
}

impl Driver {
    /// Starts the next job if there is one and none runs.
    pub(super) fn start_job(self: &Rc<Self>) {
        if self.durability.get().is_none() {
            return;
        }
        let job = {
            let mut state = self.state.borrow_mut();
            let begins = state.opening.is_none() && !state.closing && state.closed.is_none();
            if state.job_running || state.job_resting || !begins {
                return;
            }
            let pausing = state.pausing;
            let Some(job) = state.engine.storage.next_job(pausing) else { return };
            state.job_running = true;
            job
        };
        self.wake_for_work();
        self.platform.spawn(Box::pin(Rc::clone(self).run_jobs(job)));
    }

    /// Starts what an earlier owner left to do, once the application has had what it opened the database for.
    pub(super) fn start_job_later(self: &Rc<Self>) {
        let driver = Rc::clone(self);
        self.platform.spawn(Box::pin(async move {
            driver.platform.sleep(PAUSE_MILLIS).await;
            driver.delete_leftovers().await;
            driver.start_job();
            driver.start_backfill();
            driver.begin_upkeep();
        }));
    }

    /// Deletes the blocks of jobs and loads that an earlier owner did not finish, if there are any and no commit has done so.
    async fn delete_leftovers(self: &Rc<Self>) {
        let range = {
            let state = self.state.borrow();
            let begins = state.opening.is_none() && !state.closing && state.closed.is_none();
            let range = state.garbage.iter().rev().find_map(|write| match write {
                Write::DeleteRange(Space::Block, from, to) => Some((*from, *to)),
                _ => None,
            });
            range.filter(|_| begins)
        };
        let Some((from, to)) = range else { return };
        let found = self.store.list(Space::Block, from, to, 1).await;
        {
            let mut state = self.state.borrow_mut();
            let is_busy = state.job_running || state.loading || state.closing || state.closed.is_some();
            let is_there = found.is_ok_and(|found| !found.is_empty());
            if is_busy || state.garbage.is_empty() || !is_there {
                return;
            }
            state.job_running = true;
        }
        // Should it fail, the next commit does it.
        let _ = self.submit(Batch::new()).await;
        let mut state = self.state.borrow_mut();
        state.job_running = false;
        state.progress.wake();
    }

    async fn run_jobs(self: Rc<Self>, first: Job) {
        let mut next = Some(first);
        // What gave rise to it is answered first.
        self.platform.yield_now().await;
        while let Some(job) = next {
            let ended = self.run_job(job).await;
            let mut state = self.state.borrow_mut();
            state.progress.wake();
            let open = !state.closing && state.closed.is_none();
            let pausing = state.pausing;
            next = if ended.is_ok() && open { state.engine.storage.next_job(pausing) } else { None };
            if next.is_none() {
                state.job_running = false;
            }
            if ended.is_ok() {
                state.job_failures = 0;
            } else if open && ended == Err(GivenUp::Refused) {
                let doublings = state.job_failures.min(MOST_DOUBLINGS);
                state.job_failures += 1;
                state.job_resting = true;
                self.platform.spawn(Box::pin(Rc::clone(&self).try_again(RETRY_MILLIS << doublings)));
            }
        }
        self.state.borrow().progress.wake();
        self.watch_for_idle();
    }

    async fn try_again(self: Rc<Self>, millis: u32) {
        self.platform.sleep(millis).await;
        self.state.borrow_mut().job_resting = false;
        self.start_job();
    }

    /// Before closing: flushes what the next opening would have to replay, if it is worth it. The log has it all
    /// the same, so a failure is no matter.
    pub(super) async fn flush_tail(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if self.durability.get().is_none() || state.closed.is_some() || state.opening.is_some() {
                return;
            }
            let next_frame = state.next_frame;
            state.engine.freeze_tail(next_frame);
            state.job_running = true;
        }
        self.run_flushes().await;
    }

    /// Runs the flushes there are. The caller has set `job_running`.
    pub(super) async fn run_flushes(self: &Rc<Self>) {
        loop {
            let job = self.state.borrow_mut().engine.storage.next_flush();
            let Some(job) = job else { break };
            if self.run_job(job).await.is_err() {
                break;
            }
        }
        let mut state = self.state.borrow_mut();
        state.job_running = false;
        state.progress.wake();
    }

    /// Once the application pauses, flushes what an opening would have to replay (a tab is seldom closed in form) and
    /// merges what was put off.
    pub(super) fn watch_for_idle(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if state.idle_watch || state.closing || state.pausing || !state.has_work_in_pause() {
                return;
            }
            state.idle_watch = true;
        }
        self.wake_for_work();
        self.platform.spawn(Box::pin(Rc::clone(self).work_when_idle()));
    }

    /// Has the work that begins finished also where this owner is gone before it is.
    pub(super) fn wake_for_work(&self) {
        // Where nobody can be asked, it waits for the next opening.
        let _ = self.platform.wake_at(self.platform.now_millis().saturating_add(WORK_MILLIS));
    }

    async fn work_when_idle(self: Rc<Self>) {
        let mut seen = None;
        loop {
            self.platform.sleep(PAUSE_MILLIS).await;
            let mut state = self.state.borrow_mut();
            let frame = state.next_frame;
            let quiet = seen == Some(frame) && !state.committing && !state.engine.has_writes();
            if state.closing || state.closed.is_some() || !state.has_work_in_pause() {
                state.idle_watch = false;
                return;
            }
            if quiet {
                state.idle_watch = false;
                state.pausing = true;
                if state.engine.storage.tail_is_long(frame) {
                    state.engine.freeze_tail(frame);
                }
                break;
            }
            seen = Some(frame);
        }
        self.start_job();
    }

    async fn run_job(self: &Rc<Self>, mut job: Job) -> Result<(), GivenUp> {
        let mut wrote = false;
        loop {
            let step = {
                let mut state = self.state.borrow_mut();
                if state.closed.is_some() || (state.closing && !job.flushes()) {
                    job.abort(&mut state.engine.storage);
                    return Err(GivenUp::Refused);
                }
                job.step(&mut state.engine.storage)
            };
            let given_up = match step {
                JobStep::Yield => {
                    self.platform.yield_now().await;
                    None
                }
                JobStep::Read(missing) => {
                    let mut gone = None;
                    match self.supply(&missing, &mut gone).await {
                        // A job's blocks are pinned: one that is gone is damage.
                        Ok(()) => gone.map(|_| GivenUp::Damaged),
                        Err(Unread::Store(_)) => Some(GivenUp::Refused),
                        Err(_) => Some(GivenUp::Damaged),
                    }
                }
                JobStep::Write(batch) => {
                    wrote = true;
                    self.store.commit(batch, Durability::Relaxed).await.err().map(|_| GivenUp::Refused)
                }
                JobStep::Finish(batch) => {
                    let result = self.finish(batch, wrote).await;
                    let mut state = self.state.borrow_mut();
                    if result.is_ok() {
                        job.complete(&mut state.engine.storage);
                        state.engine.settle();
                    } else {
                        job.abort(&mut state.engine.storage);
                    }
                    return result.map_err(|_| GivenUp::Refused);
                }
                JobStep::Done => {
                    job.complete(&mut self.state.borrow_mut().engine.storage);
                    return Ok(());
                }
            };
            if let Some(why) = given_up {
                job.abort(&mut self.state.borrow_mut().engine.storage);
                return Err(why);
            }
        }
    }

    /// Commits a job's manifest edit. Its blocks are made to last first: a manifest must not outlive what it names.
    pub(super) async fn finish(self: &Rc<Self>, batch: Batch, wrote: bool) -> Result<(), StoreError> {
        if wrote {
            self.submit(Batch::new()).await?;
        }
        self.submit(batch).await
    }

    /// Strictly commits a job's batch in turn with the groups; an empty one only makes what was written last.
    async fn submit(self: &Rc<Self>, batch: Batch) -> Result<(), StoreError> {
        let outcome = Rc::new(RefCell::new(None));
        {
            let mut state = self.state.borrow_mut();
            state.job_batch = Some(JobBatch { batch, outcome: Rc::clone(&outcome) });
            state.progress.wake();
        }
        self.schedule_commit();
        loop {
            let progress = {
                let state = self.state.borrow();
                if let Some(result) = outcome.borrow_mut().take() {
                    return result;
                }
                if state.closed.is_some() {
                    return Err(StoreError::Closed("the database was closed".into()));
                }
                state.progress.clone()
            };
            progress.wait().await;
        }
    }
}

impl State {
    fn has_work_in_pause(&self) -> bool {
        let storage = &self.engine.storage;
        storage.tail_is_long(self.next_frame) || storage.merges_in_pause()
    }
}
