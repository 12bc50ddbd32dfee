use super::*;
use crate::expression::tests::*;

fn refused(text: &str) -> String {
    refusal(parse_condition(ExpressionKind::Condition, text, &mut all_placeholders()))
}

fn holds(text: &str, item: Option<&crate::item::ItemBuf>) -> bool {
    let mut p = all_placeholders();
    let condition =
        parse_condition(ExpressionKind::Filter, text, &mut p).unwrap_or_else(|e| panic!("{text}: {e}"));
    condition.evaluate(item.map(crate::item::ItemBuf::map))
}

#[test]
fn syntax_errors_name_the_token_and_its_neighbours() {
    for (text, token, near) in [
        ("a", "<EOF>", "a"),
        ("a =", "<EOF>", "="),
        ("a = :n AND ", "<EOF>", "AND"),
        ("a = :n b", "b", ":n b"),
        ("a == :n", "=", "== :n"),
        ("a = 5", "5", "= 5"),
        ("a = 5 AND b", "5", "= 5 AND"),
        ("AND a = :n", "AND", "AND a"),
        ("a-b = :n", "-", "a-b"),
        ("a = : n", ":", "= : n"),
        ("a[01] = :n", "01", "[01]"),
        ("a[x] = :n", "x", "[x]"),
        ("a. = :n", "=", ". = :n"),
        ("a = :n)", ")", ":n)"),
        ("(a = :n", "<EOF>", ":n"),
        ("(a) AND b = :n", ")", "a) AND"),
        ("a = b = c", "=", "b = c"),
        ("a = (b = c)", "=", "b = c"),
        ("a = é", "é", "= é"),
        ("a\u{a0}= :n", "\u{a0}", "a\u{a0}="),
        ("size()", ")", "()"),
        ("a IN ()", ")", "()"),
        ("a IN :n", ":n", "IN :n"),
        ("a BETWEEN :n OR :o", "OR", ":n OR :o"),
        ("a = NOT :n", "NOT", "= NOT :n"),
        ("a = :n AND OR", "OR", "AND OR"),
        (":n", "<EOF>", ":n"),
    ] {
        assert_eq!(refused(text), format!("Syntax error; token: \"{token}\", near: \"{near}\""), "{text}");
    }
}

