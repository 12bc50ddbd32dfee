//! Group commit: writes that arrive together share one store commit.
//!
//! One commit is under way at a time. Each adds, never overwrites, the next dense log numbers, also those that
//! only carry a job's manifest edit; so an owner that was replaced meets a conflict and stops. Blocks go beside
//! them: nobody reads a block before a manifest names it, and each owner has block ids of its own.

use std::cell::RefCell;
use std::rc::Rc;

use super::fetch::storage_error;
use super::{Driver, Response, Ticket};
use crate::checksum::crc32;
use crate::engine::Group;
use crate::log;
use crate::platform::{Batch, Durability, Space, StoreError, Write};
use crate::storage::SeqNo;

/// Writes of a job that count as an owner's act, and where their outcome goes.
pub(super) struct JobBatch {
    pub(super) batch: Batch,
    pub(super) outcome: Rc<RefCell<Option<Result<(), StoreError>>>>,
}

/// What is known about a commit.
enum Outcome {
    Committed,
    /// Nothing was written; the database goes on from the last durable state.
    Refused(StoreError),
    /// This owner cannot go on.
    Lost(StoreError),
}

impl Driver {
    /// Starts the commit loop unless it runs.
    pub(super) fn schedule_commit(self: &Rc<Self>) {
        if self.durability.is_none() {
            return;
        }
        {
            let mut state = self.state.borrow_mut();
            if state.committing || state.closed.is_some() {
                return;
            }
            state.committing = true;
        }
        self.platform.spawn(Box::pin(Rc::clone(self).commit_loop()));
    }

    async fn commit_loop(self: Rc<Self>) {
        loop {
            // Everybody who is about to write in this turn gets into the group.
            self.platform.turn_end().await;
            self.relieve_pressure().await;
            let (group, job) = {
                let mut state = self.state.borrow_mut();
                let group = state.engine.take_group();
                let job = if group.is_none() { state.job_batch.take() } else { None };
                if (group.is_none() && job.is_none()) || state.closed.is_some() {
                    state.committing = false;
                    state.progress.wake();
                    drop(state);
                    return self.watch_for_idle();
                }
                (group, job)
            };
            if let Some(group) = group {
                self.commit_group(group).await;
                // A steady stream of writes must not starve the job.
                let job = self.state.borrow_mut().job_batch.take();
                if let Some(job) = job {
                    self.commit_job(job).await;
                }
            } else if let Some(job) = job {
                self.commit_job(job).await;
            }
            self.start_job();
        }
    }

    async fn commit_group(self: &Rc<Self>, group: Group) {
        let last = group.last;
        let (outcome, next) = match self.durability {
            None => (Outcome::Committed, 0),
            Some(durability) => self.commit_frames(&group.records, Batch::new(), durability).await,
        };
        match outcome {
            Outcome::Committed => {
                let answers = {
                    let mut state = self.state.borrow_mut();
                    state.next_frame = next;
                    state.engine.committed(last, next);
                    let ready = state.waiting.take_range(&(SeqNo(0), 0), &(SeqNo(last.0 + 1), 0));
                    state.progress.wake();
                    ready.into_iter().map(|((_, ticket), response)| (ticket, response)).collect()
                };
                self.deliver(answers);
            }
            Outcome::Refused(error) => self.roll_back(&error),
            Outcome::Lost(error) => self.poison(storage_error(&error)),
        }
    }

    async fn commit_job(self: &Rc<Self>, job: JobBatch) {
        // Strict whatever the writes are: a manifest must never outlive the blocks it names.
        let (outcome, next) = self.commit_frames(&[], job.batch, Durability::Strict).await;
        let result = match outcome {
            Outcome::Committed => {
                self.state.borrow_mut().next_frame = next;
                Ok(())
            }
            Outcome::Refused(error) => Err(error),
            Outcome::Lost(error) => {
                self.poison(storage_error(&error));
                Err(error)
            }
        };
        *job.outcome.borrow_mut() = Some(result);
        self.state.borrow().progress.wake();
    }

    /// Adds `records` as the next frames, together with `more`. Gives the frame number that follows.
    async fn commit_frames(
        &self,
        records: &[Vec<u8>],
        more: Batch,
        durability: Durability,
    ) -> (Outcome, u64) {
        let (epoch, first) = {
            let state = self.state.borrow();
            (state.epoch, state.next_frame)
        };
        let frames = log::encode_group(epoch, first, records);
        let next = first + frames.len() as u64;
        // Should the outcome be unknown, the bytes of the last frame tell: it is there, or nothing is.
        let witness = frames.last().map(|(number, bytes)| (*number, crc32(bytes)));
        let mut batch: Batch =
            frames.into_iter().map(|(number, bytes)| Write::Add(Space::Log, number, bytes)).collect();
        batch.extend(more);
        let outcome = match self.store.commit(batch, durability).await {
            Ok(()) => Outcome::Committed,
            Err(error @ (StoreError::Aborted(_) | StoreError::Full(_))) => Outcome::Refused(error),
            Err(error @ StoreError::Conflict) => Outcome::Lost(error),
            Err(error) => self.settle_unknown(witness, error).await,
        };
        (outcome, next)
    }

    /// Reads the log's tail to find out what became of a commit.
    async fn settle_unknown(&self, witness: Option<(u64, u32)>, error: StoreError) -> Outcome {
        let Some((number, checksum)) = witness else { return Outcome::Lost(error) };
        match self.store.read(Space::Log, &[number]).await {
            Ok(values) => match values.into_iter().next().flatten() {
                Some(bytes) if crc32(&bytes) == checksum => Outcome::Committed,
                Some(_) => Outcome::Lost(StoreError::Conflict),
                None => Outcome::Refused(StoreError::Aborted(error.to_string())),
            },
            Err(_) => Outcome::Lost(error),
        }
    }

    /// The group was not written: back to the last durable state, for it and for all that built on it.
    fn roll_back(&self, error: &StoreError) {
        let error = storage_error(error);
        let answers: Vec<(Ticket, Response)> = {
            let mut state = self.state.borrow_mut();
            state.engine.roll_back();
            state.progress.wake();
            std::mem::take(&mut state.waiting)
                .into_entries()
                .into_iter()
                .map(|((_, ticket), _)| (ticket, Err(error.clone())))
                .collect()
        };
        self.deliver(answers);
    }

    /// Too many unmerged runs: let the job catch up before more is written.
    async fn relieve_pressure(self: &Rc<Self>) {
        loop {
            let (job, progress) = {
                let mut state = self.state.borrow_mut();
                if !state.engine.storage.pressure() || !state.job_running || state.closed.is_some() {
                    return;
                }
                // The job itself may wait for this loop.
                (state.job_batch.take(), state.progress.clone())
            };
            match job {
                Some(job) => self.commit_job(job).await,
                None => progress.wait().await,
            }
        }
    }
}
