//! PutItem, GetItem, UpdateItem, DeleteItem.

use serde_json::json;

use crate::support::Database;
use crate::{music, put, song, with};

fn database() -> Database {
    let database = Database::in_memory();
    music(&database);
    database
}

#[test]
fn an_item_comes_back_as_it_was_put() {
    let db = database();
    let item = with(
        song("a", "b"),
        json!({
            "n": {"N": "1.50"}, "bin": {"B": "AAEC"}, "yes": {"BOOL": true}, "nil": {"NULL": true},
            "list": {"L": [{"S": "x"}, {"N": "1E2"}, {"M": {"deep": {"SS": ["b", "a"]}}}]},
            "ns": {"NS": ["10", "9.0"]}, "bs": {"BS": ["Ag==", "AQ=="]}, "empty": {"S": ""},
        }),
    );
    put(&db, &item);
    let got = db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "b")}));
    assert_eq!(
        got["Item"],
        with(
            song("a", "b"),
            json!({
                "n": {"N": "1.5"}, "bin": {"B": "AAEC"}, "yes": {"BOOL": true}, "nil": {"NULL": true},
                "list": {"L": [{"S": "x"}, {"N": "100"}, {"M": {"deep": {"SS": ["a", "b"]}}}]},
                "ns": {"NS": ["9", "10"]}, "bs": {"BS": ["AQ==", "Ag=="]}, "empty": {"S": ""},
            })
        )
    );
    let none = db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "other")}));
    assert_eq!(none, json!({}));
}

#[test]
fn put_returns_the_old_item_when_asked() {
    let db = database();
    put(&db, &with(song("a", "b"), json!({"v": {"N": "1"}})));
    let old =
        db.ok("PutItem", json!({"TableName": "music", "Item": song("a", "b"), "ReturnValues": "ALL_OLD"}));
    assert_eq!(old, json!({"Attributes": with(song("a", "b"), json!({"v": {"N": "1"}}))}));
    let none =
        db.ok("PutItem", json!({"TableName": "music", "Item": song("new", "b"), "ReturnValues": "ALL_OLD"}));
    assert_eq!(none, json!({}));
    assert_eq!(
        db.error("PutItem", json!({"TableName": "music", "Item": song("a", "b"), "ReturnValues": "ALL_NEW"})),
        "ValidationException: 1 validation error detected: ReturnValues can only be ALL_OLD or NONE"
    );
}

#[test]
fn every_return_value_of_an_update() {
    let db = database();
    let update = |return_values: &str| {
        put(&db, &with(song("a", "b"), json!({"x": {"N": "1"}, "keep": {"S": "k"}})));
        db.ok(
            "UpdateItem",
            json!({"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET x = x + :one, y = :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": return_values}),
        )
    };
    let new = with(song("a", "b"), json!({"x": {"N": "2"}, "y": {"N": "1"}, "keep": {"S": "k"}}));
    let old = with(song("a", "b"), json!({"x": {"N": "1"}, "keep": {"S": "k"}}));
    assert_eq!(update("NONE"), json!({}));
    assert_eq!(update("ALL_OLD"), json!({"Attributes": old}));
    assert_eq!(update("ALL_NEW"), json!({"Attributes": new}));
    assert_eq!(update("UPDATED_OLD"), json!({"Attributes": {"x": {"N": "1"}}}));
    assert_eq!(update("UPDATED_NEW"), json!({"Attributes": {"x": {"N": "2"}, "y": {"N": "1"}}}));
}

#[test]
fn an_update_creates_what_is_missing_but_a_removal_does_not() {
    let db = database();
    db.ok(
        "UpdateItem",
        json!({"TableName": "music", "Key": song("a", "gone"), "UpdateExpression": "REMOVE x"}),
    );
    assert_eq!(db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "gone")})), json!({}));
    db.ok("UpdateItem", json!({"TableName": "music", "Key": song("a", "bare")}));
    let got = db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "bare")}));
    assert_eq!(got, json!({"Item": song("a", "bare")}));
}

