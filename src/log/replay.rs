//! Replay: the log's tail, read again by a new owner.

use super::Record;
use super::frame::{self, COMPRESSED, EPOCH, FIRST, KEPT, LAST};
use crate::compression;
use crate::platform::{Batch, Space, Write};
use crate::storage::coding::Reader;
use crate::storage::{Corruption, Manifest};

/// What is wrong with a frame that a later one says was on the disk.
const MISSING: &str = "it is missing, or what it belongs to is";

/// Why a replay reads no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The frame has another number than the next one: what is between was never written, or lost with the power.
    Gap,
    /// The frame belongs to a group of which another frame was lost with the power.
    Torn,
    /// The frame is of an owner that was replaced before.
    Fenced,
}

/// What became of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fed {
    /// The records of the group that is complete now, in order; none while a group goes on.
    Records(Vec<Record>),
    /// The log ends before the group this frame belongs to. Further frames are not looked at.
    Stopped(Stop),
}

/// Takes frames in the order of their numbers and hands out the records of whole groups.
#[derive(Clone, Debug)]
pub struct Replay {
    /// First frame of the group being read: where the log goes on if that is all there is.
    next: u64,
    /// The frame expected.
    expected: u64,
    known_epoch: u64,
    /// Of the last frame.
    epoch: u64,
    group: Vec<u8>,
    in_group: bool,
    stopped: Option<Stop>,
    fences: Vec<(u64, u64)>,
}

impl Replay {
    /// Begins where the manifest ends.
    pub fn new(manifest: &Manifest) -> Self {
        Self::starting_at(manifest.log_start, manifest.epoch)
    }

    /// Begins at frame `next`. `known_epoch` was reached, though the frames read may be of earlier ones: a manifest
    /// is written while the log still holds what earlier owners wrote.
    pub fn starting_at(next: u64, known_epoch: u64) -> Self {
        Self {
            next,
            expected: next,
            known_epoch,
            epoch: 0,
            group: Vec::new(),
            in_group: false,
            stopped: None,
            fences: Vec::new(),
        }
    }

    /// Number of the frame to go on with, once all frames were fed: the one after the last whole group.
    pub fn next_frame(&self) -> u64 {
        self.next
    }

    /// Number of the frame to read next, to ask the store from.
    pub fn expected_frame(&self) -> u64 {
        self.expected
    }

    /// The highest epoch seen.
    pub fn epoch(&self) -> u64 {
        self.epoch.max(self.known_epoch)
    }

    /// Epochs that began in what was read, with the number of their first frame, for
    /// [`Storage::add_fence`](crate::storage::Storage::add_fence).
    pub fn fences(&self) -> &[(u64, u64)] {
        &self.fences
    }

    /// Takes the next frame. An error is damage, or a format of a later version: the database must not be opened as it
    /// is, since what comes after would be lost. No failure of the power leaves half a frame, nor a later one that says
    /// that those before it were on the disk.
    pub fn feed(&mut self, number: u64, bytes: &[u8]) -> Result<Fed, Corruption> {
        if let Some(stop) = self.stopped {
            let kept = frame::decode(number, bytes)
                .is_ok_and(|frame| frame.flags & KEPT != 0 && frame.epoch >= self.epoch);
            return if kept {
                Err(Corruption::new("log frame", self.next, MISSING))
            } else {
                Ok(Fed::Stopped(stop))
            };
        }
        let frame = frame::decode(number, bytes).map_err(|wrong| wrong.corruption(number))?;
        if number != self.expected {
            if frame.flags & KEPT != 0 {
                return Err(Corruption::new("log frame", self.expected, MISSING));
            }
            return Ok(self.stop(Stop::Gap));
        }
        if frame.epoch < self.epoch {
            return Ok(self.stop(Stop::Fenced));
        }
        let begins = frame.flags & FIRST != 0;
        if begins && self.in_group {
            // The rest of the group before is missing, and this owner knew: it went on in its place.
            return Ok(self.stop(Stop::Torn));
        }
        if !begins && (!self.in_group || frame.epoch != self.epoch) {
            return Ok(self.stop(Stop::Torn));
        }
        self.epoch = frame.epoch;
        self.expected = number + 1;
        self.in_group = frame.flags & LAST == 0;
        self.group.extend_from_slice(frame.payload);
        if self.in_group {
            return Ok(Fed::Records(Vec::new()));
        }
        if frame.flags & EPOCH != 0 {
            self.fences.push((frame.epoch, number));
        }
        let records = records(frame.flags, &std::mem::take(&mut self.group))
            .map_err(|why| Corruption { id: number, ..why })?;
        self.next = self.expected;
        Ok(Fed::Records(records))
    }

    fn stop(&mut self, why: Stop) -> Fed {
        self.stopped = Some(why);
        self.expected = self.next;
        Fed::Stopped(why)
    }

    /// Whether there is nothing behind the log's end that a new owner would have to delete.
    pub fn only_adds(&self) -> bool {
        self.stopped.is_none() && !self.in_group
    }

    /// Whether a new owner puts its epoch frame in the place of one that is no use.
    pub fn replaces(&self) -> bool {
        self.in_group || matches!(self.stopped, Some(Stop::Torn | Stop::Fenced))
    }

    /// The batch a new owner takes over with: its epoch frame, in place of anything after the last whole group.
    ///
    /// When the frame at [`Replay::next_frame`] was found to be no use it is replaced. Else it is added, so that a
    /// commit of the former owner that came between makes this one fail; read the log again then.
    pub fn opening(&self, epoch: u64) -> Batch {
        let mut batch = Batch::new();
        if !self.only_adds() {
            batch.push(Write::DeleteRange(Space::Log, self.next + 1, u64::MAX));
        }
        let frame = frame::epoch_frame(epoch, self.next);
        batch.push(if self.replaces() {
            Write::Put(Space::Log, self.next, frame)
        } else {
            Write::Add(Space::Log, self.next, frame)
        });
        batch
    }
}

/// The records of a whole group whose frames have these flags.
pub(super) fn records(flags: u8, group: &[u8]) -> Result<Vec<Record>, Corruption> {
    let malformed = || Corruption::new("log frame", 0, "records are malformed");
    let decompressed;
    let group = if flags & COMPRESSED == 0 {
        group
    } else {
        decompressed = compression::decompress(&[], group, usize::MAX).ok_or_else(malformed)?;
        &decompressed
    };
    let mut reader = Reader::new(group);
    let mut records = Vec::new();
    while !reader.is_empty() {
        records.push(Record::decode(reader.prefixed().ok_or_else(malformed)?)?);
    }
    Ok(records)
}
