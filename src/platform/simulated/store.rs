//! The simulated store.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::random::Random;
use crate::platform::memory::Image;
use crate::platform::store::Usage;
use crate::platform::{Batch, Durability, LocalFuture, Space, Store, StoreError, Write};

/// Which calls a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// [`Store::read`].
    Read,
    /// [`Store::list`].
    List,
    /// [`Store::commit`].
    Commit,
}

/// A call that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Calls of this kind count.
    pub call: Call,
    /// So many of them go well first.
    pub after: u64,
    /// What the next one gets.
    pub error: StoreError,
    /// Whether all later ones get it too.
    pub forever: bool,
    /// Whether a commit takes effect all the same; meant for [`StoreError::Unknown`].
    pub applied: bool,
}

impl Fault {
    /// The call after `after` good ones fails, once, without effect.
    pub fn once(call: Call, after: u64, error: StoreError) -> Self {
        Self { call, after, error, forever: false, applied: false }
    }
}

/// Where the answer of a call will be.
struct Answer<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

struct Waiting<T>(Rc<RefCell<Answer<T>>>);

impl<T> Future for Waiting<T> {
    type Output = T;
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let mut answer = self.0.borrow_mut();
        if let Some(value) = answer.value.take() {
            return Poll::Ready(value);
        }
        answer.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

type Reply<T> = Rc<RefCell<Answer<Result<T, StoreError>>>>;

enum Pending {
    Read(Space, Vec<u64>, Reply<Vec<Option<Vec<u8>>>>),
    List(Space, u64, u64, usize, Reply<Vec<(u64, Vec<u8>)>>),
    Commit(Batch, Durability, Reply<()>),
}

fn reply<T>(to: &Reply<T>, value: Result<T, StoreError>) {
    let mut answer = to.borrow_mut();
    answer.value = Some(value);
    if let Some(waker) = answer.waker.take() {
        waker.wake();
    }
}

struct State {
    random: Random,
    /// What readers see.
    image: Image,
    /// What a crash leaves for certain.
    durable: Image,
    /// Commits that readers see and a crash may take, oldest first.
    unsynced: Vec<Batch>,
    /// Calls in the order they were made, with the connection of each.
    pending: VecDeque<(u64, Pending)>,
    connections: u64,
    /// Connections whose calls are not carried out for now.
    held: Vec<u64>,
    faults: Vec<Fault>,
    max_atomic_bytes: usize,
    /// Connections that were closed.
    closed: Vec<u64>,
    commits: u64,
    failures: u64,
}

/// A store whose every choice follows from a seed. Clones share it and their connection to it.
#[derive(Clone)]
pub struct SimulatedStore {
    state: Rc<RefCell<State>>,
    connection: u64,
}

impl SimulatedStore {
    /// An empty store.
    pub fn new(seed: u64) -> Self {
        Self::with_image(seed, Image::default())
    }

    /// A store that begins with `image`, all of it durable.
    pub fn with_image(seed: u64, image: Image) -> Self {
        let state = State {
            random: Random::new(seed),
            durable: image.clone(),
            image,
            unsynced: Vec::new(),
            pending: VecDeque::new(),
            connections: 1,
            held: Vec::new(),
            faults: Vec::new(),
            max_atomic_bytes: usize::MAX,
            closed: Vec::new(),
            commits: 0,
            failures: 0,
        };
        Self { state: Rc::new(RefCell::new(state)), connection: 0 }
    }

    /// Another connection to the same store, as another owner has one. The order of calls holds within each; which of
    /// them has its turn is up to the seed.
    #[must_use]
    pub fn connect(&self) -> Self {
        let mut state = self.state.borrow_mut();
        let connection = state.connections;
        state.connections += 1;
        drop(state);
        Self { state: Rc::clone(&self.state), connection }
    }

    /// Whether the calls of this connection wait, those made already too. A crash finds them in flight.
    pub fn hold(&self, held: bool) {
        let mut state = self.state.borrow_mut();
        state.held.retain(|connection| *connection != self.connection);
        if held {
            state.held.push(self.connection);
        }
    }

