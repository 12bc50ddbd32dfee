//! A store in the files of one directory.
//!
//! Every commit is one checksummed record appended to the newest segment; an index in memory says where each
//! value is. When a segment is full the index is written out, so that opening reads one index and the segments
//! after it, and segments that hold mostly dead values are copied together. The bytes are in `format`.

mod alive;
mod append;
mod checkpoint;
mod format;
mod gate;
mod names;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod place;
mod recover;
mod salvage;
mod state;
mod system;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use super::store::{Listed, Usage};
use super::{Batch, Durability, LocalFuture, Space, Store, StoreError};
use gate::Gate;
use place::Place;
use state::State;

#[cfg(not(target_arch = "wasm32"))]
pub use native::NativeFiles;
pub use system::{FileError, FileSystem};

/// A segment of this size is closed and the next one begun.
pub const SEGMENT_BYTES: u64 = 32 << 20;

/// A commit is written in one piece and read back in one piece.
const MAX_COMMIT: usize = 1 << 30;

/// So many bytes that follow each other are read with one call, which costs as much as thousands of bytes: a log is thousands of
/// small values.
const READ_AT_ONCE: u64 = 256 << 10;

/// What may be between two values that are read at once: commits have heads.
const GAP: u64 = 256;

/// A store in files.
pub struct FileStore {
    inner: Rc<Inner>,
}

struct Inner {
    files: Rc<dyn FileSystem>,
    state: RefCell<State>,
    /// Set when a sync failed: what is on the disk is unknown from then on.
    failed: Cell<bool>,
    /// What is damaged is still to be left behind: until then no index is written, which would forget it.
    salvaged: Cell<bool>,
    syncing: Gate,
    indexing: Gate,
    segment_bytes: u64,
}

/// Why a store does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// Bytes that were on the disk are not there any more; nothing was changed.
    Damaged(String),
    /// The files cannot be used now.
    Store(StoreError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(what) => {
                write!(f, "the files of the database are damaged: {what}; repair() saves what can be read")
            }
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

fn unavailable(error: FileError) -> StoreError {
    if error.full { StoreError::Full(error.message) } else { StoreError::Unavailable(error.message) }
}

impl FileStore {
    /// Opens the store in `files`, which this process holds alone.
    pub async fn open(files: Rc<dyn FileSystem>) -> Result<Self, OpenError> {
        Self::open_with(files, SEGMENT_BYTES).await
    }

    /// [`FileStore::open`] with segments of another size.
    pub async fn open_with(files: Rc<dyn FileSystem>, segment_bytes: u64) -> Result<Self, OpenError> {
        let state = recover::load(&*files).await?;
        Ok(Self::over(state, files, segment_bytes))
    }

    /// Opens the store in spite of damage, for a repair; with what is wrong. Nothing that is there is changed before
    /// [`Store::leave_damage`].
    pub async fn open_damaged(
        files: Rc<dyn FileSystem>,
        segment_bytes: u64,
    ) -> Result<(Self, Vec<String>), StoreError> {
        match Self::open_with(Rc::clone(&files), segment_bytes).await {
            Ok(store) => Ok((store, Vec::new())),
            Err(OpenError::Store(error)) => Err(error),
            Err(OpenError::Damaged(what)) => {
                let state = salvage::load(&*files).map_err(unavailable)?;
                let store = Self::over(state, files, segment_bytes);
                store.inner.salvaged.set(true);
                Ok((store, vec![what]))
            }
        }
    }

    fn over(state: State, files: Rc<dyn FileSystem>, segment_bytes: u64) -> Self {
        let inner = Inner {
            files,
            state: RefCell::new(state),
            failed: Cell::new(false),
            salvaged: Cell::new(false),
            syncing: Gate::default(),
            indexing: Gate::default(),
            segment_bytes,
        };
        Self { inner: Rc::new(inner) }
    }
}

impl Inner {
    fn check(&self) -> Result<(), StoreError> {
        if self.failed.get() {
            return Err(StoreError::Closed("a write to the disk failed; open the database again".into()));
        }
        if self.state.borrow().closed {
            return Err(StoreError::Closed("the store is closed".into()));
        }
        Ok(())
    }

    fn bytes(&self, segment: u64, from: u64, end: u64) -> Result<Vec<u8>, StoreError> {
        let name = names::segment(segment);
        let length = end.saturating_sub(from) as usize;
        let bytes = self.files.read(&name, from, length).map_err(unavailable)?;
        if bytes.len() == length {
            Ok(bytes)
        } else {
            Err(StoreError::Unavailable(format!("{name} is shorter than it was")))
        }
    }

    fn value(&self, at: Place) -> Result<Vec<u8>, StoreError> {
        self.bytes(at.segment, at.offset, at.end())
    }

    fn read(&self, space: Space, ids: &[u64]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.check()?;
        let state = self.state.borrow();
        ids.iter().map(|id| state.alive.get((space, *id)).map(|at| self.value(at)).transpose()).collect()
    }

    fn list(&self, space: Space, from: u64, to: u64, limit: usize) -> Result<Listed, StoreError> {
        self.check()?;
        let state = self.state.borrow();
        let places = state.alive.range(space, from, to);
        let (mut rest, _) = places.split_at(places.len().min(limit));
        let mut listed = Vec::with_capacity(rest.len());
        while let Some((_, first)) = rest.first() {
            // What was written one after the other, as a log is, is read at once.
            let mut end = first.offset;
            let follows = |(_, place): &&(u64, Place)| {
                let near = place.segment == first.segment
                    && place.offset >= end
                    && place.offset - end <= GAP
                    && (end == first.offset || place.end() - first.offset <= READ_AT_ONCE);
                if near {
                    end = place.end();
                }
                near
            };
            let count = rest.iter().take_while(follows).count();
            let bytes = self.bytes(first.segment, first.offset, end)?;
            let (run, others) = rest.split_at(count);
            for (id, place) in run {
                let from = (place.offset - first.offset) as usize;
                let value = bytes.get(from..from + place.length as usize).unwrap_or_default();
                listed.push((*id, value.to_vec()));
            }
            rest = others;
        }
        Ok(listed)
    }

    fn usage(&self) -> Result<Usage, StoreError> {
        self.check()?;
        let mut used = 0;
        for name in self.files.list().map_err(unavailable)? {
            used += self.files.size(&name).map_err(unavailable)?;
        }
        Ok(Usage { used, quota: None })
    }

    async fn close(&self) {
        let (before, seq) = {
            let mut state = self.state.borrow_mut();
            (std::mem::replace(&mut state.closed, true), state.seq)
        };
        if before {
            return;
        }
        // Relaxed commits are made to last; a failure here breaks no promise.
        let _ = self.make_durable(seq).await;
        self.files.close();
    }
}

impl Store for FileStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        Box::pin(std::future::ready(self.inner.read(space, ids)))
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Listed, StoreError>> {
        Box::pin(std::future::ready(self.inner.list(space, from, to, limit)))
    }

    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        // Written here and now, so that commits take effect in the order they were made.
        let appended = self.inner.append(&batch);
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let seq = appended?;
            if durability == Durability::Strict {
                inner.make_durable(seq).await?;
            }
            inner.checkpoint().await;
            Ok(())
        })
    }

    fn max_atomic_bytes(&self) -> usize {
        MAX_COMMIT
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        Box::pin(std::future::ready(self.inner.usage()))
    }

    fn leave_damage(&self) -> LocalFuture<Result<(), StoreError>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move { inner.leave_damage().await })
    }

    fn close(&self) -> LocalFuture<()> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move { inner.close().await })
    }
}

#[cfg(test)]
mod tests;
