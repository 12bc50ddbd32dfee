//! The catalog: tables by name, and its changes.

use std::rc::Rc;

use super::catalog::TableSchema;
use super::history::{Histories, HistoryChange, HistoryId, HistoryOptions};
use super::segments::{Due, Moment, Turn};
use super::source::Source;
use super::streams::Streams;
use super::tokens::TokenTrees;
use super::write::Plan;
use super::{CatalogUndo, Engine, Stats, Table};
use crate::collections::VecMap;
use crate::item::value::Reader;
use crate::item::varint;
use crate::storage::coding::MAX_COUNTER;
use crate::storage::{SeqNo, Storage, TreeId};

/// The tables of a database. Cloned when it changes, so that a failed commit can go back.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    by_name: VecMap<String, Rc<Table>>,
    /// Trees are never reused: an old run cannot be taken for a new table's.
    next_tree: TreeId,
    tokens: TokenTrees,
    streams: Streams,
    histories: Histories,
}

/// Stands in the catalog of a manifest where the tree of a table with time to live could stand: histories follow. A
/// version from before there were any refuses it, where it would have lost them.
const HISTORIES: u64 = 1 << 31;

/// A catalog change in the log.
enum CatalogChange<'a> {
    Create {
        first_tree: TreeId,
        schema: &'a [u8],
    },
    Delete {
        name: &'a [u8],
    },
    /// Another schema for a table that there is.
    Alter {
        schema: &'a [u8],
    },
    /// How far an index is filled; `None`: it is complete.
    Backfilled {
        index: TreeId,
        position: Option<&'a [u8]>,
    },
    /// A new tree for tokens; the one before the last is dropped.
    Tokens {
        tree: TreeId,
        since: u64,
    },
    /// Shards of streams, and segments of histories, end, begin and are dropped.
    Shards(Turn),
    /// What is kept of a table's changes.
    History(HistoryChange),
}

impl CatalogChange<'_> {
    const CREATE: u8 = 1;
    const DELETE: u8 = 2;
    const TOKENS: u8 = 3;
    const ALTER: u8 = 4;
    const BACKFILLED: u8 = 5;
    const SHARDS: u8 = 6;
    const HISTORY: u8 = 7;

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Create { first_tree, schema } => {
                out.push(Self::CREATE);
                varint::put(&mut out, u64::from(first_tree.0));
                out.extend_from_slice(schema);
            }
            Self::Delete { name } => {
                out.push(Self::DELETE);
                out.extend_from_slice(name);
            }
            Self::Alter { schema } => {
                out.push(Self::ALTER);
                out.extend_from_slice(schema);
            }
            Self::Backfilled { index, position } => {
                out.push(Self::BACKFILLED);
                varint::put(&mut out, u64::from(index.0));
                out.push(u8::from(position.is_some()));
                out.extend_from_slice(position.unwrap_or_default());
            }
            Self::Tokens { tree, since } => {
                out.push(Self::TOKENS);
                varint::put(&mut out, u64::from(tree.0));
                varint::put(&mut out, *since);
            }
            Self::Shards(turn) => {
                out.push(Self::SHARDS);
                turn.encode(&mut out);
            }
            Self::History(change) => {
                out.push(Self::HISTORY);
                change.encode(&mut out);
            }
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<CatalogChange<'_>> {
        let mut r = Reader::new(bytes);
        match r.u8()? {
            Self::CREATE => {
                let first_tree = TreeId::new(r.varint()?)?;
                Some(CatalogChange::Create { first_tree, schema: r.rest() })
            }
            Self::DELETE => Some(CatalogChange::Delete { name: r.rest() }),
            Self::ALTER => Some(CatalogChange::Alter { schema: r.rest() }),
            Self::BACKFILLED => {
                let index = TreeId::new(r.varint()?)?;
                let goes_on = r.u8()? != 0;
                Some(CatalogChange::Backfilled { index, position: goes_on.then_some(r.rest()) })
            }
            Self::TOKENS => {
                let tree = TreeId::new(r.varint()?)?;
                Some(CatalogChange::Tokens { tree, since: r.varint()? })
            }
            Self::SHARDS => Some(CatalogChange::Shards(Turn::decode(&mut r)?)),
            Self::HISTORY => Some(CatalogChange::History(HistoryChange::decode(&mut r)?)),
            _ => None,
        }
    }
}

