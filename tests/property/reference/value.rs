//! Attribute values as a client writes them, and what they mean once admitted.

use std::collections::BTreeMap;

use dynatab::item::{MapRef, Member, ValueRef, View, tag};
use proptest::prelude::*;

use super::number::{Written, written};

/// A value in the order and the number forms of a request.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    N(Written),
    S(String),
    B(Vec<u8>),
    Ss(Vec<String>),
    Ns(Vec<Written>),
    Bs(Vec<Vec<u8>>),
    L(Vec<Value>),
    M(Vec<(String, Value)>),
}

/// A value without order where order says nothing. Numbers are their plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    Null,
    Bool(bool),
    N(String),
    S(String),
    B(Vec<u8>),
    /// In the order of the encoding, which must be the order of the values.
    Ss(Vec<String>),
    Ns(Vec<String>),
    Bs(Vec<Vec<u8>>),
    L(Vec<Meaning>),
    M(BTreeMap<String, Meaning>),
}

pub type Attributes = Vec<(String, Value)>;

impl Value {
    pub fn meaning(&self) -> Meaning {
        match self {
            Self::Null => Meaning::Null,
            Self::Bool(b) => Meaning::Bool(*b),
            Self::N(n) => Meaning::N(n.number.text()),
            Self::S(s) => Meaning::S(s.clone()),
            Self::B(b) => Meaning::B(b.clone()),
            Self::Ss(members) => {
                let mut members = members.clone();
                members.sort_by(|a, b| a.as_bytes().cmp(b.as_bytes()));
                Meaning::Ss(members)
            }
            Self::Ns(members) => {
                let mut numbers: Vec<_> = members.iter().map(|m| &m.number).collect();
                numbers.sort();
                Meaning::Ns(numbers.into_iter().map(super::Number::text).collect())
            }
            Self::Bs(members) => {
                let mut members = members.clone();
                members.sort();
                Meaning::Bs(members)
            }
            Self::L(members) => Meaning::L(members.iter().map(Self::meaning).collect()),
            Self::M(entries) => Meaning::M(meanings(entries)),
        }
    }

    /// The rules of the developer guide, one line each.
    pub fn size(&self) -> u32 {
        match self {
            Self::Null | Self::Bool(_) => 1,
            Self::N(n) => n.number.size(),
            Self::S(s) => s.len() as u32,
            Self::B(b) => b.len() as u32,
            Self::Ss(members) => members.iter().map(|m| m.len() as u32).sum(),
            Self::Ns(members) => members.iter().map(|m| m.number.size()).sum(),
            Self::Bs(members) => members.iter().map(|m| m.len() as u32).sum(),
            Self::L(members) => 3 + members.iter().map(|m| 1 + m.size()).sum::<u32>(),
            Self::M(entries) => {
                3 + last_of_each(entries).values().map(|(name, v)| 1 + name + v.size()).sum::<u32>()
            }
        }
    }

    /// As a client encodes it.
    pub fn relaxed(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(tag::NULL),
            Self::Bool(b) => out.push(if *b { tag::TRUE } else { tag::FALSE }),
            Self::N(n) => number(n, out),
            Self::S(s) => {
                out.push(tag::STR);
                text(s, out);
            }
            Self::B(b) => {
                out.push(tag::BIN);
                varint(b.len(), out);
                out.extend(b);
            }
            Self::Ss(members) => container(tag::SS, members, out, |m, out| text(m, out)),
            Self::Ns(members) => container(tag::NS, members, out, number),
            Self::Bs(members) => container(tag::BS, members, out, |m, out| {
                varint(m.len(), out);
                out.extend(m);
            }),
            Self::L(members) => container(tag::LIST, members, out, Self::relaxed),
            Self::M(members) => container(tag::MAP, members, out, entry),
        }
    }

    /// Another order of everything that has none.
    pub fn shuffled(&self, seed: &mut u64) -> Self {
        match self {
            Self::Ss(members) => Self::Ss(shuffle(members, seed)),
            Self::Ns(members) => Self::Ns(shuffle(members, seed)),
            Self::Bs(members) => Self::Bs(shuffle(members, seed)),
            Self::L(members) => Self::L(members.iter().map(|m| m.shuffled(seed)).collect()),
            Self::M(entries) => Self::M(shuffled_entries(entries, seed)),
            other => other.clone(),
        }
    }
}

/// The order changes only if no name repeats: which one is last would change too.
pub fn shuffled_entries(entries: &Attributes, seed: &mut u64) -> Attributes {
    let inner: Attributes = entries.iter().map(|(n, v)| (n.clone(), v.shuffled(seed))).collect();
    if last_of_each(entries).len() == entries.len() { shuffle(&inner, seed) } else { inner }
}

fn shuffle<T: Clone>(members: &[T], seed: &mut u64) -> Vec<T> {
    let mut out = members.to_vec();
    for i in (1..out.len()).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        out.swap(i, (*seed >> 33) as usize % (i + 1));
    }
    out
}

