use super::super::schema::{
    BillingMode, OnDemand, Projection, Sse, StreamView, TableClass, TableSchema, Warm,
};
use super::parse;
use crate::api::validate::envelope;
use crate::api::{ApiError, Operation};
use crate::item::{Kind, MapRef, ValueRef, View};
use crate::wire::request::to_document;
use proptest::prelude::*;

fn create(json: &str) -> Result<TableSchema, ApiError> {
    let doc = to_document(Operation::CreateTable, json.as_bytes())?;
    let Some(View::M(map)) = ValueRef::first(&doc).and_then(ValueRef::view) else { panic!("no map") };
    envelope(Operation::CreateTable, map)?;
    parse(map)
}

/// A request with attribute definitions ("a:S b:N"), a key schema ("a b", HASH and RANGE) and further members.
fn request(definitions: &str, key: &str, more: &str) -> String {
    let definitions: Vec<_> = definitions
        .split_whitespace()
        .map(|d| d.split_once(':').unwrap_or((d, "S")))
        .map(|(name, kind)| format!(r#"{{"AttributeName":"{name}","AttributeType":"{kind}"}}"#))
        .collect();
    let comma = if more.is_empty() { "" } else { "," };
    format!(
        r#"{{"TableName":"Music","AttributeDefinitions":[{}],{}{comma}{more}}}"#,
        definitions.join(","),
        keys(key)
    )
}

/// `"KeySchema":[...]` of "a b": the first is HASH, the others RANGE, unless "name:HASH" says otherwise.
fn keys(key: &str) -> String {
    let elements: Vec<_> = key
        .split_whitespace()
        .enumerate()
        .map(|(i, e)| e.split_once(':').unwrap_or((e, if i == 0 { "HASH" } else { "RANGE" })))
        .map(|(name, kind)| format!(r#"{{"AttributeName":"{name}","KeyType":"{kind}"}}"#))
        .collect();
    format!(r#""KeySchema":[{}]"#, elements.join(","))
}

const PPR: &str = r#""BillingMode":"PAY_PER_REQUEST""#;

/// A request for a table with key "a b" and one global index.
fn with_gsi(definitions: &str, key: &str, more: &str) -> String {
    let index = format!(r#"{{"IndexName":"idx",{},{more}}}"#, keys(key));
    request(definitions, "a b", &format!(r#"{PPR},"GlobalSecondaryIndexes":[{index}]"#))
}

const ALL: &str = r#""Projection":{"ProjectionType":"ALL"}"#;

fn message(json: &str) -> String {
    create(json).unwrap_err().message.to_string()
}

/// The message without the usual prefix.
fn invalid(json: &str) -> String {
    let message = message(json);
    message
        .strip_prefix("One or more parameter values were invalid: ")
        .unwrap_or_else(|| panic!("{message}"))
        .into()
}

#[test]
fn a_full_request_becomes_a_schema() {
    let schema = create(&request(
        "a:S b:N c:B d:S",
        "a b",
        &format!(
            r#"{PPR},"LocalSecondaryIndexes":[{{"IndexName":"loc",{},"Projection":{{"ProjectionType":"KEYS_ONLY"}}}}],
            "GlobalSecondaryIndexes":[{{"IndexName":"glo",{},"Projection":{{"ProjectionType":"INCLUDE","NonKeyAttributes":["x","y"]}},
              "OnDemandThroughput":{{"MaxReadRequestUnits":7}}}}],
            "OnDemandThroughput":{{"MaxWriteRequestUnits":5}},"WarmThroughput":{{"ReadUnitsPerSecond":12001}},
            "StreamSpecification":{{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}},
            "SSESpecification":{{"Enabled":true,"SSEType":"KMS","KMSMasterKeyId":"k"}},
            "TableClass":"STANDARD_INFREQUENT_ACCESS","DeletionProtectionEnabled":true,
            "Tags":[{{"Key":"team","Value":""}}]"#,
            keys("a c"),
            keys("d b:HASH c")
        ),
    ))
    .unwrap();
    assert_eq!(schema.name, "Music");
    assert_eq!((schema.hash.as_str(), schema.range.as_deref()), ("a", Some("b")));
    assert_eq!(schema.attribute_kind("c"), Some(Kind::B));
    assert_eq!(schema.billing, BillingMode::PayPerRequest);
    let local = &schema.lsis[0];
    assert_eq!(
        (local.hash.as_slice(), local.range.as_slice()),
        (&["a".to_owned()][..], &["c".to_owned()][..])
    );
    assert_eq!(local.projection, Projection::KeysOnly);
    let global = &schema.gsis[0];
    assert_eq!((global.hash.join(" "), global.range.join(" ")), ("d b".into(), "c".into()));
    assert_eq!(global.projection, Projection::Include(vec!["x".into(), "y".into()]));
    assert_eq!(global.on_demand, Some(OnDemand { max_read: Some(7), max_write: None }));
    assert_eq!(schema.on_demand, Some(OnDemand { max_read: None, max_write: Some(5) }));
    assert_eq!(schema.warm, Some(Warm { read: 12_001, write: 4_000 }));
    assert_eq!(schema.stream, Some(StreamView::NewImage));
    assert_eq!(schema.sse, Some(Sse { key: Some("k".into()) }));
    assert_eq!(schema.class, Some(TableClass::StandardInfrequentAccess));
    assert!(schema.deletion_protection);
    assert_eq!(schema.tags.len(), 1);
}

#[test]
fn an_arn_gives_the_name() {
    let json = request("a", "a", PPR).replace("Music", "arn:aws:dynamodb:eu-west-1:1:table/Jazz");
    assert_eq!(create(&json).unwrap().name, "Jazz");
}

#[test]
fn key_schemas() {
    assert_eq!(
        message(&request("a", "a:RANGE", PPR)),
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
    );
    assert_eq!(
        message(&request("a b", "a b:HASH", PPR)),
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
    );
    assert_eq!(
        message(&request("a", "a a", PPR)),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    );
    assert!(message(&request("a b c", "a b c", PPR)).ends_with(
        "at 'keySchema' failed to satisfy constraint: Member must have length less than or equal to 2"
    ));
    assert_eq!(
        message(&request("a", "", PPR)),
        "1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
}

#[test]
fn key_schemas_of_global_indexes() {
    let gsi = |key: &str| with_gsi("a b c d e f g h", key, ALL);
    assert_eq!(
        message(&gsi("a:RANGE b c d e f g h")),
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
    );
    assert_eq!(
        invalid(&gsi("c d e f g h:HASH")),
        "All HASH key attributes must precede RANGE key attributes in the KeySchema"
    );
    assert_eq!(
        invalid(&gsi("c d:HASH e:HASH f:HASH g:HASH h")),
        "The KeySchema exceeds the maximum allowed number of HASH key attributes"
    );
    assert_eq!(
        invalid(&gsi("c d e f g h")),
        "The KeySchema exceeds the maximum allowed number of RANGE key attributes"
    );
    assert_eq!(
        message(&with_gsi("a b", "a:HASH b:HASH a:RANGE", ALL)),
        "The KeySchema contains multiple key attributes with the same name"
    );
    assert_eq!(
        message(&with_gsi("a b", "a a", ALL)),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    );
}

#[test]
fn attribute_definitions() {
    assert_eq!(message(&request("a a", "a", PPR)), "Attribute Name is duplicated: a");
    assert_eq!(
        message(&request("b", "a", PPR)),
        "Invalid KeySchema: Some index key attribute have no definition"
    );
    assert_eq!(
        invalid(&request("a b c", "a b", PPR)),
        "Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"
    );
    assert_eq!(
        invalid(&with_gsi("a b", "c d", ALL)),
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [c, d], AttributeDefinitions: [a, b]"
    );
    assert_eq!(
        invalid(&with_gsi("a b c x", "c a", ALL)),
        "Some AttributeDefinitions are not used. AttributeDefinitions: [a, b, c, x], keys used: [a, b, c]"
    );
}

#[test]
fn definitions_are_checked_before_billing_and_that_before_indexes() {
    let json = request("a x", "a", r#""GlobalSecondaryIndexes":[]"#);
    assert!(invalid(&json).starts_with("Number of attributes in KeySchema"));
    let json = request("a", "a", r#""GlobalSecondaryIndexes":[]"#);
    assert!(invalid(&json).starts_with("ReadCapacityUnits and WriteCapacityUnits must both be specified"));
}

#[test]
fn provisioned_throughput() {
    let units = |read: &str, write: &str| {
        request(
            "a",
            "a",
            &format!(
                r#""ProvisionedThroughput":{{"ReadCapacityUnits":{read},"WriteCapacityUnits":{write}}}"#
            ),
        )
    };
    assert_eq!(create(&units("3", "1")).unwrap().provisioned.read, 3);
    assert_eq!(
        message(&units("0", "1")),
        "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' failed to satisfy \
         constraint: Member must have value greater than or equal to 1"
    );
    assert_eq!(
        message(&units("1000000000001", "1")),
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds"
    );
    assert_eq!(
        message(&units("1", "1000000000001")),
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds"
    );
    assert_eq!(
        invalid(&request("a", "a", "")),
        "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED"
    );
    assert_eq!(
        invalid(&units("1", "1").replace(r#""Provi"#, &format!(r#"{PPR},"Provi"#))),
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST"
    );
}

#[test]
fn on_demand_and_warm_throughput() {
    const FIXED: &str = r#""ProvisionedThroughput":{"ReadCapacityUnits":5,"WriteCapacityUnits":5}"#;
    let with = |billing: &str, more: &str| request("a", "a", &format!("{billing},{more}"));
    for member in ["MaxReadRequestUnits", "MaxWriteRequestUnits"] {
        assert_eq!(
            invalid(&with(FIXED, &format!(r#""OnDemandThroughput":{{"{member}":1}}"#))),
            format!(
                "{member} for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED"
            )
        );
        assert_eq!(
            invalid(&with(PPR, &format!(r#""OnDemandThroughput":{{"{member}":0}}"#))),
            format!("Requested {member} for OnDemandThroughput for table is outside of valid range")
        );
    }
    assert_eq!(create(&with(PPR, r#""OnDemandThroughput":{}"#)).unwrap().on_demand, None);
    let warm = |units: &str| format!(r#""WarmThroughput":{{{units}}}"#);
    assert!(
        invalid(&with(PPR, &warm(r#""ReadUnitsPerSecond":11999"#))).starts_with(
            "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than initial throughput for OnDemand. See: "
        )
    );
    assert!(
        invalid(&with(PPR, &warm(r#""WriteUnitsPerSecond":3999"#)))
            .starts_with("Requested WriteUnitsPerSecond for WarmThroughput for table is lower than initial")
    );
    assert_eq!(
        invalid(&with(FIXED, &warm(r#""ReadUnitsPerSecond":4"#))),
        "Requested ReadUnitsPerSecond for WarmThroughput for table is lower than ReadCapacityUnits of ProvisionedThroughput"
    );
    assert_eq!(
        create(&with(FIXED, &warm(r#""ReadUnitsPerSecond":5"#))).unwrap().warm,
        Some(Warm { read: 5, write: 5 })
    );
}

#[test]
fn local_indexes() {
    let lsi = |definitions: &str, table: &str, key: &str| {
        request(
            definitions,
            table,
            &format!(r#"{PPR},"LocalSecondaryIndexes":[{{"IndexName":"loc",{},{ALL}}}]"#, keys(key)),
        )
    };
    assert_eq!(
        invalid(&request("a", "a", &format!(r#"{PPR},"LocalSecondaryIndexes":[]"#))),
        "List of LocalSecondaryIndexes is empty"
    );
    let many: Vec<_> = (0..6).map(|i| format!(r#"{{"IndexName":"loc{i}",{},{ALL}}}"#, keys("a b"))).collect();
    assert_eq!(
        invalid(&request("a b", "a b", &format!(r#"{PPR},"LocalSecondaryIndexes":[{}]"#, many.join(",")))),
        "Number of LocalSecondaryIndexes exceeds per-table limit of 5"
    );
    assert_eq!(
        invalid(&lsi("a b", "a", "a b")),
        "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex"
    );
    assert_eq!(invalid(&lsi("a b", "a b", "a")), "Index KeySchema does not have a range key for index: loc");
    assert_eq!(
        invalid(&lsi("a b", "a b", "b a")),
        "Index KeySchema does not have the same leading hash key as table KeySchema for index: loc. \
         index hash key: b, table hash key: a"
    );
    let twice = format!(r#"{{"IndexName":"loc",{},{ALL}}}"#, keys("a b"));
    assert_eq!(
        invalid(&request("a b", "a b", &format!(r#"{PPR},"LocalSecondaryIndexes":[{twice},{twice}]"#))),
        "Duplicate index name: loc"
    );
}

#[test]
fn global_indexes() {
    const UNITS: &str = r#""ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1}"#;
    assert_eq!(
        invalid(&request("a", "a", &format!(r#"{PPR},"GlobalSecondaryIndexes":[]"#))),
        "List of GlobalSecondaryIndexes is empty"
    );
    let many: Vec<_> = (0..21).map(|i| format!(r#"{{"IndexName":"glo{i}",{},{ALL}}}"#, keys("b"))).collect();
    let with = |count: usize| {
        request("a b", "a", &format!(r#"{PPR},"GlobalSecondaryIndexes":[{}]"#, many[..count].join(",")))
    };
    assert_eq!(create(&with(20)).unwrap().gsis.len(), 20);
    assert_eq!(invalid(&with(21)), "GlobalSecondaryIndex count exceeds the per-table limit of 20");
    let index = format!(r#"{{"IndexName":"idx",{},{ALL}}}"#, keys("a b"));
    assert_eq!(
        invalid(&request(
            "a b",
            "a b",
            &format!(r#"{PPR},"LocalSecondaryIndexes":[{index}],"GlobalSecondaryIndexes":[{index}]"#)
        )),
        "Duplicate index name: idx"
    );
    assert_eq!(
        invalid(&with_gsi("a b", "b", &format!("{ALL},{UNITS}"))),
        "ProvisionedThroughput should not be specified for index: idx when BillingMode is PAY_PER_REQUEST"
    );
    assert_eq!(
        invalid(&with_gsi("a b", "b", ALL).replace(PPR, UNITS)),
        "ProvisionedThroughput is not specified for index: idx"
    );
}

#[test]
fn projections() {
    let projected = |projection: &str| with_gsi("a b", "b", &format!(r#""Projection":{{{projection}}}"#));
    assert_eq!(invalid(&projected("")), "Unknown ProjectionType: null");
    assert_eq!(
        invalid(&projected(r#""ProjectionType":"ALL","NonKeyAttributes":["x"]"#)),
        "ProjectionType is ALL, but NonKeyAttributes is specified"
    );
    assert_eq!(
        invalid(&projected(r#""ProjectionType":"KEYS_ONLY","NonKeyAttributes":["x"]"#)),
        "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified"
    );
    assert_eq!(
        invalid(&projected(r#""ProjectionType":"INCLUDE""#)),
        "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
    );
    assert_eq!(
        invalid(&projected(r#""ProjectionType":"INCLUDE","NonKeyAttributes":[]"#)),
        "NonKeyAttributes must not be empty"
    );
    assert_eq!(
        invalid(&projected(r#""ProjectionType":"INCLUDE","NonKeyAttributes":["x","y","x"]"#)),
        "Duplicate element in NonKeyAttributes: x"
    );
    let many: Vec<_> = (0..6)
        .map(|i| {
            let names: Vec<_> = (0..20).map(|n| format!(r#""n{n}""#)).collect();
            format!(
                r#"{{"IndexName":"glo{i}",{},"Projection":{{"ProjectionType":"INCLUDE","NonKeyAttributes":[{}]}}}}"#,
                keys("b"),
                names.join(",")
            )
        })
        .collect();
    let with = |n: usize| {
        request("a b", "a b", &format!(r#"{PPR},"GlobalSecondaryIndexes":[{}]"#, many[..n].join(",")))
    };
    assert!(create(&with(5)).is_ok());
    assert_eq!(
        invalid(&with(6)),
        "Number of NonKeyAttributes of all indexes exceeds the per-table limit of 100"
    );
}

#[test]
fn streams_and_encryption() {
    let with = |more: &str| request("a", "a", &format!("{PPR},{more}"));
    assert_eq!(
        invalid(&with(r#""StreamSpecification":{"StreamEnabled":true}"#)),
        "Table is being created with a stream enabled, UpdateViewType is required"
    );
    assert_eq!(
        invalid(&with(r#""StreamSpecification":{"StreamEnabled":false,"StreamViewType":"KEYS_ONLY"}"#)),
        "Table is being created with a stream disabled, UpdateViewType should not be specified"
    );
    assert_eq!(create(&with(r#""StreamSpecification":{"StreamEnabled":false}"#)).unwrap().stream, None);
    let sse = |members: &str| with(&format!(r#""SSESpecification":{{{members}}}"#));
    assert_eq!(
        invalid(&sse(r#""Enabled":false,"SSEType":"KMS""#)),
        "SSEType can not be specified if Enabled is false"
    );
    assert_eq!(
        invalid(&sse(r#""Enabled":false,"KMSMasterKeyId":"k""#)),
        "KMSMasterKeyId can not be specified if Enabled is false"
    );
    assert_eq!(
        invalid(&sse(r#""Enabled":true,"KMSMasterKeyId":"k""#)),
        "SSEType KMS is required if KMSMasterKeyId is specified"
    );
    assert_eq!(invalid(&sse(r#""Enabled":true,"SSEType":"AES256""#)), "SSEType AES256 is not supported");
    assert_eq!(create(&sse(r#""Enabled":true"#)).unwrap().sse, Some(Sse { key: None }));
    assert_eq!(create(&sse(r#""Enabled":false"#)).unwrap().sse, None);
}

#[test]
fn classes_and_tags() {
    let with = |more: &str| request("a", "a", &format!("{PPR},{more}"));
    assert_eq!(
        message(&with(r#""TableClass":"GOLD""#)),
        "Invalid table-class parameter provided. Please try again with a valid table-class value: \
         [STANDARD, STANDARD_INFREQUENT_ACCESS]."
    );
    let tags = |tags: &[(&str, &str)]| {
        let list: Vec<_> = tags.iter().map(|(k, v)| format!(r#"{{"Key":"{k}","Value":"{v}"}}"#)).collect();
        with(&format!(r#""Tags":[{}]"#, list.join(",")))
    };
    assert_eq!(message(&tags(&[("AWS:x", "")])), "Tag Key cannot be prefixed with aws:, Key: AWS:x");
    assert_eq!(message(&tags(&[("a?", "")])), "The Tag Key provided is invalid, Key: a?");
    assert_eq!(message(&tags(&[("€", "")])), "The Tag Key provided is invalid, Key: €");
    assert_eq!(message(&tags(&[("a", "b!")])), "The Tag Value provided is invalid, Value: b!");
    assert_eq!(
        message(&tags(&[("a", "1"), ("b", "2"), ("a", "3")])),
        "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"
    );
    let names: Vec<_> = (0..51).map(|i| format!("k{i}")).collect();
    let many: Vec<_> = names.iter().map(|n| (n.as_str(), "v")).collect();
    assert_eq!(message(&tags(&many)), "Number of Tags exceed the current limit for the provided ResourceArn");
    assert_eq!(create(&tags(&many[..50])).unwrap().tags.len(), 50);
    assert!(create(&tags(&[("größe ٣Ⅳ東 1/2 = a+b-c.d:e@f_g", "")])).is_ok());
}

#[test]
fn what_is_not_supported_is_refused() {
    let with = |more: &str| request("a", "a", &format!("{PPR},{more}"));
    assert_eq!(
        invalid(&with(
            r#""VectorIndexes":[{"IndexName":"vec","VectorAttribute":{"AttributeName":"v"},"Projection":{},
            "Dimensions":3,"DistanceFunction":"COSINE"}]"#
        )),
        "Vector indexes are not supported yet"
    );
    assert_eq!(invalid(&with(r#""VectorIndexes":[]"#)), "List of VectorIndexes is empty");
    assert_eq!(invalid(&with(r#""ResourcePolicy":"{}""#)), "Resource policies are not supported yet");
    assert_eq!(
        invalid(&with(r#""GlobalTableSettingsReplicationMode":"ENABLED""#)),
        "Global tables are not supported yet"
    );
}

proptest! {
    #[test]
    fn documents_that_skipped_the_envelope_are_survived(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let json = with_gsi("a b c", "b c", r#""Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]}"#);
        let mut doc = to_document(Operation::CreateTable, json.as_bytes()).unwrap();
        for (at, byte) in edits {
            let i = at.index(doc.len());
            doc[i] = byte;
        }
        if let Some(View::M(map)) = ValueRef::first(&doc).and_then(ValueRef::view) {
            let _ = parse(map);
        }
        let _ = parse(MapRef::from_parts(0, &[]));
    }
}
