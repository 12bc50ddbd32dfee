//! Cursors: the entries of a key range at one sequence number, in either direction, across memory and pieces.

use std::ops::Bound;

use super::block::{Entry, Held};
use super::cache::Cache;
use super::run::{Range, Run, Settled, assemble};
use super::snapshot::{SharedTable, Snapshot};
use super::{BlockId, Bytes, SeqNo, Storage, TreeId};

/// Most data blocks read ahead of the one that is needed: with it, a megabyte of the largest.
const MAX_AHEAD: usize = 15;
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

/// The keys of one memory table.
struct TableWalk {
    table: SharedTable,
    tree: TreeId,
    /// The key last left.
    last: Option<Bytes>,
    head: Option<Entry>,
    ended: bool,
}

impl TableWalk {
    fn settle(&mut self, range: &Range, at: SeqNo) {
        if self.head.is_some() || self.ended {
            return;
        }
        let last = self.last.as_deref();
        let (mut lower, mut upper) = (
            Bound::Included(range.lower.as_slice()),
            range.upper.as_deref().map_or(Bound::Unbounded, Bound::Excluded),
        );
        match last {
            Some(last) if range.reverse => upper = Bound::Excluded(last),
            Some(last) => lower = Bound::Excluded(last),
            None => {}
        }
        let next = self.table.borrow().next(self.tree, lower, upper, range.reverse, at);
        self.ended = next.is_none();
        self.head = next.map(|(key, version)| Entry {
            key,
            seq: version.seq,
            value: version.value.map_or(Held::Tombstone, Held::Inline),
        });
    }
}

enum Source {
    Table(TableWalk),
    Run(Run),
}

impl Source {
    fn head(&self) -> Option<&Entry> {
        match self {
            Self::Table(walk) => walk.head.as_ref(),
            Self::Run(run) => run.head(),
        }
    }

    fn advance(&mut self, range: &Range) {
        match self {
            Self::Table(walk) => walk.last = walk.head.take().map(|head| head.key),
            Self::Run(run) => run.advance(range),
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
    ahead: usize,
}

impl Cursor {
    pub(super) fn new(snapshot: Snapshot, tree: TreeId, range: Range) -> Self {
        let view = &snapshot.0;
        let walk = |table: &SharedTable| TableWalk {
            table: SharedTable::clone(table),
            tree,
            last: None,
            head: None,
            ended: false,
        };
        let mut sources: Vec<_> = view.tables.iter().map(walk).map(Source::Table).collect();
        if let Some(pieces) = view.levels.trees.get(&tree) {
            let level0 = pieces.level0.iter().map(|piece| Run::new([piece.clone()], &range));
            let deeper = pieces.deeper.iter().map(|level| Run::new(level.iter().cloned(), &range));
            sources.extend(level0.chain(deeper).map(Source::Run));
        }
        Self { snapshot, range, sources, max_seq: SeqNo(0), ahead: 0 }
    }

    /// Most of the range will be wanted: reads ahead in full from the first block on, instead of step by step.
    pub fn expect_most(&mut self) {
        self.ahead = MAX_AHEAD;
    }

    /// The latest commit among everything the cursor has passed, tombstones included.
    pub fn max_seq(&self) -> SeqNo {
        self.max_seq
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
            for source in &mut self.sources {
                match source {
                    Source::Table(walk) => walk.settle(&self.range, at),
                    Source::Run(run) => {
                        while run.settle(&self.range, cache, &mut missing, self.ahead) == Settled::Entry
                            && run.head().is_some_and(|entry| entry.seq > at)
                        {
                            run.advance(&self.range);
                        }
                    }
                }
            }
            if !missing.is_empty() {
                self.ahead = (self.ahead * 2).clamp(1, MAX_AHEAD);
                return CursorStep::Missing(missing);
            }
            let Some(best) = self.best() else { return CursorStep::End };
            let value = match best.value {
                Held::Tombstone => None,
                Held::Inline(value) => Some(value),
                Held::Overflow(value) => {
                    let Some(value) = assemble(value, cache, &mut missing) else {
                        self.overflow_ahead(&best.key, cache, &mut missing);
                        return CursorStep::Missing(missing);
                    };
                    Some(value)
                }
            };
            for source in &mut self.sources {
                if source.head().is_some_and(|head| head.key == best.key) {
                    source.advance(&self.range);
                }
            }
            self.max_seq = self.max_seq.max(best.seq);
            if let Some(value) = value {
                return CursorStep::Entry { key: best.key, seq: best.seq, value };
            }
        }
    }

    /// The nearest key's newest entry: of equal keys the first source wins, since sources stand newest first.
    fn best(&self) -> Option<Entry> {
        let mut best: Option<&Entry> = None;
        for head in self.sources.iter().filter_map(Source::head) {
            let nearer =
                best.is_none_or(
                    |best| if self.range.reverse { head.key > best.key } else { head.key < best.key },
                );
            if nearer {
                best = Some(head);
            }
        }
        best.cloned()
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
