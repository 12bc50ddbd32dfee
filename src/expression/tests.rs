//! Values for the tests of all expressions, and what holds for every parser.

use proptest::prelude::*;

use super::*;
use crate::item::{ItemBuf, MapRef, ValueRef, admit, tag, writer};

pub(super) type V = Vec<u8>;

fn admitted(relaxed: &[u8]) -> V {
    let mut out = Vec::new();
    admit::value(ValueRef::first(relaxed).unwrap(), &mut out).unwrap();
    out
}

fn container(t: u8, members: &[V]) -> V {
    let mut out = Vec::new();
    let open = writer::begin(&mut out, t, members.len());
    out.extend_from_slice(&members.concat());
    writer::end(&mut out, open);
    admitted(&out)
}

pub(super) fn s(text: &str) -> V {
    let mut out = Vec::new();
    writer::put_string(&mut out, text.as_bytes());
    out
}

pub(super) fn n(text: &str) -> V {
    let mut out = vec![tag::NUM_TEXT];
    writer::put_bytes(&mut out, text.as_bytes());
    admitted(&out)
}

pub(super) fn b(bytes: &[u8]) -> V {
    let mut out = Vec::new();
    writer::put_binary(&mut out, bytes);
    out
}

pub(super) fn null() -> V {
    vec![tag::NULL]
}

pub(super) fn yes() -> V {
    vec![tag::TRUE]
}

pub(super) fn ss(members: &[&str]) -> V {
    container(tag::SS, &members.iter().map(|member| s(member)[1..].to_vec()).collect::<Vec<_>>())
}

pub(super) fn bs(members: &[&[u8]]) -> V {
    container(tag::BS, &members.iter().map(|member| b(member)[1..].to_vec()).collect::<Vec<_>>())
}

pub(super) fn ns(members: &[&str]) -> V {
    container(tag::NS, &members.iter().map(|member| n(member)).collect::<Vec<_>>())
}

pub(super) fn l(members: &[V]) -> V {
    container(tag::LIST, members)
}

fn entries(members: &[(&str, V)]) -> Vec<V> {
    let entry = |(name, value): &(&str, V)| {
        let mut out = Vec::new();
        writer::put_text(&mut out, name.as_bytes());
        out.extend_from_slice(value);
        out
    };
    members.iter().map(entry).collect()
}

pub(super) fn m(members: &[(&str, V)]) -> V {
    container(tag::MAP, &entries(members))
}

pub(super) fn item(attributes: &[(&str, V)]) -> ItemBuf {
    let body = entries(attributes).concat();
    admit::item(MapRef::from_parts(attributes.len(), &body)).unwrap()
}

/// Placeholders: names as (key, name), values as (key, value).
pub(super) fn placeholders(names: &[(&str, &str)], values: &[(&str, V)]) -> Placeholders {
    let names = names.iter().map(|(key, name)| (key.as_bytes().to_vec(), name.as_bytes().to_vec())).collect();
    let values = values.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.clone())).collect();
    Placeholders::new(
        Some(names).filter(|n: &Vec<_>| !n.is_empty()),
        Some(values).filter(|v: &Vec<_>| !v.is_empty()),
    )
    .unwrap()
}

/// One value of every type, and a few names.
pub(super) fn all_placeholders() -> Placeholders {
    placeholders(
        &[("#a", "a"), ("#dot", "a.b"), ("#m", "m")],
        &[
            (":s", s("s")),
            (":t", s("t")),
            (":n", n("1")),
            (":o", n("2")),
            (":b", b(b"b")),
            (":bool", yes()),
            (":null", null()),
            (":l", l(&[n("1")])),
            (":m", m(&[("x", n("1"))])),
            (":ss", ss(&["s"])),
            (":ns", ns(&["1"])),
            (":bs", bs(&[b"b"])),
        ],
    )
}

/// The sentence an expression is refused with, its `Invalid ...: ` taken off.
pub(super) fn refusal<T: std::fmt::Debug>(result: Result<T, ExpressionError>) -> String {
    let text = result.unwrap_err().to_string();
    text.split_once("Expression: ").map_or(text.clone(), |(_, rest)| rest.to_owned())
}

type Pairs<'a> = &'a [(&'a str, &'a str)];

