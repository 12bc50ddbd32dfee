use super::to_document;
use crate::api::{ErrorKind, Operation};
use crate::item::value::{Reader, ValueRef};
use crate::item::{MapRef, tag};
use proptest::prelude::*;

/// A document as short text.
fn show(value: ValueRef<'_>) -> String {
    let mut r = Reader::new(value.bytes());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match r.u8().unwrap() {
        tag::NULL => "NULL".into(),
        tag::TRUE => "true".into(),
        tag::FALSE => "false".into(),
        tag::BAD_EMPTY => "empty!".into(),
        tag::BAD_MANY => "many!".into(),
        tag::BAD_NULL => "null!".into(),
        tag::AV => format!("AV {}", show(ValueRef::first(r.rest()).unwrap())),
        tag::NUM_TEXT => format!("N:{}", text(r.binary().unwrap())),
        tag::BIN => format!("B:{:?}", r.binary().unwrap()),
        tag::STR => format!("'{}'", text(r.text().unwrap())),
        tag::INT => value.number().map(|n| (n.mantissa * 10i128.pow(n.exponent as u32)).to_string()).unwrap(),
        t @ (tag::MAP | tag::ITEM) => {
            let (count, body) = r.container().unwrap();
            let map = MapRef::from_parts(count, body);
            let parts: Vec<_> = map.iter().map(|(k, v)| format!("{}={}", text(k), show(v))).collect();
            assert_eq!(parts.len(), count);
            format!("{}{{{}}}", if t == tag::ITEM { "I" } else { "" }, parts.join(", "))
        }
        t => {
            let (count, body) = r.container().unwrap();
            let mut r = Reader::new(body);
            let mut parts = Vec::new();
            while !r.is_empty() {
                parts.push(match t {
                    tag::SS => text(r.text().unwrap()),
                    tag::BS => format!("{:?}", r.binary().unwrap()),
                    _ => show(r.value().unwrap()),
                });
            }
            assert_eq!(parts.len(), count);
            format!("{}[{}]", ["SS", "NS", "BS", ""][usize::from(t - tag::SS)], parts.join(", "))
        }
    }
}

fn converted(op: Operation, json: &str) -> Result<String, String> {
    match to_document(op, json.as_bytes()) {
        Ok(doc) => {
            let value = ValueRef::first(&doc).unwrap();
            assert_eq!(value.bytes(), doc);
            Ok(show(value))
        }
        Err(error) => {
            if error.kind == ErrorKind::Serialization {
                Err(error.message.to_string())
            } else {
                Err(error.to_string())
            }
        }
    }
}

