//! PartiQL: statements become the pages, writes and transactions of the other operations.

mod batch;
mod keys;
mod request;
mod select;
mod transaction;
mod write;

pub use batch::StatementBatch;

pub(super) use batch::begin as begin_batch;
pub(super) use transaction::{Transaction, begin as transaction};

use super::members::string;
use super::page::Page;
use super::single_write::SingleWrite;
use super::step::Environment;
use super::{ApiError, members, next_token};
use crate::engine::Engine;
use crate::engine::capacity::ReturnConsumedCapacity;
use crate::item::MapRef;
use crate::partiql::Verb;
use request::Request;

/// What a statement by itself is.
pub(super) enum Execution {
    Page(Box<Page>),
    Write(Box<SingleWrite>),
}

/// ExecuteStatement.
#[inline(never)]
pub(super) fn execute(
    engine: &Engine,
    document: MapRef<'_>,
    environment: &Environment,
) -> Result<Execution, ApiError> {
    let request = Request::read(document)?;
    let capacity = capacity(document);
    let token = document.find(b"NextToken").and_then(string).map(next_token::decode).transpose()?;
    match request.statement.verb {
        Verb::Select { .. } => {
            let limit = document.find(b"Limit").and_then(members::integer);
            Ok(Execution::Page(Box::new(select::page(engine, request, limit, token, capacity)?)))
        }
        Verb::Exists => Err(ApiError::validation(ONLY_IN_TRANSACTIONS)),
        _ if token.is_some() => Err(next_token::mismatch()),
        _ => {
            let return_values = write::return_values(&request.statement);
            let item = write::change(engine, request)??;
            Ok(Execution::Write(Box::new(SingleWrite {
                partition: item.partition(),
                item,
                return_values,
                capacity,
                collection: None,
                statement: true,
                now_millis: environment.now_millis,
            })))
        }
    }
}

const ONLY_IN_TRANSACTIONS: &str = "EXISTS can only be used in ExecuteTransaction write requests.";

fn capacity(document: MapRef<'_>) -> ReturnConsumedCapacity {
    ReturnConsumedCapacity::parse(document.find(b"ReturnConsumedCapacity").and_then(string))
}
