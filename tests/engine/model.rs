//! Random operations against a plain model. `DYNATAB_MODEL_OPERATIONS` and `DYNATAB_SEED` set how far and where.

use std::collections::BTreeMap;
use std::rc::Rc;

use dynatab::driver::OpenOptions;
use dynatab::platform::Platform;
use dynatab::platform::simulated::{Random, SimulatedPlatform, SimulatedStore};
use dynatab::storage::StorageOptions;
use serde_json::{Value, json};

use crate::support::Database;
use crate::{music, song, with};

fn environment(name: &str, fallback: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(fallback)
}

#[derive(Default)]
struct Model {
    items: BTreeMap<(String, String), Value>,
    /// What the stream has to tell and nobody has read yet: the item before and after.
    changes: Vec<(Option<Value>, Option<Value>)>,
    /// Where the reading of the stream goes on.
    iterator: Option<String>,
}

impl Model {
    /// Gives an item a value, or takes it away; gives what was there.
    fn set(&mut self, at: &(String, String), new: Option<Value>) -> Option<Value> {
        let old = match &new {
            Some(item) => self.items.insert(at.clone(), item.clone()),
            None => self.items.remove(at),
        };
        if old != new {
            self.changes.push((old.clone(), new));
        }
        old
    }

    /// Removes what has expired; gives its number.
    fn expire(&mut self, now_millis: u64) -> u64 {
        let expiry = |item: &Value| item["expires"]["N"].as_str().and_then(|text| text.parse::<u64>().ok());
        let expired = |item: &Value| expiry(item).is_some_and(|seconds| seconds < now_millis / 1000);
        let keys: Vec<_> =
            self.items.iter().filter(|(_, item)| expired(item)).map(|(at, _)| at.clone()).collect();
        for at in &keys {
            self.set(at, None);
        }
        keys.len() as u64
    }

    /// Reads the stream to its end: it tells what happened.
    fn read_stream(&mut self, db: &Database) {
        let mut found = Vec::new();
        loop {
            let iterator = self.iterator.take().unwrap_or_else(|| first_iterator(db));
            let answer = db.ok("GetRecords", json!({"ShardIterator": iterator, "Limit": 100}));
            let records = answer["Records"].as_array().unwrap();
            found.extend(records.iter().map(|record| {
                let image = |name: &str| record["dynamodb"].get(name).cloned();
                (image("OldImage"), image("NewImage"))
            }));
            let next = answer.get("NextShardIterator").and_then(Value::as_str);
            // Of a shard that has ended the child goes on.
            let more = next.is_none() || !records.is_empty();
            self.iterator = Some(next.map_or_else(|| iterator_of_child(db, &iterator), str::to_owned));
            if !more {
                break;
            }
        }
        // Items that expired together have no order.
        let order = |changes: &mut Vec<(Option<Value>, Option<Value>)>| {
            changes.sort_by_key(|(old, new)| {
                let item = new.as_ref().or(old.as_ref()).unwrap();
                format!("{}{}", item["artist"], item["song"])
            });
        };
        let mut wanted = std::mem::take(&mut self.changes);
        order(&mut found);
        order(&mut wanted);
        assert_eq!(found, wanted);
    }

    /// What a query of a partition finds, in order.
    fn query(&self, artist: &str, low: &str, high: &str, forward: bool) -> Vec<Value> {
        let mut found: Vec<Value> = self
            .items
            .iter()
            .filter(|((a, s), _)| a == artist && s.as_str() >= low && s.as_str() <= high)
            .map(|(_, item)| item.clone())
            .collect();
        if !forward {
            found.reverse();
        }
        found
    }
}

fn described(db: &Database) -> (String, Vec<Value>) {
    let arn = db.ok("DescribeTable", json!({"TableName": "music"}))["Table"]["LatestStreamArn"].clone();
    let stream = db.ok("DescribeStream", json!({"StreamArn": arn}))["StreamDescription"].clone();
    (arn.as_str().unwrap().to_owned(), stream["Shards"].as_array().unwrap().clone())
}

fn iterator_at(db: &Database, arn: &str, shard: &Value) -> String {
    let input = json!({"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"});
    db.ok("GetShardIterator", input)["ShardIterator"].as_str().unwrap().to_owned()
}

fn first_iterator(db: &Database) -> String {
    let (arn, shards) = described(db);
    iterator_at(db, &arn, &shards[0])
}

/// Where the shard that follows the one of `iterator` begins.
fn iterator_of_child(db: &Database, iterator: &str) -> String {
    let (arn, shards) = described(db);
    let tree: u32 = iterator.split('|').nth(2).unwrap().parse().unwrap();
    let parent =
        shards.iter().position(|shard| shard["ShardId"].as_str().unwrap().ends_with(&format!("-{tree:08x}")));
    iterator_at(db, &arn, &shards[parent.unwrap() + 1])
}

