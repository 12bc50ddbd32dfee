//! Segments: what is recorded of a table, cut by time into trees.
//!
//! A tree is dropped whole once all that it holds is old enough, so that forgetting costs nothing by record. The shards
//! of streams are segments, and so is what histories are made of.

use crate::item::value::Reader;
use crate::item::varint;
use crate::storage::coding::MAX_COUNTER;
use crate::storage::{SeqNo, Storage, TreeId};

/// Into so many segments the time is cut for which something is kept.
const PARTS: u64 = 6;
/// However short that time is, a segment takes records for a minute.
const SHORTEST_MILLIS: u64 = 60 * 1000;

/// A stretch of records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Where the records are.
    pub tree: TreeId,
    /// When it began, in milliseconds since 1970.
    pub begun_millis: u64,
    /// Commits from here on.
    pub first: SeqNo,
    /// When it ended, and the last commit that could be in it.
    pub ended: Option<(u64, SeqNo)>,
    /// Begin and tree of the segment before it.
    pub parent: Option<(u64, TreeId)>,
}

impl Segment {
    fn new(tree: TreeId, parent: Option<(u64, TreeId)>, at: Moment) -> Self {
        Self { tree, begun_millis: at.millis, first: at.seq, ended: None, parent }
    }

    /// Whether all its records are older than `retention` milliseconds.
    pub fn is_over(&self, retention: u64, now_millis: u64) -> bool {
        self.ended.is_some_and(|(millis, _)| millis.saturating_add(retention) < now_millis)
    }

    /// Whether it may have a record of `seq` or later.
    pub fn reaches(&self, seq: SeqNo) -> bool {
        self.ended.is_none_or(|(_, last)| last >= seq)
    }
}

/// Segments that follow each other, oldest first. The last one takes records, unless it has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments(Vec<Segment>);

/// When a commit happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub seq: SeqNo,
    pub millis: u64,
}

/// What time made of segments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn {
    /// Open segments that end, and the tree of the one that follows.
    pub ended: Vec<(TreeId, TreeId)>,
    /// Segments that are forgotten.
    pub dropped: Vec<TreeId>,
}

/// What is being found out to be due.
pub(super) struct Due<'a> {
    pub now_millis: u64,
    pub storage: &'a Storage,
    pub next_tree: TreeId,
    pub turn: Turn,
}

/// How long a segment takes records of which each is kept for `retention` milliseconds.
fn length(retention: u64) -> u64 {
    (retention / PARTS).max(SHORTEST_MILLIS)
}

impl Segments {
    /// The first one.
    pub(super) fn begin(next_tree: &mut TreeId, at: Moment) -> Self {
        let tree = *next_tree;
        next_tree.0 += 1;
        Self(vec![Segment::new(tree, None, at)])
    }

    /// All of them.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Segment> {
        self.0.iter()
    }

    /// The one that takes records.
    pub fn open(&self) -> Option<&Segment> {
        self.0.last().filter(|segment| segment.ended.is_none())
    }

    /// None is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is kept begins with the commit after this one.
    pub fn first(&self) -> SeqNo {
        self.0.first().map_or(SeqNo::MAX, |segment| segment.first)
    }

    /// Where the records are.
    pub fn trees(&self) -> Vec<TreeId> {
        self.0.iter().map(|segment| segment.tree).collect()
    }

    /// Nothing more is recorded.
    pub(super) fn end(&mut self, at: Moment) {
        if let Some(last) = self.0.last_mut().filter(|last| last.ended.is_none()) {
            last.ended = Some((at.millis, at.seq));
        }
    }

    /// Adds to `due` what time asks for: an open segment ends when its time is over, if it has any record.
    pub(super) fn due(&self, retention: u64, due: &mut Due<'_>) {
        for segment in &self.0 {
            if segment.is_over(retention, due.now_millis) {
                due.turn.dropped.push(segment.tree);
            } else if segment.ended.is_none()
                && segment.begun_millis.saturating_add(length(retention)) <= due.now_millis
                && due.storage.last_seq(segment.tree) > SeqNo::default()
            {
                due.turn.ended.push((segment.tree, due.next_tree));
                due.next_tree.0 += 1;
            }
        }
    }

    /// When [`Segments::due`] is to be asked next.
    pub(super) fn next_due(&self, retention: u64, now_millis: u64) -> u64 {
        let length = length(retention);
        let due = self.0.iter().map(|segment| match segment.ended {
            Some((millis, _)) => millis.saturating_add(retention).saturating_add(1),
            // One that has no records yet may get some.
            None => segment.begun_millis.saturating_add(length).max(now_millis.saturating_add(length / 4)),
        });
        due.min().unwrap_or(u64::MAX)
    }

    /// Whether a turn is about any of these.
    pub(super) fn is_turned_by(&self, turn: &Turn) -> bool {
        let is_meant =
            |own: TreeId| turn.dropped.contains(&own) || turn.ended.iter().any(|(tree, _)| *tree == own);
        self.0.iter().any(|segment| is_meant(segment.tree))
    }

    pub(super) fn turn(&mut self, turn: &Turn, next_tree: &mut TreeId, at: Moment) {
        self.0.retain(|segment| !turn.dropped.contains(&segment.tree));
        let Some(open) = self.0.last_mut() else { return };
        if let Some((_, tree)) = turn.ended.iter().find(|(tree, _)| *tree == open.tree) {
            open.ended = Some((at.millis, at.seq));
            let parent = Some((open.begun_millis, open.tree));
            *next_tree = (*next_tree).max(TreeId(tree.0.saturating_add(1)));
            self.0.push(Segment::new(*tree, parent, at));
        }
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        varint::put(out, self.0.len() as u64);
        for segment in &self.0 {
            // Sequence number 0 is before the first commit, and no segment began in 1970.
            let (ended, last) = segment.ended.unwrap_or_default();
            let (begun, parent) = segment.parent.unwrap_or_default();
            let tree = u64::from(segment.tree.0);
            let parent = u64::from(parent.0);
            for number in [tree, segment.begun_millis, segment.first.0, ended, last.0, begun, parent] {
                varint::put(out, number);
            }
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let tree = |r: &mut Reader<'_>| TreeId::new(r.varint()?);
        let mut segments = Vec::new();
        for _ in 0..r.varint()? {
            let (number, begun_millis, first) = (tree(r)?, counter(r)?, SeqNo(counter(r)?));
            let ended = (counter(r)?, SeqNo(counter(r)?));
            let parent = (counter(r)?, tree(r)?);
            segments.push(Segment {
                tree: number,
                begun_millis,
                first,
                ended: (ended.1 != SeqNo::default()).then_some(ended),
                parent: (parent.0 != 0).then_some(parent),
            });
        }
        Some(Self(segments))
    }
}

