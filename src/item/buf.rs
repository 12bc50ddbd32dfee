//! An owned canonical item.

use super::{ItemRef, MapRef, ValueRef};

/// A canonical item that owns its bytes. Made by [`super::admit`] and [`super::writer`], or read back from storage.
#[derive(Clone, Debug, Default)]
pub struct ItemBuf {
    bytes: Vec<u8>,
    size: u32,
    count: usize,
    /// Where the entries begin.
    entries: usize,
}

impl ItemBuf {
    /// Takes over the bytes of an item; `None` when they do not open with a header of a known version.
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let item = ItemRef::parse(&bytes)?;
        let (size, map) = (item.size(), item.map());
        let (count, entries) = (map.len(), bytes.len() - map.body().len());
        Some(Self { bytes, size, count, entries })
    }

    /// A copy of an item.
    pub fn copy_of(item: ItemRef<'_>) -> Self {
        let (bytes, map) = (item.bytes().to_vec(), item.map());
        let entries = bytes.len() - map.body().len();
        Self { bytes, size: item.size(), count: map.len(), entries }
    }

    /// From parts that are known to belong together.
    pub(super) fn from_parts(bytes: Vec<u8>, size: u32, count: usize, entries: usize) -> Self {
        Self { bytes, size, count, entries }
    }

    /// A view of it.
    pub fn as_ref(&self) -> ItemRef<'_> {
        ItemRef::from_parts(&self.bytes, self.size, self.map())
    }

    /// DynamoDB's item size in bytes.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The attributes.
    pub fn map(&self) -> MapRef<'_> {
        MapRef::from_parts(self.count, self.bytes.get(self.entries..).unwrap_or_default())
    }

    /// One attribute.
    pub fn get(&self, name: &[u8]) -> Option<ValueRef<'_>> {
        self.map().get(name)
    }

    /// The whole encoding.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole encoding, handed over.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// Equal when the encodings are: on canonical items that is DynamoDB's deep equality.
impl PartialEq for ItemBuf {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for ItemBuf {}
