//! ExecuteStatement, BatchExecuteStatement, ExecuteTransaction.

use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{Random, SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, put, song, with};

fn run(db: &Database, statement: &str) -> Value {
    db.ok("ExecuteStatement", json!({"Statement": statement}))
}

fn refusal(db: &Database, statement: &str) -> String {
    db.error("ExecuteStatement", json!({"Statement": statement}))
}

/// `artist/song` of each item.
fn names(answer: &Value) -> Vec<String> {
    let name = |item: &Value| {
        format!("{}/{}", item["artist"]["S"].as_str().unwrap(), item["song"]["S"].as_str().unwrap())
    };
    answer["Items"].as_array().unwrap().iter().map(name).collect()
}

/// Artists a, b, c with songs 1 to 4 each; the year of a song is its number, its genre alternates.
fn filled(db: &Database) {
    music(db);
    for artist in ["a", "b", "c"] {
        for n in 1..=4 {
            let genre = if n % 2 == 0 { "even" } else { "odd" };
            put(
                db,
                &with(
                    song(artist, &n.to_string()),
                    json!({"year": {"N": n.to_string()}, "genre": {"S": genre},
                        "m": {"M": {"x": {"N": n.to_string()}, "l": {"L": [{"S": "in"}]}}}}),
                ),
            );
        }
    }
}

fn database() -> Database {
    let db = Database::in_memory();
    filled(&db);
    db
}

#[test]
fn a_select_reads_ranges_in_the_order_of_the_statement() {
    let db = database();
    for (condition, expected) in [
        ("artist = 'a' AND song = '2'", "a/2"),
        ("artist = 'a'", "a/1 a/2 a/3 a/4"),
        ("'a' = artist AND '2' < song", "a/3 a/4"),
        ("artist = 'a' AND song > '1' AND song < '4'", "a/2 a/3"),
        ("artist = 'a' AND song BETWEEN '2' AND '3'", "a/2 a/3"),
        ("artist = 'a' AND begins_with(song, '3')", "a/3"),
        ("artist = 'a' AND song IN ('4', '1')", "a/1 a/4"),
        ("artist = 'a' AND (song = '3' OR song = '1')", "a/1 a/3"),
        ("artist IN ['c', 'a'] AND song >= '3'", "c/3 c/4 a/3 a/4"),
        ("artist = 'c' AND song = '1' OR artist = 'a' AND song = '2'", "c/1 a/2"),
        ("artist = 'b' AND year > 2 AND genre = 'odd'", "b/3"),
        ("artist = 'b' AND m.x = 3 AND m.l[0] = 'in'", "b/3"),
        ("artist = 'b' AND NOT song = '1' AND NOT year = 2", "b/3 b/4"),
        ("artist = 'a' AND artist = 'b'", ""),
        ("artist = 'a' AND song > '3' AND song < '2'", ""),
        ("artist IN ('a', 'a') AND song = '1'", "a/1"),
        ("artist = 'nobody'", ""),
        ("artist = 'a' ORDER BY song DESC", "a/4 a/3 a/2 a/1"),
        ("artist = 'a' AND song IN ('1', '3') ORDER BY song DESC", "a/3 a/1"),
        ("artist IN ('c', 'a', 'b') AND song = '1' ORDER BY artist", "a/1 b/1 c/1"),
        ("artist IN ('b', 'a') AND song > '2' ORDER BY artist DESC, song DESC", "b/4 b/3 a/4 a/3"),
    ] {
        let found = run(&db, &format!("SELECT * FROM music WHERE {condition}"));
        assert_eq!(names(&found).join(" "), expected, "{condition}");
    }
}

#[test]
fn without_the_partition_key_all_is_read() {
    let db = database();
    for (condition, count) in [
        ("song = '1'", 3),
        ("year > 2", 6),
        ("artist > 'a'", 8),
        ("artist = 'a' OR year = 1", 6),
        ("NOT artist = 'a'", 8),
        ("song = 1", 0),
        ("nope IS MISSING", 12),
    ] {
        let found = run(&db, &format!("SELECT * FROM music WHERE {condition}"));
        assert_eq!(names(&found).len(), count, "{condition}");
    }
    assert_eq!(names(&run(&db, "SELECT * FROM music")).len(), 12);
}

