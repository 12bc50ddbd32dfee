//! Records: one commit each.
//!
//! A record is fields of tag, length and payload (LEB128, LEB128, bytes). A reader skips tags it does not know, and
//! what follows the part of a payload it knows. Fields without content are left out.

use std::cmp::Ordering;

use crate::item::varint::{unzigzag, zigzag};
use crate::storage::coding::{Reader, put, put_prefixed};
use crate::storage::{Bytes, Corruption, TreeId};

const SEQ: u64 = 1;
const TIME: u64 = 2;
const ORIGIN: u64 = 3;
const CHANGE: u64 = 4;
const INDEX_DELETE: u64 = 5;
const CATALOG: u64 = 6;
const STATS: u64 = 7;
const REQUEST: u64 = 8;
const TRANSACTION: u64 = 9;
const OLD_IMAGE: u64 = 10;
const ANSWER: u64 = 11;
const KEPT: u64 = 12;

/// Beside whether a change has a value.
const BLIND: u8 = 2;

/// Who caused a commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Origin {
    /// A request.
    #[default]
    User = 0,
    /// The expiry of an item.
    TimeToLive = 1,
    /// Another replica.
    Replica = 2,
    /// An import.
    Import = 3,
}

impl Origin {
    /// The origin of that number.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        [Self::User, Self::TimeToLive, Self::Replica, Self::Import]
            .into_iter()
            .find(|origin| *origin as u64 == number)
    }
}

/// A key of a base tree gets a value, or loses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedChange {
    /// The table's tree; changes of index trees are derived again.
    pub tree: TreeId,
    /// The key.
    pub key: Bytes,
    /// `None` is a deletion.
    pub value: Option<Bytes>,
    /// It was made without reading what the key had; the statistics count it as if that was nothing.
    pub blind: bool,
}

/// The item before a change that a stream or a history records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldImage {
    /// Number of the change in its record.
    pub change: usize,
    /// As much of it as these need; `None`: there was no such item.
    pub item: Option<Bytes>,
}

/// Which request of which client a commit answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestId {
    /// The client; the log tells nothing of the requests of client 0.
    pub client: u64,
    /// The client's own number.
    pub request: u64,
}

impl Ord for RequestId {
    /// By client, and by number. Several maps go by it, each of which would have a copy.
    #[inline(never)]
    fn cmp(&self, other: &Self) -> Ordering {
        (self.client, self.request).cmp(&(other.client, other.request))
    }
}

impl PartialOrd for RequestId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a request was answered whose own record has left the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The request.
    pub id: RequestId,
    /// When it was answered, milliseconds since 1970.
    pub time_millis: u64,
    /// The answer, where it is more than an empty document.
    pub answer: Option<Bytes>,
}

/// Which part of a transaction a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransactionPart {
    /// The transaction.
    pub id: u64,
    /// From 1.
    pub part: u32,
    /// Number of parts.
    pub parts: u32,
}

/// One commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its sequence number.
    pub seq: u64,
    /// Commit time, milliseconds since 1970; never goes backwards.
    pub time_millis: u64,
    /// Who caused it.
    pub origin: Origin,
    /// Changes of base trees.
    pub changes: Vec<LoggedChange>,
    /// Of the changes that a stream or a history records, what was before.
    pub old_images: Vec<OldImage>,
    /// Keys of index trees that lose their entry, where the old item is not there to derive them from.
    pub index_deletes: Vec<(TreeId, Bytes)>,
    /// A change of the catalog; opaque here.
    pub catalog: Option<Vec<u8>>,
    /// Per tree, what its count of items and its bytes change by.
    pub stats: Vec<(TreeId, i64, i64)>,
    /// The request it answers.
    pub request: Option<RequestId>,
    /// The answer to that request, where it is more than an empty document.
    pub answer: Option<Bytes>,
    /// The transaction it is part of.
    pub transaction: Option<TransactionPart>,
    /// Answers that are kept. A record of these alone is no commit: its sequence number is 0.
    pub kept: Vec<KeptAnswer>,
}

