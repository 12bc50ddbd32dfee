//! From an UpdateTable request and a schema to the schema that follows, with every rule in the service's order and words.

mod actions;
mod indexes;
mod rules;
mod settings;
mod throughput;

use crate::api::ApiError;
use crate::item::MapRef;

use super::create::invalid;
use super::read::Fields;
use super::schema::TableSchema;

/// What an UpdateTable request makes of a table.
#[derive(Debug)]
pub struct Updated {
    /// The schema that follows.
    pub schema: TableSchema,
    /// A global index is added.
    pub created: Option<String>,
    /// A global index is deleted.
    pub deleted: Option<String>,
    /// Global indexes whose settings change.
    pub updated: Vec<String>,
    /// The table stays ACTIVE while it changes.
    pub at_once: bool,
}

/// The rules that need no table.
#[inline(never)]
pub fn check(doc: MapRef<'_>) -> Result<(), ApiError> {
    rules::check(&Fields(doc))
}

/// Applies a request that passed [`check`]. `region` and `account` are not needed: what is stored are the names given.
#[inline(never)]
pub fn apply(schema: &TableSchema, doc: MapRef<'_>, now_millis: u64) -> Result<Updated, ApiError> {
    let request = Fields(doc);
    let mut updated = Updated {
        schema: schema.clone(),
        created: None,
        deleted: None,
        updated: Vec::new(),
        at_once: request.has("DeletionProtectionEnabled") || request.has("WarmThroughput"),
    };
    throughput::of_table(&mut updated.schema, &request, now_millis)?;
    indexes::apply(&mut updated, &request, now_millis)?;
    settings::apply(&mut updated.schema, &request, now_millis)?;
    Ok(updated)
}
