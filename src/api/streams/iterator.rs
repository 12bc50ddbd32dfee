//! Shard iterators: a place in a shard, as a text that the caller hands back.

use super::find;
use crate::api::members::string;
use crate::api::{ApiError, ErrorKind};
use crate::engine::Engine;
use crate::engine::streams::{Position, RETENTION_MILLIS, Shard};
use crate::item::{MapRef, ValueRef};
use crate::storage::{SeqNo, TreeId};
use crate::wire::document::{DocWriter, MapWriter};

/// How long an iterator is good for.
const ITERATOR_MILLIS: u64 = 15 * 60 * 1000;

/// Where GetRecords goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShardIterator {
    /// The stream's ARN.
    pub stream: String,
    /// The shard's tree.
    pub tree: TreeId,
    /// The first record to read.
    pub from: Position,
    /// Records before this are passed over, in milliseconds since 1970.
    pub since: u64,
    /// The caller has named a record: that it is forgotten is an error.
    pub exact: bool,
    /// When it was given out.
    pub issued: u64,
}

impl ShardIterator {
    pub(super) fn text(&self) -> String {
        format!(
            "{}|1|{}|{}|{}|{}|{}|{}",
            self.stream,
            self.tree.0,
            self.from.seq.0,
            self.from.change,
            self.since,
            u8::from(self.exact),
            self.issued
        )
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('|');
        let stream = parts.next()?.to_owned();
        let mut number = || parts.next()?.parse::<u64>().ok();
        let version = number()?;
        let iterator = Self {
            stream,
            tree: TreeId(u32::try_from(number()?).ok()?),
            from: Position { seq: SeqNo(number()?), change: u16::try_from(number()?).ok()? },
            since: number()?,
            exact: number()? != 0,
            issued: number()?,
        };
        (version == 1 && parts.next().is_none()).then_some(iterator)
    }

    pub(super) fn has_expired(&self, now_millis: u64) -> bool {
        self.issued.saturating_add(ITERATOR_MILLIS) < now_millis
    }
}

pub(super) fn trimmed() -> ApiError {
    ApiError::new(ErrorKind::TrimmedDataAccess, "The data you are trying to access has been trimmed.")
}

fn invalid(what: &str) -> ApiError {
    ApiError::validation(format!("One or more parameter values were invalid: {what}"))
}

/// GetShardIterator.
pub(super) fn get(engine: &Engine, request: MapRef<'_>, now_millis: u64) -> Result<Vec<u8>, ApiError> {
    let text = |name: &[u8]| request.find(name).and_then(string);
    let (kind, number) = (text(b"ShardIteratorType").unwrap_or_default(), text(b"SequenceNumber"));
    let timestamp = request.find(b"Timestamp").and_then(ValueRef::number);
    let by_number = matches!(kind, "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER");
    match number {
        None if by_number => return Err(invalid("SequenceNumber cannot be null")),
        Some(_) if !by_number => {
            return Err(invalid("SequenceNumber should not be passed for this iterator type"));
        }
        _ => {}
    }
    if (kind == "AT_TIMESTAMP") != timestamp.is_some() {
        return Err(invalid(if timestamp.is_some() {
            "Timestamp should not be passed for this iterator type"
        } else {
            "Timestamp cannot be null"
        }));
    }
    let arn = text(b"StreamArn").unwrap_or_default();
    let stream = find(engine, arn, now_millis)?;
    let id = text(b"ShardId").unwrap_or_default();
    let Some(shard) = stream.readable(now_millis).find(|shard| shard.id() == id) else {
        return Err(ApiError::new(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: Shard: {id} in Stream: {arn} not found"),
        ));
    };
    let begin = Position { seq: shard.first, change: 0 };
    let (from, since) = match kind {
        "LATEST" => (Position { seq: SeqNo(engine.storage.durable().0 + 1), change: 0 }.max(begin), 0),
        "TRIM_HORIZON" => (begin, 0),
        "AT_TIMESTAMP" => {
            let millis = timestamp.map_or(0, |seconds| seconds.truncated(3));
            (begin, u64::try_from(millis).unwrap_or(0))
        }
        _ => {
            let at = position(shard, engine.storage.latest(), number.unwrap_or_default())?;
            (if kind == "AT_SEQUENCE_NUMBER" { at } else { at.next() }, 0)
        }
    };
    let iterator = ShardIterator {
        stream: arn.to_owned(),
        tree: shard.tree,
        from,
        since: since.max(now_millis.saturating_sub(RETENTION_MILLIS)),
        exact: by_number,
        issued: now_millis,
    };
    let mut out = DocWriter::default();
    let mut answer = MapWriter::new(&mut out);
    answer.text("ShardIterator", &iterator.text());
    answer.end();
    Ok(out.finish())
}

/// The place of a SequenceNumber, which must be one that the shard could have.
fn position(shard: &Shard, latest: SeqNo, number: &str) -> Result<Position, ApiError> {
    let last = shard.ended.map_or(latest, |(_, last)| last);
    let found = Position::parse(number).filter(|at| (shard.first..=last).contains(&at.seq));
    found.ok_or_else(|| ApiError::validation("Invalid SequenceNumber for the shard"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_iterator_is_read_back_and_others_are_refused() {
        let iterator = ShardIterator {
            stream: "arn:aws:dynamodb:local:000000000000:table/abc/stream/2026-01-01T00:00:00.000".into(),
            tree: TreeId(7),
            from: Position { seq: SeqNo(1 << 40), change: 3 },
            since: 12,
            exact: true,
            issued: 1_767_225_600_000,
        };
        assert_eq!(ShardIterator::parse(&iterator.text()), Some(iterator.clone()));
        assert!(!iterator.has_expired(iterator.issued + ITERATOR_MILLIS));
        assert!(iterator.has_expired(iterator.issued + ITERATOR_MILLIS + 1));
        let text = iterator.text();
        for bad in [
            "",
            "x",
            "|||||||",
            &text.replace("|1|", "|2|"),
            &format!("{text}|1"),
            &text.replace("|3|", "|70000|"),
        ] {
            assert_eq!(ShardIterator::parse(bad), None, "{bad}");
        }
    }
}
