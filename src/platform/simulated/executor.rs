//! The simulated platform: virtual time, seeded randomness, and tasks in a queue.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use super::random::Random;
use super::store::SimulatedStore;
use crate::platform::{LocalFuture, Platform};

/// Ids of tasks that can go on. Shared with wakers, which must be able to cross threads even if none here does.
type Ready = Arc<Mutex<Vec<u64>>>;

struct TaskWaker {
    id: u64,
    ready: Ready,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if let Ok(mut ready) = self.ready.lock()
            && !ready.contains(&self.id)
        {
            ready.push(self.id);
        }
    }
}

struct State {
    now_millis: Cell<u64>,
    random: RefCell<Random>,
    schedule: RefCell<Random>,
    tasks: RefCell<BTreeMap<u64, LocalFuture<()>>>,
    next_task: Cell<u64>,
    ready: Ready,
    /// Who waits for the end of the turn.
    turn_end: RefCell<Vec<Waker>>,
    /// Who waits for a turn after that.
    yielded: RefCell<Vec<Waker>>,
    /// Who sleeps. Time goes on only when nothing else can.
    sleeping: RefCell<Vec<Waker>>,
    turn: Cell<u64>,
    round: Cell<u64>,
    naps: Cell<u64>,
    stores: RefCell<Vec<SimulatedStore>>,
    /// Whether timers are lost, and what was asked for in their place.
    loses_timers: Cell<bool>,
    alarm: Cell<Option<u64>>,
}

/// A platform for native tests. Clones share it.
#[derive(Clone)]
pub struct SimulatedPlatform(Rc<State>);

impl SimulatedPlatform {
    /// Begins at a fixed moment of 2026.
    pub fn new(seed: u64) -> Self {
        Self(Rc::new(State {
            now_millis: Cell::new(1_767_225_600_000),
            random: RefCell::new(Random::new(seed)),
            schedule: RefCell::new(Random::new(!seed)),
            tasks: RefCell::default(),
            next_task: Cell::new(0),
            ready: Ready::default(),
            turn_end: RefCell::default(),
            yielded: RefCell::default(),
            sleeping: RefCell::default(),
            turn: Cell::new(0),
            round: Cell::new(0),
            naps: Cell::new(0),
            stores: RefCell::default(),
            loses_timers: Cell::new(false),
            alarm: Cell::new(None),
        }))
    }

    /// From now on is one that can be asked for a call (`Platform::wake_at`).
    pub fn lose_timers(&self) {
        self.0.loses_timers.set(true);
    }

    /// The earliest call that was asked for since this was last looked at.
    pub fn take_alarm(&self) -> Option<u64> {
        self.0.alarm.take()
    }

    /// Lets [`SimulatedPlatform::block_on`] step `store` when nothing else can go on.
    pub fn attach(&self, store: &SimulatedStore) {
        self.0.stores.borrow_mut().push(store.clone());
    }

    /// The stores whose calls it completes.
    pub fn stores(&self) -> Vec<SimulatedStore> {
        self.0.stores.borrow().clone()
    }

    /// Lets no store be stepped any more, after a crash say.
    pub fn detach_stores(&self) {
        self.0.stores.borrow_mut().clear();
    }

    /// Drops all tasks, as the death of the process would.
    pub fn kill_tasks(&self) {
        let tasks = std::mem::take(&mut *self.0.tasks.borrow_mut());
        drop(tasks);
        self.0.turn_end.borrow_mut().clear();
        self.0.yielded.borrow_mut().clear();
        self.0.sleeping.borrow_mut().clear();
    }

    /// Moves the clock; it may go backwards.
    pub fn set_now_millis(&self, now: u64) {
        self.0.now_millis.set(now);
    }

    /// Moves the clock on.
    pub fn advance_millis(&self, by: u64) {
        self.0.now_millis.set(self.0.now_millis.get() + by);
    }

    /// Tasks that have not ended.
    pub fn tasks(&self) -> usize {
        self.0.tasks.borrow().len()
    }

    /// Runs tasks, turn by turn, until none can go on. Stores are not stepped.
    pub fn run_until_stalled(&self) {
        while self.run_turn() {}
    }

    /// Completes one call of a store that the seed chooses; false if none is in flight.
    pub fn step_store(&self) -> bool {
        let waiting: Vec<_> =
            self.0.stores.borrow().iter().filter(|store| store.in_flight() > 0).cloned().collect();
        let at = self.0.schedule.borrow_mut().below(waiting.len() as u64) as usize;
        waiting.get(at).is_some_and(SimulatedStore::step)
    }

