//! Which members of an UpdateTable request may stand together.

use crate::api::ApiError;

use super::super::read::Fields;
use super::{actions, invalid};

/// Members that change something, as the error names those that are missing.
const EFFECTIVE: [(&str, &str); 13] = [
    ("ProvisionedThroughput", "ProvisionedThroughput"),
    ("BillingMode", "BillingMode"),
    ("StreamSpecification", "UpdateStreamEnabled"),
    ("GlobalSecondaryIndexUpdates", "GlobalSecondaryIndexUpdates"),
    ("SSESpecification", "SSESpecification"),
    ("ReplicaUpdates", "ReplicaUpdates"),
    ("", "MultiAccountReplicaReady"),
    ("", "ReplicaTransitRoleArn"),
    ("MultiRegionConsistency", "MultiRegionConsistency"),
    ("DeletionProtectionEnabled", "DeletionProtectionEnabled"),
    ("OnDemandThroughput", "OnDemandThroughput"),
    ("WarmThroughput", "WarmThroughput"),
    ("TableClass", "TableClass"),
];

/// Members that must be the only ones, the one that is complained of first first.
const ALONE: [(&str, &str); 4] = [
    ("SSESpecification", "Server-Side Encryption modification must be the only operation in the request"),
    ("TableClass", "TableClass modification must be the only operation in the request"),
    (
        "DeletionProtectionEnabled",
        "DeletionProtection modification must be the only operation in the request",
    ),
    ("WarmThroughput", "WarmThroughput must be the only operation in the request"),
];

pub(super) fn check(request: &Fields<'_>) -> Result<(), ApiError> {
    unsupported(request)?;
    let there = |name: &str| match name {
        "GlobalSecondaryIndexUpdates" => request.maps(name).is_some_and(|list| !list.is_empty()),
        name => !name.is_empty() && request.has(name),
    };
    let effective = EFFECTIVE.iter().filter(|(name, _)| there(name)).count();
    if effective == 0 {
        return Err(nothing(request));
    }
    if let Some((_, message)) = ALONE.iter().find(|(name, _)| there(name) && effective > 1) {
        let creates = actions::actions(request)?.iter().any(actions::Action::is_create);
        return Err(invalid(if creates && there("WarmThroughput") {
            "Create global secondary index cannot be specified when updating WarmThroughput"
        } else {
            message
        }));
    }
    if there("OnDemandThroughput") && effective > 1 + usize::from(there("BillingMode")) {
        return Err(invalid(
            "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
        ));
    }
    let capacity = there("ProvisionedThroughput");
    let provisioned = request.text("BillingMode") == Some("PROVISIONED");
    if there("StreamSpecification") && (capacity || provisioned) {
        return Err(invalid("You cannot modify stream status while updating table IOPS"));
    }
    let structural = actions::actions(request)?.iter().any(actions::Action::is_structural);
    if structural && capacity {
        return Err(invalid("You cannot create or delete index while updating table IOPS"));
    }
    if structural && there("StreamSpecification") {
        return Err(invalid("You cannot create or delete index while changing stream status"));
    }
    match (request.text("BillingMode"), capacity) {
        (Some("PROVISIONED"), false) => {
            Err(invalid("ProvisionedThroughput must be specified when BillingMode is PROVISIONED"))
        }
        (Some("PAY_PER_REQUEST"), true) => {
            Err(invalid("ProvisionedThroughput cannot be specified when BillingMode is PAY_PER_REQUEST"))
        }
        _ => Ok(()),
    }
}

fn nothing(request: &Fields<'_>) -> ApiError {
    let missing: Vec<&str> = EFFECTIVE
        .iter()
        .filter(|(name, _)| name.is_empty() || !request.has(name))
        .map(|(_, word)| *word)
        .collect();
    let list = match missing.as_slice() {
        [all @ .., last] => format!("{} or {last}", all.join(", ")),
        [] => String::new(),
    };
    ApiError::validation(format!("At least one of {list} is required"))
}

/// What would be a lie to accept.
fn unsupported(request: &Fields<'_>) -> Result<(), ApiError> {
    const GLOBAL_TABLES: [&str; 5] = [
        "ReplicaUpdates",
        "MultiRegionConsistency",
        "GlobalTableWitnessUpdates",
        "GlobalTableSettingsReplicationMode",
        "DisassociationProtectionEnabled",
    ];
    if GLOBAL_TABLES.iter().any(|name| request.has(name)) {
        return Err(invalid("Global tables are not supported yet"));
    }
    if request.has("VectorIndexUpdates") {
        return Err(invalid("Vector indexes are not supported yet"));
    }
    Ok(())
}
