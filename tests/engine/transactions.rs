//! TransactWriteItems and TransactGetItems.

use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{SimulatedPlatform, SimulatedStore};
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

fn put_entry(item: &Value) -> Value {
    json!({"Put": {"TableName": "music", "Item": item}})
}

fn write(items: &[Value]) -> Value {
    json!({"TransactItems": items})
}

fn get_entry(key: &Value) -> Value {
    json!({"Get": {"TableName": "music", "Key": key}})
}

/// Code and message of each reason.
fn reasons(db: &Database, operation: &str, input: Value) -> Vec<(&'static str, String)> {
    let error = db.call(operation, input).unwrap_err();
    assert_eq!(error.kind.name(), "TransactionCanceledException", "{error}");
    let codes: Vec<&str> = error.reasons.iter().map(|r| r.code).collect();
    assert_eq!(
        error.message,
        format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        )
    );
    error.reasons.iter().map(|r| (r.code, r.message.to_string())).collect()
}

const NONE: (&str, String) = ("None", String::new());
fn failed() -> (&'static str, String) {
    ("ConditionalCheckFailed", "The conditional request failed".into())
}

#[test]
fn all_actions_take_effect() {
    let db = Database::in_memory();
    music(&db);
    for name in ["old", "gone", "seen"] {
        db.ok(
            "PutItem",
            json!({"TableName": "music", "Item": with(song("a", name), json!({"n": {"N": "1"}}))}),
        );
    }
    let answer = db.ok(
        "TransactWriteItems",
        write(&[
            put_entry(&with(song("a", "new"), json!({"genre": {"S": "g"}, "year": {"N": "1"}}))),
            json!({"Update": {"TableName": "music", "Key": song("a", "old"), "UpdateExpression": "ADD n :two",
                "ConditionExpression": "n = :one", "ExpressionAttributeValues": {":one": {"N": "1"}, ":two": {"N": "2"}}}}),
            json!({"Delete": {"TableName": "music", "Key": song("a", "gone")}}),
            json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "seen"), "ConditionExpression": "attribute_exists(n)"}}),
        ]),
    );
    assert_eq!(answer, json!({}));
    let gets = ["new", "old", "gone", "seen"].map(|name| get_entry(&song("a", name)));
    let read = db.ok("TransactGetItems", json!({"TransactItems": gets}));
    assert_eq!(
        read,
        json!({"Responses": [
            {"Item": with(song("a", "new"), json!({"genre": {"S": "g"}, "year": {"N": "1"}}))},
            {"Item": with(song("a", "old"), json!({"n": {"N": "3"}}))},
            {},
            {"Item": with(song("a", "seen"), json!({"n": {"N": "1"}}))},
        ]})
    );
    let indexed = db.ok("Scan", json!({"TableName": "music", "IndexName": "genre-year"}));
    assert_eq!(indexed["Count"], 1);
}

#[test]
fn one_condition_that_fails_cancels_all() {
    let db = Database::in_memory();
    music(&db);
    let there = with(song("a", "there"), json!({"n": {"N": "1"}}));
    db.ok("PutItem", json!({"TableName": "music", "Item": there}));
    let input = write(&[
        put_entry(&song("a", "new")),
        json!({"Put": {"TableName": "music", "Item": song("a", "there"), "ConditionExpression": "attribute_not_exists(song)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}),
        json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "absent"), "ConditionExpression": "attribute_exists(song)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}}),
    ]);
    assert_eq!(reasons(&db, "TransactWriteItems", input.clone()), [NONE, failed(), failed()]);
    let error = db.call("TransactWriteItems", input).unwrap_err();
    let items: Vec<bool> = error.reasons.iter().map(|r| r.item.is_some()).collect();
    assert_eq!(items, [false, true, false], "what was there is returned where it was asked for");
    assert_eq!(db.ok("Scan", json!({"TableName": "music"}))["Items"], json!([there]));
}

#[test]
fn what_cannot_be_evaluated_is_a_reason_and_the_others_are_not_looked_at() {
    let db = Database::in_memory();
    music(&db);
    db.ok(
        "PutItem",
        json!({"TableName": "music", "Item": with(song("a", "b"), json!({"s": {"S": "text"}}))}),
    );
    let bad_check = json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "x"), "ConditionExpression": "attribute_exists(song)"}});
    let cases = [
        (
            json!({"Delete": {"TableName": "music", "Key": {"artist": {"S": "a"}}}}),
            "The provided key element does not match the schema",
        ),
        (
            put_entry(&json!({"artist": {"S": "a"}})),
            "One or more parameter values were invalid: Missing the key song in the item",
        ),
        (
            put_entry(&json!({"artist": {"S": "a"}, "song": {"N": "1"}})),
            "One or more parameter values were invalid: Type mismatch for key song expected: S actual: N",
        ),
        (
            put_entry(&with(song("a", "c"), json!({"year": {"S": "old"}}))),
            "One or more parameter values were invalid: Type mismatch for Index Key year Expected: N Actual: S IndexName: artist-year",
        ),
        (
            json!({"Update": {"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "ADD s :n",
                "ExpressionAttributeValues": {":n": {"N": "1"}}}}),
            "An operand in the update expression has an incorrect data type",
        ),
        (
            json!({"Update": {"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET song = :s",
                "ExpressionAttributeValues": {":s": {"S": "c"}}}}),
            "One or more parameter values were invalid: Cannot update attribute song. This attribute is part of the key",
        ),
    ];
    for (action, message) in cases {
        assert_eq!(
            reasons(&db, "TransactWriteItems", write(&[bad_check.clone(), action])),
            [NONE, ("ValidationError", message.to_owned())]
        );
    }
    assert_eq!(
        reasons(
            &db,
            "TransactGetItems",
            json!({"TransactItems": [get_entry(&song("a", "b")), get_entry(&json!({"artist": {"S": "a"}}))]})
        ),
        [NONE, ("ValidationError", "The provided key element does not match the schema".to_owned())]
    );
    assert_eq!(db.ok("Scan", json!({"TableName": "music"}))["Count"], 1);
}

