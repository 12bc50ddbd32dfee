//! Item collections: all items of one partition key of a table with local indexes, with their entries in these. They
//! are bounded, as DynamoDB's are.

use super::table::{Table, put_value, stamp_hash};
use super::{Engine, IndexKind};
use crate::item::{ItemRef, MapRef, key};

/// Largest item collection, in bytes.
pub const MAX_COLLECTION: u64 = 10 << 30;

impl Engine {
    /// Whether a write would add to an item collection that is full. What makes an item smaller is let through.
    pub fn is_collection_full(&self, table: &Table, old: Option<ItemRef<'_>>, new: ItemRef<'_>) -> bool {
        table.has_local_indexes()
            && new.size() > old.map_or(0, |item| item.size())
            && self.collection_bytes(table, new.map(), self.max_collection) >= self.max_collection
    }

    /// About how large the item collection of an item is, in bytes: each tree's bytes by the share of its sorted pieces
    /// that lies within the partition. Nothing is counted by collection, since that would be a write for each write.
    /// A table that has less than `from` bytes is not looked at; then it is 0.
    pub fn collection_bytes(&self, table: &Table, item: MapRef<'_>, from: u64) -> u64 {
        // What was stored may be any number.
        let bytes = |tree| u64::try_from(self.stats(tree).bytes).unwrap_or_default();
        let mut trees = vec![(table.tree, bytes(table.tree))];
        for index in &table.indexes {
            if index.kind == IndexKind::Local {
                trees.push((index.tree, bytes(index.tree)));
            }
        }
        let mut sum = 0u64;
        for (_, bytes) in &trees {
            sum = sum.saturating_add(*bytes);
        }
        // Almost every table ends the question here: no collection is larger than its table.
        if sum < from {
            return 0;
        }
        let Some(prefix) = partition_prefix(table, item) else { return 0 };
        let end = key::prefix_end(&prefix);
        let mut own = 0u64;
        for (tree, bytes) in trees {
            let extent = self.storage.extent(tree, &prefix, end.as_deref());
            let share = extent.inside as f64 / extent.all.max(1) as f64;
            own = own.saturating_add((bytes as f64 * share) as u64);
        }
        own
    }
}

/// What the tree keys of a partition begin with, in the table and its local indexes.
fn partition_prefix(table: &Table, item: MapRef<'_>) -> Option<Vec<u8>> {
    let mut prefix = vec![0; 8];
    put_value(&mut prefix, &table.hash, item.get(&table.hash.name)?)?;
    stamp_hash(&mut prefix);
    Some(prefix)
}
