//! Tasks that miss blocks: read, install, step again; and the order of writes to one partition key.
//!
//! A write that waits for blocks holds its partition keys. Later writes to any of them are parked behind it, so
//! writes to one partition key take effect in the order they arrived. Reads hold nothing.

use std::collections::VecDeque;
use std::rc::Rc;

use super::{Driver, Progress, Response, Ticket};
use crate::api::step::{Partition, Step};
use crate::api::task::Task;
use crate::api::{ApiError, ErrorKind};
use crate::collections::{VecMap, sort};
use crate::platform::StoreError;
use crate::storage::BlockId;

/// Tasks between their arrival and their answer.
#[derive(Default)]
pub(super) struct Queue {
    /// Who holds each partition key (front) and who waits for it.
    lines: VecMap<Partition, VecDeque<Ticket>>,
    held: VecMap<Ticket, Vec<Partition>>,
    parked: VecMap<Ticket, Task>,
    reading: usize,
    /// Tasks whose turn to read has not come.
    later: VecDeque<(Ticket, Task, Vec<BlockId>)>,
}

/// Tasks that read at the same time. What they read stays pinned until their answer, and has to fit into the cache.
const MAX_READING: usize = 64;

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.reading == 0 && self.parked.is_empty() && self.later.is_empty()
    }

    /// Must a task that writes to `partitions` wait for another?
    pub(super) fn must_wait(&self, partitions: &[Partition]) -> bool {
        !self.lines.is_empty() && partitions.iter().any(|p| self.lines.contains_key(p))
    }

    pub(super) fn park(&mut self, ticket: Ticket, task: Task) {
        self.line_up(ticket, task.partitions());
        self.parked.insert(ticket, task);
    }

    /// A task keeps its partition keys until it is evaluated. It lines up unless it came from the line.
    pub(super) fn hold(&mut self, ticket: Ticket, partitions: &[Partition]) {
        if !self.held.contains_key(&ticket) {
            self.line_up(ticket, partitions);
        }
    }

    /// Gives the task back when it may read now, else keeps it.
    pub(super) fn start(
        &mut self,
        ticket: Ticket,
        task: Task,
        missing: Vec<BlockId>,
    ) -> Option<(Task, Vec<BlockId>)> {
        if self.reading >= MAX_READING {
            self.later.push_back((ticket, task, missing));
            return None;
        }
        self.reading += 1;
        Some((task, missing))
    }

    /// A task has read all it needs; gives the one whose turn it is.
    fn finish(&mut self) -> Option<(Ticket, Task, Vec<BlockId>)> {
        let next = self.later.pop_front();
        if next.is_none() {
            self.reading -= 1;
        }
        next
    }

    fn line_up(&mut self, ticket: Ticket, partitions: &[Partition]) {
        let mut own: Vec<Partition> = partitions.to_vec();
        sort(&mut own);
        own.dedup();
        for partition in &own {
            self.lines.get_or_default(*partition).push_back(ticket);
        }
        if !own.is_empty() {
            self.held.insert(ticket, own);
        }
    }

    /// `ticket` is done with its partition keys; gives those whose turn it is now.
    fn release(&mut self, ticket: Ticket) -> Vec<(Ticket, Task)> {
        let mut next = Vec::new();
        for partition in self.held.remove(&ticket).unwrap_or_default() {
            let Some(line) = self.lines.get_mut(&partition) else { continue };
            line.retain(|t| *t != ticket);
            match line.front() {
                Some(front) => next.push(*front),
                None => {
                    self.lines.remove(&partition);
                }
            }
        }
        sort(&mut next);
        next.dedup();
        next.retain(|t| self.is_first_everywhere(*t));
        next.into_iter().filter_map(|t| self.parked.remove(&t).map(|task| (t, task))).collect()
    }

    fn is_first_everywhere(&self, ticket: Ticket) -> bool {
        self.held.get(&ticket).is_some_and(|own| {
            own.iter().all(|p| self.lines.get(p).and_then(VecDeque::front) == Some(&ticket))
        })
    }

    /// Forgets all tasks that have not begun to read.
    pub(super) fn drain_parked(&mut self) -> Vec<Ticket> {
        self.lines.clear();
        self.held.clear();
        let parked = std::mem::take(&mut self.parked).into_entries();
        let later = std::mem::take(&mut self.later).into_iter().map(|(ticket, ..)| ticket);
        parked.into_iter().map(|(ticket, _)| ticket).chain(later).collect()
    }
}

impl Driver {
    /// Reads what `task` misses until it is done.
    pub(super) async fn fetch(self: Rc<Self>, ticket: Ticket, mut task: Task, mut missing: Vec<BlockId>) {
        let mut gone = None;
        let answer = loop {
            let supplied = self.supply(&missing, &mut gone).await;
            let mut state = self.state.borrow_mut();
            if let Some(error) = &state.closed {
                break Some(Err(error.clone()));
            }
            if let Err(unread) = supplied {
                break Some(Err(unread.into()));
            }
            match state.step(&mut task, ticket) {
                Step::Missing(blocks) => missing = blocks,
                Step::Done(answer) => match state.hold(answer, ticket) {
                    Progress::Answered(response) => break Some(response),
                    _ => break None,
                },
            }
        };
        drop(task);
        let mut answers: Vec<(Ticket, Response)> = answer.map(|a| (ticket, a)).into_iter().collect();
        let has_writes = {
            let mut state = self.state.borrow_mut();
            if let Some((next, task, blocks)) = state.fetch.finish() {
                self.platform.spawn(Box::pin(Rc::clone(&self).fetch(next, task, blocks)));
            }
            let mut released = VecDeque::from(state.fetch.release(ticket));
            while let Some((next, task)) = released.pop_front() {
                match self.advance(&mut state, task, next) {
                    Progress::Reading => continue,
                    Progress::Evaluated => {}
                    Progress::Answered(response) => answers.push((next, response)),
                }
                let after = state.fetch.release(next);
                released.extend(after);
            }
            state.progress.wake();
            state.engine.has_writes()
        };
        if has_writes {
            self.schedule_commit();
        }
        self.deliver(answers);
    }
}

/// The error a caller sees for a failed storage call.
pub(super) fn storage_error(error: &StoreError) -> ApiError {
    let kind = match error {
        StoreError::Full(_) => ErrorKind::StorageFull,
        StoreError::Conflict | StoreError::Closed(_) => ErrorKind::DatabaseClosed,
        StoreError::Aborted(_)
        | StoreError::Unknown(_)
        | StoreError::Failed(_)
        | StoreError::Unavailable(_) => ErrorKind::StorageFailed,
    };
    ApiError::new(kind, error.to_string())
}
