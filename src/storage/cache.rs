//! The block cache: bounded by bytes. Blocks in use stay alive by their own references.
//!
//! A scan looks at each block once and must not drive out what is asked for all the time. So a block that comes in is on
//! probation, in a tenth of the cache, and is kept beyond that once it was asked for again (the design is S3-FIFO's). One
//! that comes back soon after it was let go is kept at once.

use std::cell::Cell;
use std::collections::VecDeque;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use indexmap::IndexMap;

use super::BlockId;
use super::block::{Block, Span};
use crate::platform::store::MAX_VALUE;

/// Block ids are dense: one multiplication spreads them well enough, and the same on every machine.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0 ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = mixed ^ (mixed >> 32);
    }
}

struct Slot {
    /// `None`: it was let go not long ago.
    block: Option<Rc<Block>>,
    /// How often it was asked for, up to [`KEPT`].
    uses: Cell<u8>,
    /// Its place in line, so that one it has left is not taken for its own.
    place: u64,
    /// It stands among those that are kept.
    kept: bool,
}

/// Once for what it was read for, and once more.
const KEPT: u8 = 2;
/// The part of the cache for blocks on probation: one in so many.
const PROBATION: usize = 10;
/// The part of the cache for blocks that were read and not yet looked at: one in so many.
const UNREAD: usize = 2;
/// Blocks that a run asks for at once, more or less: the one it needs and those that come after.
const AHEAD: usize = 4;
/// Places of removed blocks that are let stand.
const STALE: usize = 64;

/// Blocks in the order in which they came. Places of those that were removed are passed over.
#[derive(Default)]
struct Line {
    places: VecDeque<(BlockId, u64)>,
    blocks: usize,
    bytes: usize,
}

impl Line {
    fn push(&mut self, place: (BlockId, u64), size: usize) {
        self.places.push_back(place);
        self.blocks += 1;
        self.bytes += size;
    }

    fn count_out(&mut self, size: usize) {
        self.blocks -= 1;
        self.bytes -= size;
    }
}

pub(super) struct Cache {
    slots: IndexMap<BlockId, Slot, BuildHasherDefault<IdHasher>>,
    probation: Line,
    kept: Line,
    /// Those let go from probation.
    gone: VecDeque<(BlockId, u64)>,
    limit: usize,
    next_place: u64,
    pub(super) hits: u64,
    pub(super) misses: u64,
}

