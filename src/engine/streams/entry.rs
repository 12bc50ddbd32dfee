//! Stream records as they are stored.
//!
//! The key is the commit's sequence number and the change's place in it, so that a shard reads in order. The value is
//! the commit's time, what happened, and of each image as much as the stream shows; where it shows none, the key
//! attributes.

use super::Stream;
use crate::engine::catalog::StreamView;
use crate::engine::recorded::{Commit, images_len, put_images};
use crate::item::value::Reader;
use crate::item::{ItemRef, varint};
use crate::log::Origin;
use crate::storage::Bytes;

const INSERT: u8 = 0;
const MODIFY: u8 = 1;
const REMOVE: u8 = 2;
/// Beside one of these: the item expired.
const EXPIRED: u8 = 4;

impl Stream {
    /// What of an old item has to be kept for the record of its change.
    pub(in crate::engine) fn old_image(&self, old: &Bytes) -> Bytes {
        if self.shows_old() { old.clone() } else { self.keys_of(old) }
    }

    fn keys_of(&self, item: &Bytes) -> Bytes {
        ItemRef::parse(item)
            .map_or_else(|| item.clone(), |item| self.source.keys(item.map()).into_bytes().into())
    }

    /// The entry of a change: `old` is as much of the old item as it needs.
    pub(in crate::engine) fn entry(
        &self,
        old: Option<&Bytes>,
        new: Option<&Bytes>,
        commit: &Commit,
    ) -> Vec<u8> {
        let what = match (old, new) {
            (None, Some(_)) => INSERT,
            (Some(_), Some(_)) => MODIFY,
            _ => REMOVE,
        };
        let expired = if commit.origin == Origin::TimeToLive { EXPIRED } else { 0 };
        let new = new.map(|new| if self.shows_new() { new.clone() } else { self.keys_of(new) });
        let mut value = Vec::with_capacity(images_len(old, new.as_ref()) + 16);
        varint::put(&mut value, commit.time_millis);
        value.push(what | expired);
        put_images(&mut value, old, new.as_ref());
        value
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
