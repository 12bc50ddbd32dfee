//! The tables against the service model (`tests/golden/model.json`): nothing of it may be missing.

use std::collections::BTreeMap;

use super::{Pattern, Shape, Structure, UNBOUNDED, input};
use crate::api::Operation;
use crate::api::operation::TO_COME;
use crate::wire::json::{Json, Token};

#[derive(Debug)]
enum Tree {
    Object(BTreeMap<String, Tree>, Vec<String>),
    Array(Vec<Tree>),
    Text(String),
    Number(i64),
}

impl Tree {
    fn read(json: &mut Json<'_>, token: Token<'_>) -> Self {
        let text = |t: crate::wire::json::Text<'_>| String::from_utf8(t.bytes().into_owned()).unwrap();
        match token {
            Token::Object => {
                let (mut members, mut order) = (BTreeMap::new(), Vec::new());
                while let Some(key) = json.key(order.is_empty()).unwrap() {
                    let token = json.value().unwrap();
                    order.push(text(key));
                    members.insert(text(key), Self::read(json, token));
                }
                Self::Object(members, order)
            }
            Token::Array => {
                let mut members = Vec::new();
                while let Some(token) = json.element(members.is_empty()).unwrap() {
                    members.push(Self::read(json, token));
                }
                Self::Array(members)
            }
            Token::String(t) => Self::Text(text(t)),
            Token::Number(n) => Self::Number(n.text.parse().unwrap()),
            other => panic!("{other:?}"),
        }
    }

    fn get(&self, name: &str) -> Option<&Self> {
        if let Self::Object(members, _) = self { members.get(name) } else { None }
    }

    fn keys(&self) -> &[String] {
        if let Self::Object(_, order) = self { order } else { &[] }
    }

    fn text(&self) -> &str {
        if let Self::Text(text) = self { text } else { panic!("{self:?}") }
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Self::Number(n)) => Some(*n),
            _ => None,
        }
    }

    fn texts(&self) -> Vec<&str> {
        if let Self::Array(members) = self { members.iter().map(Self::text).collect() } else { Vec::new() }
    }
}

fn model() -> Tree {
    let text = include_str!("../../../tests/golden/model.json");
    let mut json = Json::new(text.as_bytes()).unwrap();
    let token = json.value().unwrap();
    Tree::read(&mut json, token)
}

/// What is wrong with `ours` where the model has `name`.
fn compare(model: &Tree, name: &str, ours: &Shape, path: &str, wrong: &mut Vec<String>) {
    // Refused whatever it says.
    if let Shape::Structure(structure) = ours
        && structure.name.is_empty()
    {
        return;
    }
    let theirs = model.get("shapes").and_then(|s| s.get(name)).unwrap();
    let mut check = |ok: bool, what: &str| {
        if !ok {
            wrong.push(format!("{path} ({name}): {what}"));
        }
    };
    let at_least = |min: i64| theirs.number("min").is_none_or(|m| m <= min);
    let at_most = |max: u32| theirs.number("max").is_none_or(|m| i64::from(max) <= m);
    match (theirs.get("type").unwrap().text(), ours) {
        ("structure", Shape::Value) => check(name == "AttributeValue", "not an AttributeValue"),
        ("map", Shape::Attributes) => {
            check(theirs.get("value").unwrap().text() == "AttributeValue", "not a map of AttributeValues");
        }
        ("string", Shape::Text(text)) => {
            check(at_least(i64::from(text.size.min)), "min");
            check(at_most(text.size.max), "max");
            check(theirs.get("pattern").is_none() || text.pattern == Pattern::Name, "pattern");
            let mut values = theirs.get("enum").map(Tree::texts).unwrap_or_default();
            let mut have = text.one_of.to_vec();
            values.sort_unstable();
            have.sort_unstable();
            check(values == have, "enum values");
        }
        ("integer", Shape::Integer(limits)) => {
            check(at_least(limits.min), "min");
            check(theirs.number("max").is_none_or(|m| limits.max == m), "max");
        }
        ("long", Shape::Long(limits)) => {
            check(at_least(limits.min), "min");
            check(theirs.number("max").is_none_or(|m| limits.max == m), "max");
        }
        ("boolean", Shape::Boolean) | ("timestamp", Shape::Timestamp) => {}
        ("list", Shape::List { limits, member }) => {
            // The service checks this least length outside the envelope.
            check(at_least(i64::from(limits.min)) || name == "NonKeyAttributeNameList", "min");
            check(at_most(limits.max), "max");
            compare(model, theirs.get("member").unwrap().text(), member, &format!("{path}[]"), wrong);
        }
        ("map", Shape::Map { limits, key, value }) => {
            check(at_least(i64::from(limits.min)), "min");
            check(at_most(limits.max), "max");
            compare(model, theirs.get("key").unwrap().text(), key, &format!("{path}{{key}}"), wrong);
            compare(model, theirs.get("value").unwrap().text(), value, &format!("{path}{{}}"), wrong);
        }
        ("structure", Shape::Structure(structure)) => structure_against(model, name, structure, path, wrong),
        (kind, _) => check(false, &format!("is a {kind}")),
    }
}

fn structure_against(model: &Tree, name: &str, ours: &Structure, path: &str, wrong: &mut Vec<String>) {
    let theirs = model.get("shapes").and_then(|s| s.get(name)).unwrap();
    if ours.name != name {
        wrong.push(format!("{path}: is named {}", ours.name));
    }
    let members = theirs.get("members").unwrap();
    let required = theirs.get("required").map(Tree::texts).unwrap_or_default();
    let names: Vec<_> = ours.members.iter().map(|m| m.name).collect();
    if names != members.keys() {
        wrong.push(format!("{path}: members {names:?}, the model has {:?}", members.keys()));
    }
    for member in ours.members {
        let path = format!("{path}.{}", member.name);
        if required.contains(&member.name) && !member.required {
            wrong.push(format!("{path}: required"));
        }
        if let Some(shape) = members.get(member.name) {
            compare(model, shape.text(), member.shape, &path, wrong);
        }
    }
}

#[test]
fn nothing_of_the_model_is_missing() {
    let model = model();
    let mut wrong = Vec::new();
    for operation in Operation::ALL {
        let name = model.get("operations").unwrap().get(operation.name()).unwrap().text();
        structure_against(&model, name, input(operation), operation.name(), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_operation_is_answered_or_listed_as_to_come() {
    let model = model();
    let mut named: Vec<&str> =
        Operation::ALL.iter().map(|operation| operation.name()).chain(TO_COME).collect();
    named.sort_unstable();
    assert_eq!(model.get("all").unwrap().texts(), named);
}

#[test]
fn structures_fit_the_bit_set_of_the_readers() {
    for operation in Operation::ALL {
        assert!(input(operation).members.len() <= 32);
    }
}

#[test]
fn classes_are_named_as_java_does() {
    let class = |op, member: &str| {
        let input = input(op);
        input.members.get(input.position(member.as_bytes()).unwrap()).unwrap().shape.class()
    };
    assert_eq!(
        class(Operation::BatchWriteItem, "RequestItems"),
        "java.util.Map<java.lang.String, java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>"
    );
    assert_eq!(
        class(Operation::GetItem, "ExpressionAttributeNames"),
        "java.util.Map<java.lang.String, java.lang.String>"
    );
    assert_eq!(UNBOUNDED, u32::MAX);
}
