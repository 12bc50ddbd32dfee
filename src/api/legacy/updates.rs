//! AttributeUpdates.

use super::super::expressions::Wording;
use super::super::members::{map, string};
use super::invalid;
use crate::api::ApiError;
use crate::expression::{AttributeAction, Update};
use crate::item::{Kind, MapRef, ValueRef, admit};

/// What AttributeUpdates do to an item.
pub(in crate::api) fn attribute_updates(updates: MapRef<'_>, wording: Wording) -> Result<Update, ApiError> {
    let mut actions = Vec::with_capacity(updates.len());
    for (name, entry) in updates.iter() {
        actions.push((name.to_vec(), action(map(entry).unwrap_or_default(), wording)?));
    }
    Ok(Update::from_attribute_updates(actions))
}

fn action(entry: MapRef<'_>, wording: Wording) -> Result<AttributeAction, ApiError> {
    let refuse = |what: std::fmt::Arguments<'_>| Err(ApiError::validation(invalid(what)));
    let action = entry.find(b"Action").and_then(string).unwrap_or("PUT");
    let Some(value) = entry.find(b"Value") else {
        return match action {
            "DELETE" => Ok(AttributeAction::Delete),
            _ => refuse(format_args!("Only DELETE action is allowed when no attribute value is specified")),
        };
    };
    let mut bytes = Vec::new();
    admit::value(value, &mut bytes).map_err(|e| wording.value_error(&e))?;
    let kind = ValueRef::first(&bytes).and_then(ValueRef::kind).unwrap_or(Kind::Null);
    let is_set = matches!(kind, Kind::Ss | Kind::Ns | Kind::Bs);
    match action {
        "DELETE" if is_set => Ok(AttributeAction::DeleteMembers(bytes)),
        "DELETE" => {
            refuse(format_args!("DELETE action with value is not supported for the type {}", kind.name()))
        }
        "ADD" if is_set || matches!(kind, Kind::N | Kind::L) => Ok(AttributeAction::Add(bytes)),
        "ADD" => refuse(format_args!("ADD action is not supported for the type {}", kind.name())),
        _ => Ok(AttributeAction::Put(bytes)),
    }
}