#[test]
fn what_is_asked_for_becomes_flat() {
    let db = database();
    let one = run(&db, "SELECT song, m.x, m.l[0], nope FROM music WHERE artist = 'a' AND song = '2'");
    assert_eq!(one, json!({"Items": [{"song": {"S": "2"}, "x": {"N": "2"}, "l[0]": {"S": "in"}}]}));
    let none = run(&db, "SELECT nope FROM music WHERE artist = 'a' AND song = '2'");
    assert_eq!(none, json!({"Items": [{}]}));
}

#[test]
fn an_index_is_read_as_it_is() {
    let db = database();
    let odd = run(&db, "SELECT * FROM \"music\".\"genre-year\" WHERE genre = 'odd' AND year = 3");
    assert_eq!(names(&odd).len(), 3);
    assert_eq!(odd["Items"][0].get("m"), None);
    let local = run(
        &db,
        "SELECT artist, song, m FROM music.\"artist-year\" WHERE artist = 'a' AND year < 3 ORDER BY year DESC",
    );
    assert_eq!(names(&local), ["a/2", "a/1"]);
    assert_eq!(local["Items"][0]["m"]["M"]["x"], json!({"N": "2"}));
    for (statement, expected) in [
        ("SELECT * FROM music.nope", "The table does not have the specified index: nope"),
        (
            "SELECT m FROM music.\"genre-year\" WHERE genre = 'odd'",
            "One or more parameter values were invalid: Global secondary index genre-year does not project [m]",
        ),
        (
            "SELECT * FROM music.\"genre-year\" WHERE genre = 'odd' AND m.x = 1",
            "One or more parameter values were invalid: Secondary index genre-year does not project one or more filter attributes: [m]",
        ),
    ] {
        assert_eq!(refusal(&db, statement), format!("ValidationException: {expected}"));
    }
    assert_eq!(
        db.error(
            "ExecuteStatement",
            json!({"Statement": "SELECT * FROM music.\"genre-year\"", "ConsistentRead": true})
        ),
        "ValidationException: Strongly consistent read is not supported on Global Secondary Indexes"
    );
}

#[test]
fn selects_that_are_refused() {
    let db = database();
    for (statement, expected) in [
        (
            "SELECT * FROM music WHERE artist = 1",
            "Key attribute's data type should match its data type in table's schema: Key artist",
        ),
        (
            "SELECT * FROM music WHERE artist = 'a' AND song = true",
            "Key value must be of type S, N, or B. Key name: song, Key type: BOOL",
        ),
        (
            "SELECT * FROM music WHERE artist = ''",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: artist",
        ),
        (
            "SELECT * FROM music WHERE artist = 'a' AND (song > '1' OR song < '3')",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "SELECT * FROM music WHERE artist = 'a' OR artist = 'a' AND song = '3'",
            "Overlapping conditions with range keys are not supported in where clause",
        ),
        (
            "SELECT * FROM music WHERE artist.x = 'a'",
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: artist",
        ),
        (
            "SELECT * FROM music WHERE song = '1' ORDER BY song",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM music WHERE artist = 'a' ORDER BY year",
            "Attribute year in ORDER BY clause must be part of the primary key",
        ),
        (
            "SELECT * FROM music WHERE artist IN ('a', 'b') ORDER BY song",
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ),
        (
            "EXISTS(SELECT * FROM music WHERE artist = 'a' AND song = '1' AND year = 1)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        (
            "SELECT * FROM nowhere WHERE a > true",
            "Incorrect operand type for operator or function; operator or function: >, operand type: BOOL",
        ),
    ] {
        assert_eq!(refusal(&db, statement), format!("ValidationException: {expected}"), "{statement}");
    }
    assert_eq!(
        refusal(&db, "SELECT * FROM nowhere"),
        "ResourceNotFoundException: Requested resource not found"
    );
    assert_eq!(
        db.error("ExecuteStatement", json!({"Statement": ""})),
        "ValidationException: 1 validation error detected: Value '' at 'statement' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
}

/// All pages of a statement.
fn pages(db: &Database, statement: &Value, limit: u64) -> Vec<Vec<String>> {
    let mut input = statement.clone();
    input["Limit"] = json!(limit);
    let mut pages = Vec::new();
    loop {
        let page = db.ok("ExecuteStatement", input.clone());
        pages.push(names(&page));
        assert_eq!(page.get("NextToken").is_some(), page.get("LastEvaluatedKey").is_some());
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return pages,
        }
    }
}

