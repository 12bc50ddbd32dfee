//! Tables by name, and the checks of keys and key attributes.

use std::rc::Rc;

use super::step::Partition;
use super::validate::arn;
use super::{ApiError, ErrorKind};
use crate::engine::catalog::BusyStatus;
use crate::engine::table::{MAX_HASH, MAX_RANGE};
use crate::engine::{Engine, Index, KeyAttribute, Table};
use crate::expression::{self, Update};
use crate::item::{ItemBuf, Kind, MapRef, ValueRef, View};
use crate::storage::{BlockId, Bytes, SeqNo};

/// The table a data-plane request names, by name or ARN.
pub(super) fn find_table(engine: &Engine, name: Option<&str>) -> Result<Rc<Table>, ApiError> {
    let name = arn::table_name(name.unwrap_or_default().as_bytes(), &engine.region, &engine.account)?;
    let table = engine.tables().get(name).ok_or_else(not_found)?;
    match table.schema.busy.map(|busy| busy.status) {
        Some(BusyStatus::Deleting) => Err(not_found()),
        Some(BusyStatus::Creating) if table.schema.busy_at(engine.now_millis).is_some() => Err(not_found()),
        _ => Ok(Rc::clone(table)),
    }
}

/// What the data plane says of a table that is not there.
pub(super) fn not_found() -> ApiError {
    ApiError::new(ErrorKind::ResourceNotFound, "Requested resource not found")
}

/// A request's Key: admitted, checked against the schema, and its tree key.
pub(super) fn request_key(table: &Table, key: &ItemBuf) -> Result<Vec<u8>, ApiError> {
    let map = key.as_ref().map();
    check_key_schema(table, map)?;
    tree_key(table, map)
}

/// A request's Key has the table's key attributes, of their types, and no other.
pub(super) fn check_key_schema(table: &Table, map: MapRef<'_>) -> Result<(), ApiError> {
    let fits = map.len() == table.key_attributes().count()
        && table
            .key_attributes()
            .all(|attribute| map.get(&attribute.name).and_then(ValueRef::kind) == Some(attribute.kind));
    if fits { Ok(()) } else { Err(mismatch()) }
}

fn mismatch() -> ApiError {
    ApiError::validation("The provided key element does not match the schema")
}

/// The tree key of key attributes that fit the schema: they are not empty and not too long.
pub(super) fn tree_key(table: &Table, map: MapRef<'_>) -> Result<Vec<u8>, ApiError> {
    check_key_values(table, map)?;
    table.key_of(map).ok_or_else(mismatch)
}

/// An item's key attributes: present, of the right type, not empty, not too long. Gives its tree key.
pub(super) fn item_key(table: &Table, item: MapRef<'_>) -> Result<Vec<u8>, ApiError> {
    check_item_schema(table, item)?;
    tree_key(table, table.key_part(item))
}

