use super::envelope;
use crate::api::{ApiError, Operation};
use crate::item::{MapRef, ValueRef, View, tag};
use crate::wire::document::DocWriter;
use crate::wire::request::to_document;
use proptest::prelude::*;

fn map(doc: &[u8]) -> MapRef<'_> {
    let Some(View::M(map)) = ValueRef::first(doc).and_then(ValueRef::view) else { panic!("no map") };
    map
}

fn check(op: Operation, json: &str) -> Result<(), ApiError> {
    let doc = to_document(op, json.as_bytes()).unwrap();
    envelope(op, map(&doc))
}

/// The message of the refusal.
fn refused(op: Operation, json: &str) -> String {
    check(op, json).unwrap_err().message.to_string()
}

const NAME: &str = "[a-zA-Z0-9_.-]+";

#[test]
fn valid_requests_pass() {
    for (op, json) in [
        (Operation::GetItem, r#"{"TableName":"abc","Key":{"a":{}}}"#),
        (Operation::GetItem, r#"{"TableName":"arn:aws:dynamodb:r-1:1:table/abc","Key":{"a":{}}}"#),
        (Operation::PutItem, r#"{"TableName":"a-b","Item":{},"ReturnValues":"ALL_OLD"}"#),
        (Operation::ListTables, "{}"),
        (Operation::Scan, r#"{"TableName":"abc","Limit":1,"TotalSegments":1000000,"Segment":999999}"#),
        (Operation::BatchGetItem, r#"{"RequestItems":{"abc":{"Keys":[{"a":{}}]}}}"#),
        (Operation::BatchWriteItem, r#"{"RequestItems":{"abc":[{"DeleteRequest":{"Key":{}}}]}}"#),
        (
            Operation::UpdateItem,
            r#"{"TableName":"abc","Key":{},"AttributeUpdates":{"a":{"Action":"PUT","Value":{}}}}"#,
        ),
    ] {
        assert_eq!(check(op, json), Ok(()), "{json}");
    }
}

#[test]
fn missing_table_names() {
    assert_eq!(
        refused(Operation::Query, "{}"),
        "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null"
    );
    for op in [Operation::CreateTable, Operation::DescribeTable, Operation::DeleteTable] {
        assert_eq!(
            refused(op, "{}"),
            "The parameter 'TableName' is required but was not present in the request"
        );
    }
}

#[test]
fn table_names_of_wrong_length() {
    let least = |n| {
        format!(
            "1 validation error detected: Value at 'TableName' failed to satisfy constraint: \
             Member must have length greater than or equal to {n}"
        )
    };
    for op in [Operation::GetItem, Operation::UpdateItem, Operation::Query, Operation::DescribeTable] {
        assert_eq!(refused(op, r#"{"TableName":"","Key":{}}"#), least(1));
        assert_eq!(refused(op, r#"{"TableName":"ab","Key":{}}"#), least(3));
    }
    for op in [Operation::CreateTable, Operation::DeleteTable] {
        for name in ["", "ab", &"a".repeat(256)] {
            assert_eq!(
                refused(op, &format!(r#"{{"TableName":"{name}"}}"#)),
                "TableName must be at least 3 characters long and at most 255 characters long"
            );
        }
    }
    let long = "a".repeat(256);
    assert_eq!(
        refused(Operation::GetItem, &format!(r#"{{"TableName":"{long}","Key":{{}}}}"#)),
        format!(
            "1 validation error detected: Value '{long}' at 'tableName' failed to satisfy constraint: \
             Member must have length less than or equal to 255"
        )
    );
}

#[test]
fn table_names_of_wrong_characters() {
    for op in [Operation::GetItem, Operation::DescribeTable, Operation::DeleteTable] {
        assert_eq!(
            refused(op, r#"{"TableName":"abc;","Key":{}}"#),
            format!(
                "1 validation error detected: Value 'abc;' at 'tableName' failed to satisfy constraint: \
                 Member must satisfy regular expression pattern: {NAME}"
            )
        );
    }
}

#[test]
fn arns_that_are_not_of_a_table() {
    let message = "Invalid TableArn: Invalid ResourceArn provided as input arn:aws:x";
    assert_eq!(refused(Operation::GetItem, r#"{"TableName":"arn:aws:x","Key":{}}"#), message);
    assert_eq!(refused(Operation::DeleteTable, r#"{"TableName":"arn:aws:x"}"#), message);
    assert_eq!(
        refused(Operation::BatchGetItem, r#"{"RequestItems":{"arn:aws:x":{"Keys":[{"a":{"S":"b"}}]}}}"#),
        message
    );
}

#[test]
fn where_a_bad_table_name_stands_among_other_errors() {
    let name = format!(
        "Value 'a;bc' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: {NAME}"
    );
    let key = "Value null at 'key' failed to satisfy constraint: Member must not be null";
    let both = format!("2 validation errors detected: {name}; {key}");
    let alone = format!("1 validation error detected: {name}");
    assert_eq!(refused(Operation::DeleteItem, r#"{"TableName":"a;bc"}"#), both);
    assert_eq!(refused(Operation::UpdateItem, r#"{"TableName":"a;bc"}"#), alone);
    assert_eq!(
        refused(Operation::Scan, r#"{"TableName":"a;bc","Limit":0}"#),
        "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: \
         Member must have value greater than or equal to 1"
    );
    assert_eq!(refused(Operation::Scan, r#"{"TableName":"a;bc"}"#), alone);
}

#[test]
fn members_that_must_not_be_null() {
    assert_eq!(
        refused(Operation::PutItem, r#"{"TableName":"abc"}"#),
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(
        refused(Operation::BatchWriteItem, r#"{"RequestItems":{"abc":[{"PutRequest":{}}]}}"#),
        "1 validation error detected: Value null at 'requestItems.abc.member.1.member.putRequest.item' \
         failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(
        refused(Operation::Query, r#"{"TableName":"abc","KeyConditions":{"a":{}}}"#),
        "1 validation error detected: Value null at 'keyConditions.a.member.comparisonOperator' \
         failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(
        refused(Operation::BatchGetItem, "{}"),
        "1 validation error detected: Value null at 'requestItems' failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn values_outside_an_enum_are_echoed_with_the_set() {
    for (op, member, set) in [
        (Operation::PutItem, "ReturnConsumedCapacity", "[INDEXES, TOTAL, NONE]"),
        (Operation::PutItem, "ReturnItemCollectionMetrics", "[SIZE, NONE]"),
        (Operation::PutItem, "ReturnValues", "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"),
        (Operation::PutItem, "ConditionalOperator", "[OR, AND]"),
        (Operation::PutItem, "ReturnValuesOnConditionCheckFailure", "[ALL_OLD, NONE]"),
        (
            Operation::Query,
            "Select",
            "[SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
        ),
    ] {
        let camel = format!("{}{}", member[..1].to_lowercase(), &member[1..]);
        assert_eq!(
            refused(op, &format!(r#"{{"TableName":"abc","Item":{{}},"{member}":"hi"}}"#)),
            format!(
                "1 validation error detected: Value 'hi' at '{camel}' failed to satisfy constraint: \
                 Member must satisfy enum value set: {set}"
            )
        );
    }
}

#[test]
fn numbers_and_lengths_out_of_range() {
    for (op, json, rest) in [
        (
            Operation::Query,
            r#"{"TableName":"abc","Limit":0}"#,
            "Value at 'Limit' failed to satisfy constraint: Member must have value greater than or equal to 1",
        ),
        (
            Operation::ListTables,
            r#"{"Limit":101}"#,
            "Value '101' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 100",
        ),
        (
            Operation::Scan,
            r#"{"TableName":"abc","Segment":-1}"#,
            "Value '-1' at 'segment' failed to satisfy constraint: Member must have value greater than or equal to 0",
        ),
        (
            Operation::GetItem,
            r#"{"TableName":"abc","Key":{},"AttributesToGet":[]}"#,
            "Value '[]' at 'attributesToGet' failed to satisfy constraint: \
             Member must have length greater than or equal to 1",
        ),
    ] {
        assert_eq!(refused(op, json), format!("1 validation error detected: {rest}"));
    }
    assert_eq!(
        refused(Operation::ListTables, r#"{"ExclusiveStartTableName":"a;"}"#),
        format!(
            "2 validation errors detected: Value 'a;' at 'exclusiveStartTableName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: {NAME}; Value 'a;' at 'exclusiveStartTableName' failed to \
             satisfy constraint: Member must have length greater than or equal to 3"
        )
    );
}

#[test]
fn key_schemas_are_dumped_as_java_does() {
    assert_eq!(
        refused(
            Operation::CreateTable,
            r#"{"TableName":"abc","AttributeDefinitions":[{"AttributeName":"a","AttributeType":"X"}],"KeySchema":[
            {"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"},{"KeyType":"RANGE"}],
            "SSESpecification":{"SSEType":"x"}}"#
        ),
        "4 validation errors detected: Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to satisfy \
         constraint: Member must satisfy enum value set: [B, N, S]; Value '[KeySchemaElement(attributeName=a, keyType=HASH), \
         KeySchemaElement(attributeName=b, keyType=RANGE), KeySchemaElement(attributeName=null, keyType=RANGE)]' at \
         'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2; Value null at \
         'keySchema.3.member.attributeName' failed to satisfy constraint: Member must not be null; Value 'x' at \
         'sSESpecification.sSEType' failed to satisfy constraint: Member must satisfy enum value set: [AES256, KMS]"
    );
}

#[test]
fn ten_errors_are_listed_at_most() {
    let definitions = ["{}"; 8].join(",");
    let message = refused(
        Operation::CreateTable,
        &format!(r#"{{"TableName":"abc","AttributeDefinitions":[{definitions}]}}"#),
    );
    assert!(message.starts_with("10 validation errors detected: "), "{message}");
    assert_eq!(message.matches("Member must not be null").count(), 10);
}

#[test]
fn batches_of_wrong_size() {
    assert_eq!(
        refused(Operation::BatchGetItem, r#"{"RequestItems":{}}"#),
        "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
    assert_eq!(
        refused(Operation::BatchWriteItem, r#"{"RequestItems":{}}"#),
        "The requestItems parameter is required for BatchWriteItem"
    );
    let keys = vec![r#"{"a":{"S":"x"}}"#; 101].join(",");
    assert_eq!(
        refused(Operation::BatchGetItem, &format!(r#"{{"RequestItems":{{"abc":{{"Keys":[{keys}]}}}}}}"#)),
        "1 validation error detected: Value at 'RequestItems.abc.member.Keys' failed to satisfy constraint: \
         Member must have length less than or equal to 100"
    );
    let rule = "Map value must satisfy constraint: [Member must have length less than or equal to 25, \
                Member must have length greater than or equal to 1]";
    assert_eq!(
        refused(Operation::BatchWriteItem, r#"{"RequestItems":{"abc":[]}}"#),
        format!(
            "1 validation error detected: Value '{{abc=[]}}' at 'requestItems' failed to satisfy constraint: {rule}"
        )
    );
    let writes = vec![r#"{"DeleteRequest":{"Key":{"a":{"N":"1"}}}}"#; 26].join(",");
    let message = refused(Operation::BatchWriteItem, &format!(r#"{{"RequestItems":{{"abc":[{writes}]}}}}"#));
    assert!(message.starts_with(
        "1 validation error detected: Value '{abc=[WriteRequest(putRequest=null, \
         deleteRequest=DeleteRequest(key={a=AttributeValue: {N:1}})), "
    ));
    assert!(message.ends_with(&format!("' at 'requestItems' failed to satisfy constraint: {rule}")));
}

#[test]
fn keys_of_batches_are_table_names() {
    assert_eq!(
        refused(
            Operation::BatchWriteItem,
            r#"{"RequestItems":{"a;":[{"PutRequest":{"Item":{"a":{"S":"b"}}}}]}}"#
        ),
        format!(
            "1 validation error detected: Value '{{a;=[WriteRequest(putRequest=PutRequest(item={{a=AttributeValue: {{S:b}}}}), \
             deleteRequest=null)]}}' at 'requestItems' failed to satisfy constraint: Map keys must satisfy constraint: \
             [Member must have length less than or equal to 255, Member must have length greater than or equal to 3, \
             Member must satisfy regular expression pattern: {NAME}]"
        )
    );
}

#[test]
fn long_dumps_are_cut_off() {
    let writes =
        vec![format!(r#"{{"PutRequest":{{"Item":{{"ä":{{"S":"{}"}}}}}}}}"#, "é".repeat(3000)); 26].join(",");
    let message = refused(Operation::BatchWriteItem, &format!(r#"{{"RequestItems":{{"abc":[{writes}]}}}}"#));
    assert!(message.len() < 5000 && message.contains("...' at 'requestItems'"));
}

#[test]
fn native_documents_of_wrong_types_are_refused_as_json_is() {
    let with = |write: &dyn Fn(&mut DocWriter)| {
        let mut w = DocWriter::default();
        let open = w.begin(tag::MAP, 2);
        w.name("TableName");
        w.string(b"abc");
        write(&mut w);
        w.end(open);
        let doc = w.finish();
        envelope(Operation::Query, map(&doc)).unwrap_err().to_string()
    };
    let integer = |name: &'static str| {
        with(&move |w| {
            w.name(name);
            w.integer(1);
        })
    };
    assert_eq!(integer("IndexName"), "SerializationException: NUMBER_VALUE cannot be converted to String");
    assert_eq!(
        integer("ConsistentRead"),
        "SerializationException: NUMBER_VALUE cannot be converted to Boolean"
    );
    assert_eq!(integer("ExclusiveStartKey"), "SerializationException: Unexpected field type");
    assert_eq!(
        with(&|w| {
            w.name("Limit");
            w.halves(3);
        }),
        "SerializationException: DECIMAL_VALUE cannot be converted to Integer"
    );
    assert_eq!(
        with(&|w| {
            w.name("IndexName");
            w.string(b"ab\xFFc");
        }),
        "SerializationException: "
    );
}

proptest! {
    #[test]
    fn any_bytes_are_survived(op in 0..12usize, count in 0..5usize, bytes: Vec<u8>) {
        let _ = envelope(Operation::ALL[op], MapRef::from_parts(count, &bytes));
    }

    #[test]
    fn mutated_documents_are_survived(
        op in 0..12usize,
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let json = br##"{"TableName":"a;","Item":{"a":{"S":"x"}},"RequestItems":{"ab":[{"PutRequest":{"Item":{"a":{"L":[{}]}}}}]},
            "KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"Limit":0,"ExpressionAttributeNames":{"#a":"b"}}"##;
        let op = Operation::ALL[op];
        let Ok(mut doc) = to_document(op, json) else { return Ok(()) };
        for (at, byte) in edits {
            let i = at.index(doc.len());
            doc[i] = byte;
        }
        if let Some(View::M(map)) = ValueRef::first(&doc).and_then(ValueRef::view) {
            let _ = envelope(op, map);
        }
    }
}
