//! The request charge of an update, which must not exceed an item's largest size either.

use super::{Action, Source, Update};
use crate::expression::path::{Path, Step};
use crate::item::{ValueRef, size};

impl Update {
    /// The service's measure of the request, in bytes.
    pub fn request_charge(&self) -> u32 {
        let clause = |action: &Action| {
            let target = target(action.path());
            match action {
                Action::Set(_, source) => 19u32.saturating_add(target).saturating_add(charge(source)),
                Action::Add(_, value) => 19u32.saturating_add(target).saturating_add(value_size(value)),
                Action::Remove(_) | Action::Delete(..) => target.saturating_add(1),
            }
        };
        self.actions.iter().map(clause).fold(3, u32::saturating_add)
    }
}

fn charge(source: &Source) -> u32 {
    let pair = |base: u32, a: &Source, b: &Source| base.saturating_add(charge(a)).saturating_add(charge(b));
    match source {
        Source::Path(path) => read(path),
        Source::Value(value) => value_size(value),
        Source::Sum(a, b) => pair(34, a, b),
        Source::Difference(a, b) | Source::ListAppend(a, b) => pair(37, a, b),
        Source::IfNotExists(path, other) => 39u32.saturating_add(read(path)).saturating_add(charge(other)),
    }
}

fn value_size(value: &[u8]) -> u32 {
    ValueRef::first(value).map_or(0, size::value)
}

/// A path that is written to.
fn target(path: &Path) -> u32 {
    let lengths = path.steps().iter().map(length);
    lengths
        .enumerate()
        .map(|(at, n)| if at == 0 { n } else { n.saturating_add(4) })
        .fold(0, u32::saturating_add)
}

/// A path that is read.
fn read(path: &Path) -> u32 {
    path.steps().iter().map(|step| length(step).saturating_add(14)).fold(1, u32::saturating_add)
}

fn length(step: &Step) -> u32 {
    match step {
        Step::Name(name) => name.len() as u32,
        Step::Index(index) => index.checked_ilog10().map_or(1, |digits| digits + 1),
    }
}
