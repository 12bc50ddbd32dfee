//! Each production, and each refusal with its sentence and place.

use super::{OrderTerm, Returning, Statement, Verb, parse};
use crate::expression::Bytes;
use crate::item::{ItemBuf, MapRef, ValueRef, admit, tag, writer};

fn number(text: &str) -> Vec<u8> {
    let mut raw = vec![tag::NUM_TEXT, text.len() as u8];
    raw.extend_from_slice(text.as_bytes());
    let mut out = Vec::new();
    admit::value(ValueRef::first(&raw).unwrap(), &mut out).unwrap();
    out
}

fn string(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    writer::put_string(&mut out, text.as_bytes());
    out
}

fn item(attributes: &[(&str, Vec<u8>)]) -> ItemBuf {
    let mut body = Vec::new();
    for (name, value) in attributes {
        writer::put_text(&mut body, name.as_bytes());
        body.extend_from_slice(value);
    }
    admit::item(MapRef::from_parts(attributes.len(), &body)).unwrap()
}

fn list(members: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let open = writer::begin(&mut out, tag::LIST, members.len());
    out.extend(members.concat());
    writer::end(&mut out, open);
    out
}

/// An item with a value of most kinds.
fn sample() -> ItemBuf {
    let mut nested = Vec::new();
    let open = writer::begin(&mut nested, tag::MAP, 2);
    writer::put_text(&mut nested, b"x");
    nested.extend(number("7"));
    writer::put_text(&mut nested, b"y");
    nested.extend(list(&[string("deep")]));
    writer::end(&mut nested, open);
    item(&[
        ("a", number("1")),
        ("s", string("text")),
        ("nul", vec![tag::NULL]),
        ("t", vec![tag::TRUE]),
        ("l", list(&[number("1"), nested.clone()])),
        ("m", nested),
        ("a.b", number("2")),
    ])
}

