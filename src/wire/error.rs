//! A failed operation as DynamoDB's error body.

use crate::api::{ApiError, ErrorKind};
use crate::item::ItemRef;

use super::response::{item_to_json, string};

/// The body: `__type`, the message, and the item that failed its condition when it was asked for.
pub fn to_json(error: &ApiError) -> Vec<u8> {
    let mut out = Vec::with_capacity(96 + error.message.len());
    out.extend_from_slice(b"{\"__type\":\"");
    out.extend_from_slice(error.kind.namespace().as_bytes());
    out.push(b'#');
    out.extend_from_slice(error.kind.name().as_bytes());
    out.push(b'"');
    // The service spells this member in two ways; SDKs look for both.
    let silent = matches!(error.kind, ErrorKind::Serialization | ErrorKind::UnknownOperation);
    if !(silent && error.message.is_empty()) {
        out.extend_from_slice(if silent { b",\"Message\":" } else { b",\"message\":" });
        string(error.message.as_bytes(), &mut out);
    }
    if let Some(item) = error.item.as_deref().and_then(ItemRef::parse) {
        let start = out.len();
        out.extend_from_slice(b",\"Item\":");
        if item_to_json(&item, &mut out).is_none() {
            out.truncate(start);
        }
    }
    out.push(b'}');
    out
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use crate::api::{ApiError, ErrorKind};

    fn text(error: &ApiError) -> String {
        String::from_utf8(to_json(error)).unwrap()
    }

    #[test]
    fn type_and_message_are_spelled_as_the_service_does() {
        assert_eq!(
            text(&ApiError::validation("a \"b\"")),
            r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"a \"b\""}"#
        );
        assert_eq!(
            text(&ApiError::new(ErrorKind::ResourceNotFound, "Requested resource not found")),
            concat!(
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","#,
                r#""message":"Requested resource not found"}"#
            )
        );
    }

    #[test]
    fn serialization_errors_capitalise_their_message_or_have_none() {
        assert_eq!(
            text(&ApiError::new(ErrorKind::Serialization, "x")),
            r#"{"__type":"com.amazon.coral.service#SerializationException","Message":"x"}"#
        );
        assert_eq!(
            text(&ApiError::new(ErrorKind::Serialization, "")),
            r#"{"__type":"com.amazon.coral.service#SerializationException"}"#
        );
        assert_eq!(
            text(&ApiError::new(ErrorKind::UnknownOperation, "")),
            r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#
        );
    }

    #[test]
    fn the_item_of_a_failed_condition_is_included() {
        // Version, size, one attribute: "pk" = N 7.
        let item = vec![1, 4, 1, 4, b'p', b'k', 4, 14];
        let mut error = ApiError::new(ErrorKind::ConditionalCheckFailed, "The conditional request failed");
        error.item = Some(item);
        assert_eq!(
            text(&error),
            concat!(
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","#,
                r#""message":"The conditional request failed","Item":{"pk":{"N":"7"}}}"#
            )
        );
        error.item = Some(vec![1, 4, 1, 4, b'p', b'k', 99]);
        assert!(!text(&error).contains("Item"));
    }
}
