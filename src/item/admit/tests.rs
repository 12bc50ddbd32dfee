use super::*;
use crate::item::ItemRef;

/// Relaxed values as JavaScript writes them.
fn n(text: &str) -> Vec<u8> {
    let mut out = vec![tag::NUM_TEXT];
    writer::put_bytes(&mut out, text.as_bytes());
    out
}

fn s(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    writer::put_string(&mut out, text);
    out
}

fn b(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    writer::put_binary(&mut out, bytes);
    out
}

/// A container of members as they are; sets of texts and binaries leave the tags of their members out.
fn container(t: u8, members: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let open = writer::begin(&mut out, t, members.len());
    for member in members {
        out.extend_from_slice(if matches!(t, tag::SS | tag::BS) { &member[1..] } else { member });
    }
    writer::end(&mut out, open);
    out
}

fn entries(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in entries {
        writer::put_text(&mut out, name.as_bytes());
        out.extend_from_slice(value);
    }
    out
}

fn map(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let open = writer::begin(&mut out, tag::MAP, members.len());
    out.extend_from_slice(&entries(members));
    writer::end(&mut out, open);
    out
}

fn admit(members: &[(&str, Vec<u8>)]) -> Result<ItemBuf, ItemError> {
    item(MapRef::from_parts(members.len(), &entries(members)))
}

fn admit_value(bytes: &[u8]) -> Result<Vec<u8>, ItemError> {
    let mut out = Vec::new();
    value(ValueRef::first(bytes).unwrap(), &mut out).map(|()| out)
}

fn refusal(value: Vec<u8>) -> String {
    let alone = admit_value(&value).unwrap_err();
    assert_eq!(admit(&[("a", value)]).unwrap_err(), alone);
    alone.to_string()
}

/// `levels` lists around a string.
fn nested(levels: usize) -> Vec<u8> {
    (0..levels).fold(s(b"x"), |inner, _| container(tag::LIST, &[inner]))
}

#[test]
fn every_refusal_has_the_sentence_of_the_service() {
    let set = |t, members: &[Vec<u8>]| refusal(container(t, members));
    assert_eq!(
        refusal(vec![tag::BAD_EMPTY]),
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    );
    assert_eq!(
        refusal(vec![tag::BAD_MANY]),
        "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
    );
    assert_eq!(
        refusal(vec![tag::BAD_NULL]),
        "One or more parameter values were invalid: Null attribute value types must have the value of true"
    );
    assert_eq!(
        set(tag::SS, &[]),
        "One or more parameter values were invalid: An string set  may not be empty"
    );
    assert_eq!(
        set(tag::NS, &[]),
        "One or more parameter values were invalid: An number set  may not be empty"
    );
    assert_eq!(
        set(tag::BS, &[]),
        "One or more parameter values were invalid: Binary sets should not be empty"
    );
    assert_eq!(
        set(tag::SS, &[s(b"b"), s(b"a"), s(b"b")]),
        "One or more parameter values were invalid: Input collection [b, a, b] contains duplicates."
    );
    assert_eq!(
        set(tag::NS, &[n("1"), n("2"), n("1.0")]),
        "One or more parameter values were invalid: Input collection contains duplicates."
    );
    assert_eq!(
        set(tag::BS, &[b(b"\x01\x02"), b(b"abc"), b(b"d"), b(b"abc")]),
        "One or more parameter values were invalid: Input collection [AQI=, YWJj, ZA==, YWJj]of type BS contains duplicates."
    );
    assert_eq!(refusal(n("one")), "The parameter cannot be converted to a numeric value: one");
    assert_eq!(refusal(n("")), "The parameter cannot be converted to a numeric value: ");
    assert_eq!(
        set(tag::NS, &[n("1"), n("1e126")]),
        "Number overflow. Attempting to store a number with magnitude larger than supported range"
    );
    assert_eq!(
        refusal(nested(32)),
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"
    );
    assert_eq!(refusal(map(&[("", s(b"x"))])), "Empty attribute name");
    assert_eq!(admit(&[("", s(b"x"))]).unwrap_err().to_string(), "Empty attribute name");
    assert_eq!(
        refusal(s(b"\xFF")),
        "One or more parameter values were invalid: A string or an attribute name is not valid UTF-8"
    );
    assert_eq!(
        refusal(container(tag::SS, &[s(b"a"), s(b"\xC3\x28")])),
        "One or more parameter values were invalid: A string or an attribute name is not valid UTF-8"
    );
}

#[test]
fn only_request_validation_is_counted() {
    assert!(admit_value(&n("x")).unwrap_err().is_counted());
    assert!(admit_value(&nested(40)).unwrap_err().is_counted());
    assert!(!admit_value(&[tag::BAD_EMPTY]).unwrap_err().is_counted());
    assert!(!admit_value(&[tag::BAD_MANY]).unwrap_err().is_counted());
}

