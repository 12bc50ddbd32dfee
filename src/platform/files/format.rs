//! Bytes of the file store: commits in segments, and the index of what is alive. `FORMAT.md` has the tables.
//!
//! Nothing here knows files; a commit knows where it stands, so that bytes of another place are not taken for it.

use super::alive::Alive;
use super::place::{Key, Place};
use crate::checksum::{Crc32, crc32};
use crate::item::value::Reader;
use crate::platform::{Space, Write};

const COMMIT_MAGIC: &[u8; 4] = b"DTC1";
const INDEX_MAGIC: &[u8; 4] = b"DTI1";
/// Bytes before a commit's body.
pub(super) const HEADER: usize = 32;

const PUT: u8 = 0;
const DELETE: u8 = 1;
const DELETE_RANGE: u8 = 2;

/// What an entry of a commit does; places are relative to the start of the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Put(Key, u64, u32),
    Delete(Key),
    DeleteRange(Space, u64, u64),
}

/// What stands before the body of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of the body.
    pub length: usize,
    /// Commits are numbered from 1, without gaps.
    pub seq: u64,
    /// Commits up to this one were on the disk before this one was written.
    pub durable: u64,
    /// CRC-32 of the body.
    pub checksum: u32,
}

/// Where a commit stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    pub segment: u64,
    pub offset: u64,
}

impl Position {
    fn checksum(self, front: &[u8]) -> u32 {
        let mut crc = Crc32::default();
        crc.update(front);
        crc.update(&self.segment.to_le_bytes());
        crc.update(&self.offset.to_le_bytes());
        crc.value()
    }
}

fn space(byte: u8) -> Option<Space> {
    [Space::Log, Space::Block, Space::Meta].get(byte as usize).copied()
}

/// Encodes a batch as one commit; `None` when it is too large for one.
pub(super) fn encode_commit(
    batch: &[Write],
    at: Position,
    seq: u64,
    durable: u64,
) -> Option<(Vec<u8>, Vec<Entry>)> {
    let mut body = Vec::new();
    let mut entries = Vec::with_capacity(batch.len());
    for write in batch {
        match write {
            Write::Add(space, id, bytes) | Write::Put(space, id, bytes) => {
                head(&mut body, PUT, *space, *id);
                let length = u32::try_from(bytes.len()).ok()?;
                body.extend_from_slice(&length.to_le_bytes());
                entries.push(Entry::Put((*space, *id), (HEADER + body.len()) as u64, length));
                body.extend_from_slice(bytes);
            }
            Write::Delete(space, id) => {
                head(&mut body, DELETE, *space, *id);
                entries.push(Entry::Delete((*space, *id)));
            }
            Write::DeleteRange(space, from, to) => {
                head(&mut body, DELETE_RANGE, *space, *from);
                body.extend_from_slice(&to.to_le_bytes());
                entries.push(Entry::DeleteRange(*space, *from, *to));
            }
        }
    }
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend_from_slice(COMMIT_MAGIC);
    out.extend_from_slice(&u32::try_from(body.len()).ok()?.to_le_bytes());
    out.extend_from_slice(&seq.to_le_bytes());
    out.extend_from_slice(&durable.to_le_bytes());
    out.extend_from_slice(&crc32(&body).to_le_bytes());
    out.extend_from_slice(&at.checksum(&out).to_le_bytes());
    out.extend_from_slice(&body);
    Some((out, entries))
}

fn head(out: &mut Vec<u8>, kind: u8, space: Space, id: u64) {
    out.push(kind);
    out.push(space as u8);
    out.extend_from_slice(&id.to_le_bytes());
}

/// The header at `at`, if these bytes begin with one that was written there.
pub(super) fn decode_header(bytes: &[u8], at: Position) -> Option<Header> {
    let (front, rest) = bytes.split_at_checked(HEADER - 4)?;
    let mut r = Reader::new(front);
    if r.take(4)? != COMMIT_MAGIC || Reader::new(rest).u32()? != at.checksum(front) {
        return None;
    }
    Some(Header { length: r.u32()? as usize, seq: r.u64()?, durable: r.u64()?, checksum: r.u32()? })
}

/// The headers in `bytes`, which begin at `at`, and where in them each is, whatever stands between them.
pub(super) fn find_headers(bytes: &[u8], at: Position) -> impl Iterator<Item = (usize, Header)> {
    bytes.windows(HEADER).enumerate().filter(|(_, window)| window.starts_with(COMMIT_MAGIC)).filter_map(
        move |(offset, window)| {
            let header = decode_header(window, Position { offset: at.offset + offset as u64, ..at })?;
            Some((offset, header))
        },
    )
}

/// The entries of a body whose checksum was right.
pub(super) fn decode_body(body: &[u8]) -> Option<Vec<Entry>> {
    let mut r = Reader::new(body);
    let mut entries = Vec::new();
    while !r.is_empty() {
        let kind = r.u8()?;
        let space = space(r.u8()?)?;
        let id = r.u64()?;
        entries.push(match kind {
            PUT => {
                let length = r.u32()?;
                let offset = (HEADER + body.len() - r.rest().len()) as u64;
                r.take(length as usize)?;
                Entry::Put((space, id), offset, length)
            }
            DELETE => Entry::Delete((space, id)),
            DELETE_RANGE => Entry::DeleteRange(space, id, r.u64()?),
            _ => return None,
        });
    }
    Some(entries)
}

/// What an index covers: all segments before `next`, which end with the commit `seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Covered {
    pub next: u64,
    pub seq: u64,
}

/// Encodes the index of everything before segment `covered.next`.
pub(super) fn encode_index(covered: Covered, alive: &Alive) -> Vec<u8> {
    let mut out = Vec::with_capacity(32 + alive.len() * 29);
    out.extend_from_slice(INDEX_MAGIC);
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&covered.next.to_le_bytes());
    out.extend_from_slice(&covered.seq.to_le_bytes());
    out.extend_from_slice(&(alive.len() as u64).to_le_bytes());
    for ((space, id), place) in alive.iter() {
        out.push(space as u8);
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&place.segment.to_le_bytes());
        out.extend_from_slice(&place.offset.to_le_bytes());
        out.extend_from_slice(&place.length.to_le_bytes());
    }
    let checksum = crc32(out.get(8..).unwrap_or_default());
    if let Some(to) = out.get_mut(4..8) {
        to.copy_from_slice(&checksum.to_le_bytes());
    }
    out
}

/// What an index covers, and what it says is alive.
pub(super) fn decode_index(bytes: &[u8]) -> Option<(Covered, Vec<(Key, Place)>)> {
    let mut r = Reader::new(bytes);
    if r.take(4)? != INDEX_MAGIC || r.u32()? != crc32(r.rest()) {
        return None;
    }
    let covered = Covered { next: r.u64()?, seq: r.u64()? };
    let count = r.u64()?;
    let mut alive = Vec::new();
    for _ in 0..count {
        let key = (space(r.u8()?)?, r.u64()?);
        alive.push((key, Place { segment: r.u64()?, offset: r.u64()?, length: r.u32()? }));
    }
    r.is_empty().then_some((covered, alive))
}