fn read(text: &str) -> Statement {
    *parse(text, &[]).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

fn refusal(text: &str) -> String {
    match parse(text, &[]) {
        Ok(statement) => panic!("{text}: {statement:?}"),
        Err(refusal) => refusal.to_string(),
    }
}

fn holds(condition: &str) -> bool {
    let statement = read(&format!("SELECT * FROM t WHERE {condition}"));
    statement.condition.unwrap().evaluate(Some(sample().map()))
}

#[test]
fn conditions_hold() {
    for condition in [
        "a = 1",
        "1 = a",
        "a <> 2 AND a != 2",
        "a < 2 AND a <= 1 AND a > 0 AND a >= 1",
        "nope <> 1",
        "NOT nope = 1",
        "NOT NOT a = 1",
        "a = 2 OR a = 1 AND s = 'text'",
        "(a = 1 OR a = 2) AND NOT (a = 2)",
        "a BETWEEN 0 AND 1 AND a NOT BETWEEN 2 AND 3",
        "a IN [3, 1] AND a IN (1) AND a NOT IN [2]",
        "nul IS NULL AND nope IS MISSING AND nul IS NOT MISSING AND s IS STRING AND a IS NUMERIC",
        "m IS TUPLE AND m IS STRUCT AND l IS LIST AND t IS BOOLEAN AND a IS NOT LIST AND a IS NOT BLOB",
        "begins_with(s, 'te') AND BEGINS_WITH(s, 'te') AND contains(s, 'ex') AND contains(l, 1)",
        "attribute_type(s, 'S') AND attribute_exists(m.x) AND attribute_not_exists(m.z)",
        "attribute_exists(a) = true AND attribute_exists(nope) = false AND contains(s, 'q') <> true",
        "true = attribute_exists(a)",
        "size(s) = 4 AND size(l) > 1 AND size(m) < 3",
        "l[1].x = 7 AND m.y[0] = 'deep' AND m['x'] = 7 AND m.\"x\" = 7",
        "\"a.b\" = 2",
        "m = {'y': ['deep'], 'x': 7} AND l[0] = +1 AND a > -5 AND a = 0.1e1 AND a < 1.5 AND a > .5",
        "a = 1 -- to the end of the line\n AND /* between */ t = true",
        "((((a = 1))))",
        "(a) = (1)",
        "1 = 1",
        "select_ IS MISSING",
    ] {
        assert!(holds(condition), "{condition}");
        assert!(!holds(&format!("NOT ({condition})")), "{condition}");
    }
    for condition in ["nope = 1", "nul = 0", "a = '1'", "s < 'a'", "a IN [2]", "s IS MISSING", "t = false"] {
        assert!(!holds(condition), "{condition}");
    }
}

#[test]
fn parts_of_a_select() {
    let all =
        read("select * from \"My.Table\".\"by-date\" where a = 1 order by a desc, b asc nulls last, c;");
    assert_eq!(all.table, "My.Table");
    assert_eq!(all.index.as_deref(), Some("by-date"));
    let Verb::Select { columns: None, order } = all.verb else { panic!("a SELECT") };
    let term = |name: &[u8], descending| OrderTerm { name: name.into(), descending };
    assert_eq!(order, [term(b"a", true), term(b"b", false), term(b"c", false)]);
    let some = read("SELECT a, m.x, l[1].y[0], l[0], \"a.b\" FROM t");
    let Verb::Select { columns: Some(columns), .. } = some.verb else { panic!("a SELECT") };
    let expected = item(&[
        ("a", number("1")),
        ("x", number("7")),
        ("y[0]", string("deep")),
        ("l[0]", number("1")),
        ("a.b", number("2")),
    ]);
    assert_eq!(columns.apply(sample().as_ref()), expected);
    assert_eq!(some.nested_roots.len(), 3);
}

#[test]
fn an_insert_makes_an_item() {
    let parameters: Vec<Bytes> = vec![string("p").into(), number("2").into()];
    let text = "INSERT INTO t VALUE {'b': 1, 'a': 'it''s', 'l': [?, 3, []], 'm': {'y': ?, 'x': null}, 's': <<'b', 'a'>>, 'n': <<2, 1>>}";
    let Verb::Insert(made) = parse(text, &parameters).unwrap().verb else { panic!("an INSERT") };
    assert_eq!(
        made.map().iter().map(|(name, _)| name).collect::<Vec<_>>(),
        [b"a", b"b", b"l", b"m", b"n", b"s"]
    );
    assert_eq!(made.get(b"a").unwrap().bytes(), string("it's"));
    assert_eq!(made.get(b"l").unwrap().bytes(), list(&[string("p"), number("3"), list(&[])]));
    assert_eq!(made.get(b"s").unwrap().tag(), tag::SS);
    assert_eq!(made.get(b"n").unwrap().tag(), tag::NS);
}

#[test]
fn updates_apply() {
    for (actions, name, expected) in [
        ("SET a = 5", "a", Some(number("5"))),
        ("SET a = a + 2 - 1", "a", Some(number("2"))),
        ("SET a = a -1", "a", Some(number("0"))),
        ("SET a = (a + 1)", "a", Some(number("2"))),
        ("SET b = a, a = 9", "b", Some(number("1"))),
        ("SET a = 9 SET b = a REMOVE s", "b", Some(number("1"))),
        ("REMOVE s REMOVE t", "s", None),
        ("SET l = list_append(l, ['z'])", "l", None),
        ("SET b = if_not_exists(nope, 4)", "b", Some(number("4"))),
        ("SET b = set_add(b, <<'x'>>)", "b", None),
    ] {
        let Verb::Update(update) = read(&format!("UPDATE t {actions} WHERE id = 1")).verb else {
            panic!("an UPDATE")
        };
        let sample = sample();
        let crate::expression::Outcome::Item(made) =
            update.apply(sample.as_ref(), Some(sample.as_ref())).unwrap()
        else {
            panic!("{actions}")
        };
        if let Some(expected) = &expected {
            assert_eq!(made.get(name.as_bytes()).unwrap().bytes(), expected, "{actions}");
        }
        if actions.starts_with("REMOVE") {
            assert!(made.get(name.as_bytes()).is_none());
        }
    }
    let turned = read("FROM t WHERE id = 1 SET a = 1 REMOVE b RETURNING MODIFIED NEW *");
    assert_eq!(turned.returning, Some(Returning { modified: true, new: true }));
    assert!(turned.condition.is_some());
    let deleted = read("DELETE FROM t WHERE id = 1 RETURNING ALL OLD *");
    assert_eq!(deleted.returning, Some(Returning { modified: false, new: false }));
    assert!(matches!(read("EXISTS(SELECT * FROM t WHERE id = 1 AND a = 2)").verb, Verb::Exists));
}

#[test]
fn what_is_no_statement() {
    for (text, what) in [
        ("", "Unexpected term"),
        ("SELECT", "Unexpected term"),
        ("SELECT * FROM", "Unexpected term"),
        ("SELECT * FROM t WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE a =", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a = 1 AND", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a = 1 'x'", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE (a = 1", "Expected RIGHT_PAREN"),
        ("SELECT * FROM t WHERE a = 1)", "Unexpected token after expression"),
        ("SELECT * FROM t; SELECT", "Unexpected token after semicolon. (Only one query is allowed.)"),
        ("SELECT * FROM t WHERE a = 'x", "Unexpected term"),
        ("SELECT * FROM t WHERE user = 'x'", "Unexpected keyword"),
        ("SELECT * FROM t WHERE a = = 1", "Unexpected operator"),
        ("SELECT * FROM t WHERE a ~ 1", "Unexpected term"),
        ("SELECT * FROM t WHERE a BETWEEN 1 OR 2", "Expected AND keyword"),
        ("SELECT * FROM t WHERE a IN (1", "Expected RIGHT_PAREN"),
        ("SELECT * FROM t WHERE l[0 = 1", "Expected RIGHT_BRACKET"),
        ("SELECT * FROM t WHERE l[b] = 1", "Unexpected term"),
        ("SELECT *, a FROM t", "Unexpected token after expression"),
        ("INSERT t VALUE {'a': 1}", "Unexpected term"),
        ("INSERT INTO t VALUE {'a' 1}", "Unexpected term"),
        ("INSERT INTO t VALUE {'a': b}", "Unexpected term"),
        ("UPDATE t SET 'x' = 1 WHERE a = 1", "Expected identifier for simple path"),
        ("UPDATE t SET x WHERE a = 1", "Unexpected keyword"),
        ("UPDATE t WHERE a = 1", "Unexpected keyword"),
        ("UPDATE t REMOVE x, y WHERE a = 1", "Unexpected token after expression"),
        ("UPDATE t SET x = 1 WHERE a = 1 RETURNING ALL *", "Unexpected operator"),
        ("DELETE t WHERE a = 1", "Unexpected term"),
        ("a b", "Unexpected token after expression"),
    ] {
        assert_eq!(
            refusal(text),
            format!("Statement wasn't well formed, can't be processed: {what}"),
            "{text}"
        );
    }
}

#[test]
fn what_is_refused_by_name_and_place() {
    for (text, sentence) in [
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"),
        ("SELECT 'a' FROM t", "Unexpected path component at 1:8:3"),
        ("SELECT a,\n  1 FROM t", "Unexpected path component at 2:3:1"),
        ("SELECT a AS b FROM t", "Aliasing is not supported"),
        ("SELECT a b FROM t", "Aliasing is not supported"),
        ("SELECT * FROM t AS u", "Aliasing is not supported"),
        ("SELECT * FROM t u", "Aliasing is not supported"),
        ("SELECT * FROM t, u", "Only select from a single table or index is supported."),
        ("SELECT * FROM t JOIN u", "Only select from a single table or index is supported."),
        ("SELECT * FROM t LIMIT 1", "Unsupported clause: LIMIT"),
        ("SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM \"\"", "Path component cannot be an empty string"),
        ("SELECT * FROM 't'", "Unexpected from source"),
        ("SELECT a, a FROM t", "Duplicate identifiers in select clause: a"),
        ("SELECT m.x, n.x FROM t", "Duplicate identifiers in select clause: x"),
        (
            "SELECT m, m.x FROM t",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m], path two: [m, x]",
        ),
        ("SELECT * FROM t WHERE a", "WHERE clause must contain an expression that resolves to a boolean"),
        (
            "SELECT * FROM t WHERE a = 1 AND b",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        (
            "SELECT * FROM t WHERE size(a)",
            "WHERE clause must contain an expression that resolves to a boolean",
        ),
        ("SELECT * FROM t WHERE a = MISSING", "MISSING must be compared using IS operator"),
        (
            "SELECT * FROM t WHERE a IS INT",
            "Unsupported data type for IS operator: INT. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST] at 1:28:3",
        ),
        ("SELECT * FROM t WHERE foo(a)", "Unrecognized function: foo at 1:23:3"),
        ("SELECT * FROM t WHERE a LIKE 'x'", "Unsupported operator in Condition Expression. Operator: like"),
        ("SELECT * FROM t WHERE a + 1 = 2", "Unsupported operator in Condition Expression. Operator: +"),
        (
            "SELECT * FROM t WHERE a > true",
            "Incorrect operand type for operator or function; operator or function: >, operand type: BOOL",
        ),
        (
            "SELECT * FROM t WHERE begins_with(a, 1)",
            "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N",
        ),
        (
            "SELECT * FROM t WHERE begins_with(a)",
            "Incorrect number of operands for operator or function; operator or function: begins_with, number of operands: 1",
        ),
        (
            "SELECT * FROM t WHERE attribute_type(a, 'X')",
            "Invalid attribute type name found; type: X, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}",
        ),
        (
            "SELECT * FROM t WHERE a BETWEEN 2 AND 1",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}",
        ),
        (
            "SELECT * FROM t WHERE attribute_exists('a')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "SELECT * FROM t WHERE l[-1] = 1",
            "List index is not within the allowable range; index: [-1] at 1:26:1",
        ),
        ("SELECT * FROM t WHERE l[*] = 1", "Wildcard path component like a[*].b are not supported at 1:25:1"),
        ("SELECT * FROM t WHERE m.* = 1", "Unpivot path component like a.*.b are not supported at 1:25:1"),
        ("SELECT * FROM t WHERE a = `x`", "Ion Literals are not supported at 1:27:3"),
        ("SELECT * FROM t WHERE a = ?", "Number of parameters in request and statement don't match."),
        (
            "SELECT * FROM t WHERE a > true AND b = ?",
            "Number of parameters in request and statement don't match.",
        ),
        ("SELECT * FROM t ORDER BY a", "Must have WHERE clause in the statement when using ORDER BY clause."),
        (
            "SELECT * FROM t WHERE a = 1 ORDER BY m.x",
            "Argument to ORDER BY must be of type VariableReference. Type: PATH",
        ),
        (
            "SELECT * FROM t WHERE EXISTS(SELECT * FROM t)",
            "EXISTS can only be used in ExecuteTransaction write requests.",
        ),
        ("INSERT INTO t VALUE {'a': <<>>}", "Empty bags are not supported at 1:27:2"),
        (
            "INSERT INTO t VALUE {'a': <<1, 'b'>>}",
            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags at 1:32:3",
        ),
        (
            "INSERT INTO t VALUE {'a': <<'b', 'b'>>}",
            "One or more parameter values were invalid: Input collection [b, b] contains duplicates.",
        ),
        (
            "INSERT INTO t VALUE {'a': 1e200}",
            "Number overflow. Attempting to store a number with magnitude larger than supported range",
        ),
        ("INSERT INTO t VALUE {'a': 1, 'a': 2}", "Duplicate keys in tuple. Key: a under root at 1:30:3"),
        ("INSERT INTO t VALUE {a: 1}", "Tuple keys must be of type String at 1:22:1"),
        (
            "INSERT INTO t VALUE 1",
            "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement. at 1:21:1",
        ),
        ("INSERT INTO t VALUE {'a': 1} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        ("INSERT INTO t.i VALUE {'a': 1}", "This operation is not supported on an index"),
        ("UPDATE t.i SET a = 1 WHERE b = 1", "This operation is not supported on an index"),
        ("DELETE FROM t.i WHERE b = 1", "This operation is not supported on an index"),
        ("UPDATE t SET a = a * 2 WHERE b = 1", "Unsupported operator in Update Expression. Operator: *"),
        (
            "UPDATE t SET a = a + 'x' WHERE b = 1",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        ("UPDATE t SET a = foo(a) WHERE b = 1", "Unrecognized function: foo at 1:18:3"),
        (
            "UPDATE t SET a = size(a) WHERE b = 1",
            "The function is not allowed in an update expression; function: size",
        ),
        (
            "UPDATE t SET a = contains(a, 1) WHERE b = 1",
            "The function is not allowed in an update expression; function: contains",
        ),
        (
            "UPDATE t SET a = set_add(b, <<'x'>>) WHERE b = 1",
            "The first argument to SET_ADD must equal the assignment value",
        ),
        (
            "UPDATE t SET a = set_delete(a, 'x') WHERE b = 1",
            "The second argument to SET_DELETE must be a value with type SET at 1:32:3",
        ),
        ("UPDATE t SET a = set_add(a) WHERE b = 1", "SET_ADD must have exactly two arguments at 1:18:7"),
        (
            "UPDATE t SET a = 1, a = 2 WHERE b = 1",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [a], path two: [a]",
        ),
        (
            "UPDATE t SET a = 1 WHERE b = 1 RETURNING ALL NEW a",
            "Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause",
        ),
        (
            "DELETE FROM t WHERE b = 1 RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
        ("1", "Unsupported operation: Lit"),
        ("null", "Unsupported operation: Lit"),
        ("a", "Unsupported operation: Id"),
        ("a.b", "Unsupported operation: Path"),
        ("[1]", "Unsupported operation: List"),
        ("DROP TABLE t", "Unsupported operation: DropTable"),
    ] {
        assert_eq!(refusal(text), sentence, "{text}");
    }
}

#[test]
fn places_count_characters() {
    assert_eq!(
        refusal("SELECT * FROM t\nWHERE é = 1"),
        "Statement wasn't well formed, can't be processed: Unexpected term"
    );
    assert_eq!(
        refusal("SELECT * FROM t WHERE a = 'éé' AND b = `x`"),
        "Ion Literals are not supported at 1:40:3"
    );
}

#[test]
fn too_much_of_anything_is_refused() {
    let many = vec!["a = 1"; 200].join(" AND ");
    assert_eq!(
        refusal(&format!("SELECT * FROM t WHERE {many}")),
        "The expression contains too many operators; operator count: 399"
    );
    let fits = vec!["a = 1"; 150].join(" OR ");
    read(&format!("SELECT * FROM t WHERE {fits}"));
    let values = vec!["1"; 101].join(", ");
    assert_eq!(
        refusal(&format!("SELECT * FROM t WHERE a IN ({values})")),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
    let deep = |n: usize| format!("SELECT * FROM t WHERE {}a = 1{}", "(".repeat(n), ")".repeat(n));
    read(&deep(32));
    assert_eq!(refusal(&deep(33)), "Nesting Levels have exceeded supported limits");
    for text in [
        format!("SELECT * FROM t WHERE {}", "(".repeat(8000)),
        format!("SELECT * FROM t WHERE {} a = 1", "NOT ".repeat(2000)),
        format!("SELECT * FROM t WHERE a = {}", "[".repeat(8000)),
        format!("SELECT * FROM t WHERE a = {}", "{'a':".repeat(1500)),
        format!("SELECT * FROM t WHERE {}", "size(".repeat(1500)),
        format!("UPDATE t SET a = {}", "(".repeat(8000)),
        format!("UPDATE t SET a = {}", "list_append(".repeat(600)),
        format!("UPDATE t SET a = 1{} WHERE b = 1", "+1".repeat(4000)),
    ] {
        refusal(&text);
    }
    read(&format!("SELECT * FROM t WHERE a{} = 1", "[0]".repeat(2500)));
}

#[test]
fn whatever_is_written_is_survived() {
    let pieces = [
        "SELECT",
        "*",
        "FROM",
        "t",
        "WHERE",
        "a",
        "=",
        "1",
        "'x'",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<<",
        ">>",
        ",",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "IS",
        "MISSING",
        "?",
        "UPDATE",
        "SET",
        "REMOVE",
        "DELETE",
        "INSERT",
        "INTO",
        "VALUE",
        "RETURNING",
        "ALL",
        "OLD",
        ".",
        ";",
        "-",
        "size",
        "begins_with",
        "\"q\"",
        "`",
        "é",
        "--",
        "/*",
        "EXISTS",
        "ORDER",
        "BY",
    ];
    let mut state = 7u64;
    for _ in 0..20_000 {
        let mut text = ["SELECT * FROM t WHERE ", "UPDATE t SET ", "INSERT INTO t VALUE ", ""]
            [(state >> 40) as usize % 4]
            .to_owned();
        for _ in 0..(state >> 33) % 12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            text.push(' ');
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        if let Err(refusal) = parse(&text, &[]) {
            assert!(!refusal.to_string().is_empty());
        }
    }
}
