//! A simulated platform and store: one seed decides the order of everything, so that a run can be had again.
//!
//! Calls of the store complete only when it is [stepped](SimulatedStore::step), or when the platform it is attached
//! to has nothing else to do. Crashes and faults are its properties, not those of the code under test.

mod executor;
mod random;
mod store;

pub use executor::SimulatedPlatform;
pub use random::Random;
pub use store::{Call, Fault, SimulatedStore};
