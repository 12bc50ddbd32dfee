//! Writing commits, and getting them onto the disk.

use std::cell::Cell;

use super::format::{self, Position};
use super::system::FileError;
use super::{Inner, names};
use crate::platform::{StoreError, Write};

impl Inner {
    /// Appends a commit; gives its number.
    pub(super) fn append(&self, batch: &[Write]) -> Result<u64, StoreError> {
        self.check()?;
        let mut state = self.state.borrow_mut();
        state.admit(batch)?;
        if batch.is_empty() {
            return Ok(state.seq);
        }
        let at = Position { segment: state.segment, offset: state.end };
        let Some((bytes, entries)) = format::encode_commit(batch, at, state.seq + 1, state.durable) else {
            return Err(StoreError::Aborted("the commit is too large".into()));
        };
        let name = names::segment(at.segment);
        if let Err(error) = self.files.write(&name, at.offset, &bytes) {
            self.cut(&name, at.offset);
            return Err(refused(error));
        }
        state.advance(bytes.len() as u64);
        state.apply(&entries, at.segment, at.offset);
        if state.end >= self.segment_bytes {
            state.begin_segment();
        }
        Ok(state.seq)
    }

    /// Removes what a failed write left: it must not stand before the next commit.
    fn cut(&self, name: &str, end: u64) {
        let clean = self.files.size(name).is_ok_and(|size| size <= end);
        if !clean && self.files.truncate(name, end).is_err() {
            self.failed.set(true);
        }
    }

    /// Resolves when all commits up to `seq` are on the disk, whichever segments they are in.
    ///
    /// One at a time: of two syncs under way, only one would be told that pages were lost.
    pub(super) async fn make_durable(&self, seq: u64) -> Result<(), StoreError> {
        let _pass = self.syncing.enter().await;
        if self.failed.get() {
            return Err(StoreError::Unknown("a write to the disk failed".into()));
        }
        let (to, segments, names_too) = {
            let state = self.state.borrow();
            if state.durable >= seq {
                return Ok(());
            }
            (state.seq, state.unsynced.keys().copied().collect::<Vec<_>>(), state.unnamed.is_some())
        };
        // After a failed sync, or one that nobody heard the end of, the operating system may have dropped the
        // bytes and says so only once: only reopening tells what is there.
        let poison = Poison(&self.failed);
        for segment in segments {
            self.files.sync(&names::segment(segment)).await.map_err(unknown)?;
        }
        if names_too {
            self.files.sync_directory().await.map_err(unknown)?;
        }
        poison.disarm();
        self.state.borrow_mut().synced(to);
        Ok(())
    }
}

/// Ends the use of the store when dropped before it is disarmed.
pub(super) struct Poison<'a>(pub(super) &'a Cell<bool>);

impl Poison<'_> {
    pub(super) fn disarm(self) {
        std::mem::forget(self);
    }
}

impl Drop for Poison<'_> {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

fn refused(error: FileError) -> StoreError {
    if error.full { StoreError::Full(error.message) } else { StoreError::Aborted(error.message) }
}

fn unknown(error: FileError) -> StoreError {
    StoreError::Unknown(error.message)
}
