use super::*;
use crate::expression::tests::*;

fn refused(text: &str) -> String {
    refusal(parse_update(text, &mut all_placeholders()))
}

fn parsed(text: &str) -> Update {
    parse_update(text, &mut all_placeholders()).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn key() -> ItemBuf {
    item(&[("pk", s("k"))])
}

/// Applies to an item that holds a key besides `attributes`; gives the other attributes of the new item.
fn apply(text: &str, attributes: &[(&str, V)]) -> Result<ItemBuf, UpdateError> {
    let old = item(&[&[("pk", s("k"))], attributes].concat());
    match parsed(text).apply(key().as_ref(), Some(old.as_ref()))? {
        Outcome::Nothing => panic!("{text}: nothing"),
        Outcome::Item(new) => Ok(without_key(&new)),
    }
}

fn without_key(new: &ItemBuf) -> ItemBuf {
    assert!(new.get(b"pk").is_some());
    let rest = new.map().iter().filter(|(name, _)| *name != b"pk");
    crate::item::writer::item_from_sorted(rest)
}

fn numbers(values: &[&str]) -> V {
    l(&values.iter().map(|value| n(value)).collect::<Vec<_>>())
}

#[test]
fn refusals_in_the_services_words() {
    let operand = |f: &str, found: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {f}, operand type: {found}"
        )
    };
    let action = |name: &str, found: &str| {
        format!(
            "Incorrect operand type for operator or function; operator: {name}, operand type: {found}, typeSet: ALLOWED_FOR_ADD_OPERAND"
        )
    };
    let apart = |what: &str, one: &str, two: &str| {
        format!(
            "Two document paths {what} with each other; must remove or rewrite one of these paths; path one: {one}, path two: {two}"
        )
    };
    let syntax = |token: &str, near: &str| format!("Syntax error; token: \"{token}\", near: \"{near}\"");
    for (text, expected) in [
        ("INVALID SYNTAX HERE", syntax("INVALID", "INVALID SYNTAX")),
        ("ADD hits : incr", syntax(":", "hits : incr")),
        ("SET", syntax("<EOF>", "SET")),
        ("SET a", syntax("<EOF>", "a")),
        ("SET a = ", syntax("<EOF>", "=")),
        ("SET a = :n, updated = ", syntax("<EOF>", "=")),
        ("SET a = :n REMOVE", syntax("<EOF>", "REMOVE")),
        ("SET a = :n + :n + :n", syntax("+", ":n + :n")),
        ("SET a = :n,", syntax("<EOF>", ",")),
        ("SET :n = a", syntax(":n", "SET :n =")),
        ("SET a = if_not_exists(a, :n + :o)", syntax("+", ":n + :o")),
        ("ADD a b", syntax("b", "a b")),
        ("DELETE a", syntax("<EOF>", "a")),
        ("REMOVE :n", syntax(":n", "REMOVE :n")),
        ("REMOVE a b", syntax("b", "a b")),
        ("SET a = ((:n))", "The expression has redundant parentheses;".into()),
        ("SET a = ((:n + :n))", "The expression has redundant parentheses;".into()),
        ("SET name = nope(a)", "Attribute name is a reserved keyword; reserved keyword: name".into()),
        ("SET a = nope(a) SET b = :n", "Invalid function name; function: nope".into()),
        (
            "SET a = size(b)",
            "The function is not allowed in an update expression; function: size".into(),
        ),
        (
            "SET a = #missing SET b = :n",
            "The \"SET\" section can only be used once in an update expression;".into(),
        ),
        (
            "set a = :n remove b Remove c",
            "The \"REMOVE\" section can only be used once in an update expression;".into(),
        ),
        (
            "SET a = :missing, b = #missing",
            "An expression attribute name used in the document path is not defined; attribute name: #missing".into(),
        ),
        (
            "SET a = :missing, a = :n",
            "An expression attribute value used in expression is not defined; attribute value: :missing".into(),
        ),
        ("SET a = :n, a = :n", apart("overlap", "[a]", "[a]")),
        ("SET a.b = :n REMOVE a", apart("overlap", "[a, b]", "[a]")),
        ("SET c.x = :n, c[0] = :n, a[1].b = :n ADD a[1].b :s", apart("overlap", "[a, [1], b]", "[a, [1], b]")),
        ("SET a.b = :n ADD a[0] :s", apart("conflict", "[a, b]", "[a, [0]]")),
        ("ADD a :s", action("ADD", "STRING")),
        ("ADD a :b", action("ADD", "BINARY")),
        ("ADD a :bool", action("ADD", "BOOLEAN")),
        ("ADD a :null", action("ADD", "NULL")),
        ("ADD a :l", action("ADD", "LIST")),
        ("ADD a :m", action("ADD", "MAP")),
        ("SET b = list_append(:n, :l) DELETE a :n", action("DELETE", "NUMBER")),
        ("SET a = :s + :n", operand("+", "S")),
        ("SET a = b - :l", operand("-", "L")),
        ("SET a = list_append(b, :s)", operand("list_append", "S")),
        ("SET a = list_append((a + :n), b)", operand("list_append", "N")),
        ("SET a = list_append(:l, :l) - :n", operand("-", "L")),
        (
            "SET a = list_append(:l)",
            "Incorrect number of operands for operator or function; operator or function: list_append, number of operands: 1".into(),
        ),
        (
            "SET a = if_not_exists(a, b, c)",
            "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of operands: 3".into(),
        ),
        (
            "SET a = if_not_exists(:n, :n)",
            "Operator or function requires a document path; operator or function: if_not_exists".into(),
        ),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
}

