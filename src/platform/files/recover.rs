//! Opening: what the files hold, less what a crash left unfinished.
//!
//! The newest index and the commits after it are the state. Commits are numbered without gaps, and each says which
//! ones were on the disk before it. So where the first commit is missing or broken, either nothing after it was
//! promised, and all of it goes; or something was, and then the files are damaged and nothing is touched.

use super::format::{self, Covered, HEADER, Header, Position};
use super::state::State;
use super::system::{FileError, FileSystem};
use super::{OpenError, READ_AT_ONCE, names, unavailable};
use crate::checksum::crc32;
use crate::collections::{VecMap, sort};

/// The state of the files, which is on the disk when this resolves.
pub(super) async fn load(files: &dyn FileSystem) -> Result<State, OpenError> {
    let listed = files.list()?;
    let mut state = State::default();
    let first = read_index(files, &listed, &mut state)?;
    let mut segments: Vec<u64> =
        listed.iter().filter_map(|name| names::segment_number(name)).filter(|n| *n >= first).collect();
    sort(&mut segments);
    state.segment = first;
    let mut bad = None;
    for (at, number) in segments.iter().enumerate() {
        state.segment = *number;
        state.end = replay(files, &mut state, *number)?;
        if files.size(&names::segment(*number))? > state.end {
            bad = Some(at);
            break;
        }
    }
    if let Some(at) = bad {
        let (kept, rest) = segments.split_at_checked(at + 1).unwrap_or_default();
        check_promises(files, &state, rest)?;
        files.truncate(&names::segment(state.segment), state.end)?;
        for number in rest {
            files.remove(&names::segment(*number))?;
        }
        segments = kept.to_vec();
    }
    // What was found may be in the cache of the operating system alone, after the death of a process; and what was
    // removed must not come back between commits that are written now.
    for number in segments {
        files.sync(&names::segment(number)).await?;
    }
    files.sync_directory().await?;
    state.synced(state.seq);
    Ok(state)
}

/// Takes over what the newest index says; gives the first segment it does not cover.
fn read_index(files: &dyn FileSystem, listed: &[String], state: &mut State) -> Result<u64, OpenError> {
    let Some(newest) = listed.iter().filter_map(|name| names::index_number(name)).max() else { return Ok(0) };
    let name = names::index(newest);
    let bytes = files.read(&name, 0, files.size(&name)? as usize)?;
    // An index gets its name when it is on the disk, so no crash leaves half of one.
    let Some((Covered { next, seq }, alive)) = format::decode_index(&bytes) else {
        return Err(OpenError::Damaged(format!("{name} cannot be read")));
    };
    let mut ends = VecMap::<u64, u64>::new();
    for (key, place) in alive {
        let end = ends.get_or_default(place.segment);
        *end = (*end).max(place.end());
        state.put(key, place);
    }
    for (segment, end) in ends.into_entries() {
        let name = names::segment(segment);
        if files.size(&name)? < end {
            return Err(OpenError::Damaged(format!("{name} is missing or too short")));
        }
    }
    state.seq = seq;
    Ok(next)
}

/// Applies the commits of a segment that follow the last one; gives the offset where they end.
fn replay(files: &dyn FileSystem, state: &mut State, segment: u64) -> Result<u64, OpenError> {
    let name = names::segment(segment);
    let mut window = Window { files, name: &name, size: files.size(&name)?, offset: 0, bytes: Vec::new() };
    let mut offset = 0;
    loop {
        let Some((header, body)) = read_commit(&mut window, Position { segment, offset })? else {
            return Ok(offset);
        };
        if header.seq != state.seq + 1 {
            return Ok(offset);
        }
        let Some(entries) = format::decode_body(body) else {
            return Err(OpenError::Damaged(format!("{name} has an unknown entry in the commit at {offset}")));
        };
        state.apply(&entries, segment, offset);
        state.seq = header.seq;
        offset += (HEADER + header.length) as u64;
    }
}

/// The whole commit at a position, if there is one.
fn read_commit<'a>(window: &'a mut Window, at: Position) -> Result<Option<(Header, &'a [u8])>, FileError> {
    let Some(header) = format::decode_header(window.get(at.offset, HEADER)?, at) else { return Ok(None) };
    let start = at.offset + HEADER as u64;
    if window.size.saturating_sub(start) < header.length as u64 {
        return Ok(None);
    }
    let body = window.get(start, header.length)?;
    Ok((body.len() == header.length && crc32(body) == header.checksum).then_some((header, body)))
}

/// A file that is read from its beginning to its end.
struct Window<'a> {
    files: &'a dyn FileSystem,
    name: &'a str,
    size: u64,
    /// Where `bytes` begin.
    offset: u64,
    bytes: Vec<u8>,
}

impl Window<'_> {
    /// `length` bytes from `offset`; fewer at the end of the file.
    fn get(&mut self, offset: u64, length: usize) -> Result<&[u8], FileError> {
        let left = self.size.saturating_sub(offset);
        let wanted = left.min(length as u64);
        let end = self.offset + self.bytes.len() as u64;
        if offset < self.offset || offset + wanted > end {
            let length = left.min(READ_AT_ONCE.max(wanted));
            self.bytes = self.files.read(self.name, offset, length as usize)?;
            self.offset = offset;
        }
        let from = (offset - self.offset) as usize;
        let found = self.bytes.get(from..).unwrap_or_default();
        Ok(found.get(..wanted as usize).unwrap_or(found))
    }
}

/// Fails if anything after the end of `state` says that more than that was on the disk.
fn check_promises(files: &dyn FileSystem, state: &State, rest: &[u64]) -> Result<(), OpenError> {
    let begins = std::iter::once((state.segment, state.end)).chain(rest.iter().map(|number| (*number, 0)));
    for (segment, offset) in begins {
        let name = names::segment(segment);
        let bytes = files.read(&name, offset, files.size(&name)?.saturating_sub(offset) as usize)?;
        let promised = format::find_headers(&bytes, Position { segment, offset })
            .map(|(_, header)| header.durable)
            .find(|durable| *durable > state.seq);
        if let Some(durable) = promised {
            return Err(OpenError::Damaged(format!(
                "{} is damaged at byte {}: commits {} to {durable} were written and cannot be read",
                names::segment(state.segment),
                state.end,
                state.seq + 1,
            )));
        }
    }
    Ok(())
}

impl From<FileError> for OpenError {
    fn from(error: FileError) -> Self {
        Self::Store(unavailable(error))
    }
}
