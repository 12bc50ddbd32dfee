//! The streams of tables: what the catalog knows of them.
//!
//! A stream's records are entries of trees of their own, one tree a shard, written in the commit of the change they tell
//! of. Time cuts a stream into shards of four hours, and a shard whose records are all a day old is dropped whole, so
//! that forgetting costs nothing by record.

mod entry;

use std::rc::Rc;

use super::catalog::StreamView;
use super::catalog::describe::timestamp;
use super::catalog::schema::Named;
use super::{Engine, Table, Tables};
use crate::item::value::Reader;
use crate::item::varint;
use crate::storage::coding::MAX_COUNTER;
use crate::storage::{SeqNo, TreeId};

pub(super) use entry::Streamed;
pub use entry::{Position, StreamEntry};

/// How long a shard takes records.
const SHARD_MILLIS: u64 = 4 * 60 * 60 * 1000;
/// How long a record can be read.
pub const RETENTION_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// A stream, running or ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The tree of the table's items, which tells tables of one name apart.
    pub table: TreeId,
    /// The table's name.
    pub table_name: String,
    /// Its partition key's attribute.
    pub hash: String,
    /// Its sort key's attribute.
    pub range: Option<String>,
    /// What its records hold.
    pub view: StreamView,
    /// When it began, in milliseconds since 1970.
    pub begun_millis: u64,
    /// Those whose records can be read, oldest first. The last one is open, unless the stream has ended.
    pub shards: Vec<Shard>,
}

/// A stretch of a stream's records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Where the records are.
    pub tree: TreeId,
    /// When it began, in milliseconds since 1970.
    pub begun_millis: u64,
    /// Commits from here on.
    pub first: SeqNo,
    /// When it ended, and the last commit that could be in it.
    pub ended: Option<(u64, SeqNo)>,
    /// Begin and tree of the shard before it.
    pub parent: Option<(u64, TreeId)>,
}

/// When a commit happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub seq: SeqNo,
    pub millis: u64,
}

/// What time made of the shards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// Open shards that end, and the tree of the one that follows.
    pub ended: Vec<(TreeId, TreeId)>,
    /// Shards that are forgotten.
    pub dropped: Vec<TreeId>,
}

impl Stream {
    /// The end of its ARN: when it began, in UTC.
    pub fn label(&self) -> String {
        timestamp(self.begun_millis)
    }