#[test]
fn the_first_error_of_the_request_wins() {
    let bad = [("z", n("x")), ("a", vec![tag::BAD_EMPTY])];
    assert_eq!(admit(&bad).unwrap_err(), ItemError::Number(crate::item::NumberError::NotNumeric("x".into())));
    let inner = container(tag::LIST, &[map(&[("k", container(tag::SS, &[])), ("", n("1"))]), n("y")]);
    assert_eq!(admit(&[("a", inner)]).unwrap_err(), ItemError::EmptySet(Kind::Ss));
    // A value that a later one of the same name replaces is checked all the same.
    assert_eq!(admit(&[("a", vec![tag::BAD_MANY]), ("a", n("1"))]).unwrap_err(), ItemError::ManyTypes);
}

#[test]
fn depth_counts_lists_and_maps_only() {
    assert!(admit_value(&nested(31)).is_ok());
    assert_eq!(admit_value(&nested(32)), Err(ItemError::TooDeep));
    let mut out = Vec::new();
    let compared = nested(32);
    assert!(value_within(ValueRef::first(&compared).unwrap(), MAX_COMPARED_DEPTH, &mut out).is_ok());
    let deeper = nested(33);
    assert_eq!(
        value_within(ValueRef::first(&deeper).unwrap(), MAX_COMPARED_DEPTH, &mut Vec::new()),
        Err(ItemError::TooDeep)
    );
    let maps = (0..31).fold(container(tag::SS, &[s(b"x")]), |inner, _| map(&[("k", inner)]));
    assert!(admit(&[("a", maps.clone())]).is_ok());
    assert_eq!(admit(&[("a", map(&[("k", maps)]))]), Err(ItemError::TooDeep));
    // Far deeper than the stack could take.
    assert_eq!(admit_value(&nested(2_000)), Err(ItemError::TooDeep));
}

#[test]
fn names_may_have_65535_bytes() {
    let longest = "n".repeat(MAX_NAME);
    let item = admit(&[(&longest, s(b""))]).unwrap();
    assert_eq!(item.size(), 65_535);
    let long = "n".repeat(MAX_NAME + 1);
    assert_eq!(admit(&[(&long, s(b""))]), Err(ItemError::LongName));
    assert_eq!(
        refusal(map(&[(&long, s(b""))])),
        "Attribute name is too large, must be less than 65536 bytes"
    );
}

#[test]
fn the_form_is_the_documented_one() {
    let item =
        admit(&[("b", n("1.50")), ("a", s("ü".as_bytes())), ("c", container(tag::SS, &[s(b"y"), s(b"x")]))])
            .unwrap();
    #[rustfmt::skip]
    let expected = [
        1, 10, 3,
        2, b'a', tag::STR, 5, 0xC3, 0xBC,
        2, b'b', tag::DEC, 1, 30,
        2, b'c', tag::SS, 5, 0, 0, 0, 2, 2, b'x', 2, b'y',
    ];
    assert_eq!(item.bytes(), expected);
    let parsed = ItemRef::parse(item.bytes()).unwrap();
    assert_eq!((parsed.size(), parsed.map().len()), (10, 3));
    assert_eq!(ItemBuf::from_bytes(item.bytes().to_vec()).unwrap().size(), 10);
    assert_eq!(item.get(b"b").unwrap().number().unwrap().to_string(), "1.5");
    assert_eq!(item.as_ref().get(b"d"), None);
}

#[test]
fn a_name_that_repeats_keeps_its_last_value() {
    let item = admit(&[("a", n("100")), ("b", s(b"x")), ("a", s(b"last")), ("a", n("7"))]).unwrap();
    assert_eq!(item, admit(&[("b", s(b"x")), ("a", n("7"))]).unwrap());
    assert_eq!(item.size(), 1 + 2 + 1 + 1);
    // So many that the count's own length shrinks.
    let many: Vec<_> = (0..200).map(|i| ("k", n(&i.to_string()))).collect();
    assert_eq!(admit_value(&map(&many)), admit_value(&map(&[("k", n("199"))])));
    assert_eq!(admit(&[("m", map(&many))]).unwrap().size(), 1 + 3 + 1 + 1 + 3);
}