#[test]
fn set() {
    let base = [("a", n("5")), ("m", m(&[("x", n("1"))])), ("l", numbers(&["0", "1", "2"]))];
    let with = |name: &'static str, value: V| {
        let mut all: Vec<_> = base.iter().filter(|(at, _)| *at != name).cloned().collect();
        all.push((name, value));
        item(&all)
    };
    for (text, expected) in [
        ("SET b = :s", with("b", s("s"))),
        ("set #dot = :s", with("a.b", s("s"))),
        ("SET a = :s", with("a", s("s"))),
        ("SET a = m", with("a", m(&[("x", n("1"))]))),
        ("SET a = a + :n", with("a", n("6"))),
        ("SET a = :n - a", with("a", n("-4"))),
        ("SET a = (a + :n) - (:o - :n)", with("a", n("5"))),
        ("SET a = (a)", with("a", n("5"))),
        ("SET b = if_not_exists(b, :s)", with("b", s("s"))),
        ("SET a = if_not_exists(a, :s)", with("a", n("5"))),
        ("SET b = if_not_exists(b, if_not_exists(c, a)) + :n", with("b", n("6"))),
        ("SET m.y = :s", with("m", m(&[("x", n("1")), ("y", s("s"))]))),
        ("SET m.x = m.x + a, m.y = m.x", with("m", m(&[("x", n("6")), ("y", n("1"))]))),
        ("SET l[1] = :o", with("l", numbers(&["0", "2", "2"]))),
        ("SET l[3] = :n", with("l", numbers(&["0", "1", "2", "1"]))),
        ("SET l[9] = :n, l[7] = :o", with("l", numbers(&["0", "1", "2", "2", "1"]))),
        ("SET l[0] = l[2], l[2] = l[0]", with("l", numbers(&["2", "1", "0"]))),
        ("SET l = list_append(l, :l)", with("l", numbers(&["0", "1", "2", "1"]))),
        ("SET l = list_append(:l, l)", with("l", numbers(&["1", "0", "1", "2"]))),
        ("SET b = list_append(if_not_exists(b, :l), l)", with("b", numbers(&["1", "0", "1", "2"]))),
        ("SET b = l[1]", with("b", n("1"))),
    ] {
        assert_eq!(apply(text, &base).unwrap(), expected, "{text}");
    }
}

#[test]
fn swapping_reads_the_item_as_it_was() {
    let new =
        apply("SET a = b, b = a REMOVE c ADD d :n", &[("a", n("1")), ("b", n("2")), ("c", n("3"))]).unwrap();
    assert_eq!(new, item(&[("a", n("2")), ("b", n("1")), ("d", n("1"))]));
}

