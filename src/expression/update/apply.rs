//! Applies an update to an item. Everything is read from the item as it was before.

use std::borrow::Cow;

use super::tree::{Encoded, Node};
use super::{Action, Outcome, Source, Update, UpdateError, sets};
use crate::item::{Decimal, ItemRef, MapRef, NumberError, ValueRef, View, admit, tag, writer};

/// No item of 400 KB takes this many encoded bytes; a result that does is refused before it is written.
const MAX_BYTES: usize = 4 << 20;

impl Update {
    /// Makes the new item of `old`, or of `key` (an item of the key attributes alone) when there is none.
    pub fn apply(&self, key: ItemRef<'_>, old: Option<ItemRef<'_>>) -> Result<Outcome, UpdateError> {
        let removes = |action: &Action| matches!(action, Action::Remove(_) | Action::Delete(..));
        if old.is_none() && !self.actions.is_empty() && self.actions.iter().all(removes) {
            return Ok(Outcome::Nothing);
        }
        let before = old.map(|item| item.map());
        let mut tree = Node::item(old.unwrap_or(key).map());
        for action in &self.actions {
            let path = action.path();
            let current = before.and_then(|item| path.find(item));
            let value = match action {
                Action::Set(_, source) => Some(source.value(before)?),
                Action::Remove(_) => None,
                Action::Add(_, value) => Some(self.add(current, encoded(value)?)?),
                Action::Delete(_, value) => match (current, encoded(value)?) {
                    (Some(current), value) => self.delete(current, value)?,
                    (None, _) => None,
                },
            };
            let slot = tree.slot(path).ok_or(UpdateError::InvalidPath)?;
            match value {
                Some(value) => {
                    check_depth(&value, path.steps().len())?;
                    slot.set(value);
                }
                None => slot.remove(),
            }
        }
        if tree.length() > MAX_BYTES {
            return Err(UpdateError::TooLarge);
        }
        Ok(Outcome::Item(tree.into_item()))
    }

    fn wrong_type(&self) -> UpdateError {
        if self.legacy { UpdateError::AttributeType } else { UpdateError::OperandType }
    }

    fn add<'a>(
        &self,
        current: Option<ValueRef<'a>>,
        value: ValueRef<'a>,
    ) -> Result<Encoded<'a>, UpdateError> {
        let Some(current) = current else { return Ok(Cow::Borrowed(value.bytes())) };
        Ok(Cow::Owned(match (current.view(), value.view()) {
            (Some(View::N(a)), Some(View::N(b))) => number(a.checked_add(b))?,
            (Some(View::Ss(a)), Some(View::Ss(b)))
            | (Some(View::Ns(a)), Some(View::Ns(b)))
            | (Some(View::Bs(a)), Some(View::Bs(b))) => sets::union(value.tag(), a, b),
            (Some(View::L(_)), Some(View::L(_))) if self.legacy => append(current, value)?,
            _ => return Err(self.wrong_type()),
        }))
    }

    fn delete<'a>(
        &self,
        current: ValueRef<'a>,
        value: ValueRef<'a>,
    ) -> Result<Option<Encoded<'a>>, UpdateError> {
        match (current.view(), value.view()) {
            (Some(View::Ss(a)), Some(View::Ss(b)))
            | (Some(View::Ns(a)), Some(View::Ns(b)))
            | (Some(View::Bs(a)), Some(View::Bs(b))) => {
                Ok(sets::difference(value.tag(), a, b).map(Cow::Owned))
            }
            _ => Err(self.wrong_type()),
        }
    }
}

impl Source {
    fn value<'a>(&'a self, item: Option<MapRef<'a>>) -> Result<Encoded<'a>, UpdateError> {
        Ok(match self {
            Self::Value(value) => Cow::Borrowed(&**value),
            Self::Path(path) => {
                let found = item.and_then(|item| path.find(item)).ok_or(UpdateError::NoAttribute)?;
                Cow::Borrowed(found.bytes())
            }
            Self::IfNotExists(path, other) => match item.and_then(|item| path.find(item)) {
                Some(found) => Cow::Borrowed(found.bytes()),
                None => other.value(item)?,
            },
            Self::Sum(a, b) => Cow::Owned(number(a.number(item)?.checked_add(b.number(item)?))?),
            Self::Difference(a, b) => Cow::Owned(number(a.number(item)?.checked_sub(b.number(item)?))?),
            Self::ListAppend(a, b) => {
                let (a, b) = (a.value(item)?, b.value(item)?);
                Cow::Owned(append(encoded(&a)?, encoded(&b)?)?)
            }
        })
    }

    fn number(&self, item: Option<MapRef<'_>>) -> Result<Decimal, UpdateError> {
        encoded(&self.value(item)?)?.number().ok_or(UpdateError::OperandType)
    }
}

fn encoded(bytes: &[u8]) -> Result<ValueRef<'_>, UpdateError> {
    ValueRef::first(bytes).ok_or(UpdateError::OperandType)
}

fn number(result: Result<Decimal, NumberError>) -> Result<Vec<u8>, UpdateError> {
    let mut out = Vec::new();
    writer::put_number(&mut out, result.map_err(UpdateError::Number)?);
    Ok(out)
}

fn append(a: ValueRef<'_>, b: ValueRef<'_>) -> Result<Vec<u8>, UpdateError> {
    let (Some(View::L(a)), Some(View::L(b))) = (a.view(), b.view()) else {
        return Err(UpdateError::OperandType);
    };
    if a.body().len() + b.body().len() > MAX_BYTES {
        return Err(UpdateError::TooLarge);
    }
    let mut out = Vec::with_capacity(a.body().len() + b.body().len() + 10);
    let open = writer::begin(&mut out, tag::LIST, a.len() + b.len());
    out.extend_from_slice(a.body());
    out.extend_from_slice(b.body());
    writer::end(&mut out, open);
    Ok(out)
}

/// Refuses a value that stands at `level` (a top-level attribute: 1) and reaches beyond the deepest one.
fn check_depth(value: &[u8], level: usize) -> Result<(), UpdateError> {
    let deep =
        |value| ValueRef::first(value).is_none_or(|value| reaches(value, level, admit::MAX_DEPTH as usize));
    if deep(value) { Err(UpdateError::TooDeep) } else { Ok(()) }
}

/// True when a list or map in `value` stands at level `end` or below.
fn reaches(value: ValueRef<'_>, level: usize, end: usize) -> bool {
    match value.view() {
        Some(View::M(map)) => level >= end || map.iter().any(|(_, v)| reaches(v, level + 1, end)),
        Some(View::L(list)) => level >= end || list.values().any(|v| reaches(v, level + 1, end)),
        _ => false,
    }
}
