//! ExclusiveStartKey: where a page goes on.

use super::ApiError;
use crate::engine::{Index, KeyAttribute, Table};
use crate::item::{ItemBuf, ValueRef, key};

/// The tree key a start key stands for.
pub(super) fn position(table: &Table, index: Option<&Index>, start: &ItemBuf) -> Result<Vec<u8>, ApiError> {
    let invalid = || ApiError::validation("The provided starting key is invalid");
    let map = start.as_ref().map();
    let mut expected: Vec<&KeyAttribute> = table.key_attributes().collect();
    if let Some(index) = index {
        for attribute in index.key_attributes() {
            if !expected.iter().any(|e| e.name == attribute.name) {
                expected.push(attribute);
            }
        }
    }
    let fits = map.len() == expected.len()
        && expected.iter().all(|a| map.get(&a.name).and_then(ValueRef::kind) == Some(a.kind));
    if !fits {
        return Err(ApiError::validation(
            "The provided starting key is invalid: The provided key element does not match the schema",
        ));
    }
    match index {
        Some(index) => index.key_of(table, map).ok_or_else(invalid),
        None => table.key_of(map).ok_or_else(invalid),
    }
}

/// Goes on after `position`, in the direction of the page.
pub(super) struct Restart {
    pub position: Vec<u8>,
    pub backward: bool,
}

impl Restart {
    pub(super) fn apply(self, lower: &mut Vec<u8>, upper: &mut Option<Vec<u8>>) {
        if self.backward {
            *upper = Some(self.position);
        } else {
            *lower = key::successor(&self.position);
        }
    }
}
