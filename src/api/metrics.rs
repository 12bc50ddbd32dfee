//! ItemCollectionMetrics: how large all items of one partition key are, on tables with local indexes.

use super::{ApiError, ErrorKind};
use crate::engine::{Engine, Table};
use crate::item::{ItemBuf, MapRef, tag};
use crate::wire::document::DocWriter;

/// The partition key of an item, when its metrics are asked for and the table has any.
pub(super) fn collection(table: &Table, item: MapRef<'_>, wanted: bool) -> Option<ItemBuf> {
    (wanted && table.has_local_indexes()).then(|| table.partition_key(item))
}

/// Writes the structure. The estimate is in whole gigabytes, from so many to one more.
pub(super) fn write(out: &mut DocWriter, engine: &Engine, table: &Table, key: &ItemBuf) {
    let gigabytes =
        i64::try_from(engine.collection_bytes(table, key.as_ref().map(), 1 << 30) >> 30).unwrap_or_default();
    let open = out.begin(tag::MAP, 2);
    out.name("ItemCollectionKey");
    out.item(&key.as_ref());
    out.name("SizeEstimateRangeGB");
    let range = out.begin(tag::LIST, 2);
    out.integer(gigabytes);
    out.integer(gigabytes + 1);
    out.end(range);
    out.end(open);
}

/// What a write is refused with that would add to a full collection.
pub(super) fn collection_full() -> ApiError {
    ApiError::new(ErrorKind::ItemCollectionSizeLimitExceeded, "Collection size exceeded.")
}

/// A table as the request named it, and the collections that were written to.
pub(super) type Written<'a> = (&'a str, &'a Table, Vec<ItemBuf>);

/// Writes a map from tables to the metrics of their collections; a collection that was written to twice is in it once.
pub(super) fn write_by_table(out: &mut DocWriter, engine: &Engine, tables: Vec<Written<'_>>) {
    let map = out.begin(tag::MAP, tables.len());
    for (name, table, keys) in tables {
        let mut distinct: Vec<ItemBuf> = Vec::with_capacity(keys.len());
        for key in keys {
            if distinct.iter().all(|one| one.as_ref().bytes() != key.as_ref().bytes()) {
                distinct.push(key);
            }
        }
        out.name(name);
        let list = out.begin(tag::LIST, distinct.len());
        for key in &distinct {
            write(out, engine, table, key);
        }
        out.end(list);
    }
    out.end(map);
}
