//! A table and its indexes as the engine sees them: trees, and how an item becomes keys and entries.

use std::rc::Rc;

use super::catalog::{Projection, TableSchema};
use crate::collections::sort;
use crate::item::{ItemBuf, ItemRef, Kind, MapRef, ValueRef, View, key, writer};
use crate::storage::{SeqNo, TreeId};

/// Longest partition key value in bytes.
pub const MAX_HASH: usize = 2048;
/// Longest sort key value in bytes.
pub const MAX_RANGE: usize = 1024;

/// Largest item, names and values, in bytes.
pub const MAX_ITEM: u32 = 400 * 1024;

/// One key attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyAttribute {
    /// Its name.
    pub name: Vec<u8>,
    /// S, N or B.
    pub kind: Kind,
}

/// Where an index keeps its partition: beside the table's (LSI) or on its own (GSI).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    /// Local secondary index.
    Local,
    /// Global secondary index.
    Global,
}

/// Which attributes an index entry carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projected {
    /// The whole item.
    All,
    /// These, sorted: keys of table and index, and what INCLUDE names.
    Names(Vec<Vec<u8>>),
}

/// A secondary index.
#[derive(Clone, Debug)]
pub struct Index {
    /// Its name.
    pub name: String,
    /// Local or global.
    pub kind: IndexKind,
    /// Its tree.
    pub tree: TreeId,
    /// HASH attributes, in order.
    pub hash: Vec<KeyAttribute>,
    /// RANGE attributes, in order.
    pub range: Vec<KeyAttribute>,
    /// What an entry carries.
    pub projected: Projected,
    /// While it is being filled: the tree key of the last item of the table that was looked at.
    pub backfilled: Option<Vec<u8>>,
}

/// A table: its schema and where its data is.
#[derive(Clone, Debug)]
pub struct Table {
    /// What CreateTable said.
    pub schema: TableSchema,
    /// Tree of the items.
    pub tree: TreeId,
    /// Partition key.
    pub hash: KeyAttribute,
    /// Sort key.
    pub range: Option<KeyAttribute>,
    /// LSIs, then GSIs.
    pub indexes: Vec<Index>,
}

impl Table {
    /// The table of `schema` whose items are in `tree`. Indexes without a tree get the next ones from `next` on; gives
    /// the tree number that follows all.
    pub fn new(mut schema: TableSchema, tree: TreeId, next: TreeId) -> Option<(Rc<Self>, TreeId)> {
        let mut next = next.max(TreeId(tree.0.checked_add(1)?));
        for definition in schema.lsis.iter_mut().chain(&mut schema.gsis) {
            let tree = *definition.tree.get_or_insert(next);
            next = next.max(TreeId(tree.0.checked_add(1)?));
        }
        let attribute = |name: &str| {
            let kind = schema.attribute_kind(name)?;
            Some(KeyAttribute { name: name.as_bytes().to_vec(), kind })
        };
        let hash = attribute(&schema.hash)?;
        let range = match &schema.range {
            Some(name) => Some(attribute(name)?),
            None => None,
        };
        let mut indexes = Vec::new();
        for (kind, definitions) in [(IndexKind::Local, &schema.lsis), (IndexKind::Global, &schema.gsis)] {
            for definition in definitions {
                let hash_attributes: Vec<KeyAttribute> =
                    definition.hash.iter().map(|n| attribute(n)).collect::<Option<_>>()?;
                let range_attributes: Vec<KeyAttribute> =
                    definition.range.iter().map(|n| attribute(n)).collect::<Option<_>>()?;
                let projected = match &definition.projection {
                    Projection::All => Projected::All,
                    Projection::KeysOnly => Projected::Names(Vec::new()),
                    Projection::Include(names) => {
                        Projected::Names(names.iter().map(|n| n.as_bytes().to_vec()).collect())
                    }
                };
                let projected = match projected {
                    Projected::All => Projected::All,
                    Projected::Names(mut names) => {
                        let keys =
                            hash_attributes.iter().chain(&range_attributes).chain([&hash]).chain(&range);
                        names.extend(keys.map(|k| k.name.clone()));
                        sort(&mut names);
                        names.dedup();
                        Projected::Names(names)
                    }
                };
                indexes.push(Index {
                    name: definition.name.clone(),
                    kind,
                    tree: definition.tree?,
                    hash: hash_attributes,
                    range: range_attributes,
                    projected,
                    backfilled: definition.backfilled.clone(),
                });
            }
        }
        Some((Rc::new(Self { schema, tree, hash, range, indexes }), next))
    }