#[test]
fn an_expression_that_reaches_into_a_key_refuses_the_request() {
    let db = Database::in_memory();
    music(&db);
    let refused = |operation: &str, items: &[Value]| {
        assert_eq!(
            db.error(operation, write(items)),
            "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: genre",
            "{operation}"
        );
    };
    let check = json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "x"), "ConditionExpression": "attribute_exists(genre.x)"}});
    let misfit = json!({"Delete": {"TableName": "music", "Key": {"artist": {"S": "a"}}}});
    refused("TransactWriteItems", std::slice::from_ref(&check));
    refused("TransactWriteItems", &[misfit.clone(), check]);
    let get =
        json!({"Get": {"TableName": "music", "Key": song("a", "b"), "ProjectionExpression": "genre[0]"}});
    refused("TransactGetItems", &[get]);
    // A key that does not fit comes before what is asked of its item.
    let both = json!({"Delete": {"TableName": "music", "Key": {"artist": {"S": "a"}}, "ConditionExpression": "attribute_exists(genre.x)"}});
    assert_eq!(
        reasons(&db, "TransactWriteItems", write(&[both])),
        [("ValidationError", "The provided key element does not match the schema".to_owned())]
    );
}

#[test]
fn that_an_item_is_named_twice_comes_before_what_does_not_fit_it() {
    let db = Database::in_memory();
    music(&db);
    let twice = "ValidationException: Transaction request cannot include multiple operations on one item";
    let delete = json!({"Delete": {"TableName": "music", "Key": song("a", "b")}});
    let of_key = json!({"Update": {"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET song = :s",
        "ExpressionAttributeValues": {":s": {"S": "c"}}}});
    let into_key = json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "b"), "ConditionExpression": "attribute_exists(genre.x)"}});
    let of_index = put_entry(&with(song("a", "b"), json!({"year": {"S": "old"}})));
    for action in [of_key, into_key, of_index] {
        assert_eq!(db.error("TransactWriteItems", write(&[action, delete.clone()])), twice);
    }
    let get =
        json!({"Get": {"TableName": "music", "Key": song("a", "b"), "ProjectionExpression": "genre[0]"}});
    assert_eq!(db.error("TransactGetItems", write(&[get.clone(), get_entry(&song("a", "b"))])), twice);
    // A table that is not there counts where it stands.
    let not_found = "ResourceNotFoundException: Requested resource not found";
    let nowhere = json!({"Delete": {"TableName": "nowhere", "Key": song("a", "b")}});
    let writes = |list: [&Value; 3]| db.error("TransactWriteItems", write(&list.map(Value::clone)));
    assert_eq!(writes([&delete, &delete, &nowhere]), twice);
    assert_eq!(writes([&nowhere, &delete, &delete]), not_found);
    let nowhere = json!({"Get": {"TableName": "nowhere", "Key": song("a", "b")}});
    let gets = |list: [&Value; 3]| db.error("TransactGetItems", write(&list.map(Value::clone)));
    assert_eq!(gets([&get, &get, &nowhere]), twice);
    assert_eq!(gets([&nowhere, &get, &get]), not_found);
}

