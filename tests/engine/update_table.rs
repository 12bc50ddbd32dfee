//! UpdateTable, and the filling of indexes that it adds; tags; limits.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::OpenOptions;
use dynatab::platform::simulated::{Random, SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

fn table(db: &Database) -> Value {
    db.ok("DescribeTable", json!({"TableName": "music"}))["Table"].clone()
}

fn update(db: &Database, members: Value) -> Value {
    let answer = db.ok("UpdateTable", with(json!({"TableName": "music"}), members));
    answer["TableDescription"].clone()
}

fn refused(db: &Database, members: Value, message: &str) {
    assert_eq!(db.error("UpdateTable", with(json!({"TableName": "music"}), members)), message);
}

/// A table paid by provisioned capacity, with one global index.
fn provisioned(db: &Database) {
    let attribute = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let units = json!({"ReadCapacityUnits": 10, "WriteCapacityUnits": 10});
    db.ok(
        "CreateTable",
        json!({"TableName": "music", "AttributeDefinitions": [attribute("artist"), attribute("genre")],
            "KeySchema": [{"AttributeName": "artist", "KeyType": "HASH"}], "ProvisionedThroughput": units,
            "GlobalSecondaryIndexes": [{"IndexName": "by-genre", "Projection": {"ProjectionType": "ALL"},
                "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}], "ProvisionedThroughput": units}]}),
    );
}

fn units(read: u64, write: u64) -> Value {
    json!({"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}})
}

#[test]
fn capacity_changes_and_its_decreases_are_counted() {
    let db = Database::in_memory();
    provisioned(&db);
    let before = update(&db, units(20, 20));
    assert_eq!(before["TableStatus"], "UPDATING");
    assert_eq!(before["ProvisionedThroughput"]["ReadCapacityUnits"], 10, "the answer shows what was");
    let now = table(&db);
    assert_eq!(now["TableStatus"], "ACTIVE");
    assert_eq!(now["ProvisionedThroughput"]["ReadCapacityUnits"], 20);
    assert!(now["ProvisionedThroughput"]["LastIncreaseDateTime"].is_number());
    refused(
        &db,
        units(20, 20),
        "ValidationException: The provisioned throughput for the table will not change. The requested value equals the current value. Current ReadCapacityUnits provisioned for the table: 20. Requested ReadCapacityUnits: 20. Current WriteCapacityUnits provisioned for the table: 20. Requested WriteCapacityUnits: 20. Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
    );
    for left in (1..=4).rev() {
        update(&db, units(left, left));
    }
    assert_eq!(table(&db)["ProvisionedThroughput"]["NumberOfDecreasesToday"], 4);
    assert_eq!(table(&db)["WarmThroughput"]["ReadUnitsPerSecond"], 20, "as warm as the most it had");
    update(&db, units(9, 9));
    let error = db.error("UpdateTable", with(json!({"TableName": "music"}), units(8, 9)));
    assert!(
        error.starts_with("LimitExceededException: Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day.")
            && error.contains("Next decrease can be made at 2026-"),
        "{error}"
    );
    db.platform.advance_millis(3_600_000);
    update(&db, units(8, 9));
    db.platform.advance_millis(86_400_000);
    assert_eq!(table(&db)["ProvisionedThroughput"]["NumberOfDecreasesToday"], 0);
    update(
        &db,
        json!({"GlobalSecondaryIndexUpdates": [{"Update": with(json!({"IndexName": "by-genre"}), units(30, 30))}]}),
    );
    assert_eq!(table(&db)["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 30);
}

#[test]
fn billing_turns_and_takes_the_indexes_along() {
    let db = Database::in_memory();
    provisioned(&db);
    assert_eq!(table(&db).get("BillingModeSummary"), None);
    update(&db, json!({"BillingMode": "PAY_PER_REQUEST"}));
    let now = table(&db);
    assert_eq!(now["BillingModeSummary"]["BillingMode"], "PAY_PER_REQUEST");
    assert_eq!(now["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
    assert_eq!(now["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
    refused(
        &db,
        units(1, 1),
        "ValidationException: One or more parameter values were invalid: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    );
    update(&db, json!({"OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}}));
    update(&db, json!({"OnDemandThroughput": {"MaxReadRequestUnits": -1}}));
    assert_eq!(table(&db)["OnDemandThroughput"], json!({"MaxWriteRequestUnits": 6}));
    let back = with(json!({"BillingMode": "PROVISIONED"}), units(2, 3));
    refused(
        &db,
        back.clone(),
        "ValidationException: One or more parameter values were invalid: ProvisionedThroughput must be specified for index: by-genre",
    );
    update(
        &db,
        with(
            back,
            json!({"GlobalSecondaryIndexUpdates": [{"Update": with(json!({"IndexName": "by-genre"}), units(4, 5))}]}),
        ),
    );
    let now = table(&db);
    assert_eq!(now["BillingModeSummary"]["BillingMode"], "PROVISIONED");
    assert_eq!(now.get("OnDemandThroughput"), None);
    assert_eq!(now["ProvisionedThroughput"]["WriteCapacityUnits"], 3);
    assert_eq!(now["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"], 4);
}

#[test]
fn stream_encryption_class_and_protection_are_set() {
    let db = Database::in_memory();
    music(&db);
    update(&db, json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}}));
    let first = table(&db)["LatestStreamLabel"].clone();
    refused(
        &db,
        json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}}),
        "ValidationException: Table already has an enabled stream: TableName: music",
    );
    update(&db, json!({"StreamSpecification": {"StreamEnabled": false}}));
    assert_eq!(table(&db).get("StreamSpecification"), None);
    assert_eq!(table(&db)["LatestStreamLabel"], first, "the stream that ended is still named");
    db.platform.advance_millis(1000);
    update(&db, json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "KEYS_ONLY"}}));
    assert_ne!(table(&db)["LatestStreamLabel"], first);
    refused(
        &db,
        json!({"SSESpecification": {"Enabled": false}}),
        "ValidationException: One or more parameter values were invalid: Table is already encrypted by default",
    );
    update(&db, json!({"SSESpecification": {"Enabled": true, "SSEType": "KMS", "KMSMasterKeyId": "k"}}));
    assert_eq!(table(&db)["SSEDescription"]["Status"], "ENABLED");
    update(&db, json!({"TableClass": "STANDARD_INFREQUENT_ACCESS"}));
    assert_eq!(table(&db)["TableClassSummary"]["TableClass"], "STANDARD_INFREQUENT_ACCESS");
    update(&db, json!({"WarmThroughput": {"ReadUnitsPerSecond": 13_000}}));
    refused(
        &db,
        json!({"WarmThroughput": {"ReadUnitsPerSecond": 12_500}}),
        "ValidationException: One or more parameter values were invalid: Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current WarmThroughput, decreasing WarmThroughput is not supported",
    );
    let protected = update(&db, json!({"DeletionProtectionEnabled": true}));
    assert_eq!(
        (protected["TableStatus"].as_str(), &protected["DeletionProtectionEnabled"]),
        (Some("ACTIVE"), &json!(true))
    );
    assert!(db.error("DeleteTable", json!({"TableName": "music"})).contains("protected against deletion"));
    update(&db, json!({"DeletionProtectionEnabled": false}));
    db.ok("DeleteTable", json!({"TableName": "music"}));
}

#[test]
fn members_that_do_not_go_together_are_refused() {
    let db = Database::in_memory();
    music(&db);
    let invalid = |members: Value, message: &str| {
        refused(
            &db,
            members,
            &format!("ValidationException: One or more parameter values were invalid: {message}"),
        );
    };
    let stream = json!({"StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_IMAGE"}});
    let delete = json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "genre-year"}}]});
    let class = json!({"TableClass": "STANDARD"});
    let sse = json!({"SSESpecification": {"Enabled": true, "SSEType": "KMS"}});
    refused(
        &db,
        json!({"GlobalSecondaryIndexUpdates": []}),
        "ValidationException: At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
    );
    invalid(
        with(sse, class.clone()),
        "Server-Side Encryption modification must be the only operation in the request",
    );
    invalid(
        with(class, json!({"DeletionProtectionEnabled": true})),
        "TableClass modification must be the only operation in the request",
    );
    invalid(
        with(json!({"WarmThroughput": {"ReadUnitsPerSecond": 20_000}}), stream.clone()),
        "WarmThroughput must be the only operation in the request",
    );
    invalid(
        with(json!({"OnDemandThroughput": {"MaxReadRequestUnits": 1}}), stream.clone()),
        "OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
    );
    invalid(with(units(1, 1), stream.clone()), "You cannot modify stream status while updating table IOPS");
    invalid(with(units(1, 1), delete.clone()), "You cannot create or delete index while updating table IOPS");
    invalid(with(stream, delete), "You cannot create or delete index while changing stream status");
    invalid(
        json!({"BillingMode": "PROVISIONED"}),
        "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
    );
    invalid(
        json!({"GlobalSecondaryIndexUpdates": [{}]}),
        "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete must not be null",
    );
    invalid(
        json!({"ReplicaUpdates": [{"Create": {"RegionName": "x"}}]}),
        "Global tables are not supported yet",
    );
    refused(
        &db,
        json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "artist-year"}}]}),
        "ValidationException: Cannot delete an index that is not a GlobalSecondaryIndex: artist-year",
    );
    refused(
        &db,
        json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "none"}}]}),
        "ResourceNotFoundException: Requested resource not found: Index none for table music",
    );
    refused(
        &db,
        with(
            by_n(),
            json!({"GlobalSecondaryIndexUpdates": [by_n()["GlobalSecondaryIndexUpdates"][0], {"Delete": {"IndexName": "genre-year"}}]}),
        ),
        "LimitExceededException: Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    );
    assert_eq!(
        db.error("UpdateTable", json!({"TableName": "other", "BillingMode": "PAY_PER_REQUEST"})),
        "ResourceNotFoundException: Requested resource not found: Table: other not found"
    );
}

