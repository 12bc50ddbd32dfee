//! Admission keeps what a request means, and nothing else of it.

use dynatab::item::{ItemBuf, MapRef, ValueRef, admit, size, writer};
use proptest::prelude::*;

use crate::reference::value::{
    Attributes, attributes, last_of_each, meanings, read, read_map, relaxed_entries, shuffled_entries, value,
};

fn admitted(attributes: &Attributes) -> ItemBuf {
    admit::item(MapRef::from_parts(attributes.len(), &relaxed_entries(attributes))).expect("a valid item")
}

proptest! {
    #[test]
    fn an_item_means_after_admission_what_the_request_said(attributes in attributes()) {
        let item = admitted(&attributes);
        prop_assert_eq!(read_map(item.map()), Some(meanings(&attributes)));
        for (name, meaning) in meanings(&attributes) {
            prop_assert_eq!(item.get(name.as_bytes()).and_then(read), Some(meaning));
        }
    }

    #[test]
    fn a_value_means_after_admission_what_the_request_said(value in value()) {
        let (mut relaxed, mut canonical) = (Vec::new(), Vec::new());
        value.relaxed(&mut relaxed);
        admit::value(ValueRef::first(&relaxed).expect("one value"), &mut canonical).expect("a valid value");
        let canonical = ValueRef::first(&canonical).expect("one value");
        prop_assert_eq!(read(canonical), Some(value.meaning()));
        prop_assert_eq!(size::value(canonical), value.size());
    }

    #[test]
    fn admission_of_a_canonical_item_changes_nothing(attributes in attributes()) {
        let item = admitted(&attributes);
        let again = admit::item(item.map()).expect("canonical");
        prop_assert_eq!(again.bytes(), item.bytes());
    }

    #[test]
    fn the_order_of_the_request_leaves_no_trace(attributes in attributes(), mut seed in any::<u64>()) {
        let other = shuffled_entries(&attributes, &mut seed);
        prop_assert_eq!(admitted(&attributes).into_bytes(), admitted(&other).into_bytes());
    }

    #[test]
    fn an_items_size_follows_the_rules(attributes in attributes()) {
        let expected: u32 = last_of_each(&attributes).values().map(|(name, v)| name + v.size()).sum();
        let item = admitted(&attributes);
        prop_assert_eq!(item.size(), expected);
        prop_assert_eq!(item.map().iter().map(|(n, v)| size::attribute(n, &v)).sum::<u32>(), expected);
    }

    #[test]
    fn an_item_written_from_its_attributes_is_the_same_item(attributes in attributes()) {
        let item = admitted(&attributes);
        let written = writer::item_from_sorted(item.map().iter());
        prop_assert_eq!(written.bytes(), item.bytes());
        prop_assert_eq!((written.size(), written.map().len()), (item.size(), item.map().len()));
        let parsed = ItemBuf::from_bytes(item.bytes().to_vec()).expect("an item");
        prop_assert_eq!(parsed.as_ref().map().body(), item.map().body());
    }
}
