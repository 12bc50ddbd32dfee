//! A store that remembers which blocks each call read.

use std::cell::RefCell;
use std::rc::Rc;

use dynatab::platform::simulated::SimulatedStore;
use dynatab::platform::store::{Listed, Usage};
use dynatab::platform::{Batch, Durability, LocalFuture, Space, Store, StoreError};

/// Clones share what they remember.
#[derive(Clone)]
pub struct WatchedStore {
    pub store: SimulatedStore,
    /// The ids of each read of blocks.
    pub reads: Rc<RefCell<Vec<Vec<u64>>>>,
}

impl WatchedStore {
    pub fn new(store: &SimulatedStore) -> Self {
        Self { store: store.clone(), reads: Rc::default() }
    }
}

impl Store for WatchedStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        if space == Space::Block {
            self.reads.borrow_mut().push(ids.to_vec());
        }
        self.store.read(space, ids)
    }
    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Listed, StoreError>> {
        self.store.list(space, from, to, limit)
    }
    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        self.store.commit(batch, durability)
    }
    fn max_atomic_bytes(&self) -> usize {
        self.store.max_atomic_bytes()
    }
    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        self.store.usage()
    }
    fn close(&self) -> LocalFuture<()> {
        self.store.close()
    }
}