impl Tables {
    /// The table of that name.
    pub fn get(&self, name: &str) -> Option<&Rc<Table>> {
        self.by_name.get(name)
    }

    /// Tables after `name` in byte order.
    pub fn after<'a>(&'a self, name: Option<&str>) -> impl Iterator<Item = &'a Rc<Table>> + use<'a> {
        let tables = self.by_name.starting_at(name.unwrap_or_default()).iter();
        let skipped = name.filter(|name| self.by_name.contains_key(*name)).map_or(0, |_| 1);
        tables.skip(skipped).map(|(_, table)| table)
    }

    /// Adds a table with trees of its own, and begins its stream. `None`: its schema contradicts itself.
    pub(super) fn add(&mut self, schema: TableSchema, at: Moment) -> Option<Rc<Table>> {
        let first_tree = self.next_tree;
        let (table, next_tree) = Table::new(schema, first_tree, first_tree)?;
        let name = table.schema.name.clone();
        self.next_tree = next_tree;
        self.by_name.insert(name.clone(), Rc::clone(&table));
        self.follow_stream(&name, first_tree, at);
        Some(table)
    }

    /// Gives a table another schema; indexes it had keep their trees. The trees that are not needed any more.
    fn alter(&mut self, schema: TableSchema) -> Option<Vec<TreeId>> {
        let before = self.by_name.get(&schema.name)?;
        let (table, next_tree) = Table::new(schema, before.tree, self.next_tree)?;
        let dropped = before.trees().filter(|tree| table.trees().all(|kept| kept != *tree)).collect();
        self.next_tree = self.next_tree.max(next_tree);
        self.by_name.insert(table.schema.name.clone(), table);
        Some(dropped)
    }

    /// Notes how far an index is filled.
    fn backfilled(&mut self, index: TreeId, position: Option<&[u8]>) -> Option<()> {
        let table = self.by_name.values().find(|table| table.indexes.iter().any(|one| one.tree == index))?;
        let mut schema = table.schema.clone();
        let definition = schema.gsis.iter_mut().find(|one| one.tree == Some(index))?;
        definition.backfilled = position.map(<[u8]>::to_vec);
        self.alter(schema).map(|_| ())
    }

    pub(super) fn tokens(&self) -> TokenTrees {
        self.tokens
    }

    /// The streams of these tables and of those that had one lately.
    pub fn streams(&self) -> &Streams {
        &self.streams
    }

    /// The histories of these tables and of those that had one lately.
    pub fn histories(&self) -> &Histories {
        &self.histories
    }

    /// Whether a stream or a history records the changes of a table: each of its writes has to know the item before.
    pub fn is_recorded(&self, table: &Table) -> bool {
        table.schema.stream.is_some() || self.histories.of_table(table.tree).is_some()
    }

    /// The table whose items are in `tree`.
    pub(super) fn owner(&self, tree: TreeId) -> Option<&Table> {
        self.by_name.values().map(Rc::as_ref).find(|table| table.tree == tree)
    }

    /// Changes what is kept of a table's changes; gives the trees that are not needed any more. `None`: there is no such
    /// table, or no such history.
    fn change_history(&mut self, change: HistoryChange, at: Moment) -> Option<Vec<TreeId>> {
        Some(match change {
            HistoryChange::Keep(tree, options) => {
                let source = Rc::new(Source::of(tree, &self.owner(tree)?.schema));
                self.histories.keep(source, options, &mut self.next_tree, at)
            }
            HistoryChange::Stop(tree) => {
                self.histories.of_table(tree)?;
                self.histories.stop(tree, at)
            }
            HistoryChange::Forget(id) => {
                self.histories.get(id)?;
                self.histories.forget(id)
            }
        })
    }

    /// Takes a table out; gives the trees that are not needed any more.
    fn remove(&mut self, name: &str, at: Moment) -> Vec<TreeId> {
        let Some(table) = self.by_name.remove(name) else { return Vec::new() };
        self.follow_stream(name, table.tree, at);
        let mut dropped = self.histories.stop(table.tree, at);
        dropped.extend(table.trees());
        dropped
    }

    /// What time asks for.
    fn due(&self, now_millis: u64, storage: &Storage) -> Turn {
        let mut due = Due { now_millis, storage, next_tree: self.next_tree, turn: Turn::default() };
        self.streams.due(&mut due);
        self.histories.due(&mut due);
        due.turn
    }

    /// When time will ask for something, in milliseconds since 1970.
    pub(super) fn next_turn(&self, now_millis: u64) -> u64 {
        self.streams.next_due(now_millis).min(self.histories.next_due(now_millis))
    }

    /// Begins or ends the stream of a table that was created, changed or deleted.
    fn follow_stream(&mut self, name: &str, tree: TreeId, at: Moment) {
        let table = self.by_name.get(name).filter(|table| table.tree == tree);
        self.streams.follow(tree, table.map(Rc::as_ref), &mut self.next_tree, at);
    }

    /// Begins a tree for tokens; gives the one that is not needed any more.
    fn turn_tokens(&mut self, tree: TreeId, since: u64) -> Option<TreeId> {
        self.next_tree = self.next_tree.max(TreeId(tree.0 + 1));
        let TokenTrees { current, previous } = self.tokens;
        self.tokens = TokenTrees { current: Some((tree, since)), previous: current.map(|(tree, _)| tree) };
        previous
    }

    fn turn_segments(&mut self, turn: &Turn, at: Moment, storage: &Storage) {
        self.streams.turn(turn, &mut self.next_tree, at);
        self.histories.turn(turn, &mut self.next_tree, at, storage);
    }

    /// For the manifest: schemas, trees and statistics.
    pub(super) fn encode(&self, stats: &VecMap<TreeId, Stats>) -> Vec<u8> {
        let mut out = Vec::new();
        varint::put(&mut out, u64::from(self.next_tree.0));
        varint::put(&mut out, self.by_name.len() as u64);
        for table in self.by_name.values() {
            let schema = table.schema.encode();
            varint::put(&mut out, u64::from(table.tree.0));
            varint::put(&mut out, schema.len() as u64);
            out.extend_from_slice(&schema);
            varint::put(&mut out, 1 + table.indexes.len() as u64);
            for tree in table.trees() {
                let stats = stats.get(&tree).copied().unwrap_or_default();
                varint::put(&mut out, varint::zigzag(stats.count));
                varint::put(&mut out, varint::zigzag(stats.bytes));
            }
        }
        self.tokens.encode(&mut out);
        self.streams.encode(&mut out);
        for table in self.by_name.values().filter(|table| table.schema.ttl.is_some()) {
            varint::put(&mut out, u64::from(table.tree.0));
            varint::put(&mut out, stats.get(&table.tree).map_or(0, |stats| stats.expiry));
        }
        if !self.histories.is_empty() {
            varint::put(&mut out, HISTORIES);
            self.histories.encode(&mut out);
        }
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<(Self, VecMap<TreeId, Stats>)> {
        let mut r = Reader::new(bytes);
        let mut tables = Self { next_tree: TreeId::new(r.varint()?)?, ..Self::default() };
        let mut stats = VecMap::new();
        for _ in 0..r.varint()? {
            let tree = TreeId::new(r.varint()?)?;
            let schema = TableSchema::decode(r.binary()?)?;
            let (table, _) = Table::new(schema, tree, tree)?;
            let mut trees = table.trees();
            for _ in 0..r.varint()? {
                let count = varint::unzigzag(r.varint()?);
                let bytes = varint::unzigzag(r.varint()?);
                if let Some(tree) = trees.next() {
                    stats.insert(tree, Stats { count, bytes, expiry: 0 });
                }
            }
            drop(trees);
            tables.by_name.insert(table.schema.name.clone(), table);
        }
        tables.tokens = TokenTrees::decode(&mut r)?;
        tables.streams = Streams::decode(&mut r)?;
        while !r.is_empty() {
            let number = r.varint()?;
            if number == HISTORIES {
                tables.histories = Histories::decode(&mut r)?;
                break;
            }
            stats.get_or_default(TreeId::new(number)?).expiry = r.varint()?;
        }
        Some((tables, stats))
    }
}

