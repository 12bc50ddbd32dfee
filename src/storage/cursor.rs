//! Cursors: the entries of a key range at one sequence number, in either direction, across memory and pieces.

use std::ops::Bound;

use super::block::{Entry, Held};
use super::cache::Cache;
use super::run::{Range, Run, Settled, assemble};
use super::settle::supersede;
use super::snapshot::{SharedTable, Snapshot};
use super::{BlockId, Bytes, SeqNo, Storage, TreeId};

/// Bytes of data blocks read ahead of those that are needed, at first and at most: an answer has a megabyte.
const FIRST_AHEAD: u64 = 16 << 10;
const MOST_AHEAD: u64 = 1 << 20;
/// Most bytes of overflow values read ahead.
const OVERFLOW_AHEAD: u64 = 256 << 10;

/// What a cursor came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CursorStep {
    /// The next entry that has a value.
    Entry {
        /// Its key.
        key: Bytes,
        /// The commit that wrote it.
        seq: SeqNo,
        /// Its value.
        value: Bytes,
    },
    /// Blocks to read and install before the next call; the first ones are needed, the rest will be.
    Missing(Vec<BlockId>),
    /// The range is exhausted.
    End,
}

/// Entries of a memory table that are taken at once, at first and at most: each time costs a search.
const FIRST_TAKEN: usize = 2;
const MOST_TAKEN: usize = 64;

/// The keys of one memory table.
struct TableWalk {
    table: SharedTable,
    tree: TreeId,
    /// Where to search from; without it, the end of the range.
    from: Option<Bound<Bytes>>,
    /// What was taken and not yet left; the nearest stands last.
    taken: Vec<Entry>,
    /// The table's count of rollbacks when they were taken.
    rollbacks: u64,
    most: usize,
    ended: bool,
}

impl TableWalk {
    fn new(table: &SharedTable, tree: TreeId) -> Self {
        Self {
            table: SharedTable::clone(table),
            tree,
            from: None,
            taken: Vec::new(),
            rollbacks: 0,
            most: FIRST_TAKEN,
            ended: false,
        }
    }

    fn settle(&mut self, range: &Range, at: SeqNo) {
        if self.ended && self.taken.is_empty() {
            return;
        }
        let table = self.table.borrow();
        if self.rollbacks != table.rollbacks() {
            self.rollbacks = table.rollbacks();
            if let Some(next) = self.taken.pop() {
                self.from = Some(Bound::Included(next.key));
                self.taken.clear();
                self.ended = false;
            }
        }
        if !self.taken.is_empty() {
            return;
        }
        let (mut lower, mut upper) = (
            Bound::Included(range.lower.as_slice()),
            range.upper.as_deref().map_or(Bound::Unbounded, Bound::Excluded),
        );
        if let Some(from) = &self.from {
            *if range.reverse { &mut upper } else { &mut lower } = from.as_ref().map(|key| &**key);
        }
        let found = table.range(self.tree, lower, upper, range.reverse, at).take(self.most);
        self.taken.extend(found.map(|(key, version)| Entry {
            key: key.clone(),
            seq: version.seq,
            value: version.value.clone().map_or(Held::Tombstone, Held::Inline),
            blind: version.blind,
            due: version.due,
        }));
        self.taken.reverse();
        self.ended = self.taken.len() < self.most;
        self.most = (self.most * 2).min(MOST_TAKEN);
    }
}

enum Source {
    Table(TableWalk),
    Run(Run),
}

impl Source {
    fn head(&self) -> Option<&Entry> {
        match self {
            Self::Table(walk) => walk.taken.last(),
            Self::Run(run) => run.head(),
        }
    }

    /// Leaves the head, and gives it.
    fn take(&mut self, range: &Range) -> Option<Entry> {
        match self {
            Self::Table(walk) => {
                let head = walk.taken.pop();
                // Only where what was taken ends is it searched from.
                if let Some(head) = head.as_ref().filter(|_| walk.taken.is_empty()) {
                    walk.from = Some(Bound::Excluded(head.key.clone()));
                }
                head
            }
            Self::Run(run) => {
                let head = run.head().cloned();
                run.advance(range);
                head
            }
        }
    }
}

/// A position in a key range of one tree. Holds its snapshot, so it may be kept across writes, flushes and merges.
pub struct Cursor {
    snapshot: Snapshot,
    range: Range,
    /// Newest first.
    sources: Vec<Source>,
    max_seq: SeqNo,
    due: u64,
    /// Bytes to read ahead.
    ahead: u64,
    unsettled: (u64, u64),
}

impl Cursor {
    pub(super) fn new(snapshot: Snapshot, tree: TreeId, range: Range) -> Self {
        let view = &snapshot.0;
        let walk = |table: &SharedTable| TableWalk::new(table, tree);
        let mut sources: Vec<_> = view.tables.iter().map(walk).map(Source::Table).collect();
        if let Some(pieces) = view.levels.trees.get(&tree) {
            let level0 = pieces.level0.iter().map(|piece| Run::new([piece.clone()], &range));
            let deeper = pieces.deeper.iter().map(|level| Run::new(level.iter().cloned(), &range));
            sources.extend(level0.chain(deeper).map(Source::Run));
        }
        Self { snapshot, range, sources, max_seq: SeqNo(0), due: 0, ahead: 0, unsettled: (0, 0) }
    }

