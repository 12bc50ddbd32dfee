//! Union and difference of sets: a merge of two sorted sequences that stays sorted.

use std::cmp::Ordering;

use crate::item::{Member, Members, tag, writer};

/// Members of either; encoded, with the container tag `t`.
pub(super) fn union(t: u8, a: Members<'_>, b: Members<'_>) -> Vec<u8> {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    let mut all = Vec::new();
    loop {
        let which = match (a.peek(), b.peek()) {
            (Some(left), Some(right)) => order(left, right),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => break,
        };
        let left = if which.is_le() { a.next() } else { None };
        let right = if which.is_ge() { b.next() } else { None };
        all.extend(left.or(right));
    }
    write(t, &all)
}

/// Members of `a` that are not in `b`; `None` when there are none, since a set is never empty.
pub(super) fn difference(t: u8, a: Members<'_>, b: Members<'_>) -> Option<Vec<u8>> {
    let mut b = b.iter().peekable();
    let mut left = Vec::new();
    for member in a.iter() {
        while b.next_if(|other| order(other, &member).is_lt()).is_some() {}
        if b.peek() != Some(&member) {
            left.push(member);
        }
    }
    (!left.is_empty()).then(|| write(t, &left))
}

fn order(a: &Member<'_>, b: &Member<'_>) -> Ordering {
    match (a, b) {
        (Member::Bytes(a), Member::Bytes(b)) => a.cmp(b),
        (Member::Value(a), Member::Value(b)) => a.number().cmp(&b.number()),
        (Member::Bytes(_), Member::Value(_)) => Ordering::Less,
        (Member::Value(_), Member::Bytes(_)) => Ordering::Greater,
    }
}

fn write(t: u8, members: &[Member<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let open = writer::begin(&mut out, t, members.len());
    for member in members {
        match member {
            Member::Bytes(text) if t == tag::SS => writer::put_text(&mut out, text),
            Member::Bytes(bytes) => writer::put_bytes(&mut out, bytes),
            Member::Value(number) => out.extend_from_slice(number.bytes()),
        }
    }
    writer::end(&mut out, open);
    out
}
