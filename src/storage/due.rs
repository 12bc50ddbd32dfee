//! What is due to be deleted in a tree: a walk over the entries whose values may be, which reads only the data blocks whose
//! index says that they have some.
//!
//! Entries stay where they are until a merge, also once a newer version of their key is elsewhere. So that a block with such
//! entries is not read by every walk, what a walk has [looked](Looked) at is remembered: of what it passed over nothing is
//! left to do.

use std::collections::VecDeque;
use std::ops::Bound;
use std::rc::Rc;

use super::block::{Block, BlockMeta, FirstDue, Held, Kind};
use super::levels::TreePieces;
use super::piece::Index;
use super::snapshot::{SharedTable, Snapshot};
use super::{BlockId, Bytes, SeqNo, Storage, TreeId};
use crate::collections::sort_by;

/// Bytes of blocks that are asked for at once.
const AHEAD: u64 = 256 << 10;
/// An index block, roughly.
const INDEX_BYTES: u64 = 16 << 10;

/// Blocks that were looked through, and when the first of the values is due that were left in each.
#[derive(Debug, Default)]
pub struct Looked(Vec<(BlockId, FirstDue)>);

impl Looked {
    fn get(&self, id: BlockId) -> Option<FirstDue> {
        let at = self.0.binary_search_by(|(own, _)| own.cmp(&id)).ok()?;
        self.0.get(at).map(|(_, first)| *first)
    }
}

/// An entry whose value may be due.
#[derive(Debug)]
pub struct Candidate {
    /// Its key.
    pub key: Bytes,
    /// The commit that wrote it, which need not be the last one that wrote the key.
    pub seq: SeqNo,
    /// From which second on it is due; 0: only the value tells, which is not in the entry.
    pub due: u64,
}

/// What a walk came to.
#[derive(Debug)]
pub enum DueStep {
    /// The next entry.
    Candidate(Candidate),
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// A slice is over.
    Pause,
    /// There are no more.
    End,
}

/// A data block that has to be read.
struct Wanted {
    id: BlockId,
    len: u64,
    /// Values that are due before this were looked at by an earlier walk.
    from: FirstDue,
}

/// A walk over what is due in a tree. It holds its snapshot, and may be kept across writes, flushes and merges.
pub struct DueWalk {
    snapshot: Snapshot,
    tree: TreeId,
    /// Values that are due from this second on, or an earlier one.
    now: u64,
    /// Entries of earlier commits do not tell when they are due.
    since: SeqNo,
    before: Rc<Looked>,
    /// How many memory tables it has passed, and the last key it has passed in the next one.
    tables: usize,
    after: Option<Bytes>,
    /// Index blocks to come, and whether they tell when the first value of a block is due.
    indexes: VecDeque<(BlockId, bool)>,
    wanted: VecDeque<Wanted>,
    block: Option<Rc<Block>>,
    at: usize,
    /// When the first of the values is due that are left in the block.
    rest: FirstDue,
    looked: Looked,
    /// When the first of all values is due that are left.
    least: FirstDue,
    worked: usize,
}

impl Storage {
    /// A walk over what is due in a tree at second `now`. Entries from commit `since` on tell when that is; of the values of
    /// others, [`DueWalk::next`] has to be told. `before` is what an earlier walk has looked at.
    pub fn due(&self, tree: TreeId, now: u64, since: SeqNo, before: Rc<Looked>) -> DueWalk {
        let snapshot = self.snapshot(self.latest());
        let mut walk = DueWalk {
            tree,
            now,
            since,
            before,
            tables: 0,
            after: None,
            indexes: VecDeque::new(),
            wanted: VecDeque::new(),
            block: None,
            at: 0,
            rest: FirstDue::NEVER,
            looked: Looked::default(),
            least: FirstDue::NEVER,
            worked: 0,
            snapshot: snapshot.clone(),
        };
        for piece in snapshot.0.levels.trees.get(&tree).into_iter().flat_map(TreePieces::all) {
            let tells = piece.min_seq >= since;
            match &piece.index {
                Index::One(meta) => walk.consider(meta, tells),
                Index::Blocks(parts) => walk.indexes.extend(parts.iter().map(|(_, id)| (*id, tells))),
            }
        }
        walk
    }
}

impl DueWalk {
    /// The second it is about.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The second in which the first of the values is due that were left; `None`: none of them ever is.
    pub fn least(&self) -> Option<u64> {
        Some(self.least.second()).filter(|due| *due > 0)
    }

    /// What there is to remember for the next walk.
    pub fn into_looked(self) -> Looked {
        let Self { looked: Looked(mut blocks), .. } = self;
        sort_by(&mut blocks, |one, other| one.0.cmp(&other.0));
        Looked(blocks)
    }

    /// The value of the last candidate is due only from second `due` on; 0: never.
    pub fn leave(&mut self, due: u64) {
        self.rest.add(due);
    }

