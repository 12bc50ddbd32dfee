//! Scan, whole or one parallel segment.

use super::expressions::{Wording, placeholders};
use super::keys::{check_scalars, find_table};
use super::members::Members;
use super::page::{Page, Plan};
use super::query::find_index;
use super::select;
use super::start_key::{self, Restart};
use super::{ApiError, legacy};
use crate::engine::Engine;
use crate::engine::capacity::ReturnConsumedCapacity;
use crate::expression::{ExpressionKind, parse_condition, parse_projection};
use crate::item::MapRef;

pub(super) fn begin(engine: &Engine, request: MapRef<'_>) -> Result<Page, ApiError> {
    const WORDING: Wording = Wording::Bare;
    let members = Members::read(request);
    let start = members.start_key.map(|k| WORDING.admit(k)).transpose()?;
    let any = members.filter.is_some() || members.projection.is_some();
    let missing = if members.filter.is_some() { "" } else { "FilterExpression is null" };
    legacy::check_mixing(&members, WORDING)?;
    let mut placeholders = placeholders(&members, WORDING, any, missing)?;
    select::check_members(&members, WORDING)?;
    let segment = segment(&members)?;
    let projection = members
        .projection
        .map(|text| parse_projection(text, &mut placeholders).map_err(|e| WORDING.error(e)))
        .transpose()?;
    let filter = members
        .filter
        .map(|text| {
            parse_condition(ExpressionKind::Filter, text, &mut placeholders).map_err(|e| WORDING.error(e))
        })
        .transpose()?;
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;
    let projection = projection.map_or_else(|| legacy::attributes_to_get(&members), |p| Ok(Some(p)))?;
    let filter = match filter {
        None => legacy::filter(&members, members.scan_filter, WORDING)?,
        some => some,
    };

    let table = find_table(engine, members.table)?;
    let index = find_index(&table, members.index)?;
    check_scalars(&table, placeholders.nested_roots())?;
    let (mut lower, mut upper) = segment.map_or((Vec::new(), None), Segment::bounds);
    if let Some(start) = start {
        let position = start_key::position(&table, index.map(|(_, i)| i), &start)?;
        if position < lower || upper.as_ref().is_some_and(|upper| position >= *upper) {
            let Segment { number, total } = segment.unwrap_or(Segment { number: 0, total: 1 });
            return Err(ApiError::validation(format!(
                "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: {total} Segment: {number}"
            )));
        }
        Restart { position, backward: false }.apply(&mut lower, &mut upper);
    }
    let selection = select::settle(&table, index.map(|(_, i)| i), &members, projection, filter.as_ref())?;
    let index = index.map(|(number, _)| number);
    Ok(Page::new(Plan {
        table_name: members.table.unwrap_or_default().to_owned(),
        index,
        table,
        lower,
        upper,
        backward: false,
        consistent: members.consistent,
        limit: members.limit.and_then(|l| u64::try_from(l).ok()),
        filter,
        selection,
        statement: None,
        capacity: ReturnConsumedCapacity::parse(members.return_capacity),
    }))
}

/// One part of the hash range.
#[derive(Clone, Copy)]
struct Segment {
    number: u64,
    total: u64,
}

impl Segment {
    fn bounds(self) -> (Vec<u8>, Option<Vec<u8>>) {
        // ceil(number * 2^64 / total), so that the segments meet without gap or overlap.
        let edge = |number: u64| {
            let at = (u128::from(number) << 64).div_ceil(u128::from(self.total));
            u64::try_from(at).ok().map(|at| at.to_be_bytes().to_vec())
        };
        (edge(self.number).unwrap_or_default(), edge(self.number + 1))
    }
}

fn segment(members: &Members<'_>) -> Result<Option<Segment>, ApiError> {
    match (members.segment, members.total_segments) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(ApiError::validation(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        )),
        (None, Some(_)) => Err(ApiError::validation(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        )),
        (Some(number), Some(total)) if number >= total => Err(ApiError::validation(format!(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {number} is not less than TotalSegments: {total}"
        ))),
        (Some(number), Some(total)) => {
            Ok(Some(Segment { number: number.max(0) as u64, total: total.max(1) as u64 }))
        }
    }
}
