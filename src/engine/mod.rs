//! Tables, items and indexes over [`crate::storage`]: synchronous, without clock, randomness or I/O.
//!
//! The engine holds the newest state, pending writes included. Each write gets the next sequence number and a
//! log record in the open [`Group`]; the driver commits groups in order and says what became durable, or rolls
//! back. Reads name the sequence number they read at.

mod backfill;
pub mod capacity;
pub mod catalog;
mod collection;
mod dump;
mod expiry;
pub mod history;
mod load;
mod position;
mod progress;
mod recorded;
mod recovery;
mod requests;
mod segments;
mod source;
pub mod streams;
pub mod table;
mod tables;
pub mod tokens;
mod upkeep;
pub mod verify;
mod write;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::collections::VecMap;
use crate::item::ItemRef;
use crate::log::{KeptAnswer, Record};
use crate::storage::{Looked, SeqNo, Storage, TreeId};

pub use backfill::Backfill;
pub use collection::MAX_COLLECTION;
pub use dump::{Dump, DumpStep};
pub use load::{LoadError, LoadStep, Loader};
pub use position::Position;
pub use progress::Progress;
pub use segments::{Segment, Segments};
pub use source::Source;
pub use table::{Index, IndexKind, KeyAttribute, Table};
pub use tables::Tables;
pub use upkeep::Upkeep;
pub use write::ItemWrite;

/// Entries and bytes of a tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries.
    pub count: i64,
    /// Bytes by DynamoDB's item size.
    pub bytes: i64,
    /// Of a table with time to live: no item expires before this second since 1970.
    pub expiry: u64,
}

impl Stats {
    /// What was stored may be any number.
    fn add(&mut self, count: i64, bytes: i64) {
        self.count = self.count.wrapping_add(count);
        self.bytes = self.bytes.wrapping_add(bytes);
    }

    fn change(old: Option<ItemRef<'_>>, new: Option<ItemRef<'_>>) -> Self {
        Self {
            count: i64::from(new.is_some()) - i64::from(old.is_some()),
            bytes: new.map_or(0, |i| i64::from(i.size())) - old.map_or(0, |i| i64::from(i.size())),
            expiry: 0,
        }
    }
}

/// Writes that are committed together.
#[derive(Debug, Default)]
pub struct Group {
    /// Encoded log records, in order.
    pub records: Vec<Vec<u8>>,
    /// Sequence number of the last record.
    pub last: SeqNo,
    bytes: usize,
    deltas: write::Deltas,
    /// The catalog before the first change of it in this group.
    tables_before: Option<Rc<Tables>>,
    /// Trees of tables deleted in this group; their statistics go once that is durable.
    dropped: Vec<TreeId>,
    /// What it answers to clients that joined.
    answers: Vec<KeptAnswer>,
}

/// What a change of the catalog leaves behind.
struct CatalogUndo {
    before: Rc<Tables>,
    dropped: Vec<TreeId>,
}

/// Bytes of records at which a group is full, unless told otherwise; what follows makes the next one. While the store writes
/// one group, those whose writes were in the one before make the one after.
pub const GROUP_BYTES: usize = 256 << 10;

/// How long what is done with tables takes, in milliseconds. Nothing waits for it; it is what statuses tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// From CreateTable until a table is ACTIVE, and can be read and written.
    pub create: u64,
    /// From UpdateTable until a table is ACTIVE again.
    pub update: u64,
    /// From DeleteTable until a table is gone.
    pub delete: u64,
    /// From UpdateTimeToLive until it may be called again.
    pub time_to_live: u64,
}

/// The tables of one database and their data.
pub struct Engine {
    /// Where the data is.
    pub storage: Storage,
    /// Region and account that ARNs name.
    pub region: String,
    /// The account id in ARNs.
    pub account: String,
    /// How long what is done with tables takes.
    pub delays: Delays,
    /// Largest item collection of a table with local indexes, in bytes.
    pub max_collection: u64,
    /// Bytes of records at which a group is full.
    pub group_bytes: usize,
    /// The time of the request at hand, in milliseconds since 1970.
    pub now_millis: u64,
    tables: Rc<Tables>,
    stats: VecMap<TreeId, Stats>,
    /// Groups not handed over yet; the last one is open.
    groups: VecDeque<Group>,
    /// Without a log everything is durable at once and no group is ever made.
    logged: bool,
    /// The group under commit, as far as it must be undone should it fail.
    under_way: Option<Group>,
    last_seq: SeqNo,
    requests: requests::Requests,
    last_time: u64,
    /// Sequence number of the newest catalog change.
    tables_seq: SeqNo,
    /// How far the search for expired items has come.
    sweep: Option<upkeep::sweep::Sweep>,
    /// What searches before it have looked at, per tree of items.
    looked: VecMap<TreeId, Rc<Looked>>,
    /// When there is something to do beside what is asked for, in milliseconds since 1970.
    upkeep_at: u64,
}

impl Engine {
    /// An engine over `storage` without any table.
    pub fn new(storage: Storage, region: &str, account: &str) -> Self {
        Self {
            last_seq: storage.latest(),
            storage,
            region: region.into(),
            account: account.into(),
            delays: Delays::default(),
            max_collection: MAX_COLLECTION,
            group_bytes: GROUP_BYTES,
            now_millis: 0,
            tables: Rc::default(),
            stats: VecMap::new(),
            groups: VecDeque::new(),
            logged: true,
            under_way: None,
            requests: requests::Requests::default(),
            last_time: 0,
            tables_seq: SeqNo::default(),
            sweep: None,
            looked: VecMap::new(),
            upkeep_at: u64::MAX,
        }
    }

