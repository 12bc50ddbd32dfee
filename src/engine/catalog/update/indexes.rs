//! Carries out GlobalSecondaryIndexUpdates.

use crate::api::{ApiError, ErrorKind};

use super::super::create::{index, keys};
use super::super::read::Fields;
use super::super::schema::{BillingMode, IndexSchema, TableSchema};
use super::actions::{Action, actions};
use super::{Updated, invalid, throughput};

pub(super) fn apply(updated: &mut Updated, request: &Fields<'_>, now: u64) -> Result<(), ApiError> {
    let actions = actions(request)?;
    let structural: Vec<&Action<'_>> = actions.iter().filter(|action| action.is_structural()).collect();
    let filling = updated.schema.gsis.iter().find(|index| index.backfilled.is_some());
    let busy = filling.is_some_and(|index| {
        structural.iter().any(|action| action.is_create() || action.name() != index.name)
    });
    if structural.len() > 1 || busy {
        return Err(ApiError::new(
            ErrorKind::LimitExceeded,
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    }
    for action in actions {
        let name = action.name().to_owned();
        match action {
            Action::Create(fields) => {
                create(&mut updated.schema, &fields, request, &name)?;
                updated.created = Some(name);
            }
            Action::Update(fields) => {
                update(&mut updated.schema, &fields, &name, now)?;
                updated.updated.push(name);
            }
            Action::Delete(_) => {
                delete(&mut updated.schema, &name)?;
                updated.deleted = Some(name);
            }
        }
    }
    Ok(())
}

fn not_found(schema: &TableSchema, name: &str) -> ApiError {
    ApiError::new(
        ErrorKind::ResourceNotFound,
        format!("Requested resource not found: Index {name} for table {}", schema.name),
    )
}

fn create(
    schema: &mut TableSchema,
    fields: &Fields<'_>,
    request: &Fields<'_>,
    name: &str,
) -> Result<(), ApiError> {
    if schema.gsis.iter().chain(&schema.lsis).any(|index| index.name == name) {
        return Err(ApiError::validation("Attempting to create an index which already exists"));
    }
    if schema.gsis.len() >= index::MOST_GLOBALS {
        return Err(ApiError::new(
            ErrorKind::LimitExceeded,
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
        ));
    }
    if !request.has("AttributeDefinitions") {
        return Err(invalid(format!("AttributeDefinitions is not specified for index: {name}")));
    }
    let mut made = index::global(fields, name.to_owned(), schema.billing)?;
    let given = keys::given_definitions(request)?;
    let mut defined = schema.attributes.clone();
    for attribute in &given {
        match defined.iter().find(|other| other.name == attribute.name) {
            Some(other) if other.kind != attribute.kind => {
                return Err(invalid(format!("Conflicting attribute definition for '{}'", attribute.name)));
            }
            Some(_) => {}
            None => defined.push(attribute.clone()),
        }
    }
    keys::all_defined(made.hash.iter().chain(&made.range), &defined)?;
    made.backfilled = Some(Vec::new());
    schema.gsis.push(made);
    schema.attributes = defined;
    prune(schema);
    index::projected_in_all(&schema.lsis, &schema.gsis)
}

fn update(schema: &mut TableSchema, fields: &Fields<'_>, name: &str, now: u64) -> Result<(), ApiError> {
    let missing = not_found(schema, name);
    let billing = schema.billing;
    let index = schema.gsis.iter_mut().find(|index| index.name == name).ok_or(missing)?;
    if let Some(given) = fields.map("ProvisionedThroughput") {
        if billing == BillingMode::PayPerRequest {
            return Err(invalid(format!(
                "ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            )));
        }
        let wanted = super::super::create::capacity::throughput(&given, Some(name))?;
        if index.provisioned.read == 0 {
            // The table is being turned to provisioned capacity.
            index.provisioned = wanted;
        } else {
            let IndexSchema { provisioned, changes, warm, .. } = index;
            throughput::change(provisioned, changes, warm, wanted, Some(name), now)?;
        }
    }
    if let Some(limits) = fields.map("OnDemandThroughput") {
        throughput::on_demand(&mut index.on_demand, billing, &limits, Some(name))?;
    }
    if let Some(units) = fields.map("WarmThroughput") {
        throughput::warm(&mut index.warm, billing, index.provisioned, &units, Some(name))?;
    }
    Ok(())
}

fn delete(schema: &mut TableSchema, name: &str) -> Result<(), ApiError> {
    if schema.lsis.iter().any(|index| index.name == name) {
        return Err(ApiError::validation(format!(
            "Cannot delete an index that is not a GlobalSecondaryIndex: {name}"
        )));
    }
    if !schema.gsis.iter().any(|index| index.name == name) {
        return Err(not_found(schema, name));
    }
    schema.gsis.retain(|index| index.name != name);
    prune(schema);
    Ok(())
}

/// Forgets definitions of attributes that are no keys.
fn prune(schema: &mut TableSchema) {
    let TableSchema { attributes, hash, range, lsis, gsis, .. } = schema;
    let mut used: Vec<&String> = vec![hash];
    used.extend(range.as_ref());
    for index in lsis.iter().chain(gsis.iter()) {
        used.extend(index.hash.iter().chain(&index.range));
    }
    attributes.retain(|attribute| used.contains(&&attribute.name));
}
