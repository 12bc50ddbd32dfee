//! The store of a database that lives in memory alone: it holds nothing and is never written to.

use std::future::ready;

use super::store::{Listed, Usage};
use super::{Batch, Durability, LocalFuture, Space, Store, StoreError};

/// No store at all; whatever is committed to it is refused.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

fn none() -> StoreError {
    StoreError::Closed("this database is in memory only".to_owned())
}

impl Store for NoStore {
    fn read(&self, _: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        Box::pin(ready(Ok(vec![None; ids.len()])))
    }

    fn list(&self, _: Space, _: u64, _: u64, _: usize) -> LocalFuture<Result<Listed, StoreError>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn commit(&self, _: Batch, _: Durability) -> LocalFuture<Result<(), StoreError>> {
        Box::pin(ready(Err(none())))
    }

    fn max_atomic_bytes(&self) -> usize {
        0
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        Box::pin(ready(Ok(Usage::default())))
    }

    fn close(&self) -> LocalFuture<()> {
        Box::pin(ready(()))
    }
}
