//! Tests over item bytes. A missing operand makes a test false, except `<>` and `attribute_not_exists`.

use std::cmp::Ordering;

use super::{Comparator, Operand, Test};
use crate::item::{Decimal, MapRef, Member, ValueRef, View};

/// What an operand stands for.
#[derive(Clone, Copy)]
enum Got<'a> {
    Value(ValueRef<'a>),
    /// Of `size`, which no bytes hold.
    Size(Decimal),
}

impl Operand {
    fn get<'a>(&'a self, item: Option<MapRef<'a>>) -> Option<Got<'a>> {
        match self {
            Self::Path(path) => path.find(item?).map(Got::Value),
            Self::Value(value) => ValueRef::first(value).map(Got::Value),
            Self::SizeOf(path) => size(path.find(item?)?).map(Got::Size),
            Self::SizeOfValue(value) => size(ValueRef::first(value)?).map(Got::Size),
        }
    }

    fn value<'a>(&'a self, item: Option<MapRef<'a>>) -> Option<ValueRef<'a>> {
        match self.get(item)? {
            Got::Value(value) => Some(value),
            Got::Size(_) => None,
        }
    }
}

impl Test {
    pub(super) fn holds(&self, item: Option<MapRef<'_>>) -> bool {
        match self {
            Self::Compare(Comparator::Ne, a, b) => equal(a.get(item), b.get(item)) != Some(true),
            Self::NotExists(path) => item.and_then(|item| path.find(item)).is_none(),
            other => other.is_true(item).unwrap_or(false),
        }
    }

    fn is_true(&self, item: Option<MapRef<'_>>) -> Option<bool> {
        Some(match self {
            Self::Exists(path) => path.find(item?).is_some(),
            Self::NotExists(path) => path.find(item?).is_none(),
            Self::IsType(path, kind) => path.find(item?)?.kind()? == *kind,
            Self::BeginsWith(a, b) => match (a.value(item)?.view()?, b.value(item)?.view()?) {
                (View::S(text), View::S(prefix)) | (View::B(text), View::B(prefix)) => {
                    text.starts_with(prefix)
                }
                _ => false,
            },
            Self::Contains(a, b) => contains(a.value(item)?, b.get(item)?)?,
            Self::Compare(comparator, a, b) => {
                let (a, b) = (a.get(item)?, b.get(item)?);
                match comparator {
                    Comparator::Eq => equal(Some(a), Some(b))?,
                    Comparator::Ne => !equal(Some(a), Some(b))?,
                    Comparator::Lt => compare(a, b)?.is_lt(),
                    Comparator::Le => compare(a, b)?.is_le(),
                    Comparator::Gt => compare(a, b)?.is_gt(),
                    Comparator::Ge => compare(a, b)?.is_ge(),
                }
            }
            Self::Between(a, lower, upper) => {
                let a = a.get(item)?;
                compare(a, lower.get(item)?)?.is_ge() && compare(a, upper.get(item)?)?.is_le()
            }
            Self::In(a, list) => {
                let a = a.get(item)?;
                list.iter().any(|b| equal(Some(a), b.get(item)) == Some(true))
            }
        })
    }
}

/// Equality; `None` when an operand is missing. On canonical bytes equal values are equal bytes.
fn equal(a: Option<Got<'_>>, b: Option<Got<'_>>) -> Option<bool> {
    Some(match (a?, b?) {
        (Got::Value(a), Got::Value(b)) => a == b,
        (Got::Size(a), Got::Size(b)) => a == b,
        (Got::Value(value), Got::Size(size)) | (Got::Size(size), Got::Value(value)) => {
            value.number() == Some(size)
        }
    })
}

fn compare(a: Got<'_>, b: Got<'_>) -> Option<Ordering> {
    match (a, b) {
        (Got::Value(a), Got::Value(b)) => order(a, b),
        (Got::Size(a), Got::Size(b)) => Some(a.cmp(&b)),
        (Got::Size(a), Got::Value(b)) => Some(a.cmp(&b.number()?)),
        (Got::Value(a), Got::Size(b)) => Some(a.number()?.cmp(&b)),
    }
}

/// The order of two values of one ordered type; `None` for anything else.
pub fn order(a: ValueRef<'_>, b: ValueRef<'_>) -> Option<Ordering> {
    match (a.view()?, b.view()?) {
        (View::S(a), View::S(b)) | (View::B(a), View::B(b)) => Some(a.cmp(b)),
        (View::N(a), View::N(b)) => Some(a.cmp(&b)),
        _ => None,
    }
}

fn size(value: ValueRef<'_>) -> Option<Decimal> {
    let size = match value.view()? {
        View::S(text) => utf16_length(text),
        View::B(bytes) => bytes.len(),
        View::Ss(members) | View::Ns(members) | View::Bs(members) | View::L(members) => members.len(),
        View::M(map) => map.len(),
        View::N(_) | View::Bool(_) | View::Null => return None,
    };
    Some(Decimal::from_i64(size as i64))
}

/// UTF-16 code units of UTF-8 bytes: one for each character, one more for each that takes four bytes.
fn utf16_length(text: &[u8]) -> usize {
    text.iter().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(*byte >= 0xF0)).sum()
}

fn contains(all: ValueRef<'_>, part: Got<'_>) -> Option<bool> {
    let view = all.view()?;
    let part = match part {
        Got::Value(part) => part,
        Got::Size(number) => {
            return Some(match view {
                View::Ns(members) | View::L(members) => members.values().any(|v| v.number() == Some(number)),
                _ => false,
            });
        }
    };
    Some(match (view, part.view()?) {
        (View::L(members), _) | (View::Ns(members), View::N(_)) => members.values().any(|v| v == part),
        (View::S(text), View::S(part)) | (View::B(text), View::B(part)) => holds_bytes(text, part),
        (View::Ss(members), View::S(part)) | (View::Bs(members), View::B(part)) => {
            members.iter().any(|member| member == Member::Bytes(part))
        }
        _ => false,
    })
}

/// Substring search in linear time (Knuth, Morris, Pratt), since both texts may be hundreds of kilobytes.
fn holds_bytes(text: &[u8], part: &[u8]) -> bool {
    if part.is_empty() {
        return true;
    }
    if part.len() > text.len() {
        return false;
    }
    // back[i]: how much of `part` still matches when its first i + 1 bytes matched and the next one does not.
    let mut back = vec![0usize; part.len()];
    let step = |back: &[usize], mut matched: usize, byte: u8| loop {
        if part.get(matched) == Some(&byte) {
            return matched + 1;
        }
        match matched.checked_sub(1).and_then(|at| back.get(at)) {
            Some(shorter) => matched = *shorter,
            None => return 0,
        }
    };
    let mut matched = 0;
    for (at, byte) in part.iter().enumerate().skip(1) {
        matched = step(&back, matched, *byte);
        if let Some(entry) = back.get_mut(at) {
            *entry = matched;
        }
    }
    matched = 0;
    text.iter().any(|byte| {
        matched = step(&back, matched, *byte);
        matched == part.len()
    })
}