#[test]
fn a_key_that_is_empty_refuses_the_request() {
    let db = Database::in_memory();
    music(&db);
    db.ok("PutItem", json!({"TableName": "music", "Item": song("a", "b")}));
    let misfit = json!({"Delete": {"TableName": "music", "Key": {"artist": {"S": "a"}}}});
    let failing = json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "x"), "ConditionExpression": "attribute_exists(song)"}});
    let statement = |text: &str| json!({"TransactStatements": [{"Statement": text}]});
    let refused = |operation: &str, input: Value, word: &str| {
        let sentence = format!("ValidationException: One or more parameter values are not valid. {word}");
        assert!(db.error(operation, input).starts_with(&sentence), "{operation}");
    };

    let updated =
        "The update expression attempted to update a secondary index key to a value that is not supported.";
    let update = json!({"Update": {"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET genre = :e",
        "ExpressionAttributeValues": {":e": {"S": ""}}}});
    refused("TransactWriteItems", write(&[failing, update]), updated);
    let update = statement("UPDATE music SET genre = '' WHERE artist = 'a' AND song = 'b'");
    refused("ExecuteTransaction", update, updated);

    let inserted = "A value specified for a secondary index key is not supported.";
    let put = put_entry(&with(song("a", "c"), json!({"genre": {"S": ""}})));
    refused("TransactWriteItems", write(&[misfit, put]), inserted);
    let insert = statement("INSERT INTO music VALUE {'artist': 'a', 'song': 'c', 'genre': ''}");
    refused("ExecuteTransaction", insert, inserted);
}

#[test]
fn requests_that_are_wrong_as_a_whole_are_refused() {
    let db = Database::in_memory();
    music(&db);
    let validation = |input: Value, message: &str| {
        assert_eq!(db.error("TransactWriteItems", input), format!("ValidationException: {message}"));
    };
    validation(
        write(&[]),
        "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
    validation(
        write(&[json!({})]),
        "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
    );
    validation(
        write(&[
            json!({"Put": {"TableName": "music", "Item": song("a", "b")}, "Delete": {"TableName": "music", "Key": song("a", "b")}}),
        ]),
        "TransactItems can only contain one of Check, Put, Update or Delete",
    );
    validation(
        write(&[
            put_entry(&song("a", "b")),
            json!({"Delete": {"TableName": "music", "Key": song("a", "b")}}),
        ]),
        "Transaction request cannot include multiple operations on one item",
    );
    validation(
        write(&[
            json!({"Update": {"TableName": "music", "Key": song("a", "b"), "UpdateExpression": "SET x"}}),
        ]),
        "Invalid UpdateExpression: Syntax error; token: \"<EOF>\", near: \"x\"",
    );
    validation(
        write(&[json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "b")}})]),
        "1 validation error detected: Value null at 'transactItems.1.member.conditionCheck.conditionExpression' failed to satisfy constraint: Member must not be null",
    );
    validation(
        write(&[
            json!({"Put": {"TableName": "music", "Item": song("a", "b"), "ExpressionAttributeValues": {":x": {"S": "y"}}}}),
        ]),
        "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null",
    );
    validation(
        write(&[put_entry(&with(song("a", "b"), json!({"t": {"S": "x".repeat(500_000)}})))]),
        "Item size has exceeded the maximum allowed size",
    );
    validation(
        write(&[put_entry(&song("", "b"))]),
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: artist",
    );
    let large: Vec<Value> = (0..11)
        .map(|n| put_entry(&with(song("a", &n.to_string()), json!({"t": {"S": "x".repeat(400_000)}}))))
        .collect();
    validation(write(&large), "Transaction payload size cannot exceed 4194304 bytes");
    assert_eq!(
        db.error(
            "TransactWriteItems",
            write(&[json!({"Put": {"TableName": "other", "Item": song("a", "b")}})])
        ),
        "ResourceNotFoundException: Requested resource not found"
    );
    assert_eq!(
        db.error(
            "TransactGetItems",
            json!({"TransactItems": [get_entry(&song("a", "b")), get_entry(&song("a", "b"))]})
        ),
        "ValidationException: Transaction request cannot include multiple operations on one item"
    );
    assert_eq!(
        db.error("TransactGetItems", json!({"TransactItems": [{}]})),
        "ValidationException: 1 validation error detected: Value null at 'transactItems.1.member.get' failed to satisfy constraint: Member must not be null"
    );
    assert_eq!(db.ok("Scan", json!({"TableName": "music"}))["Count"], 0);
}

