//! Query and Scan: conditions, order, paging, segments, projections.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, put, song, with};

fn numbered(count: u32) -> Database {
    let db = Database::in_memory();
    db.ok(
        "CreateTable",
        json!({"TableName": "numbers", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}]}),
    );
    for n in 0..count {
        db.ok(
            "PutItem",
            json!({"TableName": "numbers", "Item": {"pk": {"S": "p"}, "n": {"N": n.to_string()}, "odd": {"BOOL": n % 2 == 1}}}),
        );
    }
    db
}

fn query(db: &Database, condition: &str, values: Value, more: Value) -> Value {
    let mut values = values;
    values[":p"] = json!({"S": "p"});
    let base = json!({"TableName": "numbers", "KeyConditionExpression": condition, "ExpressionAttributeValues": values});
    db.ok("Query", with(base, more))
}

fn ns(page: &Value) -> Vec<i64> {
    page["Items"].as_array().unwrap().iter().map(|i| i["n"]["N"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn every_sort_key_condition_narrows_as_it_says() {
    let db = numbered(12);
    let n = |n: i64| json!({"N": n.to_string()});
    let cases = [
        ("pk = :p", json!({}), (0..12).collect::<Vec<_>>()),
        ("pk = :p AND n = :a", json!({":a": n(3)}), vec![3]),
        ("pk = :p AND n < :a", json!({":a": n(3)}), vec![0, 1, 2]),
        ("pk = :p AND n <= :a", json!({":a": n(3)}), vec![0, 1, 2, 3]),
        ("n > :a AND pk = :p", json!({":a": n(9)}), vec![10, 11]),
        ("pk = :p AND n >= :a", json!({":a": n(9)}), vec![9, 10, 11]),
        ("pk = :p AND n BETWEEN :a AND :b", json!({":a": n(3), ":b": n(5)}), vec![3, 4, 5]),
        ("pk = :p AND :a <= n", json!({":a": n(10)}), vec![10, 11]),
    ];
    for (condition, values, expected) in cases {
        let forward = query(&db, condition, values.clone(), json!({}));
        assert_eq!(ns(&forward), expected, "{condition}");
        let backward = query(&db, condition, values, json!({"ScanIndexForward": false}));
        let mut reversed = expected.clone();
        reversed.reverse();
        assert_eq!(ns(&backward), reversed, "{condition} backward");
    }
}

#[test]
fn pages_meet_without_gap_or_overlap_in_both_directions() {
    let db = numbered(25);
    for forward in [true, false] {
        let mut seen = Vec::new();
        let mut start: Option<Value> = None;
        let mut pages = 0;
        loop {
            let mut more = json!({"Limit": 7, "ScanIndexForward": forward});
            if let Some(start) = &start {
                more["ExclusiveStartKey"] = start.clone();
            }
            let page = query(&db, "pk = :p", json!({}), more);
            seen.extend(ns(&page));
            pages += 1;
            match page.get("LastEvaluatedKey") {
                Some(key) => start = Some(key.clone()),
                None => break,
            }
        }
        let mut expected: Vec<i64> = (0..25).collect();
        if !forward {
            expected.reverse();
        }
        assert_eq!(seen, expected);
        assert_eq!(pages, 4);
    }
}

#[test]
fn a_filter_is_applied_after_the_page_is_cut() {
    let db = numbered(10);
    let page = query(
        &db,
        "pk = :p",
        json!({":t": {"BOOL": true}}),
        json!({"FilterExpression": "odd = :t", "Limit": 5}),
    );
    assert_eq!((ns(&page), &page["Count"], &page["ScannedCount"]), (vec![1, 3], &json!(2), &json!(5)));
    assert!(page.get("LastEvaluatedKey").is_some());
    let count = query(&db, "pk = :p", json!({}), json!({"Select": "COUNT"}));
    assert_eq!(count, json!({"Count": 10, "ScannedCount": 10}));
}

#[test]
fn a_page_ends_at_one_megabyte() {
    let db = Database::in_memory();
    music(&db);
    for n in 0..12 {
        put(&db, &with(song("a", &format!("{n:02}")), json!({"v": {"S": "x".repeat(200_000)}})));
    }
    let page = db.ok(
        "Query",
        json!({"TableName": "music", "KeyConditionExpression": "artist = :a",
            "ExpressionAttributeValues": {":a": {"S": "a"}}, "ReturnConsumedCapacity": "TOTAL"}),
    );
    // Five items are 1,000,090 bytes, which is less than 1,048,576; the sixth crosses.
    assert_eq!(page["Count"], 6);
    assert_eq!(page["LastEvaluatedKey"], song("a", "05"));
    assert_eq!(page["ConsumedCapacity"], json!({"TableName": "music", "CapacityUnits": 146.5}));
}

#[test]
fn parallel_segments_are_a_partition_of_the_table() {
    let db = Database::in_memory();
    music(&db);
    for n in 0..200 {
        put(&db, &song(&format!("artist {n}"), "s"));
    }
    for total in [1, 2, 3, 7, 64] {
        let mut seen = BTreeSet::new();
        for segment in 0..total {
            let page =
                db.ok("Scan", json!({"TableName": "music", "Segment": segment, "TotalSegments": total}));
            for item in page["Items"].as_array().unwrap() {
                assert!(seen.insert(item["artist"]["S"].as_str().unwrap().to_owned()), "seen twice");
            }
        }
        assert_eq!(seen.len(), 200);
    }
    assert_eq!(
        db.error("Scan", json!({"TableName": "music", "Segment": 3, "TotalSegments": 3})),
        "ValidationException: The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 3 is not less than TotalSegments: 3"
    );
}

#[test]
fn mistaken_queries_get_the_services_words() {
    let db = numbered(3);
    let cases = [
        (
            json!({}),
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ),
        (
            json!({"KeyConditionExpression": "n = :p", "ExpressionAttributeValues": {":p": {"N": "1"}}}),
            "Query condition missed key schema element: pk",
        ),
        (
            json!({"KeyConditionExpression": "pk > :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}),
            "Query key condition not supported",
        ),
        (
            json!({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"N": "1"}}}),
            "One or more parameter values were invalid: Condition parameter type does not match schema type",
        ),
        (
            json!({"KeyConditionExpression": "pk = :p", "FilterExpression": "n > :n",
                "ExpressionAttributeValues": {":p": {"S": "p"}, ":n": {"N": "1"}}}),
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: n",
        ),
        (
            json!({"KeyConditionExpression": "pk = :p", "IndexName": "none", "ExpressionAttributeValues": {":p": {"S": "p"}}}),
            "The table does not have the specified index: none",
        ),
        (
            json!({"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}},
                "ExclusiveStartKey": {"pk": {"S": "other"}, "n": {"N": "1"}}}),
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
    ];
    for (input, message) in cases {
        let input = with(json!({"TableName": "numbers"}), input);
        assert_eq!(db.error("Query", input), format!("ValidationException: {message}"));
    }
}
