//! UpdateExpression, and AttributeUpdates in the same form.

mod apply;
mod charge;
mod parse;
mod sets;
mod tree;

pub use parse::parse_update;

use std::fmt;

use super::error::Problem;
use super::path::{Path, check_apart};
use super::placeholders::Bytes;
use super::projection::Projection;
use crate::item::{ItemBuf, ItemRef, NumberError};

/// One thing an update does.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `SET path = source`
    Set(Path, Source),
    /// `REMOVE path`
    Remove(Path),
    /// `ADD path :value`
    Add(Path, Bytes),
    /// `DELETE path :value`
    Delete(Path, Bytes),
}

impl Action {
    fn path(&self) -> &Path {
        match self {
            Self::Set(path, _) | Self::Remove(path) | Self::Add(path, _) | Self::Delete(path, _) => path,
        }
    }
}

/// Where a SET takes its value from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// What stands in the item.
    Path(Path),
    /// An encoded canonical value.
    Value(Bytes),
    /// `a + b`
    Sum(Box<Source>, Box<Source>),
    /// `a - b`
    Difference(Box<Source>, Box<Source>),
    /// `if_not_exists(path, b)`
    IfNotExists(Path, Box<Source>),
    /// `list_append(a, b)`
    ListAppend(Box<Source>, Box<Source>),
}

/// A parsed update; the default changes nothing.
#[derive(Clone, Debug, Default)]
pub struct Update {
    actions: Vec<Action>,
    touched: Projection,
    /// From AttributeUpdates, which has its own sentence for a wrong type and adds to lists.
    legacy: bool,
}

/// What one member of AttributeUpdates does; values are encoded and canonical.
#[derive(Clone, Debug)]
pub enum AttributeAction {
    /// PUT
    Put(Vec<u8>),
    /// ADD
    Add(Vec<u8>),
    /// DELETE without a value.
    Delete,
    /// DELETE of members of a set.
    DeleteMembers(Vec<u8>),
}

/// What an update makes of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// There was no item, and an update that only removes creates none.
    Nothing,
    /// The new item.
    Item(ItemBuf),
}

/// Why an update cannot be applied to an item. `Display` is the service's sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UpdateError {
    /// A source that is not there.
    NoAttribute,
    /// A source or target of the wrong type.
    OperandType,
    /// The same of AttributeUpdates.
    AttributeType,
    /// A path whose parent is missing or of the wrong type.
    InvalidPath,
    /// Arithmetic out of range.
    Number(NumberError),
    /// More than 32 levels.
    TooDeep,
    /// Far beyond the largest item; the exact limit is the caller's to check.
    TooLarge,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAttribute => {
                "The provided expression refers to an attribute that does not exist in the item"
            }
            Self::OperandType => "An operand in the update expression has an incorrect data type",
            Self::AttributeType => "Type mismatch for attribute to update",
            Self::InvalidPath => "The document path provided in the update expression is invalid for update",
            Self::Number(error) => return error.fmt(f),
            Self::TooDeep => "Nesting Levels have exceeded supported limits",
            Self::TooLarge => "Item size to update has exceeded the maximum allowed size",
        })
    }
}

impl std::error::Error for UpdateError {}

impl Update {
    fn new(actions: Vec<Action>, legacy: bool) -> Self {
        let touched = Projection::from_paths(actions.iter().map(Action::path));
        Self { actions, touched, legacy }
    }

    /// Does all of `actions`. Paths of which one holds another are refused.
    pub fn from_actions(actions: Vec<Action>) -> Result<Self, Box<Problem>> {
        check_apart(&actions.iter().map(Action::path).collect::<Vec<_>>())?;
        Ok(Self::new(actions, false))
    }

    /// AttributeUpdates. No action at all is an update that only makes sure the item exists.
    pub fn from_attribute_updates(updates: impl IntoIterator<Item = (Vec<u8>, AttributeAction)>) -> Self {
        let action = |(name, action): (Vec<u8>, AttributeAction)| {
            let path = Path::top(&name);
            match action {
                AttributeAction::Put(value) => Action::Set(path, Source::Value(value.into())),
                AttributeAction::Add(value) => Action::Add(path, value.into()),
                AttributeAction::Delete => Action::Remove(path),
                AttributeAction::DeleteMembers(value) => Action::Delete(path, value.into()),
            }
        };
        Self::new(updates.into_iter().map(action).collect(), true)
    }

    /// It came as AttributeUpdates, of which only the resulting item is limited in size.
    pub fn is_legacy(&self) -> bool {
        self.legacy
    }

    /// The top-level attributes it changes, each once.
    pub fn root_names(&self) -> impl Iterator<Item = &[u8]> {
        self.touched.root_names()
    }

    /// True when it changes `name` or something inside it.
    pub fn touches(&self, name: &[u8]) -> bool {
        self.actions.iter().any(|action| action.path().root() == name)
    }

    /// What `item` holds at the paths the update changes: UPDATED_OLD of the old item, UPDATED_NEW of the new one.
    pub fn touched(&self, item: ItemRef<'_>) -> ItemBuf {
        self.touched.apply(item)
    }
}

#[cfg(test)]
mod tests;