/// Adds the index `by-n`, over an attribute that no key had before.
fn by_n() -> Value {
    json!({"AttributeDefinitions": [{"AttributeName": "n", "AttributeType": "N"}],
        "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "by-n",
            "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}, {"AttributeName": "song", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"}}}]})
}

fn index(db: &Database) -> Value {
    let table = table(db);
    table["GlobalSecondaryIndexes"]
        .as_array()
        .and_then(|list| list.iter().find(|one| one["IndexName"] == "by-n"))
        .cloned()
        .unwrap_or_default()
}

#[test]
fn an_index_is_added_filled_and_deleted() {
    let db = Database::in_memory();
    music(&db);
    for n in 0..1200 {
        let n_value = if n % 3 == 0 { json!({"S": "no number"}) } else { json!({"N": (n % 7).to_string()}) };
        db.ok(
            "PutItem",
            json!({"TableName": "music", "Item": with(song("a", &format!("{n:04}")), json!({"n": n_value}))}),
        );
    }
    let ticket = db.send(Operation::UpdateTable, &with(json!({"TableName": "music"}), by_n()));
    let told = db.take(ticket).unwrap().unwrap()["TableDescription"].clone();
    assert_eq!(told["TableStatus"], "UPDATING");
    let entry = told["GlobalSecondaryIndexes"].as_array().unwrap().last().unwrap();
    assert_eq!((&entry["IndexStatus"], &entry["Backfilling"]), (&json!("CREATING"), &json!(false)));
    // It is filled between the calls; until then it cannot be read, and its table not be deleted.
    assert_eq!((&index(&db)["IndexStatus"], &index(&db)["Backfilling"]), (&json!("CREATING"), &json!(true)));
    assert_eq!(
        db.error("Scan", json!({"TableName": "music", "IndexName": "by-n"})),
        "ValidationException: Cannot read from backfilling global secondary index: by-n"
    );
    assert_eq!(
        db.error("DeleteTable", json!({"TableName": "music"})),
        "ResourceInUseException: Attempt to change a resource which is still in use: Cannot delete table while indexes are being created, updated, or deleted."
    );
    db.platform.run_until_idle();
    let filled = index(&db);
    assert_eq!((&filled["IndexStatus"], filled.get("Backfilling")), (&json!("ACTIVE"), None));
    // Items whose attribute is of another type are not in it, and are refused from now on.
    assert_eq!(filled["ItemCount"], 800);
    let found = db.ok(
        "Query",
        json!({"TableName": "music", "IndexName": "by-n", "Select": "COUNT",
        "KeyConditionExpression": "n = :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}),
    );
    assert_eq!(found["Count"], (0..1200).filter(|n| n % 3 != 0 && n % 7 == 1).count());
    assert!(
        db.error(
            "PutItem",
            json!({"TableName": "music", "Item": with(song("a", "x"), json!({"n": {"S": "text"}}))})
        )
        .contains("Type mismatch for Index Key n")
    );
    assert_eq!(
        db.error("UpdateTable", with(json!({"TableName": "music"}), by_n())),
        "ValidationException: Attempting to create an index which already exists"
    );
    let defined = |db: &Database| {
        table(db)["AttributeDefinitions"].as_array().unwrap().iter().any(|one| one["AttributeName"] == "n")
    };
    assert!(defined(&db));
    let told = update(&db, json!({"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": "by-n"}}]}));
    assert_eq!(told["GlobalSecondaryIndexes"].as_array().unwrap().last().unwrap()["IndexStatus"], "DELETING");
    assert_eq!(index(&db), Value::Null);
    assert!(!defined(&db), "definitions of attributes that are no keys go");
    db.ok(
        "PutItem",
        json!({"TableName": "music", "Item": with(song("a", "x"), json!({"n": {"S": "text"}}))}),
    );
    // The other indexes have kept their entries and their trees.
    db.ok("PutItem", json!({"TableName": "music", "Item": with(song("b", "y"), json!({"genre": {"S": "g"}, "year": {"N": "1"}}))}));
    assert_eq!(db.ok("Scan", json!({"TableName": "music", "IndexName": "genre-year"}))["Count"], 1);
    assert_eq!(db.ok("Scan", json!({"TableName": "music", "IndexName": "artist-year"}))["Count"], 1);
}

