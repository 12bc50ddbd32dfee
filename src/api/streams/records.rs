//! GetRecords: a page of a shard, from an iterator on.

use super::iterator::{ShardIterator, trimmed};
use crate::api::members::{integer, string};
use crate::api::step::{Answer, Step};
use crate::api::{ApiError, ErrorKind};
use crate::engine::Engine;
use crate::engine::catalog::StreamView;
use crate::engine::streams::{Position, RETENTION_MILLIS, Stream, StreamEntry};
use crate::item::{ItemRef, MapRef, tag};
use crate::storage::{Cursor, CursorStep, SeqNo};
use crate::wire::document::{DocWriter, MapWriter};
use std::rc::Rc;

/// Records of one answer.
const MOST: usize = 1000;
/// An answer ends once it holds as many bytes of records.
const PAGE_BYTES: usize = 1 << 20;

/// A page under way.
pub struct GetRecords {
    iterator: ShardIterator,
    stream: Rc<Stream>,
    region: String,
    limit: usize,
    now_millis: u64,
    cursor: Option<Cursor>,
    /// What was durable when the page began.
    at: SeqNo,
    records: DocWriter,
    count: usize,
    bytes: usize,
}

pub(super) fn begin(engine: &Engine, request: MapRef<'_>, now_millis: u64) -> Result<GetRecords, ApiError> {
    let text = request.find(b"ShardIterator").and_then(string).unwrap_or_default();
    let iterator = ShardIterator::parse(text).ok_or_else(|| ApiError::validation("Invalid ShardIterator"))?;
    let limit = request.find(b"Limit").and_then(integer).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.unwrap_or(MOST);
    if limit > MOST {
        return Err(ApiError::validation(
            "One or more parameter values were invalid: Limit should be less than or equal to 1000",
        ));
    }
    if iterator.has_expired(now_millis) {
        return Err(ApiError::new(
            ErrorKind::ExpiredIterator,
            "Iterator expired. The provided iterator exceeds the maximum age allowed.",
        ));
    }
    let stream = Rc::clone(super::find(engine, &iterator.stream, now_millis)?);
    if stream.readable(now_millis).all(|shard| shard.tree != iterator.tree) {
        return Err(trimmed());
    }
    Ok(GetRecords {
        iterator,
        stream,
        region: engine.region.clone(),
        limit,
        now_millis,
        cursor: None,
        at: SeqNo::default(),
        records: DocWriter::default(),
        count: 0,
        bytes: 0,
    })
}

impl GetRecords {
    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut cursor = self.cursor.take().unwrap_or_else(|| {
            // Only what is durable has happened.
            self.at = engine.storage.durable();
            engine.storage.cursor(self.iterator.tree, self.iterator.from.key(), None, false, self.at)
        });
        let drained = loop {
            if self.count >= self.limit || self.bytes >= PAGE_BYTES {
                break false;
            }
            match cursor.next(&mut engine.storage) {
                CursorStep::Entry { key, value, .. } => {
                    if let Err(error) = self.take(&key, &value) {
                        return Step::Done(Answer::new(Err(error), SeqNo::default()));
                    }
                }
                CursorStep::End => break true,
                CursorStep::Missing(blocks) => {
                    self.cursor = Some(cursor);
                    return Step::Missing(blocks);
                }
            }
        };
        drop(cursor);
        Step::Done(Answer::new(Ok(self.answer(drained)), SeqNo::default()))
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), ApiError> {
        let (Some(position), Some(entry)) = (Position::of_key(key), StreamEntry::parse(value)) else {
            return Ok(());
        };
        if self.iterator.exact && entry.time_millis.saturating_add(RETENTION_MILLIS) < self.now_millis {
            return Err(trimmed());
        }
        self.iterator.from = position.next();
        if entry.time_millis < self.iterator.since {
            return Ok(());
        }
        self.iterator.exact = false;
        self.count += 1;
        self.bytes += value.len();
        self.write(position, &entry);
        Ok(())
    }

    fn write(&mut self, position: Position, entry: &StreamEntry<'_>) {
        let mut map = MapWriter::new(&mut self.records);
        let SeqNo(seq) = position.seq;
        map.text("eventID", &format!("{:012x}{seq:016x}{:04x}", self.stream.begun_millis, position.change));
        map.text("eventName", entry.event);
        map.text("eventVersion", "1.1");
        map.text("eventSource", "aws:dynamodb");
        map.text("awsRegion", &self.region);
        map.map("dynamodb", |map| {
            map.integer("ApproximateCreationDateTime", entry.time_millis / 1000);
            let mut bytes = 0;
            let mut image = |map: &mut MapWriter<'_>, name: &str, item: &ItemRef<'_>| {
                map.member(name).item(item);
                bytes += item.size();
            };
            if let Some(item) = entry.new.or(entry.old) {
                image(map, "Keys", &self.stream.source.keys(item.map()).as_ref());
            }
            if let Some(new) = entry.new.as_ref().filter(|_| self.stream.shows_new()) {
                image(map, "NewImage", new);
            }
            if let Some(old) = entry.old.as_ref().filter(|_| self.stream.shows_old()) {
                image(map, "OldImage", old);
            }
            map.text("SequenceNumber", &position.number());
            map.integer("SizeBytes", u64::from(bytes));
            map.text("StreamViewType", StreamView::name(self.stream.view));
        });
        if entry.expired {
            map.map("userIdentity", |map| {
                map.text("PrincipalId", "dynamodb.amazonaws.com");
                map.text("Type", "Service");
            });
        }
        map.end();
    }

    fn answer(&mut self, drained: bool) -> Vec<u8> {
        let records = std::mem::take(&mut self.records).finish();
        // A shard that has ended is at its end once all of it is durable.
        let ended =
            self.stream.shards.iter().find(|shard| shard.tree == self.iterator.tree).and_then(|s| s.ended);
        let over = drained && ended.is_some_and(|(_, last)| last <= self.at);
        let mut out = DocWriter::with_capacity(records.len() + 256);
        let open = out.begin(tag::MAP, 1 + usize::from(!over));
        out.name("Records");
        let list = out.begin(tag::LIST, self.count);
        out.raw(&records);
        out.end(list);
        if !over {
            self.iterator.issued = self.now_millis;
            out.name("NextShardIterator");
            out.string(self.iterator.text().as_bytes());
        }
        out.end(open);
        out.finish()
    }
}
