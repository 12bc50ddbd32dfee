//! What the fuzz targets share: items and what must hold of them, a database in memory, a limit to allocations.

pub mod database;
pub mod dumps;
pub mod items;
pub mod memory;
pub mod stored;