fn query_all(db: &Database, mut input: Value, limit: u64) -> Vec<Value> {
    let mut found = Vec::new();
    input["Limit"] = json!(limit);
    loop {
        let mut page = db.ok("Query", input.clone());
        found.append(page["Items"].as_array_mut().unwrap());
        match page.get("LastEvaluatedKey") {
            Some(key) => input["ExclusiveStartKey"] = key.clone(),
            None => return found,
        }
    }
}

/// All that a statement finds, in pages of `limit`.
fn select_all(db: &Database, statement: &str, parameters: &Value, limit: u64) -> Vec<Value> {
    let mut input = json!({"Statement": statement, "Parameters": parameters, "Limit": limit});
    let mut found = Vec::new();
    loop {
        let mut page = db.ok("ExecuteStatement", input.clone());
        found.append(page["Items"].as_array_mut().unwrap());
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => return found,
        }
    }
}

/// A statement of PartiQL on the item `at`, or on its partition.
fn state(db: &Database, model: &mut Model, random: &mut Random, at: &(String, String), step: u64) {
    let key = [json!({"S": at.0}), json!({"S": at.1})];
    let there = model.items.get(at).cloned();
    let run = |statement: &str, parameters: &[Value]| {
        db.call("ExecuteStatement", json!({"Statement": statement, "Parameters": parameters}))
    };
    match random.below(6) {
        0 => {
            let genre = json!({"S": format!("g{}", random.below(3))});
            let item = with(
                song(&at.0, &at.1),
                json!({"genre": genre, "year": {"N": "7"}, "n": {"N": step.to_string()}}),
            );
            let statement = "INSERT INTO music VALUE {'artist': ?, 'song': ?, 'genre': ?, 'year': 7, 'n': ?}";
            let [artist, name] = key;
            match run(statement, &[artist, name, genre, item["n"].clone()]) {
                Ok(_) => assert_eq!(model.set(at, Some(item)), None),
                Err(error) => {
                    assert!(error.to_string().starts_with("DuplicateItemException"), "{error}");
                    assert!(there.is_some());
                }
            }
        }
        1 => {
            let statement =
                "UPDATE music SET n = n + 1 REMOVE genre WHERE song = ? AND artist = ? RETURNING ALL NEW *";
            let [artist, name] = key;
            let got = run(statement, &[name, artist]);
            assert_eq!(got.is_ok(), there.is_some());
            if let (Ok(answer), Some(mut item)) = (got, there) {
                let n: u64 = item["n"]["N"].as_str().unwrap().parse().unwrap();
                item["n"] = json!({"N": (n + 1).to_string()});
                item.as_object_mut().unwrap().remove("genre");
                assert_eq!(answer["Items"], json!([item]));
                model.set(at, Some(item));
            }
        }
        2 => {
            let got = run("DELETE FROM music WHERE artist = ? AND song = ? RETURNING ALL OLD *", &key);
            assert_eq!(got.unwrap()["Items"], there.map_or(json!([]), |item| json!([item])));
            model.set(at, None);
        }
        3 => {
            let (low, forward) = (format!("s{:02}", random.below(40)), random.chance(50));
            let order = if forward { "ASC" } else { "DESC" };
            let statement =
                format!("SELECT * FROM music WHERE artist = ? AND song >= ? ORDER BY song {order}");
            let found = select_all(db, &statement, &json!([key[0], {"S": low}]), 1 + random.below(9));
            assert_eq!(found, model.query(&at.0, &low, "s99", forward));
        }
        4 => {
            let genre = format!("g{}", random.below(3));
            let statement = r#"SELECT artist, song FROM music."genre-year" WHERE genre = ?"#;
            let found = select_all(db, statement, &json!([{"S": genre}]), 1 + random.below(20));
            let of_genre = |item: &&Value| item["genre"]["S"].as_str() == Some(genre.as_str());
            assert_eq!(found.len(), model.items.values().filter(of_genre).count());
        }
        _ => {
            // Two partitions by their keys, or all of them one by one.
            let artists = [at.0.clone(), format!("a{}", random.below(8))];
            let all = random.chance(50);
            let condition = if all { "year < ?" } else { "artist IN (?, ?) AND year < ?" };
            let mut parameters: Vec<Value> = artists.iter().map(|artist| json!({"S": artist})).collect();
            if all {
                parameters.clear();
            }
            parameters.push(json!({"N": "10"}));
            let statement = format!("SELECT * FROM music WHERE {condition}");
            let mut found = select_all(db, &statement, &json!(parameters), 1 + random.below(100));
            let early = |item: &&Value| item["year"]["N"].as_str().is_some_and(|year| year.len() == 1);
            let wanted: Vec<Value> = model
                .items
                .iter()
                .filter(|((artist, _), item)| (all || artists.contains(artist)) && early(item))
                .map(|(_, item)| item.clone())
                .collect();
            found.sort_by_key(|item| format!("{}{}", item["artist"], item["song"]));
            assert_eq!(found, wanted);
        }
    }
}

