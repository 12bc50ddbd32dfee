//! What values mean, written without a look at the engine.

pub mod number;
pub mod value;

pub use number::Number;
