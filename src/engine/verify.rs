//! Checks tables against their indexes, their statistics and the rules of items, at one sequence number, in slices.
//!
//! Items and index entries are in different orders, so they are compared by sums: each item says which entries it must
//! have, and the sum of hashes over these equals the sum over the entries that are there, or they are not the same.

mod histories;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use xxhash_rust::xxh64::xxh64;

use super::expiry::is_too_old;
use super::{Engine, Segment, Stats, Table, Tables};
use crate::item::{ItemRef, admit};
use crate::storage::verify::trees;
use crate::storage::{BlockId, Bytes, Cursor, CursorStep, SeqNo, Snapshot, TreeId};
use histories::Kept;

/// How a verification goes on.
#[derive(Debug, PartialEq, Eq)]
pub enum VerifyStep {
    /// With the next slice.
    Slice,
    /// Once these blocks are read and installed.
    Missing(Vec<BlockId>),
    /// It has ended.
    Done,
}

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The tree of a table or an index.
    pub tree: TreeId,
    /// What is wrong.
    pub what: String,
}

/// What was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Tables.
    pub tables: u64,
    /// Items.
    pub items: u64,
    /// Entries of indexes.
    pub entries: u64,
    /// Records of streams and histories, and what else is kept.
    pub records: u64,
}

/// Entries of a tree, as they add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    count: i64,
    bytes: i64,
    hash: u128,
}

impl Sum {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.count += 1;
        self.bytes += ItemRef::parse(value).map_or(0, |item| i64::from(item.size()));
        let [low, high] = [0, 1].map(|seed| xxh64(value, xxh64(key, seed)));
        self.hash = self.hash.wrapping_add(u128::from(high) << 64 | u128::from(low));
    }

    fn counts(&self) -> (i64, i64) {
        (self.count, self.bytes)
    }
}

/// What is in a tree.
enum Subject {
    /// The items of a table, none of which expires before that second.
    Items(Rc<Table>, u64),
    /// The entries of an index of the table before, by its number.
    Entries(usize),
    /// A segment of a history, and whether it is the history's last.
    History(Rc<RefCell<Kept>>, Segment, bool),
    /// A segment of the versions of a history, and whether it is the history's last.
    Versions(Rc<RefCell<Kept>>, Segment, bool),
    /// Something that has no structure here.
    Records,
}

struct Part {
    tree: TreeId,
    subject: Subject,
}

/// A tree under way.
struct Walk {
    part: Part,
    cursor: Cursor,
    sum: Sum,
    /// Wrong items of this tree that were told already.
    told: usize,
}

impl Walk {
    /// What the tree is to be counted as: superseded entries that no merge has found count, too.
    fn counts(&self) -> (i64, i64) {
        let ((count, bytes), (entries, more)) = (self.sum.counts(), self.cursor.unsettled());
        (count + entries as i64, bytes.wrapping_add(more as i64))
    }
}

/// Items of one tree that are told one by one.
const MOST_TOLD: usize = 10;

/// A verification under way. It sees the database as it was when it began.
pub struct Verification {
    snapshot: Snapshot,
    /// Of the trees, as of the snapshot.
    stats: Vec<(TreeId, Stats)>,
    /// When it began, by a clock that never goes back.
    now_seconds: u64,
    parts: VecDeque<Part>,
    walk: Option<Walk>,
    /// What the items seen so far demand of the indexes of their table.
    demanded: Vec<Sum>,
    /// What was found so far.
    pub misfits: Vec<Misfit>,
    /// What was looked at so far.
    pub looked: Looked,
}

impl Verification {
    /// One of everything as it is now, pending writes included.
    #[inline(never)]
    pub fn begin(engine: &Engine, now_millis: u64) -> Self {
        let snapshot = engine.storage.snapshot(engine.storage.latest());
        let tables = engine.tables();
        let mut verification = Self {
            stats: Vec::new(),
            parts: VecDeque::new(),
            walk: None,
            demanded: Vec::new(),
            misfits: Vec::new(),
            looked: Looked::default(),
            now_seconds: now_millis.max(engine.last_time) / 1000,
            snapshot,
        };
        for table in tables.after(None) {
            verification.plan(engine, table);
        }
        verification.plan_histories(tables);
        for tree in record_trees(tables) {
            verification.parts.push_back(Part { tree, subject: Subject::Records });
        }
        let owned = |tree: &TreeId| verification.parts.iter().any(|part| part.tree == *tree);
        let stray = trees(&verification.snapshot).into_iter().filter(|tree| !owned(tree));
        let stray = stray.filter(|tree| !engine.storage.is_dropped_at(*tree, SeqNo::MAX));
        let what = || "blocks of a table that is not there".to_owned();
        verification.misfits = stray.map(|tree| Misfit { tree, what: what() }).collect();
        verification
    }

