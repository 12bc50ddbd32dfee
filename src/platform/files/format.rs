//! Bytes of the file store: commits in segments, and the index of what is alive.
//!
//! ```text
//! commit: "DTC1", u32 length of the body, u32 CRC-32 of the body, body
//! body:   entries: u8 kind (0 put, 1 delete, 2 delete range), u8 space, u64 id,
//!         put: u32 length, bytes; delete range: u64 end
//! index:  "DTI1", u32 CRC-32 of the rest, u64 first segment not covered,
//!         u64 count, entries: u8 space, u64 id, u64 segment, u64 offset, u32 length
//! ```
//! Integers are little-endian.

use super::alive::Alive;
use crate::checksum::crc32;
use crate::item::value::Reader;
use crate::platform::{Space, Write};

pub(super) const COMMIT_MAGIC: &[u8; 4] = b"DTC1";
const INDEX_MAGIC: &[u8; 4] = b"DTI1";
/// Magic, length and checksum before a commit's body.
pub(super) const HEADER: usize = 12;

const PUT: u8 = 0;
const DELETE: u8 = 1;
const DELETE_RANGE: u8 = 2;

/// A value's key in the store.
pub(super) type Key = (Space, u64);

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub segment: u64,
    pub offset: u64,
    pub length: u32,
}

/// What an entry of a commit does; places are relative to the start of the commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Put(Key, u64, u32),
    Delete(Key),
    DeleteRange(Space, u64, u64),
}

pub(super) fn space(byte: u8) -> Option<Space> {
    [Space::Log, Space::Block, Space::Meta].get(byte as usize).copied()
}

/// Encodes a batch as one commit.
pub(super) fn encode_commit(batch: &[Write]) -> (Vec<u8>, Vec<Entry>) {
    let mut out = vec![0; HEADER];
    let mut entries = Vec::with_capacity(batch.len());
    for write in batch {
        match write {
            Write::Add(space, id, bytes) | Write::Put(space, id, bytes) => {
                head(&mut out, PUT, *space, *id);
                out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
                entries.push(Entry::Put((*space, *id), out.len() as u64, bytes.len() as u32));
                out.extend_from_slice(bytes);
            }
            Write::Delete(space, id) => {
                head(&mut out, DELETE, *space, *id);
                entries.push(Entry::Delete((*space, *id)));
            }
            Write::DeleteRange(space, from, to) => {
                head(&mut out, DELETE_RANGE, *space, *from);
                out.extend_from_slice(&to.to_le_bytes());
                entries.push(Entry::DeleteRange(*space, *from, *to));
            }
        }
    }
    let body = out.get(HEADER..).unwrap_or_default();
    let (length, checksum) = (body.len() as u32, crc32(body));
    let mut header = Vec::with_capacity(HEADER);
    header.extend_from_slice(COMMIT_MAGIC);
    header.extend_from_slice(&length.to_le_bytes());
    header.extend_from_slice(&checksum.to_le_bytes());
    if let Some(front) = out.get_mut(..HEADER) {
        front.copy_from_slice(&header);
    }
    (out, entries)
}

fn head(out: &mut Vec<u8>, kind: u8, space: Space, id: u64) {
    out.push(kind);
    out.push(space as u8);
    out.extend_from_slice(&id.to_le_bytes());
}

/// Length of a commit's body and its checksum, from its header.
pub(super) fn decode_header(header: &[u8]) -> Option<(usize, u32)> {
    let mut r = Reader::new(header);
    if r.take(4)? != COMMIT_MAGIC {
        return None;
    }
    Some((r.u32()? as usize, r.u32()?))
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

/// Encodes the index of everything before segment `next`.
pub(super) fn encode_index(next: u64, alive: &Alive) -> Vec<u8> {
    let mut out = Vec::with_capacity(24 + alive.len() * 29);
    out.extend_from_slice(&next.to_le_bytes());
    out.extend_from_slice(&(alive.len() as u64).to_le_bytes());
    for ((space, id), place) in alive.iter() {
        out.push(space as u8);
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&place.segment.to_le_bytes());
        out.extend_from_slice(&place.offset.to_le_bytes());
        out.extend_from_slice(&place.length.to_le_bytes());
    }
    let mut whole = INDEX_MAGIC.to_vec();
    whole.extend_from_slice(&crc32(&out).to_le_bytes());
    whole.extend_from_slice(&out);
    whole
}

/// The first segment an index does not cover, and what it says is alive.
pub(super) fn decode_index(bytes: &[u8]) -> Option<(u64, Vec<(Key, Place)>)> {
    let mut r = Reader::new(bytes);
    if r.take(4)? != INDEX_MAGIC || r.u32()? != crc32(r.rest()) {
        return None;
    }
    let next = r.u64()?;
    let count = r.u64()?;
    let mut alive = Vec::new();
    for _ in 0..count {
        let key = (space(r.u8()?)?, r.u64()?);
        alive.push((key, Place { segment: r.u64()?, offset: r.u64()?, length: r.u32()? }));
    }
    Some((next, alive))
}
