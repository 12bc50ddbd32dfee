//! Billing mode and throughput of a table and its indexes.

use crate::api::{ApiError, ErrorKind};

use super::super::create::capacity::{BOUND, throughput};
use super::super::describe::timestamp;
use super::super::read::Fields;
use super::super::schema::{BillingMode, Changes, OnDemand, TableSchema, Throughput, Warm};
use super::actions::actions;
use super::invalid;

/// Decreases that a UTC day allows; one more in each hour after the last.
const FREE_DECREASES: u64 = 4;
const HOUR: u64 = 3_600_000;

pub(super) fn of_table(schema: &mut TableSchema, request: &Fields<'_>, now: u64) -> Result<(), ApiError> {
    let before = schema.billing;
    match request.text("BillingMode") {
        Some("PAY_PER_REQUEST") if before == BillingMode::Provisioned => to_per_request(schema, now),
        Some("PROVISIONED") if before == BillingMode::PayPerRequest => to_provisioned(schema, request)?,
        _ => {}
    }
    if let Some(given) = request.map("ProvisionedThroughput") {
        if schema.billing == BillingMode::PayPerRequest {
            return Err(invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is \
                 PAY_PER_REQUEST",
            ));
        }
        let wanted = throughput(&given, None)?;
        if before == BillingMode::Provisioned {
            change(&mut schema.provisioned, &mut schema.changes, &mut schema.warm, wanted, None, now)?;
        } else {
            schema.provisioned = wanted;
        }
    }
    if let Some(limits) = request.map("OnDemandThroughput") {
        on_demand(&mut schema.on_demand, schema.billing, &limits, None)?;
    }
    if let Some(units) = request.map("WarmThroughput") {
        warm(&mut schema.warm, schema.billing, schema.provisioned, &units, None)?;
    }
    Ok(())
}

fn to_per_request(schema: &mut TableSchema, now: u64) {
    schema.billing = BillingMode::PayPerRequest;
    schema.per_request_millis = Some(now);
    schema.provisioned = Throughput::default();
    for index in &mut schema.gsis {
        index.provisioned = Throughput::default();
    }
}

fn to_provisioned(schema: &mut TableSchema, request: &Fields<'_>) -> Result<(), ApiError> {
    let actions = actions(request)?;
    for index in &mut schema.gsis {
        if !actions.iter().any(|action| action.sets_throughput_of(&index.name)) {
            return Err(invalid(format!(
                "ProvisionedThroughput must be specified for index: {}",
                index.name
            )));
        }
        index.on_demand = None;
    }
    schema.billing = BillingMode::Provisioned;
    schema.per_request_millis = schema.per_request_millis.or(Some(schema.created_millis));
    schema.on_demand = None;
    Ok(())
}

/// Sets provisioned capacity that differs from what there is; decreases are counted.
pub(super) fn change(
    units: &mut Throughput,
    changes: &mut Changes,
    warm: &mut Option<Warm>,
    wanted: Throughput,
    index: Option<&str>,
    now: u64,
) -> Result<(), ApiError> {
    if *units == wanted {
        let (whose, of) = match index {
            Some(name) => (format!("the index {name}"), "the index"),
            None => ("the table".to_owned(), "the table"),
        };
        return Err(ApiError::validation(format!(
            "The provisioned throughput for {whose} will not change. The requested value equals the current value. \
             Current ReadCapacityUnits provisioned for {of}: {}. Requested ReadCapacityUnits: {}. \
             Current WriteCapacityUnits provisioned for {of}: {}. Requested WriteCapacityUnits: {}. \
             Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
            units.read, wanted.read, units.write, wanted.write
        )));
    }
    if wanted.read < units.read || wanted.write < units.write {
        let today = changes.decreases_today(now);
        let next = changes.decreased.unwrap_or(0) + HOUR;
        if today >= FREE_DECREASES && now < next {
            return Err(too_many_decreases(today, changes.decreased.unwrap_or(0), next));
        }
        *changes = Changes { decreased: Some(now), decreases: today + 1, ..*changes };
    }
    if wanted.read > units.read || wanted.write > units.write {
        changes.increased = Some(now);
    }
    // A table stays as warm as the most it ever had.
    let most = warm.unwrap_or(Warm { read: units.read, write: units.write });
    let most = Warm { read: most.read.max(wanted.read), write: most.write.max(wanted.write) };
    *warm = (most != Warm { read: wanted.read, write: wanted.write }).then_some(most);
    *units = wanted;
    Ok(())
}

fn too_many_decreases(today: u64, last: u64, next: u64) -> ApiError {
    ApiError::new(
        ErrorKind::LimitExceeded,
        format!(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. \
             After the first {FREE_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at \
             most once every 3600 seconds. Number of decreases today: {today}. Last decrease at {}. \
             Next decrease can be made at {}",
            timestamp(last),
            timestamp(next)
        ),
    )
}

/// Sets the limits that are given; -1 takes one away.
pub(super) fn on_demand(
    limits: &mut Option<OnDemand>,
    billing: BillingMode,
    given: &Fields<'_>,
    index: Option<&str>,
) -> Result<(), ApiError> {
    let mut merged = limits.unwrap_or_default();
    for (member, place) in
        [("MaxReadRequestUnits", &mut merged.max_read), ("MaxWriteRequestUnits", &mut merged.max_write)]
    {
        let Some(n) = given.integer(member) else { continue };
        if billing == BillingMode::Provisioned {
            let of = index.map(|name| format!(" for index {name}")).unwrap_or_default();
            return Err(invalid(format!(
                "{member} for OnDemandThroughput{of} cannot be specified when the table BillingMode is PROVISIONED"
            )));
        }
        *place = match n {
            -1 => None,
            1..=BOUND => u64::try_from(n).ok(),
            _ => {
                let owner = index.map_or_else(|| "table".to_owned(), |name| format!("index {name}"));
                return Err(invalid(format!(
                    "Requested {member} for OnDemandThroughput for {owner} is outside of valid range"
                )));
            }
        };
    }
    *limits = (merged != OnDemand::default()).then_some(merged);
    Ok(())
}

/// Makes it warmer; never less warm.
pub(super) fn warm(
    units: &mut Option<Warm>,
    billing: BillingMode,
    provisioned: Throughput,
    given: &Fields<'_>,
    index: Option<&str>,
) -> Result<(), ApiError> {
    let mut wanted = units.unwrap_or(match billing {
        BillingMode::PayPerRequest => Warm::ON_DEMAND,
        BillingMode::Provisioned => Warm { read: provisioned.read, write: provisioned.write },
    });
    for (member, place) in
        [("ReadUnitsPerSecond", &mut wanted.read), ("WriteUnitsPerSecond", &mut wanted.write)]
    {
        let Some(n) = given.integer(member) else { continue };
        match u64::try_from(n) {
            Ok(n) if n >= *place => *place = n,
            _ => {
                let owner = index.map_or_else(|| "table".to_owned(), |name| format!("index {name}"));
                return Err(invalid(format!(
                    "Requested {member} for WarmThroughput for {owner} is lower than current WarmThroughput, decreasing \
                     WarmThroughput is not supported"
                )));
            }
        }
    }
    *units = Some(wanted);
    Ok(())
}