#[test]
fn numbers_of_every_form_become_one() {
    let int = |value: i64| {
        let mut out = vec![tag::INT];
        varint::put(&mut out, varint::zigzag(value));
        out
    };
    let dec = |mantissa: i128, exponent: i64| {
        let mut out = vec![tag::DEC];
        varint::put(&mut out, varint::zigzag(exponent));
        varint::put_u128(&mut out, varint::zigzag128(mantissa));
        out
    };
    for form in [int(1500), dec(15, 2), dec(15_000, -1), n("1.5e3"), n("001500.00")] {
        assert_eq!(admit_value(&form).unwrap(), int(1500));
    }
    assert_eq!(admit_value(&int(i64::MIN)).unwrap(), admit_value(&n("-9223372036854775808")).unwrap());
    assert_eq!(admit_value(&int(1 << 53)).unwrap(), dec(1 << 53, 0));
    assert_eq!(admit_value(&dec(1, 126)), Err(crate::item::NumberError::Overflow.into()));
    assert_eq!(admit_value(&dec(1, i64::MIN)), Err(crate::item::NumberError::Underflow.into()));
    assert_eq!(admit_value(&dec(i128::MAX, 0)), Err(crate::item::NumberError::TooManyDigits.into()));
}

#[test]
fn sizes_add_up_as_documented() {
    let shirt = admit(&[("shirt-color", s(b"R")), ("shirt-size", s(b"M"))]).unwrap();
    assert_eq!(shirt.size(), 23);
    let one = |value: Vec<u8>| admit(&[("a", value)]).unwrap().size() - 1;
    assert_eq!(one(vec![tag::NULL]), 1);
    assert_eq!(one(vec![tag::TRUE]), 1);
    assert_eq!(one(s("aü€".as_bytes())), 6);
    assert_eq!(one(b(&[0; 7])), 7);
    assert_eq!(one(n("-42")), 3);
    assert_eq!(one(container(tag::SS, &[s(b"abc"), s("ü".as_bytes())])), 5);
    assert_eq!(one(container(tag::NS, &[n("5"), n("-100.5"), n("0")])), 2 + 5 + 1);
    assert_eq!(one(container(tag::BS, &[b(b""), b(b"xy")])), 2);
    assert_eq!(one(container(tag::LIST, &[])), 3);
    assert_eq!(one(container(tag::LIST, &[s(b"abc"), vec![tag::NULL]])), 3 + 1 + 3 + 1 + 1);
    assert_eq!(one(map(&[])), 3);
    assert_eq!(
        one(map(&[("key", n("12")), ("k", container(tag::LIST, &[n("0")]))])),
        3 + 1 + 3 + 2 + 1 + 1 + 5
    );
}

#[test]
fn bytes_that_lie_are_refused() {
    let members = [("a", n("1")), ("b", n("2"))];
    for count in [0, 1, 3, usize::MAX] {
        assert_eq!(item(MapRef::from_parts(count, &entries(&members))), Err(ItemError::Malformed), "{count}");
    }
    for t in [tag::SS, tag::NS, tag::BS, tag::LIST, tag::MAP] {
        // Says five members, has none.
        assert_eq!(admit_value(&[t, 1, 0, 0, 0, 5]), Err(ItemError::Malformed), "{t}");
    }
    // A member of the wrong kind; a document's tag inside a value; a tag without a meaning.
    assert_eq!(admit_value(&container(tag::NS, &[vec![tag::NULL]])), Err(ItemError::Malformed));
    assert_eq!(admit_value(&container(tag::LIST, &[vec![tag::AV, tag::NULL]])), Err(ItemError::Malformed));
    assert_eq!(
        admit_value(&container(tag::LIST, &[vec![tag::RESERVED_NAME_REF]])),
        Err(ItemError::Malformed)
    );
}

#[test]
fn a_lone_value_sheds_its_mark_and_an_error_leaves_nothing_behind() {
    assert_eq!(admit_value(&[tag::AV, tag::TRUE]).unwrap(), [tag::TRUE]);
    let mut out = vec![9];
    let bad = container(tag::LIST, &[s(b"x"), n("x")]);
    assert!(value(ValueRef::first(&bad).unwrap(), &mut out).is_err());
    assert_eq!(out, [9]);
}

#[test]
fn a_part_of_a_map_answers_for_the_names_between() {
    let names: [&[u8]; 5] = [b"a", b"pk", b"q", b"sk", b"z"];
    let mut relaxed = Vec::new();
    for name in names {
        writer::put_text(&mut relaxed, name);
        relaxed.extend(n("-12.5"));
    }
    let item = item(MapRef::from_parts(names.len(), &relaxed)).unwrap();
    let part = item.map().between(b"pk", b"sk");
    assert_eq!(part.iter().map(|(name, _)| name).collect::<Vec<_>>(), names[1..4]);
    assert_eq!(part.len(), 3);
    for name in names {
        assert_eq!(part.get(name).is_some(), names[1..4].contains(&name));
    }
    assert_eq!(item.map().between(b"a", b"z").body(), item.map().body());
    assert!(item.map().between(b"b", b"c").is_empty());
    assert_eq!(item.map().between(b"b", b"c").body(), b"");
}
