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
    let capital = silent
        || matches!(error.kind, ErrorKind::TransactionCanceled | ErrorKind::IdempotentParameterMismatch)
        || (error.statement && error.item.is_some());
    if !(silent && error.message.is_empty()) {
        out.extend_from_slice(if capital { b",\"Message\":" } else { b",\"message\":" });
        string(error.message.as_bytes(), &mut out);
    }
    put_item(error.item.as_deref(), &mut out);
    if !error.reasons.is_empty() {
        out.extend_from_slice(b",\"CancellationReasons\":[");
        for (at, reason) in error.reasons.iter().enumerate() {
            out.extend_from_slice(if at == 0 { b"{\"Code\":\"" } else { b",{\"Code\":\"" });
            out.extend_from_slice(reason.code.as_bytes());
            out.push(b'"');
            put_item(reason.item.as_deref(), &mut out);
            if !reason.message.is_empty() {
                out.extend_from_slice(b",\"Message\":");
                string(reason.message.as_bytes(), &mut out);
            }
            out.push(b'}');
        }
        out.push(b']');
    }
    out.push(b'}');
    out
}

/// The member Item, if there is one.
fn put_item(item: Option<&[u8]>, out: &mut Vec<u8>) {
    let Some(item) = item.and_then(ItemRef::parse) else { return };
    let start = out.len();
    out.extend_from_slice(b",\"Item\":");
    if item_to_json(&item, out).is_none() {
        out.truncate(start);
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use crate::api::error::Reason;
    use crate::api::{ApiError, ErrorKind};

    fn text(error: &ApiError) -> String {
        String::from_utf8(to_json(error)).unwrap()
    }

    #[test]
    fn a_statement_spells_the_message_of_a_failed_condition_with_its_item_in_another_way() {
        let mut error = ApiError::new(ErrorKind::ConditionalCheckFailed, "The conditional request failed");
        error.statement = true;
        assert!(text(&error).contains(r#","message":"The"#));
        error.item = Some(crate::item::ItemBuf::default().into_bytes());
        assert!(text(&error).contains(r#","Message":"The"#), "{}", text(&error));
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

    #[test]
    fn a_cancelled_transaction_gives_a_reason_for_each_action() {
        let mut error = ApiError::new(ErrorKind::TransactionCanceled, "Transaction cancelled");
        let item = Some(vec![1, 4, 1, 4, b'p', b'k', 4, 14]);
        let failed =
            Reason { code: "ConditionalCheckFailed", message: "The conditional request failed".into(), item };
        error.reasons = vec![Reason::none(), failed];
        assert_eq!(
            text(&error),
            concat!(
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","#,
                r#""Message":"Transaction cancelled","CancellationReasons":[{"Code":"None"},"#,
                r#"{"Code":"ConditionalCheckFailed","Item":{"pk":{"N":"7"}},"#,
                r#""Message":"The conditional request failed"}]}"#
            )
        );
    }
}