    /// Most of the range will be wanted: reads ahead in full from the first block on, instead of step by step.
    pub fn expect_most(&mut self) {
        self.ahead = MOST_AHEAD;
    }

    /// The latest commit among everything the cursor has passed, tombstones included.
    pub fn max_seq(&self) -> SeqNo {
        self.max_seq
    }

    /// From which second on the value of the last entry is due to be deleted, as far as that entry tells; 0: it does not.
    pub fn due(&self) -> u64 {
        self.due
    }

    /// Entries and bytes that still count, though what the cursor has passed supersedes them.
    pub fn unsettled(&self) -> (u64, u64) {
        self.unsettled
    }

    /// The sequence number the cursor reads at.
    pub fn at(&self) -> SeqNo {
        self.snapshot.at()
    }

    /// The snapshot the cursor reads from.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Goes to the next entry.
    pub fn next(&mut self, storage: &mut Storage) -> CursorStep {
        self.advance(&mut storage.cache)
    }

    fn advance(&mut self, cache: &mut Cache) -> CursorStep {
        let at = self.snapshot.at();
        loop {
            let mut missing = Vec::new();
            let most = cache.at_once(self.sources.len());
            for source in &mut self.sources {
                match source {
                    Source::Table(walk) => walk.settle(&self.range, at),
                    Source::Run(run) => {
                        while run.settle(&self.range, cache, &mut missing) == Settled::Entry
                            && run.head().is_some_and(|entry| entry.seq > at)
                        {
                            run.advance(&self.range);
                        }
                    }
                }
                if missing.len() >= most {
                    break;
                }
            }
            if !missing.is_empty() {
                self.read_ahead(cache, &mut missing);
                missing.truncate(most);
                return CursorStep::Missing(missing);
            }
            let Some((number, head)) = self.best() else { return CursorStep::End };
            let overflow = match &head.value {
                Held::Overflow(value) => {
                    let key = head.key.clone();
                    let Some(value) = assemble(*value, cache, &mut missing) else {
                        self.overflow_ahead(&key, cache, &mut missing);
                        return CursorStep::Missing(missing);
                    };
                    Some(value)
                }
                _ => None,
            };
            let Some(best) = self.leave(number) else { return CursorStep::End };
            let value = match best.value {
                Held::Inline(value) => Some(value),
                _ => overflow,
            };
            self.max_seq = self.max_seq.max(best.seq);
            self.due = best.due;
            if let Some(value) = value {
                return CursorStep::Entry { key: best.key, seq: best.seq, value };
            }
        }
    }

    /// Adds what comes next in the runs: of each as much as it has of the range, so that they run out at about the same time.
    fn read_ahead(&mut self, cache: &Cache, missing: &mut Vec<BlockId>) {
        let most = self.ahead.min(cache.most_ahead());
        self.ahead = (self.ahead * 2).clamp(FIRST_AHEAD, MOST_AHEAD);
        let runs = || {
            self.sources.iter().filter_map(|source| match source {
                Source::Run(run) => Some((run, run.bytes_ahead(&self.range, most))),
                Source::Table(_) => None,
            })
        };
        let all = runs().map(|(_, bytes)| bytes).sum::<u64>().max(1);
        for (run, bytes) in runs() {
            run.read_ahead(&self.range, cache, missing, if all <= most { bytes } else { bytes * most / all });
        }
    }

    /// The source whose head is nearest: of equal keys the first one's is the newest.
    fn best(&self) -> Option<(usize, &Entry)> {
        let mut best: Option<(usize, &Entry)> = None;
        for (number, source) in self.sources.iter().enumerate() {
            let Some(head) = source.head() else { continue };
            let nearer =
                best.is_none_or(
                    |(_, best)| if self.range.reverse { head.key > best.key } else { head.key < best.key },
                );
            if nearer {
                best = Some((number, head));
            }
        }
        best
    }

    /// Leaves the head of a source, and what others have of its key.
    fn leave(&mut self, number: usize) -> Option<Entry> {
        let best = self.sources.get_mut(number)?.take(&self.range)?;
        // What stands before it is farther: it would have been the best.
        let mut blind = best.blind;
        for source in self.sources.iter_mut().skip(number + 1) {
            if source.head().is_some_and(|head| head.key == best.key)
                && let Some(older) = source.take(&self.range)
            {
                supersede(blind, &older, &mut self.unsettled);
                blind = older.blind;
            }
        }
        Some(best)
    }

    fn overflow_ahead(&self, key: &Bytes, cache: &Cache, missing: &mut Vec<BlockId>) {
        for source in &self.sources {
            if let Source::Run(run) = source
                && run.head().is_some_and(|head| head.key == *key)
            {
                let values = run.overflow_ahead(&self.range, OVERFLOW_AHEAD);
                missing.extend(
                    values.iter().flat_map(|value| value.span.ids()).filter(|id| !cache.contains(*id)),
                );
                return;
            }
        }
    }
}
