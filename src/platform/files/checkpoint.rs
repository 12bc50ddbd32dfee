//! What a full segment sets off: the index is written, dead files go, and a mostly dead segment is copied together.
//!
//! None of it is part of a commit: when it fails, the older index still covers its files, and the next full segment
//! tries again.

use super::append::Poison;
use super::state::Due;
use super::system::FileError;
use super::{Inner, names};
use crate::platform::{Batch, Write};

/// Values are copied in commits of about this size.
const COPY_BYTES: u64 = 1 << 20;

impl Inner {
    /// Writes the index that is due, if one is and nobody else is at it.
    pub(super) async fn checkpoint(&self) {
        if self.salvaged.get() {
            return;
        }
        let Some(_pass) = self.indexing.try_enter() else { return };
        loop {
            let due = self.state.borrow_mut().due.take();
            let Some(due) = due else { return };
            if self.make_durable(due.covered.seq).await.is_err() || self.check().is_err() {
                return;
            }
            if self.write_index(&due).await.is_err() {
                return;
            }
            self.rewrite_sparse(due.covered.next);
        }
    }

    pub(super) async fn write_index(&self, due: &Due) -> Result<(), FileError> {
        let next = due.covered.next;
        let written = async {
            self.files.truncate(names::NEW_INDEX, 0)?;
            self.files.write(names::NEW_INDEX, 0, &due.bytes)?;
            self.files.sync(names::NEW_INDEX).await
        };
        if let Err(error) = written.await {
            if self.check().is_ok() {
                // Else it stays until the next index is written, in no one's way.
                let _ = self.files.remove(names::NEW_INDEX);
            }
            return Err(error);
        }
        if self.check().is_err() {
            return Ok(());
        }
        self.files.rename(names::NEW_INDEX, &names::index(next))?;
        {
            // A segment's name may wait for the same sync of the directory, whose failure is told only once.
            let _alone = self.syncing.enter().await;
            let poison = Poison(&self.failed);
            self.files.sync_directory().await?;
            poison.disarm();
        }
        if self.check().is_err() {
            return Ok(());
        }
        // What the index does not need is judged by the index: what died since may come back in a crash.
        for name in self.files.list()? {
            let old_index = names::index_number(&name).is_some_and(|number| number < next);
            let dead_segment = names::segment_number(&name)
                .is_some_and(|number| number < next && !due.needed.contains(&number));
            if old_index || dead_segment {
                self.files.remove(&name)?;
            }
        }
        Ok(())
    }

    /// Copies the living values of the emptiest segment to the newest one, when less than half of it lives. The
    /// next index does not need that segment any more.
    fn rewrite_sparse(&self, next: u64) {
        let values: Vec<_> = {
            let state = self.state.borrow();
            let half = self.segment_bytes / 2;
            let sparse = state.used.iter().filter(|(segment, used)| **segment < next && **used < half);
            let Some((sparse, _)) = sparse.min_by_key(|(_, used)| **used) else { return };
            state.alive.iter().filter(|(_, at)| at.segment == *sparse).collect()
        };
        let mut batch = Batch::new();
        let mut bytes = 0;
        for ((space, id), place) in values {
            // A value that cannot be read keeps its segment.
            let Ok(value) = self.value(place) else { return };
            batch.push(Write::Put(space, id, value));
            bytes += place.cost();
            if bytes >= COPY_BYTES {
                if self.append(&std::mem::take(&mut batch)).is_err() {
                    return;
                }
                bytes = 0;
            }
        }
        // Without space for the copy, the values stay where they are.
        let _ = self.append(&batch);
    }
}
