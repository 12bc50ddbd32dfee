//! DeleteItem.

use super::expressions::{Wording, condition, placeholders};
use super::keys::{check_scalars, find_table, request_key};
use super::members::Members;
use super::single_write::{Change, ItemChange, SingleWrite, only_all_old};
use super::step::Environment;
use super::{ApiError, legacy, metrics};
use crate::engine::Engine;
use crate::item::MapRef;

pub(super) fn begin(
    engine: &Engine,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<SingleWrite, ApiError> {
    const WORDING: Wording = Wording::Announced;
    let members = Members::read(request);
    let key = WORDING.admit(members.key.unwrap_or_default())?;
    let missing = if members.condition.is_none() { "ConditionExpression is null" } else { "" };
    legacy::check_mixing(&members, WORDING)?;
    let mut placeholders = placeholders(&members, WORDING, members.condition.is_some(), missing)?;
    let return_values = only_all_old(members.return_values)?;
    let condition = match condition(&members, &mut placeholders, WORDING)? {
        None => legacy::expected(&members, WORDING)?,
        some => some,
    };
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;

    let table = find_table(engine, members.table)?;
    let tree_key = request_key(&table, &key)?;
    check_scalars(&table, placeholders.nested_roots())?;
    let collection = metrics::collection(&table, key.as_ref().map(), members.metrics);
    let change = ItemChange {
        table_name: members.table.unwrap_or_default().to_owned(),
        table,
        key: tree_key,
        condition,
        change: Change::Delete,
        return_old_on_failure: members.return_on_failure == Some("ALL_OLD"),
    };
    Ok(SingleWrite::new(change, return_values, &members, collection, environment))
}
