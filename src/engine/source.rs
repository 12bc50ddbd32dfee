//! A table whose changes are recorded, as it is known to those who read the records, also when it is gone.

use super::catalog::TableSchema;
use super::table::select;
use crate::item::value::Reader;
use crate::item::{ItemBuf, MapRef, varint};
use crate::storage::TreeId;

/// What of a table tells it from others, and its items from each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The tree of the table's items, which tells tables of one name apart.
    pub table: TreeId,
    /// The table's name.
    pub table_name: String,
    /// Its partition key's attribute.
    pub hash: String,
    /// Its sort key's attribute.
    pub range: Option<String>,
}

impl Source {
    pub(super) fn of(table: TreeId, schema: &TableSchema) -> Self {
        Self {
            table,
            table_name: schema.name.clone(),
            hash: schema.hash.clone(),
            range: schema.range.clone(),
        }
    }

    /// The key attributes of an item.
    pub fn keys(&self, item: MapRef<'_>) -> ItemBuf {
        let is_key = |name: &[u8]| {
            name == self.hash.as_bytes() || self.range.as_ref().is_some_and(|range| name == range.as_bytes())
        };
        select(item, is_key)
    }

    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        varint::put(out, u64::from(self.table.0));
        for text in [self.table_name.as_str(), &self.hash, self.range.as_deref().unwrap_or_default()] {
            put_text(out, text);
        }
    }

    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        let table = TreeId::new(r.varint()?)?;
        let (table_name, hash, range) = (text(r)?, text(r)?, text(r)?);
        Some(Self { table, table_name, hash, range: Some(range).filter(|name| !name.is_empty()) })
    }
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    varint::put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

pub(super) fn text(r: &mut Reader<'_>) -> Option<String> {
    std::str::from_utf8(r.binary()?).ok().map(str::to_owned)
}