#[test]
fn pages_hold_everything_once() {
    let db = database();
    for condition in [
        "",
        "WHERE year > 1",
        "WHERE artist = 'b'",
        "WHERE artist = 'b' ORDER BY song DESC",
        "WHERE artist IN ('c', 'a') AND song > '1'",
        "WHERE artist = 'a' AND song IN ('1', '3', '4') OR artist = 'c' AND year < 3",
        "WHERE artist IN ('c', 'a') ORDER BY artist DESC, song DESC",
    ] {
        let statement = json!({"Statement": format!("SELECT artist, song FROM music {condition}")});
        let whole = names(&db.ok("ExecuteStatement", statement.clone()));
        for limit in 1..6 {
            let pages = pages(&db, &statement, limit);
            assert_eq!(pages.concat(), whole, "{condition} {limit}");
            assert!(pages.iter().all(|page| page.len() as u64 <= limit));
        }
    }
    let indexed =
        json!({"Statement": "SELECT artist, song FROM music.\"genre-year\" WHERE genre IN ('odd', 'even')"});
    assert_eq!(pages(&db, &indexed, 1).concat().len(), 12);
}

#[test]
fn a_token_is_for_its_statement_and_parameters() {
    let db = database();
    let statement = "SELECT * FROM music WHERE artist = ? AND song > ?";
    let with = |parameters: Value, token: Value| json!({"Statement": statement, "Parameters": parameters, "NextToken": token, "Limit": 3});
    let mut first = with(json!([{"S": "a"}, {"S": "1"}]), json!("x"));
    first.as_object_mut().unwrap().remove("NextToken");
    first["Limit"] = json!(1);
    let page = db.ok("ExecuteStatement", first);
    assert_eq!(page["LastEvaluatedKey"], song("a", "2"));
    let token = page["NextToken"].clone();
    let next = db.ok("ExecuteStatement", with(json!([{"S": "a"}, {"S": "1"}]), token.clone()));
    assert_eq!(names(&next), ["a/3", "a/4"]);
    let mismatch = "ValidationException: NextToken does not match request";
    assert_eq!(db.error("ExecuteStatement", with(json!([{"S": "a"}, {"S": "2"}]), token.clone())), mismatch);
    assert_eq!(
        db.error("ExecuteStatement", json!({"Statement": "SELECT * FROM music", "NextToken": token})),
        mismatch
    );
    for garbage in ["abc", "AAAA", "", "AQ==", "\u{e9}"] {
        let error =
            db.error("ExecuteStatement", json!({"Statement": "SELECT * FROM music", "NextToken": garbage}));
        assert!(error.starts_with("ValidationException: "), "{error}");
    }
    // With a list or a map among the parameters nothing goes on.
    let composite = json!({"Statement": "SELECT * FROM music WHERE artist = 'a' AND year <> ?",
        "Parameters": [{"L": []}], "Limit": 1});
    let page = db.ok("ExecuteStatement", composite.clone());
    assert_eq!(db.error("ExecuteStatement", with_token(composite, &page["NextToken"])), mismatch);
}

fn with_token(mut input: Value, token: &Value) -> Value {
    input["NextToken"] = token.clone();
    input
}

#[test]
fn writes_of_one_item() {
    let db = database();
    assert_eq!(
        run(&db, "INSERT INTO music VALUE {'artist': 'd', 'song': '1', 'tags': <<'x'>>}"),
        json!({"Items": []})
    );
    assert_eq!(
        refusal(&db, "INSERT INTO music VALUE {'artist': 'd', 'song': '1'}"),
        "DuplicateItemException: Duplicate primary key exists in table"
    );
    let one = "WHERE artist = 'd' AND song = '1'";
    assert_eq!(
        run(
            &db,
            &format!("UPDATE music SET n = 1, tags = set_add(tags, <<'y'>>) {one} RETURNING MODIFIED NEW *")
        ),
        json!({"Items": [{"n": {"N": "1"}, "tags": {"SS": ["x", "y"]}}]})
    );
    assert_eq!(
        run(&db, &format!("UPDATE music SET n = n + 1 REMOVE tags {one} AND n = 1 RETURNING ALL OLD *")),
        json!({"Items": [with(song("d", "1"), json!({"n": {"N": "1"}, "tags": {"SS": ["x", "y"]}}))]})
    );
    assert_eq!(run(&db, &format!("FROM music {one} SET n = n + 1")), json!({"Items": []}));
    let failed = "ConditionalCheckFailedException: The conditional request failed";
    assert_eq!(refusal(&db, &format!("UPDATE music SET n = 9 {one} AND n = 1")), failed);
    assert_eq!(refusal(&db, "UPDATE music SET n = 9 WHERE artist = 'd' AND song = 'none'"), failed);
    assert_eq!(refusal(&db, &format!("DELETE FROM music {one} AND n = 1")), failed);
    let told = db
        .call(
            "ExecuteStatement",
            json!({"Statement": format!("DELETE FROM music {one} AND n = 1"),
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}),
        )
        .unwrap_err();
    assert!(told.item.is_some());
    assert_eq!(
        run(&db, "DELETE FROM music WHERE artist = 'd' AND song = 'none' AND n = 1"),
        json!({"Items": []})
    );
    assert_eq!(
        run(&db, &format!("DELETE FROM music {one} AND (n = 3 OR n = 4) RETURNING ALL OLD *")),
        json!({"Items": [with(song("d", "1"), json!({"n": {"N": "3"}}))]})
    );
    assert_eq!(run(&db, &format!("DELETE FROM music {one} RETURNING ALL OLD *")), json!({"Items": []}));
    assert_eq!(run(&db, &format!("SELECT * FROM music {one}")), json!({"Items": []}));
}

