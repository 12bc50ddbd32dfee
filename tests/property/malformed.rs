//! No bytes make the reader, admission, sizes or keys panic, and what admission lets through is canonical.

use dynatab::item::{ItemBuf, ItemRef, MapRef, Reader, ValueRef, View, admit, key, size, tag};
use proptest::prelude::*;

use crate::reference::value::{attributes, relaxed_entries};

fn walk(value: ValueRef<'_>, depth: u32) {
    let _ = (value.kind(), value.number().map(|n| n.to_string()), size::value(value));
    let mut out = Vec::new();
    let _ = (key::put_component(&mut out, value), key::put_prefix(&mut out, value));
    if depth == 0 {
        return;
    }
    match value.view() {
        Some(View::L(members) | View::Ns(members) | View::Ss(members) | View::Bs(members)) => {
            members.values().for_each(|v| walk(v, depth - 1));
            let _ = members.bytes().count();
        }
        Some(View::M(map)) => walk_map(map, depth - 1),
        _ => {}
    }
}

fn walk_map(map: MapRef<'_>, depth: u32) {
    let _ = (map.get(b"a"), map.find(b"b"));
    map.iter().for_each(|(_, v)| walk(v, depth));
}

fn exercise(bytes: &[u8]) -> Result<(), TestCaseError> {
    let mut r = Reader::new(bytes);
    while let Some(value) = r.value() {
        walk(value, 8);
        let mut out = Vec::new();
        if admit::value(value, &mut out).is_ok() {
            let mut again = Vec::new();
            let canonical = ValueRef::first(&out).expect("one value");
            prop_assert_eq!(admit::value(canonical, &mut again), Ok(()));
            prop_assert_eq!(again, out);
        }
    }
    if let Some(item) = ItemRef::parse(bytes) {
        walk_map(item.map(), 8);
        let _ = item.get(b"a");
    }
    let _ = ItemBuf::from_bytes(bytes.to_vec()).map(|item| item.map().len());
    for count in [0, 1, 2, bytes.len()] {
        if let Ok(item) = admit::item(MapRef::from_parts(count, bytes)) {
            let again = admit::item(item.map()).expect("canonical");
            prop_assert_eq!(again.bytes(), item.bytes());
        }
    }
    Ok(())
}

/// Bytes that often mean something: tags, small lengths, the ends of the range.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(
        prop_oneof![3 => 0..0x22u8, 1 => any::<u8>(), 1 => Just(0u8), 1 => Just(0xFFu8)],
        0..80,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_never_panic(bytes in prop_oneof![prop::collection::vec(any::<u8>(), 0..80), plausible()]) {
        exercise(&bytes)?;
    }

    #[test]
    fn damaged_encodings_never_panic(
        attributes in attributes(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let relaxed = relaxed_entries(&attributes);
        let item = admit::item(MapRef::from_parts(attributes.len(), &relaxed)).expect("a valid item").into_bytes();
        for mut bytes in [relaxed, item] {
            for (at, byte) in &damage {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = *byte;
                }
            }
            exercise(&bytes)?;
            // The same as the body of a list and of a map, so that the values inside are reached.
            for t in [tag::LIST, tag::MAP, tag::NS, tag::SS] {
                let mut whole = vec![t];
                whole.extend((bytes.len() as u32 + 1).to_le_bytes());
                whole.push(attributes.len() as u8);
                whole.extend(&bytes);
                exercise(&whole)?;
            }
            bytes.truncate(cut.index(bytes.len() + 1));
            exercise(&bytes)?;
        }
    }
}

#[test]
fn values_nested_without_end_do_not_exhaust_the_stack() {
    let mut bytes = Vec::new();
    for inside in (0..200_000u32).rev() {
        // Six bytes open each list inside; a count and a NULL end them.
        bytes.push(tag::LIST);
        bytes.extend((inside * 6 + 2).to_le_bytes());
        bytes.push(1);
    }
    bytes.push(tag::NULL);
    let value = ValueRef::first(&bytes).expect("one value");
    assert!(size::value(value) > 0);
    assert!(admit::value(value, &mut Vec::new()).is_err());
}
