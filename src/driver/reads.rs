//! Reads of blocks: what several calls miss in one turn is read together, and nothing that is on its way is asked for
//! again. To a browser a transaction costs more than the blocks it reads.

use std::cell::RefCell;
use std::rc::Rc;

use super::fetch::storage_error;
use super::signal::Signal;
use super::{Driver, State};
use crate::api::{ApiError, ErrorKind};
use crate::collections::VecMap;
use crate::platform::{Space, StoreError};
use crate::storage::{BlockId, Corruption};

/// Blocks of one call of the store. Whoever wants more goes on with the first ones while the rest is read.
const TOGETHER: usize = 12;

/// What is asked for and not yet here.
#[derive(Default)]
pub(super) struct Reads {
    /// What this turn asks for, as long as there is room in it.
    open: Option<Rc<Read>>,
    by_block: VecMap<BlockId, Rc<Read>>,
}

/// One call of the store.
#[derive(Default)]
struct Read {
    ids: RefCell<Vec<BlockId>>,
    outcome: RefCell<Option<Outcome>>,
    ended: Signal,
}

/// What did not get into the cache.
type Outcome = Result<Vec<(BlockId, Failure)>, StoreError>;

#[derive(Clone)]
enum Failure {
    /// A merge took it, or it is lost.
    Gone,
    Damaged(Corruption),
}

/// Why a block cannot be read.
pub(super) enum Unread {
    /// The store did not answer.
    Store(StoreError),
    Damaged(Corruption),
    Lost(BlockId),
}

impl From<Unread> for ApiError {
    fn from(unread: Unread) -> Self {
        let damage = match unread {
            Unread::Store(error) => return storage_error(&error),
            Unread::Damaged(damage) => damage.to_string(),
            Unread::Lost(block) => format!("block {} is missing from the storage", block.0),
        };
        Self::new(ErrorKind::StorageFailed, format!("The database is damaged: {damage}"))
    }
}

impl Driver {
    /// Reads blocks into the cache and waits for the first of them, which is needed; the others follow. A block may be gone
    /// because a merge came between; asking again names others then. `gone` is the one that was gone when this caller asked
    /// last: gone twice, it is lost.
    pub(super) async fn supply(
        self: &Rc<Self>,
        missing: &[BlockId],
        gone: &mut Option<BlockId>,
    ) -> Result<(), Unread> {
        let Some(read) = self.ask(missing) else { return Ok(()) };
        while read.outcome.borrow().is_none() {
            read.ended.wait().await;
        }
        let outcome = read.outcome.borrow().clone();
        let mut found = None;
        for (id, failure) in outcome.transpose().map_err(Unread::Store)?.unwrap_or_default() {
            match failure {
                _ if !missing.contains(&id) => {}
                Failure::Damaged(damage) => return Err(Unread::Damaged(damage)),
                Failure::Gone => found = found.or(Some(id)),
            }
        }
        if let Some(block) = found.filter(|block| *gone == Some(*block)) {
            if self.meets_fence().await {
                return Err(Unread::Store(StoreError::Conflict));
            }
            return Err(Unread::Lost(block));
        }
        *gone = found;
        Ok(())
    }

    /// Asks for what is not on its way; gives the read that has the first.
    fn ask(self: &Rc<Self>, missing: &[BlockId]) -> Option<Rc<Read>> {
        let mut state = self.state.borrow_mut();
        let reads = &mut state.reads;
        for id in missing {
            if reads.by_block.contains_key(id) {
                continue;
            }
            let read = reads.open.get_or_insert_with(|| {
                let read = Rc::new(Read::default());
                self.platform.spawn(Box::pin(Rc::clone(self).read(Rc::clone(&read))));
                read
            });
            let full = {
                let mut ids = read.ids.borrow_mut();
                ids.push(*id);
                ids.len() >= TOGETHER
            };
            reads.by_block.insert(*id, Rc::clone(read));
            if full {
                reads.open = None;
            }
        }
        missing.first().and_then(|first| reads.by_block.get(first)).cloned()
    }

    async fn read(self: Rc<Self>, read: Rc<Read>) {
        // Everybody who misses something in this turn gets into it.
        self.platform.turn_end().await;
        let ids = {
            let mut state = self.state.borrow_mut();
            state.reads.open.take_if(|open| Rc::ptr_eq(open, &read));
            read.ids.take()
        };
        let numbers: Vec<u64> = ids.iter().map(|id| id.0).collect();
        let values = self.store.read(Space::Block, &numbers).await;
        let mut state = self.state.borrow_mut();
        for id in &ids {
            state.reads.by_block.remove(id);
        }
        let outcome = values.map(|values| install(&mut state, &ids, values));
        drop(state);
        read.outcome.replace(Some(outcome));
        read.ended.wake();
    }
}

/// Puts blocks that were read into the cache.
fn install(state: &mut State, ids: &[BlockId], values: Vec<Option<Vec<u8>>>) -> Vec<(BlockId, Failure)> {
    let storage = &mut state.engine.storage;
    let failure = |(id, value): (&BlockId, Option<Vec<u8>>)| {
        let failure = match value.map(|bytes| storage.install(*id, bytes)) {
            Some(Ok(())) => return None,
            Some(Err(damage)) => Failure::Damaged(damage),
            None => Failure::Gone,
        };
        Some((*id, failure))
    };
    ids.iter().zip(values).filter_map(failure).collect()
}
