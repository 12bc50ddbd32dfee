//! The document form of requests and responses: the item grammar with two more tags.
//!
//! A request or response is one `MAP` value. Members are texts (`STR`), numbers (`INT`, `DEC`), `TRUE`/`FALSE`,
//! `LIST`, `MAP`, and, wherever DynamoDB's model says AttributeValue, `AV` followed by a value; a map whose values
//! are all AttributeValues is an `ITEM`. So a document says by itself which parts are user data: the JSON
//! writer gives those their type descriptors, the JavaScript decoder turns them into native values.
//! Maps of documents keep the order of the request; those of canonical items are sorted.

use crate::collections::sort_by;
use crate::item::value::Reader;
use crate::item::{Decimal, ItemRef, tag, varint};

/// Appends a document, member after member.
#[derive(Debug, Default)]
pub struct DocWriter {
    out: Vec<u8>,
}

/// An open container; hand it back to [`DocWriter::end`].
#[must_use]
#[derive(Debug)]
pub struct Open {
    at: usize,
}

impl DocWriter {
    /// A writer that appends to `out`.
    pub fn new(out: Vec<u8>) -> Self {
        Self { out }
    }

    /// An empty writer with room for `bytes`.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    /// The bytes written.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Opens a container of `count` members with `tag` (`MAP`, `LIST` or `ITEM`).
    pub fn begin(&mut self, tag: u8, count: usize) -> Open {
        self.out.push(tag);
        let at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        varint::put(&mut self.out, count as u64);
        Open { at }
    }

    /// Opens a container whose member count is not known yet; close it with [`DocWriter::end_counted`].
    pub fn begin_uncounted(&mut self, tag: u8) -> Open {
        self.begin(tag, 0)
    }

    /// Closes a container of [`DocWriter::begin_uncounted`]. Counts above 127 move the members by a byte or more.
    pub fn end_counted(&mut self, open: Open, count: usize) {
        if count < 0x80 {
            if let Some(byte) = self.out.get_mut(open.at + 4) {
                *byte = count as u8;
            }
        } else {
            let mut bytes = Vec::with_capacity(5);
            varint::put(&mut bytes, count as u64);
            self.out.splice(open.at + 4..=open.at + 4, bytes);
        }
        self.end(open);
    }

    /// Drops all but the last entry of each name from an open container of [`DocWriter::begin_uncounted`], and says
    /// how many are left. JSON objects may repeat a member; the last one counts.
    pub fn keep_last(&mut self, open: &Open, count: usize) -> usize {
        let start = open.at + 5;
        if count < 2 {
            return count;
        }
        let Some(body) = self.out.get(start..) else { return count };
        if names_differ(body, count) {
            return count;
        }
        let mut members = Vec::with_capacity(count);
        let mut reader = Reader::new(body);
        while !reader.is_empty() {
            let from = body.len() - reader.rest().len();
            let Some(name) = reader.text() else { return count };
            if reader.skip_value().is_none() {
                return count;
            }
            members.push((name, from..body.len() - reader.rest().len()));
        }
        // The last of each name first, then back to the order of the request.
        sort_by(&mut members, |(a, at), (b, other)| a.cmp(b).then(other.start.cmp(&at.start)));
        let before = members.len();
        members.dedup_by_key(|(name, _)| *name);
        if members.len() == before {
            return count;
        }
        sort_by(&mut members, |(_, at), (_, other)| at.start.cmp(&other.start));
        let kept: Vec<&[u8]> = members.iter().filter_map(|(_, span)| body.get(span.clone())).collect();
        let (count, body) = (kept.len(), kept.concat());
        self.out.truncate(start);
        self.out.extend_from_slice(&body);
        count
    }

    /// How many bytes are written.
    pub fn position(&self) -> usize {
        self.out.len()
    }

    /// Takes back what was written after `position`.
    pub fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// Closes a container.
    pub fn end(&mut self, open: Open) {
        let length = (self.out.len() - open.at - 4) as u32;
        if let Some(field) = self.out.get_mut(open.at..open.at + 4) {
            field.copy_from_slice(&length.to_le_bytes());
        }
    }

    /// A member's name.
    pub fn name(&mut self, name: &str) {
        self.raw_text(name.as_bytes());
    }

    /// A text without a tag: an entry's name or a member of a string set.
    pub fn raw_text(&mut self, text: &[u8]) {
        varint::put(&mut self.out, (text.len() as u64) << 1 | u64::from(!text.is_ascii()));
        self.out.extend_from_slice(text);
    }