#[test]
fn writes_that_are_refused() {
    let db = database();
    let open = "Where clause does not contain a mandatory equality on all key attributes";
    for (statement, expected) in [
        ("UPDATE music SET n = 1", open),
        ("UPDATE music SET n = 1 WHERE artist = 'a'", open),
        ("UPDATE music SET n = 1 WHERE artist = 'a' AND song IN ('1')", open),
        ("DELETE FROM music WHERE artist = 'a' AND song = '1' OR song = '2'", open),
        (
            "UPDATE music SET n = 1 WHERE artist = 'a' AND song = '1' AND song = '2'",
            "Multiple conditions on same key song. Only single item Update/Insert/Delete are supported",
        ),
        (
            "DELETE FROM music WHERE artist = 'a' AND song = 1",
            "Key attribute's data type should match its data type in table's schema: Key song",
        ),
        (
            "UPDATE music SET song = 'x' WHERE artist = 'a' AND song = '1'",
            "One or more parameter values were invalid: Cannot update attribute song. This attribute is part of the key",
        ),
        (
            "UPDATE music SET n = nope WHERE artist = 'a' AND song = '1'",
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            "INSERT INTO music VALUE {'artist': 'a'}",
            "One or more parameter values were invalid: Missing the key song in the item",
        ),
        (
            "UPDATE music SET year = 'x' WHERE artist = 'a' AND song = '1'",
            "One or more parameter values were invalid: Type mismatch for Index Key year Expected: N Actual: S IndexName: artist-year",
        ),
    ] {
        assert_eq!(refusal(&db, statement), format!("ValidationException: {expected}"), "{statement}");
    }
    assert!(refusal(&db, "DELETE FROM nowhere WHERE a = 1").starts_with("ResourceNotFoundException"));
}

#[test]
fn what_statements_cost() {
    let db = database();
    let cost = |statement: &str, consistent: bool| {
        let input = json!({"Statement": statement, "ReturnConsumedCapacity": "INDEXES", "ConsistentRead": consistent});
        db.ok("ExecuteStatement", input)["ConsumedCapacity"].clone()
    };
    assert_eq!(cost("SELECT * FROM music WHERE artist = 'a'", false)["CapacityUnits"], 0.5);
    assert_eq!(cost("SELECT * FROM music WHERE artist = 'a'", true)["CapacityUnits"], 1);
    // Each partition is a read of its own.
    assert_eq!(cost("SELECT * FROM music WHERE artist IN ('a', 'b', 'c')", false)["CapacityUnits"], 1.5);
    let index = cost("SELECT artist FROM music.\"genre-year\" WHERE genre = 'odd'", false);
    assert_eq!(index["GlobalSecondaryIndexes"]["genre-year"]["CapacityUnits"], 0.5);
    assert_eq!(index["Table"]["CapacityUnits"], 0);
    let insert = cost("INSERT INTO music VALUE {'artist': 'z', 'song': '1', 'genre': 'g', 'year': 1}", false);
    assert_eq!(insert["CapacityUnits"], 3);
    assert_eq!(insert["Table"]["CapacityUnits"], 1);
    assert_eq!(cost("DELETE FROM music WHERE artist = 'z' AND song = 'none'", false)["CapacityUnits"], 1);
}

fn statements(list: &[&str]) -> Vec<Value> {
    list.iter().map(|statement| json!({"Statement": statement})).collect()
}

