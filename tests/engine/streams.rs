//! Streams of changes: which records there are, what they show, and how long they can be read.

use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use crate::support::Database;

const HOUR: u64 = 60 * 60 * 1000;

fn create(db: &Database, view: &str) -> String {
    let answer = db.ok(
        "CreateTable",
        json!({"TableName": "music", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "artist", "AttributeType": "S"},
                {"AttributeName": "song", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
            "StreamSpecification": {"StreamEnabled": true, "StreamViewType": view}}),
    );
    answer["TableDescription"]["LatestStreamArn"].as_str().unwrap().to_owned()
}

fn song(name: &str) -> Value {
    json!({"artist": {"S": "a"}, "song": {"S": name}})
}

fn item(name: &str, plays: u32) -> Value {
    json!({"artist": {"S": "a"}, "song": {"S": name}, "plays": {"N": plays.to_string()}})
}

fn put(db: &Database, item: &Value) {
    db.ok("PutItem", json!({"TableName": "music", "Item": item}));
}

fn shards(db: &Database, arn: &str) -> Vec<Value> {
    db.ok("DescribeStream", json!({"StreamArn": arn}))["StreamDescription"]["Shards"]
        .as_array()
        .unwrap()
        .clone()
}

fn iterator(db: &Database, arn: &str, shard: &Value, more: Value) -> String {
    let input = crate::with(json!({"StreamArn": arn, "ShardId": shard["ShardId"]}), more);
    db.ok("GetShardIterator", input)["ShardIterator"].as_str().unwrap().to_owned()
}

fn horizon(db: &Database, arn: &str, shard: &Value) -> String {
    iterator(db, arn, shard, json!({"ShardIteratorType": "TRIM_HORIZON"}))
}

/// Everything from an iterator on, and whether the shard has ended.
fn drain(db: &Database, mut iterator: String) -> (Vec<Value>, bool) {
    let mut records = Vec::new();
    loop {
        let answer = db.ok("GetRecords", json!({"ShardIterator": iterator, "Limit": 3}));
        let page = answer["Records"].as_array().unwrap();
        assert!(page.len() <= 3);
        records.extend(page.clone());
        match answer["NextShardIterator"].as_str() {
            None => return (records, true),
            Some(_) if page.is_empty() => return (records, false),
            Some(next) => next.clone_into(&mut iterator),
        }
    }
}

/// All records of a stream, shard after shard.
fn records(db: &Database, arn: &str) -> Vec<Value> {
    shards(db, arn).iter().flat_map(|shard| drain(db, horizon(db, arn, shard)).0).collect()
}

fn events(records: &[Value]) -> Vec<String> {
    let event = |record: &Value| {
        let data = &record["dynamodb"];
        let plays = |image: &str| data[image]["plays"]["N"].as_str().unwrap_or("-").to_owned();
        let (name, key) =
            (record["eventName"].as_str().unwrap(), data["Keys"]["song"]["S"].as_str().unwrap());
        format!("{name} {key} {} {}", plays("OldImage"), plays("NewImage"))
    };
    records.iter().map(event).collect()
}

