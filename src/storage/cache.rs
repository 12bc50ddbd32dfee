//! The block cache: bounded by bytes, second chance eviction. Blocks in use stay alive by their own references.

use std::cell::Cell;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use indexmap::IndexMap;

use super::BlockId;
use super::block::{Block, Span};

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
    block: Rc<Block>,
    used: Cell<bool>,
}

pub(super) struct Cache {
    slots: IndexMap<BlockId, Slot, BuildHasherDefault<IdHasher>>,
    bytes: usize,
    limit: usize,
    hand: usize,
    pub(super) hits: u64,
    pub(super) misses: u64,
}

impl Cache {
    pub(super) fn new(limit: usize) -> Self {
        Self { slots: IndexMap::default(), bytes: 0, limit, hand: 0, hits: 0, misses: 0 }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn get(&mut self, id: BlockId) -> Option<Rc<Block>> {
        let found = self.slots.get(&id).map(|slot| {
            slot.used.set(true);
            Rc::clone(&slot.block)
        });
        if found.is_some() {
            self.hits += 1;
        } else {
            self.misses += 1;
        }
        found
    }

    pub(super) fn contains(&self, id: BlockId) -> bool {
        self.slots.contains_key(&id)
    }

    pub(super) fn insert(&mut self, id: BlockId, block: Rc<Block>) {
        self.bytes += block.size();
        if let Some(before) = self.slots.insert(id, Slot { block, used: Cell::new(true) }) {
            self.bytes -= before.block.size();
        }
        while self.bytes > self.limit && self.slots.len() > 1 {
            self.evict_one(id);
        }
    }

    /// Whether `more` bytes fit without letting anything go.
    pub(super) fn has_room(&self, more: usize) -> bool {
        self.bytes + more <= self.limit
    }

    /// Lets one block go that was not used since the hand last passed it; never `keep`.
    fn evict_one(&mut self, keep: BlockId) {
        loop {
            if self.hand >= self.slots.len() {
                self.hand = 0;
            }
            let Some((id, slot)) = self.slots.get_index(self.hand) else { return };
            if *id == keep || slot.used.replace(false) {
                self.hand += 1;
                continue;
            }
            if let Some((_, slot)) = self.slots.swap_remove_index(self.hand) {
                self.bytes -= slot.block.size();
            }
            return;
        }
    }

    /// Forgets the blocks of `span`, which may count more than there are here.
    pub(super) fn remove(&mut self, span: Span) {
        if span.count > self.slots.len() as u64 {
            self.slots.retain(|id, _| !span.contains(*id));
            self.bytes = self.slots.values().map(|slot| slot.block.size()).sum();
            return;
        }
        for id in span.ids() {
            if let Some(slot) = self.slots.swap_remove(&id) {
                self.bytes -= slot.block.size();
            }
        }
    }
}
