//! Attribute values, numbers, the item encoding, item sizes and order-preserving key bytes.
//!
//! An item is one compact byte string from the JavaScript boundary to the disk (FORMAT.md has every byte).
//! This module knows nothing of tables, requests or storage.

pub mod decimal;
pub mod tag;
pub mod value;
pub mod varint;

pub use decimal::Decimal;
pub use value::{ItemRef, Kind, MapRef, Members, ValueRef, View};
