//! A store in the files of one directory.
//!
//! Every commit is one checksummed record appended to the newest segment; an index in memory says where each
//! value is. When a segment is full the index is written out, so that opening reads one index and one segment,
//! and segments that hold mostly dead values are rewritten. The bytes are in `format`.

mod alive;
mod format;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod system;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::store::Usage;
use super::{Batch, Durability, LocalFuture, Space, Store, StoreError, Write};
use crate::checksum::crc32;
use crate::collections::sort;
use alive::Alive;
use format::{HEADER, Place};

#[cfg(not(target_arch = "wasm32"))]
pub use native::NativeFiles;
pub use system::{FileError, FileSystem};

/// A segment of this size is closed and the next one begun.
const SEGMENT_BYTES: u64 = 32 << 20;

/// Names of the files of one store.
fn segment_name(number: u64) -> String {
    format!("segment-{number:016x}")
}

fn index_name(number: u64) -> String {
    format!("index-{number:016x}")
}

const NEW_INDEX: &str = "index-new";

/// A store in files.
pub struct FileStore {
    inner: Rc<Inner>,
}

struct Inner {
    files: Rc<dyn FileSystem>,
    state: RefCell<State>,
    /// Set when a sync failed: what is on the disk is unknown from then on.
    failed: Cell<bool>,
    segment_bytes: u64,
}

#[derive(Default)]
struct State {
    alive: Alive,
    segment: u64,
    end: u64,
    /// The newest segment's name is on the disk.
    named: bool,
    closed: bool,
}

fn unavailable(error: FileError) -> StoreError {
    if error.full { StoreError::Full(error.message) } else { StoreError::Unavailable(error.message) }
}

impl FileStore {
    /// Opens the store in `files`, which this process holds alone.
    pub fn open(files: Rc<dyn FileSystem>) -> Result<Self, StoreError> {
        Self::open_with(files, SEGMENT_BYTES)
    }

    /// [`FileStore::open`] with segments of another size.
    pub fn open_with(files: Rc<dyn FileSystem>, segment_bytes: u64) -> Result<Self, StoreError> {
        let state = State::load(&*files).map_err(unavailable)?;
        let inner = Inner { files, state: RefCell::new(state), failed: Cell::new(false), segment_bytes };
        Ok(Self { inner: Rc::new(inner) })
    }
}

impl State {
    fn load(files: &dyn FileSystem) -> Result<Self, FileError> {
        let names = files.list()?;
        let numbers = |prefix: &str| {
            let mut numbers: Vec<u64> = names
                .iter()
                .filter_map(|name| u64::from_str_radix(name.strip_prefix(prefix)?, 16).ok())
                .collect();
            sort(&mut numbers);
            numbers
        };
        let mut state = Self::default();
        let mut first = 0;
        for number in numbers("index-").into_iter().rev() {
            let name = index_name(number);
            let bytes = files.read(&name, 0, files.size(&name)? as usize)?;
            if let Some((next, alive)) = format::decode_index(&bytes) {
                first = next;
                for (key, place) in alive {
                    state.alive.put(key, place);
                }
                break;
            }
        }
        state.segment = first;
        for number in numbers("segment-").into_iter().filter(|n| *n >= first) {
            state.segment = number;
            state.end = state.replay(files, number)?;
        }
        // A torn commit at the end was never acknowledged.
        let name = segment_name(state.segment);
        if files.size(&name)? > state.end {
            files.truncate(&name, state.end)?;
        }
        Ok(state)
    }

