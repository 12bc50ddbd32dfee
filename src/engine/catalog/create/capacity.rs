//! Billing mode and the three kinds of throughput, of tables and of global indexes.

use crate::api::ApiError;

use super::super::read::Fields;
use super::super::schema::{BillingMode, OnDemand, Throughput, Warm};
use super::{invalid, malformed};

/// Units beyond which the service calls a value out of bounds.
pub(in crate::engine::catalog) const BOUND: i64 = 1_000_000_000_000;

pub(super) struct Capacity {
    pub provisioned: Throughput,
    pub on_demand: Option<OnDemand>,
    pub warm: Option<Warm>,
}

pub(super) fn of_table(request: &Fields<'_>, billing: BillingMode) -> Result<Capacity, ApiError> {
    let provisioned = request.map("ProvisionedThroughput");
    let provisioned = match (billing, provisioned) {
        (BillingMode::PayPerRequest, Some(_)) => {
            return Err(invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is \
                 PAY_PER_REQUEST",
            ));
        }
        (BillingMode::PayPerRequest, None) => Throughput::default(),
        (BillingMode::Provisioned, None) => {
            return Err(invalid(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
            ));
        }
        (BillingMode::Provisioned, Some(given)) => throughput(&given, None)?,
    };
    rest(request, billing, provisioned, None)
}

pub(super) fn of_index(index: &Fields<'_>, name: &str, billing: BillingMode) -> Result<Capacity, ApiError> {
    let provisioned = match (billing, index.map("ProvisionedThroughput")) {
        (BillingMode::PayPerRequest, Some(_)) => {
            return Err(invalid(format!(
                "ProvisionedThroughput should not be specified for index: {name} when BillingMode is PAY_PER_REQUEST"
            )));
        }
        (BillingMode::PayPerRequest, None) => Throughput::default(),
        (BillingMode::Provisioned, None) => {
            return Err(invalid(format!("ProvisionedThroughput is not specified for index: {name}")));
        }
        (BillingMode::Provisioned, Some(given)) => throughput(&given, Some(name))?,
    };
    rest(index, billing, provisioned, Some(name))
}

pub(in crate::engine::catalog) fn throughput(
    given: &Fields<'_>,
    index: Option<&str>,
) -> Result<Throughput, ApiError> {
    let unit = |member: &str| {
        let n = given.integer(member).ok_or_else(malformed)?;
        if n > BOUND {
            let of = index.map(|name| format!(" for index {name}")).unwrap_or_default();
            return Err(ApiError::validation(format!("Given value {n} for {member} is out of bounds{of}")));
        }
        u64::try_from(n).map_err(|_| malformed())
    };
    Ok(Throughput { read: unit("ReadCapacityUnits")?, write: unit("WriteCapacityUnits")? })
}

/// "table" or "index x", as the sentences have it.
fn owner(index: Option<&str>) -> String {
    index.map_or_else(|| "table".to_owned(), |name| format!("index {name}"))
}

fn rest(
    given: &Fields<'_>,
    billing: BillingMode,
    provisioned: Throughput,
    index: Option<&str>,
) -> Result<Capacity, ApiError> {
    let on_demand =
        given.map("OnDemandThroughput").map(|limits| on_demand(&limits, billing, index)).transpose()?;
    let warm =
        given.map("WarmThroughput").map(|units| warm(&units, billing, provisioned, index)).transpose()?;
    Ok(Capacity { provisioned, on_demand: on_demand.flatten(), warm: warm.flatten() })
}

fn on_demand(
    limits: &Fields<'_>,
    billing: BillingMode,
    index: Option<&str>,
) -> Result<Option<OnDemand>, ApiError> {
    let limit = |member: &str| {
        let Some(n) = limits.integer(member) else { return Ok(None) };
        if billing == BillingMode::Provisioned {
            let of = index.map(|name| format!(" for index {name}")).unwrap_or_default();
            return Err(invalid(format!(
                "{member} for OnDemandThroughput{of} cannot be specified when table BillingMode is PROVISIONED"
            )));
        }
        if !(1..=BOUND).contains(&n) {
            let owner = owner(index);
            return Err(invalid(format!(
                "Requested {member} for OnDemandThroughput for {owner} is outside of valid range"
            )));
        }
        Ok(u64::try_from(n).ok())
    };
    let limits =
        OnDemand { max_read: limit("MaxReadRequestUnits")?, max_write: limit("MaxWriteRequestUnits")? };
    Ok((limits != OnDemand::default()).then_some(limits))
}

fn warm(
    units: &Fields<'_>,
    billing: BillingMode,
    provisioned: Throughput,
    index: Option<&str>,
) -> Result<Option<Warm>, ApiError> {
    let least = match billing {
        BillingMode::PayPerRequest => Warm::ON_DEMAND,
        BillingMode::Provisioned => Warm { read: provisioned.read, write: provisioned.write },
    };
    let unit = |member: &str, of_provisioned: &str, least: u64| {
        let Some(n) = units.integer(member) else { return Ok(None) };
        match u64::try_from(n) {
            Ok(n) if n >= least => Ok(Some(n)),
            _ => Err(invalid(format!(
                "Requested {member} for WarmThroughput for {} is lower than {}",
                owner(index),
                if billing == BillingMode::PayPerRequest {
                    "initial throughput for OnDemand. See: \
                     https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html"
                        .to_owned()
                } else {
                    format!("{of_provisioned} of ProvisionedThroughput")
                }
            ))),
        }
    };
    let read = unit("ReadUnitsPerSecond", "ReadCapacityUnits", least.read)?;
    let write = unit("WriteUnitsPerSecond", "WriteCapacityUnits", least.write)?;
    Ok((read.is_some() || write.is_some())
        .then(|| Warm { read: read.unwrap_or(least.read), write: write.unwrap_or(least.write) }))
}
