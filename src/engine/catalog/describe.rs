//! A schema as a TableDescription.

use crate::collections::sort_by;
use crate::item::Decimal;
use crate::wire::document::{DocWriter, MapWriter};

use super::schema::{BillingMode, Changes, IndexSchema, OnDemand, Projection, TableSchema, Throughput, Warm};

/// What becomes of a table and its indexes at the moment.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The TableStatus. Statuses other than ACTIVE and UPDATING belong to the answers of CreateTable and DeleteTable,
    /// which tell less.
    pub table: &'static str,
    /// The global index that this call creates.
    pub creating: Option<&'a str>,
    /// The global index that this call deletes.
    pub deleting: Option<&'a str>,
    /// Global indexes whose settings this call changes.
    pub updating: &'a [String],
    /// Milliseconds since 1970-01-01 UTC.
    pub now_millis: u64,
}

impl State<'_> {
    /// A table whose indexes do not change.
    pub fn of_table(table: &'static str, now_millis: u64) -> Self {
        Self { table, creating: None, deleting: None, updating: &[], now_millis }
    }

    fn of_index(&self, index: &IndexSchema) -> &'static str {
        let is = |name: Option<&str>| name == Some(index.name.as_str());
        if is(self.deleting) {
            "DELETING"
        } else if index.backfilled.is_some() || is(self.creating) {
            "CREATING"
        } else if self.updating.contains(&index.name) {
            "UPDATING"
        } else if matches!(self.table, "ACTIVE" | "UPDATING") {
            // Indexes made with the table live and die with it; an update of the table leaves them as they are.
            "ACTIVE"
        } else {
            self.table
        }
    }
}

/// Writes the TableDescription of `schema` as one map.
///
/// `counts` are items and bytes of the table, then of its local, then of its global indexes; what is absent is zero.
pub fn describe(
    writer: &mut DocWriter,
    schema: &TableSchema,
    state: State<'_>,
    counts: &[(u64, u64)],
    region: &str,
    account: &str,
) {
    let status = state.table;
    let full = matches!(status, "ACTIVE" | "UPDATING");
    let mut counts = counts.iter().copied().chain(std::iter::repeat((0, 0)));
    let mut next = || counts.next().unwrap_or_default();
    let (items, bytes) = next();
    let mut map = MapWriter::new(writer);
    let mut attributes: Vec<_> = schema.attributes.iter().collect();
    if schema.has_indexes() {
        sort_by(&mut attributes, |a, b| a.name.cmp(&b.name));
    }
    map.list("AttributeDefinitions", attributes.into_iter(), |w, attribute| {
        let mut map = MapWriter::new(w);
        map.text("AttributeName", &attribute.name);
        map.text("AttributeType", attribute.kind.name());
        map.end();
    });
    map.text("TableName", &schema.name);
    key_schema(&mut map, std::slice::from_ref(&schema.hash), schema.range.as_slice());
    map.text("TableStatus", status);
    date(&mut map, "CreationDateTime", schema.created_millis);
    provisioned(&mut map, schema.provisioned, schema.changes, state.now_millis);
    map.integer("TableSizeBytes", bytes);
    map.integer("ItemCount", items);
    let arn = schema.arn(region, account);
    map.text("TableArn", &arn);
    map.text("TableId", &schema.id);
    if schema.billing == BillingMode::PayPerRequest || schema.per_request_millis.is_some() {
        map.map("BillingModeSummary", |map| {
            map.text("BillingMode", schema.billing.name());
            if full {
                let since = schema.per_request_millis.unwrap_or(schema.created_millis);
                date(map, "LastUpdateToPayPerRequestDateTime", since);
            }
        });
    }
    if !schema.lsis.is_empty() {
        map.list("LocalSecondaryIndexes", schema.lsis.iter(), |w, index| local(index, next(), &arn, w));
    }
    if !schema.gsis.is_empty() {
        map.list("GlobalSecondaryIndexes", schema.gsis.iter(), |w, index| {
            let mut map = MapWriter::new(w);
            keys_and_contents(&mut map, index, next(), &arn);
            map.text("IndexStatus", state.of_index(index));
            if index.backfilled.is_some() {
                map.member("Backfilling").boolean(state.creating != Some(index.name.as_str()));
            }
            provisioned(&mut map, index.provisioned, index.changes, state.now_millis);
            on_demand(&mut map, index.on_demand);
            if full || index.warm.is_some() {
                warm(&mut map, index.warm, schema, index.provisioned);
            }
            map.end();
        });
    }
    if let Some(view) = schema.stream {
        map.map("StreamSpecification", |map| {
            map.member("StreamEnabled").boolean(true);
            map.text("StreamViewType", view.name());
        });
    }
    if schema.stream.is_some() || schema.stream_millis.is_some() {
        let label = timestamp(schema.stream_millis.unwrap_or(schema.created_millis));
        map.text("LatestStreamLabel", &label);
        map.text("LatestStreamArn", &format!("{arn}/stream/{label}"));
    }
    if let Some(sse) = &schema.sse {
        map.map("SSEDescription", |map| {
            map.text("Status", "ENABLED");
            map.text("SSEType", "KMS");
            let key = match &sse.key {
                Some(key) if key.starts_with("arn:") => key.clone(),
                Some(key) if key.starts_with("alias/") => format!("arn:aws:kms:{region}:{account}:{key}"),
                Some(key) => format!("arn:aws:kms:{region}:{account}:key/{key}"),
                None => format!("arn:aws:kms:{region}:{account}:alias/aws/dynamodb"),
            };
            map.text("KMSMasterKeyArn", &key);
        });
    }
    if let Some(class) = schema.class {
        map.map("TableClassSummary", |map| map.text("TableClass", class.name()));
    }
    map.member("DeletionProtectionEnabled").boolean(schema.deletion_protection);
    on_demand(&mut map, schema.on_demand);
    if full || schema.warm.is_some() {
        warm(&mut map, schema.warm, schema, schema.provisioned);
    }
    map.end();
}

