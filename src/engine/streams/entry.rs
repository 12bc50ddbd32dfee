//! Stream records as they are stored.
//!
//! The key is the commit's sequence number and the change's place in it, so that a shard reads in order. The value is
//! the commit's time, what happened, and of each image as much as the stream shows; where it shows none, the key
//! attributes.

use std::rc::Rc;

use super::Stream;
use crate::engine::catalog::StreamView;
use crate::engine::table::select;
use crate::item::value::Reader;
use crate::item::{ItemBuf, ItemRef, MapRef, varint};
use crate::log::{LoggedChange, OldImage, Origin};
use crate::storage::{Bytes, Change, SeqNo, TreeId};

/// Where a record stands among all of its stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The commit.
    pub seq: SeqNo,
    /// Which of its changes.
    pub change: u16,
}

/// Numbers of this many digits at least are sequence numbers.
const SMALLEST: u128 = 100_000_000_000_000_000_000;
/// Numbers of one commit.
const CHANGES: u128 = 1 << 16;

impl Position {
    /// The tree key.
    pub fn key(self) -> Vec<u8> {
        [self.seq.0.to_be_bytes().as_slice(), &self.change.to_be_bytes()].concat()
    }

    /// The position of a tree key.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let (seq, change) = key.split_first_chunk()?;
        Some(Self {
            seq: SeqNo(u64::from_be_bytes(*seq)),
            change: u16::from_be_bytes(*change.first_chunk()?),
        })
    }

    /// As a SequenceNumber: a decimal number of 21 digits or more that grows.
    pub fn number(self) -> String {
        (SMALLEST + u128::from(self.seq.0) * CHANGES + u128::from(self.change)).to_string()
    }

    /// The position of a SequenceNumber.
    pub fn parse(number: &str) -> Option<Self> {
        let number = number.parse::<u128>().ok()?.checked_sub(SMALLEST)?;
        Some(Self { seq: SeqNo(u64::try_from(number / CHANGES).ok()?), change: (number % CHANGES) as u16 })
    }

    /// The one that follows.
    #[must_use]
    pub fn next(self) -> Self {
        match self.change.checked_add(1) {
            Some(change) => Self { change, ..self },
            None => Self { seq: SeqNo(self.seq.0 + 1), change: 0 },
        }
    }
}

/// A change that a stream records. Its new image is in the log beside it.
pub(in crate::engine) struct Streamed {
    pub stream: Rc<Stream>,
    /// Number of the change in its commit.
    pub change: usize,
    /// The item before, as much of it as the stream needs.
    pub old: Option<Bytes>,
}

const INSERT: u8 = 0;
const MODIFY: u8 = 1;
const REMOVE: u8 = 2;
/// Beside one of these: the item expired.
const EXPIRED: u8 = 4;

impl Streamed {
    /// What of an old item has to be kept for the record of its change.
    pub fn of(stream: &Rc<Stream>, change: usize, old: Option<&Bytes>) -> Self {
        let old = old.map(|old| match ItemRef::parse(old) {
            Some(item) if !stream.shows_old() => Bytes::from(stream.keys(item.map()).into_bytes()),
            _ => old.clone(),
        });
        Self { stream: Rc::clone(stream), change, old }
    }

    /// What the log keeps of it.
    pub fn logged(&self) -> OldImage {
        OldImage { change: self.change, item: self.old.clone() }
    }

    /// The entry in the stream's tree.
    pub fn entry(
        &self,
        change: &LoggedChange,
        seq: SeqNo,
        time_millis: u64,
        origin: Origin,
    ) -> Option<Change> {
        let shard: TreeId = self.stream.open()?.tree;
        let what = match (&self.old, &change.value) {
            (None, Some(_)) => INSERT,
            (Some(_), Some(_)) => MODIFY,
            _ => REMOVE,
        };
        let expired = if origin == Origin::TimeToLive { EXPIRED } else { 0 };
        let new = change.value.as_deref().and_then(ItemRef::parse);
        let keys = new.map(|item| self.stream.keys(item.map()));
        let new =
            if self.stream.shows_new() { change.value.as_deref() } else { keys.as_ref().map(ItemBuf::bytes) };
        let old = self.old.as_deref().unwrap_or_default();
        let new = new.unwrap_or_default();
        let mut value = Vec::with_capacity(old.len() + new.len() + 16);
        varint::put(&mut value, time_millis);
        value.push(what | expired);
        for image in [old, new] {
            varint::put(&mut value, image.len() as u64);
            value.extend_from_slice(image);
        }
        let key = Position { seq, change: u16::try_from(self.change).unwrap_or(u16::MAX) }.key();
        Some(Change::put(shard, Bytes::from(key), Bytes::from(value)))
    }
}

impl Stream {
    /// The key attributes of an item.
    pub fn keys(&self, item: MapRef<'_>) -> ItemBuf {
        let is_key = |name: &[u8]| {
            name == self.hash.as_bytes() || self.range.as_ref().is_some_and(|range| name == range.as_bytes())
        };
        select(item, is_key)
    }

    /// Whether its records show the item as it was.
    pub fn shows_old(&self) -> bool {
        matches!(self.view, StreamView::OldImage | StreamView::NewAndOldImages)
    }

    /// Whether its records show the item as it became.
    pub fn shows_new(&self) -> bool {
        matches!(self.view, StreamView::NewImage | StreamView::NewAndOldImages)
    }
}

/// A stored record.
#[derive(Clone, Copy, Debug)]
pub struct StreamEntry<'a> {
    /// Commit time, in milliseconds since 1970.
    pub time_millis: u64,
    /// INSERT, MODIFY or REMOVE.
    pub event: &'static str,
    /// The item was deleted because it had expired.
    pub expired: bool,
    /// The item before, or its key attributes.
    pub old: Option<ItemRef<'a>>,
    /// The item after, or its key attributes.
    pub new: Option<ItemRef<'a>>,
}

impl<'a> StreamEntry<'a> {
    /// Reads an entry's value.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(value);
        let time_millis = r.varint()?;
        let what = r.u8()?;
        let event = match what & !EXPIRED {
            INSERT => "INSERT",
            MODIFY => "MODIFY",
            _ => "REMOVE",
        };
        let (old, new) = (ItemRef::parse(r.binary()?), ItemRef::parse(r.binary()?));
        Some(Self { time_millis, event, expired: what & EXPIRED != 0, old, new })
    }
}
