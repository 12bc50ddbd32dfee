//! The parameters from before expressions, mapped on what expressions are parsed to.

mod conditions;
mod updates;

pub(super) use conditions::{expected, filter, key_terms};
pub(super) use updates::attribute_updates;

use super::ApiError;
use super::expressions::Wording;
use super::members::{Members, list, string};
use crate::expression::Projection;

fn invalid(what: impl std::fmt::Display) -> String {
    format!("One or more parameter values were invalid: {what}")
}

/// Both kinds of parameters in one request are refused, whatever they say.
pub(super) fn check_mixing(members: &Members<'_>, wording: Wording) -> Result<(), ApiError> {
    let legacy = [
        ("AttributesToGet", members.attributes_to_get.is_some()),
        ("QueryFilter", members.query_filter.is_some()),
        ("ScanFilter", members.scan_filter.is_some()),
        ("AttributeUpdates", members.attribute_updates.is_some()),
        ("Expected", members.expected.is_some()),
        ("ConditionalOperator", members.conditional_operator.is_some()),
        ("KeyConditions", members.key_conditions.is_some()),
    ];
    let expressions = [
        ("ProjectionExpression", members.projection.is_some()),
        ("FilterExpression", members.filter.is_some()),
        ("KeyConditionExpression", members.key_condition.is_some()),
        ("UpdateExpression", members.update.is_some()),
        ("ConditionExpression", members.condition.is_some()),
    ];
    let given = |list: &[(&'static str, bool)]| {
        list.iter().filter(|(_, given)| *given).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    let (legacy, expressions) = (given(&legacy), given(&expressions));
    if legacy.is_empty() || expressions.is_empty() {
        return Ok(());
    }
    Err(wording.error(format_args!(
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
         {{{legacy}}} Expression parameters: {{{expressions}}}"
    )))
}

/// AttributesToGet, if there is one.
pub(super) fn attributes_to_get(members: &Members<'_>) -> Result<Option<Projection>, ApiError> {
    let Some(value) = members.attributes_to_get else { return Ok(None) };
    let mut names: Vec<&str> = Vec::new();
    for name in list(value).filter_map(string) {
        if names.contains(&name) {
            return Err(ApiError::validation(invalid(format_args!(
                "Duplicate value in attribute name: {name}"
            ))));
        }
        names.push(name);
    }
    Ok(Some(Projection::from_names(names.iter().map(|name| name.as_bytes()))))
}