fn local(index: &IndexSchema, counts: (u64, u64), arn: &str, writer: &mut DocWriter) {
    let mut map = MapWriter::new(writer);
    keys_and_contents(&mut map, index, counts, arn);
    map.end();
}

fn keys_and_contents(map: &mut MapWriter<'_>, index: &IndexSchema, (items, bytes): (u64, u64), arn: &str) {
    map.text("IndexName", &index.name);
    key_schema(map, &index.hash, &index.range);
    projection(map, &index.projection);
    map.integer("IndexSizeBytes", bytes);
    map.integer("ItemCount", items);
    map.text("IndexArn", &format!("{arn}/index/{}", index.name));
}

fn key_schema(map: &mut MapWriter<'_>, hash: &[String], range: &[String]) {
    let elements: Vec<_> =
        hash.iter().map(|name| (name, "HASH")).chain(range.iter().map(|name| (name, "RANGE"))).collect();
    map.list("KeySchema", elements.into_iter(), |w, (name, kind)| {
        let mut map = MapWriter::new(w);
        map.text("AttributeName", name);
        map.text("KeyType", kind);
        map.end();
    });
}

fn projection(map: &mut MapWriter<'_>, projection: &Projection) {
    map.map("Projection", |map| {
        map.text("ProjectionType", projection.name());
        if let Projection::Include(names) = projection {
            map.list("NonKeyAttributes", names.iter(), |w, name| w.string(name.as_bytes()));
        }
    });
}

fn provisioned(map: &mut MapWriter<'_>, units: Throughput, changes: Changes, now_millis: u64) {
    map.map("ProvisionedThroughput", |map| {
        if let Some(millis) = changes.increased {
            date(map, "LastIncreaseDateTime", millis);
        }
        if let Some(millis) = changes.decreased {
            date(map, "LastDecreaseDateTime", millis);
        }
        map.integer("NumberOfDecreasesToday", changes.decreases_today(now_millis));
        map.integer("ReadCapacityUnits", units.read);
        map.integer("WriteCapacityUnits", units.write);
    });
}

fn on_demand(map: &mut MapWriter<'_>, limits: Option<OnDemand>) {
    let Some(limits) = limits else { return };
    map.map("OnDemandThroughput", |map| {
        if let Some(n) = limits.max_read {
            map.integer("MaxReadRequestUnits", n);
        }
        if let Some(n) = limits.max_write {
            map.integer("MaxWriteRequestUnits", n);
        }
    });
}

fn warm(map: &mut MapWriter<'_>, asked: Option<Warm>, schema: &TableSchema, provisioned: Throughput) {
    let warm = asked.unwrap_or(match schema.billing {
        BillingMode::PayPerRequest => Warm::ON_DEMAND,
        BillingMode::Provisioned => Warm { read: provisioned.read, write: provisioned.write },
    });
    map.map("WarmThroughput", |map| {
        map.integer("ReadUnitsPerSecond", warm.read);
        map.integer("WriteUnitsPerSecond", warm.write);
        map.text("Status", "ACTIVE");
    });
}

/// Epoch seconds with milliseconds.
pub fn date(map: &mut MapWriter<'_>, name: &str, millis: u64) {
    let writer = map.member(name);
    let (mut mantissa, mut exponent) = (i128::from(millis), -3);
    while exponent < 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        exponent += 1;
    }
    match i64::try_from(mantissa) {
        Ok(seconds) if exponent == 0 => writer.integer(seconds),
        _ => writer.decimal(Decimal { mantissa, exponent }),
    }
}

/// A time in UTC, as a stream's label has it: `2026-01-31T12:00:00.123`.
pub(in crate::engine) fn timestamp(millis: u64) -> String {
    let (days, rest) = (millis / 86_400_000, millis % 86_400_000);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    // Days since 0000-03-01, so that leap days come last in a year; 400 years have 146,097 days.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}")
}

#[cfg(test)]
mod tests;
