//! A wake-up call for every future that waits on "something ended".

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Wakes all that wait. Waiters look again at what they wait for; a wake-up promises nothing.
#[derive(Clone, Default)]
pub(super) struct Signal {
    inner: Rc<RefCell<Inner>>,
}

#[derive(Default)]
struct Inner {
    turn: u64,
    wakers: Vec<Waker>,
}

impl Signal {
    /// Wakes every waiter.
    pub(super) fn wake(&self) {
        let wakers = {
            let mut inner = self.inner.borrow_mut();
            inner.turn += 1;
            std::mem::take(&mut inner.wakers)
        };
        for waker in wakers {
            waker.wake();
        }
    }

    /// Resolves at the next [`Signal::wake`].
    pub(super) async fn wait(&self) {
        let start = self.inner.borrow().turn;
        poll_fn(|context| {
            let mut inner = self.inner.borrow_mut();
            if inner.turn != start {
                return Poll::Ready(());
            }
            inner.wakers.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
