//! What streams and histories record of a commit, in the commit itself and once more when the log is replayed.

use std::rc::Rc;

use super::Tables;
use super::history::{History, Places};
use super::position::Position;
use super::streams::Stream;
use crate::log::{LoggedChange, OldImage, Origin};
use crate::storage::coding::put_prefixed;
use crate::storage::{Bytes, Change, SeqNo, TreeId};

/// The commit that is recorded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commit {
    pub seq: SeqNo,
    pub time_millis: u64,
    pub origin: Origin,
}

/// A change that somebody records. Its new image is in the log beside it.
pub(super) struct Recorded {
    table: TreeId,
    /// Number of the change in its commit.
    change: usize,
    /// The item before, as much of it as is recorded.
    old: Option<Bytes>,
    stream: Option<Rc<Stream>>,
    history: Option<Places>,
}

impl Recorded {
    /// `None`: nobody records the table whose items are in `tree`.
    pub fn of(tables: &Tables, tree: TreeId, change: usize, old: Option<&Bytes>) -> Option<Self> {
        let stream = tables.streams().of_table(tree).cloned();
        let history = tables.histories().of_table(tree).and_then(History::places);
        let old = match (&stream, &history) {
            (None, None) => return None,
            (Some(stream), None) => old.map(|old| stream.old_image(old)),
            (_, Some(_)) => old.cloned(),
        };
        Some(Self { table: tree, change, old, stream, history })
    }

    /// What the log keeps of it.
    pub fn logged(&self) -> OldImage {
        OldImage { change: self.change, item: self.old.clone() }
    }
}

/// Adds to `out` the entries that a commit brings about in streams and histories.
pub(super) fn record(recorded: &[Recorded], logged: &[LoggedChange], commit: &Commit, out: &mut Vec<Change>) {
    for (number, one) in recorded.iter().enumerate() {
        let Some(change) = logged.get(one.change) else { continue };
        let (old, new) = (one.old.as_ref(), change.value.as_ref());
        let change_number = u16::try_from(one.change).unwrap_or(u16::MAX);
        let key = Position { seq: commit.seq, change: change_number }.key();
        if let Some((stream, shard)) = one.stream.as_ref().and_then(|own| Some((own, own.shards.open()?))) {
            // The history wants more of it than the stream.
            let reduced = one.history.as_ref().and(old).map(|old| stream.old_image(old));
            let value = stream.entry(reduced.as_ref().or(old), new, commit);
            put_entry(out, shard.tree, key.clone(), value.into());
        }
        if let Some(history) = &one.history {
            let (mut part, mut parts) = (1, 0);
            for (place, other) in recorded.iter().enumerate() {
                let of_table = u64::from(other.table == one.table);
                parts += of_table;
                part += if place < number { of_table } else { 0 };
            }
            history.record(key, &change.key, (old, new), (part, parts), commit, out);
        }
    }
}

pub(super) fn put_entry(out: &mut Vec<Change>, tree: TreeId, key: Vec<u8>, value: Bytes) {
    out.push(Change::put(tree, Bytes::from(key), value));
}

/// Appends both items, nothing for one that there is not.
pub(super) fn put_images(out: &mut Vec<u8>, old: Option<&Bytes>, new: Option<&Bytes>) {
    for image in [old, new] {
        put_prefixed(out, image.map(|image| &**image).unwrap_or_default());
    }
}

pub(super) fn images_len(old: Option<&Bytes>, new: Option<&Bytes>) -> usize {
    old.map_or(0, |old| old.len()) + new.map_or(0, |new| new.len())
}
