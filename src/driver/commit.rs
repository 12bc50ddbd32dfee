//! Group commit: writes that arrive together share one store commit.
//!
//! One commit is under way at a time. Each adds, never overwrites, the next dense log numbers, also those that
//! only carry a job's manifest edit; so an owner that was replaced meets a conflict and stops. Blocks go beside
//! them: nobody reads a block before a manifest names it, and each owner has block ids of its own.

use std::cell::RefCell;
use std::rc::Rc;

use super::fetch::storage_error;
use super::open::unchanged;
use super::{Driver, Response, State, Ticket};
use crate::log;
use crate::platform::{Batch, Durability, LocalFuture, Space, StoreError, Write};
use crate::storage::SeqNo;

/// Writes of a job that count as an owner's act, and where their outcome goes.
pub(super) struct JobBatch {
    pub(super) batch: Batch,
    pub(super) outcome: Rc<RefCell<Option<Result<(), StoreError>>>>,
}

/// What is known about a commit.
enum Outcome {
    /// Written; the next frame has this number.
    Committed(u64),
    /// Nothing was written; the database goes on from the last durable state.
    Refused(StoreError),
    /// This owner cannot go on.
    Lost(StoreError),
}

/// A commit whose requests were made, and what is to be done when it has ended.
struct InFlight {
    ended: LocalFuture<Result<(), StoreError>>,
    /// Number and checksum of the last frame. Should the outcome be unknown, they tell: it is there, or nothing is.
    witness: Option<(u64, Option<u32>)>,
    /// Number of the frame that follows.
    next_frame: u64,
    durability: Durability,
}

/// A group under way.
struct GroupInFlight {
    last: SeqNo,
    commit: InFlight,
}

/// What the commit loop does after a group.
enum Next {
    /// It ends: whoever writes next starts anew.
    Nothing,
    /// It waits for a group that is under way already.
    Group(GroupInFlight),
    /// It looks what this turn brings.
    Turn,
}

impl Driver {
    /// Starts the commit loop unless it runs.
    ///
    /// An application that awaits each write before the next one has its commit begun before the call returns.
    /// Otherwise the group closes at the end of the turn, so that everybody who is about to write gets into it.
    pub(super) fn schedule_commit(self: &Rc<Self>) {
        if self.durability.get().is_none() {
            return;
        }
        let at_once = {
            let mut state = self.state.borrow_mut();
            if state.committing || state.closed.is_some() {
                return;
            }
            state.committing = true;
            state.one_by_one && !state.engine.storage.pressure()
        };
        let first = if at_once { self.begin_group() } else { None };
        self.platform.spawn(Box::pin(Rc::clone(self).commit_loop(first)));
    }

    async fn commit_loop(self: Rc<Self>, mut first: Option<GroupInFlight>) {
        loop {
            let group = if let Some(group) = first.take() {
                Some(group)
            } else {
                // Everybody who is about to write in this turn gets into the group.
                self.platform.turn_end().await;
                self.relieve_pressure().await;
                self.begin_group()
            };
            let had_group = group.is_some();
            if let Some(group) = group {
                match self.end_group(group).await {
                    Next::Nothing => break,
                    Next::Group(next) => {
                        first = Some(next);
                        self.start_job();
                        continue;
                    }
                    Next::Turn => {}
                }
            }
            // A steady stream of writes must not starve the job.
            let job = {
                let mut state = self.state.borrow_mut();
                let job = if state.closed.is_some() { None } else { state.job_batch.take() };
                if !had_group && job.is_none() {
                    state.rest();
                    break;
                }
                job
            };
            if let Some(job) = job {
                self.commit_job(job).await;
            }
            self.start_job();
        }
        self.start_job();
        self.watch_for_idle();
    }

