//! ExecuteTransaction: statements as the actions of one transaction.

use super::super::members::{list, map, string};
use super::super::step::Environment;
use super::super::transact::{
    Bound, Reasons, Token, TransactGetItems, TransactWriteItems, check_payload, fingerprint,
};
use super::batch::get;
use super::request::{self, Request};
use super::write::EXISTS_OF_ONE;
use super::{capacity, write};
use crate::api::ApiError;
use crate::engine::Engine;
use crate::item::MapRef;

/// Heads the tokens kept here. No text begins with it, so a transaction of actions has none of them.
const TOKEN_MARK: u8 = 0xFF;

/// What the statements of a transaction are: all of them read, or all of them write.
pub(in crate::api) enum Transaction {
    Get(Box<TransactGetItems>),
    Write(Box<TransactWriteItems>),
}

#[inline(never)]
pub(in crate::api) fn begin(
    engine: &Engine,
    document: MapRef<'_>,
    environment: &Environment,
) -> Result<Transaction, ApiError> {
    let Some(statements) = document.find(b"TransactStatements") else {
        return Err(ApiError::new(crate::api::ErrorKind::Serialization, ""));
    };
    let mut requests = Vec::new();
    for (number, entry) in list(statements).enumerate() {
        let unread = Request::parameters(map(entry).unwrap_or_default())?;
        let request = unread.parse().map_err(|refusal| {
            let error = request::error(&refusal);
            if refusal.is_malformed() { error } else { invalid(number, &error.message) }
        })?;
        requests.push(request);
    }
    check_payload(statements.bytes().len() as u64)?;
    let reading = requests.first().is_some_and(Request::is_read);
    if requests.iter().any(|request| request.is_read() != reading) {
        return Err(ApiError::validation(
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ));
    }
    for (number, request) in requests.iter().enumerate() {
        if request.statement.returning.is_some() {
            return Err(invalid(number, "RETURNING clause is not supported in ExecuteTransaction."));
        }
        if request.statement.index.is_some() {
            return Err(invalid(number, "Reads on indices are not supported within transactions."));
        }
    }
    let capacity = capacity(document);
    if reading {
        let mut gets = Vec::with_capacity(requests.len());
        let mut reasons = Reasons::default();
        for (number, request) in requests.into_iter().enumerate() {
            match get(engine, request) {
                Ok(Some(get)) => {
                    gets.push(get);
                    reasons.add(Ok(()));
                }
                Ok(None) => {
                    return Err(invalid(
                        number,
                        "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
                    ));
                }
                Err(error) if error.kind != crate::api::ErrorKind::Validation => return Err(error),
                Err(error) => reasons.add(Err(error)),
            }
        }
        let gets = TransactGetItems::new(gets, reasons, capacity)?;
        return Ok(Transaction::Get(Box::new(gets)));
    }
    let mut changes = Vec::with_capacity(requests.len());
    let mut reasons = Reasons::default();
    for (number, request) in requests.into_iter().enumerate() {
        match write::change(engine, request)? {
            Ok(change) => {
                changes.push(Bound { change, collection: None });
                reasons.add(Ok(()));
            }
            Err(error) if error.message == EXISTS_OF_ONE => return Err(invalid(number, EXISTS_OF_ONE)),
            Err(error) => reasons.add(Err(error)),
        }
    }
    let token = document.find(b"ClientRequestToken").and_then(string).map(|token| Token {
        token: [&[TOKEN_MARK], token.as_bytes()].concat(),
        fingerprint: fingerprint(statements.bytes()),
    });
    let mut writes = TransactWriteItems::new(changes, reasons, token, capacity, environment)?;
    writes.statements = true;
    Ok(Transaction::Write(Box::new(writes)))
}

fn invalid(number: usize, what: &str) -> ApiError {
    ApiError::validation(format!("Validation failed in TransactStatements[{number}]: {what}"))
}
