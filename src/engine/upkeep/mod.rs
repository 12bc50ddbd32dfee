//! What the passing of time asks for: segments of streams and histories end, records and items expire.

mod step;
pub(super) mod sweep;

use super::Engine;
use super::catalog::BusyStatus;
pub use step::Upkeep;

impl Engine {
    /// When there will be something to do, in milliseconds since 1970.
    pub fn upkeep_at(&self) -> u64 {
        self.upkeep_at
    }

    /// Does the next slice. `complete`: all code is there, see [`crate::platform::Platform::complete`].
    pub fn upkeep(&mut self, now_millis: u64, complete: bool) -> Upkeep {
        let gone = self.tables().after(None).find(|table| table.schema.is_gone_at(now_millis));
        if let Some(name) = gone.map(|table| table.schema.name.clone()) {
            return Upkeep::Written { seq: self.delete_table(&name, now_millis), deleted: 0 };
        }
        if let Some(seq) = self.turn_segments(now_millis) {
            return Upkeep::Written { seq, deleted: 0 };
        }
        if self.is_sweep_due(now_millis) {
            return if complete { sweep::slice(self, now_millis) } else { Upkeep::Incomplete };
        }
        self.plan_upkeep(now_millis);
        Upkeep::Idle
    }

    /// Looks up when there will be something to do.
    pub fn plan_upkeep(&mut self, now_millis: u64) {
        let deletions = self.tables().after(None).filter_map(|table| table.schema.busy);
        let deletions = deletions.filter(|busy| busy.status == BusyStatus::Deleting);
        let next_deletion = deletions.map(|busy| busy.until_millis).min().unwrap_or(u64::MAX);
        let next_segment = self.tables().next_turn(now_millis);
        self.upkeep_at = next_segment.min(next_deletion).min(self.next_expiry());
    }
}
