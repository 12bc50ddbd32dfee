//! How many bytes a value counts for in limits and capacity: DynamoDB's rules, not the encoded length.

use super::decimal::{digits_u64, number_size, trim_u64};
use super::{ValueRef, View, tag};

/// What a list or map counts for before its members.
pub(super) const CONTAINER: u32 = 3;
/// What each member of a list or map counts for besides its content.
pub(super) const MEMBER: u32 = 1;

/// Deeper than any admitted value, so that hostile bytes cannot exhaust the stack.
const MAX_DEPTH: u32 = 64;

/// The size of a canonical value. Malformed bytes count as nothing.
pub fn value(value: ValueRef<'_>) -> u32 {
    value_at(value, 0)
}

/// The size of a top-level attribute: its name in UTF-8 bytes and its value.
pub fn attribute(name: &[u8], value: &ValueRef<'_>) -> u32 {
    length(name).saturating_add(value_at(*value, 0))
}

/// The size of an N that is an integer.
pub(super) fn integer(value: i64) -> u32 {
    let (magnitude, _) = trim_u64(value.unsigned_abs());
    if magnitude == 0 { 1 } else { number_size(value < 0, digits_u64(magnitude), 0) }
}

/// A length as a size.
pub(super) fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn value_at(value: ValueRef<'_>, depth: u32) -> u32 {
    if depth > MAX_DEPTH {
        return 0;
    }
    if value.tag() == tag::INT {
        return value.integer().map_or(0, integer);
    }
    match value.view() {
        None => 0,
        Some(View::Null | View::Bool(_)) => 1,
        Some(View::N(number)) => number.size_in_bytes(),
        Some(View::S(bytes) | View::B(bytes)) => length(bytes),
        Some(View::Ss(members) | View::Bs(members)) => sum(members.bytes().map(length)),
        Some(View::Ns(members)) => sum(members.values().map(|v| value_at(v, depth + 1))),
        Some(View::L(members)) => CONTAINER
            .saturating_add(sum(members.values().map(|v| MEMBER.saturating_add(value_at(v, depth + 1))))),
        Some(View::M(map)) => CONTAINER.saturating_add(sum(map
            .iter()
            .map(|(name, v)| MEMBER.saturating_add(length(name)).saturating_add(value_at(v, depth + 1))))),
    }
}

fn sum(sizes: impl Iterator<Item = u32>) -> u32 {
    sizes.fold(0, u32::saturating_add)
}
