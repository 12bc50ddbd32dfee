//! SELECT: a page over the ranges that its WHERE admits, or over all.

use super::super::keys::{check_scalars, find_table};
use super::super::members::Members;
use super::super::next_token::{self, Position};
use super::super::page::{Page, Plan, Ranges};
use super::super::query::find_index;
use super::super::select;
use super::super::start_key::Restart;
use super::keys::{Range, ranges};
use super::request::Request;
use crate::api::ApiError;
use crate::collections::sort_by;
use crate::engine::capacity::ReturnConsumedCapacity;
use crate::engine::{Engine, Index, IndexKind, KeyAttribute, Table};
use crate::expression::Reach;
use crate::partiql::{OrderTerm, Statement, Verb};

pub(super) fn page(
    engine: &Engine,
    request: Request,
    limit: Option<i64>,
    token: Option<Position>,
    capacity: ReturnConsumedCapacity,
) -> Result<Page, ApiError> {
    let Request { statement, consistent, fingerprint, composite, .. } = request;
    let Statement { table: table_name, index, verb, condition, nested_roots, .. } = *statement;
    let (columns, order) = match verb {
        Verb::Select { columns, order } => (columns, order),
        _ => (None, Vec::new()),
    };
    if token.as_ref().is_some_and(|token| composite || token.fingerprint != fingerprint) {
        return Err(next_token::mismatch());
    }
    let table = find_table(engine, Some(&table_name))?;
    let found = find_index(&table, index.as_deref())?;
    let index = found.map(|(_, index)| index);
    check_scalars(&table, &nested_roots)?;
    if consistent && index.is_some_and(|index| index.kind == IndexKind::Global) {
        return Err(ApiError::validation(
            "Strongly consistent read is not supported on Global Secondary Indexes",
        ));
    }
    let (hash, sort) = key_of(&table, index)?;
    let names: Vec<&[u8]> = std::iter::once(hash).chain(sort).map(|attribute| &*attribute.name).collect();
    let keyed = match &condition {
        Some(condition) => ranges(&condition.alternatives(&names, Reach::Any), hash, sort)?,
        None => None,
    };
    let directions = directions(&order, keyed.as_deref(), hash, sort)?;
    if let (Some(_), Some(index), Some(condition)) = (&keyed, index, &condition) {
        select::check_filter(index, condition)?;
    }
    let members = Members { consistent, ..Members::default() };
    let selection = select::settle(&table, index, &members, columns, condition.as_ref())?;
    let mut rest = match keyed {
        Some(found) => arranged(found, directions)?,
        None => vec![(Vec::new(), None)],
    };
    let mut number = 0;
    let (mut lower, mut upper) = rest.pop().unwrap_or_default();
    if let Some(token) = token {
        while number < token.range {
            (lower, upper) = rest.pop().ok_or_else(next_token::invalid)?;
            number += 1;
        }
        if token.key < lower || upper.as_ref().is_some_and(|upper| token.key >= *upper) {
            return Err(next_token::invalid());
        }
        Restart { position: token.key, backward: directions.backward }.apply(&mut lower, &mut upper);
    }
    Ok(Page::new(Plan {
        table_name,
        index: found.map(|(number, _)| number),
        table: table.clone(),
        lower,
        upper,
        backward: directions.backward,
        consistent,
        limit: limit.and_then(|limit| u64::try_from(limit).ok()),
        filter: condition,
        selection,
        statement: Some(Box::new(Ranges { rest, number, fingerprint })),
        capacity,
    }))
}

/// Partition key and sort key of what is read.
fn key_of<'t>(
    table: &'t Table,
    index: Option<&'t Index>,
) -> Result<(&'t KeyAttribute, Option<&'t KeyAttribute>), ApiError> {
    let Some(index) = index else { return Ok((&table.hash, table.range.as_ref())) };
    match (index.hash.as_slice(), index.range.as_slice()) {
        ([hash], []) => Ok((hash, None)),
        ([hash], [sort]) => Ok((hash, Some(sort))),
        _ => Err(ApiError::validation(
            "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys.",
        )),
    }
}

/// Which way partitions and the keys in each are read.
#[derive(Clone, Copy)]
struct Directions {
    /// By their keys, falling or not; as the statement names them when `None`.
    partitions: Option<bool>,
    backward: bool,
}

fn directions(
    order: &[OrderTerm],
    keyed: Option<&[Range]>,
    hash: &KeyAttribute,
    sort: Option<&KeyAttribute>,
) -> Result<Directions, ApiError> {
    let refuse = |sentence: &'static str| Err(ApiError::validation(sentence));
    let mut directions = Directions { partitions: None, backward: false };
    let Some(keyed) = keyed.filter(|_| !order.is_empty()) else {
        return if order.is_empty() {
            Ok(directions)
        } else {
            refuse(
                "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
            )
        };
    };
    for term in order {
        if *term.name == *hash.name {
            directions.partitions = Some(term.descending);
        } else if sort.is_some_and(|sort| *term.name == *sort.name) {
            directions.backward = term.descending;
        } else {
            return Err(ApiError::validation(format!(
                "Attribute {} in ORDER BY clause must be part of the primary key",
                String::from_utf8_lossy(&term.name)
            )));
        }
    }
    if directions.partitions.is_none() && keyed.iter().any(|range| range.rank > 0) {
        return refuse(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        );
    }
    Ok(directions)
}

/// The bounds of `ranges` in the order they are read in, the first one last.
#[expect(clippy::type_complexity, reason = "bounds as cursors take them")]
fn arranged(
    mut ranges: Vec<Range>,
    Directions { partitions, backward }: Directions,
) -> Result<Vec<(Vec<u8>, Option<Vec<u8>>)>, ApiError> {
    sort_by(&mut ranges, |one, other| {
        let of_partitions = match partitions {
            // Behind the hash, keys sort as their values do.
            Some(descending) => {
                let order = one.prefix.get(8..).cmp(&other.prefix.get(8..));
                if descending { order.reverse() } else { order }
            }
            None => one.rank.cmp(&other.rank),
        };
        let within = one.lower.cmp(&other.lower).then_with(|| one.upper.cmp(&other.upper));
        of_partitions.then(if backward { within.reverse() } else { within })
    });
    let mut bounds = Vec::with_capacity(ranges.len());
    let mut last: Option<&Range> = None;
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        let above = |one: &Range, other: &Range| one.upper.as_ref().is_none_or(|upper| other.lower < *upper);
        if let Some(last) = last.filter(|last| last.prefix == range.prefix) {
            if last.lower == range.lower && last.upper == range.upper {
                continue;
            }
            if above(last, range) && above(range, last) {
                return Err(ApiError::validation(
                    "Overlapping conditions with range keys are not supported in where clause",
                ));
            }
        }
        last = Some(range);
        bounds.push((range.lower.clone(), range.upper.clone()));
    }
    if bounds.is_empty() {
        // Nothing can satisfy it: a range without a key.
        bounds.push((Vec::new(), Some(Vec::new())));
    }
    bounds.reverse();
    Ok(bounds)
}
