//! What two schemas of one name disagree about, for those who open a database with the tables they expect.

use super::schema::{GlobalIndex, LocalIndex, Projection, TableSchema};

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
        .or_else(|| {
            let show = |s: &TableSchema, i: &LocalIndex| {
                format!("of sort key {} projecting {}", key(s, &i.range), projection(&i.projection))
            };
            indexes(
                table,
                is.locals.iter().map(|i| (i.name.as_str(), show(is, i))),
                wanted.locals.iter().map(|i| (i.name.as_str(), show(wanted, i))),
            )
        })
        .or_else(|| {
            let show = |s: &TableSchema, i: &GlobalIndex| {
                let keys = |names: &[String]| names.iter().map(|n| key(s, n)).collect::<Vec<_>>().join(", ");
                format!(
                    "of partition key {}, sort key {} projecting {}",
                    keys(&i.hash),
                    if i.range.is_empty() { "none".to_owned() } else { keys(&i.range) },
                    projection(&i.projection)
                )
            };
            indexes(
                table,
                is.globals.iter().map(|i| (i.name.as_str(), show(is, i))),
                wanted.globals.iter().map(|i| (i.name.as_str(), show(wanted, i))),
            )
        })
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
    format!("{name} ({})", schema.kind(name).map_or("?", |kind| kind.name()))
}

fn optional_key(schema: &TableSchema) -> String {
    schema.range.as_deref().map_or_else(|| "none".to_owned(), |name| key(schema, name))
}

fn projection(projection: &Projection) -> String {
    match projection {
        Projection::Include(names) => {
            let mut names = names.clone();
            names.sort_unstable();
            format!("keys, {}", names.join(", "))
        }
        other => other.name().to_owned(),
    }
}

fn capacity(schema: &TableSchema) -> String {
    let units = |read: u64, write: u64| format!("{read}/{write}");
    let limit = |n: Option<u64>| n.map_or_else(|| "unlimited".to_owned(), |n| n.to_string());
    let mut parts = vec![units(schema.provisioned.read, schema.provisioned.write)];
    let mut indexes: Vec<_> = schema.globals.iter().collect();
    indexes.sort_by(|a, b| a.name.cmp(&b.name));
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

fn indexes<'a>(
    table: &str,
    is: impl Iterator<Item = (&'a str, String)>,
    wanted: impl Iterator<Item = (&'a str, String)>,
) -> Option<String> {
    let is: Vec<_> = is.collect();
    let wanted: Vec<_> = wanted.collect();
    let find = |list: &[(&str, String)], name: &str| {
        list.iter().find(|(n, _)| *n == name).map(|(_, shown)| shown.clone())
    };
    for (name, shown) in &wanted {
        match find(&is, name) {
            None => return Some(format!("Table {table}: the index {name} is missing")),
            Some(other) if other != *shown => {
                return Some(format!("Table {table}: the index {name} is {other}, not {shown}"));
            }
            Some(_) => {}
        }
    }
    let extra = is.iter().find(|(name, _)| find(&wanted, name).is_none())?;
    Some(format!("Table {table}: the index {} is not wanted", extra.0))
}

#[cfg(test)]
mod tests;
