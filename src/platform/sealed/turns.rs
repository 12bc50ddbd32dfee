//! Turns: what is sealed at the same time reaches the store in the order it was given.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::platform::oneshot::{self, Sender};

/// Gives out turns, and knows whose it is.
#[derive(Default)]
pub(super) struct Turns {
    given: Cell<u64>,
    over: Cell<u64>,
    waiting: RefCell<Vec<(u64, Sender<()>)>>,
}

/// A turn, over when it is dropped.
pub(super) struct Turn {
    number: u64,
    turns: Rc<Turns>,
}

impl Turns {
    pub(super) fn next(self: &Rc<Self>) -> Turn {
        let number = self.given.get();
        self.given.set(number + 1);
        Turn { number, turns: Rc::clone(self) }
    }

    /// Waits until all turns that were given so far are over.
    pub(super) async fn over(self: &Rc<Self>) {
        self.before(self.given.get()).await;
    }

    async fn before(&self, number: u64) {
        while self.over.get() < number {
            let (sender, receiver) = oneshot::channel();
            self.waiting.borrow_mut().push((number, sender));
            receiver.await;
        }
    }
}

impl Turn {
    /// Waits until it has come.
    pub(super) async fn comes(&self) {
        self.turns.before(self.number).await;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let turns = &self.turns;
        // A turn that is dropped before it came would let later ones pass earlier ones: nobody drops one so.
        turns.over.set(turns.over.get().max(self.number + 1));
        let waiting = std::mem::take(&mut *turns.waiting.borrow_mut());
        let (ready, still): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(number, _)| *number <= turns.over.get());
        turns.waiting.borrow_mut().extend(still);
        for (_, sender) in ready {
            sender.send(());
        }
    }
}