    /// Sets [`Store::max_atomic_bytes`]; larger commits are refused.
    pub fn set_max_atomic_bytes(&self, bytes: usize) {
        self.state.borrow_mut().max_atomic_bytes = bytes;
    }

    /// Makes calls fail. Faults count independently of each other.
    pub fn add_fault(&self, fault: Fault) {
        self.state.borrow_mut().faults.push(fault);
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.state.borrow_mut().faults.clear();
    }

    /// What readers see now.
    pub fn image(&self) -> Image {
        self.state.borrow().image.clone()
    }

    /// Calls not completed yet, of all connections.
    pub fn in_flight(&self) -> usize {
        self.state.borrow().pending.len()
    }

    /// Commits not completed yet, of this connection, that write to `space`.
    pub fn commits_in_flight(&self, space: Space) -> usize {
        let writes_there = |write: &Write| match write {
            Write::Add(to, ..) | Write::Put(to, ..) => *to == space,
            Write::Delete(..) | Write::DeleteRange(..) => false,
        };
        let state = self.state.borrow();
        let own = state.pending.iter().filter(|(connection, _)| *connection == self.connection);
        own.filter(|(_, call)| matches!(call, Pending::Commit(batch, ..) if batch.iter().any(writes_there)))
            .count()
    }

    /// Commits completed so far, failed ones included.
    pub fn commits(&self) -> u64 {
        self.state.borrow().commits
    }

    /// Calls that a fault made fail.
    pub fn failures(&self) -> u64 {
        self.state.borrow().failures
    }

    /// Completes one call, if any is in flight: any read or list, or the oldest commit. False if there was none.
    pub fn step(&self) -> bool {
        let Some(call) = self.state.borrow_mut().choose() else { return false };
        // The state is not borrowed while the caller's waker runs.
        match call {
            Pending::Read(space, ids, to) => {
                let answer =
                    self.state.borrow_mut().attempt(Call::Read, |state| Ok(state.image.read(space, &ids)));
                reply(&to, answer);
            }
            Pending::List(space, from, upto, limit, to) => {
                let answer = self
                    .state
                    .borrow_mut()
                    .attempt(Call::List, |state| Ok(state.image.list(space, from, upto, limit)));
                reply(&to, answer);
            }
            Pending::Commit(batch, durability, to) => {
                let answer = self.state.borrow_mut().commit(batch, durability);
                reply(&to, answer);
            }
        }
        true
    }

    /// The power fails now. What is left: everything up to the last strict commit that completed; of the commits
    /// after it, and of those in flight, each as a whole or not at all, as `seed` has it.
    pub fn crash(&self, seed: u64) -> Image {
        let state = self.state.borrow();
        let mut random = Random::new(seed);
        let mut image = state.durable.clone();
        for batch in &state.unsynced {
            if random.chance(50) {
                // The conflicts of this commit were settled when it was made.
                let writes: Vec<_> = batch.iter().cloned().map(replacing).collect();
                let _ = image.commit(&writes);
            }
        }
        // Commits in flight are settled against what the ones before left in memory, and then kept or lost.
        let mut memory = state.image.clone();
        for (_, call) in &state.pending {
            if let Pending::Commit(batch, ..) = call
                && memory.commit(batch).is_ok()
                && random.chance(50)
            {
                let writes: Vec<_> = batch.iter().cloned().map(replacing).collect();
                let _ = image.commit(&writes);
            }
        }
        image
    }

    fn call<T: 'static>(
        &self,
        pending: impl FnOnce(Reply<T>) -> Pending,
    ) -> LocalFuture<Result<T, StoreError>> {
        let answer = Rc::new(RefCell::new(Answer { value: None, waker: None }));
        let mut state = self.state.borrow_mut();
        if state.closed.contains(&self.connection) {
            answer.borrow_mut().value = Some(Err(StoreError::Closed("the store was closed".into())));
        } else {
            state.pending.push_back((self.connection, pending(Rc::clone(&answer))));
        }
        Box::pin(Waiting(answer))
    }
}

