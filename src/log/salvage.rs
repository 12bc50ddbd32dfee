//! Salvage: what can be read of a damaged log.
//!
//! [`Replay`](super::Replay) ends at the first frame that is not as it should be, because what follows builds on it. This goes on
//! behind it, for whoever would rather have most of it: each group that is there as a whole counts.

use super::frame::{self, FIRST, LAST};
use super::{Record, replay};

/// Takes frames in the order of their numbers and hands out the records of the groups that are whole.
#[derive(Clone, Debug)]
pub struct Salvage {
    expected: u64,
    epoch: u64,
    group: Vec<u8>,
    in_group: bool,
    /// What is wrong with which frames.
    lost: Vec<String>,
}

impl Salvage {
    /// Begins at frame `next`; `known_epoch` was reached.
    pub fn starting_at(next: u64, known_epoch: u64) -> Self {
        let epoch = known_epoch;
        Self { expected: next, epoch, group: Vec::new(), in_group: false, lost: Vec::new() }
    }

    /// The frame to read next, and at last the first one that nobody has written.
    pub fn next_frame(&self) -> u64 {
        self.expected
    }

    /// The highest epoch seen.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// What is wrong with the frames fed so far.
    pub fn into_lost(self) -> Vec<String> {
        self.lost
    }

    /// Takes the next frame that is there.
    #[inline(never)]
    pub fn feed(&mut self, number: u64, bytes: &[u8]) -> Vec<Record> {
        if number > self.expected {
            self.lost.push(match number - self.expected {
                1 => format!("frame {} of the log is missing", self.expected),
                _ => format!("frames {} to {} of the log are missing", self.expected, number - 1),
            });
            self.in_group = false;
        }
        self.expected = number + 1;
        let frame = match frame::decode(number, bytes) {
            Ok(frame) => frame,
            Err(wrong) => {
                self.lost.push(wrong.corruption(number).to_string());
                self.in_group = false;
                return Vec::new();
            }
        };
        self.epoch = self.epoch.max(frame.epoch);
        if frame.flags & FIRST != 0 {
            self.group.clear();
        } else if !self.in_group {
            // The rest of a group whose loss was told.
            return Vec::new();
        }
        self.group.extend_from_slice(frame.payload);
        self.in_group = frame.flags & LAST == 0;
        if self.in_group {
            return Vec::new();
        }
        replay::records(frame.flags, &self.group).unwrap_or_else(|why| {
            self.lost.push(format!("frame {number} of the log: {why}"));
            Vec::new()
        })
    }
}