/// A transaction of puts, deletes and checks on distinct keys; a check may fail, and then nothing of it is there.
fn transact(db: &Database, model: &mut Model, random: &mut Random, step: u64) {
    let mut actions = Vec::new();
    let mut changes: Vec<((String, String), Option<Value>)> = Vec::new();
    let mut holds = Vec::new();
    for _ in 0..=random.below(6) {
        let at = (format!("a{}", random.below(8)), format!("s{:02}", random.below(40)));
        if changes.iter().any(|(other, _)| *other == at) {
            continue;
        }
        let key = song(&at.0, &at.1);
        let there = model.items.get(&at).cloned();
        match random.below(4) {
            0 => {
                // Three times of four the check says what is.
                let expected = if random.chance(75) { there.is_some() } else { there.is_none() };
                let condition =
                    if expected { "attribute_exists(song)" } else { "attribute_not_exists(song)" };
                actions.push(json!({"ConditionCheck": {"TableName": "music", "Key": key, "ConditionExpression": condition}}));
                holds.push(expected == there.is_some());
                changes.push((at, there));
                continue;
            }
            1 => {
                actions.push(json!({"Delete": {"TableName": "music", "Key": key}}));
                changes.push((at, None));
            }
            _ => {
                let item = with(
                    key,
                    json!({"genre": {"S": format!("g{}", random.below(3))}, "year": {"N": random.below(30).to_string()}, "n": {"N": step.to_string()}}),
                );
                actions.push(json!({"Put": {"TableName": "music", "Item": item}}));
                changes.push((at, Some(item)));
            }
        }
        holds.push(true);
    }
    let token = random.chance(50).then(|| format!("t{step}"));
    let mut input = json!({"TransactItems": actions});
    if let Some(token) = token {
        input["ClientRequestToken"] = json!(token);
    }
    match db.call("TransactWriteItems", input.clone()) {
        Ok(_) => {
            assert!(holds.iter().all(|held| *held), "a check did not hold");
            for (at, item) in changes {
                model.set(&at, item);
            }
        }
        Err(error) => {
            let codes: Vec<bool> = error.reasons.iter().map(|reason| reason.code == "None").collect();
            assert_eq!(codes, holds, "{error}");
        }
    }
    let keys: Vec<(String, String)> = model.items.keys().take(5).cloned().collect();
    let gets: Vec<Value> =
        keys.iter().map(|(a, s)| json!({"Get": {"TableName": "music", "Key": song(a, s)}})).collect();
    if !gets.is_empty() {
        let got = db.ok("TransactGetItems", json!({"TransactItems": gets}));
        let wanted: Vec<Value> = keys.iter().map(|key| json!({"Item": model.items[key]})).collect();
        assert_eq!(got["Responses"], json!(wanted));
    }
}

