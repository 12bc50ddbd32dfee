//! Items from JSON, and what must hold of every item the engine made.

use std::cmp::Ordering;

use dynatab::api::Operation;
use dynatab::expression::order;
use dynatab::item::{Decimal, ItemBuf, ItemRef, MapRef, ValueRef, View, admit, key, size, value::Kind};
use dynatab::wire::{request, response};

/// The member of a request's document.
fn member<'a>(document: &'a [u8], name: &str) -> Option<View<'a>> {
    let View::M(members) = ValueRef::first(document)?.view()? else { return None };
    members.find(name.as_bytes())?.view()
}

/// An attribute map of DynamoDB's JSON, admitted.
pub fn item_of_json(json: &[u8], depth: u32) -> Option<ItemBuf> {
    let body = [b"{\"Item\":", json, b"}"].concat();
    let document = request::to_document(Operation::PutItem, &body).ok()?;
    let View::M(map) = member(&document, "Item")? else { return None };
    admit::item_within(map, depth).ok()
}

/// AttributeValues of a JSON array, admitted as PartiQL admits its parameters.
pub fn parameters_of_json(json: &[u8]) -> Option<Vec<Vec<u8>>> {
    let body = [b"{\"Parameters\":", json, b"}"].concat();
    let document = request::to_document(Operation::ExecuteStatement, &body).ok()?;
    let View::L(list) = member(&document, "Parameters")? else { return None };
    let admitted = |value| {
        let mut out = Vec::new();
        admit::value_within(value, admit::MAX_COMPARED_DEPTH, &mut out).ok().map(|_| out)
    };
    list.values().map(admitted).collect()
}

/// What holds of every item that was admitted or computed.
pub fn check_item(item: ItemRef<'_>) {
    let again = admit::item(item.map()).expect("a canonical item is admitted");
    assert_eq!(again.bytes(), item.bytes(), "a canonical item is admitted as it is");
    let parsed = ItemRef::parse(item.bytes()).expect("an item parses");
    assert_eq!((parsed.size(), parsed.map().len()), (item.size(), item.map().len()));
    let total: u32 = item.map().iter().map(|(name, value)| size::attribute(name, &value)).sum();
    assert_eq!(item.size(), total, "the size of an item is that of its attributes");
    check_map(item.map());
    let mut json = Vec::new();
    response::item_to_json(&item, &mut json).expect("an item is written as JSON");
    serde_json::from_slice::<serde_json::Value>(&json).expect("an item is written as good JSON");
    let back = item_of_json(&json, admit::MAX_DEPTH).expect("an item that was written is read");
    assert_eq!(back.bytes(), item.bytes(), "JSON loses nothing of an item");
}

fn check_map(map: MapRef<'_>) {
    let names: Vec<_> = map.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), map.len());
    assert!(names.is_sorted_by(|a, b| a < b), "names are sorted and unique");
    for (name, value) in map.iter() {
        assert!(std::str::from_utf8(name).is_ok());
        assert_eq!(map.get(name), Some(value));
        assert_eq!(map.find(name), Some(value));
        check_value(value);
    }
}

/// What holds of every canonical value.
pub fn check_value(value: ValueRef<'_>) {
    assert!(value.kind().is_some());
    match value.view().expect("a canonical value can be read") {
        View::Null | View::Bool(_) => {}
        View::N(number) => {
            check_number(number);
            check_key(value);
        }
        View::S(text) => {
            assert!(std::str::from_utf8(text).is_ok());
            check_key(value);
        }
        View::B(_) => check_key(value),
        View::Ss(members) | View::Bs(members) => {
            assert!(!members.is_empty() && members.bytes().count() == members.len());
            assert!(members.bytes().is_sorted_by(|a, b| a < b), "sets are sorted and unique");
        }
        View::Ns(members) => {
            assert!(!members.is_empty() && members.values().count() == members.len());
            let less = |a: &ValueRef<'_>, b: &ValueRef<'_>| order(*a, *b) == Some(Ordering::Less);
            assert!(members.values().is_sorted_by(less), "sets are sorted and unique");
            members.values().for_each(check_value);
        }
        View::L(members) => {
            assert_eq!(members.values().count(), members.len());
            members.values().for_each(check_value);
        }
        View::M(map) => check_map(map),
    }
}

fn check_number(number: Decimal) {
    let mut text = Vec::new();
    number.put_text(&mut text);
    assert_eq!(Decimal::parse(&text), Ok(number), "the text of a number is that number");
}

fn check_key(value: ValueRef<'_>) {
    key::put_component(&mut Vec::new(), value).expect("S, N and B have key bytes");
}

/// Key bytes sort as values do.
pub fn check_order(a: ValueRef<'_>, b: ValueRef<'_>) {
    let scalar = |v: ValueRef<'_>| matches!(v.kind(), Some(Kind::S | Kind::N | Kind::B));
    let Some(expected) = order(a, b) else { return };
    assert!(scalar(a) && scalar(b));
    let component = |value| {
        let mut out = Vec::new();
        key::put_component(&mut out, value).expect("S, N and B have key bytes");
        out
    };
    assert_eq!(component(a).cmp(&component(b)), expected);
}

/// Reads whatever there is; nothing is expected of it.
pub fn read_all(value: ValueRef<'_>, depth: u32) {
    if depth == 0 {
        return;
    }
    let _ = (value.kind(), value.integer());
    match value.view() {
        Some(View::Ss(members) | View::Ns(members) | View::Bs(members) | View::L(members)) => {
            let _ = members.bytes().count();
            members.values().for_each(|member| read_all(member, depth - 1));
        }
        Some(View::M(map)) => map.iter().for_each(|(name, value)| {
            let _ = map.get(name);
            read_all(value, depth - 1);
        }),
        _ => {}
    }
}