    /// Applies the whole commits of a segment; gives the offset where they end.
    fn replay(&mut self, files: &dyn FileSystem, segment: u64) -> Result<u64, FileError> {
        let name = segment_name(segment);
        let mut at = 0;
        loop {
            let header = files.read(&name, at, HEADER)?;
            let Some((length, checksum)) = format::decode_header(&header) else { return Ok(at) };
            let body = files.read(&name, at + HEADER as u64, length)?;
            if body.len() != length || crc32(&body) != checksum {
                return Ok(at);
            }
            let Some(entries) = format::decode_body(&body) else { return Ok(at) };
            self.alive.apply(&entries, segment, at);
            at += (HEADER + length) as u64;
        }
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

    fn value(&self, place: Place) -> Result<Vec<u8>, StoreError> {
        let bytes = self
            .files
            .read(&segment_name(place.segment), place.offset, place.length as usize)
            .map_err(unavailable)?;
        if bytes.len() == place.length as usize {
            Ok(bytes)
        } else {
            Err(StoreError::Unavailable(format!("{} is shorter than it was", segment_name(place.segment))))
        }
    }

    /// Appends a commit; gives the segment to sync.
    fn append(&self, batch: &[Write]) -> Result<String, StoreError> {
        self.check()?;
        let mut state = self.state.borrow_mut();
        for write in batch {
            if let Write::Add(space, id, _) = write
                && state.alive.get((*space, *id)).is_some()
            {
                return Err(StoreError::Conflict);
            }
        }
        let (bytes, entries) = format::encode_commit(batch);
        let name = segment_name(state.segment);
        let (segment, start) = (state.segment, state.end);
        if let Err(error) = self.files.write(&name, start, &bytes) {
            // What was written of it must not be taken for a commit later.
            if self.files.truncate(&name, start).is_err() {
                self.failed.set(true);
            }
            return Err(if error.full {
                StoreError::Full(error.message)
            } else {
                StoreError::Aborted(error.message)
            });
        }
        state.end += bytes.len() as u64;
        state.alive.apply(&entries, segment, start);
        Ok(name)
    }

    async fn sync(&self, name: &str) -> Result<(), StoreError> {
        self.files.sync(name).await.map_err(|error| {
            // After a failed sync the operating system may have dropped the bytes: only reopening tells.
            self.failed.set(true);
            StoreError::Unknown(error.message)
        })
    }

    async fn commit(&self, batch: Batch, durability: Durability) -> Result<(), StoreError> {
        let name = self.append(&batch)?;
        if durability == Durability::Strict {
            self.sync(&name).await?;
            if !self.state.borrow().named {
                self.files.sync_directory().await.map_err(unavailable)?;
                self.state.borrow_mut().named = true;
            }
        }
        if self.state.borrow().end >= self.segment_bytes && self.state.borrow().segment == number_of(&name) {
            self.rotate(&name).await?;
        }
        Ok(())
    }

    /// Closes the segment: its index is written, mostly dead segments are rewritten, dead ones removed.
    async fn rotate(&self, name: &str) -> Result<(), StoreError> {
        let (next, index) = {
            let mut state = self.state.borrow_mut();
            let next = state.segment + 1;
            state.segment = next;
            state.end = 0;
            state.named = false;
            (next, format::encode_index(next, &state.alive))
        };
        self.sync(name).await?;
        let result = self.write_index(next, &index).await;
        if let Err(error) = result {
            // The old index still covers its segments: nothing is lost, the next rotation tries again.
            let _ = self.files.remove(NEW_INDEX);
            return if error.full { Ok(()) } else { Err(unavailable(error)) };
        }
        self.rewrite_sparse(next)
    }

    async fn write_index(&self, next: u64, index: &[u8]) -> Result<(), FileError> {
        self.files.remove(NEW_INDEX)?;
        self.files.write(NEW_INDEX, 0, index)?;
        self.files.sync(NEW_INDEX).await?;
        self.files.rename(NEW_INDEX, &index_name(next))?;
        self.files.sync_directory().await?;
        for name in self.files.list()? {
            let old_index = name.strip_prefix("index-").and_then(|n| u64::from_str_radix(n, 16).ok());
            let old_segment = name.strip_prefix("segment-").and_then(|n| u64::from_str_radix(n, 16).ok());
            let dead = |segment: u64| segment < next && self.state.borrow().alive.used(segment) == 0;
            if old_index.is_some_and(|n| n < next) || old_segment.is_some_and(dead) {
                self.files.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Copies the living values of the emptiest segment to the newest one, when less than half of it lives.
    fn rewrite_sparse(&self, next: u64) -> Result<(), StoreError> {
        let batch = {
            let state = self.state.borrow();
            let sparse = |used: u64| used > 0 && used < self.segment_bytes / 2;
            let segments = state.alive.segments().filter(|(segment, used)| *segment < next && sparse(*used));
            let Some((sparse, _)) = segments.min_by_key(|(_, used)| *used) else { return Ok(()) };
            let mut batch = Batch::new();
            for ((space, id), place) in state.alive.iter().filter(|(_, place)| place.segment == sparse) {
                batch.push(Write::Put(space, id, self.value(place)?));
            }
            batch
        };
        self.append(&batch).map(|_| ())
    }
}

fn number_of(segment: &str) -> u64 {
    segment.strip_prefix("segment-").and_then(|n| u64::from_str_radix(n, 16).ok()).unwrap_or(0)
}

impl Store for FileStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        let result = self.inner.check().and_then(|()| {
            let state = self.inner.state.borrow();
            ids.iter()
                .map(|id| state.alive.get((space, *id)).map(|place| self.inner.value(place)).transpose())
                .collect()
        });
        Box::pin(std::future::ready(result))
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Vec<(u64, Vec<u8>)>, StoreError>> {
        let result = self.inner.check().and_then(|()| {
            let state = self.inner.state.borrow();
            let found = state.alive.range(space, from, to).iter().take(limit);
            found.map(|(id, place)| self.inner.value(*place).map(|value| (*id, value))).collect()
        });
        Box::pin(std::future::ready(result))
    }

    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move { inner.commit(batch, durability).await })
    }

    fn max_atomic_bytes(&self) -> usize {
        usize::MAX
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        let result = self.inner.check().and_then(|()| {
            let mut used = 0;
            for name in self.inner.files.list().map_err(unavailable)? {
                used += self.inner.files.size(&name).map_err(unavailable)?;
            }
            Ok(Usage { used, quota: None })
        });
        Box::pin(std::future::ready(result))
    }

    fn close(&self) -> LocalFuture<()> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            let name = {
                let mut state = inner.state.borrow_mut();
                if state.closed {
                    return;
                }
                state.closed = true;
                segment_name(state.segment)
            };
            if !inner.failed.get() {
                // Relaxed commits are made to last; a failure here loses no promise.
                let _ = inner.files.sync(&name).await;
            }
            inner.files.close();
        })
    }
}

#[cfg(test)]
mod tests;