#[test]
fn large_items_may_be_deleted_but_not_read_together() {
    let db = Database::in_memory();
    music(&db);
    let keys: Vec<Value> = (0..11).map(|n| song("a", &n.to_string())).collect();
    for key in &keys {
        db.ok("PutItem", json!({"TableName": "music", "Item": with(key.clone(), json!({"t": {"S": "x".repeat(400_000)}}))}));
    }
    let gets: Vec<Value> = keys.iter().map(get_entry).collect();
    assert!(
        db.error("TransactGetItems", json!({"TransactItems": gets}))
            .starts_with("ValidationException: Collection size of items exceeded")
    );
    let deletes: Vec<Value> =
        keys.iter().map(|key| json!({"Delete": {"TableName": "music", "Key": key}})).collect();
    db.ok("TransactWriteItems", write(&deletes));
    assert_eq!(db.ok("Scan", json!({"TableName": "music"}))["Count"], 0);
}

#[test]
fn capacity_is_twice_that_of_the_table_and_once_that_of_its_indexes() {
    let db = Database::in_memory();
    music(&db);
    let indexed =
        with(song("a", "b"), json!({"genre": {"S": "g"}, "year": {"N": "1"}, "t": {"S": "x".repeat(1500)}}));
    let mut input = write(&[
        put_entry(&indexed),
        json!({"ConditionCheck": {"TableName": "music", "Key": song("a", "c"), "ConditionExpression": "attribute_not_exists(song)"}}),
    ]);
    input["ReturnConsumedCapacity"] = json!("INDEXES");
    assert_eq!(
        db.ok("TransactWriteItems", input)["ConsumedCapacity"],
        json!([{"TableName": "music", "CapacityUnits": 8, "WriteCapacityUnits": 8,
            "Table": {"CapacityUnits": 6, "WriteCapacityUnits": 6},
            "LocalSecondaryIndexes": {"artist-year": {"CapacityUnits": 1}},
            "GlobalSecondaryIndexes": {"genre-year": {"CapacityUnits": 1}}}])
    );
    let read = db.ok(
        "TransactGetItems",
        json!({"TransactItems": [get_entry(&song("a", "b")), get_entry(&song("a", "none"))], "ReturnConsumedCapacity": "TOTAL"}),
    );
    assert_eq!(
        read["ConsumedCapacity"],
        json!([{"TableName": "music", "CapacityUnits": 4, "ReadCapacityUnits": 4}])
    );
}

#[test]
fn a_projection_that_selects_nothing_gives_no_item() {
    let db = Database::in_memory();
    music(&db);
    db.ok("PutItem", json!({"TableName": "music", "Item": with(song("a", "b"), json!({"n": {"N": "1"}}))}));
    let get = |projection: &str| json!({"Get": {"TableName": "music", "Key": song("a", "b"), "ProjectionExpression": projection}});
    let read = |projection: &str| {
        db.ok("TransactGetItems", json!({"TransactItems": [get(projection)]}))["Responses"].clone()
    };
    assert_eq!(read("n, z"), json!([{"Item": {"n": {"N": "1"}}}]));
    assert_eq!(read("z"), json!([{}]));
}