#[test]
fn remove() {
    let base = [("a", n("5")), ("m", m(&[("x", n("1"))])), ("l", numbers(&["0", "1", "2", "3"]))];
    let (a, map, list) = (base[0].clone(), base[1].clone(), base[2].clone());
    for (text, expected) in [
        ("REMOVE a", item(&[map.clone(), list.clone()])),
        ("REMOVE nope", item(&base)),
        ("REMOVE m.x", item(&[a.clone(), ("m", m(&[])), list.clone()])),
        ("REMOVE m.nope", item(&base)),
        ("REMOVE l[0], l[2]", item(&[a.clone(), map.clone(), ("l", numbers(&["1", "3"]))])),
        ("REMOVE l[9]", item(&base)),
        ("REMOVE l[0] SET l[1] = :o, l[8] = :n", item(&[a, map, ("l", numbers(&["2", "2", "3", "1"]))])),
    ] {
        assert_eq!(apply(text, &base).unwrap(), expected, "{text}");
    }
}

#[test]
fn add_and_delete() {
    let base = [
        ("a", n("5")),
        ("ss", ss(&["a", "s", "z"])),
        ("ns", ns(&["-3", "1", "20"])),
        ("bs", bs(&[b"a"])),
        ("lone", ss(&["s"])),
        ("m", m(&[("tags", ss(&["s"]))])),
        ("l", l(&[ns(&["1"]), n("7")])),
    ];
    let with = |name: &'static str, value: Option<V>| {
        let mut all: Vec<_> = base.iter().filter(|(at, _)| *at != name).cloned().collect();
        all.extend(value.map(|value| (name, value)));
        item(&all)
    };
    for (text, expected) in [
        ("ADD a :o", with("a", Some(n("7")))),
        ("ADD b :o", with("b", Some(n("2")))),
        ("ADD ss :ss", item(&base)),
        ("ADD lone :ss", item(&base)),
        ("ADD b :ss", with("b", Some(ss(&["s"])))),
        ("ADD bs :bs", with("bs", Some(bs(&[b"a", b"b"])))),
        ("ADD m.tags :ss", item(&base)),
        ("ADD m.hits :n", with("m", Some(m(&[("hits", n("1")), ("tags", ss(&["s"]))])))),
        ("ADD l[1] :n", with("l", Some(l(&[ns(&["1"]), n("8")])))),
        ("ADD l[5] :n", with("l", Some(l(&[ns(&["1"]), n("7"), n("1")])))),
        ("DELETE ss :ss", with("ss", Some(ss(&["a", "z"])))),
        ("DELETE ns :ns", with("ns", Some(ns(&["-3", "20"])))),
        ("DELETE bs :bs", item(&base)),
        ("DELETE lone :ss", with("lone", None)),
        ("DELETE nope :ss", item(&base)),
        ("DELETE m.tags :ss", with("m", Some(m(&[])))),
        ("DELETE l[0] :ns", with("l", Some(l(&[n("7")])))),
        ("DELETE l[9] :ns", item(&base)),
    ] {
        assert_eq!(apply(text, &base).unwrap(), expected, "{text}");
    }
}

#[test]
fn set_unions_stay_in_order() {
    let union = |a: V, b: V| {
        let mut p = placeholders(&[], &[(":v", b)]);
        let update = parse_update("ADD a :v", &mut p).unwrap();
        let old = item(&[("a", a)]);
        update.apply(key().as_ref(), Some(old.as_ref())).unwrap()
    };
    for (a, b, both) in [
        (ns(&["10", "2", "-1"]), ns(&["3", "0.5", "2.0"]), ns(&["-1", "0.5", "2", "3", "10"])),
        (ss(&["b", "é", "z"]), ss(&["a", "é", "zz"]), ss(&["a", "b", "z", "zz", "é"])),
        (bs(&[b"\xff", b""]), bs(&[b"\x00", b"\xff"]), bs(&[b"", b"\x00", b"\xff"])),
    ] {
        assert_eq!(union(a.clone(), b.clone()), Outcome::Item(item(&[("a", both.clone())])));
        assert_eq!(union(b, a), Outcome::Item(item(&[("a", both)])));
    }
}

