//! A schema as a TableDescription.

use crate::item::Decimal;
use crate::wire::document::{DocWriter, MapWriter};

use super::schema::{
    BillingMode, GlobalIndex, LocalIndex, OnDemand, Projection, TableSchema, TableStatus, Throughput, Warm,
};

/// What an index or table holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items.
    pub items: u64,
    /// Their bytes, as DynamoDB counts them.
    pub bytes: u64,
}

/// What the schema does not know.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// Of the table.
    pub table: Counts,
    /// Of the local indexes, in the schema's order.
    pub locals: &'a [Counts],
    /// Of the global indexes, in the schema's order.
    pub globals: &'a [Counts],
    /// For ARNs.
    pub region: &'a str,
    /// For ARNs.
    pub account: &'a str,
}

/// Whose answer the description is; they differ in members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Of an operation that changes the table: warm throughput only when it was asked for.
    Changed,
    /// Of DescribeTable: everything.
    Described,
}

/// Writes the TableDescription of `schema` as one map.
pub fn describe(schema: &TableSchema, facts: &Facts<'_>, answer: Answer, writer: &mut DocWriter) {
    let mut map = MapWriter::new(writer);
    let mut attributes: Vec<_> = schema.attributes.iter().collect();
    if schema.has_indexes() {
        attributes.sort_by(|a, b| a.name.cmp(&b.name));
    }
    map.list("AttributeDefinitions", attributes.into_iter(), |w, attribute| {
        let mut map = MapWriter::new(w);
        map.text("AttributeName", &attribute.name);
        map.text("AttributeType", attribute.kind.name());
        map.end();
    });
    map.text("TableName", &schema.name);
    key_schema(&mut map, std::slice::from_ref(&schema.hash), schema.range.as_slice());
    map.text("TableStatus", schema.status.name());
    date(&mut map, "CreationDateTime", schema.created_millis);
    provisioned(&mut map, schema.provisioned);
    map.integer("TableSizeBytes", facts.table.bytes);
    map.integer("ItemCount", facts.table.items);
    let arn = schema.arn(facts.region, facts.account);
    map.text("TableArn", &arn);
    map.text("TableId", &schema.id);
    if schema.billing == BillingMode::PayPerRequest {
        map.map("BillingModeSummary", |map| {
            map.text("BillingMode", schema.billing.name());
            if answer == Answer::Described {
                date(map, "LastUpdateToPayPerRequestDateTime", schema.created_millis);
            }
        });
    }
    if !schema.locals.is_empty() {
        map.list("LocalSecondaryIndexes", schema.locals.iter().enumerate(), |w, (i, index)| {
            local(schema, index, facts.locals.get(i).copied().unwrap_or_default(), &arn, w);
        });
    }
    if !schema.globals.is_empty() {
        map.list("GlobalSecondaryIndexes", schema.globals.iter().enumerate(), |w, (i, index)| {
            global(schema, index, facts.globals.get(i).copied().unwrap_or_default(), &arn, answer, w);
        });
    }
    if let Some(view) = schema.stream {
        map.map("StreamSpecification", |map| {
            map.member("StreamEnabled").boolean(true);
            map.text("StreamViewType", view.name());
        });
        let label = label(schema.created_millis);
        map.text("LatestStreamLabel", &label);
        map.text("LatestStreamArn", &format!("{arn}/stream/{label}"));
    }
    if let Some(sse) = &schema.sse {
        let (region, account) = (facts.region, facts.account);
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
    warm(&mut map, schema.warm, schema, schema.provisioned, answer);
    map.end();
}

fn local(schema: &TableSchema, index: &LocalIndex, counts: Counts, arn: &str, writer: &mut DocWriter) {
    let mut map = MapWriter::new(writer);
    map.text("IndexName", &index.name);
    key_schema(&mut map, std::slice::from_ref(&schema.hash), std::slice::from_ref(&index.range));
    projection(&mut map, &index.projection);
    contents(&mut map, counts);
    map.text("IndexArn", &format!("{arn}/index/{}", index.name));
    map.end();
}

fn global(
    schema: &TableSchema,
    index: &GlobalIndex,
    counts: Counts,
    arn: &str,
    answer: Answer,
    writer: &mut DocWriter,
) {
    let mut map = MapWriter::new(writer);
    map.text("IndexName", &index.name);
    key_schema(&mut map, &index.hash, &index.range);
    projection(&mut map, &index.projection);
    // Indexes made with the table live and die with it; the table's own updates leave them as they are.
    let status = if schema.status == TableStatus::Updating { TableStatus::Active } else { schema.status };
    map.text("IndexStatus", status.name());
    provisioned(&mut map, index.provisioned);
    contents(&mut map, counts);
    map.text("IndexArn", &format!("{arn}/index/{}", index.name));
    on_demand(&mut map, index.on_demand);
    warm(&mut map, index.warm, schema, index.provisioned, answer);
    map.end();
}

fn contents(map: &mut MapWriter<'_>, counts: Counts) {
    map.integer("IndexSizeBytes", counts.bytes);
    map.integer("ItemCount", counts.items);
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

fn provisioned(map: &mut MapWriter<'_>, units: Throughput) {
    map.map("ProvisionedThroughput", |map| {
        map.integer("NumberOfDecreasesToday", 0);
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

fn warm(
    map: &mut MapWriter<'_>,
    asked: Option<Warm>,
    schema: &TableSchema,
    provisioned: Throughput,
    answer: Answer,
) {
    if asked.is_none() && answer == Answer::Changed {
        return;
    }
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
fn date(map: &mut MapWriter<'_>, name: &str, millis: u64) {
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

/// A stream's label: `2026-01-31T12:00:00.123`, in UTC.
fn label(millis: u64) -> String {
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
