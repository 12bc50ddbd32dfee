//! From a CreateTable request to a schema, with every rule in the service's order and words.
//!
//! The caller has checked the constraints of the model (`api::validate::envelope`) before, and looks afterwards whether the
//! table exists. What this version cannot honour is refused, not dropped.

pub(super) mod capacity;
pub(super) mod index;
pub(super) mod keys;
pub(super) mod settings;
#[cfg(test)]
mod tests;

use crate::api::validate::arn;
use crate::api::{ApiError, ErrorKind};
use crate::item::MapRef;

use super::read::Fields;
use super::schema::{BillingMode, Changes, TableSchema, Tag};

/// The schema that a CreateTable request asks for. Id and creation time are the caller's to set,
/// as is the check that an ARN given as name belongs here.
pub fn parse(doc: MapRef<'_>) -> Result<TableSchema, ApiError> {
    let request = Fields(doc);
    let name = request.text("TableName").ok_or_else(malformed)?;
    let name = arn::parse(name.as_bytes()).map_or(name, |arn| arn.name).to_owned();
    unsupported(&request)?;
    let (hash, range) = keys::of_table(&request)?;
    let attributes = keys::definitions(&request, &hash, range.as_deref())?;
    let billing = match request.text("BillingMode") {
        Some("PAY_PER_REQUEST") => BillingMode::PayPerRequest,
        _ => BillingMode::Provisioned,
    };
    let capacity = capacity::of_table(&request, billing)?;
    let lsis = index::locals(&request, &hash, range.is_some())?;
    let gsis = index::globals(&request, billing, &lsis)?;
    index::projected_in_all(&lsis, &gsis)?;
    if request.has("VectorIndexes") {
        return Err(invalid("List of VectorIndexes is empty"));
    }
    let stream = settings::stream(&request)?;
    let sse = settings::sse(&request)?;
    let class = settings::class(&request)?;
    let tags = settings::tags(&request)?;
    Ok(TableSchema {
        name,
        attributes,
        hash,
        range,
        lsis,
        gsis,
        billing,
        provisioned: capacity.provisioned,
        on_demand: capacity.on_demand,
        warm: capacity.warm,
        changes: Changes::default(),
        per_request_millis: None,
        stream,
        stream_millis: None,
        ttl: None,
        ttl_millis: None,
        ttl_seq: None,
        sse,
        class,
        tags,
        deletion_protection: request.boolean("DeletionProtectionEnabled").unwrap_or(false),
        created_millis: 0,
        id: String::new(),
        busy: None,
    })
}

/// The tags of a TagResource request.
pub fn tags(doc: MapRef<'_>) -> Result<Vec<Tag>, ApiError> {
    settings::tags(&Fields(doc))
}

/// What would be a lie to accept.
fn unsupported(request: &Fields<'_>) -> Result<(), ApiError> {
    if request.maps("VectorIndexes").is_some_and(|list| !list.is_empty()) {
        return Err(invalid("Vector indexes are not supported yet"));
    }
    if request.has("GlobalTableSourceArn") || request.has("GlobalTableSettingsReplicationMode") {
        return Err(invalid("Global tables are not supported yet"));
    }
    if request.has("ResourcePolicy") {
        return Err(invalid("Resource policies are not supported yet"));
    }
    Ok(())
}

pub(super) fn invalid(what: impl std::fmt::Display) -> ApiError {
    ApiError::validation(format!("One or more parameter values were invalid: {what}"))
}

/// The document did not pass the envelope.
fn malformed() -> ApiError {
    ApiError::new(ErrorKind::Serialization, "")
}
