use super::{Json, Token, well_formed};
use proptest::prelude::*;

fn string(json: &str) -> String {
    match Json::new(json.as_bytes()).unwrap().value().unwrap() {
        Token::String(text) => String::from_utf8(text.bytes().into_owned()).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn escapes_are_undone() {
    assert_eq!(string(r#""a\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC""#), "a\"\\/\u{8}\u{c}\n\r\tAé€");
    assert_eq!(
        string(r#""long enough to take eight bytes \" at a time""#),
        "long enough to take eight bytes \" at a time"
    );
    assert_eq!(string(r#""\ud83d\ude00""#), "😀");
}

#[test]
fn lone_surrogates_become_question_marks() {
    assert_eq!(string(r#""a\ud83d""#), "a?");
    assert_eq!(string(r#""\ude00b""#), "?b");
    assert_eq!(string(r#""\ud83d\ud83d\ude00""#), "?😀");
    assert_eq!(string(r#""\ud83dA""#), "?A");
}

#[test]
fn whole_parts() {
    for (text, expected) in [
        ("1.5", Some(1)),
        ("-1.99", Some(-1)),
        ("0.9", Some(0)),
        ("1e3", Some(1000)),
        ("12.345e2", Some(1234)),
        ("12345E-2", Some(123)),
        ("1e-400", Some(0)),
        ("0e99999999999999999999", Some(0)),
        ("1e-99999999999999999999", Some(0)),
        ("8999999999999999.5", Some(8_999_999_999_999_999)),
        ("9e15", None),
        ("-1e16", None),
        ("1e99999999999999999999", None),
        ("123456789012345678901234567890.0", None),
    ] {
        assert_eq!(super::Number { text, decimal: true }.whole_part(), expected, "{text}");
    }
}

#[test]
fn what_is_json_is_told_from_what_is_not() {
    for good in
        ["{}", " [1, -0, 0.5, 1e9, 1E-9, \"\", true, false, null] ", "{\"a\":{\"b\":[]}}", "\"x\"", "0"]
    {
        assert!(well_formed(good.as_bytes()), "{good}");
    }
    for bad in [
        "",
        "{",
        "}",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "tru",
        "nul",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\\u+123\"",
        "\"\n\"",
        "\"12345678\u{1}\"",
        "{} {}",
        "[1 2]",
        "[,1]",
        "{,}",
        "NaN",
        "'a'",
        "\u{feff}{}",
    ] {
        assert!(!well_formed(bad.as_bytes()), "{bad}");
    }
    assert!(!well_formed(b"\"\xFF\""));
    assert!(!well_formed("[".repeat(100_000).as_bytes()));
    assert!(!well_formed(&[b"[".repeat(2000), b"]".repeat(2000)].concat()));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        well_formed(&bytes);
    }

    #[test]
    fn any_mixture_of_json_tokens_is_survived(
        parts in prop::collection::vec(prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "\\u", "d83d", "1", "-", ".", "e", "null", "true", " ",
        ]), 0..40),
    ) {
        well_formed(parts.concat().as_bytes());
    }
}