    /// An engine that keeps everything in memory and logs nothing.
    pub fn without_log(storage: Storage, region: &str, account: &str) -> Self {
        Self { logged: false, ..Self::new(storage, region, account) }
    }

    /// The tables, pending changes included.
    pub fn tables(&self) -> &Rc<Tables> {
        &self.tables
    }

    /// Entries and bytes of a tree.
    pub fn stats(&self, tree: TreeId) -> Stats {
        self.stats.get(&tree).copied().unwrap_or_default()
    }

    /// The newest catalog change; answers that name tables wait for it.
    pub fn tables_seq(&self) -> SeqNo {
        self.tables_seq
    }

    /// Is there anything to commit?
    pub fn has_writes(&self) -> bool {
        !self.groups.is_empty()
    }

    /// Is there a group that nothing is added to any more?
    pub fn has_full_group(&self) -> bool {
        self.groups.len() > 1 || self.groups.front().is_some_and(|group| group.bytes >= self.group_bytes)
    }

    /// Hands over the oldest group.
    pub fn take_group(&mut self) -> Option<Group> {
        let mut group = self.groups.pop_front()?;
        let records = std::mem::take(&mut group.records);
        let last = group.last;
        self.under_way = Some(group);
        Some(Group { records, last, ..Group::default() })
    }

    /// The group under way is durable, and the log goes on at frame `next_log`.
    pub fn committed(&mut self, last: SeqNo, next_log: u64) {
        if let Some(group) = self.under_way.take() {
            self.forget_stats(&group.dropped);
            self.requests.remember(group.answers, next_log);
        }
        self.storage.set_durable(last);
        let Self { storage, tables, stats, .. } = self;
        storage.close_group(next_log, || tables.encode(stats));
    }

    /// Freezes a memory table that is worth it before closing; the log goes on at frame `next_log`.
    pub fn freeze_tail(&mut self, next_log: u64) {
        let Self { storage, tables, stats, .. } = self;
        if storage.tail_is_long(next_log) {
            storage.freeze(next_log, tables.encode(stats));
        }
    }

    /// Freezes a memory table whatever its size; the log goes on at frame `next_log`.
    pub fn freeze_all(&mut self, next_log: u64) {
        let Self { storage, tables, stats, .. } = self;
        storage.freeze(next_log, tables.encode(stats));
    }

    /// The log's tail has been replayed and goes on at frame `next_log`.
    pub fn recovered(&mut self, next_log: u64) {
        let Self { storage, tables, stats, .. } = self;
        storage.close_group(next_log, || tables.encode(stats));
    }

    /// The group under way was not written: it and everything after it is undone.
    pub fn roll_back(&mut self) {
        while let Some(group) = self.groups.pop_back().or_else(|| self.under_way.take()) {
            for (tree, delta) in &group.deltas {
                self.stats.get_or_default(*tree).add(-delta.count, -delta.bytes);
            }
            if let Some(tables) = &group.tables_before {
                self.tables = Rc::clone(tables);
                // What was due before is due again.
                self.upkeep_at = 0;
            }
        }
        self.doubt_expiries();
        self.storage.rollback();
        self.last_seq = self.storage.durable();
        self.tables_seq = self.tables_seq.min(self.last_seq);
    }

    /// Takes off the counts what merges found to be superseded by writes that did not look.
    pub fn settle(&mut self) {
        for (tree, entries, bytes) in self.storage.take_settlements().iter() {
            if let Some(stats) = self.stats.get_mut(&tree) {
                stats.add(-(entries as i64), -(bytes as i64));
            }
        }
    }

    fn forget_stats(&mut self, trees: &[TreeId]) {
        for tree in trees {
            self.stats.remove(tree);
            self.looked.remove(tree);
        }
    }

    fn next_seq(&mut self) -> SeqNo {
        self.last_seq = SeqNo(self.last_seq.0 + 1);
        self.last_seq
    }

    /// Commit time never goes backwards, whatever the clock does.
    fn commit_time(&mut self, now_millis: u64) -> u64 {
        self.last_time = self.last_time.max(now_millis);
        self.last_time
    }

    fn add_to_group(
        &mut self,
        seq: SeqNo,
        record: &Record,
        deltas: write::Deltas,
        catalog: Option<CatalogUndo>,
    ) {
        for (tree, delta) in &deltas {
            self.stats.get_or_default(*tree).add(delta.count, delta.bytes);
        }
        if !self.logged {
            if let Some(catalog) = catalog {
                self.forget_stats(&catalog.dropped);
            }
            return self.storage.set_durable(seq);
        }
        let bytes = record.encode();
        let mut group = match self.groups.pop_back() {
            Some(full) if full.bytes >= self.group_bytes && !self.requests.goes_on(seq) => {
                self.groups.push_back(full);
                Group::default()
            }
            open => open.unwrap_or_default(),
        };
        group.bytes += bytes.len();
        group.last = seq;
        group.records.push(bytes);
        group.deltas.extend(deltas);
        if let Some(catalog) = catalog {
            group.tables_before.get_or_insert(catalog.before);
            group.dropped.extend(catalog.dropped);
        }
        self.groups.push_back(group);
    }
}
