//! What the input of each operation looks like: its members, their types and limits, as DynamoDB's model has them.
//!
//! One description serves both doors. The JSON reader is guided by it and the constraint errors are derived from it.
//! It knows nothing of what the members mean, and it lists members the engine does not act on yet.

mod items;
mod statements;
mod streams;
mod tables;
#[cfg(test)]
mod tests;
mod transactions;

use crate::api::Operation;

/// No upper limit.
pub const UNBOUNDED: u32 = u32::MAX;

/// A type of the model.
#[derive(Debug)]
pub enum Shape {
    /// A string.
    Text(Text),
    /// A 32-bit integer.
    Integer(Limits),
    /// A 64-bit integer.
    Long(Limits),
    /// true or false.
    Boolean,
    /// Seconds since 1970, with parts of them.
    Timestamp,
    /// A list whose members all have one shape.
    List {
        /// Of the member count.
        limits: Size,
        /// Of every member.
        member: &'static Shape,
    },
    /// A map from strings.
    Map {
        /// Of the entry count.
        limits: Size,
        /// Of the keys; a [`Shape::Text`].
        key: &'static Shape,
        /// Of the values.
        value: &'static Shape,
    },
    /// A structure.
    Structure(Structure),
    /// One AttributeValue: user data, `AV` in a document.
    Value,
    /// A map from attribute names to AttributeValues: `ITEM` in a document.
    Attributes,
}

/// Limits of a string.
#[derive(Debug)]
pub struct Text {
    /// Of the length.
    pub size: Size,
    /// Which characters.
    pub pattern: Pattern,
    /// The values allowed, in the order DynamoDB prints them; empty when any is.
    pub one_of: &'static [&'static str],
    /// False when another value than `one_of` is refused with a sentence of its own, outside the constraint envelope.
    pub enveloped: bool,
}

/// Which characters a string may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Any.
    Any,
    /// `[a-zA-Z0-9_.-]+`.
    Name,
    /// A table's name, or its ARN. Stricter than the model, whose shape is 1 to 1024 characters of anything:
    /// the service looks inside.
    Table,
}

/// Least and greatest length.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Least.
    pub min: u32,
    /// Greatest, or [`UNBOUNDED`].
    pub max: u32,
}

/// Least and greatest number.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Least.
    pub min: i64,
    /// Greatest.
    pub max: i64,
}

/// A structure's members, in the model's order.
#[derive(Debug)]
pub struct Structure {
    /// The class name that DynamoDB's errors print.
    pub name: &'static str,
    /// At most 32.
    pub members: &'static [Member],
}

/// A member of a structure.
#[derive(Debug)]
pub struct Member {
    /// As on the wire.
    pub name: &'static str,
    /// A request without it is refused.
    pub required: bool,
    /// Its type.
    pub shape: &'static Shape,
}

impl Structure {
    /// The index of the member of that name.
    pub fn position(&self, name: &[u8]) -> Option<usize> {
        self.members.iter().position(|m| m.name.as_bytes() == name)
    }
}

impl Size {
    const ANY: Self = Self { min: 0, max: UNBOUNDED };

    const fn new(min: u32, max: u32) -> Self {
        Self { min, max }
    }
}

impl Shape {
    const fn text(min: u32, max: u32, pattern: Pattern) -> Self {
        Self::Text(Text { size: Size::new(min, max), pattern, one_of: &[], enveloped: true })
    }

