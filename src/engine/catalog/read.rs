//! Members of document maps by name; `None` when absent or of another type.

use crate::item::{Kind, MapRef, ValueRef, View};
use crate::storage::coding::MAX_COUNTER;

use super::schema::Named;

/// A map of a document.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub MapRef<'a>);

impl<'a> Fields<'a> {
    pub fn of(value: ValueRef<'a>) -> Option<Self> {
        if let View::M(map) = value.view()? { Some(Self(map)) } else { None }
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.find(name.as_bytes()).is_some()
    }

    pub fn text(&self, name: &str) -> Option<&'a str> {
        text(self.0.find(name.as_bytes())?)
    }

    pub fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub fn named<T: Named>(&self, name: &str) -> Option<T> {
        T::from_name(self.text(name)?)
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        self.0.find(name.as_bytes())?.integer()
    }

    pub fn unsigned(&self, name: &str) -> Option<u64> {
        u64::try_from(self.integer(name)?).ok().filter(|number| *number <= MAX_COUNTER)
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        if let View::Bool(value) = self.0.find(name.as_bytes())?.view()? { Some(value) } else { None }
    }

    pub fn binary(&self, name: &str) -> Option<Vec<u8>> {
        if let View::B(bytes) = self.0.find(name.as_bytes())?.view()? { Some(bytes.to_vec()) } else { None }
    }

    pub fn map(&self, name: &str) -> Option<Fields<'a>> {
        Self::of(self.0.find(name.as_bytes())?)
    }

    /// The elements of a list.
    pub fn list(&self, name: &str) -> Option<impl Iterator<Item = ValueRef<'a>> + use<'a>> {
        if let View::L(list) = self.0.find(name.as_bytes())?.view()? { Some(list.values()) } else { None }
    }

    /// The elements of a list of maps; `None` when there is no list, or an element is no map.
    pub fn maps(&self, name: &str) -> Option<Vec<Fields<'a>>> {
        self.list(name)?.map(Self::of).collect()
    }

    /// The elements of a list of strings.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        self.list(name)?.map(|value| text(value).map(str::to_owned)).collect()
    }
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    if let View::S(bytes) = value.view()? { std::str::from_utf8(bytes).ok() } else { None }
}

/// The type of a key attribute.
pub(super) fn scalar(name: &str) -> Option<Kind> {
    [Kind::S, Kind::N, Kind::B].into_iter().find(|kind| kind.name() == name)
}
