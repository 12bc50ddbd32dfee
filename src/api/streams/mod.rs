//! ListStreams, DescribeStream, GetShardIterator, GetRecords.

mod describe;
mod iterator;
mod records;

use super::step::{Answer, Environment, Step};
use super::{ApiError, ErrorKind, Operation};
use crate::engine::Engine;
use crate::engine::streams::Stream;
use crate::item::MapRef;
use crate::storage::SeqNo;
use std::rc::Rc;

use records::GetRecords;

/// An operation on streams.
pub enum StreamTask {
    /// One that reads the catalog alone, and was answered when it began.
    Answered(Option<Vec<u8>>),
    /// GetRecords.
    Records(Box<GetRecords>),
}

#[inline(never)]
pub(super) fn begin(
    engine: &Engine,
    operation: Operation,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<StreamTask, ApiError> {
    let now = environment.now_millis;
    let answer = match operation {
        Operation::ListStreams => describe::list(engine, request, now)?,
        Operation::DescribeStream => describe::describe(engine, request, now)?,
        Operation::GetShardIterator => iterator::get(engine, request, now)?,
        _ => return records::begin(engine, request, now).map(|get| StreamTask::Records(Box::new(get))),
    };
    Ok(StreamTask::Answered(Some(answer)))
}

impl StreamTask {
    #[inline(never)]
    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        match self {
            Self::Answered(answer) => {
                Step::Done(Answer::new(Ok(answer.take().unwrap_or_default()), SeqNo::default()))
            }
            Self::Records(get) => get.step(engine),
        }
    }
}

/// The stream of that ARN, as long as it has anything to read.
fn find<'a>(engine: &'a Engine, arn: &str, now_millis: u64) -> Result<&'a Rc<Stream>, ApiError> {
    let prefix = format!("arn:aws:dynamodb:{}:{}:table/", engine.region, engine.account);
    let Some((table, label)) = arn.strip_prefix(&prefix).and_then(|rest| rest.split_once("/stream/")) else {
        return Err(if arn.starts_with("arn:aws:dynamodb:") && arn.contains("/stream/") {
            not_found(arn)
        } else {
            ApiError::validation("Invalid StreamArn")
        });
    };
    // The newest first, should a table have been made twice in one moment.
    let mut streams = engine.tables().streams().readable(now_millis).rev();
    streams
        .find(|stream| stream.source.table_name == table && stream.label() == label)
        .ok_or_else(|| not_found(arn))
}

fn not_found(arn: &str) -> ApiError {
    ApiError::new(
        ErrorKind::ResourceNotFound,
        format!("Requested resource not found: Stream: {arn} not found"),
    )
}