#[test]
fn execution_errors() {
    let deepest = (0..30).fold(l(&[]), |inner, _| l(&[inner]));
    let base = [
        ("a", n("5")),
        ("txt", s("s")),
        ("m", m(&[("x", n("1"))])),
        ("l", l(&[n("0"), s("s")])),
        ("ss", ss(&["s"])),
        ("huge", n("9e125")),
        ("long", n("12345678901234567890123456789012345678")),
        ("deep", deepest),
    ];
    let missing = "The provided expression refers to an attribute that does not exist in the item";
    let operand = "An operand in the update expression has an incorrect data type";
    let path = "The document path provided in the update expression is invalid for update";
    for (text, expected) in [
        ("SET b = nope", missing),
        ("SET b = nope + :n", missing),
        ("SET b = m.nope", missing),
        ("SET b = l[2]", missing),
        ("SET b = list_append(nope, :l)", missing),
        ("SET b = txt + :n", operand),
        ("SET b = :n - txt", operand),
        ("SET b = list_append(a, :l)", operand),
        ("SET b = list_append(:l, if_not_exists(nope, :s))", operand),
        ("ADD txt :n", operand),
        ("ADD a :ss", operand),
        ("ADD ss :ns", operand),
        ("ADD l :n", operand),
        ("DELETE a :ss", operand),
        ("DELETE ss :ns", operand),
        ("SET nope.x = :n", path),
        ("SET nope[0] = :n", path),
        ("SET a.x = :n", path),
        ("SET m[0] = :n", path),
        ("SET l.x = :n", path),
        ("SET l[5].x = :n", path),
        ("SET m.x.y = :n", path),
        ("REMOVE nope.x", path),
        ("REMOVE m[0]", path),
        ("REMOVE a.b", path),
        ("ADD nope.x :n", path),
        ("DELETE nope.x :ss", path),
        (
            "SET a = huge + huge",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        ("ADD huge :n", "Attempting to store more than 38 significant digits in a Number"),
        ("SET m.x = deep", "Nesting Levels have exceeded supported limits"),
        ("SET l[9] = deep", "Nesting Levels have exceeded supported limits"),
    ] {
        assert_eq!(apply(text, &base).map_err(|e| e.to_string()), Err(expected.to_owned()), "{text}");
    }
    // One level less fits.
    assert!(apply("SET b = deep", &base).is_ok());
    assert!(apply("SET m.x = deep[0]", &base).is_ok());
}

#[test]
fn results_beyond_any_item_are_refused_early() {
    let big = s(&"x".repeat(300_000));
    let copies: Vec<_> = (0..20).map(|i| format!("b{i} = a")).collect();
    assert_eq!(
        apply(&format!("SET {}", copies.join(", ")), &[("a", big.clone())]),
        Err(UpdateError::TooLarge)
    );
    let grown = (0..20).fold("a".to_owned(), |inner, _| format!("list_append(a, {inner})"));
    assert_eq!(apply(&format!("SET b = {grown}"), &[("a", l(&[big]))]), Err(UpdateError::TooLarge));
    assert_eq!(
        UpdateError::TooLarge.to_string(),
        "Item size to update has exceeded the maximum allowed size"
    );
}

#[test]
fn upserts() {
    for (text, expected) in [
        ("REMOVE a", None),
        ("REMOVE a.b[0]", None),
        ("DELETE a :ss REMOVE b.c", None),
        ("SET a = :n", Some(item(&[("a", n("1"))]))),
        ("ADD a :ss REMOVE b", Some(item(&[("a", ss(&["s"]))]))),
        ("SET a = if_not_exists(a, :n)", Some(item(&[("a", n("1"))]))),
    ] {
        match parsed(text).apply(key().as_ref(), None).unwrap() {
            Outcome::Nothing => assert_eq!(expected, None, "{text}"),
            Outcome::Item(new) => assert_eq!(Some(without_key(&new)), expected, "{text}"),
        }
    }
    assert_eq!(parsed("SET a.b = :n").apply(key().as_ref(), None), Err(UpdateError::InvalidPath));
    assert_eq!(parsed("SET a = a + :n").apply(key().as_ref(), None), Err(UpdateError::NoAttribute));
}

#[test]
fn attribute_updates() {
    let update = |actions: Vec<(&str, AttributeAction)>| {
        Update::from_attribute_updates(
            actions.into_iter().map(|(name, action)| (name.as_bytes().to_vec(), action)),
        )
    };
    let old = item(&[("a", n("1")), ("l", numbers(&["1"])), ("pk", s("k")), ("ss", ss(&["a", "b"]))]);
    let all = update(vec![
        ("b", AttributeAction::Put(s("s"))),
        ("a", AttributeAction::Add(n("2"))),
        ("l", AttributeAction::Add(numbers(&["2"]))),
        ("ss", AttributeAction::DeleteMembers(ss(&["a"]))),
        ("nope", AttributeAction::Delete),
    ]);
    let expected = item(&[
        ("a", n("3")),
        ("b", s("s")),
        ("l", numbers(&["1", "2"])),
        ("pk", s("k")),
        ("ss", ss(&["b"])),
    ]);
    assert_eq!(all.apply(key().as_ref(), Some(old.as_ref())), Ok(Outcome::Item(expected)));
    for action in [AttributeAction::Add(ss(&["a"])), AttributeAction::DeleteMembers(ss(&["a"]))] {
        let error = update(vec![("a", action)]).apply(key().as_ref(), Some(old.as_ref())).unwrap_err();
        assert_eq!(error.to_string(), "Type mismatch for attribute to update");
    }
    assert_eq!(update(vec![]).apply(key().as_ref(), None), Ok(Outcome::Item(key())));
    assert_eq!(
        update(vec![("a", AttributeAction::Delete)]).apply(key().as_ref(), None),
        Ok(Outcome::Nothing)
    );
}

#[test]
fn touched_paths() {
    let old = item(&[
        ("a", n("1")),
        ("l", numbers(&["0", "1", "2"])),
        ("m", m(&[("x", n("1")), ("y", n("2"))])),
        ("pk", s("k")),
    ]);
    for (text, expected) in [
        ("SET a = :n", item(&[("a", n("1"))])),
        ("SET m.y = :n REMOVE nope", item(&[("m", m(&[("y", n("2"))]))])),
        ("SET l[2] = :n REMOVE l[0] ADD b :n", item(&[("l", numbers(&["0", "2"]))])),
        ("REMOVE nope", item(&[])),
    ] {
        assert_eq!(parsed(text).touched(old.as_ref()), expected, "{text}");
    }
    let update = parsed("SET m.x = a, #dot = b REMOVE l[0]");
    assert_eq!(update.root_names().collect::<Vec<_>>(), [b"a.b".as_slice(), b"l", b"m"]);
    assert!(update.touches(b"m") && update.touches(b"a.b") && !update.touches(b"a") && !update.touches(b"b"));
}

#[test]
fn request_charges() {
    for (text, expected) in [
        ("SET a = :s", 3 + 19 + 1 + 1),
        ("SET a = b", 3 + 19 + 1 + (1 + 14 + 1)),
        ("SET #dot = :s", 3 + 19 + 3 + 1),
        ("SET m.xy[10] = :s", 3 + 19 + (1 + (4 + 2) + (4 + 2)) + 1),
        ("SET a = m.x[0]", 3 + 19 + 1 + (1 + 3 * 15)),
        ("SET a = b + :n", 3 + 19 + 1 + (34 + 16 + 2)),
        ("SET a = b - :n", 3 + 19 + 1 + (37 + 16 + 2)),
        ("SET a = if_not_exists(a, :n)", 3 + 19 + 1 + (39 + 16 + 2)),
        ("SET a = list_append(a, :l)", 3 + 19 + 1 + (37 + 16 + (3 + 1 + 2))),
        ("ADD a :n", 3 + 19 + 1 + 2),
        ("REMOVE abc", 3 + 1 + 3),
        ("DELETE a :ss", 3 + 1 + 1),
        ("SET a = :s REMOVE b", 3 + (19 + 1 + 1) + (1 + 1)),
    ] {
        assert_eq!(parsed(text).request_charge(), expected, "{text}");
    }
}

#[test]
fn the_deepest_sources_the_text_has_room_for_are_fine() {
    let nested = (0..230).fold("l".to_owned(), |inner, _| format!("list_append(({inner}),l)"));
    let new = apply(&format!("SET l = {nested}"), &[("l", numbers(&["1"]))]).unwrap();
    assert_eq!(new, item(&[("l", numbers(&["1"; 231]))]));
}