impl Table {
    /// The table's tree and its indexes' trees, in their fixed order.
    pub fn trees(&self) -> impl Iterator<Item = TreeId> + use<'_> {
        std::iter::once(self.tree).chain(self.indexes.iter().map(|index| index.tree))
    }
}

impl Engine {
    /// Adds a table. The caller has checked that its name is free.
    pub fn create_table(&mut self, schema: TableSchema, now_millis: u64) -> Option<SeqNo> {
        let mut tables = (*self.tables).clone();
        let table = tables.add(schema, self.next_moment(now_millis))?;
        let change =
            CatalogChange::Create { first_tree: table.tree, schema: &table.schema.encode() }.encode();
        Some(self.change_tables(tables, change, Vec::new(), now_millis))
    }

    /// Removes a table and all its data.
    pub fn delete_table(&mut self, name: &str, now_millis: u64) -> SeqNo {
        let change = CatalogChange::Delete { name: name.as_bytes() }.encode();
        let mut tables = (*self.tables).clone();
        let dropped = tables.remove(name, self.next_moment(now_millis));
        self.change_tables(tables, change, dropped, now_millis)
    }

    /// Gives a table another schema. Indexes that are new in it are filled by [`Engine::backfill`].
    pub fn alter_table(&mut self, mut schema: TableSchema, now_millis: u64) -> Option<SeqNo> {
        let name = schema.name.clone();
        let before = Rc::clone(self.tables.get(&name)?);
        let at = self.next_moment(now_millis);
        if schema.ttl != before.schema.ttl {
            schema.ttl_seq = Some(at.seq.0);
            self.doubt_expiry(before.tree);
        }
        let mut tables = (*self.tables).clone();
        let dropped = tables.alter(schema)?;
        let table = tables.by_name.get(&name)?;
        let change = CatalogChange::Alter { schema: &table.schema.encode() }.encode();
        tables.follow_stream(&name, before.tree, at);
        Some(self.change_tables(tables, change, dropped, now_millis))
    }