impl Record {
    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let size =
            |change: &LoggedChange| change.key.len() + change.value.as_ref().map_or(0, |v| v.len()) + 32;
        let mut out = Vec::with_capacity(self.changes.iter().map(size).sum::<usize>() + 48);
        let mut payload = Vec::with_capacity(self.changes.first().map_or(32, size));
        let mut field = |tag: u64, fill: &dyn Fn(&mut Vec<u8>)| {
            payload.clear();
            fill(&mut payload);
            put(&mut out, tag);
            put_prefixed(&mut out, &payload);
        };
        field(SEQ, &|out| put(out, self.seq));
        field(TIME, &|out| put(out, self.time_millis));
        if self.origin != Origin::User {
            field(ORIGIN, &|out| out.push(self.origin as u8));
        }
        for change in &self.changes {
            field(CHANGE, &|out| {
                put(out, u64::from(change.tree.0));
                put_prefixed(out, &change.key);
                out.push(u8::from(change.value.is_some()) | if change.blind { BLIND } else { 0 });
                if let Some(value) = &change.value {
                    put_prefixed(out, value);
                }
            });
        }
        for old in &self.old_images {
            field(OLD_IMAGE, &|out| {
                put(out, old.change as u64);
                out.push(u8::from(old.item.is_some()));
                out.extend_from_slice(old.item.as_deref().unwrap_or_default());
            });
        }
        for (tree, key) in &self.index_deletes {
            field(INDEX_DELETE, &|out| {
                put(out, u64::from(tree.0));
                put_prefixed(out, key);
            });
        }
        if let Some(catalog) = &self.catalog {
            field(CATALOG, &|out| out.extend_from_slice(catalog));
        }
        for (tree, items, bytes) in &self.stats {
            field(STATS, &|out| {
                put(out, u64::from(tree.0));
                put(out, zigzag(*items));
                put(out, zigzag(*bytes));
            });
        }
        if let Some(part) = &self.transaction {
            field(TRANSACTION, &|out| {
                put(out, part.id);
                put(out, u64::from(part.part));
                put(out, u64::from(part.parts));
            });
        }
        for kept in &self.kept {
            field(KEPT, &|out| {
                put(out, kept.id.client);
                put(out, kept.id.request);
                put(out, kept.time_millis);
                out.extend_from_slice(kept.answer.as_deref().unwrap_or_default());
            });
        }
        if let Some(id) = self.request {
            put_request(&mut out, id, self.answer.as_deref());
        }
        out
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, Corruption> {
        Self::read(bytes).ok_or(Corruption::new("log record", 0, "malformed"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut record = Self::default();
        let mut seen_seq = false;
        let mut reader = Reader::new(bytes);
        while !reader.is_empty() {
            let tag = reader.leb()?;
            let mut field = Reader::new(reader.prefixed()?);
            match tag {
                SEQ => {
                    record.seq = field.counter()?;
                    seen_seq = true;
                }
                TIME => record.time_millis = field.counter()?,
                ORIGIN => record.origin = Origin::from_number(u64::from(field.u8()?))?,
                CHANGE => {
                    let tree = tree(&mut field)?;
                    let key = Bytes::from(field.prefixed()?);
                    let kind = field.u8()?;
                    let value = match kind & !BLIND {
                        0 => None,
                        1 => Some(Bytes::from(field.prefixed()?)),
                        _ => return None,
                    };
                    record.changes.push(LoggedChange { tree, key, value, blind: kind & BLIND != 0 });
                }
                INDEX_DELETE => {
                    record.index_deletes.push((tree(&mut field)?, Bytes::from(field.prefixed()?)));
                }
                OLD_IMAGE => {
                    let change = usize::try_from(field.leb()?).ok()?;
                    let item = (field.u8()? != 0).then(|| Bytes::from(field.rest()));
                    record.old_images.push(OldImage { change, item });
                }
                CATALOG => record.catalog = Some(field.rest().to_vec()),
                STATS => {
                    record.stats.push((tree(&mut field)?, unzigzag(field.leb()?), unzigzag(field.leb()?)));
                }
                REQUEST => record.request = Some(request_id(&mut field)?),
                // Of a request, which stands before it; without one it says nothing.
                ANSWER => record.answer = record.request.map(|_| Bytes::from(field.rest())),
                TRANSACTION => {
                    record.transaction = Some(TransactionPart {
                        id: field.leb()?,
                        part: u32::try_from(field.leb()?).ok()?,
                        parts: u32::try_from(field.leb()?).ok()?,
                    });
                }
                KEPT => {
                    let (id, time_millis) = (request_id(&mut field)?, field.counter()?);
                    let answer = Some(field.rest()).filter(|answer| !answer.is_empty()).map(Bytes::from);
                    record.kept.push(KeptAnswer { id, time_millis, answer });
                }
                _ => {}
            }
        }
        seen_seq.then_some(record)
    }
}

/// Adds to a record's bytes which request it answers, and how. What is answered is known only when the record is made.
#[inline(never)]
pub fn put_request(record: &mut Vec<u8>, id: RequestId, answer: Option<&[u8]>) {
    let mut payload = Vec::new();
    put(&mut payload, id.client);
    put(&mut payload, id.request);
    put(record, REQUEST);
    put_prefixed(record, &payload);
    if let Some(answer) = answer {
        put(record, ANSWER);
        put_prefixed(record, answer);
    }
}

fn request_id(field: &mut Reader<'_>) -> Option<RequestId> {
    Some(RequestId { client: field.leb()?, request: field.leb()? })
}

fn tree(field: &mut Reader<'_>) -> Option<TreeId> {
    u32::try_from(field.leb()?).ok().map(TreeId)
}
