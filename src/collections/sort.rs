//! One stable sort for everything that is sorted.
//!
//! The long case is written once, over positions; each use adds little more than its comparison.

use std::cmp::Ordering;

/// Up to this many are sorted by insertion, which is quickest for them.
const SHORT: usize = 20;

/// Sorts ascending.
pub fn sort<T: Clone + Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts by `compare`; those that compare equal keep their order.
pub fn sort_by<T: Clone>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let below = |items: &[T], one: usize, other: usize| match (items.get(one), items.get(other)) {
        (Some(one), Some(other)) => compare(one, other).is_lt(),
        _ => false,
    };
    if items.len() > SHORT {
        let order = order(items.len(), &mut |one, other| below(items, one, other));
        let sorted: Vec<T> = order.iter().filter_map(|at| items.get(*at).cloned()).collect();
        items.clone_from_slice(&sorted);
        return;
    }
    for mut at in 1..items.len() {
        while at > 0 && below(items, at, at - 1) {
            items.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// The positions `0..count` in ascending order of what is there: a merge sort.
fn order(count: usize, below: &mut dyn FnMut(usize, usize) -> bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut merged = Vec::with_capacity(count);
    let mut width = 1;
    while width < count {
        for pair in order.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at_checked(width).unwrap_or((pair, &[]));
            while let ([first, rest_left @ ..], [second, rest_right @ ..]) = (left, right) {
                if below(*second, *first) {
                    merged.push(*second);
                    right = rest_right;
                } else {
                    merged.push(*first);
                    left = rest_left;
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(&mut order, &mut merged);
        merged.clear();
        width *= 2;
    }
    order
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn sorts_as_the_standard_library_does(keys in prop::collection::vec(0u8..40, 0..200)) {
            let mut items: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            sort_by(&mut items, |a, b| a.0.cmp(&b.0));
            prop_assert_eq!(items, expected);
        }
    }

    #[test]
    fn many_comparisons_are_never_quadratic() {
        let count = 10_000;
        for items in [(0..count).collect::<Vec<u32>>(), (0..count).rev().collect()] {
            let comparisons = std::cell::Cell::new(0);
            let mut items = items;
            sort_by(&mut items, |a, b| {
                comparisons.set(comparisons.get() + 1);
                a.cmp(b)
            });
            assert!(items.is_sorted());
            assert!(comparisons.get() < 14 * count, "{}", comparisons.get());
        }
    }
}