    /// Hands the oldest group to the store.
    fn begin_group(&self) -> Option<GroupInFlight> {
        // As it is when the group begins: it may have been raised since the last one.
        let durability = self.durability.get()?;
        let group = {
            let mut state = self.state.borrow_mut();
            if state.closed.is_some() {
                return None;
            }
            let group = state.engine.take_group()?;
            state.one_by_one = group.records.len() == 1;
            state.pausing = false;
            group
        };
        let commit = self.begin_commit(&group.records, Batch::new(), durability);
        Some(GroupInFlight { last: group.last, commit })
    }

    /// Waits for a group's end and lets its answers go. A group that is full by then is under way before: while the store
    /// writes it, those who are answered make the next one.
    async fn end_group(self: &Rc<Self>, group: GroupInFlight) -> Next {
        let GroupInFlight { last, commit } = group;
        match self.outcome(commit).await {
            Outcome::Committed(next) => {
                let mut state = self.state.borrow_mut();
                state.next_frame = next;
                state.engine.committed(last, next);
                let ready = state
                    .waiting
                    .take_range(&(SeqNo(0), Ticket::default()), &(SeqNo(last.0 + 1), Ticket::default()));
                let is_alone = state.job_batch.is_none();
                let done = state.one_by_one && !state.engine.has_writes() && is_alone;
                let goes_on = is_alone && state.engine.has_full_group() && !state.engine.storage.pressure();
                if done {
                    state.rest();
                }
                state.progress.wake();
                drop(state);
                let next = if goes_on { self.begin_group() } else { None };
                self.deliver(ready.into_iter().map(|((_, ticket), response)| (ticket, response)).collect());
                match next {
                    Some(group) => Next::Group(group),
                    None if done => Next::Nothing,
                    None => Next::Turn,
                }
            }
            Outcome::Refused(error) => {
                self.roll_back(&error);
                Next::Turn
            }
            Outcome::Lost(error) => {
                self.lose(&error);
                Next::Turn
            }
        }
    }

    async fn commit_job(self: &Rc<Self>, job: JobBatch) {
        let kept = trimmed_to(&job.batch).and_then(|start| {
            let now_millis = self.platform.now_millis();
            self.state.borrow_mut().engine.keep_answers(start, now_millis)
        });
        // Strict whatever the writes are: a manifest must never outlive the blocks it names.
        let commit = self.begin_commit(kept.as_slice(), job.batch, Durability::Strict);
        let result = match self.outcome(commit).await {
            Outcome::Committed(next) => {
                self.state.borrow_mut().next_frame = next;
                Ok(())
            }
            Outcome::Refused(error) => Err(error),
            Outcome::Lost(error) => {
                self.lose(&error);
                Err(error)
            }
        };
        *job.outcome.borrow_mut() = Some(result);
        self.state.borrow().progress.wake();
    }

    /// Adds `records` as the next frames, together with `more`.
    fn begin_commit(&self, records: &[Vec<u8>], more: Batch, durability: Durability) -> InFlight {
        let (epoch, first, kept, mut batch) = {
            let state = self.state.borrow();
            // One that has still to take over does nothing but add.
            let before = state.opening.as_ref().map_or(&state.garbage, |opening| &opening.frame);
            (state.epoch, state.next_frame, state.kept, before.clone())
        };
        let frames = log::encode_group(epoch, first, kept, records);
        let next_frame = first + frames.len() as u64;
        let witness = frames.last().map(|(number, bytes)| (*number, log::checksum_of(bytes)));
        batch.extend(frames.into_iter().map(|(number, bytes)| Write::Add(Space::Log, number, bytes)));
        batch.extend(more);
        InFlight { ended: self.store.commit(batch, durability), witness, next_frame, durability }
    }

