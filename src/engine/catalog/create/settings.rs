//! Stream, encryption, table class and tags.

use crate::api::ApiError;
use crate::platform::unicode::is_letter_digit_or_space;

use super::super::read::Fields;
use super::super::schema::{Named, Sse, StreamView, TableClass, Tag};
use super::{invalid, malformed};

/// Tags of a table.
pub(in crate::engine::catalog) const MOST_TAGS: usize = 50;

pub(super) fn stream(request: &Fields<'_>) -> Result<Option<StreamView>, ApiError> {
    let Some(stream) = request.map("StreamSpecification") else { return Ok(None) };
    match (stream.boolean("StreamEnabled").unwrap_or(false), stream.named("StreamViewType")) {
        (true, None) => {
            Err(invalid("Table is being created with a stream enabled, UpdateViewType is required"))
        }
        (false, Some(_)) => Err(invalid(
            "Table is being created with a stream disabled, UpdateViewType should not be specified",
        )),
        (_, view) => Ok(view),
    }
}

pub(in crate::engine::catalog) fn sse(request: &Fields<'_>) -> Result<Option<Sse>, ApiError> {
    let Some(sse) = request.map("SSESpecification") else { return Ok(None) };
    let enabled = sse.boolean("Enabled").unwrap_or(false);
    let kind = sse.text("SSEType");
    let key = sse.owned("KMSMasterKeyId");
    if !enabled && kind.is_some() {
        return Err(invalid("SSEType can not be specified if Enabled is false"));
    }
    if !enabled && key.is_some() {
        return Err(invalid("KMSMasterKeyId can not be specified if Enabled is false"));
    }
    if key.is_some() && kind != Some("KMS") {
        return Err(invalid("SSEType KMS is required if KMSMasterKeyId is specified"));
    }
    if kind == Some("AES256") {
        return Err(invalid("SSEType AES256 is not supported"));
    }
    Ok(enabled.then_some(Sse { key }))
}

pub(in crate::engine::catalog) fn class(request: &Fields<'_>) -> Result<Option<TableClass>, ApiError> {
    let Some(name) = request.text("TableClass") else { return Ok(None) };
    TableClass::from_name(name).map(Some).ok_or_else(|| {
        ApiError::validation(
            "Invalid table-class parameter provided. Please try again with a valid table-class value: \
             [STANDARD, STANDARD_INFREQUENT_ACCESS].",
        )
    })
}

pub(in crate::engine::catalog) fn tags(request: &Fields<'_>) -> Result<Vec<Tag>, ApiError> {
    let list = request.maps("Tags").unwrap_or_default();
    if list.len() > MOST_TAGS {
        return Err(ApiError::validation(
            "Number of Tags exceed the current limit for the provided ResourceArn",
        ));
    }
    let mut tags: Vec<Tag> = Vec::new();
    for tag in list {
        let key = tag.owned("Key").ok_or_else(malformed)?;
        let value = tag.owned("Value").ok_or_else(malformed)?;
        if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
            return Err(ApiError::validation(format!("Tag Key cannot be prefixed with aws:, Key: {key}")));
        }
        if !key.chars().all(allowed) {
            return Err(ApiError::validation(format!("The Tag Key provided is invalid, Key: {key}")));
        }
        if !value.chars().all(allowed) {
            return Err(ApiError::validation(format!("The Tag Value provided is invalid, Value: {value}")));
        }
        if tags.iter().any(|t| t.key == key) {
            return Err(ApiError::validation(format!(
                "Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}"
            )));
        }
        tags.push(Tag { key, value });
    }
    Ok(tags)
}

/// Letters, digits, white space and `_ . : / = + - @`, as AWS has it for tags everywhere.
fn allowed(c: char) -> bool {
    matches!(c, '0'..='9' | 'A'..='Z' | 'a'..='z' | '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
        || is_letter_digit_or_space(c)
}