fn replacing(write: Write) -> Write {
    match write {
        Write::Add(space, id, value) => Write::Put(space, id, value),
        other => other,
    }
}

impl State {
    /// Takes the call to complete next: the commits of a connection keep their order, and a read sees all commits made
    /// before it.
    fn choose(&mut self) -> Option<Pending> {
        let mut connections: Vec<u64> = self.pending.iter().map(|(connection, _)| *connection).collect();
        connections.retain(|connection| !self.held.contains(connection));
        connections.sort_unstable();
        connections.dedup();
        let turn = match connections.len() {
            0 | 1 => 0,
            several => self.random.below(several as u64) as usize,
        };
        let turn = *connections.get(turn)?;
        let own = |(at, (connection, _)): (usize, &(u64, Pending))| (*connection == turn).then_some(at);
        let own: Vec<usize> = self.pending.iter().enumerate().filter_map(own).collect();
        let is_commit = |at: &usize| matches!(self.pending.get(*at), Some((_, Pending::Commit(..))));
        // Calls before the first commit are reads; any of them, or that commit once they are done.
        let ready = own.iter().position(is_commit).unwrap_or(own.len());
        let at = if ready == 0 { 0 } else { self.random.below(ready as u64) as usize };
        self.pending.remove(*own.get(at)?).map(|(_, call)| call)
    }

    fn fault(&mut self, call: Call) -> Option<Fault> {
        let mut hit = None;
        self.faults.retain_mut(|fault| {
            if fault.call != call {
                return true;
            }
            if let Some(left) = fault.after.checked_sub(1) {
                fault.after = left;
                return true;
            }
            hit = Some(fault.clone());
            fault.forever
        });
        self.failures += u64::from(hit.is_some());
        hit
    }

    fn attempt<T>(
        &mut self,
        call: Call,
        answer: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        if let Some(fault) = self.fault(call) { Err(fault.error) } else { answer(self) }
    }

    fn commit(&mut self, batch: Batch, durability: Durability) -> Result<(), StoreError> {
        self.commits += 1;
        let fault = self.fault(Call::Commit);
        if let Some(fault) = fault.as_ref().filter(|fault| !fault.applied) {
            return Err(fault.error.clone());
        }
        let bytes: usize = batch
            .iter()
            .map(|write| if let Write::Add(_, _, v) | Write::Put(_, _, v) = write { v.len() } else { 0 })
            .sum();
        if bytes > self.max_atomic_bytes {
            return Err(StoreError::Aborted("the batch is too large".into()));
        }
        self.image.commit(&batch)?;
        if durability == Durability::Strict && fault.is_none() {
            self.durable = self.image.clone();
            self.unsynced.clear();
        } else {
            self.unsynced.push(batch);
        }
        fault.map_or(Ok(()), |fault| Err(fault.error))
    }
}

impl Store for SimulatedStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        self.call(|to| Pending::Read(space, ids.to_vec(), to))
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Vec<(u64, Vec<u8>)>, StoreError>> {
        self.call(|reply| Pending::List(space, from, to, limit, reply))
    }

    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        self.call(|to| Pending::Commit(batch, durability, to))
    }

    fn max_atomic_bytes(&self) -> usize {
        self.state.borrow().max_atomic_bytes
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        let state = self.state.borrow();
        let answer = if state.closed.contains(&self.connection) {
            Err(StoreError::Closed("the store was closed".into()))
        } else {
            Ok(Usage { used: state.image.bytes(), quota: None })
        };
        Box::pin(std::future::ready(answer))
    }

    fn close(&self) -> LocalFuture<()> {
        self.state.borrow_mut().closed.push(self.connection);
        Box::pin(std::future::ready(()))
    }
}

impl fmt::Debug for SimulatedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.borrow();
        f.debug_struct("SimulatedStore")
            .field("in_flight", &state.pending.len())
            .field("unsynced", &state.unsynced.len())
            .field("faults", &state.faults)
            .finish_non_exhaustive()
    }
}
