//! Inputs of the operations on streams.

use super::{Limits, NAME, Pattern, Shape, Structure, optional, required};

pub(super) static LIST_STREAMS: Structure = Structure {
    name: "ListStreamsInput",
    members: &[
        optional("TableName", &NAME),
        optional("Limit", &LIMIT),
        optional("ExclusiveStartStreamArn", &STREAM_ARN),
    ],
};

pub(super) static DESCRIBE_STREAM: Structure = Structure {
    name: "DescribeStreamInput",
    members: &[
        required("StreamArn", &STREAM_ARN),
        optional("Limit", &LIMIT),
        optional("ExclusiveStartShardId", &SHARD_ID),
        optional(
            "ShardFilter",
            &Shape::structure(
                "ShardFilter",
                &[optional("Type", &Shape::one_of(&["CHILD_SHARDS"])), optional("ShardId", &SHARD_ID)],
            ),
        ),
    ],
};

pub(super) static GET_SHARD_ITERATOR: Structure = Structure {
    name: "GetShardIteratorInput",
    members: &[
        required("StreamArn", &STREAM_ARN),
        required("ShardId", &SHARD_ID),
        required(
            "ShardIteratorType",
            &Shape::one_of(&[
                "AFTER_SEQUENCE_NUMBER",
                "LATEST",
                "AT_SEQUENCE_NUMBER",
                "TRIM_HORIZON",
                "AT_TIMESTAMP",
            ]),
        ),
        optional("SequenceNumber", &Shape::text(21, 40, Pattern::Any)),
        optional("Timestamp", &Shape::Timestamp),
    ],
};

pub(super) static GET_RECORDS: Structure = Structure {
    name: "GetRecordsInput",
    members: &[required("ShardIterator", &Shape::text(1, 2048, Pattern::Any)), optional("Limit", &LIMIT)],
};

static STREAM_ARN: Shape = Shape::text(37, 1024, Pattern::Any);
static SHARD_ID: Shape = Shape::text(28, 65, Pattern::Any);
static LIMIT: Shape = Shape::Integer(Limits { min: 1, max: i32::MAX as i64 });