/// What the index must hold.
fn compare(db: &Database, model: &BTreeMap<(String, String), Value>, what: &str) {
    let mut found = Vec::new();
    let mut start = Value::Null;
    loop {
        let mut input = json!({"TableName": "music", "IndexName": "by-n", "Limit": 50});
        if !start.is_null() {
            input["ExclusiveStartKey"] = start;
        }
        let mut page = db.ok("Scan", input);
        found.append(page["Items"].as_array_mut().unwrap());
        match page.get("LastEvaluatedKey") {
            Some(key) => start = key.clone(),
            None => break,
        }
    }
    let mut wanted: Vec<Value> = model.values().filter(|item| item.get("n").is_some()).cloned().collect();
    let text = |item: &Value| format!("{} {}", item["artist"], item["song"]);
    found.sort_by_key(text);
    wanted.sort_by_key(text);
    assert_eq!(found, wanted, "{what}");
    assert_eq!(index(db)["ItemCount"], wanted.len(), "{what}: the count");
}

#[test]
fn an_index_is_right_whatever_is_written_while_it_is_filled_and_whenever_it_stops() {
    for seed in 0..30 {
        let mut random = Random::new(seed);
        let platform = SimulatedPlatform::new(seed);
        let mut store = SimulatedStore::new(seed);
        platform.attach(&store);
        let storage = StorageOptions {
            memory_table_bytes: 8 << 10,
            block_bytes: 1 << 10,
            bulk_block_bytes: 1 << 10,
            log_frames: 8,
            slice_bytes: 1 << 10,
            ..StorageOptions::default()
        };
        let options = OpenOptions { storage, ..OpenOptions::default() };
        let mut db = Database::open(&platform, Rc::new(store.clone()), options.clone());
        music(&db);
        let mut model: BTreeMap<(String, String), Value> = BTreeMap::new();
        let write = |db: &Database,
                     model: &mut BTreeMap<(String, String), Value>,
                     random: &mut Random,
                     wait: bool| {
            let at = (format!("a{}", random.below(30)), format!("s{:02}", random.below(60)));
            let key = song(&at.0, &at.1);
            let send = |operation, input: Value| {
                let ticket = db.send(operation, &input);
                if wait {
                    platform.run_until_idle();
                    db.take(ticket).unwrap().unwrap();
                }
            };
            if random.chance(25) {
                send(Operation::DeleteItem, json!({"TableName": "music", "Key": key}));
                model.remove(&at);
            } else {
                let mut item = with(key, json!({"text": {"S": "x".repeat(random.below(200) as usize)}}));
                if random.chance(80) {
                    item["n"] = json!({"N": random.below(5).to_string()});
                }
                send(Operation::PutItem, json!({"TableName": "music", "Item": item}));
                model.insert(at, item);
            }
        };
        for _ in 0..900 {
            write(&db, &mut model, &mut random, true);
        }
        let ticket = db.send(Operation::UpdateTable, &with(json!({"TableName": "music"}), by_n()));
        let mut stops = 0;
        for _ in 0..400 {
            platform.run_until_stalled();
            platform.step_store();
            if random.chance(40) {
                write(&db, &mut model, &mut random, false);
            }
            if random.chance(3) && stops < 4 {
                stops += 1;
                // Everything that was asked for is answered, then it closes: the filling may be in the middle.
                db.close();
                platform.detach_stores();
                store = SimulatedStore::with_image(seed, store.image());
                platform.attach(&store);
                db = Database::open(&platform, Rc::new(store.clone()), options.clone());
                db.assert_sound(&format!("seed {seed}, half filled"));
            }
        }
        let _ = db.take(ticket);
        platform.run_until_idle();
        while index(&db)["IndexStatus"] != "ACTIVE" {
            platform.run_until_idle();
        }
        compare(&db, &model, &format!("seed {seed}"));
        for _ in 0..50 {
            write(&db, &mut model, &mut random, true);
        }
        compare(&db, &model, &format!("seed {seed}, later"));
        db.assert_sound(&format!("seed {seed}"));
    }
}

