//! Values as Java's `toString` prints them in constraint errors. Cut off when long: an error of megabytes helps nobody.

use crate::api::shape::{Shape, Structure};
use crate::item::value::{Member, Reader};
use crate::item::{MapRef, ValueRef, View, base64, tag};

/// Bytes of one dump.
const LONGEST: usize = 4096;
/// Containers of user data inside each other that are followed.
const DEEPEST: u32 = 40;

/// `value`, of `shape`, as text.
pub(super) fn dump(shape: &Shape, value: ValueRef<'_>) -> String {
    let mut out = Vec::new();
    put(shape, value, &mut out);
    let mut text = String::from_utf8_lossy(&out).into_owned();
    if text.len() > LONGEST {
        let mut end = LONGEST;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str("...");
    }
    text
}

/// A member's name as Java spells properties.
pub(super) fn camel(name: &str, out: &mut String) {
    let mut chars = name.chars();
    out.extend(chars.next().map(|c| c.to_ascii_lowercase()));
    out.push_str(chars.as_str());
}

fn put(shape: &Shape, value: ValueRef<'_>, out: &mut Vec<u8>) {
    match (shape, value.view()) {
        (Shape::List { member, .. }, Some(View::L(list))) => {
            join(*b"[]", list.values(), out, |value, out| put(member, value, out));
        }
        (Shape::Map { value: member, .. }, Some(View::M(map))) => {
            join(*b"{}", map.iter(), out, |(name, value), out| {
                out.extend_from_slice(name);
                out.push(b'=');
                put(member, value, out);
            });
        }
        (Shape::Structure(structure), Some(View::M(map))) => put_structure(structure, map, out),
        (Shape::Attributes, Some(View::M(map))) => put_attributes(map, out, 0),
        (Shape::Value, _) => {
            let mut reader = Reader::new(value.bytes());
            if reader.u8() == Some(tag::AV)
                && let Some(value) = ValueRef::first(reader.rest())
            {
                put_value(value, out, 0);
            }
        }
        _ => plain(value, out),
    }
}

fn join<T>(
    brackets: [u8; 2],
    parts: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>),
) {
    let [open, close] = brackets;
    out.push(open);
    for (i, part) in parts.enumerate() {
        if i > 0 {
            out.extend_from_slice(b", ");
        }
        write(part, out);
        if out.len() > LONGEST {
            break;
        }
    }
    out.push(close);
}

fn put_structure(structure: &Structure, map: MapRef<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(structure.name.as_bytes());
    join(*b"()", structure.members.iter(), out, |member, out| {
        let mut name = String::new();
        camel(member.name, &mut name);
        out.extend_from_slice(name.as_bytes());
        out.push(b'=');
        match map.find(member.name.as_bytes()) {
            Some(value) => put(member.shape, value, out),
            None => out.extend_from_slice(b"null"),
        }
    });
}

fn put_attributes(map: MapRef<'_>, out: &mut Vec<u8>, depth: u32) {
    join(*b"{}", map.iter(), out, |(name, value), out| {
        out.extend_from_slice(name);
        out.push(b'=');
        put_value(value, out, depth);
    });
}

/// `AttributeValue: {S:a}`, as the service prints them in expression errors.
fn put_value(value: ValueRef<'_>, out: &mut Vec<u8>, depth: u32) {
    if depth > DEEPEST {
        return;
    }
    out.extend_from_slice(b"AttributeValue: {");
    if let Some(kind) = value.kind() {
        out.extend_from_slice(kind.name().as_bytes());
        out.push(b':');
    }
    match value.view() {
        Some(View::Null) => out.extend_from_slice(b"true"),
        Some(View::L(list)) => {
            join(*b"[]", list.values(), out, |value, out| put_value(value, out, depth + 1));
        }
        Some(View::M(map)) => put_attributes(map, out, depth + 1),
        Some(View::Ss(set)) => join(*b"[]", set.iter(), out, |member, out| {
            if let Member::Bytes(text) = member {
                out.extend_from_slice(text);
            }
        }),
        Some(View::Bs(set)) => join(*b"[]", set.iter(), out, |member, out| {
            if let Member::Bytes(bytes) = member {
                base64::put(out, bytes);
            }
        }),
        Some(View::Ns(set)) => join(*b"[]", set.values(), out, plain),
        _ => plain(value, out),
    }
    out.push(b'}');
}

/// A scalar without a type.
fn plain(value: ValueRef<'_>, out: &mut Vec<u8>) {
    if value.tag() == tag::NUM_TEXT {
        let mut reader = Reader::new(value.bytes());
        reader.u8();
        out.extend_from_slice(reader.binary().unwrap_or_default());
        return;
    }
    match value.view() {
        Some(View::S(text)) => out.extend_from_slice(text),
        Some(View::N(n)) => n.put_text(out),
        Some(View::B(bytes)) => base64::put(out, bytes),
        Some(View::Bool(value)) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        _ => {}
    }
}
