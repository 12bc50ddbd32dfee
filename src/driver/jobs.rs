//! One job at a time: flush, merge, deletion of garbage, in slices between the calls of the application.

use std::cell::RefCell;
use std::rc::Rc;

use super::commit::JobBatch;
use super::{Driver, fetch};
use crate::platform::{Batch, Space, StoreError};
use crate::storage::{Job, JobStep};

impl Driver {
    /// Starts the next job if there is one and none runs.
    pub(super) fn start_job(self: &Rc<Self>) {
        if self.durability.is_none() {
            return;
        }
        let job = {
            let mut state = self.state.borrow_mut();
            if state.job_running || state.closing || state.closed.is_some() {
                return;
            }
            let Some(job) = state.engine.storage.next_job() else { return };
            state.job_running = true;
            job
        };
        self.platform.spawn(Box::pin(Rc::clone(self).run_jobs(job)));
    }

    async fn run_jobs(self: Rc<Self>, first: Job) {
        let mut next = Some(first);
        // What gave rise to it (an opening, a commit) is answered first.
        self.platform.yield_now().await;
        while let Some(job) = next {
            let done = self.run_job(job).await;
            let mut state = self.state.borrow_mut();
            state.progress.wake();
            // A job that failed is tried again after the next commit, not at once.
            let go_on = done && !state.closing && state.closed.is_none();
            next = if go_on { state.engine.storage.next_job() } else { None };
            if next.is_none() {
                state.job_running = false;
            }
        }
        self.state.borrow().progress.wake();
    }

    /// Before closing: flushes what the next opening would have to replay, if it is worth it. The log has it all
    /// the same, so a failure is no matter.
    pub(super) async fn flush_tail(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            if self.durability.is_none() || state.closed.is_some() {
                return;
            }
            let next_frame = state.next_frame;
            state.engine.freeze_tail(next_frame);
            state.job_running = true;
        }
        loop {
            let job = self.state.borrow_mut().engine.storage.next_flush();
            let Some(job) = job else { break };
            if !self.run_job(job).await {
                break;
            }
        }
        let mut state = self.state.borrow_mut();
        state.job_running = false;
        state.progress.wake();
    }

    async fn run_job(self: &Rc<Self>, mut job: Job) -> bool {
        loop {
            let step = {
                let mut state = self.state.borrow_mut();
                if state.closed.is_some() || (state.closing && !job.flushes()) {
                    job.abort(&mut state.engine.storage);
                    return false;
                }
                job.step(&mut state.engine.storage)
            };
            let failed = match step {
                JobStep::Yield => {
                    self.platform.yield_now().await;
                    false
                }
                JobStep::Read(missing) => {
                    let ids: Vec<u64> = missing.iter().map(|b| b.0).collect();
                    let values = self.store.read(Space::Block, &ids).await;
                    // A job's blocks are pinned: one that is gone is damage.
                    !matches!(fetch::install(&mut self.state.borrow_mut(), &missing, values), Ok(None))
                }
                JobStep::Write(batch) => self.submit(batch).await.is_err(),
                JobStep::Finish(batch) => {
                    let result = self.submit(batch).await;
                    let mut state = self.state.borrow_mut();
                    if result.is_ok() {
                        job.complete(&mut state.engine.storage);
                    } else {
                        job.abort(&mut state.engine.storage);
                    }
                    return result.is_ok();
                }
                JobStep::Done => {
                    job.complete(&mut self.state.borrow_mut().engine.storage);
                    return true;
                }
            };
            if failed {
                job.abort(&mut self.state.borrow_mut().engine.storage);
                return false;
            }
        }
    }

    /// Commits a job's writes in turn with the groups.
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