#[test]
fn random_operations_answer_as_a_plain_map_does() {
    let operations = environment("DYNATAB_MODEL_OPERATIONS", 6_000);
    let seed = environment("DYNATAB_SEED", 1);
    println!("seed {seed}");
    let mut random = Random::new(seed);
    let platform = SimulatedPlatform::new(seed);
    let mut store = SimulatedStore::new(seed);
    platform.attach(&store);
    let storage = StorageOptions {
        memory_table_bytes: 16 << 10,
        block_bytes: 1 << 10,
        bulk_block_bytes: 4 << 10,
        piece_bytes: 16 << 10,
        level1_bytes: 64 << 10,
        ..StorageOptions::default()
    };
    // What expires goes when the script says so.
    let options =
        OpenOptions { storage, sweep_millis: u64::MAX, group_bytes: 1000, ..OpenOptions::default() };
    let mut db = Database::open(&platform, Rc::new(store.clone()), options.clone());
    music(&db);
    let specification = json!({"Enabled": true, "AttributeName": "expires"});
    db.ok("UpdateTimeToLive", json!({"TableName": "music", "TimeToLiveSpecification": specification}));
    let stream = json!({"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"});
    db.ok("UpdateTable", json!({"TableName": "music", "StreamSpecification": stream}));
    let mut model = Model::default();
    for step in 0..operations {
        // A day, after which records are forgotten, is some thousand steps; an iterator is good for twenty at least.
        platform.advance_millis(random.below(45_000));
        let (artist, name) = (format!("a{}", random.below(8)), format!("s{:02}", random.below(40)));
        let at = (artist.clone(), name.clone());
        let key = song(&artist, &name);
        match random.below(17) {
            14..17 => state(&db, &mut model, &mut random, &at, step),
            12 | 13 => transact(&db, &mut model, &mut random, step),
            0..4 => {
                let mut item = with(
                    key,
                    json!({"genre": {"S": format!("g{}", random.below(3))}, "year": {"N": random.below(30).to_string()},
                        "n": {"N": step.to_string()}, "text": {"S": "x".repeat(random.below(300) as usize)}}),
                );
                if random.chance(30) {
                    let seconds = platform.now_millis() / 1000 + random.below(3600);
                    item["expires"] = json!({"N": seconds.to_string()});
                }
                let got =
                    db.ok("PutItem", json!({"TableName": "music", "Item": item, "ReturnValues": "ALL_OLD"}));
                assert_eq!(got.get("Attributes"), model.set(&at, Some(item)).as_ref());
            }
            4 | 5 => {
                let got =
                    db.ok("DeleteItem", json!({"TableName": "music", "Key": key, "ReturnValues": "ALL_OLD"}));
                assert_eq!(got.get("Attributes"), model.set(&at, None).as_ref());
            }
            6 | 7 => {
                let exists = model.items.contains_key(&at);
                let got = db.call(
                    "UpdateItem",
                    json!({"TableName": "music", "Key": key, "UpdateExpression": "ADD n :one REMOVE genre",
                        "ConditionExpression": "attribute_exists(artist)",
                        "ExpressionAttributeValues": {":one": {"N": "1"}}, "ReturnValues": "ALL_NEW"}),
                );
                assert_eq!(got.is_ok(), exists);
                if let (Ok(answer), Some(mut item)) = (got, model.items.get(&at).cloned()) {
                    let n: u64 = item["n"]["N"].as_str().unwrap().parse().unwrap();
                    item["n"] = json!({"N": (n + 1).to_string()});
                    item.as_object_mut().unwrap().remove("genre");
                    assert_eq!(answer["Attributes"], item);
                    model.set(&at, Some(item));
                }
            }
            8 => {
                let got = db.ok("GetItem", json!({"TableName": "music", "Key": key}));
                assert_eq!(got.get("Item"), model.items.get(&at));
            }
            9 | 10 => {
                let forward = random.chance(50);
                let (mut low, mut high) =
                    (format!("s{:02}", random.below(40)), format!("s{:02}", random.below(40)));
                if low > high {
                    std::mem::swap(&mut low, &mut high);
                }
                let input = json!({"TableName": "music", "ScanIndexForward": forward,
                    "KeyConditionExpression": "artist = :a AND song BETWEEN :l AND :h",
                    "ExpressionAttributeValues": {":a": {"S": artist}, ":l": {"S": low}, ":h": {"S": high}}});
                assert_eq!(
                    query_all(&db, input, 1 + random.below(9)),
                    model.query(&artist, &low, &high, forward)
                );
            }
            _ => {
                let genre = format!("g{}", random.below(3));
                let input = json!({"TableName": "music", "IndexName": "genre-year",
                    "KeyConditionExpression": "genre = :g", "ExpressionAttributeValues": {":g": {"S": genre}}});
                let got = query_all(&db, input, 1 + random.below(20));
                let wanted =
                    model.items.values().filter(|i| i["genre"]["S"].as_str() == Some(genre.as_str())).count();
                assert_eq!(got.len(), wanted);
                let years: Vec<u64> =
                    got.iter().map(|i| i["year"]["N"].as_str().unwrap().parse().unwrap()).collect();
                assert!(years.is_sorted());
            }
        }
        if random.below(300) == 0 {
            let driver = Rc::clone(&db.driver);
            let deleted = platform.block_on(async move { driver.delete_expired().await });
            assert_eq!(deleted, Some(Ok(model.expire(platform.now_millis()))));
        }
        if step.is_multiple_of(20) {
            model.read_stream(&db);
        }
        if random.below(400) == 0 {
            db.close();
            platform.detach_stores();
            store = SimulatedStore::with_image(step, store.image());
            platform.attach(&store);
            db = Database::open(&platform, Rc::new(store.clone()), options.clone());
            db.assert_sound("opened again");
        }
    }
    model.read_stream(&db);
    let stats = db.driver.inspect(|engine| engine.storage.stats());
    println!("{operations} operations, pieces per level {:?}", stats.levels);
    assert!(stats.levels.len() > 1, "the script never merged anything");
}
