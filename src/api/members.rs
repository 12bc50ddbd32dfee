//! The members of data-plane requests, read from the document in one pass.

use crate::item::{MapRef, ValueRef, View};

/// Every member a data-plane request may have; an operation takes those it knows.
///
/// The document was checked against the operation's shape before, so a member of another type is absent here.
#[derive(Clone, Copy, Default)]
pub(super) struct Members<'a> {
    pub table: Option<&'a str>,
    pub item: Option<MapRef<'a>>,
    pub key: Option<MapRef<'a>>,
    pub request_items: Option<MapRef<'a>>,
    pub condition: Option<&'a str>,
    pub update: Option<&'a str>,
    pub projection: Option<&'a str>,
    pub filter: Option<&'a str>,
    pub key_condition: Option<&'a str>,
    pub names: Option<MapRef<'a>>,
    pub values: Option<MapRef<'a>>,
    pub return_values: Option<&'a str>,
    pub return_capacity: Option<&'a str>,
    pub return_on_failure: Option<&'a str>,
    pub index: Option<&'a str>,
    pub select: Option<&'a str>,
    pub start_key: Option<MapRef<'a>>,
    pub metrics: bool,
    pub consistent: bool,
    pub backward: bool,
    pub limit: Option<i64>,
    pub segment: Option<i64>,
    pub total_segments: Option<i64>,
    // From before expressions.
    pub expected: Option<MapRef<'a>>,
    pub conditional_operator: Option<&'a str>,
    pub attribute_updates: Option<MapRef<'a>>,
    pub key_conditions: Option<MapRef<'a>>,
    pub query_filter: Option<MapRef<'a>>,
    pub scan_filter: Option<MapRef<'a>>,
    pub attributes_to_get: Option<ValueRef<'a>>,
}

/// The names, in the order in which [`Members::read`] takes the values apart: a table is a tenth of the code of a match.
const NAMES: [&[u8]; 30] = [
    b"TableName",
    b"Item",
    b"Key",
    b"RequestItems",
    b"ConditionExpression",
    b"UpdateExpression",
    b"ProjectionExpression",
    b"FilterExpression",
    b"KeyConditionExpression",
    b"ExpressionAttributeNames",
    b"ExpressionAttributeValues",
    b"ReturnValues",
    b"ReturnConsumedCapacity",
    b"ReturnValuesOnConditionCheckFailure",
    b"ReturnItemCollectionMetrics",
    b"IndexName",
    b"Select",
    b"ExclusiveStartKey",
    b"ConsistentRead",
    b"ScanIndexForward",
    b"Limit",
    b"Segment",
    b"TotalSegments",
    b"Expected",
    b"ConditionalOperator",
    b"AttributeUpdates",
    b"KeyConditions",
    b"QueryFilter",
    b"ScanFilter",
    b"AttributesToGet",
];

impl<'a> Members<'a> {
    pub(super) fn read(request: MapRef<'a>) -> Self {
        let mut found = [None; NAMES.len()];
        for (name, value) in request.iter() {
            let at = NAMES.iter().position(|known| *known == name);
            if let Some(place) = at.and_then(|at| found.get_mut(at)) {
                *place = Some(value);
            }
        }
        let [
            table,
            item,
            key,
            request_items,
            condition,
            update,
            projection,
            filter,
            key_condition,
            names,
            values,
            return_values,
            return_capacity,
            return_on_failure,
            metrics,
            index,
            select,
            start_key,
            consistent,
            forward,
            limit,
            segment,
            total_segments,
            expected,
            conditional_operator,
            attribute_updates,
            key_conditions,
            query_filter,
            scan_filter,
            attributes_to_get,
        ] = found;
        Self {
            table: table.and_then(string),
            item: item.and_then(map),
            key: key.and_then(map),
            request_items: request_items.and_then(map),
            condition: condition.and_then(string),
            update: update.and_then(string),
            projection: projection.and_then(string),
            filter: filter.and_then(string),
            key_condition: key_condition.and_then(string),
            names: names.and_then(map),
            values: values.and_then(map),
            return_values: return_values.and_then(string),
            return_capacity: return_capacity.and_then(string),
            return_on_failure: return_on_failure.and_then(string),
            metrics: metrics.and_then(string) == Some("SIZE"),
            index: index.and_then(string),
            select: select.and_then(string),
            start_key: start_key.and_then(map),
            consistent: consistent.is_some_and(boolean),
            backward: forward.is_some_and(|value| !boolean(value)),
            limit: limit.and_then(integer),
            segment: segment.and_then(integer),
            total_segments: total_segments.and_then(integer),
            expected: expected.and_then(map),
            conditional_operator: conditional_operator.and_then(string),
            attribute_updates: attribute_updates.and_then(map),
            key_conditions: key_conditions.and_then(map),
            query_filter: query_filter.and_then(map),
            scan_filter: scan_filter.and_then(map),
            attributes_to_get,
        }
    }
}

pub(super) fn string(value: ValueRef<'_>) -> Option<&str> {
    if let Some(View::S(text)) = value.view() { std::str::from_utf8(text).ok() } else { None }
}

pub(super) fn boolean(value: ValueRef<'_>) -> bool {
    matches!(value.view(), Some(View::Bool(true)))
}

pub(super) fn integer(value: ValueRef<'_>) -> Option<i64> {
    value.number()?.to_i64()
}

pub(super) fn map(value: ValueRef<'_>) -> Option<MapRef<'_>> {
    if let Some(View::M(map)) = value.view() { Some(map) } else { None }
}

/// The values of a list, taken together: what goes on from them would else be compiled with the walk inside.
pub(super) fn list(value: ValueRef<'_>) -> std::vec::IntoIter<ValueRef<'_>> {
    let values =
        if let Some(View::L(members)) = value.view() { members.values().collect() } else { Vec::new() };
    values.into_iter()
}
