//! Secondary indexes.

use crate::api::ApiError;

use super::super::read::Fields;
use super::super::schema::{BillingMode, Changes, IndexSchema, Projection, Throughput};
use super::{capacity, invalid, keys, malformed};

/// Local indexes of a table.
pub(in crate::engine::catalog) const MOST_LOCALS: usize = 5;
/// Global indexes of a table: the service's quota as accounts start with it.
pub(in crate::engine::catalog) const MOST_GLOBALS: usize = 20;
/// Attributes named by the projections of all indexes of a table.
const MOST_PROJECTED: usize = 100;

pub(super) fn locals(
    request: &Fields<'_>,
    table_hash: &str,
    table_has_range: bool,
) -> Result<Vec<IndexSchema>, ApiError> {
    let Some(list) = request.maps("LocalSecondaryIndexes") else { return Ok(Vec::new()) };
    if list.is_empty() {
        return Err(invalid("List of LocalSecondaryIndexes is empty"));
    }
    if list.len() > MOST_LOCALS {
        return Err(invalid("Number of LocalSecondaryIndexes exceeds per-table limit of 5"));
    }
    if !table_has_range {
        return Err(invalid(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    let mut indexes: Vec<IndexSchema> = Vec::new();
    for index in list {
        let name = index.owned("IndexName").ok_or_else(malformed)?;
        let (hash, range) = keys::simple(&index)?;
        let Some(range) = range else {
            return Err(invalid(format!("Index KeySchema does not have a range key for index: {name}")));
        };
        if hash != table_hash {
            return Err(invalid(format!(
                "Index KeySchema does not have the same leading hash key as table KeySchema for index: {name}. \
                 index hash key: {hash}, table hash key: {table_hash}"
            )));
        }
        let projection = projection(&index)?;
        if indexes.iter().any(|i| i.name == name) {
            return Err(duplicate(&name));
        }
        indexes.push(IndexSchema {
            name,
            hash: vec![hash],
            range: vec![range],
            projection,
            provisioned: Throughput::default(),
            on_demand: None,
            warm: None,
            changes: Changes::default(),
            tree: None,
            backfilled: None,
        });
    }
    Ok(indexes)
}

pub(super) fn globals(
    request: &Fields<'_>,
    billing: BillingMode,
    locals: &[IndexSchema],
) -> Result<Vec<IndexSchema>, ApiError> {
    let Some(list) = request.maps("GlobalSecondaryIndexes") else { return Ok(Vec::new()) };
    if list.is_empty() {
        return Err(invalid("List of GlobalSecondaryIndexes is empty"));
    }
    if list.len() > MOST_GLOBALS {
        return Err(invalid("GlobalSecondaryIndex count exceeds the per-table limit of 20"));
    }
    let mut indexes: Vec<IndexSchema> = Vec::new();
    for index in list {
        let name = index.owned("IndexName").ok_or_else(malformed)?;
        let made = global(&index, name, billing)?;
        if indexes.iter().chain(locals).any(|other| other.name == made.name) {
            return Err(duplicate(&made.name));
        }
        indexes.push(made);
    }
    Ok(indexes)
}

/// One global index.
pub(in crate::engine::catalog) fn global(
    index: &Fields<'_>,
    name: String,
    billing: BillingMode,
) -> Result<IndexSchema, ApiError> {
    let (hash, range) = keys::composite(index)?;
    let projection = projection(index)?;
    let capacity = capacity::of_index(index, &name, billing)?;
    Ok(IndexSchema {
        name,
        hash,
        range,
        projection,
        provisioned: capacity.provisioned,
        on_demand: capacity.on_demand,
        warm: capacity.warm,
        changes: Changes::default(),
        tree: None,
        backfilled: None,
    })
}

fn duplicate(name: &str) -> ApiError {
    invalid(format!("Duplicate index name: {name}"))
}

fn projection(index: &Fields<'_>) -> Result<Projection, ApiError> {
    let projection = index.map("Projection").ok_or_else(malformed)?;
    let names = projection.texts("NonKeyAttributes");
    let kind = projection.text("ProjectionType");
    match (kind, names) {
        (Some("ALL"), None) => Ok(Projection::All),
        (Some("KEYS_ONLY"), None) => Ok(Projection::KeysOnly),
        (Some("INCLUDE"), None) => {
            Err(invalid("ProjectionType is INCLUDE, but NonKeyAttributes is not specified"))
        }
        (Some(kind @ ("ALL" | "KEYS_ONLY")), Some(_)) => {
            Err(invalid(format!("ProjectionType is {kind}, but NonKeyAttributes is specified")))
        }
        (Some("INCLUDE"), Some(names)) => {
            if names.is_empty() {
                return Err(invalid("NonKeyAttributes must not be empty"));
            }
            let mut seen: Vec<&String> = Vec::new();
            for name in &names {
                if seen.contains(&name) {
                    return Err(invalid(format!("Duplicate element in NonKeyAttributes: {name}")));
                }
                seen.push(name);
            }
            Ok(Projection::Include(names))
        }
        (kind, _) => Err(invalid(format!("Unknown ProjectionType: {}", kind.unwrap_or("null")))),
    }
}

/// The quota over all indexes. The sentence is ours; the service's is not known.
pub(in crate::engine::catalog) fn projected_in_all(
    locals: &[IndexSchema],
    globals: &[IndexSchema],
) -> Result<(), ApiError> {
    let projections = locals.iter().map(|i| &i.projection).chain(globals.iter().map(|i| &i.projection));
    let named: usize =
        projections.map(|p| if let Projection::Include(names) = p { names.len() } else { 0 }).sum();
    if named > MOST_PROJECTED {
        return Err(invalid(format!(
            "Number of NonKeyAttributes of all indexes exceeds the per-table limit of {MOST_PROJECTED}"
        )));
    }
    Ok(())
}
