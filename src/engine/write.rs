//! Items written: the table's entry, its index entries, statistics, capacity and the log record.

use super::capacity::WriteCost;
use super::expiry::told;
use super::recorded::{Commit, Recorded, record};
use super::table::Table;
use super::tokens::TokenWrite;
use super::{CatalogUndo, Engine, Stats, Tables};
use crate::item::ItemRef;
use crate::log::{LoggedChange, Origin, Record};
use crate::storage::{Bytes, Change, SeqNo, TreeId};

/// What happens to an item.
pub struct ItemWrite<'a> {
    /// The table.
    pub table: &'a Table,
    /// The tree key of the item.
    pub key: Vec<u8>,
    /// The item as it is.
    pub old: Option<Bytes>,
    /// The item as it shall be, canonical; `None` deletes.
    pub new: Option<Vec<u8>>,
    /// Nobody looked at the item as it is, and `old` is not it; see [`Engine::is_old_needed`].
    pub blind: bool,
}

/// Changes of statistics, per tree.
pub(super) type Deltas = Vec<(TreeId, Stats)>;

/// What one commit changes: one record, one sequence number.
#[derive(Default)]
pub(super) struct Plan {
    changes: Vec<Change>,
    logged: Vec<LoggedChange>,
    index_deletes: Vec<(TreeId, Bytes)>,
    deltas: Deltas,
    /// What streams and histories record of it.
    recorded: Vec<Recorded>,
    /// Who caused it.
    origin: Origin,
}

impl Engine {
    /// Whether a write to `table` has to know the item as it is, whatever the request asks for.
    pub fn is_old_needed(&self, table: &Table) -> bool {
        !table.indexes.is_empty() || self.tables.is_recorded(table)
    }

    /// Writes one item and its index entries under one sequence number, and logs it.
    ///
    /// Gives the sequence number and what it costs. A delete of a missing item writes nothing.
    pub fn write_item(&mut self, write: ItemWrite<'_>, now_millis: u64) -> (SeqNo, WriteCost) {
        let mut plan = Plan::default();
        let cost = plan.add(write, &self.tables);
        (self.carry_out(plan, now_millis), cost)
    }

    /// Writes items, all or none of which outlive a crash. They are of different keys.
    ///
    /// Gives the sequence number they share, and what each costs.
    pub fn write_items<'a>(
        &mut self,
        writes: impl IntoIterator<Item = ItemWrite<'a>>,
        token: Option<TokenWrite>,
        now_millis: u64,
    ) -> (SeqNo, Vec<WriteCost>) {
        let mut plan = Plan::default();
        let costs = writes.into_iter().map(|write| plan.add(write, &self.tables)).collect();
        if let Some(token) = token {
            let tree = self.token_tree(now_millis);
            plan.put(tree, token.token, token.value);
        }
        (self.carry_out(plan, now_millis), costs)
    }

    pub(super) fn carry_out(&mut self, plan: Plan, now_millis: u64) -> SeqNo {
        if plan.changes.is_empty() {
            return self.storage.latest();
        }
        self.commit(plan, None, now_millis)
    }

    /// Gives a plan, and a change of the catalog with it, the next sequence number, and logs them.
    pub(super) fn commit(
        &mut self,
        plan: Plan,
        catalog: Option<(Vec<u8>, CatalogUndo)>,
        now_millis: u64,
    ) -> SeqNo {
        let seq = self.next_seq();
        let Plan { mut changes, logged, index_deletes, deltas, recorded, origin } = plan;
        let (change, undo) = catalog.unzip();
        let time_millis = self.commit_time(now_millis);
        record(&recorded, &logged, &Commit { seq, time_millis, origin }, &mut changes);
        let record = Record {
            seq: seq.0,
            time_millis,
            origin,
            old_images: recorded.iter().map(Recorded::logged).collect(),
            changes: logged,
            index_deletes,
            catalog: change,
            stats: deltas.iter().map(|(tree, d)| (*tree, d.count, d.bytes)).collect(),
            ..Record::default()
        };
        self.storage.advance(seq);
        for tree in undo.iter().flat_map(|undo| &undo.dropped) {
            // Undone by a rollback, like everything after the durable sequence number.
            self.storage.drop_tree(*tree);
        }
        for mut change in changes {
            change.due = told(change.due, now_millis);
            self.note_due(change.tree, change.due);
            self.storage.apply(seq, change);
        }
        self.add_to_group(seq, &record, deltas, undo);
        seq
    }
}

