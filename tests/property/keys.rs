//! Key bytes sort as key values do.

use std::cmp::Ordering;

use dynatab::item::{Decimal, ValueRef, key, writer};
use proptest::prelude::*;

use crate::reference::Number;
use crate::reference::number::{Written, written};
use crate::reference::value::{binary, string};

#[derive(Clone, Debug)]
enum Key {
    S(String),
    B(Vec<u8>),
    N(Written),
}

impl Key {
    fn encoded(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::S(s) => writer::put_string(&mut out, s.as_bytes()),
            Self::B(b) => writer::put_binary(&mut out, b),
            Self::N(n) => writer::put_number(&mut out, Decimal::parse(n.text.as_bytes()).expect("a number")),
        }
        out
    }

    fn component(&self) -> Vec<u8> {
        let (encoded, mut out) = (self.encoded(), Vec::new());
        key::put_component(&mut out, ValueRef::first(&encoded).expect("one value")).expect("a key value");
        out
    }

    fn prefix(&self) -> Vec<u8> {
        let (encoded, mut out) = (self.encoded(), Vec::new());
        key::put_prefix(&mut out, ValueRef::first(&encoded).expect("one value")).expect("S or B");
        out
    }

    /// Two keys of one type by value.
    fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::S(a), Self::S(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::B(a), Self::B(b)) => a.cmp(b),
            (Self::N(a), Self::N(b)) => Number::cmp(&a.number, &b.number),
            _ => unreachable!("one type per key attribute"),
        }
    }
}

fn pair() -> impl Strategy<Value = (Key, Key)> {
    prop_oneof![
        (string(), string()).prop_map(|(a, b)| (Key::S(a), Key::S(b))),
        (binary(), binary()).prop_map(|(a, b)| (Key::B(a), Key::B(b))),
        (written(), written()).prop_map(|(a, b)| (Key::N(a), Key::N(b))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn components_sort_as_their_values((a, b) in pair()) {
        prop_assert_eq!(a.component().cmp(&b.component()), a.compare(&b));
    }

    #[test]
    fn concatenated_components_sort_by_component(first in pair(), second in pair(), third in pair(), same in 0..3usize) {
        // Often the leading components are equal, as the keys of an item collection are.
        let left = [&first.0, &second.0, &third.0];
        let right = [
            if same > 0 { &first.0 } else { &first.1 },
            if same > 1 { &second.0 } else { &second.1 },
            &third.1,
        ];
        let bytes = |keys: [&Key; 3]| keys.map(Key::component).concat();
        let by_value = left.iter().zip(right).map(|(a, b)| a.compare(b)).find(|o| o.is_ne());
        prop_assert_eq!(bytes(left).cmp(&bytes(right)), by_value.unwrap_or(Ordering::Equal));
    }

    #[test]
    fn a_prefix_is_shared_by_exactly_the_values_that_begin_with_it(value in binary(), prefix in binary(), cut in 0..4usize) {
        let own = value.get(..cut.min(value.len())).unwrap_or_default().to_vec();
        for prefix in [prefix, own] {
            let (component, bytes) = (Key::B(value.clone()).component(), Key::B(prefix.clone()).prefix());
            prop_assert_eq!(component.starts_with(&bytes), value.starts_with(&prefix));
            let in_range = component >= bytes && key::prefix_end(&bytes).is_none_or(|end| component < end);
            prop_assert_eq!(in_range, value.starts_with(&prefix));
        }
    }

    #[test]
    fn a_prefix_ends_where_no_string_has_it_any_more(prefix in binary(), other in binary()) {
        let end = key::prefix_end(&prefix);
        let in_range = other >= prefix && end.as_ref().is_none_or(|end| other < *end);
        prop_assert_eq!(in_range, other.starts_with(&prefix));
        prop_assert_eq!(end.is_none(), prefix.iter().all(|&b| b == 0xFF));
        prop_assert!(key::successor(&prefix) > prefix);
    }
}

#[test]
fn key_bytes_are_the_documented_ones() {
    let written = |text: &str| Key::N(Written { number: Number::new(false, "0", 0), text: text.into() });
    assert_eq!(Key::S("a\0b\u{1}".into()).component(), [b'a', 1, 1, b'b', 1, 2, 0]);
    assert_eq!(Key::B(vec![]).component(), [0]);
    assert_eq!(written("0").component(), [2]);
    assert_eq!(written("42").component(), [3, 131, 43, 0]);
    assert_eq!(written("-42").component(), [1, 124, 212, 255]);
    assert_eq!(written("123.4").component(), [3, 132, 13, 35, 0]);
    assert_eq!(written("1e-130").component(), [3, 0, 11, 0]);
    assert_eq!(written("9e125").component(), [3, 255, 91, 0]);
    // xxh64 of nothing, seed 0, as its specification gives it.
    assert_eq!(key::hash(b""), 0xEF46_DB37_51D8_E999u64.to_be_bytes());
}

#[test]
fn only_keys_have_components() {
    let mut out = Vec::new();
    let boolean = [dynatab::item::tag::TRUE];
    let value = ValueRef::first(&boolean).expect("one value");
    assert_eq!(key::put_component(&mut out, value), None);
    let encoded = Key::N(Written { number: Number::new(false, "1", 0), text: "1".into() }).encoded();
    assert_eq!(key::put_prefix(&mut out, ValueRef::first(&encoded).expect("one value")), None);
    assert!(out.is_empty());
}
