//! The first checks of a request: required members, lengths, ranges, patterns and enums, which DynamoDB collects into one
//! `<N> validation errors detected: ...`. Derived from [`super::shape`]; it knows nothing of tables or of user data.
//!
//! DynamoDB has an older layer, which echoes values, and a newer one, which capitalises paths and does not. Each member
//! speaks as the service mostly did in October 2026: the older way unless [`collect`] says otherwise.

pub mod arn;
mod collect;
mod dump;
#[cfg(test)]
mod tests;

use super::shape::{self, Pattern, Shape, Size, Structure, Text};
use super::{ApiError, ErrorKind, Operation};
use crate::item::{MapRef, ValueRef, View, tag};

/// Refuses documents that break a constraint of the model.
///
/// A document that passes has the types of the model: texts are UTF-8, `ITEM` stands where attribute maps stand, and so on.
/// Valid requests cost one walk and no allocation.
pub fn envelope(op: Operation, doc: MapRef<'_>) -> Result<(), ApiError> {
    let input = shape::input(op);
    if structure(input, doc) {
        return Ok(());
    }
    // Nothing to say about it: the bytes are no document, or a member stands there twice and the first is wrong.
    Err(collect::refusal(op, input, doc).unwrap_or_else(|| ApiError::new(ErrorKind::Serialization, "")))
}

fn structure(structure: &Structure, map: MapRef<'_>) -> bool {
    let (mut seen, mut read) = (0u32, 0);
    for (name, value) in map.iter() {
        read += 1;
        let Some(i) = structure.position(name) else { continue };
        if !structure.members.get(i).is_some_and(|member| valid(member.shape, value)) {
            return false;
        }
        seen |= 1 << i;
    }
    read == map.len() && structure.members.iter().enumerate().all(|(i, m)| !m.required || seen & 1 << i != 0)
}

fn valid(shape: &Shape, value: ValueRef<'_>) -> bool {
    match shape {
        Shape::Text(text) => text_of(value).is_some_and(|bytes| valid_text(text, bytes)),
        Shape::Integer(limits) | Shape::Long(limits) => {
            value.integer().is_some_and(|n| (limits.min..=limits.max).contains(&n))
        }
        Shape::Boolean => matches!(value.tag(), tag::TRUE | tag::FALSE),
        Shape::Timestamp => value.number().is_some(),
        Shape::List { limits, member } => list_of(value).is_some_and(|(count, mut values)| {
            within(*limits, count) && values.all(|value| valid(member, value))
        }),
        Shape::Map { limits, key, value: member } => map_of(value).is_some_and(|map| {
            within(*limits, map.len())
                && map.iter().all(|(name, value)| {
                    matches!(key, Shape::Text(text) if valid_text(text, name)) && valid(member, value)
                })
        }),
        Shape::Structure(s) => map_of(value).is_some_and(|map| structure(s, map)),
        Shape::Value => value.tag() == tag::AV,
        Shape::Attributes => value.tag() == tag::ITEM,
    }
}

fn within(size: Size, n: usize) -> bool {
    n >= size.min as usize && (size.max == shape::UNBOUNDED || n <= size.max as usize)
}

fn valid_text(text: &Text, bytes: &[u8]) -> bool {
    let pattern = match text.pattern {
        Pattern::Any => std::str::from_utf8(bytes).is_ok(),
        Pattern::Table if bytes.starts_with(arn::PREFIX) => return arn::parse(bytes).is_some(),
        Pattern::Name | Pattern::Table => is_name(bytes),
    };
    pattern
        && within(text.size, units(bytes, text.size))
        && (text.one_of.is_empty() || !text.enveloped || text.one_of.iter().any(|v| v.as_bytes() == bytes))
}

/// Length as Java counts it, in UTF-16 units; the plain length as long as that decides nothing.
fn units(bytes: &[u8], size: Size) -> usize {
    if bytes.len() <= size.max as usize {
        return bytes.len();
    }
    String::from_utf8_lossy(bytes).encode_utf16().count()
}

fn is_name(bytes: &[u8]) -> bool {
    bytes.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

fn text_of(value: ValueRef<'_>) -> Option<&[u8]> {
    if let View::S(text) = value.view()? { Some(text) } else { None }
}

fn list_of(value: ValueRef<'_>) -> Option<(usize, impl Iterator<Item = ValueRef<'_>>)> {
    let View::L(list) = value.view()? else { return None };
    // The count is a claim; a list that does not hold what it claims is no list.
    (list.values().count() == list.len()).then(|| (list.len(), list.values()))
}

fn map_of(value: ValueRef<'_>) -> Option<MapRef<'_>> {
    if value.tag() != tag::MAP {
        return None;
    }
    let View::M(map) = value.view()? else { return None };
    (map.iter().count() == map.len()).then_some(map)
}
