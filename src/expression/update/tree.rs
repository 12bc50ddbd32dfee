//! The item while it is updated: encoded bytes, opened only along the paths that change.
//!
//! Positions always mean those of the old item. A removed list element leaves a gap and an appended one waits beside
//! the list until the whole is written, so the order of actions does not matter.

use std::borrow::Cow;

use crate::collections::VecMap;
use crate::expression::path::{Path, Step};
use crate::item::{ItemBuf, MapRef, ValueRef, View, tag, writer};

/// An encoded value.
pub(super) type Encoded<'a> = Cow<'a, [u8]>;

/// A value, opened or not.
pub(super) enum Node<'a> {
    Leaf(Encoded<'a>),
    Map(VecMap<&'a [u8], Node<'a>>),
    List(Elements<'a>),
}

/// An opened list.
pub(super) struct Elements<'a> {
    old: Vec<Option<Node<'a>>>,
    /// Written beyond the end, by the index that was given.
    new: VecMap<u32, Node<'a>>,
}

/// A place a value can be put to or removed from.
pub(super) enum Slot<'t, 'a> {
    Member(&'t mut VecMap<&'a [u8], Node<'a>>, &'a [u8]),
    Element(&'t mut Elements<'a>, u32),
}

impl Slot<'_, '_> {
    pub fn remove(self) {
        match self {
            Self::Member(map, name) => {
                map.remove(name);
            }
            Self::Element(list, index) => {
                if let Some(element) = list.old.get_mut(index as usize) {
                    *element = None;
                }
            }
        }
    }
}

impl<'a> Slot<'_, 'a> {
    pub fn set(self, value: Encoded<'a>) {
        match self {
            Self::Member(map, name) => {
                map.insert(name, Node::Leaf(value));
            }
            Self::Element(list, index) => match list.old.get_mut(index as usize) {
                Some(element) => *element = Some(Node::Leaf(value)),
                None => {
                    list.new.insert(index, Node::Leaf(value));
                }
            },
        }
    }
}

fn members(map: MapRef<'_>) -> VecMap<&[u8], Node<'_>> {
    map.iter().map(|(name, value)| (name, Node::Leaf(Cow::Borrowed(value.bytes())))).collect()
}

impl<'a> Node<'a> {
    pub fn item(map: MapRef<'a>) -> Self {
        Self::Map(members(map))
    }

    /// The place `path` names; `None` when its parent is missing or not of the right type.
    pub fn slot<'t>(&'t mut self, path: &'a Path) -> Option<Slot<'t, 'a>> {
        let (last, parents) = path.steps().split_last()?;
        let mut at = self;
        for step in parents {
            at.open();
            at = match (at, step) {
                (Self::Map(map), Step::Name(name)) => map.get_mut(&**name)?,
                (Self::List(list), Step::Index(index)) => list.old.get_mut(*index as usize)?.as_mut()?,
                _ => return None,
            };
        }
        at.open();
        match (at, last) {
            (Self::Map(map), Step::Name(name)) => Some(Slot::Member(map, name)),
            (Self::List(list), Step::Index(index)) => Some(Slot::Element(list, *index)),
            _ => None,
        }
    }

    /// Opens a map or list of the old item. What the update itself has put there is never reached into, since paths
    /// do not overlap.
    fn open(&mut self) {
        let Self::Leaf(Cow::Borrowed(bytes)) = self else { return };
        match ValueRef::first(bytes).and_then(ValueRef::view) {
            Some(View::M(map)) => *self = Self::Map(members(map)),
            Some(View::L(list)) => {
                let old = list.values().map(|value| Some(Self::Leaf(Cow::Borrowed(value.bytes())))).collect();
                *self = Self::List(Elements { old, new: VecMap::new() });
            }
            _ => {}
        }
    }

    /// How many bytes [`Node::into_item`] would write, roughly.
    pub fn length(&self) -> usize {
        match self {
            Self::Leaf(bytes) => bytes.len(),
            Self::Map(map) => map.iter().map(|(name, node)| name.len() + node.length()).sum(),
            Self::List(list) => {
                list.old.iter().flatten().chain(list.new.values()).map(Node::length).sum::<usize>()
            }
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Leaf(bytes) => out.extend_from_slice(bytes),
            Self::Map(map) => {
                let open = writer::begin(out, tag::MAP, map.len());
                for (name, node) in map.entries() {
                    writer::put_text(out, name);
                    node.put(out);
                }
                writer::end(out, open);
            }
            Self::List(list) => {
                let count = list.old.iter().flatten().count() + list.new.len();
                let open = writer::begin(out, tag::LIST, count);
                list.old.iter().flatten().chain(list.new.values()).for_each(|node| node.put(out));
                writer::end(out, open);
            }
        }
    }

    /// The finished item.
    pub fn into_item(self) -> ItemBuf {
        let Self::Map(map) = self else { return ItemBuf::default() };
        let attributes: Vec<(&[u8], Encoded<'_>)> = map
            .into_entries()
            .into_iter()
            .map(|(name, node)| match node {
                Self::Leaf(bytes) => (name, bytes),
                node => {
                    let mut out = Vec::new();
                    node.put(&mut out);
                    (name, Cow::Owned(out))
                }
            })
            .collect();
        writer::item_from_sorted(
            attributes.iter().filter_map(|(name, bytes)| Some((*name, ValueRef::first(bytes)?))),
        )
    }
}