#[test]
fn a_batch_reads_items() {
    let db = database();
    let answer = db.ok(
        "BatchExecuteStatement",
        json!({"ReturnConsumedCapacity": "TOTAL", "Statements": statements(&[
            "SELECT song FROM music WHERE artist = 'a' AND song = '1'",
            "SELECT * FROM music WHERE song = 'none' AND artist = 'a'",
            "SELECT * FROM music WHERE artist = 'a'",
            "SELECT * FROM music WHERE artist = 'b' AND song = '1' AND year = 1",
            "SELECT * FROM music.\"artist-year\" WHERE artist = 'b' AND year = 1",
            "SELECT * FROM nowhere WHERE a = 1",
            "SELECT",
        ])}),
    );
    let pinned =
        "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
    let refused = |message: &str| json!({"Error": {"Code": "ValidationError", "Message": message}});
    assert_eq!(
        answer,
        json!({
            "Responses": [
                {"TableName": "music", "Item": {"song": {"S": "1"}}},
                {"TableName": "music"},
                refused(pinned),
                refused(pinned),
                refused(pinned),
                {"Error": {"Code": "ResourceNotFound", "Message": "Requested resource not found"}},
                refused("Statement wasn't well formed, can't be processed: Unexpected term"),
            ],
            "ConsumedCapacity": [{"TableName": "music", "CapacityUnits": 1}],
        })
    );
}

#[test]
fn a_batch_writes_each_on_its_own() {
    let db = database();
    let mut list = statements(&[
        "INSERT INTO music VALUE {'artist': 'x', 'song': '1'}",
        "INSERT INTO music VALUE {'artist': 'a', 'song': '1'}",
        "UPDATE music SET n = 1 WHERE artist = 'a' AND song = '2' RETURNING MODIFIED NEW *",
        "UPDATE music SET n = 1 WHERE artist = 'a' AND song = '3' AND n = 5",
        "DELETE FROM music WHERE artist = 'a' AND song = '4'",
        "DELETE FROM music WHERE artist = 'a' AND song = 5",
        "EXISTS(SELECT * FROM music WHERE artist = 'c' AND song = '4' AND n = 1)",
    ]);
    list[3]["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    let answer = db.ok("BatchExecuteStatement", json!({"Statements": list}));
    assert_eq!(answer["Responses"][0], json!({"TableName": "music"}));
    assert_eq!(
        answer["Responses"][1],
        json!({"TableName": "music",
            "Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}})
    );
    assert_eq!(answer["Responses"][2], json!({"TableName": "music", "Item": {"n": {"N": "1"}}}));
    let failed = &answer["Responses"][3]["Error"];
    assert_eq!(failed["Code"], "ConditionalCheckFailed");
    assert_eq!(failed["Item"]["song"], json!({"S": "3"}));
    assert_eq!(answer["Responses"][4], json!({"TableName": "music"}));
    assert_eq!(answer["Responses"][5]["Error"]["Code"], "ValidationError");
    assert_eq!(
        answer["Responses"][6]["Error"]["Message"],
        "EXISTS can only be used in ExecuteTransaction write requests."
    );
    assert_eq!(
        names(&run(&db, "SELECT * FROM music WHERE artist IN ('x', 'a')")),
        ["x/1", "a/1", "a/2", "a/3"]
    );
}

#[test]
fn a_batch_that_is_refused_does_nothing() {
    let db = database();
    for (list, expected) in [
        (
            [
                "DELETE FROM music WHERE artist = 'a' AND song = '1'",
                "SELECT * FROM music WHERE artist = 'a' AND song = '2'",
            ],
            "Read and write requests together in the same batch is not supported.",
        ),
        // Refused each by itself, they are a read and a write.
        (
            [
                "UPDATE music SET n = 1, n = 2 WHERE artist = 'a' AND song = '1'",
                "SELECT n, n FROM music WHERE artist = 'a' AND song = '2'",
            ],
            "Read and write requests together in the same batch is not supported.",
        ),
        (
            [
                "DELETE FROM music WHERE artist = 'a' AND song = '1'",
                "UPDATE music SET n = 1 WHERE song = '1' AND artist = 'a'",
            ],
            "Provided list of item keys contains duplicates",
        ),
    ] {
        assert_eq!(
            db.error("BatchExecuteStatement", json!({"Statements": statements(&list)})),
            format!("ValidationException: {expected}")
        );
    }
    assert_eq!(names(&run(&db, "SELECT * FROM music WHERE artist = 'a' AND song = '1'")), ["a/1"]);
}

fn transact(list: &[&str]) -> Value {
    json!({"TransactStatements": statements(list)})
}

#[test]
fn a_transaction_of_statements_writes_all_or_nothing() {
    let db = database();
    let mut all = transact(&[
        "INSERT INTO music VALUE {'artist': 'x', 'song': '1'}",
        "UPDATE music SET n = 1 WHERE artist = 'a' AND song = '2'",
        "DELETE FROM music WHERE artist = 'a' AND song = '4'",
        "EXISTS(SELECT * FROM music WHERE artist = 'c' AND song = '4' AND year = 4)",
    ]);
    all["ReturnConsumedCapacity"] = json!("TOTAL");
    let answer = db.ok("ExecuteTransaction", all.clone());
    assert_eq!(answer["Responses"], json!([]));
    // Four entries of the table, doubled, and what the two indexes of one delete and none else take.
    assert_eq!(answer["ConsumedCapacity"][0]["TableName"], "music");
    assert_eq!(answer["ConsumedCapacity"][0]["CapacityUnits"], 10);
    assert_eq!(answer["ConsumedCapacity"][0]["WriteCapacityUnits"], 10);
    let error = db.call("ExecuteTransaction", all).unwrap_err();
    assert_eq!(error.kind.name(), "TransactionCanceledException");
    let codes: Vec<_> = error.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, ["DuplicateItem", "None", "None", "None"]);
    assert_eq!(error.reasons[0].message, "Duplicate primary key exists in table");
    let failing = transact(&[
        "UPDATE music SET n = 2 WHERE artist = 'a' AND song = '2'",
        "EXISTS(SELECT * FROM music WHERE artist = 'c' AND song = '4' AND year = 5)",
        "UPDATE music SET n = 2 WHERE artist = 'a' AND song = 'none'",
    ]);
    let error = db.call("ExecuteTransaction", failing).unwrap_err();
    let codes: Vec<_> = error.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]);
    let read = db.ok(
        "ExecuteTransaction",
        transact(&[
            "SELECT n FROM music WHERE artist = 'a' AND song = '2'",
            "SELECT * FROM music WHERE artist = 'a' AND song = '4'",
        ]),
    );
    assert_eq!(read, json!({"Responses": [{"Item": {"n": {"N": "1"}}}, {}]}));
}

