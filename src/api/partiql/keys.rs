//! What a WHERE asks of keys: the one item it names, or the ranges to read.

use super::super::keys::tree_key;
use super::super::query::{narrow, put};
use crate::api::ApiError;
use crate::api::expressions::Wording;
use crate::engine::table::stamp_hash;
use crate::engine::{KeyAttribute, Table};
use crate::expression::{Alternatives, Condition, KeyTerm, KeyTest, Op, Reach};
use crate::item::{ItemBuf, Kind, MapRef, ValueRef, key, writer};

/// The item a condition names.
pub(super) struct Pinned {
    /// Its key attributes.
    pub key: ItemBuf,
    pub tree_key: Vec<u8>,
    /// The condition says nothing else.
    pub alone: bool,
}

/// The item that `condition` pins by equalities on all key attributes; `None` when it leaves one open.
pub(super) fn pinned(
    table: &Table,
    condition: Option<&Condition>,
    reach: Reach,
) -> Result<Option<Pinned>, ApiError> {
    let Some(condition) = condition else { return Ok(None) };
    let names: Vec<&[u8]> = table.key_attributes().map(|attribute| &*attribute.name).collect();
    let Alternatives { terms, any } = condition.alternatives(&names, reach);
    let [all] = any.as_slice() else { return Ok(None) };
    let terms: Vec<&KeyTerm> = all.iter().filter_map(|at| terms.get(*at)).collect();
    let mut attributes = Vec::new();
    for attribute in table.key_attributes() {
        let Some(value) = equality(&terms, attribute, reach)? else { return Ok(None) };
        writer::put_text(&mut attributes, &attribute.name);
        attributes.extend_from_slice(typed(attribute, value)?.bytes());
    }
    let key = Wording::Bare.admit(MapRef::from_parts(names.len(), &attributes))?;
    let tests = condition.code().iter().filter(|op| matches!(op, Op::Test(_))).count();
    Ok(Some(Pinned {
        tree_key: tree_key(table, key.as_ref().map())?,
        alone: tests == names.len() && terms.len() == tests,
        key,
    }))
}

/// The value that `terms` have for an attribute. Writes are of one item: there, two values are refused.
fn equality<'t>(
    terms: &[&'t KeyTerm],
    attribute: &KeyAttribute,
    reach: Reach,
) -> Result<Option<&'t [u8]>, ApiError> {
    let mut found: Option<&[u8]> = None;
    for term in terms.iter().filter(|term| term.name == attribute.name) {
        let KeyTest::Eq(value) = &term.test else { continue };
        if reach == Reach::Required && found.is_some_and(|found| *found != **value) {
            return Err(ApiError::validation(format!(
                "Multiple conditions on same key {}. Only single item Update/Insert/Delete are supported",
                String::from_utf8_lossy(&attribute.name)
            )));
        }
        found.get_or_insert(value);
    }
    Ok(found)
}

/// A value that is compared with a key attribute has its type.
fn typed<'v>(attribute: &KeyAttribute, value: &'v [u8]) -> Result<ValueRef<'v>, ApiError> {
    let name = String::from_utf8_lossy(&attribute.name);
    match ValueRef::first(value).and_then(|value| Some((value, value.kind()?))) {
        Some((value, kind)) if kind == attribute.kind => Ok(value),
        Some((_, kind)) if !matches!(kind, Kind::S | Kind::N | Kind::B) => Err(ApiError::validation(
            format!("Key value must be of type S, N, or B. Key name: {name}, Key type: {}", kind.name()),
        )),
        _ => Err(ApiError::validation(format!(
            "Key attribute's data type should match its data type in table's schema: Key {name}"
        ))),
    }
}

/// Keys from `lower` up to `upper`, within one partition.
#[derive(Clone)]
pub(super) struct Range {
    /// What all keys of the partition begin with.
    pub prefix: Vec<u8>,
    pub lower: Vec<u8>,
    pub upper: Option<Vec<u8>>,
    /// Where the partition comes first in the statement.
    pub rank: usize,
}

/// The ranges to read for a condition; `None` when it does not pin the partition key, and all must be read.
pub(super) fn ranges(
    alternatives: &Alternatives,
    hash: &KeyAttribute,
    range: Option<&KeyAttribute>,
) -> Result<Option<Vec<Range>>, ApiError> {
    let mut ranges: Vec<Range> = Vec::with_capacity(alternatives.any.len());
    for all in &alternatives.any {
        let terms = || all.iter().filter_map(|at| alternatives.terms.get(*at));
        let pin = terms().find_map(|term| match &term.test {
            KeyTest::Eq(value) if term.name == hash.name => Some(value),
            _ => None,
        });
        let Some(pin) = pin else { return Ok(None) };
        typed(hash, pin)?;
        let mut prefix = vec![0; 8];
        put(&mut prefix, hash, pin)?;
        stamp_hash(&mut prefix);
        let (mut lower, mut upper) = (prefix.clone(), key::prefix_end(&prefix));
        for term in terms() {
            let Some(attribute) = range.filter(|range| range.name == term.name) else { continue };
            term.test.values().try_for_each(|value| typed(attribute, value).map(drop))?;
            let (from, to) = narrow(&prefix, upper.clone(), attribute, &term.test)?;
            lower = lower.max(from);
            upper = upper.into_iter().chain(to).min();
        }
        let rank =
            ranges.iter().rev().find(|range| range.prefix == prefix).map_or(ranges.len(), |range| range.rank);
        ranges.push(Range { prefix, lower, upper, rank });
    }
    Ok(Some(ranges))
}

impl Range {
    /// No key is in it.
    pub fn is_empty(&self) -> bool {
        self.upper.as_ref().is_some_and(|upper| *upper <= self.lower)
    }
}
