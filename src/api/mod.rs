//! One typed request and response per operation: the checks in DynamoDB's order, with its own words.

pub mod error;
pub mod operation;
pub mod shape;
pub mod validate;

pub use error::{ApiError, ErrorKind};
pub use operation::Operation;
