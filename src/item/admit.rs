//! Admission: whatever a client sent becomes one canonical form, or the error the service would give.
//!
//! One pass writes the canonical bytes in the order of the request, checks as it goes (so the first error of
//! the request wins) and adds up DynamoDB's size. Only maps and sets that did not come sorted are moved afterwards.
//! The 400 KB limit, key schemas and what a value may be used for are the caller's business.

#[cfg(test)]
mod tests;

use super::decimal::MAX_INT;
use super::{Decimal, ItemBuf, ItemError, Kind, MapRef, Reader, ValueRef, size, tag, varint, writer};
use crate::collections::{sort, sort_by};

/// Levels a stored attribute value may have, counting the top-level value as 1: the last level holds no list or map.
pub const MAX_DEPTH: u32 = 32;
/// Levels of a value that is only compared.
pub const MAX_COMPARED_DEPTH: u32 = 33;
/// Longest attribute or map member name in bytes.
pub const MAX_NAME: usize = 65_535;

/// An attribute map to a canonical item. A name that repeats keeps its last value.
pub fn item(map: MapRef<'_>) -> Result<ItemBuf, ItemError> {
    item_within(map, MAX_DEPTH)
}

/// [`item`] with values of up to `max_depth` levels.
pub fn item_within(map: MapRef<'_>, max_depth: u32) -> Result<ItemBuf, ItemError> {
    let mut written = Vec::with_capacity(map.body().len() + 16);
    let mut admission = Admission::new(&mut written, max_depth);
    // Enough for most items, and no promise to a count that may lie.
    admission.members.reserve(map.len().min(32));
    let (mut total, sorted) = admission.entries(map.len(), map.body(), 1)?;
    let mut count = map.len();
    if !sorted {
        let dropped = admission.sort(0);
        total = total.saturating_sub(dropped.size);
        count -= dropped.count;
    }
    let members = admission.members;
    let mut bytes = Vec::with_capacity(written.len() + 12);
    writer::put_item_header(&mut bytes, total, count);
    let entries = bytes.len();
    if sorted {
        bytes.extend_from_slice(&written);
    } else {
        put_members(&mut bytes, &written, 0, &members);
    }
    Ok(ItemBuf::from_parts(bytes, total, count, entries))
}

/// Appends one AttributeValue in canonical form; appends nothing on an error.
pub fn value(v: ValueRef<'_>, out: &mut Vec<u8>) -> Result<(), ItemError> {
    value_within(v, MAX_DEPTH, out).map(|_| ())
}

/// [`value`] with up to `max_depth` levels; gives the value's size.
pub fn value_within(v: ValueRef<'_>, max_depth: u32, out: &mut Vec<u8>) -> Result<u32, ItemError> {
    let start = out.len();
    let bytes = v.bytes();
    // A document marks a lone AttributeValue; the mark is not part of the value.
    let mut r = Reader::new(bytes.strip_prefix(&[tag::AV]).unwrap_or(bytes));
    let admitted = Admission::new(out, max_depth).value(&mut r, 1);
    let admitted = admitted.and_then(|size| if r.is_empty() { Ok(size) } else { Err(ItemError::Malformed) });
    if admitted.is_err() {
        out.truncate(start);
    }
    admitted
}

/// A member of a map or set, by where it was written.
#[derive(Clone, Copy)]
struct Placed {
    /// The first eight bytes of the name, so that most comparisons touch nothing else.
    prefix: u64,
    /// The whole member.
    start: u32,
    /// What it sorts by: the name of a map's entry, the content of a set's member.
    name: u32,
    name_end: u32,
    end: u32,
    size: u32,
}

impl Placed {
    fn name<'o>(&self, out: &'o [u8]) -> &'o [u8] {
        out.get(self.name as usize..self.name_end as usize).unwrap_or_default()
    }
}

/// Members left out because a later one has their name.
#[derive(Default)]
struct Dropped {
    count: usize,
    size: u32,
}