    /// The snapshot it looks at.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    fn plan(&mut self, engine: &Engine, table: &Rc<Table>) {
        self.looked.tables += 1;
        let stats = engine.stats(table.tree);
        self.stats.push((table.tree, stats));
        let subject = Subject::Items(Rc::clone(table), stats.expiry);
        self.parts.push_back(Part { tree: table.tree, subject });
        for (number, index) in table.indexes.iter().enumerate() {
            self.stats.push((index.tree, engine.stats(index.tree)));
            let subject = Subject::Entries(number);
            self.parts.push_back(Part { tree: index.tree, subject });
        }
    }

    fn plan_histories(&mut self, tables: &Tables) {
        for history in tables.histories().all() {
            let mut of_all = tables.after(None);
            let table = of_all.find(|table| history.is_running() && table.tree == history.source.table);
            let kept = Rc::new(RefCell::new(Kept::new(history, table.cloned())));
            let last = history.trees().last().copied();
            let part = |segment: &Segment, make: fn(_, _, _) -> Subject| {
                let subject = make(Rc::clone(&kept), segment.clone(), Some(segment.tree) == last);
                Part { tree: segment.tree, subject }
            };
            self.parts.extend(history.records.iter().map(|segment| part(segment, Subject::History)));
            self.parts.extend(history.versions.iter().map(|segment| part(segment, Subject::Versions)));
        }
    }

    /// Checks the next slice.
    #[inline(never)]
    pub fn step(&mut self, engine: &mut Engine) -> VerifyStep {
        let mut bytes = 0;
        while bytes < engine.storage.slice_bytes() {
            let Some(walk) = &mut self.walk else {
                let Some(part) = self.parts.pop_front() else { return VerifyStep::Done };
                if let Subject::Items(table, _) = &part.subject {
                    self.demanded = vec![Sum::default(); table.indexes.len()];
                }
                let mut cursor = engine.storage.cursor_at(&self.snapshot, part.tree, Vec::new(), None, false);
                cursor.expect_most();
                self.walk = Some(Walk { part, cursor, sum: Sum::default(), told: 0 });
                continue;
            };
            match walk.cursor.next(&mut engine.storage) {
                CursorStep::Missing(blocks) => return VerifyStep::Missing(blocks),
                CursorStep::Entry { key, seq, value } => {
                    bytes += key.len() + value.len();
                    walk.sum.add(&key, &value);
                    let (count, checked) = match &walk.part.subject {
                        Subject::Items(table, least) => {
                            let is_looked_for =
                                |seconds| seconds >= *least || is_too_old(seconds, self.now_seconds);
                            let checked = check_item(table, is_looked_for, &key, &value, &mut self.demanded);
                            let told = Some(walk.cursor.due()).filter(|_| seq >= table.due_since());
                            let checked =
                                checked.and_then(|()| check_due(table, told, &value, self.now_seconds));
                            (&mut self.looked.items, checked)
                        }
                        Subject::Entries(_) => (&mut self.looked.entries, Ok(())),
                        Subject::History(kept, segment, _) => {
                            (&mut self.looked.records, kept.borrow_mut().record(segment, &key, &value))
                        }
                        Subject::Versions(kept, segment, _) => {
                            (&mut self.looked.records, kept.borrow_mut().version(segment, &key, &value))
                        }
                        Subject::Records => (&mut self.looked.records, Ok(())),
                    };
                    *count += 1;
                    if let Err(what) = checked {
                        walk.told += 1;
                        if walk.told <= MOST_TOLD {
                            self.misfits.push(Misfit { tree: walk.part.tree, what: what.to_owned() });
                        }
                    }
                }
                CursorStep::End => {
                    if let Some(walk) = self.walk.take() {
                        self.end(&walk);
                    }
                }
            }
        }
        VerifyStep::Slice
    }

    /// Leaves the tree that cannot be read on: a block of it is damaged.
    #[inline(never)]
    pub fn skip(&mut self) {
        let Some(walk) = self.walk.take() else { return };
        self.misfits.push(Misfit { tree: walk.part.tree, what: "cannot be read to its end".into() });
        match walk.part.subject {
            // Nor can the entries of its indexes be held against it.
            Subject::Items(table, _) => {
                self.parts.retain(|part| !table.indexes.iter().any(|index| index.tree == part.tree));
            }
            Subject::History(kept, ..) | Subject::Versions(kept, ..) => kept.borrow_mut().incomplete = true,
            Subject::Entries(_) | Subject::Records => {}
        }
    }

    fn end(&mut self, walk: &Walk) {
        let tree = walk.part.tree;
        let mut tell = |what: String| self.misfits.push(Misfit { tree, what });
        if walk.told > MOST_TOLD {
            tell(format!("{} more entries are not as they should be", walk.told - MOST_TOLD));
        }
        if let Subject::History(kept, _, true) | Subject::Versions(kept, _, true) = &walk.part.subject
            && let Some(what) = kept.borrow().verdict()
        {
            tell(what);
        }
        if let Subject::Entries(number) = walk.part.subject {
            let demanded = self.demanded.get(number).copied().unwrap_or_default();
            if walk.sum.counts() != demanded.counts() {
                let (found, wanted) = (walk.sum.count, demanded.count);
                tell(format!("has {found} entries, and its table's items ask for {wanted}"));
            } else if walk.sum != demanded {
                tell("has other entries than its table's items ask for".into());
            }
        }
        if let Some((_, stats)) = self.stats.iter().find(|(own, _)| *own == tree)
            && walk.counts() != (stats.count, stats.bytes)
        {
            let (count, bytes) = walk.counts();
            tell(format!(
                "has {count} entries of {bytes} bytes, and was counted as {} of {}",
                stats.count, stats.bytes
            ));
        }
    }
}

