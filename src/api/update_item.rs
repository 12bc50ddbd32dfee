//! UpdateItem.

use super::ApiError;
use super::expressions::{Wording, condition, placeholders};
use super::keys::{check_metrics, find_table, request_key};
use super::members::Members;
use super::single_write::{Change, ReturnValues, SingleWrite};
use super::step::Environment;
use crate::engine::Engine;
use crate::engine::capacity::ReturnConsumedCapacity;
use crate::expression::{Update, parse_update};
use crate::item::MapRef;

pub(super) fn begin(
    engine: &Engine,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<SingleWrite, ApiError> {
    const WORDING: Wording = Wording::Announced;
    let members = Members::read(request)?;
    let key = WORDING.admit(members.key.unwrap_or_default())?;
    let any = members.condition.is_some() || members.update.is_some();
    let missing = if any { "" } else { "UpdateExpression and ConditionExpression are both null" };
    let mut placeholders = placeholders(&members, WORDING, any, missing)?;
    // The service looks at an empty condition before it looks at an empty update.
    let early =
        if members.condition == Some("") { condition(&members, &mut placeholders, WORDING)? } else { None };
    let update = match members.update {
        Some(text) => parse_update(text, &mut placeholders).map_err(|e| WORDING.error(e))?,
        None => Update::default(),
    };
    let condition = match early {
        Some(condition) => Some(condition),
        None => condition(&members, &mut placeholders, WORDING)?,
    };
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;

    let table = find_table(engine, members.table)?;
    check_metrics(&table, members.metrics)?;
    let tree_key = request_key(&table, &key)?;
    for attribute in table.key_attributes() {
        if update.touches(&attribute.name) {
            return Err(ApiError::validation(format!(
                "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
                String::from_utf8_lossy(&attribute.name)
            )));
        }
    }
    Ok(SingleWrite {
        partition: SingleWrite::partition_of(&table, &tree_key),
        table_name: members.table.unwrap_or_default().to_owned(),
        table,
        key: tree_key,
        condition,
        change: Change::Update { key, update },
        return_values: ReturnValues::parse(members.return_values),
        return_old_on_failure: members.return_on_failure == Some("ALL_OLD"),
        capacity: ReturnConsumedCapacity::parse(members.return_capacity),
        now_millis: environment.now_millis,
    })
}
