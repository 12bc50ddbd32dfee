//! A document to JSON: user data with type descriptors, the rest as it is.

use crate::item::value::{Member, Reader};
use crate::item::{Decimal, ItemRef, MapRef, ValueRef, View, base64, tag};

use super::json::plain;

/// Containers inside each other before writing stops. Items have at most 32 levels.
const DEEPEST: u32 = 64;

/// Appends the JSON of `doc`. `None` when `doc` is not a document; `out` then holds what was written so far.
pub fn to_json(doc: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.reserve(doc.len() * 2);
    plain_value(ValueRef::first(doc)?, out, 0)
}

/// Appends a canonical item as a JSON object of AttributeValues.
pub fn item_to_json(item: &ItemRef<'_>, out: &mut Vec<u8>) -> Option<()> {
    attributes(item.map(), out, 0)
}

fn plain_value(value: ValueRef<'_>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let mut reader = Reader::new(value.bytes());
    match reader.u8()? {
        tag::ITEM => {
            let (count, body) = reader.container()?;
            attributes(MapRef::from_parts(count, body), out, depth + 1)
        }
        tag::AV => typed(ValueRef::first(reader.rest())?, out, depth + 1),
        _ => match value.view()? {
            View::M(map) => entries(map, out, |value, out| plain_value(value, out, depth + 1)),
            View::L(list) => {
                members(list.len(), list.values(), out, |value, out| plain_value(value, out, depth + 1))
            }
            View::N(n) => {
                n.put_text(out);
                Some(())
            }
            View::S(text) => {
                string(text, out);
                Some(())
            }
            View::B(bytes) => {
                blob(bytes, out);
                Some(())
            }
            View::Bool(value) => {
                out.extend_from_slice(if value { b"true" } else { b"false" });
                Some(())
            }
            View::Null => {
                out.extend_from_slice(b"null");
                Some(())
            }
            View::Ss(_) | View::Ns(_) | View::Bs(_) => None,
        },
    }
}

fn attributes(map: MapRef<'_>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    entries(map, out, |value, out| typed(value, out, depth + 1))
}

/// One AttributeValue: `{"S":"..."}`.
fn typed(value: ValueRef<'_>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let kind = value.kind()?;
    out.extend_from_slice(b"{\"");
    out.extend_from_slice(kind.name().as_bytes());
    out.extend_from_slice(b"\":");
    match value.view()? {
        View::Null => out.extend_from_slice(b"true"),
        View::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
        View::N(n) => quoted(n, out),
        View::S(text) => string(text, out),
        View::B(bytes) => blob(bytes, out),
        View::Ss(set) => members(set.len(), set.iter(), out, |member, out| {
            if let Member::Bytes(text) = member {
                string(text, out);
            }
            Some(())
        })?,
        View::Ns(set) => members(set.len(), set.values(), out, |value, out| {
            quoted(value.number()?, out);
            Some(())
        })?,
        View::Bs(set) => members(set.len(), set.iter(), out, |member, out| {
            if let Member::Bytes(bytes) = member {
                blob(bytes, out);
            }
            Some(())
        })?,
        View::L(list) => members(list.len(), list.values(), out, |value, out| typed(value, out, depth + 1))?,
        View::M(map) => attributes(map, out, depth)?,
    }
    out.push(b'}');
    Some(())
}

fn entries<'a>(
    map: MapRef<'a>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(ValueRef<'a>, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.push(b'{');
    let mut written = 0;
    for (name, value) in map.iter() {
        if written > 0 {
            out.push(b',');
        }
        written += 1;
        string(name, out);
        out.push(b':');
        write(value, out)?;
    }
    out.push(b'}');
    // Readers stop without a word at bytes they cannot read.
    (written == map.len()).then_some(())
}

fn members<T>(
    count: usize,
    list: impl Iterator<Item = T>,
    out: &mut Vec<u8>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.push(b'[');
    let mut written = 0;
    for member in list {
        if written > 0 {
            out.push(b',');
        }
        written += 1;
        write(member, out)?;
    }
    out.push(b']');
    (written == count).then_some(())
}

/// A JSON string of UTF-8 bytes.
pub(super) fn string(text: &[u8], out: &mut Vec<u8>) {
    let lossy;
    let mut rest = text;
    if std::str::from_utf8(text).is_err() {
        lossy = String::from_utf8_lossy(text);
        rest = lossy.as_bytes();
    }
    out.push(b'"');
    loop {
        let (head, tail) = rest.split_at_checked(plain(rest)).unwrap_or((rest, &[]));
        out.extend_from_slice(head);
        let Some((&special, tail)) = tail.split_first() else { break };
        rest = tail;
        match special {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', special]),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let digit = |n: u8| if n < 10 { b'0' + n } else { b'a' + n - 10 };
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(control >> 4), digit(control & 15)]);
            }
        }
    }
    out.push(b'"');
}

fn blob(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    base64::put(out, bytes);
    out.push(b'"');
}

fn quoted(n: Decimal, out: &mut Vec<u8>) {
    out.push(b'"');
    n.put_text(out);
    out.push(b'"');
}

#[cfg(test)]
mod tests;