/// An item is one that a request could have put there. Adds up what it demands of the indexes.
fn check_item(
    table: &Table,
    is_looked_for: impl Fn(u64) -> bool,
    key: &Bytes,
    value: &Bytes,
    demanded: &mut [Sum],
) -> Result<(), &'static str> {
    let item = ItemRef::parse(value).ok_or("an item that cannot be read")?;
    if !admit::item(item.map()).is_ok_and(|own| own.as_ref().bytes() == &**value) {
        return Err("an item that is not well formed");
    }
    if table.key_of(item.map()).as_deref() != Some(&**key) {
        return Err("an item in the place of another key");
    }
    if table.expiry(item).is_some_and(|seconds| !is_looked_for(seconds)) {
        return Err("an item that expires before any is looked for");
    }
    for (index, sum) in table.indexes.iter().zip(demanded) {
        if let Some((key, value)) = index.entry(table, item).filter(|_| !index.waits_for(key)) {
            sum.add(&key, &value);
        }
    }
    Ok(())
}

/// An entry that tells when its item is due to be deleted tells what the item does, or nothing if it was too late for that.
fn check_due(table: &Table, told: Option<u64>, value: &Bytes, now: u64) -> Result<(), &'static str> {
    let due = ItemRef::parse(value).map_or(0, |item| table.due(item));
    let stays = due > 0 && is_too_old(due - 1, now);
    if told.is_some_and(|told| told != due && !(told == 0 && stays)) {
        return Err("an item whose entry tells another time at which it expires");
    }
    Ok(())
}

/// The trees that hold no items: records of streams, and tokens of transactions.
fn record_trees(tables: &Tables) -> Vec<TreeId> {
    let tokens = tables.tokens();
    let streams = tables.streams().all();
    let shards = streams.flat_map(|stream| stream.shards.iter().map(|shard| shard.tree));
    shards.chain(tokens.current.map(|(tree, _)| tree)).chain(tokens.previous).collect()
}