/// Name to (its length, its last value).
pub fn last_of_each(entries: &Attributes) -> BTreeMap<&str, (u32, &Value)> {
    entries.iter().map(|(name, v)| (name.as_str(), (name.len() as u32, v))).collect()
}

pub fn meanings(entries: &Attributes) -> BTreeMap<String, Meaning> {
    entries.iter().map(|(name, v)| (name.clone(), v.meaning())).collect()
}

/// The entries as a client encodes them.
pub fn relaxed_entries(entries: &Attributes) -> Vec<u8> {
    let mut out = Vec::new();
    for e in entries {
        entry(e, &mut out);
    }
    out
}

fn entry((name, value): &(String, Value), out: &mut Vec<u8>) {
    text(name, out);
    value.relaxed(out);
}

/// The flag of texts that are not ASCII is wrong here for every other length.
fn text(s: &str, out: &mut Vec<u8>) {
    varint(s.len() * 2 + s.len() % 2, out);
    out.extend(s.as_bytes());
}

fn number(n: &Written, out: &mut Vec<u8>) {
    if let Ok(integer) = n.text.parse::<i64>() {
        out.push(tag::INT);
        let zigzag = integer.unsigned_abs() as u128 * 2 - u128::from(integer < 0);
        varint(zigzag as usize, out);
    } else {
        out.push(tag::NUM_TEXT);
        varint(n.text.len(), out);
        out.extend(n.text.as_bytes());
    }
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    while value > 127 {
        out.push((value % 128 + 128) as u8);
        value /= 128;
    }
    out.push(value as u8);
}

fn container<T>(t: u8, members: &[T], out: &mut Vec<u8>, write: impl Fn(&T, &mut Vec<u8>)) {
    let mut body = Vec::new();
    varint(members.len(), &mut body);
    for m in members {
        write(m, &mut body);
    }
    out.push(t);
    out.extend((body.len() as u32).to_le_bytes());
    out.extend(body);
}

/// What canonical bytes say; `None` when they are malformed or a map is not sorted.
pub fn read(value: ValueRef<'_>) -> Option<Meaning> {
    let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let bytes = |m: Member<'_>| if let Member::Bytes(b) = m { Some(b.to_vec()) } else { None };
    Some(match value.view()? {
        View::Null => Meaning::Null,
        View::Bool(b) => Meaning::Bool(b),
        View::N(n) => Meaning::N(n.to_string()),
        View::S(s) => Meaning::S(string(s)?),
        View::B(b) => Meaning::B(b.to_vec()),
        View::Ss(members) => Meaning::Ss(members.iter().map(|m| string(&bytes(m)?)).collect::<Option<_>>()?),
        View::Bs(members) => Meaning::Bs(members.iter().map(bytes).collect::<Option<_>>()?),
        View::Ns(members) => {
            Meaning::Ns(members.values().map(|v| v.number().map(|n| n.to_string())).collect::<Option<_>>()?)
        }
        View::L(members) => Meaning::L(members.values().map(read).collect::<Option<_>>()?),
        View::M(map) => Meaning::M(read_map(map)?),
    })
}

pub fn read_map(map: MapRef<'_>) -> Option<BTreeMap<String, Meaning>> {
    let names: Vec<_> = map.iter().map(|(name, _)| name).collect();
    if names.len() != map.len() || !names.is_sorted_by(|a, b| a < b) {
        return None;
    }
    map.iter().map(|(name, v)| Some((String::from_utf8(name.to_vec()).ok()?, read(v)?))).collect()
}

/// Short, often alike, sometimes beyond ASCII and the basic plane.
pub fn string() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ab]{0,3}", 2 => "[a-z]{0,20}", 1 => "\\PC{0,12}", 1 => "[\u{0}\u{1}aü€𝄞]{0,5}", 1 => "x{120,140}"]
}

pub fn name() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[abc]{1,2}", 2 => "[a-zA-Z_]{1,12}", 1 => "prefix-of-eight-[ab]{0,3}", 1 => "\\PC{1,8}"]
}

pub fn binary() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::collection::vec(prop::sample::select(vec![0u8, 1, 2, 254, 255]), 0..4),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

pub fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        4 => written().prop_map(Value::N),
        4 => string().prop_map(Value::S),
        2 => binary().prop_map(Value::B),
        1 => prop::collection::btree_set(string(), 1..6).prop_map(|m| Value::Ss(m.into_iter().rev().collect())),
        1 => prop::collection::vec(written(), 1..6).prop_map(|members| {
            let unique: BTreeMap<String, Written> =
                members.into_iter().map(|m| (m.number.text(), m)).collect();
            Value::Ns(unique.into_values().collect())
        }),
        1 => prop::collection::btree_set(binary(), 1..6).prop_map(|m| Value::Bs(m.into_iter().rev().collect())),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::L),
            prop::collection::vec((name(), inner), 0..6).prop_map(Value::M),
        ]
    })
}

pub fn attributes() -> impl Strategy<Value = Attributes> {
    prop::collection::vec((name(), value()), 0..10)
}
