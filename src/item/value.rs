//! Reading encoded values in place. Nothing here allocates, and malformed bytes give `None`, never a panic.

use super::{Decimal, tag, varint};

/// DynamoDB's ten types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum Kind {
    S,
    N,
    B,
    Ss,
    Ns,
    Bs,
    M,
    L,
    Null,
    Bool,
}

impl Kind {
    /// The type as AttributeValue spells it: `"S"`, `"NULL"`, ...
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
            Self::M => "M",
            Self::L => "L",
            Self::Null => "NULL",
            Self::Bool => "BOOL",
        }
    }
}

/// A position in encoded bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// True when all is read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// A little-endian `u32`.
    pub fn u32(&mut self) -> Option<u32> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*head))
    }

    /// A little-endian `u64`.
    pub fn u64(&mut self) -> Option<u64> {
        let (head, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*head))
    }

    /// A LEB128 integer.
    pub fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        let mut shift = 0u32;
        loop {
            let byte = self.u8()?;
            if shift > 63 || (shift == 63 && byte > 1) {
                return None;
            }
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// A LEB128 integer of up to 128 bits.
    pub fn varint128(&mut self) -> Option<u128> {
        let mut value = 0u128;
        let mut shift = 0u32;
        loop {
            let byte = self.u8()?;
            if shift > 126 || (shift == 126 && byte > 3) {
                return None;
            }
            value |= u128::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// `n` raw bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    /// LEB128 length, then that many bytes.
    pub fn binary(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.varint()?).ok()?;
        self.take(n)
    }

    /// A text: LEB128 of `length * 2 + (1 if any byte is not ASCII)`, then UTF-8 bytes.
    ///
    /// The bit lets JavaScript slice ASCII texts out of one decoded string.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.varint()? >> 1).ok()?;
        self.take(n)
    }

    /// A container's body: `u32` byte length, then a LEB128 count and the members.
    pub fn container(&mut self) -> Option<(usize, &'a [u8])> {
        let n = self.u32()? as usize;
        let mut body = Reader::new(self.take(n)?);
        let count = usize::try_from(body.varint()?).ok()?;
        Some((count, body.rest))
    }

    /// The next whole value.
    pub fn value(&mut self) -> Option<ValueRef<'a>> {
        let start = self.rest;
        self.skip_value()?;
        let used = start.len() - self.rest.len();
        start.get(..used).map(ValueRef)
    }

    /// Steps over one value. Containers are stepped over by their length, so this never recurses.
    pub fn skip_value(&mut self) -> Option<()> {
        let mut t = self.u8()?;
        if t == tag::AV {
            t = self.u8()?;
        }
        match t {
            tag::NULL | tag::FALSE | tag::TRUE | tag::BAD_EMPTY | tag::BAD_MANY | tag::BAD_NULL => {}
            tag::INT => {
                self.varint()?;
            }
            tag::DEC => {
                self.varint()?;
                self.varint128()?;
            }
            tag::STR => {
                self.text()?;
            }
            tag::BIN | tag::NUM_TEXT => {
                self.binary()?;
            }
            tag::SS | tag::NS | tag::BS | tag::LIST | tag::MAP | tag::ITEM => {
                let n = self.u32()? as usize;
                self.take(n)?;
            }
            _ => return None,
        }
        Some(())
    }
}

/// One encoded value. On canonical bytes `==` is DynamoDB's deep equality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueRef<'a>(&'a [u8]);

