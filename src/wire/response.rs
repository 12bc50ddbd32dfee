//! A document to JSON: user data with type descriptors, the rest as it is.

use crate::item::value::Reader;
use crate::item::{ItemRef, MapRef, ValueRef, View, base64, tag};

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
        tag::AV => typed(&mut reader, Place::Alone, out, depth + 1),
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

/// The members of a JSON object: names and AttributeValues. With each name go the quotes and brackets around it, for
/// an answer is mostly names, and pieces of text are what writing it costs.
fn attributes(map: MapRef<'_>, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    let mut reader = Reader::new(map.body());
    let mut before: &[u8] = b"{\"";
    let mut written = 0;
    while !reader.is_empty() {
        out.extend_from_slice(before);
        before = b",\"";
        escaped(reader.text()?, out);
        typed(&mut reader, Place::AfterName, out, depth + 1)?;
        written += 1;
    }
    out.extend_from_slice(if written == 0 { b"{}" } else { b"}" });
    (written == map.len()).then_some(())
}

/// Where an AttributeValue stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Behind the name of an attribute, whose last quote is not written yet.
    AfterName,
    Alone,
}

/// One AttributeValue, `{"S":"..."}`, off the reader.
fn typed(reader: &mut Reader<'_>, place: Place, out: &mut Vec<u8>, depth: u32) -> Option<()> {
    if depth > DEEPEST {
        return None;
    }
    let tag = reader.u8()?;
    let head: &[u8] = match tag {
        tag::NULL => b"\":{\"NULL\":true}",
        tag::TRUE => b"\":{\"BOOL\":true}",
        tag::FALSE => b"\":{\"BOOL\":false}",
        tag::INT | tag::DEC => b"\":{\"N\":\"",
        tag::STR => b"\":{\"S\":\"",
        tag::BIN => b"\":{\"B\":\"",
        tag::SS => b"\":{\"SS\":[",
        tag::NS => b"\":{\"NS\":[",
        tag::BS => b"\":{\"BS\":[",
        tag::LIST => b"\":{\"L\":[",
        tag::MAP => b"\":{\"M\":",
        _ => return None,
    };
    out.extend_from_slice(if place == Place::AfterName { head } else { head.get(2..)? });
    let tail: &[u8] = match tag {
        tag::INT | tag::DEC => {
            put_number(reader, tag, out)?;
            b"\"}"
        }
        tag::STR => {
            escaped(reader.text()?, out);
            b"\"}"
        }
        tag::BIN => {
            base64::put(out, reader.binary()?);
            b"\"}"
        }
        tag::MAP => {
            let (count, body) = reader.container()?;
            attributes(MapRef::from_parts(count, body), out, depth)?;
            b"}"
        }
        tag::SS | tag::NS | tag::BS | tag::LIST => {
            let (count, body) = reader.container()?;
            let mut members = Reader::new(body);
            let mut written = 0;
            while !members.is_empty() {
                if written > 0 {
                    out.push(b',');
                }
                written += 1;
                match tag {
                    tag::SS => string(members.text()?, out),
                    tag::BS => blob(members.binary()?, out),
                    tag::NS => {
                        let tag = members.u8()?;
                        out.push(b'"');
                        put_number(&mut members, tag, out)?;
                        out.push(b'"');
                    }
                    _ => typed(&mut members, Place::Alone, out, depth + 1)?,
                }
            }
            if written != count {
                return None;
            }
            b"]}"
        }
        _ => b"",
    };
    out.extend_from_slice(tail);
    Some(())
}

/// The number whose tag was read.
fn put_number(reader: &mut Reader<'_>, tag: u8, out: &mut Vec<u8>) -> Option<()> {
    reader.number(tag)?.put_text(out);
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
    out.push(b'"');
    escaped(text, out);
    out.push(b'"');
}

/// What stands between the quotes of a JSON string. Texts were found to be UTF-8 when they came in.
fn escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
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
}

fn blob(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    base64::put(out, bytes);
    out.push(b'"');
}

#[cfg(test)]
mod tests;