    /// Goes to the next entry. `due` tells from which second on a value is due.
    pub fn next(&mut self, storage: &mut Storage, due: &dyn Fn(&[u8]) -> u64) -> DueStep {
        loop {
            if self.worked >= storage.slice_bytes() {
                self.worked = 0;
                return DueStep::Pause;
            }
            let snapshot = self.snapshot.clone();
            if let Some(table) = snapshot.0.tables.get(self.tables) {
                if let Some(candidate) = self.step_in_table(table, storage.slice_bytes(), due) {
                    return DueStep::Candidate(candidate);
                }
            } else if let Some(block) = self.block.clone() {
                if let Some(candidate) = self.step_in_block(&block, due) {
                    return DueStep::Candidate(candidate);
                }
            } else if let Some(missing) = self.next_block(storage) {
                return if missing.is_empty() { DueStep::End } else { DueStep::Missing(missing) };
            }
        }
    }

    fn step_in_table(
        &mut self,
        table: &SharedTable,
        slice: usize,
        due: &dyn Fn(&[u8]) -> u64,
    ) -> Option<Candidate> {
        let table = table.borrow();
        let lower = self.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        for (key, version) in table.range(self.tree, lower, Bound::Unbounded, false, self.snapshot.at()) {
            self.worked += key.len() + 32;
            let due =
                if version.seq >= self.since { version.due } else { version.value.as_deref().map_or(0, due) };
            let found = (1..=self.now).contains(&due);
            if !found {
                self.least.add(due);
            }
            if found || self.worked >= slice {
                self.after = Some(key.clone());
                return found.then(|| Candidate { key: key.clone(), seq: version.seq, due });
            }
        }
        self.tables += 1;
        self.after = None;
        None
    }

    fn step_in_block(&mut self, block: &Block, due: &dyn Fn(&[u8]) -> u64) -> Option<Candidate> {
        while let Some(entry) = block.entry(self.at) {
            self.at += 1;
            let due = match &entry.value {
                Held::Tombstone => continue,
                _ if entry.seq >= self.since => entry.due,
                Held::Inline(value) => due(value),
                Held::Overflow(_) => {
                    return Some(Candidate { key: entry.key, seq: entry.seq, due: 0 });
                }
            };
            if due > self.now {
                self.rest.add(due);
            } else if due > 0
                && self.wanted.front().is_some_and(|wanted| due.saturating_add(1) >= wanted.from.0)
            {
                return Some(Candidate { key: entry.key, seq: entry.seq, due });
            }
        }
        self.block = None;
        if let Some(wanted) = self.wanted.pop_front() {
            self.pass(wanted.id, self.rest);
        }
        None
    }

    /// Goes to the next data block, or to the next index block if all that are known were read. Gives the blocks that are
    /// missing for it; none: there are no more.
    fn next_block(&mut self, storage: &mut Storage) -> Option<Vec<BlockId>> {
        let cache = &mut storage.cache;
        let ahead = AHEAD.min(cache.most_ahead());
        let mut bytes = 0;
        let mut fits = |len: u64| {
            let first = bytes == 0;
            bytes += len;
            first || bytes <= ahead
        };
        if let Some(wanted) = self.wanted.front() {
            let Some(block) = cache.get(wanted.id) else {
                let next = self.wanted.iter().take_while(|wanted| fits(wanted.len)).map(|wanted| wanted.id);
                return Some(next.filter(|id| !cache.contains(*id)).collect());
            };
            self.worked += block.size();
            self.at = 0;
            self.rest = FirstDue::NEVER;
            // One that is lost has no entries.
            self.block = Some(block);
            return None;
        }
        let Some((id, tells)) = self.indexes.front().copied() else { return Some(Vec::new()) };
        let Some(index) = cache.get(id) else {
            let next = self.indexes.iter().take_while(|_| fits(INDEX_BYTES)).map(|(id, _)| *id);
            return Some(next.filter(|id| !cache.contains(*id)).collect());
        };
        self.indexes.pop_front();
        self.worked += index.size();
        if index.kind() == Kind::Index {
            (0..index.len()).filter_map(|at| index.meta(at)).for_each(|meta| self.consider(&meta, tells));
        }
        None
    }

    /// Decides whether a data block has to be read.
    fn consider(&mut self, meta: &BlockMeta, tells: bool) {
        let looked = self.before.get(meta.id);
        let first = looked.unwrap_or(if tells { meta.due } else { FirstDue::UNKNOWN });
        if first.is_due(self.now) {
            self.wanted.push_back(Wanted { id: meta.id, len: meta.len, from: looked.unwrap_or_default() });
        } else if looked.is_some() {
            self.pass(meta.id, first);
        } else {
            self.least.add(first.second());
        }
    }

    fn pass(&mut self, id: BlockId, rest: FirstDue) {
        self.looked.0.push((id, rest));
        self.least.add(rest.second());
    }
}