#[test]
fn transactions_that_are_refused() {
    let db = database();
    let write = "UPDATE music SET n = 1 WHERE artist = 'a' AND song = '1'";
    let pinned = "Validation failed in TransactStatements[1]: Select statements within ExecuteTransaction must specify the primary key in the where clause.";
    let one = "SELECT * FROM music WHERE artist = 'a' AND song = '1'";
    let into_key = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: genre";
    for (list, expected) in [
        (
            [write, one],
            "ExecuteTransaction API does not support both read and write operations in the same request.",
        ),
        ([one, "SELECT * FROM music WHERE artist = 'a'"], pinned),
        ([one, "SELECT * FROM music WHERE artist = 'a' AND song = '2' AND year = 2"], pinned),
        ([one, "SELECT * FROM music WHERE artist = 'a' AND song = '2' AND genre[0] = 2"], pinned),
        ([one, "SELECT genre[0] FROM music WHERE artist = 'a' AND song = '2'"], into_key),
        ([write, "DELETE FROM music WHERE artist = 'a' AND song = '2' AND genre[0] = 2"], into_key),
        (
            [write, "UPDATE music SET n = 1, n = 2 WHERE artist = 'a' AND song = '2'"],
            "Validation failed in TransactStatements[1]: Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [n], path two: [n]",
        ),
        (
            [write, "DELETE FROM music WHERE artist = 'a' AND song = '2' AND begins_with(n, 5)"],
            "Validation failed in TransactStatements[1]: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            [write, "DELETE FROM music WHERE artist = 'a' AND song = '2' AND n = <<'b', 'b'>>"],
            "Validation failed in TransactStatements[1]: One or more parameter values were invalid: Input collection [b, b] contains duplicates.",
        ),
        (
            [one, "SELECT * FROM music.\"artist-year\" WHERE artist = 'a' AND year = 2"],
            "Validation failed in TransactStatements[1]: Reads on indices are not supported within transactions.",
        ),
        (
            [write, "DELETE FROM music WHERE artist = 'a' AND song = '2' RETURNING ALL OLD *"],
            "Validation failed in TransactStatements[1]: RETURNING clause is not supported in ExecuteTransaction.",
        ),
        (
            [write, "DELETE FROM music WHERE artist = 'a' AND song = '1'"],
            "Transaction request cannot include multiple operations on one item",
        ),
        (
            [write, "DELETE FROM music WHERE artist = ?"],
            "Validation failed in TransactStatements[1]: Number of parameters in request and statement don't match.",
        ),
        (
            [write, "EXISTS(SELECT * FROM music WHERE artist = 'c' AND song = '1')"],
            "Validation failed in TransactStatements[1]: EXISTS() must contain a single item read with additional condition",
        ),
        (
            [write, "EXISTS(SELECT * FROM music WHERE year = 1)"],
            "Validation failed in TransactStatements[1]: EXISTS() must contain a single item read with additional condition",
        ),
        ([write, "DELETE"], "Statement wasn't well formed, can't be processed: Unexpected term"),
    ] {
        assert_eq!(
            db.error("ExecuteTransaction", transact(&list)),
            format!("ValidationException: {expected}")
        );
    }
    let error = db
        .call("ExecuteTransaction", transact(&[write, "DELETE FROM music WHERE artist = 'a' AND song = 2"]))
        .unwrap_err();
    let codes: Vec<_> = error.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, ["None", "ValidationError"]);
    assert!(
        db.error("ExecuteTransaction", transact(&[write, "DELETE FROM nowhere WHERE a = 2"]))
            .starts_with("ResourceNotFoundException")
    );
}

