use super::super::codec::tests::{full, least};
use super::super::schema::{Changes, Sse, TableSchema};
use super::{State, describe, timestamp};
use crate::wire::document::DocWriter;
use crate::wire::response::to_json;

const NOW: u64 = 1_769_860_900_000;

/// A schema that nothing has become of since it was made.
fn unchanged(mut schema: TableSchema) -> TableSchema {
    for index in &mut schema.gsis {
        (index.changes, index.backfilled) = (Changes::default(), None);
    }
    TableSchema {
        changes: Changes::default(),
        per_request_millis: None,
        stream_millis: None,
        ttl: None,
        ttl_millis: None,
        ttl_seq: None,
        ..schema
    }
}

fn json(schema: &TableSchema, status: &'static str, counts: &[(u64, u64)]) -> String {
    let mut w = DocWriter::default();
    describe(&mut w, schema, State::of_table(status, NOW), counts, "eu-west-1", "123456789012");
    let mut out = Vec::new();
    to_json(&w.finish(), &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_plain_table_is_described() {
    let schema = TableSchema { name: "Music".into(), ..least() };
    assert_eq!(
        json(&schema, "ACTIVE", &[(3, 120)]),
        concat!(
            r#"{"AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"}],"TableName":"Music","#,
            r#""KeySchema":[{"AttributeName":"a","KeyType":"HASH"}],"TableStatus":"ACTIVE","#,
            r#""CreationDateTime":1769860800.123,"#,
            r#""ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":5,"WriteCapacityUnits":6},"#,
            r#""TableSizeBytes":120,"ItemCount":3,"TableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/Music","#,
            r#""TableId":"00000000-0000-4000-8000-000000000000","DeletionProtectionEnabled":false,"#,
            r#""WarmThroughput":{"ReadUnitsPerSecond":5,"WriteUnitsPerSecond":6,"Status":"ACTIVE"}}"#
        )
    );
    assert!(!json(&schema, "CREATING", &[]).contains("WarmThroughput"));
}

#[test]
fn a_table_with_everything_is_described() {
    let mut schema = TableSchema { name: "Music".into(), ..unchanged(full()) };
    schema.gsis.truncate(1);
    let text = json(&schema, "ACTIVE", &[(3, 120), (2, 20), (1, 10)]);
    for part in [
        // Sorted, since there are indexes.
        r#""AttributeDefinitions":[{"AttributeName":"a","AttributeType":"S"},{"AttributeName":"b","AttributeType":"N"},{"AttributeName":"c","AttributeType":"B"}]"#,
        r#""KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"TableStatus""#,
        r#""BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1769860800.123}"#,
        r#""LocalSecondaryIndexes":[{"IndexName":"loc","KeySchema":[{"AttributeName":"a","KeyType":"HASH"},{"AttributeName":"c","KeyType":"RANGE"}],"Projection":{"ProjectionType":"KEYS_ONLY"},"IndexSizeBytes":20,"ItemCount":2,"IndexArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/Music/index/loc"}]"#,
        r#""GlobalSecondaryIndexes":[{"IndexName":"glo","KeySchema":[{"AttributeName":"c","KeyType":"HASH"},{"AttributeName":"b","KeyType":"RANGE"}],"Projection":{"ProjectionType":"INCLUDE","NonKeyAttributes":["x"]},"IndexSizeBytes":10,"ItemCount":1,"IndexArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/Music/index/glo","IndexStatus":"ACTIVE","ProvisionedThroughput":{"NumberOfDecreasesToday":0,"ReadCapacityUnits":1,"WriteCapacityUnits":2},"OnDemandThroughput":{"MaxReadRequestUnits":3},"WarmThroughput":{"ReadUnitsPerSecond":4,"WriteUnitsPerSecond":5,"Status":"ACTIVE"}}]"#,
        r#""StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"},"LatestStreamLabel":"2026-01-31T12:00:00.123","LatestStreamArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/Music/stream/2026-01-31T12:00:00.123""#,
        r#""SSEDescription":{"Status":"ENABLED","SSEType":"KMS","KMSMasterKeyArn":"arn:aws:kms:eu-west-1:123456789012:key/k"}"#,
        r#""TableClassSummary":{"TableClass":"STANDARD"},"DeletionProtectionEnabled":true,"OnDemandThroughput":{"MaxWriteRequestUnits":9},"WarmThroughput":{"ReadUnitsPerSecond":12001,"WriteUnitsPerSecond":4000,"Status":"ACTIVE"}"#,
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let creating = json(&schema, "CREATING", &[]);
    assert!(
        creating.contains(r#""IndexStatus":"CREATING""#)
            && creating.contains(r#""WarmThroughput":{"ReadUnitsPerSecond":12001"#)
    );
    assert!(creating.contains(r#""BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST"}"#));
    schema.warm = None;
    assert!(
        json(&schema, "ACTIVE", &[])
            .contains(r#""WarmThroughput":{"ReadUnitsPerSecond":12000,"WriteUnitsPerSecond":4000"#)
    );
    schema.sse = Some(Sse { key: None });
    assert!(json(&schema, "ACTIVE", &[]).contains(":alias/aws/dynamodb"));
}

#[test]
fn creation_at_a_full_second_is_an_integer() {
    let schema = TableSchema { created_millis: 1_700_000_000_000, ..least() };
    assert!(json(&schema, "ACTIVE", &[]).contains(r#""CreationDateTime":1700000000,"#));
    let schema = TableSchema { created_millis: 0, ..least() };
    assert!(json(&schema, "ACTIVE", &[]).contains(r#""CreationDateTime":0,"#));
}

#[test]
fn times_are_dates_in_utc() {
    assert_eq!(timestamp(0), "1970-01-01T00:00:00.000");
    assert_eq!(timestamp(951_782_400_000), "2000-02-29T00:00:00.000");
    assert_eq!(timestamp(951_868_799_999), "2000-02-29T23:59:59.999");
    assert_eq!(timestamp(1_735_689_599_001), "2024-12-31T23:59:59.001");
    assert_eq!(timestamp(4_107_542_400_000), "2100-03-01T00:00:00.000");
    let _ = timestamp(u64::MAX);
}

#[test]
fn what_became_of_a_table_is_described() {
    let mut schema = TableSchema { name: "Music".into(), ..full() };
    schema.gsis.truncate(1);
    let text = json(&schema, "ACTIVE", &[]);
    for part in [
        r#""ProvisionedThroughput":{"LastIncreaseDateTime":1769860800.124,"NumberOfDecreasesToday":0"#,
        r#""BillingModeSummary":{"BillingMode":"PAY_PER_REQUEST","LastUpdateToPayPerRequestDateTime":1769860800.125}"#,
        r#""LatestStreamLabel":"2026-01-31T12:00:00.126""#,
        r#""IndexStatus":"CREATING","Backfilling":true,"ProvisionedThroughput":{"LastDecreaseDateTime":0.007,"NumberOfDecreasesToday":0"#,
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    schema.stream = None;
    let text = json(&schema, "ACTIVE", &[]);
    assert!(!text.contains("StreamSpecification") && text.contains("LatestStreamArn"));
    let mut told = |state: State<'_>, backfilled: Option<Vec<u8>>| {
        schema.gsis[0].backfilled = backfilled;
        let mut w = DocWriter::default();
        describe(&mut w, &schema, state, &[], "r", "1");
        let mut out = Vec::new();
        to_json(&w.finish(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let state = State::of_table("UPDATING", NOW);
    let creating = told(State { creating: Some("glo"), ..state }, Some(vec![]));
    assert!(creating.contains(r#""IndexStatus":"CREATING","Backfilling":false"#));
    let deleting = told(State { deleting: Some("glo"), ..state }, None);
    assert!(deleting.contains(r#""IndexStatus":"DELETING","ProvisionedThroughput""#));
    let names = ["glo".to_owned()];
    let updating = told(State { updating: &names, ..state }, None);
    assert!(
        updating.contains(r#""IndexStatus":"UPDATING""#) && updating.contains(r#""TableStatus":"UPDATING""#)
    );
    assert!(told(state, None).contains(r#""IndexStatus":"ACTIVE""#));
}
