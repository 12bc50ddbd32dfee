//! The members of data-plane requests, read from the document in one pass.

use super::ApiError;
use crate::item::value::Member;
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
}

/// Members of the interface before expressions.
const LEGACY: [&str; 7] = [
    "Expected",
    "ConditionalOperator",
    "AttributeUpdates",
    "KeyConditions",
    "QueryFilter",
    "ScanFilter",
    "AttributesToGet",
];

impl<'a> Members<'a> {
    pub(super) fn read(request: MapRef<'a>) -> Result<Self, ApiError> {
        let mut members = Self::default();
        for (name, value) in request.iter() {
            match name {
                b"TableName" => members.table = string(value),
                b"Item" => members.item = map(value),
                b"Key" => members.key = map(value),
                b"RequestItems" => members.request_items = map(value),
                b"ConditionExpression" => members.condition = string(value),
                b"UpdateExpression" => members.update = string(value),
                b"ProjectionExpression" => members.projection = string(value),
                b"FilterExpression" => members.filter = string(value),
                b"KeyConditionExpression" => members.key_condition = string(value),
                b"ExpressionAttributeNames" => members.names = map(value),
                b"ExpressionAttributeValues" => members.values = map(value),
                b"ReturnValues" => members.return_values = string(value),
                b"ReturnConsumedCapacity" => members.return_capacity = string(value),
                b"ReturnValuesOnConditionCheckFailure" => members.return_on_failure = string(value),
                b"ReturnItemCollectionMetrics" => members.metrics = string(value) == Some("SIZE"),
                b"IndexName" => members.index = string(value),
                b"Select" => members.select = string(value),
                b"ExclusiveStartKey" => members.start_key = map(value),
                b"ConsistentRead" => members.consistent = boolean(value),
                b"ScanIndexForward" => members.backward = !boolean(value),
                b"Limit" => members.limit = integer(value),
                b"Segment" => members.segment = integer(value),
                b"TotalSegments" => members.total_segments = integer(value),
                _ => refuse_legacy(name)?,
            }
        }
        Ok(members)
    }
}

/// Says plainly that a member is not answered yet, rather than to ignore what the caller relies on.
fn refuse_legacy(name: &[u8]) -> Result<(), ApiError> {
    let Some(legacy) = LEGACY.iter().find(|l| l.as_bytes() == name) else { return Ok(()) };
    Err(ApiError::validation(format!(
        "dynatab does not support the parameter {legacy} yet; use the expression parameters instead"
    )))
}

pub(super) fn string(value: ValueRef<'_>) -> Option<&str> {
    if let Some(View::S(text)) = value.view() { std::str::from_utf8(text).ok() } else { None }
}

pub(super) fn boolean(value: ValueRef<'_>) -> bool {
    matches!(value.view(), Some(View::Bool(true)))
}

pub(super) fn integer(value: ValueRef<'_>) -> Option<i64> {
    let number = value.number()?;
    let scale = 10i128.checked_pow(u32::try_from(number.exponent).ok()?)?;
    i64::try_from(number.mantissa.checked_mul(scale)?).ok()
}

pub(super) fn map(value: ValueRef<'_>) -> Option<MapRef<'_>> {
    if let Some(View::M(map)) = value.view() { Some(map) } else { None }
}

pub(super) fn list(value: ValueRef<'_>) -> impl Iterator<Item = ValueRef<'_>> {
    let members = if let Some(View::L(members)) = value.view() { Some(members) } else { None };
    members.into_iter().flat_map(|m| m.iter()).filter_map(|m| match m {
        Member::Value(value) => Some(value),
        Member::Bytes(_) => None,
    })
}