/// An item has the table's key attributes, of their types.
pub(super) fn check_item_schema(table: &Table, item: MapRef<'_>) -> Result<(), ApiError> {
    let item = table.key_part(item);
    for attribute in table.key_attributes() {
        let name = || String::from_utf8_lossy(&attribute.name);
        match item.get(&attribute.name).and_then(ValueRef::kind) {
            None => {
                return Err(ApiError::validation(format!(
                    "One or more parameter values were invalid: Missing the key {} in the item",
                    name()
                )));
            }
            Some(kind) if kind != attribute.kind => {
                return Err(ApiError::validation(format!(
                    "One or more parameter values were invalid: Type mismatch for key {} expected: {} actual: {}",
                    name(),
                    attribute.kind.name(),
                    kind.name()
                )));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_key_values(table: &Table, map: MapRef<'_>) -> Result<(), ApiError> {
    for (attribute, limit) in
        std::iter::once((&table.hash, MAX_HASH)).chain(table.range.iter().map(|r| (r, MAX_RANGE)))
    {
        let Some(length) = map.get(&attribute.name).and_then(key_length) else { continue };
        if length == 0 {
            return Err(ApiError::validation(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot \
                 contain an empty {} value. Key: {}",
                empty_word(attribute.kind),
                String::from_utf8_lossy(&attribute.name)
            ))
            .of_whole());
        }
        if length > limit {
            return Err(too_long(limit));
        }
    }
    Ok(())
}

fn too_long(limit: usize) -> ApiError {
    ApiError::validation(if limit == MAX_HASH {
        "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes"
    } else {
        "One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    })
    .of_whole()
}

fn empty_word(kind: Kind) -> &'static str {
    if kind == Kind::B { "binary" } else { "string" }
}

/// Bytes of a string or binary key value; numbers are never empty or too long.
fn key_length(value: ValueRef<'_>) -> Option<usize> {
    match value.view()? {
        View::S(bytes) | View::B(bytes) => Some(bytes.len()),
        _ => None,
    }
}

/// The index key attributes of a new image: where present, of the right type and not empty.
pub(super) fn check_index_keys(table: &Table, item: MapRef<'_>, is_update: bool) -> Result<(), ApiError> {
    for index in &table.indexes {
        check_one_index(index, &index.hash, MAX_HASH, item, is_update)?;
        check_one_index(index, &index.range, MAX_RANGE, item, is_update)?;
    }
    Ok(())
}

fn check_one_index(
    index: &Index,
    attributes: &[KeyAttribute],
    limit: usize,
    item: MapRef<'_>,
    is_update: bool,
) -> Result<(), ApiError> {
    for attribute in attributes {
        let Some(value) = item.get(&attribute.name) else { continue };
        let name = String::from_utf8_lossy(&attribute.name);
        let kind = value.kind().unwrap_or(Kind::Null);
        if kind != attribute.kind {
            return Err(ApiError::validation(format!(
                "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: {} Actual: {} IndexName: {}",
                attribute.kind.name(),
                kind.name(),
                index.name
            )));
        }
        match key_length(value) {
            Some(0) if is_update => {
                return Err(ApiError::validation(format!(
                    "One or more parameter values are not valid. The update expression attempted to update a \
                     secondary index key to a value that is not supported. The AttributeValue for a key attribute \
                     cannot contain an empty {} value.",
                    empty_word(kind)
                ))
                .of_whole());
            }
            Some(0) => {
                return Err(ApiError::validation(format!(
                    "One or more parameter values are not valid. A value specified for a secondary index key is \
                     not supported. The AttributeValue for a key attribute cannot contain an empty {} value. \
                     IndexName: {}, IndexKey: {name}",
                    empty_word(kind),
                    index.name
                ))
                .of_whole());
            }
            Some(length) if length > limit => return Err(too_long(limit)),
            _ => {}
        }
    }
    Ok(())
}

/// Updates do not touch the table's key attributes.
pub(super) fn check_untouched(table: &Table, update: &Update) -> Result<(), ApiError> {
    match table.key_attributes().find(|attribute| update.touches(&attribute.name)) {
        Some(attribute) => Err(ApiError::validation(format!(
            "One or more parameter values were invalid: Cannot update attribute {}. This attribute is part of the key",
            String::from_utf8_lossy(&attribute.name)
        ))),
        None => Ok(()),
    }
}

/// Expressions do not reach into keys of the table or its indexes, which are scalars.
pub(super) fn check_scalars(table: &Table, roots: &[expression::Bytes]) -> Result<(), ApiError> {
    let is_root = |attribute: &&KeyAttribute| roots.iter().any(|root| **root == *attribute.name);
    let index_keys = || table.indexes.iter().flat_map(|index| index.hash.iter().chain(&index.range));
    let found = table.key_attributes().find(is_root).map(|attribute| ("Key", attribute));
    match found.or_else(|| index_keys().find(is_root).map(|attribute| ("IndexKey", attribute))) {
        Some((what, attribute)) => Err(ApiError::validation(format!(
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: {what}: {}",
            String::from_utf8_lossy(&attribute.name)
        ))
        .of_whole()),
        None => Ok(()),
    }
}

/// Reads the newest version of an item, pending commits included. `None`: blocks are missing.
pub(super) fn read_newest(
    engine: &mut Engine,
    table: &Table,
    key: &[u8],
    missing: &mut Vec<BlockId>,
) -> Option<(SeqNo, Option<Bytes>)> {
    let newest = engine.storage.latest();
    engine.storage.get(table.tree, key, newest, missing).map(|found| (found.seq, found.value))
}

/// The partition a tree key of `table` belongs to: the hash that heads it.
pub(super) fn partition_of(table: &Table, key: &[u8]) -> Partition {
    (table.tree, key.first_chunk().copied().unwrap_or_default())
}