#[test]
fn a_false_condition_changes_nothing_and_can_show_the_item() {
    let db = database();
    put(&db, &song("a", "b"));
    let request = json!({"TableName": "music", "Item": with(song("a", "b"), json!({"v": {"N": "2"}})),
        "ConditionExpression": "attribute_not_exists(artist)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"});
    let error = db.call("PutItem", request).unwrap_err();
    assert_eq!(error.to_string(), "ConditionalCheckFailedException: The conditional request failed");
    assert!(error.item.is_some());
    let got = db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "b")}));
    assert_eq!(got, json!({"Item": song("a", "b")}));
    assert_eq!(
        db.error(
            "DeleteItem",
            json!({"TableName": "music", "Key": song("a", "missing"), "ConditionExpression": "attribute_exists(artist)"})
        ),
        "ConditionalCheckFailedException: The conditional request failed"
    );
}

#[test]
fn deleting_is_idempotent_and_returns_the_old_item() {
    let db = database();
    put(&db, &song("a", "b"));
    let delete = json!({"TableName": "music", "Key": song("a", "b"), "ReturnValues": "ALL_OLD"});
    assert_eq!(db.ok("DeleteItem", delete.clone()), json!({"Attributes": song("a", "b")}));
    assert_eq!(db.ok("DeleteItem", delete), json!({}));
}

#[test]
fn wrong_keys_are_refused_with_the_services_words() {
    let db = database();
    let cases = [
        (
            "GetItem",
            json!({"Key": {"artist": {"S": "a"}}}),
            "The provided key element does not match the schema",
        ),
        (
            "GetItem",
            json!({"Key": {"artist": {"S": ""}, "song": {"S": "b"}}}),
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: artist",
        ),
        (
            "PutItem",
            json!({"Item": {"artist": {"S": "a"}}}),
            "One or more parameter values were invalid: Missing the key song in the item",
        ),
        (
            "PutItem",
            json!({"Item": {"artist": {"N": "1"}, "song": {"S": "b"}}}),
            "One or more parameter values were invalid: Type mismatch for key artist expected: S actual: N",
        ),
        (
            "PutItem",
            json!({"Item": with(song("a", "b"), json!({"year": {"S": "x"}}))}),
            "One or more parameter values were invalid: Type mismatch for Index Key year Expected: N Actual: S IndexName: artist-year",
        ),
        (
            "PutItem",
            json!({"Item": {"artist": {"S": "x".repeat(2049)}, "song": {"S": "b"}}}),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            "UpdateItem",
            json!({"Key": song("a", "b"), "UpdateExpression": "SET song = :s", "ExpressionAttributeValues": {":s": {"S": "b"}}}),
            "One or more parameter values were invalid: Cannot update attribute song. This attribute is part of the key",
        ),
    ];
    for (operation, input, message) in cases {
        let input = with(json!({"TableName": "music"}), input);
        assert_eq!(db.error(operation, input), format!("ValidationException: {message}"));
    }
    assert_eq!(
        db.error("GetItem", json!({"TableName": "nowhere", "Key": song("a", "b")})),
        "ResourceNotFoundException: Requested resource not found"
    );
}

#[test]
fn items_end_at_400_kilobytes() {
    let db = database();
    // "artist" + "a" + "song" + "b" + "v" are 13 bytes.
    let item = |bytes: usize| with(song("a", "b"), json!({"v": {"S": "x".repeat(bytes - 13)}}));
    put(&db, &item(409_600));
    assert_eq!(
        db.error("PutItem", json!({"TableName": "music", "Item": item(409_601)})),
        "ValidationException: Item size has exceeded the maximum allowed size"
    );
    assert_eq!(
        db.error(
            "UpdateItem",
            json!({"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET w = :w",
                "ExpressionAttributeValues": {":w": {"S": "x"}}})
        ),
        "ValidationException: Item size to update has exceeded the maximum allowed size"
    );
}

#[test]
fn placeholders_must_be_used_and_belong_to_an_expression() {
    let db = database();
    let base = json!({"TableName": "music", "Item": song("a", "b")});
    let cases = [
        (
            json!({"ExpressionAttributeNames": {"#a": "x"}}),
            "1 validation error detected: ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            json!({"ConditionExpression": "attribute_exists(x)", "ExpressionAttributeValues": {":v": {"S": "x"}}}),
            "1 validation error detected: Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            json!({"ConditionExpression": "x = :v"}),
            "1 validation error detected: Invalid ConditionExpression: An expression attribute value used in expression is not defined; attribute value: :v",
        ),
    ];
    for (more, message) in cases {
        assert_eq!(db.error("PutItem", with(base.clone(), more)), format!("ValidationException: {message}"));
    }
}