struct Admission<'o> {
    out: &'o mut Vec<u8>,
    max_depth: u32,
    /// Members of the maps and sets that are open, innermost last.
    members: Vec<Placed>,
    /// Where members are copied from while they are put in order.
    scratch: Vec<u8>,
}

impl<'o> Admission<'o> {
    fn new(out: &'o mut Vec<u8>, max_depth: u32) -> Self {
        Self { out, max_depth, members: Vec::new(), scratch: Vec::new() }
    }

    /// Admits the next value, which stands at `level`; gives its size.
    fn value(&mut self, r: &mut Reader<'_>, level: u32) -> Result<u32, ItemError> {
        match sound(r.u8())? {
            t @ (tag::NULL | tag::FALSE | tag::TRUE) => {
                self.out.push(t);
                Ok(1)
            }
            tag::STR => {
                let text = sound(r.text())?;
                self.out.push(tag::STR);
                self.text(text)?;
                Ok(size::length(text))
            }
            t @ (tag::INT | tag::DEC | tag::NUM_TEXT) => self.number(t, r),
            tag::BIN => {
                let bytes = sound(r.binary())?;
                writer::put_binary(self.out, bytes);
                Ok(size::length(bytes))
            }
            tag::MAP => self.map(r, level),
            tag::LIST => self.list(r, level),
            tag::SS => self.bytes_set(tag::SS, r),
            tag::BS => self.bytes_set(tag::BS, r),
            tag::NS => self.number_set(r),
            tag::BAD_EMPTY => Err(ItemError::NoType),
            tag::BAD_MANY => Err(ItemError::ManyTypes),
            tag::BAD_NULL => Err(ItemError::NullNotTrue),
            _ => Err(ItemError::Malformed),
        }
    }

    fn text(&mut self, text: &[u8]) -> Result<(), ItemError> {
        let ascii = text.is_ascii();
        if !ascii && std::str::from_utf8(text).is_err() {
            return Err(ItemError::NotUtf8);
        }
        varint::put(self.out, (text.len() as u64) << 1 | u64::from(!ascii));
        self.out.extend_from_slice(text);
        Ok(())
    }

    fn number(&mut self, t: u8, r: &mut Reader<'_>) -> Result<u32, ItemError> {
        if t == tag::INT {
            let integer = varint::unzigzag(sound(r.varint())?);
            if integer.unsigned_abs() <= MAX_INT {
                self.out.push(tag::INT);
                varint::put(self.out, varint::zigzag(integer));
                return Ok(size::integer(integer));
            }
            let number = Decimal::from_i64(integer);
            number.put(self.out);
            return Ok(number.size_in_bytes());
        }
        let number = read_number(t, r)?;
        number.put(self.out);
        Ok(number.size_in_bytes())
    }

    fn list(&mut self, r: &mut Reader<'_>, level: u32) -> Result<u32, ItemError> {
        let (count, mut body) = self.enter(r, level)?;
        let open = writer::begin(self.out, tag::LIST, count);
        let mut total = size::CONTAINER;
        for _ in 0..count {
            let element = self.value(&mut body, level + 1)?;
            total = total.saturating_add(size::MEMBER).saturating_add(element);
        }
        writer::end(self.out, open);
        finished(&body)?;
        Ok(total)
    }

    fn map(&mut self, r: &mut Reader<'_>, level: u32) -> Result<u32, ItemError> {
        let (mut count, body) = self.enter(r, level)?;
        let open = writer::begin(self.out, tag::MAP, count);
        let (first, start) = (self.members.len(), self.out.len());
        let (mut total, sorted) = self.entries(count, body.rest(), level + 1)?;
        if !sorted {
            let dropped = self.sort(first);
            total = total.saturating_sub(dropped.size);
            count -= dropped.count;
            self.rewrite(&open, first, start, count);
        }
        self.members.truncate(first);
        writer::end(self.out, open);
        Ok(total.saturating_add(size::CONTAINER).saturating_add(size::MEMBER * count as u32))
    }

