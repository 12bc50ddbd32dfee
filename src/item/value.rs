//! Reading encoded values in place. Nothing here allocates, and malformed bytes give `None`, never a panic.

use super::{Decimal, tag, varint};

pub use super::reader::Reader;

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
    /// Exactly one encoded value, as [`Reader::value`] measured it.
    pub(super) fn whole(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

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

    /// The integer of an INT.
    pub fn integer(self) -> Option<i64> {
        let mut r = Reader::new(self.0);
        if r.u8()? != tag::INT {
            return None;
        }
        r.varint().map(varint::unzigzag)
    }

    /// The number of an INT or DEC.
    pub fn number(self) -> Option<Decimal> {
        let mut r = Reader::new(self.0);
        let tag = r.u8()?;
        r.number(tag)
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
    pub fn iter(&self) -> impl Iterator<Item = Member<'a>> + Clone + use<'a> {
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

    /// The members of a string or binary set.
    pub fn bytes(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.iter().filter_map(|m| if let Member::Bytes(b) = m { Some(b) } else { None })
    }

    /// The values of a list or number set.
    pub fn values(&self) -> impl Iterator<Item = ValueRef<'a>> + Clone + use<'a> {
        self.iter().filter_map(|m| if let Member::Value(v) = m { Some(v) } else { None })
    }
}

/// A map's entries.
#[derive(Clone, Copy, Debug, Default)]
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
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], ValueRef<'a>)> + Clone + use<'a> {
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

    /// The entries of a canonical map with names from `first` to `last`: where the same few names are asked for
    /// several times, this steps over all others once.
    #[must_use]
    pub fn between(&self, first: &[u8], last: &[u8]) -> Self {
        let mut r = Reader::new(self.body);
        let (mut count, mut start) = (0, None);
        let mut end = self.body.len();
        while !r.is_empty() {
            let at = self.body.len() - r.rest().len();
            let Some(name) = r.text() else { break };
            if name > last {
                end = at;
                break;
            }
            if name >= first {
                count += 1;
                start.get_or_insert(at);
            }
            if r.skip_value().is_none() {
                break;
            }
        }
        Self { count, body: start.and_then(|start| self.body.get(start..end)).unwrap_or_default() }
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
    pub(super) fn from_parts(bytes: &'a [u8], size: u32, map: MapRef<'a>) -> Self {
        Self { bytes, size, map }
    }

    /// Reads the header; `None` when `bytes` is not an item of a known version.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        if r.u8()? != tag::ITEM_VERSION {
            return None;
        }
        let size = u32::try_from(r.varint()?).ok()?;
        let count = usize::try_from(r.varint()?).ok()?;
        Some(Self { bytes, size, map: MapRef { count, body: r.rest() } })
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
