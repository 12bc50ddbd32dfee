//! Writing encoded values. The caller answers for the order of maps and sets; nothing is checked here.

use super::{Decimal, ItemBuf, ValueRef, size, tag, varint};

/// An open container; hand it back to [`end`].
#[must_use]
#[derive(Debug)]
pub struct Open {
    /// Where its length field stands.
    at: usize,
}

/// Appends a text: a name, or the payload of STR and of members of SS. The bytes must be UTF-8.
pub fn put_text(out: &mut Vec<u8>, text: &[u8]) {
    varint::put(out, (text.len() as u64) << 1 | u64::from(!text.is_ascii()));
    out.extend_from_slice(text);
}

/// Appends an S value. The bytes must be UTF-8.
pub fn put_string(out: &mut Vec<u8>, text: &[u8]) {
    out.push(tag::STR);
    put_text(out, text);
}

/// Appends a length and raw bytes: the payload of BIN and of members of BS.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    varint::put(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a B value.
pub fn put_binary(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(tag::BIN);
    put_bytes(out, bytes);
}

/// Appends an N value.
pub fn put_number(out: &mut Vec<u8>, number: Decimal) {
    number.put(out);
}

/// Opens a container of `count` members.
pub fn begin(out: &mut Vec<u8>, tag: u8, count: usize) -> Open {
    out.push(tag);
    let at = out.len();
    out.extend_from_slice(&[0; 4]);
    varint::put(out, count as u64);
    Open { at }
}

/// Closes a container: its length becomes what was appended since [`begin`].
pub fn end(out: &mut [u8], open: Open) {
    let length = (out.len() - open.at - 4) as u32;
    if let Some(field) = out.get_mut(open.at..open.at + 4) {
        field.copy_from_slice(&length.to_le_bytes());
    }
}

/// Begins the members of an open container again, with another count.
pub(super) fn restart(out: &mut Vec<u8>, open: &Open, count: usize) {
    out.truncate(open.at + 4);
    varint::put(out, count as u64);
}

/// Appends what stands before an item's entries.
pub(super) fn put_item_header(out: &mut Vec<u8>, size: u32, count: usize) {
    out.push(tag::ITEM_VERSION);
    varint::put(out, u64::from(size));
    varint::put(out, count as u64);
}

/// An item of attributes that are canonical, unique and come sorted by name bytes.
pub fn item_from_sorted<'a>(attrs: impl Iterator<Item = (&'a [u8], ValueRef<'a>)> + Clone) -> ItemBuf {
    let (mut size, mut count, mut length) = (0u32, 0usize, 0usize);
    for (name, value) in attrs.clone() {
        size = size.saturating_add(size::attribute(name, &value));
        count += 1;
        length += name.len() + value.bytes().len() + 4;
    }
    let mut out = Vec::with_capacity(length + 12);
    put_item_header(&mut out, size, count);
    let entries = out.len();
    for (name, value) in attrs {
        put_text(&mut out, name);
        out.extend_from_slice(value.bytes());
    }
    ItemBuf::from_parts(out, size, count, entries)
}
