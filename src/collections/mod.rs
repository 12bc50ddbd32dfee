//! Sorted collections for the many small uses, where the code of a B-tree or of the standard sorts, written once
//! per type, would weigh more than the data. Knows nothing of what it holds.

mod sort;
mod vec_map;

pub use sort::{sort, sort_by};
pub use vec_map::VecMap;