fn put(value: &str) -> Result<String, String> {
    let json = format!(r#"{{"TableName":"t","Item":{{"a":{value}}}}}"#);
    converted(Operation::PutItem, &json).map(|doc| {
        doc.strip_prefix("{TableName='t', Item=I{a=").unwrap().strip_suffix("}}").unwrap().to_owned()
    })
}

#[test]
fn every_type_of_value_has_its_tag() {
    for (json, shown) in [
        (r#"{"S":"ä\n"}"#, "'ä\n'"),
        (r#"{"N":"1e5"}"#, "N:1e5"),
        (r#"{"B":"AQI="}"#, "B:[1, 2]"),
        (r#"{"BOOL":true}"#, "true"),
        (r#"{"BOOL":"No"}"#, "false"),
        (r#"{"NULL":true}"#, "NULL"),
        (r#"{"NULL":false}"#, "null!"),
        (r#"{"SS":["b","a","a"]}"#, "SS[b, a, a]"),
        (r#"{"NS":["1","1.0"]}"#, "NS[N:1, N:1.0]"),
        (r#"{"BS":["AQ==",""]}"#, "BS[[1], []]"),
        (r#"{"L":[{"S":"x"},{"L":[]},{}]}"#, "['x', [], empty!]"),
        (r#"{"M":{"b":{"N":"1"},"a":{"M":{}}}}"#, "{b=N:1, a={}}"),
        (r"{}", "empty!"),
        ("null", "empty!"),
        (r#"{"Q":[1,{"x":2}]}"#, "empty!"),
        (r#"{"S":"a","N":"1"}"#, "many!"),
        (r#"{"S":"a","N":"1","S":"b"}"#, "many!"),
        (r#"{"S":"a","S":"b"}"#, "'b'"),
        (r#"{"S":null,"N":"1"}"#, "N:1"),
    ] {
        assert_eq!(put(json).as_deref(), Ok(shown), "{json}");
    }
}

#[test]
fn members_are_converted_by_their_shape() {
    assert_eq!(
        converted(
            Operation::Query,
            r##" { "TableName" : "t" , "Limit":10,"ConsistentRead":"YES","Unknown":{"a":[1]},"Select":null,
            "ExpressionAttributeNames":{"#a":"b"},"ExpressionAttributeValues":{":v":{"N":"1"}},
            "KeyConditions":{"k":{"AttributeValueList":[{"S":"x"}],"ComparisonOperator":"EQ"}}} "##
        )
        .unwrap(),
        "{TableName='t', Limit=10, ConsistentRead=true, ExpressionAttributeNames={#a='b'}, \
         ExpressionAttributeValues=I{:v=N:1}, KeyConditions={k={AttributeValueList=[AV 'x'], ComparisonOperator='EQ'}}}"
    );
    assert_eq!(
        converted(
            Operation::BatchGetItem,
            r#"{"RequestItems":{"t":{"Keys":[{"p":{"S":"1"}},{"p":{"S":"2"}}]}}}"#
        )
        .unwrap(),
        "{RequestItems={t={Keys=[I{p='1'}, I{p='2'}]}}}"
    );
    assert_eq!(
        converted(
            Operation::BatchWriteItem,
            r#"{"RequestItems":{"t":[{"PutRequest":{"Item":{"p":{"S":"1"}}}}]}}"#
        )
        .unwrap(),
        "{RequestItems={t=[{PutRequest={Item=I{p='1'}}}]}}"
    );
    assert_eq!(converted(Operation::Scan, r#"{"Limit":1.9}"#).unwrap(), "{Limit=1}");
    assert_eq!(converted(Operation::ListTables, "").unwrap(), "{}");
    assert_eq!(converted(Operation::ListTables, "null").unwrap(), "{}");
}

#[test]
fn the_last_of_repeated_members_counts() {
    assert_eq!(
        converted(Operation::GetItem, r#"{"TableName":"a","ConsistentRead":true,"TableName":"b"}"#).unwrap(),
        "{ConsistentRead=true, TableName='b'}"
    );
    assert_eq!(
        converted(Operation::GetItem, r##"{"ExpressionAttributeNames":{"#a":"x","#b":"y","#a":"z"}}"##)
            .unwrap(),
        "{ExpressionAttributeNames={#b='y', #a='z'}}"
    );
    let names: Vec<_> = (0..20).map(|i| format!(r##""#{}":"{i}""##, i % 10)).collect();
    let json = format!(r#"{{"ExpressionAttributeNames":{{{}}}}}"#, names.join(","));
    let shown = converted(Operation::GetItem, &json).unwrap();
    assert!(
        shown.starts_with("{ExpressionAttributeNames={#0='10', #1='11'") && shown.ends_with("#9='19'}}"),
        "{shown}"
    );
}

#[test]
fn counts_above_127_are_written() {
    let members = vec![r#"{"S":"x"}"#; 300].join(",");
    let shown = put(&format!(r#"{{"L":[{members}]}}"#)).unwrap();
    assert_eq!(shown.matches("'x'").count(), 300);
    let names: Vec<_> = (0..200).map(|i| format!(r##""#{i}":"n""##)).collect();
    let json = format!(r#"{{"ExpressionAttributeNames":{{{}}}}}"#, names.join(","));
    assert_eq!(converted(Operation::GetItem, &json).unwrap().matches("='n'").count(), 200);
}

#[test]
fn values_of_the_wrong_type_are_refused_in_the_words_of_dynamodb() {
    const MAP: &str = "Unrecognized collection type java.util.Map<java.lang.String, \
                       com.amazonaws.dynamodb.v20120810.AttributeValue>";
    for (json, message) in [
        (r#"{"Limit":"1"}"#, "STRING_VALUE cannot be converted to Integer"),
        (r#"{"Limit":true}"#, "TRUE_VALUE cannot be converted to Integer"),
        (r#"{"Limit":[]}"#, "Unrecognized collection type class java.lang.Integer"),
        (r#"{"Limit":{}}"#, "Start of structure or map found where not expected"),
        (r#"{"Limit":3000000000}"#, ""),
        (r#"{"TableName":true}"#, "TRUE_VALUE cannot be converted to String"),
        (r#"{"TableName":false}"#, "FALSE_VALUE cannot be converted to String"),
        (r#"{"TableName":23}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"TableName":-2.5}"#, "DECIMAL_VALUE cannot be converted to String"),
        (r#"{"TableName":1e3}"#, "DECIMAL_VALUE cannot be converted to String"),
        (r#"{"TableName":[]}"#, "Unrecognized collection type class java.lang.String"),
        (r#"{"TableName":{}}"#, "Start of structure or map found where not expected"),
        (r#"{"ConsistentRead":1}"#, "NUMBER_VALUE cannot be converted to Boolean"),
        (r#"{"ConsistentRead":1.5}"#, "DECIMAL_VALUE cannot be converted to Boolean"),
        (r#"{"ConsistentRead":"maybe"}"#, "Unexpected token received from parser"),
        (r#"{"ConsistentRead":[]}"#, "Unrecognized collection type class java.lang.Boolean"),
        (r#"{"ExclusiveStartKey":[]}"#, MAP),
        (r#"{"ExclusiveStartKey":"x"}"#, "Unexpected field type"),
        (r#"{"ExclusiveStartKey":{"a":"x"}}"#, "Unexpected value type in payload"),
        (
            r#"{"ExclusiveStartKey":{"a":[]}}"#,
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue",
        ),
        (
            r#"{"ExpressionAttributeNames":[]}"#,
            "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>",
        ),
        (r#"{"AttributesToGet":"a"}"#, "Unexpected field type"),
        (r#"{"AttributesToGet":{}}"#, "Start of structure or map found where not expected"),
        (r#"{"AttributesToGet":[1]}"#, "NUMBER_VALUE cannot be converted to String"),
        (
            r#"{"ScanFilter":{"a":[]}}"#,
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.Condition",
        ),
        ("[]", "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.ScanInput"),
        ("1", "Unexpected value type in payload"),
    ] {
        assert_eq!(converted(Operation::Scan, json), Err(message.into()), "{json}");
    }
    assert_eq!(
        converted(Operation::CreateTable, r#"{"ProvisionedThroughput":{"ReadCapacityUnits":"1"}}"#),
        Err("STRING_VALUE cannot be converted to Long".into())
    );
}

#[test]
fn wrong_types_inside_user_data_are_refused_in_the_words_of_dynamodb() {
    for (json, message) in [
        (r#"{"S":1}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"N":1}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"N":1.5}"#, "DECIMAL_VALUE cannot be converted to String"),
        (r#"{"S":"a","N":1}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"NS":[1]}"#, "NUMBER_VALUE cannot be converted to String"),
        (r#"{"B":true}"#, "only base-64-encoded strings are convertible to bytes"),
        (r#"{"B":[]}"#, "Unrecognized collection type class java.nio.ByteBuffer"),
        (r#"{"B":{}}"#, "Start of structure or map found where not expected"),
        (r#"{"B":"abc"}"#, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        (r#"{"B":"Zh=="}"#, "Invalid last non-pad Base64 character dectected"),
        (r#"{"BS":["abc"]}"#, "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
        (r#"{"BOOL":[]}"#, ""),
        (r#"{"NULL":[]}"#, ""),
        (r#"{"BOOL":1}"#, "NUMBER_VALUE cannot be converted to Boolean"),
        (r#"{"SS":"a"}"#, "Unexpected field type"),
        (r#"{"SS":{}}"#, "Start of structure or map found where not expected"),
        (r#"{"L":["a"]}"#, "Unexpected value type in payload"),
        (r#"{"L":{}}"#, "Start of structure or map found where not expected"),
        (
            r#"{"SS":[null]}"#,
            "ValidationException: One or more parameter values were invalid: \
             An string set  may not have a null string as a member",
        ),
    ] {
        assert_eq!(put(json), Err(message.into()), "{json}");
    }
}

#[test]
fn what_is_not_json_is_refused_without_a_word_even_after_a_wrong_type() {
    for json in ["{", "{\"TableName\":\"t\"", "{\"TableName\":1,", "{} x", "\u{1}"] {
        assert_eq!(converted(Operation::PutItem, json), Err(String::new()), "{json}");
    }
    let error = to_document(Operation::PutItem, b"{\"TableName\":\"\xFF\"}").unwrap_err();
    assert_eq!((error.kind, &*error.message), (ErrorKind::Serialization, ""));
}

#[test]
fn bottomless_values_are_refused() {
    let deep = |n: usize| format!("{}{{\"L\":[]}}{}", "{\"L\":[".repeat(n), "]}".repeat(n));
    assert!(put(&deep(60)).is_ok());
    assert!(put(&deep(80)).unwrap_err().starts_with("ValidationException: Nesting Levels have exceeded"));
    assert_eq!(put(&deep(100_000)), Err(String::new()));
}

const VALID: &[(Operation, &str)] = &[
    (
        Operation::PutItem,
        r##"{"TableName":"t","Item":{"a":{"S":"x"},"b":{"L":[{"N":"1"},{"M":{"c":{"BS":["AQ=="]}}}]}},"Expected":{"a":{"Value":{"NULL":true}}},"ExpressionAttributeNames":{"#a":"\u00e9\ud83d"}}"##,
    ),
    (
        Operation::CreateTable,
        r#"{"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"BillingMode":"PAY_PER_REQUEST"}"#,
    ),
    (
        Operation::BatchWriteItem,
        r#"{"RequestItems":{"abc":[{"PutRequest":{"Item":{"a":{"S":"x"}}}},{"DeleteRequest":{"Key":{"a":{"S":"y"}}}}]}}"#,
    ),
];

proptest! {
    #[test]
    fn any_bytes_are_survived(op in 0..12usize, bytes: Vec<u8>) {
        let _ = to_document(Operation::ALL[op], &bytes);
    }

    #[test]
    fn mutated_requests_are_survived_and_give_whole_documents(
        which in 0..VALID.len(),
        op in 0..12usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>()), 0..4),
    ) {
        let mut bytes = VALID[which].1.as_bytes().to_vec();
        for (at, kind, byte) in edits {
            let i = at.index(bytes.len());
            match kind {
                0 => bytes[i] = byte,
                1 => { bytes.remove(i); }
                2 => bytes.insert(i, b"{}[],:\"\\0n"[usize::from(byte) % 10]),
                _ => { let tail = bytes[i..].to_vec(); bytes.extend(tail); }
            }
        }
        for op in [Operation::ALL[op], VALID[which].0] {
            if let Ok(doc) = to_document(op, &bytes) {
                let value = ValueRef::first(&doc).unwrap();
                prop_assert_eq!(value.bytes(), &doc[..]);
                show(value);
            }
        }
    }
}