#[test]
fn a_token_makes_a_transaction_of_statements_happen_once() {
    let db = database();
    let add = |n: u64| {
        json!({"ClientRequestToken": "same", "ReturnConsumedCapacity": "TOTAL",
            "TransactStatements": [{"Statement": format!("UPDATE music SET year = year + {n} WHERE artist = 'a' AND song = '1'")}]})
    };
    db.ok("ExecuteTransaction", add(1));
    let again = db.ok("ExecuteTransaction", add(1));
    assert_eq!(again["Responses"], json!([]));
    assert_eq!(again["ConsumedCapacity"][0]["ReadCapacityUnits"], 2);
    assert!(db.error("ExecuteTransaction", add(2)).starts_with("IdempotentParameterMismatchException"));
    // The tokens of transactions of actions are others.
    db.ok(
        "TransactWriteItems",
        json!({"ClientRequestToken": "same", "TransactItems": [{"Put": {"TableName": "music", "Item": song("t", "1")}}]}),
    );
    let read = run(&db, "SELECT year FROM music WHERE artist = 'a' AND song = '1'");
    assert_eq!(read["Items"][0]["year"], json!({"N": "2"}));
}

/// The database in blocks, just opened: the cache is empty.
fn cold(seed: u64) -> Database {
    let platform = SimulatedPlatform::new(seed);
    let store = SimulatedStore::new(seed);
    platform.attach(&store);
    let storage = StorageOptions {
        memory_table_bytes: 8 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 1 << 10,
        log_frames: 8,
        ..StorageOptions::default()
    };
    let options = OpenOptions { storage, ..OpenOptions::default() };
    let db = Database::open(&platform, Rc::new(store.clone()), options.clone());
    music(&db);
    for n in 0..200 {
        let text = json!({"n": {"N": "0"}, "t": {"S": "x".repeat(100)}});
        put(&db, &with(song(&format!("a{}", n % 20), &format!("s{n:03}")), text));
    }
    db.close();
    platform.detach_stores();
    let store = SimulatedStore::with_image(seed, store.image());
    platform.attach(&store);
    Database::open(&platform, Rc::new(store), options)
}