/// What a [`ValueRef`] holds.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum View<'a> {
    Null,
    Bool(bool),
    N(Decimal),
    /// UTF-8 bytes.
    S(&'a [u8]),
    B(&'a [u8]),
    Ss(Members<'a>),
    Ns(Members<'a>),
    Bs(Members<'a>),
    L(Members<'a>),
    M(MapRef<'a>),
}

impl<'a> ValueRef<'a> {
    /// The value at the start of `bytes`, which may be longer.
    pub fn first(bytes: &'a [u8]) -> Option<Self> {
        Reader::new(bytes).value()
    }

    /// The encoded bytes, tag included.
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// Its tag (see [`tag`]).
    pub fn tag(self) -> u8 {
        self.0.first().copied().unwrap_or(0)
    }

    /// Its type; `None` for tags that are not attribute values.
    pub fn kind(self) -> Option<Kind> {
        Some(match self.tag() {
            tag::NULL => Kind::Null,
            tag::FALSE | tag::TRUE => Kind::Bool,
            tag::INT | tag::DEC | tag::NUM_TEXT => Kind::N,
            tag::STR => Kind::S,
            tag::BIN => Kind::B,
            tag::SS => Kind::Ss,
            tag::NS => Kind::Ns,
            tag::BS => Kind::Bs,
            tag::LIST => Kind::L,
            tag::MAP => Kind::M,
            _ => return None,
        })
    }

    /// Decodes the outermost layer of a canonical value.
    pub fn view(self) -> Option<View<'a>> {
        let mut r = Reader::new(self.0);
        Some(match r.u8()? {
            tag::NULL => View::Null,
            tag::FALSE => View::Bool(false),
            tag::TRUE => View::Bool(true),
            tag::INT | tag::DEC => View::N(self.number()?),
            tag::STR => View::S(r.text()?),
            tag::BIN => View::B(r.binary()?),
            t @ (tag::SS | tag::NS | tag::BS | tag::LIST) => {
                let (count, body) = r.container()?;
                let members = Members { container: t, count, body };
                match t {
                    tag::SS => View::Ss(members),
                    tag::NS => View::Ns(members),
                    tag::BS => View::Bs(members),
                    _ => View::L(members),
                }
            }
            tag::MAP | tag::ITEM => {
                let (count, body) = r.container()?;
                View::M(MapRef { count, body })
            }
            _ => return None,
        })
    }

    /// The number of an INT or DEC.
    pub fn number(self) -> Option<Decimal> {
        let mut r = Reader::new(self.0);
        match r.u8()? {
            tag::INT => {
                let mut mantissa = i128::from(varint::unzigzag(r.varint()?));
                let mut exponent = 0i16;
                if mantissa != 0 {
                    while mantissa % 10 == 0 {
                        mantissa /= 10;
                        exponent += 1;
                    }
                }
                Some(Decimal { mantissa, exponent })
            }
            tag::DEC => {
                let exponent = i16::try_from(varint::unzigzag(r.varint()?)).ok()?;
                Some(Decimal { mantissa: varint::unzigzag128(r.varint128()?), exponent })
            }
            _ => None,
        }
    }
}

/// Members of a set or list.
#[derive(Clone, Copy, Debug)]
pub struct Members<'a> {
    container: u8,
    count: usize,
    body: &'a [u8],
}

/// One member of a set or list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member<'a> {
    /// Of SS: UTF-8 bytes. Of BS: raw bytes.
    Bytes(&'a [u8]),
    /// Of NS: an INT or DEC. Of L: any value.
    Value(ValueRef<'a>),
}

impl<'a> Members<'a> {
    /// How many members.
    pub fn len(&self) -> usize {
        self.count
    }

    /// No members (only a list may have none).
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The encoded members, count and lengths left out.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// In stored order.
    pub fn iter(&self) -> impl Iterator<Item = Member<'a>> + use<'a> {
        let mut r = Reader::new(self.body);
        let container = self.container;
        std::iter::from_fn(move || {
            if r.is_empty() {
                return None;
            }
            match container {
                tag::SS => r.text().map(Member::Bytes),
                tag::BS => r.binary().map(Member::Bytes),
                _ => r.value().map(Member::Value),
            }
        })
    }

    /// The values of a list or number set.
    pub fn values(&self) -> impl Iterator<Item = ValueRef<'a>> + use<'a> {
        self.iter().filter_map(|m| if let Member::Value(v) = m { Some(v) } else { None })
    }
}

/// A map's entries.
#[derive(Clone, Copy, Debug)]
pub struct MapRef<'a> {
    count: usize,
    body: &'a [u8],
}

impl<'a> MapRef<'a> {
    /// A map from its entry count and encoded entries.
    pub fn from_parts(count: usize, body: &'a [u8]) -> Self {
        Self { count, body }
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.count
    }

    /// No entries.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The encoded entries, count left out.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// (name, value) in stored order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], ValueRef<'a>)> + use<'a> {
        let mut r = Reader::new(self.body);
        std::iter::from_fn(move || {
            if r.is_empty() {
                return None;
            }
            let name = r.text()?;
            Some((name, r.value()?))
        })
    }

    /// The value of `name` in a canonical (sorted) map.
    pub fn get(&self, name: &[u8]) -> Option<ValueRef<'a>> {
        let mut r = Reader::new(self.body);
        while !r.is_empty() {
            let at = r.text()?;
            match at.cmp(name) {
                std::cmp::Ordering::Less => r.skip_value()?,
                std::cmp::Ordering::Equal => return r.value(),
                std::cmp::Ordering::Greater => return None,
            }
        }
        None
    }

    /// The value of `name` in a map of any order (requests); the last one wins when a name repeats.
    pub fn find(&self, name: &[u8]) -> Option<ValueRef<'a>> {
        self.iter().filter(|(n, _)| *n == name).last().map(|(_, v)| v)
    }
}

/// A canonical item: version byte, LEB128 DynamoDB size, LEB128 attribute count, sorted attributes.
#[derive(Clone, Copy, Debug)]
pub struct ItemRef<'a> {
    bytes: &'a [u8],
    size: u32,
    map: MapRef<'a>,
}

impl<'a> ItemRef<'a> {
    /// Reads the header; `None` when `bytes` is not an item of a known version.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.u8()? != tag::ITEM_VERSION {
            return None;
        }
        let size = u32::try_from(r.varint()?).ok()?;
        let count = usize::try_from(r.varint()?).ok()?;
        Some(Self { bytes, size, map: MapRef { count, body: r.rest } })
    }

    /// The whole encoding.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// DynamoDB's item size in bytes.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The attributes.
    pub fn map(&self) -> MapRef<'a> {
        self.map
    }

    /// One attribute.
    pub fn get(&self, name: &[u8]) -> Option<ValueRef<'a>> {
        self.map.get(name)
    }
}