    /// The table's key attributes, partition key first.
    pub fn key_attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        std::iter::once(&self.hash).chain(&self.range)
    }

    /// The part of a canonical map that holds the key attributes.
    pub fn key_part<'a>(&self, map: MapRef<'a>) -> MapRef<'a> {
        let hash = &self.hash.name;
        let range = self.range.as_ref().map_or(hash, |range| &range.name);
        map.between(hash.min(range), hash.max(range))
    }

    /// The index of that name.
    pub fn index(&self, name: &str) -> Option<(usize, &Index)> {
        self.indexes.iter().enumerate().find(|(_, index)| index.name == name)
    }

    /// Does any index live beside the items?
    pub fn has_local_indexes(&self) -> bool {
        self.indexes.iter().any(|index| index.kind == IndexKind::Local)
    }

    /// The tree key of an item; `None` when a key attribute is absent or of another type.
    pub fn key_of(&self, attributes: MapRef<'_>) -> Option<Vec<u8>> {
        let mut out = vec![0; 8];
        put(&mut out, &self.hash, attributes)?;
        stamp_hash(&mut out);
        if let Some(range) = &self.range {
            put(&mut out, range, attributes)?;
        }
        Some(out)
    }

    /// The partition key of an item, as an item.
    pub fn partition_key(&self, item: MapRef<'_>) -> ItemBuf {
        select(item, |name| self.hash.name == name)
    }

    /// The second since 1970 at which an item expires, if it ever does.
    pub fn expiry(&self, item: ItemRef<'_>) -> Option<u64> {
        let value = item.get(self.schema.ttl.as_ref()?.as_bytes())?;
        if value.kind()? != Kind::N {
            return None;
        }
        u64::try_from(value.number()?.truncated(0)).ok()
    }

    /// The second since 1970 from which on an item is due to be deleted; 0: never.
    pub fn due(&self, item: ItemRef<'_>) -> u64 {
        self.expiry(item).map_or(0, |seconds| seconds.saturating_add(1))
    }

    /// Entries written before that commit do not tell when their items are due: another attribute said so, or none.
    pub fn due_since(&self) -> SeqNo {
        self.schema.ttl_seq.map_or(SeqNo::MAX, SeqNo)
    }

    /// The attributes that make up an item's primary key, as an item.
    pub fn primary_key(&self, item: MapRef<'_>) -> ItemBuf {
        select(item, |name| self.key_attributes().any(|k| k.name == name))
    }
}

impl Index {
    /// All key attributes of the index, HASH first.
    pub fn key_attributes(&self) -> impl Iterator<Item = &KeyAttribute> {
        self.hash.iter().chain(&self.range)
    }

    /// The tree key of the entry for `item`; `None` when the item is not in this index.
    pub fn key_of(&self, table: &Table, item: MapRef<'_>) -> Option<Vec<u8>> {
        let mut out = vec![0; 8];
        for attribute in &self.hash {
            put(&mut out, attribute, item)?;
        }
        stamp_hash(&mut out);
        for attribute in &self.range {
            put(&mut out, attribute, item)?;
        }
        // The table's key makes entries unique; an LSI begins with its partition key already.
        if self.kind == IndexKind::Global {
            put(&mut out, &table.hash, item)?;
        }
        if let Some(range) = &table.range {
            put(&mut out, range, item)?;
        }
        Some(out)
    }

    /// The entry for `item`: its key and its projected attributes. An item whose key attributes are of other types, empty
    /// or too long has none: it was there before the index.
    pub fn entry(&self, table: &Table, item: ItemRef<'_>) -> Option<(Vec<u8>, Vec<u8>)> {
        if !self.accepts(item.map()) {
            return None;
        }
        let key = self.key_of(table, item.map())?;
        let value = match &self.projected {
            Projected::All => item.bytes().to_vec(),
            Projected::Names(names) => {
                select(item.map(), |name| names.binary_search_by(|n| n.as_slice().cmp(name)).is_ok())
                    .into_bytes()
            }
        };
        Some((key, value))
    }

    /// Whether the key attributes of an item have lengths that keys may have.
    fn accepts(&self, item: MapRef<'_>) -> bool {
        fit(&self.hash, MAX_HASH, item) && fit(&self.range, MAX_RANGE, item)
    }

    /// Whether an item of the table comes here only once the filling of the index has reached it.
    pub fn waits_for(&self, item_key: &[u8]) -> bool {
        self.backfilled.as_deref().is_some_and(|position| item_key > position)
    }

    /// Does an entry carry this attribute?
    pub fn projects(&self, name: &[u8]) -> bool {
        match &self.projected {
            Projected::All => true,
            Projected::Names(names) => names.binary_search_by(|n| n.as_slice().cmp(name)).is_ok(),
        }
    }

    /// Where an entry stands: index key and table key attributes, as an item.
    pub fn position(&self, table: &Table, entry: MapRef<'_>) -> ItemBuf {
        select(entry, |name| self.key_attributes().chain(table.key_attributes()).any(|k| k.name == name))
    }
}

/// Whether the texts and binaries among key attributes are neither empty nor longer than `limit`.
pub(super) fn fit<'a>(
    attributes: impl IntoIterator<Item = &'a KeyAttribute>,
    limit: usize,
    item: MapRef<'_>,
) -> bool {
    attributes.into_iter().all(|attribute| match item.get(&attribute.name).and_then(ValueRef::view) {
        Some(View::S(bytes) | View::B(bytes)) => (1..=limit).contains(&bytes.len()),
        _ => true,
    })
}

/// The attributes of `map` whose names `wanted` takes.
pub(super) fn select(map: MapRef<'_>, wanted: impl Fn(&[u8]) -> bool + Clone) -> ItemBuf {
    writer::item_from_sorted(map.iter().filter(|(name, _)| wanted(name)))
}

fn put(out: &mut Vec<u8>, attribute: &KeyAttribute, map: MapRef<'_>) -> Option<()> {
    let value = map.get(&attribute.name)?;
    put_value(out, attribute, value)
}

/// Appends one key component; `None` when the value's type is not the attribute's.
pub fn put_value(out: &mut Vec<u8>, attribute: &KeyAttribute, value: ValueRef<'_>) -> Option<()> {
    if value.kind()? != attribute.kind {
        return None;
    }
    key::put_component(out, value)
}

/// Fills the first eight bytes with the hash of the partition key components that follow them.
pub fn stamp_hash(key: &mut [u8]) {
    if let Some((head, components)) = key.split_first_chunk_mut::<8>() {
        *head = key::hash(components);
    }
}
