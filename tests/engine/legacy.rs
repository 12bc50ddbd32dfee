//! The parameters from before expressions: they do what expressions do.

use dynatab::platform::simulated::Random;
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

fn put(db: &Database, item: &Value) {
    db.ok("PutItem", json!({"TableName": "music", "Item": item}));
}

const PREFIX: &str = "ValidationException: One or more parameter values were invalid: ";
const COUNTED: &str =
    "ValidationException: 1 validation error detected: One or more parameter values were invalid: ";

#[test]
fn expected_is_a_condition() {
    let db = Database::in_memory();
    music(&db);
    let with_expected = |expected: Value, more: Value| {
        with(
            json!({"TableName": "music", "Item": with(song("a", "b"), json!({"n": {"N": "1"}})), "Expected": expected}),
            more,
        )
    };
    db.ok("PutItem", with_expected(json!({"song": {"Exists": false}}), json!({})));
    assert_eq!(
        db.error("PutItem", with_expected(json!({"song": {"Exists": false}}), json!({}))),
        "ConditionalCheckFailedException: The conditional request failed"
    );
    db.ok("PutItem", with_expected(json!({"n": {"Value": {"N": "1"}}}), json!({})));
    db.ok("PutItem", with_expected(json!({"n": {"Value": {"N": "1"}, "Exists": true}}), json!({})));
    let both = json!({"n": {"ComparisonOperator": "GT", "AttributeValueList": [{"N": "5"}]}, "x": {"ComparisonOperator": "NULL"}});
    assert!(
        db.error("PutItem", with_expected(both.clone(), json!({}))).starts_with("ConditionalCheckFailed")
    );
    db.ok("PutItem", with_expected(both.clone(), json!({"ConditionalOperator": "OR"})));
    db.ok(
        "DeleteItem",
        json!({"TableName": "music", "Key": song("a", "b"), "Expected": {"n": {"Value": {"N": "1"}}}}),
    );

    let refused = |expected: Value, message: &str| {
        assert_eq!(db.error("PutItem", with_expected(expected, json!({}))), message);
    };
    let one = json!({"N": "1"});
    refused(
        json!({"n": {"Value": one, "AttributeValueList": [one]}}),
        &format!("{COUNTED}Value and AttributeValueList cannot be used together for Attribute: n"),
    );
    refused(
        json!({"n": {"Exists": true, "ComparisonOperator": "NULL"}}),
        &format!("{COUNTED}Exists and ComparisonOperator cannot be used together for Attribute: n"),
    );
    refused(
        json!({"n": {"ComparisonOperator": "EQ"}}),
        &format!(
            "{COUNTED}Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: n"
        ),
    );
    refused(
        json!({"n": {"AttributeValueList": [one]}}),
        &format!("{COUNTED}AttributeValueList can only be used with a ComparisonOperator for Attribute: n"),
    );
    refused(
        json!({"n": {}}),
        &format!("{COUNTED}Value must be provided when Exists is null for Attribute: n"),
    );
    refused(
        json!({"n": {"Exists": true}}),
        &format!("{COUNTED}Value must be provided when Exists is true for Attribute: n"),
    );
    refused(
        json!({"n": {"Exists": false, "Value": one}}),
        &format!("{COUNTED}Value cannot be used when Exists is false for Attribute: n"),
    );
    refused(
        json!({"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [one]}}),
        &format!("{PREFIX}Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
    );
    refused(
        json!({"n": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": true}]}}),
        &format!("{PREFIX}ComparisonOperator LT is not valid for BOOL AttributeValue type"),
    );
    refused(
        json!({"n": {"ComparisonOperator": "IN", "AttributeValueList": [one, {"S": "x"}]}}),
        &format!("{PREFIX}AttributeValues inside AttributeValueList must be of same type"),
    );
    refused(
        json!({"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "2"}, one]}}),
        "ValidationException: The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    );
    assert_eq!(
        db.error(
            "PutItem",
            with_expected(json!({"n": {"Value": one}}), json!({"ConditionalOperator": "AND"}))
        ),
        "ValidationException: ConditionalOperator can only be used when Filter or Expected has two or more elements"
    );
    assert_eq!(
        db.error(
            "PutItem",
            json!({"TableName": "music", "Item": song("a", "b"), "ConditionalOperator": "AND"})
        ),
        "ValidationException: ConditionalOperator cannot be used without Filter or Expected"
    );
}

#[test]
fn attribute_updates_are_an_update() {
    let db = Database::in_memory();
    music(&db);
    let update = |updates: Value| json!({"TableName": "music", "Key": song("a", "b"), "AttributeUpdates": updates, "ReturnValues": "ALL_NEW"});
    let now = |updates: Value| db.ok("UpdateItem", update(updates))["Attributes"].clone();
    assert_eq!(now(json!({})), song("a", "b"), "no update makes an item of the key alone");
    assert_eq!(
        now(
            json!({"s": {"Value": {"S": "x"}}, "n": {"Action": "ADD", "Value": {"N": "2"}}, "tags": {"Action": "ADD", "Value": {"SS": ["a", "b"]}}})
        ),
        with(song("a", "b"), json!({"s": {"S": "x"}, "n": {"N": "2"}, "tags": {"SS": ["a", "b"]}}))
    );
    assert_eq!(
        now(
            json!({"s": {"Action": "DELETE"}, "n": {"Action": "ADD", "Value": {"N": "-5"}}, "tags": {"Action": "DELETE", "Value": {"SS": ["a"]}}})
        ),
        with(song("a", "b"), json!({"n": {"N": "-3"}, "tags": {"SS": ["b"]}}))
    );
    let refused =
        |updates: Value, message: &str| assert_eq!(db.error("UpdateItem", update(updates)), message);
    refused(
        json!({"n": {"Action": "PUT"}}),
        &format!("{PREFIX}Only DELETE action is allowed when no attribute value is specified"),
    );
    refused(
        json!({"n": {"Action": "DELETE", "Value": {"N": "1"}}}),
        &format!("{PREFIX}DELETE action with value is not supported for the type N"),
    );
    refused(
        json!({"n": {"Action": "ADD", "Value": {"S": "1"}}}),
        &format!("{PREFIX}ADD action is not supported for the type S"),
    );
    refused(
        json!({"song": {"Value": {"S": "c"}}}),
        &format!("{PREFIX}Cannot update attribute song. This attribute is part of the key"),
    );
    refused(
        json!({"n": {"Action": "ADD", "Value": {"SS": ["a"]}}}),
        "ValidationException: Type mismatch for attribute to update",
    );
    let mut conditional = update(json!({"n": {"Value": {"N": "9"}}}));
    conditional["Expected"] = json!({"n": {"Value": {"N": "0"}}});
    assert!(db.error("UpdateItem", conditional.clone()).starts_with("ConditionalCheckFailed"));
    conditional["Expected"] = json!({"n": {"Value": {"N": "-3"}}});
    db.ok("UpdateItem", conditional);
}

#[test]
fn reads_take_names_and_conditions() {
    let db = Database::in_memory();
    music(&db);
    for n in 0..6 {
        put(
            &db,
            &with(
                song("a", &format!("s{n}")),
                json!({"n": {"N": n.to_string()}, "genre": {"S": "g"}, "year": {"N": n.to_string()}}),
            ),
        );
    }
    assert_eq!(
        db.ok(
            "GetItem",
            json!({"TableName": "music", "Key": song("a", "s1"), "AttributesToGet": ["n", "none"]})
        )["Item"],
        json!({"n": {"N": "1"}})
    );
    assert_eq!(
        db.error(
            "GetItem",
            json!({"TableName": "music", "Key": song("a", "s1"), "AttributesToGet": ["n", "n"]})
        ),
        format!("{PREFIX}Duplicate value in attribute name: n")
    );
    let batch = json!({"RequestItems": {"music": {"Keys": [song("a", "s1")], "AttributesToGet": ["song"]}}});
    assert_eq!(db.ok("BatchGetItem", batch)["Responses"]["music"], json!([{"song": {"S": "s1"}}]));
    let condition =
        |operator: &str, values: Value| json!({"ComparisonOperator": operator, "AttributeValueList": values});
    let query = |sort: Value, more: Value| {
        let mut conditions = json!({"artist": condition("EQ", json!([{"S": "a"}]))});
        if !sort.is_null() {
            conditions["song"] = sort;
        }
        with(json!({"TableName": "music", "KeyConditions": conditions}), more)
    };
    let songs = |input: Value| -> Vec<String> {
        let found = db.ok("Query", input);
        found["Items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["song"]["S"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(songs(query(Value::Null, json!({}))).len(), 6);
    assert_eq!(
        songs(query(condition("BETWEEN", json!([{"S": "s1"}, {"S": "s3"}])), json!({}))),
        ["s1", "s2", "s3"]
    );
    assert_eq!(songs(query(condition("GT", json!([{"S": "s4"}])), json!({}))), ["s5"]);
    assert_eq!(
        songs(query(condition("BEGINS_WITH", json!([{"S": "s"}])), json!({"Limit": 2}))),
        ["s0", "s1"]
    );
    let filter = json!({"QueryFilter": {"n": condition("IN", json!([{"N": "1"}, {"N": "4"}])), "x": {"ComparisonOperator": "NULL"}}});
    assert_eq!(songs(query(Value::Null, filter.clone())), ["s1", "s4"]);
    assert_eq!(songs(query(Value::Null, with(filter, json!({"ConditionalOperator": "OR"})))).len(), 6);
    assert_eq!(
        db.error(
            "Query",
            query(Value::Null, json!({"QueryFilter": {"song": condition("EQ", json!([{"S": "x"}]))}}))
        ),
        "ValidationException: QueryFilter can only contain non-primary key attributes: Primary key attribute: song"
    );
    assert_eq!(
        db.error("Query", query(condition("NE", json!([{"S": "x"}])), json!({}))),
        "ValidationException: Attempted conditional constraint is not an indexable operation"
    );
    assert_eq!(
        db.error(
            "Query",
            json!({"TableName": "music", "KeyConditions": {"song": condition("EQ", json!([{"S": "x"}]))}})
        ),
        "ValidationException: Query condition missed key schema element: artist"
    );
    let scan = json!({"TableName": "music", "ScanFilter": {"n": condition("GE", json!([{"N": "4"}]))}, "AttributesToGet": ["n"]});
    assert_eq!(db.ok("Scan", scan)["Items"], json!([{"n": {"N": "4"}}, {"n": {"N": "5"}}]));
    assert_eq!(
        db.error("Scan", json!({"TableName": "music", "AttributesToGet": ["n"], "Select": "COUNT"})),
        "ValidationException: Cannot specify the AttributesToGet when choosing to get COUNT"
    );
}

#[test]
fn both_kinds_in_one_request_are_refused() {
    let db = Database::in_memory();
    music(&db);
    let mixed = |legacy: &str, expressions: &str| {
        format!(
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {{{legacy}}} Expression parameters: {{{expressions}}}"
        )
    };
    assert_eq!(
        db.error("PutItem", json!({"TableName": "music", "Item": song("a", "b"), "Expected": {}, "ConditionExpression": "a = b"})),
        format!("ValidationException: 1 validation error detected: {}", mixed("Expected", "ConditionExpression"))
    );
    assert_eq!(
        db.error("UpdateItem", json!({"TableName": "music", "Key": song("a", "b"), "AttributeUpdates": {}, "Expected": {}, "UpdateExpression": "x", "ConditionExpression": "y"})),
        format!("ValidationException: 1 validation error detected: {}", mixed("AttributeUpdates, Expected", "UpdateExpression, ConditionExpression"))
    );
    assert_eq!(
        db.error("Query", json!({"TableName": "music", "AttributesToGet": ["x"], "QueryFilter": {}, "ConditionalOperator": "OR", "KeyConditions": {}, "KeyConditionExpression": "a = :b", "ProjectionExpression": "c"})),
        format!("ValidationException: {}", mixed("AttributesToGet, QueryFilter, ConditionalOperator, KeyConditions", "ProjectionExpression, KeyConditionExpression"))
    );
}

/// A random condition on `v`, in both forms: a ScanFilter entry, and an expression with its values.
fn random_condition(random: &mut Random) -> (Value, String, Value) {
    let pick =
        |random: &mut Random, texts: &[&str]| texts[random.below(texts.len() as u64) as usize].to_owned();
    let value = |random: &mut Random| match random.below(3) {
        0 => json!({"N": random.below(4).to_string()}),
        1 => json!({"S": pick(random, &["", "a", "ab", "b"])}),
        _ => json!({"B": pick(random, &["", "YQ==", "YWI="])}),
    };
    let (first, second) = (value(random), value(random));
    let operators = [
        ("EQ", "v = :a"),
        ("NE", "v <> :a"),
        ("LT", "v < :a"),
        ("LE", "v <= :a"),
        ("GT", "v > :a"),
        ("GE", "v >= :a"),
        ("BEGINS_WITH", "begins_with(v, :a)"),
        ("CONTAINS", "contains(v, :a)"),
        ("NOT_CONTAINS", "NOT contains(v, :a)"),
        ("IN", "v IN (:a, :b)"),
        ("BETWEEN", "v BETWEEN :a AND :b"),
        ("NULL", "attribute_not_exists(v)"),
        ("NOT_NULL", "attribute_exists(v)"),
    ];
    let (operator, expression) = operators[random.below(13) as usize];
    let values = match operator {
        "NULL" | "NOT_NULL" => json!([]),
        "IN" | "BETWEEN" => json!([first, second]),
        _ => json!([first]),
    };
    let named = match operator {
        "NULL" | "NOT_NULL" => Value::Null,
        "IN" | "BETWEEN" => json!({":a": first, ":b": second}),
        _ => json!({":a": first}),
    };
    (json!({"ComparisonOperator": operator, "AttributeValueList": values}), expression.to_owned(), named)
}

#[test]
fn filters_and_expressions_find_the_same() {
    let db = Database::in_memory();
    music(&db);
    let values = [
        json!({"N": "1"}),
        json!({"N": "3"}),
        json!({"S": "a"}),
        json!({"S": "ab"}),
        json!({"S": ""}),
        json!({"B": "YQ=="}),
        json!({"SS": ["a", "b"]}),
        json!({"NS": ["1", "2"]}),
        json!({"L": [{"S": "a"}, {"N": "1"}]}),
        json!({"BOOL": true}),
        json!({"NULL": true}),
        json!({"M": {"a": {"S": "b"}}}),
    ];
    for (n, value) in values.iter().enumerate() {
        put(&db, &with(song("a", &format!("s{n:02}")), json!({"v": value})));
    }
    put(&db, &song("a", "without"));
    let mut random = Random::new(7);
    let (mut compared, mut refused) = (0, 0);
    for _ in 0..800 {
        let (filter, expression, named) = random_condition(&mut random);
        let old = db.call("Scan", json!({"TableName": "music", "ScanFilter": {"v": filter}}));
        let mut input = json!({"TableName": "music", "FilterExpression": expression});
        if !named.is_null() {
            input["ExpressionAttributeValues"] = named;
        }
        let new = db.call("Scan", input);
        match (old, new) {
            (Ok(old), Ok(new)) => {
                assert_eq!(old["Items"], new["Items"], "{filter} {expression}");
                compared += 1;
            }
            // The older parameters are stricter: all values of one type.
            (Err(_), _) => refused += 1,
            (Ok(_), Err(error)) => panic!("{filter} {expression}: {error}"),
        }
    }
    assert!(compared > 300 && refused > 50, "{compared} compared, {refused} refused");
}