    /// Admits the entries of a map, whose values stand at `level`; gives the sum of the sizes of names and values,
    /// and whether the names came sorted and unique. The entries stay on `members`.
    fn entries(&mut self, count: usize, body: &[u8], level: u32) -> Result<(u32, bool), ItemError> {
        let mut r = Reader::new(body);
        let (mut total, mut sorted) = (0u32, true);
        let (mut last_head, mut last): (u64, &[u8]) = (0, &[]);
        for _ in 0..count {
            let name = sound(r.text())?;
            if name.is_empty() {
                return Err(ItemError::EmptyName);
            }
            if name.len() > MAX_NAME {
                return Err(ItemError::LongName);
            }
            // No name is empty, so the first one passes too.
            let head = prefix(name);
            sorted = sorted && (last_head < head || last_head == head && last < name);
            (last_head, last) = (head, name);
            let start = self.out.len();
            self.text(name)?;
            let name_end = self.out.len();
            let size = self.value(&mut r, level)?.saturating_add(size::length(name));
            total = total.saturating_add(size);
            self.place(head, name.len(), start, name_end, size);
        }
        finished(&r)?;
        Ok((total, sorted))
    }

    fn bytes_set(&mut self, t: u8, r: &mut Reader<'_>) -> Result<u32, ItemError> {
        let (count, body) = sound(r.container())?;
        if count == 0 {
            return Err(ItemError::EmptySet(if t == tag::SS { Kind::Ss } else { Kind::Bs }));
        }
        let open = writer::begin(self.out, t, count);
        let (first, start) = (self.members.len(), self.out.len());
        let (mut total, mut sorted) = (0u32, true);
        let mut last: Option<&[u8]> = None;
        let mut body = Reader::new(body);
        let request = body;
        for _ in 0..count {
            let at = self.out.len();
            let member = if t == tag::SS { body.text() } else { body.binary() };
            let member = sound(member)?;
            if t == tag::SS {
                self.text(member)?;
            } else {
                writer::put_bytes(self.out, member);
            }
            sorted = sorted && last < Some(member);
            last = Some(member);
            total = total.saturating_add(size::length(member));
            self.place(prefix(member), member.len(), at, self.out.len(), 0);
        }
        finished(&body)?;
        if !sorted {
            if self.sort(first).count > 0 {
                return Err(duplicates(t, request));
            }
            self.rewrite(&open, first, start, count);
        }
        self.members.truncate(first);
        writer::end(self.out, open);
        Ok(total)
    }

    fn number_set(&mut self, r: &mut Reader<'_>) -> Result<u32, ItemError> {
        let (count, body) = sound(r.container())?;
        if count == 0 {
            return Err(ItemError::EmptySet(Kind::Ns));
        }
        let mut body = Reader::new(body);
        let mut numbers = Vec::with_capacity(count.min(body.rest().len()));
        for _ in 0..count {
            let t = sound(body.u8())?;
            numbers.push(read_number(t, &mut body)?);
        }
        finished(&body)?;
        sort(&mut numbers);
        if numbers.iter().zip(numbers.iter().skip(1)).any(|(a, b)| a == b) {
            return Err(ItemError::DuplicateNumbers);
        }
        let open = writer::begin(self.out, tag::NS, count);
        let mut total = 0u32;
        for number in numbers {
            number.put(self.out);
            total = total.saturating_add(number.size_in_bytes());
        }
        writer::end(self.out, open);
        Ok(total)
    }

