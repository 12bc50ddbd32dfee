//! Opening damaged files for a repair: what can be read of them.
//!
//! Where [`recover`](super::recover) refuses, this goes on: without an index that can be read, over the commits of all
//! segments; behind bytes that are no commit, with the next one. Nothing is removed or cut off.

use super::format::{self, Entry, HEADER, Position};
use super::state::State;
use super::system::{FileError, FileSystem};
use super::{Inner, names, unavailable};
use crate::checksum::crc32;
use crate::collections::{VecMap, sort};
use crate::platform::{Space, StoreError};

/// The state of the files. It goes on in a segment of its own.
pub(super) fn load(files: &dyn FileSystem) -> Result<State, FileError> {
    let listed = files.list()?;
    let mut state = State::default();
    let first = read_index(files, &listed, &mut state)?;
    let mut segments: Vec<u64> = listed.iter().filter_map(|name| names::segment_number(name)).collect();
    sort(&mut segments);
    for number in segments.iter().filter(|number| **number >= first) {
        replay(files, &mut state, *number)?;
    }
    state.segment = segments.last().map_or(first, |newest| first.max(newest + 1));
    state.end = 0;
    state.synced(state.seq);
    Ok(state)
}

/// Takes over what the newest index says, as far as it is there; gives the first segment it does not cover.
fn read_index(files: &dyn FileSystem, listed: &[String], state: &mut State) -> Result<u64, FileError> {
    let Some(newest) = listed.iter().filter_map(|name| names::index_number(name)).max() else { return Ok(0) };
    let name = names::index(newest);
    let bytes = files.read(&name, 0, files.size(&name)? as usize)?;
    let Some((covered, alive)) = format::decode_index(&bytes) else { return Ok(0) };
    let mut sizes = VecMap::new();
    for name in listed {
        if let Some(number) = names::segment_number(name) {
            sizes.insert(number, files.size(name)?);
        }
    }
    for (key, place) in alive {
        let end = place.offset.saturating_add(u64::from(place.length));
        if sizes.get(&place.segment).is_some_and(|size| *size >= end) {
            state.put(key, place);
        }
    }
    state.seq = covered.seq;
    Ok(covered.next)
}

/// Applies the commits of a segment, wherever they stand.
fn replay(files: &dyn FileSystem, state: &mut State, segment: u64) -> Result<(), FileError> {
    let name = names::segment(segment);
    let bytes = files.read(&name, 0, files.size(&name)? as usize)?;
    let mut offset = 0;
    loop {
        let rest = bytes.get(offset..).unwrap_or_default();
        let at = Position { segment, offset: offset as u64 };
        let Some((skipped, header)) = format::find_headers(rest, at).next() else { return Ok(()) };
        let start = offset + skipped;
        offset = start + HEADER;
        let Some(body) = bytes.get(offset..offset.saturating_add(header.length)) else { continue };
        let Some(mut entries) = format::decode_body(body) else { continue };
        if crc32(body) != header.checksum {
            // Each value has a checksum of its own. A deletion has none, and could be of anything; nor has an id, and
            // logs and blocks replace no value.
            entries.retain(|entry| match entry {
                Entry::Put(key, ..) => key.0 == Space::Meta || state.alive.get(*key).is_none(),
                Entry::Delete(_) | Entry::DeleteRange(..) => false,
            });
        }
        offset += body.len();
        if header.seq > state.seq {
            state.apply(&entries, segment, start as u64);
            state.seq = header.seq;
        }
    }
}

impl Inner {
    /// Writes an index of what was salvaged and written since, so that nobody reads the damaged files again.
    pub(super) async fn leave_damage(&self) -> Result<(), StoreError> {
        if !self.salvaged.get() {
            return Ok(());
        }
        let _pass = self.indexing.enter().await;
        let due = {
            let mut state = self.state.borrow_mut();
            state.begin_segment();
            state.due.take()
        };
        let Some(due) = due else { return Ok(()) };
        self.make_durable(due.covered.seq).await?;
        self.write_index(&due).await.map_err(unavailable)?;
        self.salvaged.set(false);
        Ok(())
    }
}
