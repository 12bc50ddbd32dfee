//! The actions of TransactWriteItems: their expressions first, then their tables and keys.

use super::super::expressions::{Wording, condition, placeholders};
use super::super::keys::{self, find_table};
use super::super::members::{Members, map};
use super::super::metrics;
use super::super::single_write::{Change, ItemChange, MAX_ITEM};
use super::reasons::Reasons;
use crate::api::ApiError;
use crate::engine::Engine;
use crate::expression::{Condition, Placeholders, parse_update};
use crate::item::{ItemBuf, MapRef};

const WORDING: Wording = Wording::Bare;

/// An action whose expressions were read.
pub(super) struct Parsed<'a> {
    members: Members<'a>,
    change: Change,
    /// The Key; of a Put it is in the item.
    key: Option<ItemBuf>,
    condition: Option<Condition>,
    placeholders: Placeholders,
    /// Bytes of what it sends.
    pub(super) payload: u64,
}

/// An action bound to its table.
pub(in crate::api) struct Bound {
    pub(in crate::api) change: ItemChange,
    pub(in crate::api) collection: Option<ItemBuf>,
}

/// Which action an entry of TransactItems holds.
pub(super) fn only_action(entry: MapRef<'_>) -> Result<(&'static str, MapRef<'_>), ApiError> {
    let mut found = None;
    for name in ["ConditionCheck", "Put", "Delete", "Update"] {
        let Some(action) = entry.find(name.as_bytes()).and_then(map) else { continue };
        if found.replace((name, action)).is_some() {
            return Err(ApiError::validation(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        }
    }
    found.ok_or_else(|| {
        ApiError::validation(
            "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
        )
    })
}

/// Reads an action's values and expressions.
pub(super) fn parse<'a>((name, action): (&'static str, MapRef<'a>)) -> Result<Parsed<'a>, ApiError> {
    let members = Members::read(action);
    let item = members.item.map(|item| WORDING.admit(item)).transpose()?;
    let key = members.key.map(|key| WORDING.admit(key)).transpose()?;
    let any = members.condition.is_some() || members.update.is_some();
    let missing = if any { "" } else { "ConditionExpression is null" };
    let mut placeholders = placeholders(&members, WORDING, any, missing)?;
    let change = match name {
        "Put" => Change::Put(item.unwrap_or_default()),
        "Update" => {
            let text = members.update.unwrap_or_default();
            let update = parse_update(text, &mut placeholders).map_err(|e| WORDING.error(e))?;
            Change::Update { key: key.clone().unwrap_or_default(), update }
        }
        "Delete" => Change::Delete,
        _ => Change::Check,
    };
    let condition = condition(&members, &mut placeholders, WORDING)?;
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;
    if let Change::Put(item) = &change
        && item.as_ref().size() > MAX_ITEM
    {
        return Err(ApiError::validation("Item size has exceeded the maximum allowed size"));
    }
    let size = |item: Option<&ItemBuf>| item.map_or(0, |item| u64::from(item.as_ref().size()));
    let put = if let Change::Put(item) = &change { Some(item) } else { None };
    let values = members.values.map_or(0, |values| values.body().len() as u64);
    let payload = size(put) + size(key.as_ref()) + values;
    Ok(Parsed { members, change, key, condition, placeholders, payload })
}

impl Parsed<'_> {
    /// Finds the table and the key, `None` when it is no key of the table. Whether the action fits its table goes to
    /// `reasons`: one that does not may still name an item twice.
    pub(super) fn bind(
        self,
        engine: &Engine,
        wants_metrics: bool,
        reasons: &mut Reasons,
    ) -> Result<Option<Bound>, ApiError> {
        let Self { members, change, key, condition, placeholders, .. } = self;
        let table = find_table(engine, members.table)?;
        let attributes = match (&change, &key) {
            (Change::Put(item), _) => table.key_part(item.as_ref().map()),
            (_, Some(key)) => key.as_ref().map(),
            _ => MapRef::default(),
        };
        let is_key = match &change {
            Change::Put(item) => keys::check_item_schema(&table, item.as_ref().map()),
            _ => keys::check_key_schema(&table, attributes),
        };
        let tree_key = match is_key.and_then(|()| keys::tree_key(&table, attributes)) {
            Ok(key) => key,
            Err(error) => {
                reasons.add(Err(error));
                return Ok(None);
            }
        };
        let fits = match &change {
            Change::Put(item) => keys::check_index_keys(&table, item.as_ref().map(), false),
            Change::Update { update, .. } => keys::check_untouched(&table, update),
            _ => Ok(()),
        };
        reasons.add(fits.and_then(|()| keys::check_scalars(&table, placeholders.nested_roots())));
        let collection = match change {
            Change::Check => None,
            _ => metrics::collection(&table, attributes, wants_metrics),
        };
        let change = ItemChange {
            table_name: members.table.unwrap_or_default().to_owned(),
            table,
            key: tree_key,
            condition,
            change,
            return_old_on_failure: members.return_on_failure == Some("ALL_OLD"),
        };
        Ok(Some(Bound { change, collection }))
    }
}
