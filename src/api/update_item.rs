//! UpdateItem.

use super::expressions::{Wording, condition, placeholders};
use super::keys::{check_scalars, check_untouched, find_table, request_key};
use super::members::Members;
use super::single_write::{Change, ItemChange, ReturnValues, SingleWrite};
use super::step::Environment;
use super::{ApiError, legacy, metrics};
use crate::engine::Engine;
use crate::expression::parse_update;
use crate::item::MapRef;

pub(super) fn begin(
    engine: &Engine,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<SingleWrite, ApiError> {
    const WORDING: Wording = Wording::Announced;
    let members = Members::read(request);
    let key = WORDING.admit(members.key.unwrap_or_default())?;
    let any = members.condition.is_some() || members.update.is_some();
    let missing = if any { "" } else { "UpdateExpression and ConditionExpression are both null" };
    legacy::check_mixing(&members, WORDING)?;
    let mut placeholders = placeholders(&members, WORDING, any, missing)?;
    // The service looks at an empty condition before it looks at an empty update.
    let early =
        if members.condition == Some("") { condition(&members, &mut placeholders, WORDING)? } else { None };
    let update = match members.update {
        Some(text) => parse_update(text, &mut placeholders).map_err(|e| WORDING.error(e))?,
        None => legacy::attribute_updates(members.attribute_updates.unwrap_or_default(), WORDING)?,
    };
    let condition = match early {
        Some(condition) => Some(condition),
        None => condition(&members, &mut placeholders, WORDING)?,
    };
    let condition = match condition {
        None => legacy::expected(&members, WORDING)?,
        some => some,
    };
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;

    let table = find_table(engine, members.table)?;
    let tree_key = request_key(&table, &key)?;
    check_untouched(&table, &update)?;
    check_scalars(&table, placeholders.nested_roots())?;
    let collection = metrics::collection(&table, key.as_ref().map(), members.metrics);
    let change = ItemChange {
        table_name: members.table.unwrap_or_default().to_owned(),
        table,
        key: tree_key,
        condition,
        change: Change::Update { key, update },
        return_old_on_failure: members.return_on_failure == Some("ALL_OLD"),
    };
    Ok(SingleWrite::new(
        change,
        ReturnValues::parse(members.return_values),
        &members,
        collection,
        environment,
    ))
}
