use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Insert(u8, u32),
    Add(u8),
    Remove(u8),
    TakeRange(u8, u8),
    ClearRange(u8, u8),
    KeepEven,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<u8>(), any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
        2 => any::<u8>().prop_map(Step::Add),
        2 => any::<u8>().prop_map(Step::Remove),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(from, end)| Step::TakeRange(from, end)),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(from, end)| Step::ClearRange(from, end)),
        1 => Just(Step::KeepEven),
    ]
}

proptest! {
    #[test]
    fn does_what_a_btree_map_does(steps in prop::collection::vec(step(), 0..60), from: u8, end: u8) {
        let mut map = VecMap::new();
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Insert(key, value) => prop_assert_eq!(map.insert(key, value), model.insert(key, value)),
                Step::Add(key) => {
                    let value = map.get_or_default(key);
                    *value = value.wrapping_add(1);
                    let value: &mut u32 = model.entry(key).or_default();
                    *value = value.wrapping_add(1);
                }
                Step::Remove(key) => prop_assert_eq!(map.remove(&key), model.remove(&key)),
                Step::TakeRange(from, end) => {
                    let taken: BTreeMap<u8, u32> = model.iter().map(|(k, v)| (*k, *v)).collect();
                    let expected: Vec<_> =
                        taken.into_iter().filter(|(key, _)| (from..end).contains(key)).collect();
                    model.retain(|key, _| !(from..end).contains(key));
                    prop_assert_eq!(map.take_range(&from, &end), expected);
                }
                Step::ClearRange(from, end) => {
                    map.range_mut(&from, &end).iter_mut().for_each(|(_, value)| *value = 0);
                    let inside = model.iter_mut().filter(|(key, _)| (from..end).contains(key));
                    inside.for_each(|(_, value)| *value = 0);
                }
                Step::KeepEven => {
                    map.retain(|key, _| key % 2 == 0);
                    model.retain(|key, _| key % 2 == 0);
                }
            }
            prop_assert_eq!(map.len(), model.len());
        }
        prop_assert!(map.iter().eq(model.iter()));
        prop_assert!(map.keys().eq(model.keys()) && map.values().eq(model.values()));
        prop_assert_eq!(map.get(&from), model.get(&from));
        prop_assert_eq!(map.contains_key(&from), model.contains_key(&from));
        prop_assert_eq!(map.starting_at(&from).len(), model.range(from..).count());
        prop_assert_eq!(map.range(&from, &end).len(), model.range(from.min(end)..end).count());
        prop_assert_eq!(map.clone().into_entries(), model.into_iter().collect::<Vec<_>>());
    }
}
