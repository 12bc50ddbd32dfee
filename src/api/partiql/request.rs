//! A statement as a request has it: its text, its parameters, and how it is run.

use super::super::members::{boolean, list, string};
use crate::api::ApiError;
use crate::api::expressions::Wording;
use crate::api::transact::{Fingerprint, fingerprint};
use crate::expression::Bytes;
use crate::item::{Kind, MapRef, ValueRef, admit};
use crate::partiql::{Refusal, Statement, Verb, is_select, parse};

/// A statement that was read.
pub(super) struct Request {
    pub statement: Box<Statement>,
    pub consistent: bool,
    pub return_old_on_failure: bool,
    /// Tells it and its parameters from others.
    pub fingerprint: Fingerprint,
    /// A parameter is a list or a map: the service does not go on with such a statement.
    pub composite: bool,
}

impl Request {
    /// Reads a statement and the members beside it.
    pub fn read(document: MapRef<'_>) -> Result<Self, ApiError> {
        Self::parameters(document)?.parse().map_err(|refusal| error(&refusal))
    }

    /// The parameters, which are looked at before the statement is.
    pub fn parameters(document: MapRef<'_>) -> Result<Unread<'_>, ApiError> {
        let mut parameters: Vec<Bytes> = Vec::new();
        for value in document.find(b"Parameters").into_iter().flat_map(list) {
            let mut out = Vec::new();
            admit::value_within(value, admit::MAX_COMPARED_DEPTH, &mut out)
                .map_err(|error| Wording::Bare.value_error(&error))?;
            parameters.push(out.into());
        }
        Ok(Unread { document, parameters })
    }

    /// It asks for items; otherwise it writes, or checks for writes.
    pub fn is_read(&self) -> bool {
        matches!(self.statement.verb, Verb::Select { .. })
    }
}

/// A statement with its parameters admitted.
pub(super) struct Unread<'a> {
    document: MapRef<'a>,
    parameters: Vec<Bytes>,
}

impl Unread<'_> {
    fn text(&self) -> &str {
        self.document.find(b"Statement").and_then(string).unwrap_or_default()
    }

    /// It begins as a SELECT does.
    pub fn is_select(&self) -> bool {
        is_select(self.text())
    }

    pub fn parse(&self) -> Result<Request, Refusal> {
        let text = self.text();
        let mut written = text.as_bytes().to_vec();
        for value in &self.parameters {
            written.push(0);
            written.extend_from_slice(value);
        }
        let kind = |value: &Bytes| ValueRef::first(value).and_then(ValueRef::kind);
        let flag = |name: &[u8]| self.document.find(name);
        Ok(Request {
            statement: parse(text, &self.parameters)?,
            consistent: flag(b"ConsistentRead").is_some_and(boolean),
            return_old_on_failure: flag(b"ReturnValuesOnConditionCheckFailure").and_then(string)
                == Some("ALL_OLD"),
            fingerprint: fingerprint(&written),
            composite: self.parameters.iter().any(|value| matches!(kind(value), Some(Kind::L | Kind::M))),
        })
    }
}

/// A refused statement as an error.
#[cold]
pub(super) fn error(refusal: &Refusal) -> ApiError {
    ApiError::validation(refusal.to_string())
}