    async fn outcome(&self, commit: InFlight) -> Outcome {
        let InFlight { ended, witness, next_frame, durability } = commit;
        let outcome = match ended.await {
            Ok(()) => Outcome::Committed(next_frame),
            Err(error @ (StoreError::Aborted(_) | StoreError::Full(_))) => Outcome::Refused(error),
            Err(error @ StoreError::Conflict) => Outcome::Lost(error),
            Err(error) => match self.settle_unknown(witness, next_frame, error).await {
                Outcome::Committed(next) if durability == Durability::Strict => self.make_last(next).await,
                outcome => outcome,
            },
        };
        if matches!(outcome, Outcome::Committed(_)) {
            let opening = {
                let mut state = self.state.borrow_mut();
                state.kept = durability == Durability::Strict;
                if state.opening.is_none() {
                    state.garbage.clear();
                }
                state.opening.take()
            };
            if let Some(opening) = opening
                && let Err(error) = unchanged(&*self.store, opening.root.as_deref()).await
            {
                return Outcome::Lost(error);
            }
        }
        outcome
    }

    /// Reads the log's tail to find out what became of a commit.
    async fn settle_unknown(
        &self,
        witness: Option<(u64, Option<u32>)>,
        next_frame: u64,
        error: StoreError,
    ) -> Outcome {
        let Some((number, checksum)) = witness else { return Outcome::Lost(error) };
        match self.store.list(Space::Log, number, u64::MAX, 1).await {
            Ok(frames) => match frames.into_iter().next() {
                Some((found, bytes)) if found == number && log::checksum_of(&bytes) == checksum => {
                    Outcome::Committed(next_frame)
                }
                // Another owner has come. It may have trimmed the log since, so nothing tells whether it found the frame.
                Some(_) => Outcome::Lost(StoreError::Conflict),
                None => Outcome::Refused(StoreError::Aborted(error.to_string())),
            },
            Err(_) => Outcome::Lost(error),
        }
    }

    /// What can be read need not be on the disk: a strict commit of a frame without records sees to that.
    async fn make_last(&self, number: u64) -> Outcome {
        let epoch = self.state.borrow().epoch;
        let frames = log::encode_group(epoch, number, false, &[]);
        let next_frame = number + frames.len() as u64;
        let batch = frames.into_iter().map(|(number, bytes)| Write::Add(Space::Log, number, bytes)).collect();
        match self.store.commit(batch, Durability::Strict).await {
            Ok(()) => Outcome::Committed(next_frame),
            Err(error @ (StoreError::Conflict | StoreError::Closed(_))) => Outcome::Lost(error),
            // This one was not written; the one before was, and no error may say that it was not.
            Err(error) => Outcome::Lost(StoreError::Unknown(error.to_string())),
        }
    }

    /// The group was not written: back to the last durable state, for it and for all that built on it.
    fn roll_back(&self, error: &StoreError) {
        let error = storage_error(error);
        let answers: Vec<(Ticket, Response)> = {
            let mut state = self.state.borrow_mut();
            state.engine.roll_back();
            let durable = state.engine.storage.durable();
            state.awaited.roll_back(durable);
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

/// The frame up to which a batch takes records from the log. What it spares before that opens an epoch and has none.
#[inline(never)]
fn trimmed_to(batch: &Batch) -> Option<u64> {
    let ends = batch.iter().filter_map(|write| match write {
        Write::DeleteRange(Space::Log, _, end) => Some(*end),
        _ => None,
    });
    ends.max()
}

impl State {
    /// No commit is under way.
    fn rest(&mut self) {
        self.committing = false;
        self.progress.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_records_up_to_the_last_frame_it_deletes() {
        let mut batch = vec![Write::DeleteRange(Space::Block, 1, 900), Write::Delete(Space::Log, 3)];
        assert_eq!(trimmed_to(&batch), None, "an old frame that was spared before");
        batch.extend([Write::DeleteRange(Space::Log, 10, 20), Write::DeleteRange(Space::Log, 21, 25)]);
        batch.push(Write::DeleteRange(Space::Meta, 1, 800));
        assert_eq!(trimmed_to(&batch), Some(25));
    }
}
