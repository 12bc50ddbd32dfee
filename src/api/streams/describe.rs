//! What there is: streams, and the shards of one.

use std::rc::Rc;

use super::find;
use crate::api::ApiError;
use crate::api::members::{integer, map, string};
use crate::engine::Engine;
use crate::engine::catalog::describe::date;
use crate::engine::streams::{Position, Shard, Stream};
use crate::item::MapRef;
use crate::storage::SeqNo;
use crate::wire::document::{DocWriter, MapWriter};

/// Streams or shards of one answer.
const PAGE: usize = 100;

/// How many of a page are wanted.
fn limit(request: MapRef<'_>) -> Result<usize, ApiError> {
    let limit = request.find(b"Limit").and_then(integer).and_then(|limit| usize::try_from(limit).ok());
    match limit {
        Some(limit) if limit > PAGE => Err(ApiError::validation(
            "One or more parameter values were invalid: Limit cannot be greater than the maximum allowed size: 100",
        )),
        limit => Ok(limit.unwrap_or(PAGE)),
    }
}

pub(super) fn list(engine: &Engine, request: MapRef<'_>, now_millis: u64) -> Result<Vec<u8>, ApiError> {
    let text = |name: &[u8]| request.find(name).and_then(string);
    let table = text(b"TableName");
    let limit = limit(request)?;
    let mut streams: Vec<&Rc<Stream>> = engine.tables().streams().readable(now_millis).collect();
    if let Some(table) = table {
        streams.retain(|stream| stream.source.table_name == table);
    }
    let mut from = 0;
    if let Some(start) = text(b"ExclusiveStartStreamArn") {
        let start = find(engine, start, now_millis)?;
        from = streams.iter().position(|stream| Rc::ptr_eq(stream, start)).map_or(0, |at| at + 1);
    }
    let arn = |stream: &Stream| stream.arn(&engine.region, &engine.account);
    let page: Vec<_> = streams.iter().skip(from).take(limit).collect();
    let mut out = DocWriter::default();
    let mut answer = MapWriter::new(&mut out);
    answer.list("Streams", page.iter(), |writer, stream| {
        let mut map = MapWriter::new(writer);
        map.text("StreamArn", &arn(stream));
        map.text("TableName", &stream.source.table_name);
        map.text("StreamLabel", &stream.label());
        map.end();
    });
    if let Some(last) = page.last().filter(|_| from + page.len() < streams.len()) {
        answer.text("LastEvaluatedStreamArn", &arn(last));
    }
    answer.end();
    Ok(out.finish())
}

pub(super) fn describe(engine: &Engine, request: MapRef<'_>, now_millis: u64) -> Result<Vec<u8>, ApiError> {
    let text = |name: &[u8]| request.find(name).and_then(string);
    let limit = limit(request)?;
    let stream = find(engine, text(b"StreamArn").unwrap_or_default(), now_millis)?;
    let filter = request.find(b"ShardFilter").and_then(map);
    let parent = filter.and_then(|filter| filter.find(b"ShardId")).and_then(string);
    if filter.is_some() && parent.is_none() {
        return Err(ApiError::validation(
            "One or more parameter values were invalid: ShardId cannot be null in ShardFilter",
        ));
    }
    let start = text(b"ExclusiveStartShardId");
    let shards: Vec<&Shard> = stream
        .readable(now_millis)
        .filter(|shard| parent.is_none() || shard.parent_id().as_deref() == parent)
        .collect();
    let from = start.map_or(0, |start| {
        // Ids begin with the time: what follows one that is forgotten is what is later.
        shards.iter().position(|shard| shard.id().as_str() > start).unwrap_or(shards.len())
    });
    let page: Vec<_> = shards.iter().skip(from).take(limit).collect();
    let mut out = DocWriter::default();
    let mut answer = MapWriter::new(&mut out);
    answer.map("StreamDescription", |map| {
        map.text("StreamArn", &stream.arn(&engine.region, &engine.account));
        map.text("StreamLabel", &stream.label());
        map.text("StreamStatus", if stream.shards.open().is_some() { "ENABLED" } else { "DISABLED" });
        map.text("StreamViewType", stream.view.name());
        date(map, "CreationRequestDateTime", stream.begun_millis);
        map.text("TableName", &stream.source.table_name);
        let keys: Vec<_> = std::iter::once((&stream.source.hash, "HASH"))
            .chain(stream.source.range.iter().map(|r| (r, "RANGE")))
            .collect();
        map.list("KeySchema", keys.into_iter(), |writer, (name, kind)| {
            let mut map = MapWriter::new(writer);
            map.text("AttributeName", name);
            map.text("KeyType", kind);
            map.end();
        });
        map.list("Shards", page.iter(), |writer, shard| describe_shard(writer, shard));
        if let Some(last) = page.last().filter(|_| from + page.len() < shards.len()) {
            map.text("LastEvaluatedShardId", &last.id());
        }
    });
    answer.end();
    Ok(out.finish())
}

fn describe_shard(writer: &mut DocWriter, shard: &Shard) {
    let number = |seq: SeqNo, change: u16| Position { seq, change }.number();
    let mut map = MapWriter::new(writer);
    map.text("ShardId", &shard.id());
    map.map("SequenceNumberRange", |map| {
        map.text("StartingSequenceNumber", &number(shard.first, 0));
        if let Some((_, last)) = shard.ended {
            map.text("EndingSequenceNumber", &number(last, u16::MAX));
        }
    });
    if let Some(parent) = shard.parent_id() {
        map.text("ParentShardId", &parent);
    }
    map.end();
}