pub(super) fn counter(r: &mut Reader<'_>) -> Option<u64> {
    r.varint().filter(|number| *number <= MAX_COUNTER)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Change, StorageOptions};

    const HOUR: u64 = 60 * 60 * 1000;
    const BEGUN: u64 = 1_767_225_600_123;

    fn due(segments: &Segments, storage: &Storage, retention: u64, now_millis: u64) -> Turn {
        let mut due = Due { now_millis, storage, next_tree: TreeId(8), turn: Turn::default() };
        segments.due(retention, &mut due);
        assert_eq!(due.next_tree, TreeId(8 + due.turn.ended.len() as u32));
        due.turn
    }

    fn write(storage: &mut Storage, seq: u64, tree: TreeId) {
        storage.apply(SeqNo(seq), Change::put(tree, (&[0; 10]).into(), (&[1]).into()));
    }

    #[test]
    fn segments_follow_each_other_and_go_when_all_they_hold_is_old() {
        let mut storage = Storage::new(StorageOptions::default());
        let mut next_tree = TreeId(7);
        let mut segments = Segments::begin(&mut next_tree, Moment { seq: SeqNo(5), millis: BEGUN });
        assert_eq!(due(&segments, &storage, 6 * HOUR, BEGUN + HOUR), Turn::default(), "nothing was written");
        write(&mut storage, 6, TreeId(7));
        assert_eq!(due(&segments, &storage, 6 * HOUR, BEGUN + HOUR - 1), Turn::default());
        let turn = due(&segments, &storage, 6 * HOUR, BEGUN + HOUR);
        assert_eq!(turn.ended, [(TreeId(7), TreeId(8))]);
        assert!(segments.is_turned_by(&turn));
        assert!(!segments.is_turned_by(&Turn { ended: vec![(TreeId(1), TreeId(7))], ..Turn::default() }));
        segments.turn(&turn, &mut next_tree, Moment { seq: SeqNo(10), millis: BEGUN + HOUR });
        assert_eq!((next_tree, segments.first()), (TreeId(9), SeqNo(5)));
        let reach = |seq| segments.iter().map(|one| one.reaches(SeqNo(seq))).collect::<Vec<_>>();
        assert_eq!((reach(10), reach(11)), (vec![true, true], vec![false, true]));
        // What is kept for ever ends nothing, and nothing overflows.
        write(&mut storage, 11, TreeId(8));
        assert_eq!(due(&segments, &storage, u64::MAX, BEGUN * 1000), Turn::default());
        assert_eq!(segments.next_due(u64::MAX, BEGUN), u64::MAX / PARTS + BEGUN + HOUR);
        segments.end(Moment { seq: SeqNo(12), millis: BEGUN + 8 * HOUR });
        segments.end(Moment { seq: SeqNo(13), millis: BEGUN + 9 * HOUR });
        assert_eq!(segments.iter().last().unwrap().ended, Some((BEGUN + 8 * HOUR, SeqNo(12))));
        assert!(segments.open().is_none());
        for (after, dropped) in [(7, 0), (8, 1), (14, 1), (15, 2)] {
            let turn = due(&segments, &storage, 6 * HOUR, BEGUN + after * HOUR);
            assert_eq!((turn.ended.len(), turn.dropped.len()), (0, dropped), "{after}");
        }
        let turn = due(&segments, &storage, 6 * HOUR, BEGUN + 8 * HOUR);
        segments.turn(&turn, &mut next_tree, Moment { seq: SeqNo(14), millis: BEGUN + 8 * HOUR });
        assert_eq!((segments.iter().count(), segments.first()), (1, SeqNo(10)));
        let turn = due(&segments, &storage, 0, BEGUN + 9 * HOUR);
        segments.turn(&turn, &mut next_tree, Moment { seq: SeqNo(15), millis: BEGUN + 9 * HOUR });
        assert!(segments.is_empty());
        assert_eq!(segments.first(), SeqNo::MAX);
    }

    #[test]
    fn short_retention_makes_segments_of_a_minute() {
        let mut storage = Storage::new(StorageOptions::default());
        let mut next_tree = TreeId(7);
        let segments = Segments::begin(&mut next_tree, Moment { seq: SeqNo(5), millis: BEGUN });
        write(&mut storage, 6, TreeId(7));
        for (after, ends) in [(SHORTEST_MILLIS - 1, 0), (SHORTEST_MILLIS, 1)] {
            assert_eq!(due(&segments, &storage, 0, BEGUN + after).ended.len(), ends);
        }
    }
}
