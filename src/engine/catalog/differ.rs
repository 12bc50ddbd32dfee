//! What two schemas of one name disagree about, for those who open a database with the tables they expect.

use crate::collections::{sort, sort_by};

use super::schema::{IndexSchema, Projection, TableSchema};

/// A sentence about the first difference between the table there is and the one that is wanted; `None` when they agree.
///
/// Identity, age, status, tags and warm throughput do not count, nor does the order of definitions and indexes.
pub fn schemas_differ(is: &TableSchema, wanted: &TableSchema) -> Option<String> {
    let table = &is.name;
    let differ = |what: &str, is: String, wanted: String| {
        (is != wanted).then(|| format!("Table {table}: the {what} is {is}, not {wanted}"))
    };
    differ("partition key", key(is, &is.hash), key(wanted, &wanted.hash))
        .or_else(|| differ("sort key", optional_key(is), optional_key(wanted)))
        .or_else(|| indexes("local", is, &is.lsis, wanted, &wanted.lsis))
        .or_else(|| indexes("global", is, &is.gsis, wanted, &wanted.gsis))
        .or_else(|| differ("billing mode", is.billing.name().to_owned(), wanted.billing.name().to_owned()))
        .or_else(|| differ("throughput", capacity(is), capacity(wanted)))
        .or_else(|| {
            let show = |s: &TableSchema| s.stream.map_or("off", |view| view.name()).to_owned();
            differ("stream", show(is), show(wanted))
        })
        .or_else(|| {
            let show = |s: &TableSchema| {
                s.sse
                    .as_ref()
                    .map_or_else(|| "default".to_owned(), |sse| sse.key.clone().unwrap_or("KMS".to_owned()))
            };
            differ("encryption", show(is), show(wanted))
        })
        .or_else(|| {
            let show = |s: &TableSchema| s.class.map_or("STANDARD", |class| class.name()).to_owned();
            differ("table class", show(is), show(wanted))
        })
        .or_else(|| {
            let show = |s: &TableSchema| if s.deletion_protection { "on" } else { "off" }.to_owned();
            differ("deletion protection", show(is), show(wanted))
        })
}

/// An attribute with its type.
fn key(schema: &TableSchema, name: &str) -> String {
    format!("{name} ({})", schema.attribute_kind(name).map_or("?", |kind| kind.name()))
}

fn optional_key(schema: &TableSchema) -> String {
    schema.range.as_deref().map_or_else(|| "none".to_owned(), |name| key(schema, name))
}

fn projection(projection: &Projection) -> String {
    match projection {
        Projection::Include(names) => {
            let mut names = names.clone();
            sort(&mut names);
            format!("INCLUDE {}", names.join(", "))
        }
        other => other.name().to_owned(),
    }
}

fn capacity(schema: &TableSchema) -> String {
    let units = |read: u64, write: u64| format!("{read}/{write}");
    let limit = |n: Option<u64>| n.map_or_else(|| "unlimited".to_owned(), |n| n.to_string());
    let mut parts = vec![units(schema.provisioned.read, schema.provisioned.write)];
    let mut indexes: Vec<_> = schema.gsis.iter().collect();
    sort_by(&mut indexes, |a, b| a.name.cmp(&b.name));
    parts.extend(
        indexes.iter().map(|i| format!("{} {}", i.name, units(i.provisioned.read, i.provisioned.write))),
    );
    let on_demand = std::iter::once(("table", schema.on_demand))
        .chain(indexes.iter().map(|i| (i.name.as_str(), i.on_demand)))
        .filter_map(|(name, limits)| Some((name, limits?)));
    parts.extend(on_demand.map(|(name, limits)| {
        format!("{name} at most {}/{}", limit(limits.max_read), limit(limits.max_write))
    }));
    parts.join(", ")
}

fn indexes(
    kind: &str,
    is: &TableSchema,
    is_list: &[IndexSchema],
    wanted: &TableSchema,
    wanted_list: &[IndexSchema],
) -> Option<String> {
    let table = &is.name;
    for index in wanted_list {
        let name = &index.name;
        let Some(other) = is_list.iter().find(|i| i.name == *name) else {
            return Some(format!("Table {table}: the {kind} index {name} is missing"));
        };
        let (other, index) = (show(is, other), show(wanted, index));
        if other != index {
            return Some(format!("Table {table}: the {kind} index {name} has {other}, not {index}"));
        }
    }
    let extra = is_list.iter().find(|i| !wanted_list.iter().any(|w| w.name == i.name))?;
    Some(format!("Table {table}: the {kind} index {} is not wanted", extra.name))
}

fn show(schema: &TableSchema, index: &IndexSchema) -> String {
    let keys = |names: &[String]| {
        let names: Vec<_> = names.iter().map(|name| key(schema, name)).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    format!(
        "partition key {}, sort key {}, projection {}",
        keys(&index.hash),
        keys(&index.range),
        projection(&index.projection)
    )
}

#[cfg(test)]
mod tests;
