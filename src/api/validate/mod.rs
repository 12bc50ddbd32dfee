//! stub
use super::{ApiError, Operation}; use crate::item::MapRef;
/// x
pub fn envelope(_: Operation, _: MapRef<'_>) -> Result<(), ApiError> { Ok(()) }
