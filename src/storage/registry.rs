//! Which moments are still read at: their versions stay.

use std::cell::RefCell;
use std::rc::Rc;

use super::SeqNo;
use crate::collections::VecMap;

/// Which sequence numbers someone still reads at. Clones share the register.
#[derive(Clone, Debug, Default)]
pub(super) struct Registry(Rc<RefCell<VecMap<SeqNo, usize>>>);

impl Registry {
    pub(super) fn add(&self, at: SeqNo) {
        *self.0.borrow_mut().get_or_default(at) += 1;
    }

    pub(super) fn remove(&self, at: SeqNo) {
        let mut register = self.0.borrow_mut();
        if let Some(count) = register.get_mut(&at) {
            *count -= 1;
            if *count == 0 {
                register.remove(&at);
            }
        }
    }

    /// Whether someone reads at a number in `from..to`.
    pub(super) fn any_in(&self, from: SeqNo, to: SeqNo) -> bool {
        !self.0.borrow().range(&from, &to).is_empty()
    }
}
