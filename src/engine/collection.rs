//! Item collections: all items of one partition key of a table with local indexes, with their entries in these. They
//! are bounded, as DynamoDB's are.

use super::table::{Table, put_value, stamp_hash};
use super::{Engine, IndexKind};
use crate::item::{ItemRef, MapRef, key};
use crate::storage::TreeId;

/// Largest item collection, in bytes.
pub const MAX_COLLECTION: u64 = 10 << 30;

impl Engine {
    /// Whether a write would add to an item collection that is full. What makes an item smaller is let through.
    pub fn is_collection_full(&self, table: &Table, old: Option<ItemRef<'_>>, new: ItemRef<'_>) -> bool {
        // Almost every table ends the question here: no collection is larger than its table.
        table.has_local_indexes()
            && trees(table).map(|tree| self.tree_bytes(tree)).sum::<u64>() >= self.max_collection
            && new.size() > old.map_or(0, |item| item.size())
            && self.collection_bytes(table, new.map()) >= self.max_collection
    }

    /// About how large the item collection of an item is, in bytes: each tree's bytes by the share of its sorted pieces
    /// that lies within the partition. Nothing is counted by collection, since that would be a write for each write.
    pub fn collection_bytes(&self, table: &Table, item: MapRef<'_>) -> u64 {
        let Some(prefix) = partition_prefix(table, item) else { return 0 };
        let end = key::prefix_end(&prefix);
        let share = |tree| {
            let extent = self.storage.extent(tree, &prefix, end.as_deref());
            let bytes = u128::from(self.tree_bytes(tree)) * u128::from(extent.inside);
            u64::try_from(bytes / u128::from(extent.all.max(1))).unwrap_or(u64::MAX)
        };
        trees(table).map(share).sum()
    }

    fn tree_bytes(&self, tree: TreeId) -> u64 {
        u64::try_from(self.stats(tree).bytes).unwrap_or_default()
    }
}

/// The trees that hold the collections of a table.
fn trees(table: &Table) -> impl Iterator<Item = TreeId> {
    let local = table.indexes.iter().filter(|index| index.kind == IndexKind::Local);
    std::iter::once(table.tree).chain(local.map(|index| index.tree))
}

/// What the tree keys of a partition begin with, in the table and its local indexes.
fn partition_prefix(table: &Table, item: MapRef<'_>) -> Option<Vec<u8>> {
    let mut prefix = vec![0; 8];
    put_value(&mut prefix, &table.hash, item.get(&table.hash.name)?)?;
    stamp_hash(&mut prefix);
    Some(prefix)
}
