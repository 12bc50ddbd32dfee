//! Expressions: `kind byte`, then lines: the expression; an item; the values of `:name`. Items and values are
//! DynamoDB's JSON; where there is none, some of every type are taken.
#![no_main]

use std::cell::LazyCell;

use dynatab::expression::{
    Condition, ExpressionKind, KeyTerm, KeyTest, Outcome, Placeholders, Reach, order, parse_condition,
    parse_key_condition, parse_projection, parse_update,
};
use dynatab::item::{ItemBuf, ItemRef, MapRef, ValueRef, View, admit};
use dynatab_fuzz::items::{check_item, item_of_json};
use libfuzzer_sys::fuzz_target;

const ITEM: &str = include_str!("../seeds/item.json.txt");
const VALUES: &str = include_str!("../seeds/values.json.txt");
const NAMES: [(&str, &str); 5] = [("#a", "a"), ("#dot", "a.b"), ("#m", "m"), ("#e", "é"), ("#r", "name")];

thread_local! {
    static DEFAULTS: LazyCell<(ItemBuf, ItemBuf)> = const { LazyCell::new(|| {
        let read = |json: &str| item_of_json(json.trim().as_bytes(), admit::MAX_DEPTH).expect("a good seed");
        let values = read(VALUES);
        assert!(placeholders(values.map()).is_some(), "good placeholders");
        (read(ITEM), values)
    }) };
}

fn placeholders(values: MapRef<'_>) -> Option<Placeholders> {
    let names = NAMES.iter().map(|(key, name)| (key.as_bytes().to_vec(), name.as_bytes().to_vec())).collect();
    let value = |(name, value): (&[u8], ValueRef<'_>)| ([b":", name].concat(), value.bytes().to_vec());
    let values: Vec<_> = values.iter().map(value).collect();
    Placeholders::new(Some(names), Some(values)).ok()
}

/// Whether an item passes one of the tests that a query looks up.
fn holds(term: &KeyTerm, item: MapRef<'_>) -> bool {
    let Some(found) = item.get(&term.name) else { return false };
    let compare = |bytes: &[u8]| order(found, ValueRef::first(bytes).expect("a canonical value"));
    match &term.test {
        KeyTest::Eq(value) => found.bytes() == &**value,
        KeyTest::Lt(value) => compare(value).is_some_and(|o| o.is_lt()),
        KeyTest::Le(value) => compare(value).is_some_and(|o| o.is_le()),
        KeyTest::Gt(value) => compare(value).is_some_and(|o| o.is_gt()),
        KeyTest::Ge(value) => compare(value).is_some_and(|o| o.is_ge()),
        KeyTest::Between(lower, upper) => {
            compare(lower).is_some_and(|o| o.is_ge()) && compare(upper).is_some_and(|o| o.is_le())
        }
        KeyTest::BeginsWith(prefix) => {
            match (found.view(), ValueRef::first(prefix).and_then(ValueRef::view)) {
                (Some(View::S(text)), Some(View::S(prefix)))
                | (Some(View::B(text)), Some(View::B(prefix))) => text.starts_with(prefix),
                _ => false,
            }
        }
    }
}

/// Where an index would be looked up for a condition is where the items are that satisfy it.
fn check_reach(condition: &Condition, item: MapRef<'_>) {
    for reach in [Reach::Any, Reach::Required] {
        let alternatives = condition.alternatives(&[b"a", b"s"], reach);
        assert!(alternatives.any.iter().flatten().all(|at| *at < alternatives.terms.len()));
        if condition.evaluate(Some(item)) {
            let all = |all: &Vec<usize>| all.iter().all(|at| holds(&alternatives.terms[*at], item));
            assert!(alternatives.any.iter().any(all), "an item that satisfies a condition is found");
        }
    }
}

fn conditions(kind: ExpressionKind, text: &str, item: MapRef<'_>, values: MapRef<'_>) -> Option<()> {
    let condition = parse_condition(kind, text, &mut placeholders(values)?).ok()?;
    let holds = condition.evaluate(Some(item));
    let absent = condition.evaluate(None);
    assert!(condition.root_names().all(|name| !name.is_empty()));
    check_reach(&condition, item);
    if let Ok(negated) = parse_condition(kind, &format!("NOT ({text})"), &mut placeholders(values)?) {
        assert_eq!(negated.evaluate(Some(item)), !holds);
        assert_eq!(negated.evaluate(None), !absent);
        check_reach(&negated, item);
    }
    if let Ok(both) =
        parse_condition(kind, &format!("{text} AND attribute_exists(zzz)"), &mut placeholders(values)?)
    {
        check_reach(&both, item);
    }
    Some(())
}

fn key_conditions(text: &str, item: MapRef<'_>, values: MapRef<'_>) -> Option<()> {
    let keys = parse_key_condition(text, &mut placeholders(values)?).ok()?;
    let condition = parse_condition(ExpressionKind::Filter, text, &mut placeholders(values)?)
        .expect("a key condition is a condition");
    let all = keys.terms.iter().all(|term| holds(term, item));
    assert_eq!(all, condition.evaluate(Some(item)), "a key condition means what the condition means");
    Some(())
}

fn projections(text: &str, item: ItemRef<'_>, values: MapRef<'_>) -> Option<()> {
    let projection = parse_projection(text, &mut placeholders(values)?).ok()?;
    let selected = projection.apply(item);
    check_item(selected.as_ref());
    assert!(selected.size() <= item.size());
    for (name, _) in selected.map().iter() {
        assert!(projection.root_names().any(|root| root == name));
        assert!(item.get(name).is_some());
    }
    if !text.contains('[') {
        assert_eq!(projection.apply(selected.as_ref()), selected, "what is selected is selected again");
    }
    Some(())
}

fn updates(text: &str, item: ItemRef<'_>, values: MapRef<'_>) -> Option<()> {
    let update = parse_update(text, &mut placeholders(values)?).ok()?;
    let key = item_of_json(br#"{"p":{"S":"key"}}"#, admit::MAX_DEPTH).expect("a key");
    let _ = update.request_charge();
    for old in [Some(item), None] {
        let outcome = update.apply(key.as_ref(), old);
        assert_eq!(outcome, update.apply(key.as_ref(), old));
        let Ok(Outcome::Item(new)) = outcome else { continue };
        check_item(new.as_ref());
        check_item(update.touched(new.as_ref()).as_ref());
        let before = old.unwrap_or(key.as_ref());
        for (name, value) in before.map().iter().filter(|(name, _)| !update.touches(name)) {
            assert_eq!(new.get(name), Some(value), "what is not named stays");
        }
        for (name, _) in new.map().iter().filter(|(name, _)| before.get(name).is_none()) {
            assert!(update.touches(name), "what is new was named");
        }
    }
    Some(())
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let mut lines = text.splitn(3, '\n');
    let expression = lines.next().unwrap_or_default();
    let mut given = |depth| lines.next().and_then(|json| item_of_json(json.as_bytes(), depth));
    let (item, values) = DEFAULTS.with(|defaults| {
        let item = given(admit::MAX_DEPTH).unwrap_or_else(|| defaults.0.clone());
        (item, given(admit::MAX_COMPARED_DEPTH).unwrap_or_else(|| defaults.1.clone()))
    });
    let _ = match kind % 5 {
        0 => conditions(ExpressionKind::Condition, expression, item.map(), values.map()),
        1 => key_conditions(expression, item.map(), values.map()),
        2 => projections(expression, item.as_ref(), values.map()),
        3 => updates(expression, item.as_ref(), values.map()),
        _ => conditions(ExpressionKind::Filter, expression, item.map(), values.map()),
    };
});