#[test]
fn well_formed_nonsense_is_refused_in_the_services_words() {
    let type_of = |f: &str, found: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {f}, operand type: {found}"
        )
    };
    let count = |f: &str, count: usize| {
        format!(
            "Incorrect number of operands for operator or function; operator or function: {f}, number of operands: {count}"
        )
    };
    let path = |f: &str| format!("Operator or function requires a document path; operator or function: {f}");
    let distinct = |op: &str, path: &str| {
        format!(
            "The first operand must be distinct from the remaining operands for this operator or function; operator: {op}, first operand: {path}"
        )
    };
    let misuse =
        |f: &str| format!("The function is not allowed to be used this way in an expression; function: {f}");
    let redundant = "The expression has redundant parentheses;".to_owned();
    for (text, expected) in [
        ("((a = :n))", redundant.clone()),
        ("((a)) = :n", redundant.clone()),
        ("a = ((:n))", redundant.clone()),
        ("NOT ((a = :n))", redundant.clone()),
        ("((a = :n AND b = :n))", redundant.clone()),
        ("nope(a) = :n AND ((a = :n))", redundant.clone()),
        ("a = :n AND nope(name)", "Invalid function name; function: nope".into()),
        ("SIZE(a) = :n", "Invalid function name; function: SIZE".into()),
        ("Attribute_Exists(a)", "Invalid function name; function: Attribute_Exists".into()),
        ("list_append(a, b) = :n", "Invalid function name; function: list_append".into()),
        ("size(a)", misuse("size")),
        ("a = :n AND size(a)", misuse("size")),
        ("attribute_exists(a) = :n", misuse("attribute_exists")),
        ("a = contains(a, b)", misuse("contains")),
        ("a IN (begins_with(a, b))", misuse("begins_with")),
        ("contains(a, attribute_exists(b)) AND name = :n", misuse("attribute_exists")),
        ("name = :missing", "Attribute name is a reserved keyword; reserved keyword: name".into()),
        ("a.Status = :n", "Attribute name is a reserved keyword; reserved keyword: Status".into()),
        ("set = :n", "Attribute name is a reserved keyword; reserved keyword: set".into()),
        (
            "a = :missing AND #missing = :n",
            "An expression attribute value used in expression is not defined; attribute value: :missing".into(),
        ),
        (
            ":missing = #missing",
            "An expression attribute name used in the document path is not defined; attribute name: #missing".into(),
        ),
        ("attribute_exists(a, b)", count("attribute_exists", 2)),
        ("begins_with(a)", count("begins_with", 1)),
        ("contains(a, b, c)", count("contains", 3)),
        ("attribute_type(a)", count("attribute_type", 1)),
        ("size(a, b) = :n", count("size", 2)),
        ("attribute_exists(:n)", path("attribute_exists")),
        ("attribute_not_exists(size(a))", path("attribute_not_exists")),
        ("attribute_type(:s, :s)", path("attribute_type")),
        ("a = a", distinct("=", "[a]")),
        ("#a <> a", distinct("<>", "[a]")),
        ("a.b[0] < a.b[0]", distinct("<", "[a, b, [0]]")),
        ("a BETWEEN :n AND a", distinct("BETWEEN", "[a]")),
        ("a IN (:n, a)", distinct("IN", "[a]")),
        ("contains(a, a)", distinct("contains", "[a]")),
        ("begins_with(a, a)", distinct("begins_with", "[a]")),
        ("a < :bool", type_of("<", "BOOL")),
        (":l >= a", type_of(">=", "L")),
        ("a BETWEEN :n AND :m", type_of("BETWEEN", "M")),
        (":ss BETWEEN :n AND :o", type_of("BETWEEN", "SS")),
        ("begins_with(a, :n)", type_of("begins_with", "N")),
        ("begins_with(:null, :s)", type_of("begins_with", "NULL")),
        ("begins_with(size(a), :s)", type_of("begins_with", "N")),
        ("size(:n) = :n", type_of("size", "N")),
        ("size(:bool) = :n", type_of("size", "BOOL")),
        ("size(size(a)) = :n", type_of("size", "N")),
        ("attribute_type(a, :n)", type_of("attribute_type", "N")),
        ("attribute_type(a, b)", type_of("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")),
        (
            "attribute_type(a, :t)",
            "Invalid attribute type name found; type: t, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}".into(),
        ),
        (
            "a BETWEEN :s AND :n",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {S:s}, upper bound operand: AttributeValue: {N:1}".into(),
        ),
        (
            "a BETWEEN :o AND :n",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}".into(),
        ),
        ("a[2147483648] = :n", "List index is not within the allowable range; index: [2147483648]".into()),
    ] {
        assert_eq!(refused(text), expected, "{text}");
    }
}