impl Cache {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            slots: IndexMap::default(),
            probation: Line::default(),
            kept: Line::default(),
            gone: VecDeque::new(),
            limit,
            next_place: 0,
            hits: 0,
            misses: 0,
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.probation.bytes + self.kept.bytes
    }

    /// How many blocks may be asked for at once by what reads from so many runs. As a rule there are few of them. A load
    /// leaves many, and blocks that drove each other out before they were looked at would be read for ever.
    pub(super) fn at_once(&self, runs: usize) -> usize {
        let fit = self.limit / UNREAD / MAX_VALUE;
        if runs <= fit / AHEAD { usize::MAX } else { fit.max(1) }
    }

    /// Bytes that may be read before they are needed: they are to be here still when they are looked at.
    pub(super) fn most_ahead(&self) -> u64 {
        (self.limit / UNREAD / 2) as u64
    }

    pub(super) fn get(&mut self, id: BlockId) -> Option<Rc<Block>> {
        let found = self.slots.get(&id).and_then(|slot| {
            let block = slot.block.as_ref()?;
            slot.uses.set((slot.uses.get() + 1).min(KEPT));
            Some(Rc::clone(block))
        });
        if found.is_some() {
            self.hits += 1;
        } else {
            self.misses += 1;
        }
        found
    }

    pub(super) fn contains(&self, id: BlockId) -> bool {
        self.slots.get(&id).is_some_and(|slot| slot.block.is_some())
    }

    pub(super) fn insert(&mut self, id: BlockId, block: Rc<Block>) {
        let size = block.size();
        if let Some(slot) = self.slots.get_mut(&id)
            && let Some(before) = &slot.block
        {
            // The same bytes, read twice at once.
            debug_assert_eq!(before.size(), size);
            slot.block = Some(block);
            return;
        }
        let place = self.next_place;
        self.next_place += 1;
        let kept = self.slots.contains_key(&id);
        self.slots.insert(id, Slot { block: Some(block), uses: Cell::new(0), place, kept });
        let line = if kept { &mut self.kept } else { &mut self.probation };
        line.push((id, place), size);
        while self.bytes() > self.limit && self.probation.blocks + self.kept.blocks > 1 {
            self.evict_one(id);
        }
    }

    /// Whether `more` bytes fit without letting anything go.
    pub(super) fn has_room(&self, more: usize) -> bool {
        self.bytes() + more <= self.limit
    }

    /// Takes one step towards letting a block go; never `spared`.
    fn evict_one(&mut self, spared: BlockId) {
        let kept = self.slots.get(&spared).is_some_and(|slot| slot.kept);
        let (others, others_kept) =
            (self.probation.blocks - usize::from(!kept), self.kept.blocks - usize::from(kept));
        let on_probation = others > 0 && (self.probation.bytes > self.limit / PROBATION || others_kept == 0);
        if !on_probation {
            return self.evict_kept(spared);
        }
        let line = &mut self.probation;
        let Some((id, place)) = line.places.pop_front() else { return };
        let Some(slot) = self.slots.get_mut(&id).filter(|slot| slot.place == place) else { return };
        let Some(block) = &slot.block else { return };
        let (size, uses) = (block.size(), slot.uses.get());
        let since = (self.next_place - place) as usize;
        let young = since < (others + others_kept) / UNREAD;
        if id == spared {
            line.places.push_back((id, place));
        } else if uses == 0 && young && others_kept > 0 {
            // What is about to be looked at takes the place of a block that is kept, or it would be read again and again.
            line.places.push_back((id, place));
            self.evict_kept(spared);
        } else if uses >= KEPT {
            slot.uses.set(0);
            slot.kept = true;
            line.count_out(size);
            self.kept.push((id, place), size);
        } else {
            line.count_out(size);
            slot.block = None;
            self.gone.push_back((id, place));
            self.forget_gone();
        }
    }

    /// Lets a block go that was kept; there is one beside `spared`.
    fn evict_kept(&mut self, spared: BlockId) {
        while let Some((id, place)) = self.kept.places.pop_front() {
            let Some(slot) = self.slots.get_mut(&id).filter(|slot| slot.place == place) else { continue };
            let Some(block) = &slot.block else { continue };
            let uses = slot.uses.get();
            if id == spared || uses > 0 {
                slot.uses.set(uses.saturating_sub(1));
                self.kept.places.push_back((id, place));
                continue;
            }
            self.kept.count_out(block.size());
            self.slots.swap_remove(&id);
            return;
        }
    }

    /// Of those let go, as many are known as are here.
    fn forget_gone(&mut self) {
        while self.gone.len() > self.probation.blocks + self.kept.blocks {
            let Some((id, place)) = self.gone.pop_front() else { return };
            if self.slots.get(&id).is_some_and(|slot| slot.block.is_none() && slot.place == place) {
                self.slots.swap_remove(&id);
            }
        }
    }

    /// Forgets the blocks of `span`, which may count more than there are here.
    pub(super) fn remove(&mut self, span: Span) {
        if span.count > self.slots.len() as u64 {
            let own = self.slots.keys().copied().filter(|id| span.contains(*id));
            own.collect::<Vec<_>>().into_iter().for_each(|id| self.remove_one(id));
        } else {
            span.ids().for_each(|id| self.remove_one(id));
        }
        let slots = &self.slots;
        for line in [&mut self.probation, &mut self.kept] {
            if line.places.len() > 2 * line.blocks + STALE {
                line.places.retain(|(id, place)| slots.get(id).is_some_and(|slot| slot.place == *place));
            }
        }
    }

    fn remove_one(&mut self, id: BlockId) {
        let Some(slot) = self.slots.swap_remove(&id) else { return };
        if let Some(block) = &slot.block {
            let line = if slot.kept { &mut self.kept } else { &mut self.probation };
            line.count_out(block.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::block::overflow_block;
    use super::*;

    const SIZE: usize = 1000;

    fn block(id: u64) -> Rc<Block> {
        Rc::new(Block::own(BlockId(id), overflow_block(BlockId(id), &[0; SIZE - 16])).expect("a block"))
    }

    /// Asks for a block, and reads it when it is not there. True: it was.
    fn ask(cache: &mut Cache, id: u64) -> bool {
        if cache.get(BlockId(id)).is_some() {
            return true;
        }
        cache.insert(BlockId(id), block(id));
        cache.get(BlockId(id)).expect("what was read is there");
        false
    }

    fn consistent(cache: &Cache) {
        let here = cache.slots.values().filter(|slot| slot.block.is_some()).count();
        assert_eq!(cache.bytes(), here * SIZE);
        assert_eq!(cache.probation.blocks + cache.kept.blocks, here);
        assert!(cache.bytes() <= cache.limit);
        assert!(cache.slots.len() <= 2 * here + 1, "{} known of {here}", cache.slots.len());
        assert!(cache.probation.places.len() + cache.kept.places.len() <= 2 * here + 2 * STALE + 2);
    }

    #[test]
    fn a_scan_leaves_what_is_asked_for_all_the_time() {
        let mut cache = Cache::new(100 * SIZE);
        for _ in 0..3 {
            (0..50).for_each(|id| _ = ask(&mut cache, id));
        }
        for id in 1000..3000 {
            ask(&mut cache, id);
            assert!(ask(&mut cache, id % 50), "{id}");
            consistent(&cache);
        }
        // Even when nobody asks in between.
        (3000..9000).for_each(|id| _ = ask(&mut cache, id));
        let kept = (0..50).filter(|id| cache.contains(BlockId(*id))).count();
        assert_eq!(kept, 50);
    }

    #[test]
    fn what_is_asked_for_changes_and_the_cache_follows() {
        let mut cache = Cache::new(100 * SIZE);
        for first in [0, 1000, 2000] {
            for _ in 0..20 {
                (first..first + 80).for_each(|id| _ = ask(&mut cache, id));
                consistent(&cache);
            }
            let hits = (first..first + 80).filter(|id| ask(&mut cache, *id)).count();
            assert_eq!(hits, 80, "from {first} on");
        }
    }

    #[test]
    fn blocks_that_were_read_at_once_are_there_when_they_are_looked_at() {
        let mut cache = Cache::new(100 * SIZE);
        // Full of what is asked for all the time, which leaves a tenth for others.
        for _ in 0..3 {
            (0..95).for_each(|id| _ = ask(&mut cache, id));
        }
        for first in (1000..3000).step_by(40) {
            (first..first + 40).for_each(|id| cache.insert(BlockId(id), block(id)));
            consistent(&cache);
            let gone: Vec<u64> = (first..first + 40).filter(|id| cache.get(BlockId(*id)).is_none()).collect();
            assert_eq!(gone, [], "from {first} on, {} {}", cache.probation.blocks, cache.kept.blocks);
        }
        // Nor does what nobody looks at stay.
        (3000..3400).for_each(|id| cache.insert(BlockId(id), block(id)));
        (4000..4200).for_each(|id| _ = ask(&mut cache, id));
        assert!((3000..3400).all(|id| !cache.contains(BlockId(id))));
    }

    #[test]
    fn a_cache_too_small_for_anything_holds_the_last_block() {
        for limit in [0, SIZE / 2, SIZE, 2 * SIZE, 3 * SIZE] {
            let mut cache = Cache::new(limit);
            for id in [1, 2, 3, 1, 1, 2, 2, 3, 3, 1, 4, 4, 1, 1, 1, 5] {
                ask(&mut cache, id);
                assert!(cache.contains(BlockId(id)));
                assert!(cache.bytes() <= limit.max(SIZE));
            }
        }
    }

    #[test]
    fn removed_blocks_are_gone_and_their_places_too() {
        let mut cache = Cache::new(100 * SIZE);
        for round in 0..200 {
            let first = round * 60;
            for id in first..first + 60 {
                ask(&mut cache, id);
                ask(&mut cache, id);
            }
            let count = if round % 2 == 0 { 60 } else { 1 << 20 };
            cache.remove(Span { first: BlockId(first), count });
            assert_eq!(cache.bytes(), 0);
            consistent(&cache);
        }
    }
}