impl Plan {
    /// One that changes nothing yet.
    pub(super) fn of(origin: Origin) -> Self {
        Self { origin, ..Self::default() }
    }

    /// A change of a table's tree, which the log has as it is.
    fn log(&mut self, change: Change) {
        self.logged.push(LoggedChange {
            tree: change.tree,
            key: change.key.clone(),
            value: change.value.clone(),
            blind: change.blind,
        });
        self.changes.push(change);
    }

    fn put(&mut self, tree: TreeId, key: Vec<u8>, value: Vec<u8>) {
        self.log(Change::put(tree, Bytes::from(key), Bytes::from(value)));
    }

    /// Adds an entry of an index that is being filled.
    pub(super) fn fill(&mut self, index: TreeId, key: Vec<u8>, value: Vec<u8>) {
        let bytes = ItemRef::parse(&value).map_or(0, |item| i64::from(item.size()));
        self.deltas.push((index, Stats { count: 1, bytes, ..Stats::default() }));
        self.put(index, key, value);
    }

    /// Adds an item and its index entries; gives what it costs.
    pub(super) fn add(&mut self, write: ItemWrite<'_>, tables: &Tables) -> WriteCost {
        let ItemWrite { table, key, old, new, blind } = write;
        let mut cost = WriteCost::new(table.indexes.len());
        let old_item = old.as_deref().and_then(ItemRef::parse);
        let new_item = new.as_deref().and_then(ItemRef::parse);
        cost.table = WriteCost::units(old_item.map_or(0, |i| i.size()).max(new_item.map_or(0, |i| i.size())));
        if old.is_none() && new.is_none() && !blind {
            return cost;
        }
        self.deltas.push((table.tree, Stats::change(old_item, new_item)));
        // What changes nothing is no record.
        if tables.is_recorded(table) && old.as_deref() != new.as_deref() {
            self.recorded.extend(Recorded::of(tables, table.tree, self.logged.len(), old.as_ref()));
        }
        for (number, index) in table.indexes.iter().enumerate() {
            if index.waits_for(&key) {
                continue;
            }
            let before = old_item.and_then(|item| index.entry(table, item));
            let after = new_item.and_then(|item| index.entry(table, item));
            if before.is_none() && after.is_none() {
                continue;
            }
            let size = |entry: &Option<(Vec<u8>, Vec<u8>)>| {
                entry.as_ref().and_then(|(_, value)| ItemRef::parse(value)).map_or(0, |item| item.size())
            };
            self.deltas.push((
                index.tree,
                Stats {
                    count: i64::from(after.is_some()) - i64::from(before.is_some()),
                    bytes: i64::from(size(&after)) - i64::from(size(&before)),
                    ..Stats::default()
                },
            ));
            let units = match (&before, &after) {
                (Some(b), Some(a)) if b == a => 0,
                (Some((bk, _)), Some((ak, _))) if bk == ak => {
                    WriteCost::units(size(&before).max(size(&after)))
                }
                _ => {
                    before.as_ref().map_or(0, |_| WriteCost::units(size(&before)))
                        + after.as_ref().map_or(0, |_| WriteCost::units(size(&after)))
                }
            };
            if units == 0 {
                continue;
            }
            cost.add_index(number, units);
            let moved = match (&before, &after) {
                (Some((bk, _)), Some((ak, _))) => bk != ak,
                (Some(_), None) => true,
                _ => false,
            };
            if let (true, Some((before_key, _))) = (moved, before) {
                let before_key = Bytes::from(before_key);
                self.index_deletes.push((index.tree, before_key.clone()));
                self.changes.push(Change::delete(index.tree, before_key));
            }
            if let Some((after_key, after_value)) = after {
                let change = Change::put(index.tree, Bytes::from(after_key), Bytes::from(after_value));
                self.changes.push(change);
            }
        }
        let due = new_item.map_or(0, |item| table.due(item));
        self.log(Change { tree: table.tree, key: Bytes::from(key), value: new.map(Bytes::from), blind, due });
        cost
    }
}
