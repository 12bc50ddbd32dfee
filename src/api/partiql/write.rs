//! INSERT, UPDATE, DELETE and EXISTS: the change of one item.

use std::rc::Rc;

use super::super::keys::{check_index_keys, check_scalars, check_untouched, find_table, item_key};
use super::super::single_write::{Change, ItemChange, MAX_ITEM, ReturnValues};
use super::keys::{Pinned, pinned};
use super::request::Request;
use crate::api::ApiError;
use crate::engine::{Engine, Table};
use crate::expression::Reach;
use crate::partiql::{Returning, Statement, Verb};

/// RETURNING, as the writes of items have it.
pub(super) fn return_values(statement: &Statement) -> ReturnValues {
    match statement.returning {
        None => ReturnValues::None,
        Some(Returning { modified: false, new: false }) => ReturnValues::AllOld,
        Some(Returning { modified: false, new: true }) => ReturnValues::AllNew,
        Some(Returning { modified: true, new: false }) => ReturnValues::UpdatedOld,
        Some(Returning { modified: true, new: true }) => ReturnValues::UpdatedNew,
    }
}

/// What is said of an EXISTS that names no item, or nothing but one.
pub(super) const EXISTS_OF_ONE: &str = "EXISTS() must contain a single item read with additional condition";

/// The change a statement asks for. Inside, `Err` is what does not fit the table, which cancels a transaction; outside,
/// what refuses any request.
pub(super) fn change(engine: &Engine, request: Request) -> Result<Result<ItemChange, ApiError>, ApiError> {
    let table = find_table(engine, Some(&request.statement.table))?;
    Ok(bind(table, request))
}

fn bind(table: Rc<Table>, request: Request) -> Result<ItemChange, ApiError> {
    let Request { statement, return_old_on_failure, .. } = request;
    let Statement { table: table_name, verb, mut condition, nested_roots, .. } = *statement;
    let (key, change) = if let Verb::Insert(item) = verb {
        let key = item_key(&table, item.as_ref().map())?;
        if item.as_ref().size() > MAX_ITEM {
            return Err(ApiError::validation("Item size has exceeded the maximum allowed size"));
        }
        check_index_keys(&table, item.as_ref().map(), false)?;
        (key, Change::Insert(item))
    } else {
        let exists = matches!(verb, Verb::Exists);
        let pinned = pinned(&table, condition.as_ref(), Reach::Required)?;
        let Some(Pinned { key, tree_key, alone }) = pinned.filter(|pinned| !(exists && pinned.alone)) else {
            return Err(ApiError::validation(if exists {
                EXISTS_OF_ONE
            } else {
                "Where clause does not contain a mandatory equality on all key attributes"
            }));
        };
        if let Verb::Update(update) = &verb {
            check_untouched(&table, update)?;
        }
        check_scalars(&table, &nested_roots)?;
        let change = match verb {
            // Equalities on the key do not hold where there is no item, so an update makes none.
            Verb::Update(update) => Change::Update { key, update },
            Verb::Delete => {
                // What is not there is deleted already, whatever the condition.
                let more = condition.filter(|_| !alone);
                condition = more.map(|condition| condition.or_missing(&table.hash.name));
                Change::Delete
            }
            _ => Change::Check,
        };
        (tree_key, change)
    };
    Ok(ItemChange { table, table_name, key, condition, change, return_old_on_failure })
}