    /// A string (UTF-8 bytes).
    pub fn string(&mut self, text: &[u8]) {
        self.out.push(tag::STR);
        self.raw_text(text);
    }

    /// A binary value.
    pub fn binary(&mut self, bytes: &[u8]) {
        self.out.push(tag::BIN);
        self.raw_binary(bytes);
    }

    /// Length and bytes without a tag: a member of a binary set, or what follows [`tag::NUM_TEXT`].
    pub fn raw_binary(&mut self, bytes: &[u8]) {
        varint::put(&mut self.out, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// One tag by itself.
    pub fn tag(&mut self, tag: u8) {
        self.out.push(tag);
    }

    /// An integer of magnitude below 2^53.
    pub fn integer(&mut self, value: i64) {
        self.out.push(tag::INT);
        varint::put(&mut self.out, varint::zigzag(value));
    }

    /// A number of halves, as capacity units are: `halves = 3` writes 1.5.
    pub fn halves(&mut self, halves: u64) {
        if halves.is_multiple_of(2) {
            self.integer((halves / 2) as i64);
        } else {
            self.decimal(Decimal { mantissa: i128::from(halves) * 5, exponent: -1 });
        }
    }

    /// A number that is not an integer.
    pub fn decimal(&mut self, value: Decimal) {
        self.out.push(tag::DEC);
        varint::put(&mut self.out, varint::zigzag(i64::from(value.exponent)));
        varint::put_u128(&mut self.out, varint::zigzag128(value.mantissa));
    }

    /// A boolean.
    pub fn boolean(&mut self, value: bool) {
        self.out.push(if value { tag::TRUE } else { tag::FALSE });
    }

    /// A whole canonical item as an attribute map.
    pub fn item(&mut self, item: &ItemRef<'_>) {
        let open = self.begin(tag::ITEM, item.map().len());
        self.out.extend_from_slice(item.map().body());
        self.end(open);
    }

    /// Encoded values or entries, as they are.
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }
}

/// True when a few entries are seen to have different names, which is nearly always.
fn names_differ(body: &[u8], count: usize) -> bool {
    let mut names: [&[u8]; 8] = [&[]; 8];
    let mut reader = Reader::new(body);
    for i in 0..count {
        let (Some(name), Some(())) = (reader.text(), reader.skip_value()) else { return false };
        if names.iter().take(i).any(|earlier| *earlier == name) {
            return false;
        }
        let Some(slot) = names.get_mut(i) else { return false };
        *slot = name;
    }
    true
}

/// Writes one map whose members are not counted beforehand: for descriptions with many optional members.
#[derive(Debug)]
pub struct MapWriter<'w> {
    writer: &'w mut DocWriter,
    open: Open,
    count: usize,
}

impl<'w> MapWriter<'w> {
    /// Opens a `MAP`.
    pub fn new(writer: &'w mut DocWriter) -> Self {
        let open = writer.begin_uncounted(tag::MAP);
        Self { writer, open, count: 0 }
    }

    /// Begins the next member; exactly one value must be written to what is returned.
    pub fn member(&mut self, name: &str) -> &mut DocWriter {
        self.count += 1;
        self.writer.name(name);
        self.writer
    }

    /// A string member.
    pub fn text(&mut self, name: &str, value: &str) {
        self.member(name).string(value.as_bytes());
    }

    /// An integer member.
    pub fn integer(&mut self, name: &str, value: u64) {
        self.member(name).integer(i64::try_from(value).unwrap_or(i64::MAX));
    }

    /// A member that is a list, one value per element.
    pub fn list<T>(
        &mut self,
        name: &str,
        elements: impl ExactSizeIterator<Item = T>,
        mut write: impl FnMut(&mut DocWriter, T),
    ) {
        let writer = self.member(name);
        let open = writer.begin(tag::LIST, elements.len());
        for element in elements {
            write(writer, element);
        }
        writer.end(open);
    }

    /// A member that is a map.
    pub fn map(&mut self, name: &str, write: impl FnOnce(&mut MapWriter<'_>)) {
        let mut map = MapWriter::new(self.member(name));
        write(&mut map);
        map.end();
    }

    /// Closes the map.
    pub fn end(self) {
        self.writer.end_counted(self.open, self.count);
    }
}
