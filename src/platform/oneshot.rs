//! One value from one place to another on one thread: how a callback finishes a future.
//!
//! It knows nothing of who sends. A sender that is dropped unsent finishes the receiver with `None`, so no future
//! waits for ever on a callback that cannot come any more.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

enum State<T> {
    Waiting(Option<Waker>),
    Sent(T),
    Dropped,
}

/// The sending half.
pub struct Sender<T>(Rc<RefCell<State<T>>>);

/// The receiving half: a future of the value, or of `None` when the sender was dropped.
pub struct Receiver<T>(Rc<RefCell<State<T>>>);

/// A sender and its receiver.
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let state = Rc::new(RefCell::new(State::Waiting(None)));
    (Sender(Rc::clone(&state)), Receiver(state))
}

impl<T> Sender<T> {
    /// Hands the value over and wakes the receiver.
    pub fn send(self, value: T) {
        settle(&self.0, State::Sent(value));
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let waiting = matches!(*self.0.borrow(), State::Waiting(_));
        if waiting {
            settle(&self.0, State::Dropped);
        }
    }
}

/// Takes the state to `end`; the receiver is woken after the borrow is over, since it may poll at once.
fn settle<T>(state: &RefCell<State<T>>, end: State<T>) {
    let before = state.replace(end);
    if let State::Waiting(Some(waker)) = before {
        waker.wake();
    }
}

impl<T> Future for Receiver<T> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = self.0.borrow_mut();
        match std::mem::replace(&mut *state, State::Dropped) {
            State::Waiting(_) => {
                *state = State::Waiting(Some(context.waker().clone()));
                Poll::Pending
            }
            State::Sent(value) => Poll::Ready(Some(value)),
            State::Dropped => Poll::Ready(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn poll<T>(receiver: &mut Receiver<T>, count: &Arc<Count>) -> Poll<Option<T>> {
        let waker = Waker::from(Arc::clone(count));
        Pin::new(receiver).poll(&mut Context::from_waker(&waker))
    }

    #[test]
    fn a_value_sent_while_waiting_wakes_once() {
        let count = Arc::new(Count::default());
        let (sender, mut receiver) = channel();
        assert_eq!(poll(&mut receiver, &count), Poll::Pending);
        sender.send(7);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(&mut receiver, &count), Poll::Ready(Some(7)));
    }

    #[test]
    fn a_value_sent_before_the_first_poll_is_there() {
        let count = Arc::new(Count::default());
        let (sender, mut receiver) = channel();
        sender.send("x");
        assert_eq!(poll(&mut receiver, &count), Poll::Ready(Some("x")));
    }

    #[test]
    fn a_dropped_sender_ends_the_wait() {
        let count = Arc::new(Count::default());
        let (sender, mut receiver) = channel::<u8>();
        assert_eq!(poll(&mut receiver, &count), Poll::Pending);
        drop(sender);
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert_eq!(poll(&mut receiver, &count), Poll::Ready(None));
    }

    #[test]
    fn a_dropped_receiver_is_no_matter() {
        let (sender, receiver) = channel();
        drop(receiver);
        sender.send(1);
    }
}