    /// `arn:aws:dynamodb:<region>:<account>:table/<name>/stream/<label>`.
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("arn:aws:dynamodb:{region}:{account}:table/{}/stream/{}", self.table_name, self.label())
    }

    /// The shard that takes records.
    pub fn open(&self) -> Option<&Shard> {
        self.shards.last().filter(|shard| shard.ended.is_none())
    }

    /// The shards whose records can be read at `now_millis`.
    pub fn readable(&self, now_millis: u64) -> impl Iterator<Item = &Shard> {
        self.shards.iter().filter(move |shard| !shard.is_over(now_millis))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let tree = |out: &mut Vec<u8>, tree: TreeId| varint::put(out, u64::from(tree.0));
        tree(out, self.table);
        let range = self.range.as_deref().unwrap_or_default();
        for text in [self.table_name.as_str(), &self.hash, range, self.view.name()] {
            varint::put(out, text.len() as u64);
            out.extend_from_slice(text.as_bytes());
        }
        varint::put(out, self.begun_millis);
        varint::put(out, self.shards.len() as u64);
        for shard in &self.shards {
            tree(out, shard.tree);
            varint::put(out, shard.begun_millis);
            varint::put(out, shard.first.0);
            // Sequence number 0 is before the first commit.
            let (millis, last) = shard.ended.unwrap_or_default();
            varint::put(out, millis);
            varint::put(out, last.0);
            let (millis, parent) = shard.parent.unwrap_or_default();
            varint::put(out, millis);
            tree(out, parent);
        }
    }

    fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let tree = |r: &mut Reader<'_>| TreeId::new(r.varint()?);
        let text = |r: &mut Reader<'_>| std::str::from_utf8(r.binary()?).ok().map(str::to_owned);
        let counter = |r: &mut Reader<'_>| r.varint().filter(|number| *number <= MAX_COUNTER);
        let table = tree(r)?;
        let (table_name, hash, range, view) = (text(r)?, text(r)?, text(r)?, text(r)?);
        let begun_millis = counter(r)?;
        let mut shards = Vec::new();
        for _ in 0..r.varint()? {
            let (number, begun_millis, first) = (tree(r)?, counter(r)?, SeqNo(counter(r)?));
            let ended = (counter(r)?, SeqNo(counter(r)?));
            let parent = (counter(r)?, tree(r)?);
            shards.push(Shard {
                tree: number,
                begun_millis,
                first,
                ended: (ended.1 != SeqNo::default()).then_some(ended),
                parent: (parent.0 != 0).then_some(parent),
            });
        }
        Some(Self {
            table,
            table_name,
            hash,
            range: Some(range).filter(|name| !name.is_empty()),
            view: StreamView::from_name(&view)?,
            begun_millis,
            shards,
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

    /// Whether all its records are too old to be read.
    pub fn is_over(&self, now_millis: u64) -> bool {
        self.ended.is_some_and(|(millis, _)| millis + RETENTION_MILLIS < now_millis)
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
        self.0.iter().rev().find(|stream| stream.table == tree && stream.open().is_some())
    }

    /// Begins or ends the stream of a table, as its schema says.
    pub(super) fn follow(&mut self, tree: TreeId, table: Option<&Table>, next_tree: &mut TreeId, at: Moment) {
        let running = self.0.iter_mut().find(|stream| stream.table == tree && stream.open().is_some());
        let wanted = table.and_then(|table| Some((&table.schema, table.schema.stream?)));
        match (running, wanted) {
            (Some(running), None) => {
                if let Some(shard) = Rc::make_mut(running).shards.last_mut() {
                    shard.ended = Some((at.millis, at.seq));
                }
            }
            (None, Some((schema, view))) => {
                let begun_millis = schema.stream_millis.unwrap_or(schema.created_millis);
                self.0.push(Rc::new(Stream {
                    table: tree,
                    table_name: schema.name.clone(),
                    hash: schema.hash.clone(),
                    range: schema.range.clone(),
                    view,
                    begun_millis,
                    shards: vec![Shard {
                        tree: *next_tree,
                        begun_millis: at.millis,
                        first: at.seq,
                        ended: None,
                        parent: None,
                    }],
                }));
                next_tree.0 += 1;
            }
            _ => {}
        }
    }

    /// What time asks for: an open shard ends after four hours if anything was written since it began.
    fn due(&self, now_millis: u64, latest: SeqNo, mut next_tree: TreeId) -> Turn {
        let mut turn = Turn::default();
        for shard in self.0.iter().flat_map(|stream| &stream.shards) {
            if shard.is_over(now_millis) {
                turn.dropped.push(shard.tree);
            } else if shard.ended.is_none()
                && shard.begun_millis + SHARD_MILLIS <= now_millis
                && shard.first < latest
            {
                turn.ended.push((shard.tree, next_tree));
                next_tree.0 += 1;
            }
        }
        turn
    }

    /// When [`Streams::due`] is to be asked next.
    pub(super) fn next_due(&self, now_millis: u64) -> u64 {
        let shards = self.0.iter().flat_map(|stream| &stream.shards);
        let due = shards.map(|shard| match shard.ended {
            Some((millis, _)) => millis + RETENTION_MILLIS + 1,
            // One that has no records yet may get some.
            None => (shard.begun_millis + SHARD_MILLIS).max(now_millis + SHARD_MILLIS / 4),
        });
        due.min().unwrap_or(u64::MAX)
    }

    pub(super) fn turn(&mut self, turn: &Turn, next_tree: &mut TreeId, at: Moment) {
        for stream in &mut self.0 {
            let touched = |shard: &Shard| {
                turn.dropped.contains(&shard.tree) || turn.ended.iter().any(|(tree, _)| *tree == shard.tree)
            };
            if !stream.shards.iter().any(touched) {
                continue;
            }
            let stream = Rc::make_mut(stream);
            stream.shards.retain(|shard| !turn.dropped.contains(&shard.tree));
            let Some(open) = stream.shards.last_mut() else { continue };
            if let Some((_, tree)) = turn.ended.iter().find(|(tree, _)| *tree == open.tree) {
                open.ended = Some((at.millis, at.seq));
                let parent = Some((open.begun_millis, open.tree));
                *next_tree = (*next_tree).max(TreeId(tree.0.saturating_add(1)));
                stream.shards.push(Shard {
                    tree: *tree,
                    begun_millis: at.millis,
                    first: at.seq,
                    ended: None,
                    parent,
                });
            }
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
        let count = if r.is_empty() { 0 } else { r.varint()? };
        (0..count).map(|_| Stream::decode(r).map(Rc::new)).collect::<Option<_>>().map(Self)
    }
}

impl Turn {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        varint::put(out, self.ended.len() as u64);
        for (tree, next) in &self.ended {
            varint::put(out, u64::from(tree.0));
            varint::put(out, u64::from(next.0));
        }
        for tree in &self.dropped {
            varint::put(out, u64::from(tree.0));
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let tree = |r: &mut Reader<'_>| TreeId::new(r.varint()?);
        let mut turn = Self::default();
        for _ in 0..r.varint()? {
            turn.ended.push((tree(r)?, tree(r)?));
        }
        while !r.is_empty() {
            turn.dropped.push(tree(r)?);
        }
        Some(turn)
    }
}

impl Engine {
    /// Ends shards that took records for long and drops those whose records are too old. `None`: there are none.
    pub(super) fn turn_shards(&mut self, now_millis: u64) -> Option<SeqNo> {
        let tables: &Tables = self.tables();
        let turn = tables.streams().due(now_millis, self.storage.latest(), tables.next_tree());
        (turn != Turn::default()).then(|| self.turn_streams(turn, now_millis))
    }
}

#[cfg(test)]
mod tests;