#[test]
fn tags_are_set_listed_and_taken_away() {
    let db = Database::in_memory();
    music(&db);
    let arn = table(&db)["TableArn"].clone();
    let tag = |n: usize| json!({"Key": format!("k{n:02}"), "Value": n.to_string()});
    db.ok("TagResource", json!({"ResourceArn": arn, "Tags": (0..12).map(tag).collect::<Vec<_>>()}));
    db.ok("TagResource", json!({"ResourceArn": arn, "Tags": [{"Key": "k01", "Value": "other"}]}));
    let first = db.ok("ListTagsOfResource", json!({"ResourceArn": arn}));
    assert_eq!(first["Tags"].as_array().unwrap().len(), 10);
    assert_eq!(first["Tags"][1], json!({"Key": "k01", "Value": "other"}));
    let second = db.ok("ListTagsOfResource", json!({"ResourceArn": arn, "NextToken": first["NextToken"]}));
    assert_eq!(second, json!({"Tags": [tag(10), tag(11)]}));
    let keys: Vec<String> = (0..11).map(|n| format!("k{n:02}")).collect();
    db.ok("UntagResource", json!({"ResourceArn": arn, "TagKeys": keys}));
    assert_eq!(db.ok("ListTagsOfResource", json!({"ResourceArn": arn})), json!({"Tags": [tag(11)]}));

    let refused =
        |operation: &str, input: Value, message: &str| assert_eq!(db.error(operation, input), message);
    refused(
        "TagResource",
        json!({"ResourceArn": arn, "Tags": []}),
        "ValidationException: Atleast one Tag needs to be provided as Input.",
    );
    refused(
        "UntagResource",
        json!({"ResourceArn": arn, "TagKeys": []}),
        "ValidationException: Atleast one Tag Key needs to be provided as Input.",
    );
    refused(
        "TagResource",
        json!({"ResourceArn": arn, "Tags": (0..50).map(tag).chain([json!({"Key": "more", "Value": ""})]).collect::<Vec<_>>()}),
        "ValidationException: Number of Tags exceed the current limit for the provided ResourceArn",
    );
    refused(
        "ListTagsOfResource",
        json!({"ResourceArn": "music"}),
        "ValidationException: One or more parameter values were invalid: ARNs must start with 'arn:': music",
    );
    refused(
        "ListTagsOfResource",
        json!({"ResourceArn": "arn:aws:dynamodb:local:000000000000:table/nothing"}),
        "ResourceNotFoundException: Requested resource not found: ResourcArn: arn:aws:dynamodb:local:000000000000:table/nothing not found",
    );
    refused(
        "ListTagsOfResource",
        json!({"ResourceArn": "arn:aws:dynamodb:local:000000000000:backup/x"}),
        "ValidationException: One or more parameter values were invalid: Invalid resource arn provided, only table or stream is accepted. Provided resource arn: arn:aws:dynamodb:local:000000000000:backup/x",
    );
    refused(
        "ListTagsOfResource",
        json!({"ResourceArn": "arn:aws:dynamodb:local:000000000001:table/music"}),
        "AccessDeniedException: User: arn:aws:iam::000000000000:root is not authorized to perform: dynamodb:ListTagsOfResource on resource: arn:aws:dynamodb:local:000000000001:table/music",
    );
    refused(
        "ListTagsOfResource",
        json!({"ResourceArn": "arn:aws:s3:local:000000000000:table/music"}),
        "ValidationException: One or more parameter values were invalid: Provided Arn is not a DynamoDB resource arn: arn:aws:s3:local:000000000000:table/music",
    );
}