/// One of every kind of change, and some that change nothing.
fn changes(db: &Database) {
    put(db, &item("x", 1));
    put(db, &item("x", 1));
    put(db, &item("x", 2));
    let count = |name: &str| {
        json!({"TableName": "music", "Key": song(name), "UpdateExpression": "ADD plays :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}})
    };
    db.ok("UpdateItem", count("x"));
    db.ok("UpdateItem", count("y"));
    db.ok("UpdateItem", json!({"TableName": "music", "Key": song("y"), "UpdateExpression": "REMOVE remark"}));
    db.ok("DeleteItem", json!({"TableName": "music", "Key": song("nothing")}));
    db.ok("DeleteItem", json!({"TableName": "music", "Key": song("x")}));
    db.ok(
        "BatchWriteItem",
        json!({"RequestItems": {"music": [{"PutRequest": {"Item": item("z", 5)}},
            {"DeleteRequest": {"Key": song("y")}}, {"DeleteRequest": {"Key": song("x")}}]}}),
    );
    db.ok(
        "TransactWriteItems",
        json!({"TransactItems": [{"Put": {"TableName": "music", "Item": item("p", 1)}},
            {"Put": {"TableName": "music", "Item": item("z", 5)}},
            {"Update": {"TableName": "music", "Key": song("q"), "UpdateExpression": "SET plays = :n",
                "ExpressionAttributeValues": {":n": {"N": "7"}}}}]}),
    );
}

#[test]
fn each_view_shows_its_images() {
    for (view, old, new) in [
        ("NEW_AND_OLD_IMAGES", true, true),
        ("NEW_IMAGE", false, true),
        ("OLD_IMAGE", true, false),
        ("KEYS_ONLY", false, false),
    ] {
        let db = Database::in_memory();
        let arn = create(&db, view);
        changes(&db);
        let found = records(&db, &arn);
        let expected = [
            "INSERT x - 1",
            "MODIFY x 1 2",
            "MODIFY x 2 3",
            "INSERT y - 1",
            "REMOVE x 3 -",
            "INSERT z - 5",
            "REMOVE y 1 -",
            "INSERT p - 1",
            "INSERT q - 7",
        ];
        let expected = expected.map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let shown = |word: &str, is_shown: bool| if is_shown { word.to_owned() } else { "-".to_owned() };
            format!("{} {} {} {}", words[0], words[1], shown(words[2], old), shown(words[3], new))
        });
        assert_eq!(events(&found), expected, "{view}");
        for record in &found {
            let data = record["dynamodb"].as_object().unwrap();
            let event = record["eventName"].as_str().unwrap();
            assert_eq!(data["StreamViewType"], view);
            assert_eq!(data.contains_key("OldImage"), old && event != "INSERT");
            assert_eq!(data.contains_key("NewImage"), new && event != "REMOVE");
            assert_eq!(data["Keys"].as_object().unwrap().len(), 2);
            assert_eq!(data["ApproximateCreationDateTime"], 1_767_225_600);
            assert_eq!(record["eventSource"], "aws:dynamodb");
            assert_eq!(record["eventVersion"], "1.1");
            assert_eq!(record["awsRegion"], "local");
            assert!(record.get("userIdentity").is_none());
            let id = record["eventID"].as_str().unwrap();
            assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");
        }
        let numbers: Vec<u128> = found
            .iter()
            .map(|record| record["dynamodb"]["SequenceNumber"].as_str().unwrap().parse().unwrap())
            .collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    }
}

#[test]
fn the_size_counts_keys_and_images() {
    let db = Database::in_memory();
    let arn = create(&db, "NEW_AND_OLD_IMAGES");
    put(&db, &item("x", 1));
    put(&db, &item("x", 2));
    let sizes: Vec<u64> =
        records(&db, &arn).iter().map(|record| record["dynamodb"]["SizeBytes"].as_u64().unwrap()).collect();
    // artist + a, song + x: 12 bytes; plays and a digit: 7 more.
    assert_eq!(sizes, [12 + 19, 12 + 19 + 19]);
}