    /// Runs everything, stepping the attached stores, until nothing is left to do.
    pub fn run_until_idle(&self) {
        loop {
            self.run_until_stalled();
            if !self.step_store() && !self.end_naps() {
                return;
            }
        }
    }

    /// Runs everything until `future` has its value; `None` if it never will.
    pub fn block_on<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Option<T> {
        let value = Rc::new(Cell::new(None));
        let to = Rc::clone(&value);
        self.spawn(Box::pin(async move { to.set(Some(future.await)) }));
        loop {
            self.run_until_stalled();
            if let Some(value) = value.take() {
                return Some(value);
            }
            if !self.step_store() && !self.end_naps() {
                return None;
            }
        }
    }

    /// Wakes whoever sleeps; false if nobody does.
    pub fn end_naps(&self) -> bool {
        self.0.naps.set(self.0.naps.get() + 1);
        wake_all(&self.0.sleeping)
    }

    /// Polls what is ready, one task; then whoever waits for the end of the turn; then whoever yielded.
    fn run_turn(&self) -> bool {
        let next = self.0.ready.lock().ok().and_then(|mut ready| {
            let count = ready.len() as u64;
            (count > 0).then(|| ready.remove(self.0.schedule.borrow_mut().below(count) as usize))
        });
        if let Some(id) = next {
            self.poll(id);
            return true;
        }
        self.0.turn.set(self.0.turn.get() + 1);
        if wake_all(&self.0.turn_end) {
            return true;
        }
        self.0.round.set(self.0.round.get() + 1);
        wake_all(&self.0.yielded)
    }

    fn poll(&self, id: u64) {
        let Some(mut task) = self.0.tasks.borrow_mut().remove(&id) else { return };
        let waker = Waker::from(Arc::new(TaskWaker { id, ready: Arc::clone(&self.0.ready) }));
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            self.0.tasks.borrow_mut().insert(id, task);
        }
    }
}

fn wake_all(waiting: &RefCell<Vec<Waker>>) -> bool {
    let waiting = std::mem::take(&mut *waiting.borrow_mut());
    let any = !waiting.is_empty();
    waiting.into_iter().for_each(Waker::wake);
    any
}

/// Ready when the counter has moved on.
struct Until {
    state: Rc<State>,
    since: u64,
    event: Event,
}

#[derive(Clone, Copy)]
enum Event {
    TurnEnd,
    Round,
    Nap,
}

impl Future for Until {
    type Output = ();
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let (now, waiting) = match self.event {
            Event::TurnEnd => (self.state.turn.get(), &self.state.turn_end),
            Event::Round => (self.state.round.get(), &self.state.yielded),
            Event::Nap => (self.state.naps.get(), &self.state.sleeping),
        };
        if now > self.since {
            return Poll::Ready(());
        }
        waiting.borrow_mut().push(context.waker().clone());
        Poll::Pending
    }
}

impl Platform for SimulatedPlatform {
    fn now_millis(&self) -> u64 {
        self.0.now_millis.get()
    }

    fn fill_random(&self, out: &mut [u8]) {
        self.0.random.borrow_mut().fill(out);
    }

    fn spawn(&self, task: LocalFuture<()>) {
        let id = self.0.next_task.get();
        self.0.next_task.set(id + 1);
        self.0.tasks.borrow_mut().insert(id, task);
        if let Ok(mut ready) = self.0.ready.lock() {
            ready.push(id);
        }
    }

    fn yield_now(&self) -> LocalFuture<()> {
        Box::pin(Until { state: Rc::clone(&self.0), since: self.0.round.get(), event: Event::Round })
    }

    fn turn_end(&self) -> LocalFuture<()> {
        Box::pin(Until { state: Rc::clone(&self.0), since: self.0.turn.get(), event: Event::TurnEnd })
    }

    fn sleep(&self, _millis: u32) -> LocalFuture<()> {
        Box::pin(Until { state: Rc::clone(&self.0), since: self.0.naps.get(), event: Event::Nap })
    }

    fn wake_at(&self, millis: u64) -> bool {
        let asked = self.0.alarm.get().map_or(millis, |earlier| earlier.min(millis));
        if self.0.loses_timers.get() {
            self.0.alarm.set(Some(asked));
        }
        self.0.loses_timers.get()
    }
}

impl fmt::Debug for SimulatedPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulatedPlatform").field("tasks", &self.tasks()).finish_non_exhaustive()
    }
}
