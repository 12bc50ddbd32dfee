//! Snapshots: one sequence number, with the memory tables and pieces that can answer for it.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::SeqNo;
use super::levels::Levels;
use super::memory::MemoryTable;
use super::registry::Registry;

/// A shared memory table: changes go to the active one only, but a snapshot may hold it still.
pub(super) type SharedTable = Rc<RefCell<MemoryTable>>;

pub(super) struct View {
    pub(super) at: SeqNo,
    /// Newest first.
    pub(super) tables: Vec<SharedTable>,
    pub(super) levels: Rc<Levels>,
    registry: Registry,
}

impl Drop for View {
    fn drop(&mut self) {
        self.registry.remove(self.at);
    }
}

/// Everything at one sequence number. While it lives, no version it can see is dropped and no block it may ask
/// for is deleted. Cheap to clone.
#[derive(Clone)]
pub struct Snapshot(pub(super) Rc<View>);

impl Snapshot {
    pub(super) fn new(at: SeqNo, tables: Vec<SharedTable>, levels: Rc<Levels>, registry: &Registry) -> Self {
        registry.add(at);
        Self(Rc::new(View { at, tables, levels, registry: registry.clone() }))
    }

    /// The sequence number.
    pub fn at(&self) -> SeqNo {
        self.0.at
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Snapshot").field(&self.0.at).finish()
    }
}
