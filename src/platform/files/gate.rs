//! One at a time: who comes while another is inside waits for it to leave.

use std::cell::{Cell, RefCell};

use crate::platform::oneshot;

#[derive(Default)]
pub(super) struct Gate {
    taken: Cell<bool>,
    waiting: RefCell<Vec<oneshot::Sender<()>>>,
}

/// The right to be inside, until dropped.
pub(super) struct Pass<'a>(&'a Gate);

impl Gate {
    pub(super) fn try_enter(&self) -> Option<Pass<'_>> {
        (!self.taken.replace(true)).then(|| Pass(self))
    }

    pub(super) async fn enter(&self) -> Pass<'_> {
        loop {
            if let Some(pass) = self.try_enter() {
                return pass;
            }
            let (sender, receiver) = oneshot::channel();
            self.waiting.borrow_mut().push(sender);
            receiver.await;
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.taken.set(false);
        // Each of them is woken, and looks for itself whether there is still something to do.
        drop(self.0.waiting.take());
    }
}