#[test]
fn metrics_name_the_collections_of_tables_with_local_indexes() {
    let db = Database::in_memory();
    music(&db);
    let collection =
        |artist: &str| json!({"ItemCollectionKey": {"artist": {"S": artist}}, "SizeEstimateRangeGB": [0, 1]});
    let mut input =
        write(&[put_entry(&song("a", "1")), put_entry(&song("a", "2")), put_entry(&song("b", "1"))]);
    input["ReturnItemCollectionMetrics"] = json!("SIZE");
    assert_eq!(
        db.ok("TransactWriteItems", input),
        json!({"ItemCollectionMetrics": {"music": [collection("a"), collection("b")]}})
    );
    let single = json!({"TableName": "music", "Key": song("a", "1"), "ReturnItemCollectionMetrics": "SIZE"});
    assert_eq!(db.ok("DeleteItem", single), json!({"ItemCollectionMetrics": collection("a")}));
    let batch = json!({"RequestItems": {"music": [{"DeleteRequest": {"Key": song("b", "1")}}]}, "ReturnItemCollectionMetrics": "SIZE"});
    assert_eq!(
        db.ok("BatchWriteItem", batch),
        json!({"UnprocessedItems": {}, "ItemCollectionMetrics": {"music": [collection("b")]}})
    );
    db.ok(
        "CreateTable",
        json!({"TableName": "bare", "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}),
    );
    let put = json!({"TableName": "bare", "Item": {"id": {"S": "x"}}, "ReturnItemCollectionMetrics": "SIZE"});
    assert_eq!(db.ok("PutItem", put), json!({}));
}

/// A request that counts, so that a second run of it shows.
fn counting(token: &str, by: u32) -> Value {
    json!({"ClientRequestToken": token, "ReturnConsumedCapacity": "TOTAL", "TransactItems": [{"Update": {"TableName": "music",
        "Key": song("a", "b"), "UpdateExpression": "ADD n :by", "ExpressionAttributeValues": {":by": {"N": by.to_string()}}}}]})
}

fn count(db: &Database) -> Value {
    db.ok("GetItem", json!({"TableName": "music", "Key": song("a", "b"), "ConsistentRead": true}))["Item"]["n"]["N"].clone()
}

#[test]
fn a_token_makes_a_repetition_harmless_for_ten_minutes_and_over_a_reopening() {
    const MINUTE: u64 = 60_000;
    let platform = SimulatedPlatform::new(1);
    let mut store = SimulatedStore::new(1);
    platform.attach(&store);
    let mut db = Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
    music(&db);
    let written = json!([{"TableName": "music", "CapacityUnits": 2, "WriteCapacityUnits": 2}]);
    let repeated = json!([{"TableName": "music", "CapacityUnits": 2, "ReadCapacityUnits": 2}]);
    assert_eq!(db.ok("TransactWriteItems", counting("one", 1))["ConsumedCapacity"], written);
    assert_eq!(db.ok("TransactWriteItems", counting("one", 1))["ConsumedCapacity"], repeated);
    assert_eq!(count(&db), "1");
    assert!(
        db.error("TransactWriteItems", counting("one", 2))
            .starts_with("IdempotentParameterMismatchException: ")
    );
    db.ok("TransactWriteItems", counting("two", 1));
    assert_eq!(count(&db), "2");

    for round in 0..3 {
        platform.advance_millis(3 * MINUTE);
        db.close();
        platform.detach_stores();
        store = SimulatedStore::with_image(round, store.image());
        platform.attach(&store);
        db = Database::open(&platform, Rc::new(store.clone()), OpenOptions::default());
        assert_eq!(db.ok("TransactWriteItems", counting("one", 1))["ConsumedCapacity"], repeated);
        assert_eq!(count(&db), "2");
    }
    platform.advance_millis(MINUTE);
    assert_eq!(
        db.ok("TransactWriteItems", counting("one", 1))["ConsumedCapacity"],
        written,
        "it is forgotten"
    );
    assert_eq!(count(&db), "3");
    // The trees take turns; what is old goes.
    for round in 0..40u32 {
        platform.advance_millis(6 * MINUTE);
        db.ok("TransactWriteItems", counting(&format!("later {round}"), 1));
        assert_eq!(
            db.ok("TransactWriteItems", counting(&format!("later {round}"), 1))["ConsumedCapacity"],
            repeated
        );
        if let Some(before) = round.checked_sub(1) {
            assert_eq!(
                db.ok("TransactWriteItems", counting(&format!("later {before}"), 1))["ConsumedCapacity"],
                repeated,
                "six minutes later"
            );
        }
    }
    assert_eq!(count(&db), "43");
}

#[test]
fn a_cancelled_transaction_does_not_use_its_token_up() {
    let db = Database::in_memory();
    music(&db);
    let input = json!({"ClientRequestToken": "t", "TransactItems": [{"Put": {"TableName": "music", "Item": song("a", "b"),
        "ConditionExpression": "attribute_not_exists(song)"}}]});
    db.ok("PutItem", json!({"TableName": "music", "Item": song("a", "b")}));
    assert_eq!(reasons(&db, "TransactWriteItems", input.clone()), [failed()]);
    db.ok("DeleteItem", json!({"TableName": "music", "Key": song("a", "b")}));
    db.ok("TransactWriteItems", input.clone());
    db.ok("DeleteItem", json!({"TableName": "music", "Key": song("a", "b")}));
    db.ok("TransactWriteItems", input);
    assert_eq!(db.ok("Scan", json!({"TableName": "music"}))["Count"], 0, "the repetition wrote nothing");
}