    /// Writes entries of an index that is being filled, and notes how far it is.
    pub(super) fn fill_index(
        &mut self,
        index: TreeId,
        plan: Plan,
        position: Option<&[u8]>,
        now_millis: u64,
    ) -> Option<SeqNo> {
        let mut tables = (*self.tables).clone();
        tables.backfilled(index, position)?;
        let change = CatalogChange::Backfilled { index, position }.encode();
        Some(self.change_tables_with(tables, change, Vec::new(), plan, now_millis))
    }

    /// Begins a tree for tokens and drops the oldest.
    pub(super) fn begin_token_tree(&mut self, now_millis: u64) -> TreeId {
        let mut tables = (*self.tables).clone();
        let tree = tables.next_tree;
        let dropped = tables.turn_tokens(tree, now_millis);
        let change = CatalogChange::Tokens { tree, since: now_millis }.encode();
        self.change_tables(tables, change, dropped.into_iter().collect(), now_millis);
        tree
    }

    /// Ends segments of streams and histories that took records for long, and drops those whose records are too old.
    /// `None`: there are none.
    pub(super) fn turn_segments(&mut self, now_millis: u64) -> Option<SeqNo> {
        let turn = self.tables.due(now_millis, &self.storage);
        if turn == Turn::default() {
            return None;
        }
        let mut tables = (*self.tables).clone();
        tables.turn_segments(&turn, self.next_moment(now_millis), &self.storage);
        let dropped = turn.dropped.clone();
        Some(self.change_tables(tables, CatalogChange::Shards(turn).encode(), dropped, now_millis))
    }

    /// Keeps the changes of a table from now on, so long and with or without versions; a history that it has goes on so.
    /// `None`: there is no such table.
    pub fn keep_history(&mut self, name: &str, options: HistoryOptions, now_millis: u64) -> Option<SeqNo> {
        let tree = self.tables.get(name)?.tree;
        let retention_millis = options.retention_millis.min(MAX_COUNTER);
        let options = HistoryOptions { retention_millis, ..options };
        if self.tables.histories.of_table(tree).is_some_and(|history| history.options() == options) {
            return Some(self.tables_seq);
        }
        self.change_history(HistoryChange::Keep(tree, options), now_millis)
    }

