//! Records and versions as they are stored.
//!
//! A record is a head of numbers and two items; later versions may add numbers to the head, and a reader passes over what it
//! does not know. Its key is its [`Position`]. A version's key is the key of the item and after it
//! the sequence number of the commit that superseded it, so that the versions of an item stand together, oldest first;
//! its value is the item, or nothing where there was none.

use super::{History, Position};
use crate::engine::recorded::{Commit, images_len, put_entry, put_images};
use crate::item::{ItemBuf, ItemRef};
use crate::log::Origin;
use crate::storage::coding::{Reader, put, put_prefixed};
use crate::storage::{Bytes, Change, SeqNo, TreeId};

/// A change of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryRecord {
    /// Its commit, and its place among the changes of the commit, other tables' included.
    pub position: Position,
    /// Commit time, in milliseconds since 1970; never goes backwards.
    pub time_millis: u64,
    /// Who caused it.
    pub origin: Origin,
    /// Which of the records that this history has of the commit, from 1: of a transaction, or of what expired together.
    pub part: u32,
    /// How many these are.
    pub parts: u32,
    /// The item before; `None`: there was none.
    pub old: Option<Bytes>,
    /// The item after; `None`: there is none.
    pub new: Option<Bytes>,
}

/// Where changes are recorded now.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Places {
    records: TreeId,
    versions: Option<TreeId>,
}

impl History {
    /// `None`: it has ended.
    pub(in crate::engine) fn places(&self) -> Option<Places> {
        let versions = self.versions.open().map(|segment| segment.tree);
        Some(Places { records: self.records.open()?.tree, versions })
    }
}

impl Places {
    /// Adds to `out` what is kept of a change: the record under `position`, and the version.
    pub(in crate::engine) fn record(
        &self,
        position: Vec<u8>,
        key: &[u8],
        (old, new): (Option<&Bytes>, Option<&Bytes>),
        (part, parts): (u64, u64),
        commit: &Commit,
        out: &mut Vec<Change>,
    ) {
        let mut head = Vec::new();
        for number in [commit.time_millis, commit.origin as u64, part, parts] {
            put(&mut head, number);
        }
        let mut value = Vec::with_capacity(images_len(old, new) + head.len() + 16);
        put_prefixed(&mut value, &head);
        put_images(&mut value, old, new);
        put_entry(out, self.records, position, value.into());
        if let Some(versions) = self.versions {
            put_entry(out, versions, version_key(key, commit.seq), old.cloned().unwrap_or_default());
        }
    }
}

impl HistoryRecord {
    /// Reads an entry.
    pub(in crate::engine) fn read(key: &[u8], value: &Bytes) -> Option<Self> {
        let mut reader = Reader::new(value);
        let mut head = Reader::new(reader.prefixed()?);
        let (time_millis, origin) = (head.counter()?, Origin::from_number(head.leb()?)?);
        let [part, parts] = [u32::try_from(head.leb()?).ok()?, u32::try_from(head.leb()?).ok()?];
        let mut image = || {
            let length = reader.size()?;
            let range = reader.range(length)?;
            Some(Some(value.slice(range.start, range.end)).filter(|image| !image.is_empty()))
        };
        let position = Position::of_key(key)?;
        let record = Self { position, time_millis, origin, part, parts, old: image()?, new: image()? };
        // What says nothing of an item is no record, nor is an item that cannot be read.
        record.item()?;
        let images = record.old.iter().chain(&record.new);
        let readable = images.map(|image| ItemRef::parse(image)).all(|image| image.is_some());
        readable.then_some(record)
    }

    /// The place of what follows it: the next part of its commit, or the next commit.
    pub fn next(&self) -> Position {
        if self.part < self.parts {
            return self.position.next();
        }
        Position::first_of(SeqNo(self.position.seq.0 + 1))
    }

    /// The item after, or the item before where there is none after.
    pub fn item(&self) -> Option<ItemRef<'_>> {
        ItemRef::parse(self.new.as_ref().or(self.old.as_ref())?)
    }

    /// The key attributes of the item.
    pub fn key(&self, history: &History) -> Option<ItemBuf> {
        self.item().map(|item| history.source.keys(item.map()))
    }
}

/// Where the version of an item is that the commit `until` superseded.
pub(in crate::engine) fn version_key(key: &[u8], until: SeqNo) -> Vec<u8> {
    [key, &until.0.to_be_bytes()].concat()
}

/// The item's key of a version, and the commit that superseded it.
pub(in crate::engine) fn split_version(key: &Bytes) -> Option<(Bytes, SeqNo)> {
    let (_, until) = key.split_last_chunk()?;
    Some((key.slice(0, key.len() - until.len()), SeqNo(u64::from_be_bytes(*until))))
}