fn bytes(pairs: Pairs<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    pairs.iter().map(|(a, b)| (a.as_bytes().to_vec(), b.as_bytes().to_vec())).collect()
}

#[test]
fn placeholder_maps_are_checked() {
    let cases: &[(Option<Pairs<'_>>, Option<Pairs<'_>>, &str)] = &[
        (Some(&[]), None, "ExpressionAttributeNames must not be empty"),
        (None, Some(&[]), "ExpressionAttributeValues must not be empty"),
        (
            Some(&[("#a", "a"), ("b", "b")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"b\"",
        ),
        (
            Some(&[("#", "b")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"",
        ),
        (
            Some(&[("#a-b", "b")]),
            None,
            "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#a-b\"",
        ),
        (
            None,
            Some(&[("#a", "b")]),
            "ExpressionAttributeValues contains invalid key: Syntax error; key: \"#a\"",
        ),
        (Some(&[("#a", "")]), None, "Empty attribute name"),
    ];
    for (names, values, expected) in cases {
        let error = Placeholders::new(names.map(bytes), values.map(bytes)).unwrap_err();
        assert_eq!(error.to_string(), *expected);
        assert_eq!(error.kind(), None);
    }
}

#[test]
fn unused_placeholders_are_listed_in_request_order() {
    let mut p = placeholders(&[("#z", "z"), ("#b", "b"), ("#a", "a")], &[(":v", n("1")), (":w", n("2"))]);
    parse_projection("#b", &mut p).unwrap();
    assert_eq!(
        p.check_unused().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#z, #a}"
    );
    parse_condition(ExpressionKind::Filter, "#z = :w OR #a = :w", &mut p).unwrap();
    assert_eq!(
        p.check_unused().unwrap_err().to_string(),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}"
    );
    parse_condition(ExpressionKind::Filter, "#z = :v", &mut p).unwrap();
    p.check_unused().unwrap();
}

#[test]
fn of_a_repeated_placeholder_the_last_counts() {
    let mut p =
        Placeholders::new(Some(bytes(&[("#a", "first"), ("#b", "x"), ("#a", "last")])), None).unwrap();
    let projection = parse_projection("#a, #b", &mut p).unwrap();
    assert_eq!(projection.root_names().collect::<Vec<_>>(), [b"last".as_slice(), b"x"]);
    p.check_unused().unwrap();
}

#[test]
fn size_and_emptiness_come_before_syntax() {
    let long = "%".repeat(4097);
    let cases = [
        (ExpressionKind::Condition, "ConditionExpression"),
        (ExpressionKind::Filter, "FilterExpression"),
        (ExpressionKind::KeyCondition, "KeyConditionExpression"),
        (ExpressionKind::Projection, "ProjectionExpression"),
        (ExpressionKind::Update, "UpdateExpression"),
    ];
    for (kind, name) in cases {
        let refused = |text: &str| parse_any(kind, text, &mut all_placeholders()).unwrap_err().to_string();
        assert_eq!(refused(""), format!("Invalid {name}: The expression can not be empty;"));
        assert_eq!(
            refused(&long),
            format!("Invalid {name}: Expression size has exceeded the maximum allowed size;")
        );
        assert!(refused(&long[..4096]).contains("Syntax error; token: \"%\", near: \"%%\""));
    }
}

/// Parses, and puts what came of it to use.
fn parse_any(kind: ExpressionKind, text: &str, p: &mut Placeholders) -> Result<(), ExpressionError> {
    let item = item(&[("a", n("1")), ("b", s("s")), ("l", l(&[n("1"), m(&[("x", n("1"))])])), ("m", m(&[]))]);
    match kind {
        ExpressionKind::Condition | ExpressionKind::Filter => {
            let condition = parse_condition(kind, text, p)?;
            condition.evaluate(Some(item.map()));
            condition.evaluate(None);
            condition.root_names().count();
        }
        ExpressionKind::KeyCondition => assert!(!parse_key_condition(text, p)?.terms.is_empty()),
        ExpressionKind::Projection => {
            let selected = parse_projection(text, p)?.apply(item.as_ref());
            assert!(selected.size() <= item.size());
        }
        ExpressionKind::Update => {
            let update = parse_update(text, p)?;
            assert!(update.request_charge() > 3);
            if let Ok(Outcome::Item(new)) = update.apply(item.as_ref(), Some(item.as_ref())) {
                // What an update writes is canonical: admission changes nothing about it.
                assert_eq!(admit::item(new.map()).unwrap().bytes(), new.bytes());
                update.touched(new.as_ref());
            }
        }
    }
    Ok(())
}

const KINDS: [ExpressionKind; 5] = [
    ExpressionKind::Condition,
    ExpressionKind::Filter,
    ExpressionKind::KeyCondition,
    ExpressionKind::Projection,
    ExpressionKind::Update,
];

#[test]
fn deep_nesting_is_refused_without_deep_stacks() {
    let nests = [
        ("(", "a = :n", ")"),
        ("NOT (", "a = :n", ")"),
        ("NOT ", "a = :n", ""),
        ("size(", "a", ") = :n"),
        ("x(", "a", ")"),
        ("SET a = (", "b", ")"),
        ("if_not_exists(a, ", ":n", ")"),
        ("list_append(l, ", ":l", ")"),
        ("list_append((", ":l", "),l)"),
        ("(", "(", "("),
        ("a.", "a", ""),
        ("l[0]", "", ""),
        ("(:n + ", ":n", ")"),
    ];
    std::thread::Builder::new()
        .stack_size(1 << 20)
        .spawn(move || {
            for (open, middle, close) in nests {
                let depth = (4000 - middle.len()) / (open.len() + close.len());
                for prefix in ["", "SET a = ", "SET ", "REMOVE ", "a = "] {
                    let text = format!("{prefix}{}{middle}{}", open.repeat(depth), close.repeat(depth));
                    for kind in KINDS {
                        parse_any(kind, &text, &mut all_placeholders()).ok();
                    }
                }
            }
        })
        .unwrap()
        .join()
        .unwrap();
}

fn soup() -> impl Strategy<Value = String> {
    let words = [
        "a",
        "b",
        "l",
        "m",
        "#a",
        "#dot",
        "#m",
        ":s",
        ":n",
        ":l",
        ":ss",
        ":ns",
        ":m",
        ":missing",
        "#missing",
        "(",
        ")",
        "[",
        "]",
        "[0]",
        "[1]",
        ".",
        ",",
        "=",
        "<>",
        "<",
        "<=",
        "+",
        "-",
        "AND",
        "or",
        "NOT",
        "IN",
        "BETWEEN",
        "SET",
        "remove",
        "ADD",
        "DELETE",
        "size(",
        "contains(",
        "begins_with(",
        "attribute_exists(",
        "attribute_type(",
        "if_not_exists(",
        "list_append(",
        "name",
        "0",
        "01",
        "é",
        "#",
        ":",
        "\u{a0}",
        "99999999999",
    ];
    let word = proptest::sample::select(words.to_vec());
    let separator = proptest::sample::select(vec!["", " "]);
    proptest::collection::vec((word, separator), 0..24)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn token_soup_never_panics(text in soup()) {
        for kind in KINDS {
            parse_any(kind, &text, &mut all_placeholders()).ok();
        }
    }

    #[test]
    fn any_text_never_panics(text in ".{0,60}") {
        for kind in KINDS {
            parse_any(kind, &text, &mut all_placeholders()).ok();
        }
    }

    #[test]
    fn updates_of_known_clauses_stay_canonical(
        clauses in proptest::collection::vec((0usize..4, 0usize..8, 0usize..9), 1..5)
    ) {
        let targets = ["a", "b", "c", "l[0]", "l[1].x", "l[7]", "m.y", "m"];
        let sources = ["a", "a + :n", ":m", "list_append(l, :l)", "if_not_exists(c, :ss)", "l", "m", ":n - a", "l[1]"];
        let mut sections = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for (section, target, source) in clauses {
            let target = targets[target];
            sections[section].push(match section {
                0 => format!("{target} = {}", sources[source]),
                1 => target.to_owned(),
                2 => format!("{target} {}", [":n", ":ss", ":ns"][source % 3]),
                _ => format!("{target} {}", [":ss", ":ns"][source % 2]),
            });
        }
        let texts = ["SET ", "REMOVE ", "ADD ", "DELETE "].iter().zip(&sections)
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| format!("{name}{} ", list.join(", ")));
        let text: Vec<_> = texts.collect();
        let text = text.concat();
        parse_any(ExpressionKind::Update, &text, &mut all_placeholders()).ok();
    }
}