#[test]
fn limits_are_told() {
    assert_eq!(
        Database::in_memory().ok("DescribeLimits", json!({})),
        json!({"AccountMaxReadCapacityUnits": 80_000, "AccountMaxWriteCapacityUnits": 80_000,
            "TableMaxReadCapacityUnits": 40_000, "TableMaxWriteCapacityUnits": 40_000})
    );
}

#[test]
fn an_index_that_a_crash_interrupts_is_filled_after_it() {
    let storage = StorageOptions {
        memory_table_bytes: 8 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 1 << 10,
        log_frames: 8,
        slice_bytes: 1 << 10,
        ..StorageOptions::default()
    };
    let options = OpenOptions { storage, ..OpenOptions::default() };
    let mut interrupted = 0;
    for steps in 0..60 {
        let platform = SimulatedPlatform::new(steps);
        let store = SimulatedStore::new(steps);
        platform.attach(&store);
        let db = Database::open(&platform, Rc::new(store.clone()), options.clone());
        music(&db);
        let mut model = BTreeMap::new();
        for n in 0..150 {
            let at = (format!("a{}", n % 20), format!("s{n}"));
            let item = with(
                song(&at.0, &at.1),
                json!({"n": {"N": (n % 5).to_string()}, "t": {"S": "x".repeat(80)}}),
            );
            db.ok("PutItem", json!({"TableName": "music", "Item": item}));
            model.insert(at, item);
        }
        platform.run_until_idle();
        let ticket = db.send(Operation::UpdateTable, &with(json!({"TableName": "music"}), by_n()));
        for _ in 0..steps {
            platform.run_until_stalled();
            platform.step_store();
        }
        let acknowledged = db.take(ticket).is_some();
        interrupted += u32::from(acknowledged && db.driver.inspect(|engine| engine.has_backfill()));
        let survivor = SimulatedStore::with_image(steps, store.crash(steps));
        platform.kill_tasks();
        platform.detach_stores();
        platform.attach(&survivor);
        let db = Database::open(&platform, Rc::new(survivor), options.clone());
        platform.run_until_idle();
        if !acknowledged && index(&db).is_null() {
            continue;
        }
        assert_eq!(index(&db)["IndexStatus"], "ACTIVE", "after {steps} steps");
        compare(&db, &model, &format!("a crash after {steps} steps"));
    }
    assert!(interrupted > 10, "only {interrupted} crashes came in the middle");
}
