use super::{HttpAnswer, JSON, JSON_1_0, MAX_BODY, answer, decode};
use crate::api::{ApiError, Operation};
use crate::item::tag;
use crate::wire::document::DocWriter;

const TARGET: Option<&str> = Some("DynamoDB_20120810.ListTables");

fn refused(method: &str, target: Option<&str>, content_type: Option<&str>, body: &[u8]) -> (u16, String) {
    let answer = decode(method, "/", target, content_type, body).unwrap_err();
    assert_eq!(answer.crc32, crc32fast::hash(&answer.body));
    (answer.status, String::from_utf8(answer.body).unwrap())
}

#[test]
fn a_request_is_decoded() {
    let (op, doc) = decode("POST", "/", TARGET, Some(JSON_1_0), b"{\"Limit\":5}").unwrap();
    assert_eq!(op, Operation::ListTables);
    assert_eq!(doc.first(), Some(&tag::MAP));
    assert!(decode("POST", "/", TARGET, Some("application/json; charset=utf-8"), b"").is_ok());
    assert!(decode("POST", "/", TARGET, Some("Application/X-Amz-JSON-1.0"), b"").is_ok());
}

#[test]
fn what_is_no_request_gets_its_answer() {
    assert_eq!(refused("GET", None, None, b""), (200, "healthy: dynamodb.local.amazonaws.com ".into()));
    let not_found = (404, "<UnknownOperationException/>\n".to_owned());
    assert_eq!(refused("PUT", TARGET, Some(JSON_1_0), b"{}"), not_found);
    assert_eq!(refused("POST", TARGET, Some("text/plain"), b"{}"), not_found);
    assert_eq!(refused("POST", TARGET, None, b"{}"), not_found);
    assert_eq!(decode("GET", "/x", None, None, b"").unwrap_err().status, 404);
    assert_eq!(refused("POST", TARGET, Some(JSON_1_0), &vec![b' '; MAX_BODY + 1]), (413, String::new()));
    let unknown = (400, r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_owned());
    assert_eq!(refused("POST", None, Some(JSON_1_0), b"{}"), unknown);
    assert_eq!(refused("POST", Some("DynamoDB_20120810.Nope"), Some(JSON_1_0), b""), unknown);
    assert_eq!(refused("POST", Some("DynamoDB_20111205.GetItem"), Some(JSON_1_0), b"{}"), unknown);
    for name in crate::api::operation::TO_COME {
        let target = format!("DynamoDB_20120810.{name}");
        assert_eq!(refused("POST", Some(&target), Some(JSON_1_0), b"{}"), unknown, "{name}");
    }
    let bad = (400, r#"{"__type":"com.amazon.coral.service#SerializationException"}"#.to_owned());
    assert_eq!(refused("POST", None, Some(JSON_1_0), b"{"), bad);
    assert_eq!(refused("POST", TARGET, Some(JSON_1_0), b"{"), bad);
}

#[test]
fn the_older_content_type_is_answered_in_kind() {
    let refusal = decode("POST", "/", None, Some(JSON), b"{}").unwrap_err();
    assert_eq!(refusal.content_type, JSON);
    assert_eq!(answer(Err(&ApiError::validation("x"))).content_type, JSON_1_0);
    assert_eq!(
        answer(Err(&ApiError::validation("x"))).for_request(Some("application/json")).content_type,
        JSON
    );
}

#[test]
fn answers_carry_status_and_checksum() {
    let mut w = DocWriter::default();
    let open = w.begin(tag::MAP, 0);
    w.end(open);
    assert_eq!(
        answer(Ok(&w.finish())),
        HttpAnswer { status: 200, content_type: JSON_1_0, crc32: 2_745_614_147, body: b"{}".to_vec() }
    );
    assert_eq!(answer(Err(&ApiError::validation("x"))).status, 400);
    assert_eq!(answer(Ok(&[99])).status, 500);
}
