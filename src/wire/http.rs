//! What DynamoDB says in HTTP, apart from the connection: which operation a request is for, and the answer's status,
//! content type and checksum. Signatures are not checked here; an embedder that wants them does so before.

use crate::api::{ApiError, ErrorKind, Operation};
use crate::checksum::crc32;

use super::json::well_formed;
use super::{error, request, response};

/// The content type of AWS JSON 1.0.
pub const JSON_1_0: &str = "application/x-amz-json-1.0";
/// The older content type, answered in kind.
pub const JSON: &str = "application/json";
/// A body of more bytes is refused unread.
pub const MAX_BODY: usize = 16 << 20;

/// A whole answer, but for the headers that follow from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// The `Content-Type` header.
    pub content_type: &'static str,
    /// The `x-amz-crc32` header: CRC-32 of the body.
    pub crc32: u32,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    fn new(status: u16, content_type: &'static str, body: Vec<u8>) -> Self {
        Self { status, content_type, crc32: crc32(&body), body }
    }

    /// The same answer in the content type of the request (`application/json` was used by older clients).
    #[must_use]
    pub fn for_request(mut self, content_type: Option<&str>) -> Self {
        if self.content_type == JSON_1_0
            && let Some(JSON) = json_type(content_type)
        {
            self.content_type = JSON;
        }
        self
    }
}

/// Which of our content types a `Content-Type` header names, parameters aside.
fn json_type(header: Option<&str>) -> Option<&'static str> {
    let name = header?.split(';').next()?.trim_ascii();
    [JSON_1_0, JSON].into_iter().find(|known| name.eq_ignore_ascii_case(known))
}

/// The operation a request asks for and its input as a document, or the answer when there is no operation to run.
pub fn decode(
    method: &str,
    path: &str,
    target: Option<&str>,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<(Operation, Vec<u8>), HttpAnswer> {
    if method.eq_ignore_ascii_case("GET") && path.split('?').next() == Some("/") {
        return Err(HttpAnswer::new(200, "text/plain", b"healthy: dynamodb.local.amazonaws.com ".to_vec()));
    }
    if !method.eq_ignore_ascii_case("POST") || json_type(content_type).is_none() {
        return Err(HttpAnswer::new(404, "text/plain", b"<UnknownOperationException/>\n".to_vec()));
    }
    if body.len() > MAX_BODY {
        return Err(HttpAnswer::new(413, JSON_1_0, Vec::new()).for_request(content_type));
    }
    let refuse = |error: &ApiError| answer(Err(error)).for_request(content_type);
    let Some(operation) = target.and_then(Operation::from_target) else {
        // The service parses the body before it looks at the target.
        let kind = if body.is_empty() || well_formed(body) {
            ErrorKind::UnknownOperation
        } else {
            ErrorKind::Serialization
        };
        return Err(refuse(&ApiError::new(kind, "")));
    };
    let document = request::to_document(operation, body).map_err(|error| refuse(&error))?;
    Ok((operation, document))
}

/// The answer of an operation that ran.
pub fn answer(outcome: Result<&[u8], &ApiError>) -> HttpAnswer {
    match outcome {
        Ok(document) => {
            let mut body = Vec::new();
            if response::to_json(document, &mut body).is_none() {
                return answer(Err(&ApiError::new(
                    ErrorKind::InternalServerError,
                    "The answer could not be written",
                )));
            }
            HttpAnswer::new(200, JSON_1_0, body)
        }
        Err(error) => HttpAnswer::new(error.kind.status(), JSON_1_0, error::to_json(error)),
    }
}

#[cfg(test)]
mod tests;
