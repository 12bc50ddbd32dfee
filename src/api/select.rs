//! Which attributes a Query or Scan answers with.

use super::ApiError;
use super::expressions::Wording;
use super::members::Members;
use crate::engine::table::Projected;
use crate::engine::{Index, IndexKind, Table};
use crate::expression::{Condition, Projection};

/// The shape of the answer.
pub(super) struct Selection {
    /// COUNT: no Items member.
    pub count_only: bool,
    /// The attributes asked for; all of the entry when `None`.
    pub projection: Option<Projection>,
    /// An LSI entry does not hold all that is asked for or filtered by: read the item itself too.
    pub from_table: bool,
    /// Without a projection, answer with the item and not with the entry.
    pub whole: bool,
}

/// Rules that need no table.
pub(super) fn check_members(members: &Members<'_>, wording: Wording) -> Result<(), ApiError> {
    let with_projection = members.projection.is_some() || members.attributes_to_get.is_some();
    let word = if members.projection.is_some() { "ProjectionExpression" } else { "AttributesToGet" };
    match members.select {
        Some("SPECIFIC_ATTRIBUTES") if !with_projection => Err(wording.error(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        )),
        Some(other) if with_projection && other != "SPECIFIC_ATTRIBUTES" => {
            Err(wording.error(format_args!("Cannot specify the {word} when choosing to get {other}")))
        }
        Some("ALL_PROJECTED_ATTRIBUTES") if members.index.is_none() => {
            Err(wording.error("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"))
        }
        _ => Ok(()),
    }
}

/// Settles what is answered from the table or `index`.
pub(super) fn settle(
    table: &Table,
    index: Option<&Index>,
    members: &Members<'_>,
    projection: Option<Projection>,
    filter: Option<&Condition>,
) -> Result<Selection, ApiError> {
    let count_only = members.select == Some("COUNT");
    let (mut from_table, mut whole) = (false, false);
    if let Some(index) = index {
        let partial = index.projected != Projected::All;
        let wants_all = members.select == Some("ALL_ATTRIBUTES") && partial;
        let unprojected: Vec<String> = projection
            .iter()
            .flat_map(Projection::root_names)
            .filter(|name| !index.projects(name))
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect();
        if index.kind == IndexKind::Global {
            if members.consistent {
                return Err(ApiError::validation(
                    "Consistent reads are not supported on global secondary indexes",
                ));
            }
            if wants_all {
                return Err(ApiError::validation(format!(
                    "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global secondary index {} because its projection type is not ALL",
                    index.name
                )));
            }
            if !unprojected.is_empty() {
                return Err(ApiError::validation(format!(
                    "One or more parameter values were invalid: Global secondary index {} does not project [{}]",
                    index.name,
                    unprojected.join(", ")
                )));
            }
        } else {
            let filter_needs = filter.is_some_and(|f| f.root_names().any(|name| !index.projects(name)));
            from_table = wants_all || !unprojected.is_empty() || filter_needs;
            whole = wants_all;
        }
    }
    debug_assert!(!from_table || table.has_local_indexes());
    Ok(Selection { count_only, projection, from_table, whole })
}

/// A Query filters by what its index projects, unlike a Scan.
pub(super) fn check_filter(index: &Index, filter: &Condition) -> Result<(), ApiError> {
    let mut missing: Vec<String> = Vec::new();
    for name in filter.root_names().filter(|name| !index.projects(name)) {
        let name = String::from_utf8_lossy(name).into_owned();
        if !missing.contains(&name) {
            missing.push(name);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "One or more parameter values were invalid: Secondary index {} does not project one or more filter attributes: [{}]",
        index.name,
        missing.join(", ")
    )))
}
