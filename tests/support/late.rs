//! A store that applies commits at once and answers those that trim the log only when it is told to, as one whose syncs are
//! slow.

use std::cell::RefCell;
use std::rc::Rc;

use dynatab::platform::oneshot::{Sender, channel};
use dynatab::platform::store::{Listed, Usage};
use dynatab::platform::{Batch, Durability, LocalFuture, MemoryStore, Space, Store, StoreError, Write};

#[derive(Clone, Default)]
pub struct LateStore {
    store: MemoryStore,
    /// Those that wait for their answers.
    pub late: Rc<RefCell<Vec<Sender<()>>>>,
}

impl Store for LateStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
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
        let trims = batch.iter().any(|write| matches!(write, Write::DeleteRange(Space::Log, ..)));
        let committed = self.store.commit(batch, durability);
        if !trims {
            return committed;
        }
        let (sender, answer) = channel();
        self.late.borrow_mut().push(sender);
        Box::pin(async move {
            answer.await;
            committed.await
        })
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