#[test]
fn counts_are_limited() {
    let joined = |terms: usize| vec!["a = :n"; terms].join(" OR ");
    assert!(holds(&joined(150), Some(&item(&[("a", n("1"))]))));
    assert_eq!(refused(&joined(151)), "The expression contains too many operators; operator count: 301");
    let list = |count: usize| format!("a IN ({})", vec![":n"; count].join(","));
    assert!(holds(&list(100), Some(&item(&[("a", n("1"))]))));
    assert_eq!(
        refused(&list(101)),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
}

#[test]
fn accepted_shapes() {
    let item = item(&[("a", n("1")), ("b", n("2"))]);
    for text in [
        "(a = :n)",
        "(a) = (:n)",
        "((a) = :n)",
        "(a = :n) AND (b = :o)",
        "((a = :n) AND (b = :o))",
        "NOT (NOT (a = :n))",
        "not not a = :n",
        "a=:n\tAnD\r\nb=:o",
        "#a = :n",
        ":n = a",
        ":n = :n",
        "(a) IN ((:n), :s)",
        "a between :n and :o",
        "a BETWEEN :n AND :o AND b = :o",
        "(attribute_exists(a))",
        "attribute_exists((a))",
        "size(:s) = :n",
        "size (:s) = :n",
    ] {
        assert!(holds(text, Some(&item)), "{text}");
    }
}

#[test]
fn not_binds_tighter_than_and_than_or() {
    let item = item(&[("a", n("1"))]);
    let (yes, no) = ("a = :n", "a = :o");
    for (text, expected) in [
        (format!("{yes} OR {yes} AND {no}"), true),
        (format!("({yes} OR {yes}) AND {no}"), false),
        (format!("{no} AND {no} OR {yes}"), true),
        (format!("{no} AND ({no} OR {yes})"), false),
        (format!("NOT {no} AND {no}"), false),
        (format!("NOT ({no} AND {no})"), true),
        (format!("NOT {yes} OR {yes}"), true),
        (format!("NOT ({yes} OR {yes})"), false),
        (format!("{no} OR {no} OR {yes} AND {yes}"), true),
        (format!("{no} OR NOT {no} AND NOT ({yes} AND {no})"), true),
        (format!("{yes} AND {yes} AND {no} OR {no} AND {yes}"), false),
    ] {
        assert_eq!(holds(&text, Some(&item)), expected, "{text}");
    }
}

/// Every formula of up to four tests agrees with a plain recursive reading of it.
#[test]
fn programs_agree_with_a_tree() {
    #[derive(Clone)]
    enum Tree {
        Leaf(bool),
        Not(Box<Tree>),
        Both(Box<Tree>, Box<Tree>),
        Any(Box<Tree>, Box<Tree>),
    }
    use Tree::{Any, Both, Leaf, Not};
    impl Tree {
        fn value(&self) -> bool {
            match self {
                Leaf(value) => *value,
                Not(a) => !a.value(),
                Both(a, b) => a.value() && b.value(),
                Any(a, b) => a.value() || b.value(),
            }
        }
        fn text(&self, level: u8) -> String {
            let (own, text) = match self {
                Leaf(value) => (3, format!("a = {}", if *value { ":n" } else { ":o" })),
                Not(a) => (2, format!("NOT {}", a.text(2))),
                Both(a, b) => (1, format!("{} AND {}", a.text(1), b.text(1))),
                Any(a, b) => (0, format!("{} OR {}", a.text(0), b.text(0))),
            };
            if own < level { format!("({text})") } else { text }
        }
    }
    let mut trees = vec![vec![Leaf(true), Leaf(false)]];
    for size in 1..4 {
        let mut next = Vec::new();
        for left in 0..size {
            for a in &trees[left] {
                for b in &trees[size - 1 - left] {
                    next.push(Both(a.clone().into(), b.clone().into()));
                    next.push(Any(a.clone().into(), b.clone().into()));
                    next.push(Not(Box::new(Both(a.clone().into(), b.clone().into()))));
                    next.push(Any(Not(a.clone().into()).into(), b.clone().into()));
                }
            }
        }
        trees.push(next);
    }
    let item = item(&[("a", n("1"))]);
    for tree in trees.iter().flatten() {
        let text = tree.text(0);
        assert_eq!(holds(&text, Some(&item)), tree.value(), "{text}");
    }
}

#[test]
fn comparisons() {
    let item = item(&[
        ("n", n("1.0")),
        ("big", n("10")),
        ("txt", s("s")),
        ("bin", b(b"b")),
        ("yes", yes()),
        ("nil", null()),
        ("ss", ss(&["s"])),
        ("ns", ns(&["1"])),
        ("l", l(&[n("1"), l(&[s("in")])])),
        ("m", m(&[("x", n("1")), ("y", m(&[("z", s("s"))]))])),
        ("a.b", s("dotted")),
    ]);
    for (text, expected) in [
        ("n = :n", true),
        ("n <> :n", false),
        ("n = :s", false),
        ("n <> :s", true),
        ("gone = :n", false),
        ("gone <> :n", true),
        ("gone <> lost", true),
        ("gone = lost", false),
        ("NOT gone = :n", true),
        ("NOT gone < :n", true),
        ("gone < :n", false),
        ("gone >= :n", false),
        ("big > :o", true),
        ("big < :o", false),
        ("n < :s", false),
        ("n >= :s", false),
        ("txt < :t", true),
        ("txt <= :s", true),
        ("txt > :s", false),
        ("bin >= :b", true),
        ("yes = :bool", true),
        ("nil = :null", true),
        ("nil <> :bool", true),
        ("yes < n", false),
        ("ss = :ss", true),
        ("txt = :ss", false),
        ("l = :l", false),
        ("l[0] = :n", true),
        ("l[1][0] <> :s", true),
        ("l[2] = :n", false),
        ("n[0] = :n", false),
        ("n.x = :n", false),
        ("l.x = :n", false),
        ("m[0] = :n", false),
        ("m.x = n", true),
        ("m.y.z = :s", true),
        ("#dot = :s", false),
        ("attribute_exists(#dot)", true),
        ("n BETWEEN :n AND :o", true),
        ("big BETWEEN :n AND :o", false),
        ("gone BETWEEN :n AND :o", false),
        ("txt BETWEEN :n AND :o", false),
        ("n BETWEEN gone AND :o", false),
        ("n IN (:s, :o)", false),
        ("n IN (:s, gone, :n)", true),
        ("gone IN (:n)", false),
        ("l[0] IN (n)", true),
    ] {
        assert_eq!(holds(text, Some(&item)), expected, "{text}");
    }
}

#[test]
fn functions() {
    let item = item(&[
        ("n", n("1")),
        ("txt", s("söße😀t")),
        ("bin", b(&[1, 2, 3, b'b'])),
        ("nil", null()),
        ("ss", ss(&["s", "x"])),
        ("ns", ns(&["1", "7"])),
        ("bs", bs(&[b"b", b"c"])),
        ("l", l(&[n("1"), s("s"), l(&[n("1")])])),
        ("m", m(&[("x", n("1"))])),
        ("hollow", l(&[])),
        ("kind", s("S")),
    ]);
    for (text, expected) in [
        ("attribute_exists(nil)", true),
        ("attribute_exists(l[2][0])", true),
        ("attribute_exists(l[3])", false),
        ("attribute_not_exists(l[3])", true),
        ("attribute_not_exists(nil)", false),
        ("begins_with(txt, :s)", true),
        ("begins_with(txt, :t)", false),
        ("begins_with(n, :s)", false),
        ("begins_with(bin, :s)", false),
        ("begins_with(gone, :s)", false),
        ("begins_with(:s, :s)", true),
        ("contains(txt, :t)", true),
        ("contains(txt, :n)", false),
        ("contains(bin, :b)", true),
        ("contains(ss, :s)", true),
        ("contains(ss, :t)", false),
        ("contains(ss, :n)", false),
        ("contains(ns, :n)", true),
        ("contains(ns, :o)", false),
        ("contains(bs, :b)", true),
        ("contains(l, :n)", true),
        ("contains(l, :l)", true),
        ("contains(l, :o)", false),
        ("contains(m, :n)", false),
        ("contains(gone, :n)", false),
        ("contains(ns, size(kind))", true),
        ("contains(:ns, n)", true),
        ("size(kind) = n", true),
        ("size(kind) = size(m)", true),
        ("size(ss) = :o", true),
        ("size(hollow) < n", true),
        ("size(txt) > size(ns)", true),
        ("size(n) = :n", false),
        ("size(nil) <> :n", true),
        ("size(gone) < :n", false),
        ("size(l) BETWEEN :o AND size(bin)", true),
        ("size(m) IN (:s, n)", true),
        ("n IN (size(m))", true),
        ("size(kind) < :s", false),
    ] {
        assert_eq!(holds(text, Some(&item)), expected, "{text}");
    }
}

#[test]
fn size_counts_utf16_units() {
    for (text, length) in [("", "0"), ("abc", "3"), ("ö", "1"), ("€", "1"), ("😀", "2"), ("a😀ö", "4")]
    {
        let mut p = placeholders(&[], &[(":n", n(length))]);
        let condition = parse_condition(ExpressionKind::Filter, "size(a) = :n", &mut p).unwrap();
        assert!(condition.evaluate(Some(item(&[("a", s(text))]).map())), "{text}");
    }
}

#[test]
fn attribute_type_knows_all_types() {
    let values = [
        ("S", s("")),
        ("N", n("0")),
        ("B", b(b"")),
        ("SS", ss(&["a"])),
        ("NS", ns(&["1"])),
        ("BS", bs(&[b"a"])),
        ("M", m(&[])),
        ("L", l(&[])),
        ("NULL", null()),
        ("BOOL", yes()),
    ];
    for (name, _) in &values {
        let mut p = placeholders(&[], &[(":t", s(name))]);
        let condition = parse_condition(ExpressionKind::Filter, "attribute_type(a, :t)", &mut p).unwrap();
        for (other, value) in &values {
            assert_eq!(condition.evaluate(Some(item(&[("a", value.clone())]).map())), name == other);
        }
        assert!(!condition.evaluate(None));
    }
}

#[test]
fn substrings_are_found_wherever_a_plain_search_finds_them() {
    let texts = ["", "a", "aa", "aab", "aaab", "abababc", "aabaabaaab", "abcabcabd", "babab"];
    let parts = ["", "a", "b", "aa", "ab", "aab", "ababc", "aabaaab", "abcabd", "bb", "abababcd"];
    for text in texts {
        for part in parts {
            let mut p = placeholders(&[], &[(":p", s(part))]);
            let condition = parse_condition(ExpressionKind::Filter, "contains(a, :p)", &mut p).unwrap();
            let found = condition.evaluate(Some(item(&[("a", s(text))]).map()));
            assert_eq!(found, text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn a_missing_item_has_no_attributes() {
    for (text, expected) in [
        ("attribute_not_exists(a)", true),
        ("attribute_exists(a)", false),
        ("a <> :n", true),
        ("a = :n", false),
    ] {
        assert_eq!(holds(text, None), expected, "{text}");
    }
}

#[test]
fn root_names_and_which_are_reached_into() {
    let text = "a = :n AND (m.x < size(l[0]) OR NOT b IN (:n, #dot))";
    let mut placeholders = all_placeholders();
    let condition = parse_condition(ExpressionKind::Filter, text, &mut placeholders).unwrap();
    assert_eq!(condition.root_names().collect::<Vec<_>>(), [b"a".as_slice(), b"m", b"l", b"b", b"a.b"]);
    let nested: Vec<_> = placeholders.nested_roots().iter().map(|name| &**name).collect();
    assert_eq!(nested, [b"m".as_slice(), b"l"]);
}

#[test]
fn joined_tests() {
    let path = || Operand::Path(Path::top(b"a"));
    let is = |value: V| Test::Compare(Comparator::Eq, path(), Operand::Value(value.into()));
    let item = item(&[("a", n("1"))]);
    for (any, tests, expected) in [
        (false, vec![], true),
        (true, vec![], true),
        (false, vec![(false, is(n("1"))), (true, is(n("2")))], true),
        (false, vec![(false, is(n("2"))), (false, is(n("1")))], false),
        (false, vec![(false, is(n("1"))), (true, is(n("1"))), (false, is(n("1")))], false),
        (true, vec![(false, is(n("1"))), (false, is(n("2")))], true),
        (true, vec![(false, is(n("2"))), (true, is(n("1")))], false),
        (true, vec![(true, is(n("2"))), (false, is(n("3"))), (false, is(n("3")))], true),
    ] {
        assert_eq!(
            Condition::join(any, tests.clone()).evaluate(Some(item.map())),
            expected,
            "{any} {tests:?}"
        );
    }
}
