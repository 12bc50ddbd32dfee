//! One typed request and response per operation: the checks in DynamoDB's order, with its own words.
//!
//! A request arrives as a document ([`crate::wire::document`]) whichever door it came through. `begin` checks it
//! and makes a [`task::Task`]; stepping the task either answers or names the blocks it misses.

pub mod error;
pub mod operation;
pub mod shape;
pub mod step;
pub mod task;

mod batch_get_item;
mod batch_write_item;
mod delete_item;
mod expressions;
mod get_item;
mod keys;
mod legacy;
mod members;
mod metrics;
mod next_token;
mod page;
mod partiql;
mod put_item;
mod query;
mod scan;
mod select;
mod single_write;
mod start_key;
mod streams;
mod tables;
mod tags;
mod time_to_live;
mod transact;
mod update_item;
pub mod validate;

pub use error::{ApiError, ErrorKind};
pub use operation::Operation;
