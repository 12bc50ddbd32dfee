//! Placeholders of a request, and which texts of errors an operation wraps.

use std::fmt::Display;

use super::members::{Members, string};
use super::{ApiError, ErrorKind};
use crate::expression::{Condition, ExpressionKind, Placeholders, parse_condition};
use crate::item::{ItemBuf, ItemError, MapRef, admit};

/// How an operation words errors of request validation: the writes announce them, the reads do not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wording {
    /// `1 validation error detected: ...`
    Announced,
    /// The bare sentence.
    Bare,
}

impl Wording {
    pub(super) fn error(self, cause: impl Display) -> ApiError {
        match self {
            Self::Announced => ApiError::validation(format!("1 validation error detected: {cause}")),
            Self::Bare => ApiError::validation(cause.to_string()),
        }
    }

    /// An attribute value that cannot be admitted.
    pub(super) fn value_error(self, cause: &ItemError) -> ApiError {
        // Shapes that are no AttributeValue at all are refused bare by every operation.
        if cause.is_counted() { self.error(cause) } else { ApiError::validation(cause.to_string()) }
    }

    pub(super) fn admit(self, map: MapRef<'_>) -> Result<ItemBuf, ApiError> {
        admit::item(map).map_err(|e| self.value_error(&e))
    }
}

/// Names and values of a request, admitted.
pub(super) fn placeholders(
    members: &Members<'_>,
    wording: Wording,
    any_expression: bool,
    expressions_with_values: &str,
) -> Result<Placeholders, ApiError> {
    let mut values = None;
    if let Some(map) = members.values {
        let mut admitted = Vec::with_capacity(map.len());
        for (name, value) in map.iter() {
            let mut bytes = Vec::new();
            admit::value_within(value, admit::MAX_COMPARED_DEPTH, &mut bytes).map_err(|e| {
                let key = String::from_utf8_lossy(name);
                wording.value_error_of(&e, &key)
            })?;
            admitted.push((name.to_vec(), bytes));
        }
        values = Some(admitted);
    }
    if members.names.is_some() && !any_expression {
        return Err(wording.error("ExpressionAttributeNames can only be specified when using expressions"));
    }
    if members.values.is_some() && !expressions_with_values.is_empty() {
        return Err(wording.error(format_args!(
            "ExpressionAttributeValues can only be specified when using expressions: {expressions_with_values}"
        )));
    }
    let names = members.names.map(|map| {
        map.iter()
            .map(|(name, value)| (name.to_vec(), string(value).unwrap_or_default().as_bytes().to_vec()))
            .collect::<Vec<_>>()
    });
    Placeholders::new(names, values).map_err(|e| wording.error(e))
}

impl Wording {
    fn value_error_of(self, cause: &ItemError, key: &str) -> ApiError {
        let sentence = format!("ExpressionAttributeValues contains invalid value: {cause} for key {key}");
        if cause.is_counted() { self.error(sentence) } else { ApiError::validation(sentence) }
    }
}

/// A ConditionExpression, if there is one.
pub(super) fn condition(
    members: &Members<'_>,
    placeholders: &mut Placeholders,
    wording: Wording,
) -> Result<Option<Condition>, ApiError> {
    members
        .condition
        .map(|text| {
            parse_condition(ExpressionKind::Condition, text, placeholders).map_err(|e| wording.error(e))
        })
        .transpose()
}

/// The condition does not hold.
pub(super) fn condition_failed(old: Option<&[u8]>, return_old: bool) -> ApiError {
    let mut error = ApiError::new(ErrorKind::ConditionalCheckFailed, "The conditional request failed");
    if return_old {
        error.item = old.map(<[u8]>::to_vec);
    }
    error
}