    /// Keeps nothing of later changes of a table. What was kept is kept until it is old, but for its versions. `None`:
    /// there is no such table, or it has no history.
    pub fn stop_history(&mut self, name: &str, now_millis: u64) -> Option<SeqNo> {
        let tree = self.tables.get(name)?.tree;
        self.change_history(HistoryChange::Stop(tree), now_millis)
    }

    /// Drops all of a history. `None`: there is none.
    pub fn forget_history(&mut self, id: HistoryId, now_millis: u64) -> Option<SeqNo> {
        self.change_history(HistoryChange::Forget(id), now_millis)
    }

    fn change_history(&mut self, change: HistoryChange, now_millis: u64) -> Option<SeqNo> {
        let mut tables = (*self.tables).clone();
        let dropped = tables.change_history(change, self.next_moment(now_millis))?;
        let change = CatalogChange::History(change).encode();
        Some(self.change_tables(tables, change, dropped, now_millis))
    }

    /// When the next commit will have happened.
    pub(super) fn next_moment(&self, now_millis: u64) -> Moment {
        Moment { seq: SeqNo(self.last_seq.0 + 1), millis: self.last_time.max(now_millis) }
    }

    fn change_tables(
        &mut self,
        tables: Tables,
        change: Vec<u8>,
        dropped: Vec<TreeId>,
        now_millis: u64,
    ) -> SeqNo {
        self.change_tables_with(tables, change, dropped, Plan::default(), now_millis)
    }

    fn change_tables_with(
        &mut self,
        tables: Tables,
        change: Vec<u8>,
        dropped: Vec<TreeId>,
        plan: Plan,
        now_millis: u64,
    ) -> SeqNo {
        let before = std::mem::replace(&mut self.tables, Rc::new(tables));
        let seq = self.commit(plan, Some((change, CatalogUndo { before, dropped })), now_millis);
        self.tables_seq = seq;
        self.plan_upkeep(now_millis);
        seq
    }

    /// Applies a catalog change found in the log.
    pub(super) fn replay_catalog(&mut self, bytes: &[u8], at: Moment) -> Option<()> {
        let mut tables = (*self.tables).clone();
        let mut dropped = Vec::new();
        match CatalogChange::decode(bytes)? {
            CatalogChange::Create { first_tree, schema } => {
                let (table, next_tree) = Table::new(TableSchema::decode(schema)?, first_tree, first_tree)?;
                let name = table.schema.name.clone();
                tables.next_tree = tables.next_tree.max(next_tree);
                tables.by_name.insert(name.clone(), table);
                tables.follow_stream(&name, first_tree, at);
            }
            CatalogChange::Delete { name } => {
                let name = std::str::from_utf8(name).ok()?;
                dropped = tables.remove(name, at);
            }
            CatalogChange::Alter { schema } => {
                let schema = TableSchema::decode(schema)?;
                let name = schema.name.clone();
                let before = Rc::clone(tables.get(&name)?);
                if schema.ttl != before.schema.ttl {
                    self.doubt_expiry(before.tree);
                }
                dropped = tables.alter(schema)?;
                tables.follow_stream(&name, before.tree, at);
            }
            CatalogChange::Shards(turn) => {
                tables.turn_segments(&turn, at, &self.storage);
                dropped = turn.dropped;
            }
            CatalogChange::History(change) => dropped = tables.change_history(change, at)?,
            CatalogChange::Backfilled { index, position } => tables.backfilled(index, position)?,
            CatalogChange::Tokens { tree, since } => {
                dropped.extend(tables.turn_tokens(tree, since));
            }
        }
        for tree in dropped {
            self.storage.drop_tree(tree);
            self.stats.remove(&tree);
        }
        self.tables = Rc::new(tables);
        Some(())
    }

    /// Takes over the catalog of a manifest.
    pub(super) fn load_catalog(&mut self, bytes: &[u8]) -> Option<()> {
        if bytes.is_empty() {
            return Some(());
        }
        let (tables, stats) = Tables::decode(bytes)?;
        self.tables = Rc::new(tables);
        self.stats = stats;
        Some(())
    }
}
