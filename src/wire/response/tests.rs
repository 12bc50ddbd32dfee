use super::to_json;
use crate::item::{Decimal, tag};
use crate::wire::document::DocWriter;
use proptest::prelude::*;

fn text(doc: &[u8]) -> Option<String> {
    let mut out = Vec::new();
    to_json(doc, &mut out)?;
    Some(String::from_utf8(out).unwrap())
}

#[test]
fn documents_become_plain_json() {
    let mut w = DocWriter::default();
    let map = w.begin(tag::MAP, 6);
    w.name("TableName");
    w.string("ä\"\\\n\u{1}/".as_bytes());
    w.name("Count");
    w.integer(-3);
    w.name("CapacityUnits");
    w.halves(3);
    w.name("Yes");
    w.boolean(true);
    w.name("List");
    let list = w.begin(tag::LIST, 2);
    w.integer(1000);
    w.boolean(false);
    w.end(list);
    w.name("Empty");
    let empty = w.begin(tag::MAP, 0);
    w.end(empty);
    w.end(map);
    assert_eq!(
        text(&w.finish()).unwrap(),
        "{\"TableName\":\"ä\\\"\\\\\\n\\u0001/\",\"Count\":-3,\"CapacityUnits\":1.5,\"Yes\":true,\"List\":[1000,false],\"Empty\":{}}"
    );
}

#[test]
fn user_data_gets_its_type_descriptors() {
    let mut w = DocWriter::default();
    let map = w.begin(tag::MAP, 2);
    w.name("Item");
    let item = w.begin(tag::ITEM, 10);
    w.name("b");
    w.binary(&[1, 2, 3, 4]);
    w.name("bs");
    let bs = w.begin(tag::BS, 2);
    w.raw_binary(&[1]);
    w.raw_binary(&[]);
    w.end(bs);
    w.name("f");
    w.boolean(false);
    w.name("l");
    let l = w.begin(tag::LIST, 1);
    w.tag(tag::NULL);
    w.end(l);
    w.name("m");
    let m = w.begin(tag::MAP, 1);
    w.name("x");
    w.integer(0);
    w.end(m);
    w.name("n");
    w.decimal(Decimal { mantissa: -15, exponent: -1 });
    w.name("ns");
    let ns = w.begin(tag::NS, 2);
    w.integer(5);
    w.decimal(Decimal { mantissa: 1, exponent: 20 });
    w.end(ns);
    w.name("s");
    w.string(b"x");
    w.name("ss");
    let ss = w.begin(tag::SS, 1);
    w.raw_text(b"q\"");
    w.end(ss);
    w.name("t");
    w.boolean(true);
    w.end(item);
    w.name("Value");
    w.tag(tag::AV);
    w.string(b"v");
    w.end(map);
    assert_eq!(
        text(&w.finish()).unwrap(),
        concat!(
            r#"{"Item":{"b":{"B":"AQIDBA=="},"bs":{"BS":["AQ==",""]},"f":{"BOOL":false},"l":{"L":[{"NULL":true}]},"#,
            r#""m":{"M":{"x":{"N":"0"}}},"n":{"N":"-1.5"},"ns":{"NS":["5","100000000000000000000"]},"#,
            r#""s":{"S":"x"},"ss":{"SS":["q\""]},"t":{"BOOL":true}},"Value":{"S":"v"}}"#
        )
    );
}

#[test]
fn numbers_are_plain_decimals() {
    let number = |mantissa, exponent| {
        let mut w = DocWriter::default();
        w.decimal(Decimal { mantissa, exponent });
        text(&w.finish()).unwrap()
    };
    assert_eq!(number(5, -1), "0.5");
    assert_eq!(number(-5, -3), "-0.005");
    assert_eq!(number(12345, -2), "123.45");
    assert_eq!(number(1, 5), "100000");
    assert_eq!(number(10i128.pow(38) - 1, 0), "9".repeat(38));
    assert_eq!(number(1, -130), format!("0.{}1", "0".repeat(129)));
    assert_eq!(number(1_700_000_000_123, -3), "1700000000.123");
}

#[test]
fn broken_documents_are_told() {
    assert_eq!(text(&[]), None);
    assert_eq!(text(&[tag::MAP, 1, 0]), None);
    assert_eq!(text(&[tag::NUM_TEXT, 1, b'1']), None);
    let deep: Vec<u8> = (0..200u32)
        .rev()
        .flat_map(|n| {
            let mut head = vec![tag::LIST];
            head.extend_from_slice(&(n * 6 + 1).to_le_bytes());
            head.push(u8::from(n > 0));
            head
        })
        .collect();
    assert_eq!(text(&deep), None);
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        let _ = to_json(&bytes, &mut Vec::new());
    }

    #[test]
    fn any_string_is_json(text: String) {
        let mut w = DocWriter::default();
        w.string(text.as_bytes());
        let mut out = Vec::new();
        to_json(&w.finish(), &mut out).unwrap();
        let mut json = crate::wire::json::Json::new(&out).unwrap();
        let crate::wire::json::Token::String(back) = json.value().unwrap() else { panic!() };
        prop_assert_eq!(&*back.bytes(), text.as_bytes());
        prop_assert_eq!(json.end(), Ok(()));
    }
}