    const fn one_of(values: &'static [&'static str]) -> Self {
        Self::Text(Text { size: Size::ANY, pattern: Pattern::Any, one_of: values, enveloped: true })
    }

    const fn list(min: u32, max: u32, member: &'static Self) -> Self {
        Self::List { limits: Size::new(min, max), member }
    }

    const fn map(min: u32, max: u32, key: &'static Self, value: &'static Self) -> Self {
        Self::Map { limits: Size::new(min, max), key, value }
    }

    const fn structure(name: &'static str, members: &'static [Member]) -> Self {
        Self::Structure(Structure { name, members })
    }

    /// The Java class in DynamoDB's conversion errors.
    pub fn class(&self) -> String {
        const OURS: &str = "com.amazonaws.dynamodb.v20120810";
        match self {
            Self::Text(_) => "java.lang.String".to_owned(),
            Self::Integer(_) => "java.lang.Integer".to_owned(),
            Self::Long(_) => "java.lang.Long".to_owned(),
            Self::Boolean => "java.lang.Boolean".to_owned(),
            Self::Timestamp => "java.util.Date".to_owned(),
            Self::List { member, .. } => format!("java.util.List<{}>", member.class()),
            Self::Map { value, .. } => format!("java.util.Map<java.lang.String, {}>", value.class()),
            Self::Structure(s) => format!("{OURS}.{}", s.name),
            Self::Value => format!("{OURS}.AttributeValue"),
            Self::Attributes => format!("java.util.Map<java.lang.String, {OURS}.AttributeValue>"),
        }
    }
}

const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: true, shape }
}

const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: false, shape }
}

/// The input of `operation`.
pub fn input(operation: Operation) -> &'static Structure {
    match operation {
        Operation::CreateTable => &tables::CREATE_TABLE,
        Operation::DescribeTable => &tables::DESCRIBE_TABLE,
        Operation::ListTables => &tables::LIST_TABLES,
        Operation::DeleteTable => &tables::DELETE_TABLE,
        Operation::UpdateTable => &tables::UPDATE_TABLE,
        Operation::DescribeLimits => &tables::DESCRIBE_LIMITS,
        Operation::TagResource => &tables::TAG_RESOURCE,
        Operation::UntagResource => &tables::UNTAG_RESOURCE,
        Operation::ListTagsOfResource => &tables::LIST_TAGS,
        Operation::UpdateTimeToLive => &tables::UPDATE_TIME_TO_LIVE,
        Operation::DescribeTimeToLive => &tables::DESCRIBE_TIME_TO_LIVE,
        Operation::DescribeEndpoints => &tables::DESCRIBE_ENDPOINTS,
        Operation::ListStreams => &streams::LIST_STREAMS,
        Operation::DescribeStream => &streams::DESCRIBE_STREAM,
        Operation::GetShardIterator => &streams::GET_SHARD_ITERATOR,
        Operation::GetRecords => &streams::GET_RECORDS,
        Operation::PutItem => &items::PUT_ITEM,
        Operation::GetItem => &items::GET_ITEM,
        Operation::UpdateItem => &items::UPDATE_ITEM,
        Operation::DeleteItem => &items::DELETE_ITEM,
        Operation::Query => &items::QUERY,
        Operation::Scan => &items::SCAN,
        Operation::BatchGetItem => &items::BATCH_GET_ITEM,
        Operation::BatchWriteItem => &items::BATCH_WRITE_ITEM,
        Operation::TransactGetItems => &transactions::TRANSACT_GET_ITEMS,
        Operation::TransactWriteItems => &transactions::TRANSACT_WRITE_ITEMS,
        Operation::ExecuteStatement => &statements::EXECUTE_STATEMENT,
        Operation::BatchExecuteStatement => &statements::BATCH_EXECUTE_STATEMENT,
        Operation::ExecuteTransaction => &statements::EXECUTE_TRANSACTION,
    }
}

static ANY_TEXT: Shape = Shape::text(0, UNBOUNDED, Pattern::Any);
static BOOLEAN: Shape = Shape::Boolean;
static ATTRIBUTES: Shape = Shape::Attributes;
static VALUE: Shape = Shape::Value;
static ATTRIBUTE_NAME: Shape = Shape::text(0, 65535, Pattern::Any);
static NAME: Shape = Shape::text(3, 255, Pattern::Name);
static TABLE: Shape = Shape::text(3, 255, Pattern::Table);
