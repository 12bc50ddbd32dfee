//! The patrol: transactions whose end is never told are given up.
//!
//! Browsers have lost the process behind IndexedDB without a word, above all WebKit's on phones: transactions that were begun
//! then never end. One that is given up may have been written or not; its connection is closed, and what reads the log
//! over the next one waits for whatever of the first is still alive.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll, Waker};

use super::Inner;
use super::transaction::Answered;
use crate::platform::oneshot::Receiver;
use crate::platform::{StoreError, js};

/// How long a transaction may take, in milliseconds.
const PATIENCE: f64 = 10_000.0;
/// A page that slept finds everything late. Its events have so long to come, in milliseconds.
const GRACE: u32 = 1_000;

#[derive(Default)]
pub(super) struct Patrol {
    /// Under way, in no order.
    entries: RefCell<Vec<Entry>>,
    next: Cell<u64>,
    walking: Cell<bool>,
}

struct Entry {
    number: u64,
    began: f64,
    /// It was late at the last look.
    suspect: bool,
    over: bool,
    waker: Option<Waker>,
}

/// The end of a transaction, or of the patience with it.
pub(super) struct Watched {
    number: u64,
    inner: Rc<Inner>,
    receiver: Receiver<Result<Answered, StoreError>>,
}

impl Patrol {
    /// Waits for the end of a transaction that was begun now.
    pub(super) fn watch(inner: &Rc<Inner>, receiver: Receiver<Result<Answered, StoreError>>) -> Watched {
        let patrol = &inner.patrol;
        let number = patrol.next.get();
        patrol.next.set(number + 1);
        let began = js_sys::Date::now();
        patrol.entries.borrow_mut().push(Entry { number, began, suspect: false, over: false, waker: None });
        if !patrol.walking.replace(true) {
            wasm_bindgen_futures::spawn_local(walk(Rc::downgrade(inner)));
        }
        Watched { number, inner: Rc::clone(inner), receiver }
    }

    /// Looks at what is late; gives after how long to look again, if there is anything to look at.
    fn look(&self) -> Option<u32> {
        let mut wakers = Vec::new();
        let mut pause: Option<u32> = None;
        let now = js_sys::Date::now();
        for entry in self.entries.borrow_mut().iter_mut().filter(|entry| !entry.over) {
            // A clock that was set back tells nothing.
            let left = (PATIENCE - (now - entry.began)).min(PATIENCE);
            let next = if left > 0.0 {
                left as u32 + 1
            } else if std::mem::replace(&mut entry.suspect, true) {
                entry.over = true;
                wakers.extend(entry.waker.take());
                continue;
            } else {
                GRACE
            };
            pause = Some(pause.map_or(next, |pause| pause.min(next)));
        }
        for waker in wakers {
            waker.wake();
        }
        pause
    }
}

/// Goes round as long as there is anything under way.
async fn walk(inner: Weak<Inner>) {
    let mut pause = PATIENCE as u32;
    loop {
        js::sleep(pause).await;
        let Some(inner) = inner.upgrade() else { return };
        match inner.patrol.look() {
            Some(next) => pause = next,
            None => return inner.patrol.walking.set(false),
        }
    }
}

impl Future for Watched {
    type Output = Result<Answered, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let unknown = |why: &str| Err(StoreError::Unknown(why.to_owned()));
        if let Poll::Ready(ended) = Pin::new(&mut self.receiver).poll(context) {
            return Poll::Ready(ended.unwrap_or_else(|| unknown("the transaction's events never came")));
        }
        let mut entries = self.inner.patrol.entries.borrow_mut();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.number == self.number) {
            if entry.over {
                return Poll::Ready(unknown("the storage of the browser does not answer"));
            }
            entry.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut entries = self.inner.patrol.entries.borrow_mut();
        if let Some(at) = entries.iter().position(|entry| entry.number == self.number) {
            entries.swap_remove(at);
        }
    }
}
