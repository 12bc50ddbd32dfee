//! Frames: the values of `Space::Log`, under dense numbers.
//!
//! ```text
//! 0..2    "DL"
//! 2       format version, 1
//! 3       flags: 1 first of its group, 2 last of its group, 4 opens an epoch, 32 all frames before it were on the disk
//!         when it was written, 8 the group is compressed
//! 4..8    CRC-32 of 0..4 and 8.., u32 LE
//! 8..16   epoch of the owner that wrote it, u64 LE
//! 16..24  number of the frame, u64 LE
//! 24..    part of the group: for each record LEB128 length and bytes, all compressed if that is worth it, cut wherever a
//!         frame is full
//! ```

use crate::checksum::Crc32;
use crate::compression;
use crate::platform::store::MAX_VALUE;
use crate::storage::Corruption;
use crate::storage::coding::{MAX_EPOCH, Reader, put_prefixed};

const MAGIC: &[u8; 2] = b"DL";
const VERSION: u8 = 1;
const HEADER: usize = 24;

pub(super) const FIRST: u8 = 1;
pub(super) const LAST: u8 = 2;
pub(super) const EPOCH: u8 = 4;
/// Not merely written but strictly: should one of them be missing, that is damage, and no power failure.
pub(super) const KEPT: u8 = 32;
/// Of every frame of its group.
pub(super) const COMPRESSED: u8 = 8;
const KNOWN: u8 = FIRST | LAST | EPOCH | KEPT | COMPRESSED;

/// Bytes of a group one frame carries.
pub const FRAME_PAYLOAD: usize = MAX_VALUE - HEADER;

/// Frames of one group of records, numbered from `first`, to be added in one batch. No records make one frame,
/// which only says that its owner still owns. `kept`: the commit before was strict and has completed.
pub fn encode_group(epoch: u64, first: u64, kept: bool, records: &[Vec<u8>]) -> Vec<(u64, Vec<u8>)> {
    let mut payload = Vec::with_capacity(records.iter().map(|record| record.len() + 5).sum());
    for record in records {
        put_prefixed(&mut payload, record);
    }
    let compressed = compression::compress(&[], &payload);
    let is_compressed = compressed.is_some();
    let payload = compressed.unwrap_or(payload);
    let count = payload.len().div_ceil(FRAME_PAYLOAD).max(1);
    (0..count)
        .map(|at| {
            let number = first + at as u64;
            let from = at * FRAME_PAYLOAD;
            let part = payload.get(from..payload.len().min(from + FRAME_PAYLOAD)).unwrap_or_default();
            let flag = |flag: u8, set: bool| if set { flag } else { 0 };
            let flags = flag(FIRST, at == 0)
                | flag(LAST, at + 1 == count)
                | flag(KEPT, kept && at == 0)
                | flag(COMPRESSED, is_compressed);
            (number, encode(epoch, number, flags, part))
        })
        .collect()
}

/// The frame a new owner begins with.
pub fn epoch_frame(epoch: u64, number: u64) -> Vec<u8> {
    encode(epoch, number, FIRST | LAST | EPOCH, &[])
}

fn encode(epoch: u64, number: u64, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + payload.len());
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&[VERSION, flags, 0, 0, 0, 0]);
    out.extend_from_slice(&epoch.to_le_bytes());
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(payload);
    let crc = checksum(&out).unwrap_or_default();
    if let Some(field) = out.get_mut(4..8) {
        field.copy_from_slice(&crc.to_le_bytes());
    }
    out
}

fn checksum(frame: &[u8]) -> Option<u32> {
    let mut crc = Crc32::default();
    crc.update(frame.get(..4)?);
    crc.update(frame.get(8..)?);
    Some(crc.value())
}

/// The checksum a frame carries, which tells it from any other under its number.
pub fn checksum_of(frame: &[u8]) -> Option<u32> {
    Reader::new(frame.get(4..)?).u32()
}

/// The epoch of the owner that wrote frame `number`; `None`: these are not its bytes.
pub fn epoch_of(number: u64, frame: &[u8]) -> Option<u64> {
    decode(number, frame).ok().map(|frame| frame.epoch)
}

pub(super) struct Frame<'a> {
    pub(super) epoch: u64,
    pub(super) flags: u8,
    pub(super) payload: &'a [u8],
}

/// Why bytes are not frame `number`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Damaged, or not a frame.
    Damaged,
    /// Whole, but from a later version of this program.
    Newer,
}

impl Wrong {
    pub(super) fn corruption(self, number: u64) -> Corruption {
        let why = match self {
            Self::Damaged => "its bytes are not what was written",
            Self::Newer => Corruption::NEWER,
        };
        Corruption::new("log frame", number, why)
    }
}

pub(super) fn decode(number: u64, bytes: &[u8]) -> Result<Frame<'_>, Wrong> {
    let mut reader = Reader::new(bytes);
    let mut fields = || {
        let magic = reader.take(2)?;
        let version = reader.u8()?;
        let flags = reader.u8()?;
        let crc = reader.u32()?;
        let epoch = reader.u64()?;
        let found = reader.u64()?;
        Some((magic, version, crc, found, Frame { epoch, flags, payload: reader.rest() }))
    };
    let (magic, version, crc, found, frame) = fields().ok_or(Wrong::Damaged)?;
    if magic != MAGIC || checksum(bytes) != Some(crc) {
        return Err(Wrong::Damaged);
    }
    if version != VERSION || frame.flags & !KNOWN != 0 || frame.epoch > MAX_EPOCH {
        return Err(Wrong::Newer);
    }
    if found != number {
        return Err(Wrong::Damaged);
    }
    Ok(frame)
}