#[test]
fn statements_wait_for_blocks_and_keep_their_order() {
    for seed in 0..10 {
        let db = cold(seed);
        // Several ranges, each of which needs blocks.
        let found =
            run(&db, "SELECT artist, song FROM music WHERE artist IN ('a3', 'a1', 'a2') AND song > 's050'");
        let names = names(&found);
        assert_eq!(names.len(), 21, "{names:?}");
        assert!(names[0].starts_with("a3/") && names[20].starts_with("a2/"));
        // The token outlives the database.
        let input =
            json!({"Statement": "SELECT artist, song FROM music WHERE artist IN ('a7', 'a8')", "Limit": 13});
        let first = db.ok("ExecuteStatement", input.clone());
        db.close();
        let db = cold(seed);
        let rest = db.ok("ExecuteStatement", with_token(input, &first["NextToken"]));
        assert_eq!(rest["Items"].as_array().unwrap().len(), 7);
        // Writes to one partition key, in every form, in the order in which they came.
        let add = "SET n = n + 1 WHERE artist = 'a5' AND song = 's005'";
        let one = json!({"Statement": format!("UPDATE music {add}")});
        let mut tickets = Vec::new();
        for _ in 0..5 {
            tickets.push(db.send(Operation::ExecuteStatement, &one));
            tickets.push(db.send(Operation::BatchExecuteStatement, &json!({"Statements": [one]})));
            tickets.push(db.send(Operation::ExecuteTransaction, &json!({"TransactStatements": [one]})));
        }
        let last = db.send(
            Operation::ExecuteStatement,
            &json!({"Statement": format!("UPDATE music {add} AND n = 15 RETURNING MODIFIED NEW *")}),
        );
        db.platform.run_until_idle();
        for ticket in tickets {
            db.take(ticket).unwrap().unwrap();
        }
        assert_eq!(db.take(last).unwrap().unwrap()["Items"], json!([{"n": {"N": "16"}}]));
    }
}

#[test]
fn a_hostile_statement_is_refused() {
    let db = database();
    for text in ["(", "[", "{'a':", "NOT ", "size(", "<<", "a.", "'"] {
        let statement = format!("SELECT * FROM music WHERE {}", text.repeat(8000 / text.len()));
        assert!(refusal(&db, &statement).starts_with("ValidationException: "));
    }
    let long = format!("SELECT * FROM music WHERE a = '{}'", "x".repeat(8192));
    assert!(refusal(&db, &long).contains("Member must have length less than or equal to 8192"));
    // Ten thousand ranges and more.
    let values = (0..100).map(|n| format!("'{n}'")).collect::<Vec<_>>().join(",");
    let wide = format!(
        "SELECT * FROM music WHERE artist IN ({values}) AND song IN ({values}) AND (year = 1 OR year = 2)"
    );
    assert_eq!(run(&db, &wide), json!({"Items": []}));
}

/// A condition on keys and more, of random shape.
fn condition(random: &mut Random, depth: u32) -> String {
    if depth < 3 && random.below(3) > 0 {
        let (one, other) = (condition(random, depth + 1), condition(random, depth + 1));
        return match random.below(5) {
            0 => format!("NOT ({one})"),
            1 | 2 => format!("({one} OR {other})"),
            _ => format!("({one} AND {other})"),
        };
    }
    let artist = ["'a'", "'b'", "'c'", "'d'"][random.below(4) as usize];
    let (low, high) = (random.below(6), random.below(6));
    match random.below(9) {
        0 | 1 => format!("artist = {artist}"),
        2 => format!("artist IN ({artist}, 'b')"),
        3 => format!("song {} '{low}'", ["=", "<", "<=", ">", ">=", "<>"][random.below(6) as usize]),
        4 => format!("'{low}' {} song", ["=", "<", "<=", ">", ">=", "<>"][random.below(6) as usize]),
        5 => format!("song BETWEEN '{}' AND '{}'", low.min(high), low.max(high)),
        6 => format!("song IN ('{low}', '{high}')"),
        7 => format!("begins_with(song, '{low}')"),
        _ => format!("year > {low}"),
    }
}

#[test]
fn what_is_found_by_key_is_what_a_scan_finds() {
    let db = database();
    let mut random = Random::new(11);
    let mut keyed = 0;
    for _ in 0..4000 {
        let condition = condition(&mut random, 0);
        let select = |condition: &str| {
            let statement = format!("SELECT artist, song FROM music WHERE {condition}");
            db.call("ExecuteStatement", json!({"Statement": statement, "ReturnConsumedCapacity": "TOTAL"}))
        };
        let sorted = |answer: &Value| {
            let mut names = names(answer);
            names.sort();
            names
        };
        // A negation hides the keys from the planner.
        let scanned = select(&format!("NOT (NOT ({condition}))")).unwrap();
        match select(&condition) {
            Ok(found) => {
                keyed += u32::from(names(&found) != names(&scanned));
                assert_eq!(sorted(&found), sorted(&scanned), "{condition}");
            }
            Err(error) => {
                assert!(error.message.starts_with("Overlapping conditions"), "{condition}: {error}");
            }
        }
    }
    assert!(keyed > 30, "{keyed} were in another order than that of a scan");
}