#[test]
fn iterators_begin_where_they_are_told_to() {
    let db = Database::in_memory();
    let arn = create(&db, "NEW_IMAGE");
    for plays in 1..=4 {
        put(&db, &item("x", plays));
        db.platform.advance_millis(10_000);
    }
    let shard = &shards(&db, &arn)[0];
    let from = |more: Value| {
        let (found, ended) = drain(&db, iterator(&db, &arn, shard, more));
        assert!(!ended);
        found
            .iter()
            .map(|r| r["dynamodb"]["NewImage"]["plays"]["N"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let all = records(&db, &arn);
    let second = all[1]["dynamodb"]["SequenceNumber"].clone();
    assert_eq!(from(json!({"ShardIteratorType": "TRIM_HORIZON"})), ["1", "2", "3", "4"]);
    assert_eq!(
        from(json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": second})),
        ["2", "3", "4"]
    );
    assert_eq!(
        from(json!({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": second})),
        ["3", "4"]
    );
    assert_eq!(from(json!({"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 1_767_225_610.5})), ["3", "4"]);
    let latest = iterator(&db, &arn, shard, json!({"ShardIteratorType": "LATEST"}));
    assert_eq!(drain(&db, latest.clone()).0, [] as [Value; 0]);
    put(&db, &item("x", 5));
    assert_eq!(events(&drain(&db, latest).0), ["MODIFY x - 5"]);
}

#[test]
fn a_page_has_a_thousand_records_or_a_megabyte() {
    let db = Database::in_memory();
    let arn = create(&db, "NEW_IMAGE");
    for n in 0..1100 {
        put(&db, &item(&format!("{n:04}"), n));
    }
    let shard = shards(&db, &arn)[0].clone();
    let answer = db.ok("GetRecords", json!({"ShardIterator": horizon(&db, &arn, &shard)}));
    assert_eq!(answer["Records"].as_array().unwrap().len(), 1000);
    let answer = db.ok("GetRecords", json!({"ShardIterator": answer["NextShardIterator"]}));
    assert_eq!(answer["Records"].as_array().unwrap().len(), 100);
    let end = answer["NextShardIterator"].as_str().unwrap().to_owned();
    let large = crate::with(item("large", 0), json!({"text": {"S": "x".repeat(300_000)}}));
    for n in 0..5 {
        put(&db, &crate::with(large.clone(), json!({"n": {"N": n.to_string()}})));
    }
    let answer = db.ok("GetRecords", json!({"ShardIterator": end}));
    assert_eq!(answer["Records"].as_array().unwrap().len(), 4);
    assert_eq!(drain(&db, answer["NextShardIterator"].as_str().unwrap().to_owned()).0.len(), 1);
}

#[test]
fn shards_follow_each_other_and_records_are_kept_for_a_day() {
    let db = Database::in_memory();
    let arn = create(&db, "NEW_IMAGE");
    put(&db, &item("x", 1));
    let first = shards(&db, &arn)[0].clone();
    let number = records(&db, &arn)[0]["dynamodb"]["SequenceNumber"].clone();
    let exact = json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number});
    assert!(first["SequenceNumberRange"].get("EndingSequenceNumber").is_none());
    db.platform.advance_millis(5 * HOUR);
    db.ok("ListTables", json!({}));
    db.platform.run_until_idle();
    put(&db, &item("x", 2));
    let both = shards(&db, &arn);
    assert_eq!(both.len(), 2);
    assert_eq!(both[0]["ShardId"], first["ShardId"]);
    assert_eq!(both[1]["ParentShardId"], first["ShardId"]);
    let range = &both[0]["SequenceNumberRange"];
    let bound = |name: &str| range[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(bound("StartingSequenceNumber") < bound("EndingSequenceNumber"));
    let (found, ended) = drain(&db, horizon(&db, &arn, &both[0]));
    assert!(ended, "a shard that was replaced has an end");
    assert_eq!(events(&found), ["INSERT x - 1"]);
    assert_eq!(events(&drain(&db, horizon(&db, &arn, &both[1])).0), ["MODIFY x - 2"]);
    let children = db.ok(
        "DescribeStream",
        json!({"StreamArn": arn, "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": first["ShardId"]}}),
    );
    assert_eq!(children["StreamDescription"]["Shards"], json!([both[1]]));
    let page = db.ok("DescribeStream", json!({"StreamArn": arn, "Limit": 1}));
    assert_eq!(page["StreamDescription"]["LastEvaluatedShardId"], first["ShardId"]);
    let rest = db.ok("DescribeStream", json!({"StreamArn": arn, "ExclusiveStartShardId": first["ShardId"]}));
    assert_eq!(rest["StreamDescription"]["Shards"], json!([both[1]]));

    // After 24 hours the first record is forgotten, the shard later.
    db.platform.advance_millis(19 * HOUR + 60_000);
    assert_eq!(drain(&db, horizon(&db, &arn, &first)), (vec![], true));
    let trimmed = iterator(&db, &arn, &first, exact);
    assert_eq!(
        db.error("GetRecords", json!({"ShardIterator": trimmed})),
        "TrimmedDataAccessException: The data you are trying to access has been trimmed."
    );
    let kept = horizon(&db, &arn, &first);
    db.platform.advance_millis(6 * HOUR);
    db.ok("ListTables", json!({}));
    db.platform.run_until_idle();
    assert_eq!(shards(&db, &arn)[0]["ParentShardId"], first["ShardId"]);
    assert!(db.error("GetRecords", json!({"ShardIterator": kept})).starts_with("ExpiredIteratorException: "));
    let input = json!({"StreamArn": arn, "ShardId": first["ShardId"], "ShardIteratorType": "TRIM_HORIZON"});
    assert!(db.error("GetShardIterator", input).starts_with("ResourceNotFoundException: "));
}

#[test]
fn a_stream_outlives_its_end_and_its_table() {
    let db = Database::in_memory();
    let arn = create(&db, "NEW_IMAGE");
    put(&db, &item("x", 1));
    let disable = json!({"TableName": "music", "StreamSpecification": {"StreamEnabled": false}});
    db.ok("UpdateTable", disable);
    put(&db, &item("x", 2));
    let status = |arn: &str| {
        db.ok("DescribeStream", json!({"StreamArn": arn}))["StreamDescription"]["StreamStatus"].clone()
    };
    assert_eq!(status(&arn), "DISABLED");
    assert_eq!(events(&records(&db, &arn)), ["INSERT x - 1"]);
    let enable = json!({"TableName": "music", "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}});
    db.ok("UpdateTable", enable);
    let table = db.ok("DescribeTable", json!({"TableName": "music"}))["Table"].clone();
    let second = table["LatestStreamArn"].as_str().unwrap().to_owned();
    assert_ne!(second, arn);
    put(&db, &item("x", 3));
    assert_eq!(events(&records(&db, &second)), ["MODIFY x - -"]);
    db.ok("DeleteTable", json!({"TableName": "music"}));
    assert_eq!(status(&second), "DISABLED");
    let arns = |input: Value| {
        let streams = db.ok("ListStreams", input)["Streams"].as_array().unwrap().clone();
        streams.iter().map(|stream| stream["StreamArn"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(arns(json!({})), [arn.clone(), second.clone()]);
    assert_eq!(arns(json!({"TableName": "music"})), [arn.clone(), second.clone()]);
    assert_eq!(arns(json!({"TableName": "other"})), [] as [&str; 0]);
    assert_eq!(arns(json!({"ExclusiveStartStreamArn": arn})), [second.as_str()]);
    assert_eq!(db.ok("ListStreams", json!({"Limit": 1}))["LastEvaluatedStreamArn"], arn.as_str());
    db.platform.advance_millis(24 * HOUR + 1);
    db.ok("ListTables", json!({}));
    db.platform.run_until_idle();
    assert_eq!(arns(json!({})), [] as [&str; 0]);
    assert_eq!(
        db.error("DescribeStream", json!({"StreamArn": arn})),
        format!("ResourceNotFoundException: Requested resource not found: Stream: {arn} not found")
    );
}

#[test]
fn bad_requests_are_refused() {
    let db = Database::in_memory();
    let arn = create(&db, "NEW_IMAGE");
    let shard = shards(&db, &arn)[0]["ShardId"].clone();
    let get = |more: Value| {
        db.error("GetShardIterator", crate::with(json!({"StreamArn": arn, "ShardId": shard}), more))
    };
    let invalid = "ValidationException: One or more parameter values were invalid: ";
    assert_eq!(
        get(json!({"ShardIteratorType": "LATEST", "SequenceNumber": "100000000000000000000"})),
        format!("{invalid}SequenceNumber should not be passed for this iterator type")
    );
    assert_eq!(
        get(json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER"})),
        format!("{invalid}SequenceNumber cannot be null")
    );
    assert_eq!(
        get(json!({"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "1"})),
        "ValidationException: 1 validation error detected: Value at 'sequenceNumber' failed to satisfy constraint: \
         Member must have length greater than or equal to 21"
    );
    // The second is the largest that there is: nothing comes after it.
    for number in ["900000000000000000000000000000000", "1209025819614629174706175"] {
        assert_eq!(
            get(json!({"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": number})),
            "ValidationException: Invalid SequenceNumber for the shard"
        );
    }
    assert_eq!(
        get(json!({"ShardIteratorType": "AT_TIMESTAMP"})),
        format!("{invalid}Timestamp cannot be null")
    );
    assert_eq!(
        db.error("GetRecords", json!({"ShardIterator": "nonsense"})),
        "ValidationException: Invalid ShardIterator"
    );
    let iterator = horizon(&db, &arn, &shards(&db, &arn)[0]);
    assert_eq!(
        db.error("GetRecords", json!({"ShardIterator": iterator, "Limit": 1001})),
        format!("{invalid}Limit should be less than or equal to 1000")
    );
    assert_eq!(
        db.error("ListStreams", json!({"Limit": 101})),
        format!("{invalid}Limit cannot be greater than the maximum allowed size: 100")
    );
    assert!(
        db.error("DescribeStream", json!({"StreamArn": "x".repeat(40)})).starts_with("ValidationException")
    );
}

/// Runs, manifests and replayed logs have the same records.
#[test]
fn records_survive_flushes_merges_and_crashes() {
    let platform = SimulatedPlatform::new(7);
    let mut store = SimulatedStore::new(7);
    platform.attach(&store);
    let options = || OpenOptions {
        storage: StorageOptions { memory_table_bytes: 4 << 10, ..StorageOptions::default() },
        ..OpenOptions::default()
    };
    let mut db = Database::open(&platform, Rc::new(store.clone()), options());
    let arn = create(&db, "NEW_AND_OLD_IMAGES");
    let mut expected = Vec::new();
    for round in 0..12u64 {
        for n in 0..40u32 {
            let (name, plays) = (format!("{:02}", n % 10), n + 100 * round as u32);
            let before = (round > 0 || n >= 10).then(|| if n >= 10 { plays - 10 } else { plays - 70 });
            put(&db, &item(&name, plays));
            let event = if before.is_some() { "MODIFY" } else { "INSERT" };
            expected.push(format!("{event} {name} {} {plays}", before.map_or("-".into(), |b| b.to_string())));
        }
        platform.run_until_idle();
        platform.kill_tasks();
        platform.detach_stores();
        store = SimulatedStore::with_image(round, store.image());
        platform.attach(&store);
        db = Database::open(&platform, Rc::new(store.clone()), options());
        assert_eq!(events(&records(&db, &arn)), expected, "after {round}");
    }
}
