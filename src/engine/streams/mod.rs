//! The streams of tables: what the catalog knows of them.
//!
//! A stream's records are entries of trees of their own, one tree a shard, written in the commit of the change they tell
//! of. Shards are segments ([`super::segments`]): time cuts a stream into shards of four hours, and one whose records are
//! all a day old is dropped whole.

mod entry;

use std::rc::Rc;

use super::Table;
use super::catalog::StreamView;
use super::catalog::describe::timestamp;
use super::catalog::schema::Named;
use super::segments::{Due, Moment, Segments, Turn, counter};
use super::source::{Source, put_text, text};
use crate::item::value::Reader;
use crate::item::varint;
use crate::storage::TreeId;

pub use super::position::Position;
pub use super::segments::Segment as Shard;
pub use entry::StreamEntry;

/// How long a record can be read.
pub const RETENTION_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// A stream, running or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The table.
    pub source: Rc<Source>,
    /// What its records hold.
    pub view: StreamView,
    /// When it began, in milliseconds since 1970.
    pub begun_millis: u64,
    /// Those whose records can be read, oldest first. The last one is open, unless the stream has ended.
    pub shards: Segments,
}

impl Stream {
    /// The end of its ARN: when it began, in UTC.
    pub fn label(&self) -> String {
        timestamp(self.begun_millis)
    }

    /// `arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>`.
    pub fn arn(&self, region: &str, account: &str) -> String {
        let name = &self.source.table_name;
        format!("arn:aws:dynamodb:{region}:{account}:table/{name}/stream/{}", self.label())
    }

    /// The shards whose records can be read at `now_millis`.
    pub fn readable(&self, now_millis: u64) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(move |shard| !shard.is_over(RETENTION_MILLIS, now_millis))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.source.encode(out);
        put_text(out, self.view.name());
        varint::put(out, self.begun_millis);
        self.shards.encode(out);
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            source: Rc::new(Source::decode(r)?),
            view: StreamView::from_name(&text(r)?)?,
            begun_millis: counter(r)?,
            shards: Segments::decode(r)?,
        })
    }
}

impl Shard {
    /// `shardId-<20 digits>-<8 digits>`.
    pub fn id(&self) -> String {
        shard_id(self.begun_millis, self.tree)
    }

    /// The id of the shard before it.
    pub fn parent_id(&self) -> Option<String> {
        self.parent.map(|(millis, tree)| shard_id(millis, tree))
    }
}

fn shard_id(millis: u64, tree: TreeId) -> String {
    format!("shardId-{millis:020}-{:08x}", tree.0)
}

/// The streams of a database, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Streams(Vec<Rc<Stream>>);

impl Streams {
    /// Those that run or have records to read at `now_millis`.
    pub fn readable(&self, now_millis: u64) -> impl DoubleEndedIterator<Item = &Rc<Stream>> {
        self.0.iter().filter(move |stream| stream.readable(now_millis).next().is_some())
    }

    /// All, also those that have ended.
    pub(super) fn all(&self) -> impl Iterator<Item = &Rc<Stream>> {
        self.0.iter()
    }

    /// The running stream of the table whose items are in `tree`.
    pub(super) fn of_table(&self, tree: TreeId) -> Option<&Rc<Stream>> {
        self.0.iter().rev().find(|stream| stream.source.table == tree && stream.shards.open().is_some())
    }

    /// Begins or ends the stream of a table, as its schema says.
    pub(super) fn follow(&mut self, tree: TreeId, table: Option<&Table>, next_tree: &mut TreeId, at: Moment) {
        let mut streams = self.0.iter_mut();
        let running = streams.find(|stream| stream.source.table == tree && stream.shards.open().is_some());
        let wanted = table.and_then(|table| Some((&table.schema, table.schema.stream?)));
        match (running, wanted) {
            (Some(running), None) => Rc::make_mut(running).shards.end(at),
            (None, Some((schema, view))) => self.0.push(Rc::new(Stream {
                source: Rc::new(Source::of(tree, schema)),
                view,
                begun_millis: schema.stream_millis.unwrap_or(schema.created_millis),
                shards: Segments::begin(next_tree, at),
            })),
            _ => {}
        }
    }

    /// Adds to `due` what time asks for.
    pub(super) fn due(&self, due: &mut Due<'_>) {
        self.0.iter().for_each(|stream| stream.shards.due(RETENTION_MILLIS, due));
    }

    /// When [`Streams::due`] is to be asked next.
    pub(super) fn next_due(&self, now_millis: u64) -> u64 {
        let due = self.0.iter().map(|stream| stream.shards.next_due(RETENTION_MILLIS, now_millis));
        due.min().unwrap_or(u64::MAX)
    }

    pub(super) fn turn(&mut self, turn: &Turn, next_tree: &mut TreeId, at: Moment) {
        for stream in self.0.iter_mut().filter(|stream| stream.shards.is_turned_by(turn)) {
            Rc::make_mut(stream).shards.turn(turn, next_tree, at);
        }
        self.0.retain(|stream| !stream.shards.is_empty());
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        varint::put(out, self.0.len() as u64);
        for stream in &self.0 {
            stream.encode(out);
        }
    }

    /// What was written before there were streams has none.
    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let mut streams = Vec::new();
        for _ in 0..if r.is_empty() { 0 } else { r.varint()? } {
            streams.push(Rc::new(Stream::decode(r)?));
        }
        Some(Self(streams))
    }
}

#[cfg(test)]
mod tests;