    /// Steps into a list or map at `level`.
    fn enter<'a>(&self, r: &mut Reader<'a>, level: u32) -> Result<(usize, Reader<'a>), ItemError> {
        if level >= self.max_depth {
            return Err(ItemError::TooDeep);
        }
        let (count, body) = sound(r.container())?;
        Ok((count, Reader::new(body)))
    }

    /// Notes the member just written: from `start`, its name of `length` bytes ending at `name_end`, to the
    /// end of `out`.
    fn place(&mut self, prefix: u64, length: usize, start: usize, name_end: usize, size: u32) {
        self.members.push(Placed {
            prefix,
            start: start as u32,
            name: (name_end - length) as u32,
            name_end: name_end as u32,
            end: self.out.len() as u32,
            size,
        });
    }

    /// Sorts the members from `first` on by name; of those with one name, only the last stays.
    fn sort(&mut self, first: usize) -> Dropped {
        let out = self.out.as_slice();
        let mut dropped = Dropped::default();
        let Some(members) = self.members.get_mut(first..) else { return dropped };
        sort_by(members, |a, b| {
            a.prefix
                .cmp(&b.prefix)
                .then_with(|| a.name(out).cmp(b.name(out)))
                .then_with(|| b.start.cmp(&a.start))
        });
        let mut kept = first;
        let mut last: Option<Placed> = None;
        for at in first..self.members.len() {
            let Some(&member) = self.members.get(at) else { break };
            if last.is_some_and(|l| l.prefix == member.prefix && l.name(out) == member.name(out)) {
                dropped.count += 1;
                dropped.size = dropped.size.saturating_add(member.size);
                continue;
            }
            last = Some(member);
            self.members.swap(kept, at);
            kept += 1;
        }
        self.members.truncate(kept);
        dropped
    }

    /// Writes the members from `first` on, which stand in `out` from `start`, in their new order.
    fn rewrite(&mut self, open: &writer::Open, first: usize, start: usize, count: usize) {
        self.scratch.clear();
        self.scratch.extend_from_slice(self.out.get(start..).unwrap_or_default());
        writer::restart(self.out, open, count);
        put_members(self.out, &self.scratch, start, self.members.get(first..).unwrap_or_default());
    }
}

/// Appends `members` of `from`, whose first byte was written at `origin`.
fn put_members(out: &mut Vec<u8>, from: &[u8], origin: usize, members: &[Placed]) {
    for member in members {
        let range = member.start as usize - origin..member.end as usize - origin;
        out.extend_from_slice(from.get(range).unwrap_or_default());
    }
}

/// The number after tag `t`, in any of the forms a request may hold.
fn read_number(t: u8, r: &mut Reader<'_>) -> Result<Decimal, ItemError> {
    Ok(match t {
        tag::INT => Decimal::from_i64(varint::unzigzag(sound(r.varint())?)),
        tag::DEC => {
            let exponent = varint::unzigzag(sound(r.varint())?);
            let mantissa = varint::unzigzag128(sound(r.varint128())?);
            Decimal::new(mantissa, exponent)?
        }
        tag::NUM_TEXT => Decimal::parse(sound(r.binary())?)?,
        _ => return Err(ItemError::Malformed),
    })
}

/// The error of an SS or BS with a member twice; prints all members as the request has them.
fn duplicates(t: u8, mut request: Reader<'_>) -> ItemError {
    if t == tag::SS {
        let members = std::iter::from_fn(|| request.text());
        ItemError::DuplicateStrings(members.map(|m| String::from_utf8_lossy(m).into_owned()).collect())
    } else {
        ItemError::DuplicateBinaries(std::iter::from_fn(|| request.binary()).map(<[u8]>::to_vec).collect())
    }
}

/// What the reader found. (`ok_or` would build and drop an error at every step of the hot path.)
#[inline]
fn sound<T>(found: Option<T>) -> Result<T, ItemError> {
    match found {
        Some(found) => Ok(found),
        None => Err(ItemError::Malformed),
    }
}

/// A container must hold as many members as it says.
fn finished(body: &Reader<'_>) -> Result<(), ItemError> {
    if body.is_empty() { Ok(()) } else { Err(ItemError::Malformed) }
}

/// The first eight bytes, zeros where there are fewer, as a number that compares as they do.
fn prefix(name: &[u8]) -> u64 {
    if let Some(head) = name.first_chunk::<8>() {
        return u64::from_be_bytes(*head);
    }
    let head = name.iter().fold(0u64, |value, &byte| value << 8 | u64::from(byte));
    head.checked_shl(8 * (8 - name.len() as u32)).unwrap_or(0)
}
