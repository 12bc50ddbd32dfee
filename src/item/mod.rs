//! Attribute values, numbers, the item encoding, item sizes and order-preserving key bytes.
//!
//! An item is one compact byte string from the JavaScript boundary to the disk (FORMAT.md has every byte).
//! This module knows nothing of tables, requests or storage.

pub mod admit;
pub mod base64;
pub mod buf;
pub mod decimal;
pub mod error;
pub mod key;
mod reader;
pub mod size;
pub mod tag;
pub mod value;
pub mod varint;
pub mod writer;

pub use buf::ItemBuf;
pub use decimal::{Decimal, NumberError};
pub use error::ItemError;
pub use value::{ItemRef, Kind, MapRef, Member, Members, Reader, ValueRef, View};
