//! Time to live: the deletion of what has expired, in slices between the calls of the application.
//!
//! A search reads only the blocks that may hold an item that has expired ([`crate::storage::DueWalk`]), and then the newest
//! version of what it finds there.

use std::rc::Rc;

use super::step::Upkeep;
use crate::engine::expiry::is_too_old;
use crate::engine::write::{ItemWrite, Plan};
use crate::engine::{Engine, Table};
use crate::item::ItemRef;
use crate::log::Origin;
use crate::storage::{BlockId, Candidate, DueStep, DueWalk, TreeId};

/// Items deleted in one commit.
const MOST_DELETED: u64 = 100;

/// How far the search of one table has come.
pub(in crate::engine) struct Sweep {
    pub(in crate::engine) table: TreeId,
    walk: DueWalk,
    /// Whether it has to be deleted is still to be found out.
    pending: Option<Candidate>,
    /// The least expiry that was written meanwhile.
    pub(in crate::engine) least: u64,
}

/// Searches the next slice of a table for expired items and deletes them.
#[inline(never)]
pub(super) fn slice(engine: &mut Engine, now_millis: u64) -> Upkeep {
    let now = now_millis / 1000;
    let tables = Rc::clone(engine.tables());
    let mut with_ttl = tables.after(None).filter(|table| table.schema.ttl.is_some());
    let under_way = engine.sweep.take().and_then(|sweep| Some((tables.owner(sweep.table)?, sweep)));
    let found = under_way.or_else(|| {
        let table = with_ttl.find(|table| engine.stats(table.tree).expiry < now)?;
        let before = engine.looked.get(&table.tree).cloned().unwrap_or_default();
        let walk = engine.storage.due(table.tree, now, table.due_since(), before);
        Some((table, Sweep { table: table.tree, walk, pending: None, least: u64::MAX }))
    });
    match found {
        Some((table, sweep)) => search(engine, table, sweep, now_millis),
        None => Upkeep::Idle,
    }
}

fn search(engine: &mut Engine, table: &Table, mut sweep: Sweep, now_millis: u64) -> Upkeep {
    let now = sweep.walk.now();
    let newest = engine.storage.latest();
    let due = |value: &[u8]| ItemRef::parse(value).map_or(0, |item| table.due(item));
    let stays = |due: u64| due.checked_sub(1).is_some_and(|seconds| is_too_old(seconds, now));
    let mut plan = Plan::of(Origin::TimeToLive);
    let (mut bytes, mut deleted) = (0, 0);
    let mut missing: Vec<BlockId> = Vec::new();
    let tables = Rc::clone(engine.tables());
    let complete = loop {
        if bytes >= engine.storage.slice_bytes() || deleted >= MOST_DELETED {
            break false;
        }
        let candidate = match sweep.pending.take() {
            Some(candidate) => candidate,
            None => match sweep.walk.next(&mut engine.storage, &due) {
                DueStep::Candidate(candidate) => candidate,
                DueStep::Pause => break false,
                DueStep::End => break true,
                DueStep::Missing(blocks) => {
                    missing = blocks;
                    break false;
                }
            },
        };
        if stays(candidate.due) {
            continue;
        }
        let Some(found) = engine.storage.get(table.tree, &candidate.key, newest, &mut missing) else {
            sweep.pending = Some(candidate);
            break false;
        };
        let Candidate { key, seq, .. } = candidate;
        bytes += key.len() + found.value.as_ref().map_or(0, |value| value.len());
        // A newer version has an entry of its own, or was noted when it was written.
        let Some(value) = found.value.filter(|_| found.seq == seq) else { continue };
        let due = due(&value);
        if due > now {
            sweep.walk.leave(due);
        } else if due > 0 && !stays(due) {
            deleted += 1;
            let write = ItemWrite { table, key: key.to_vec(), old: Some(value), new: None, blind: false };
            plan.add(write, &tables);
        }
    };
    if complete {
        let left = sweep.walk.least().map_or(u64::MAX, |due| due - 1);
        engine.stats.get_or_default(table.tree).expiry = sweep.least.min(left);
        engine.looked.insert(table.tree, Rc::new(sweep.walk.into_looked()));
    } else {
        engine.sweep = Some(sweep);
    }
    if deleted > 0 {
        // What was found so far is worth a slice of its own.
        return Upkeep::Written { seq: engine.carry_out(plan, now_millis), deleted };
    }
    if missing.is_empty() { Upkeep::Looked } else { Upkeep::Missing(missing) }
}
