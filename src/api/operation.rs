//! The operations by name and by the number that crosses the JavaScript boundary.

/// An operation this version answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum Operation {
    CreateTable = 0,
    DescribeTable = 1,
    ListTables = 2,
    DeleteTable = 3,
    PutItem = 4,
    GetItem = 5,
    UpdateItem = 6,
    DeleteItem = 7,
    Query = 8,
    Scan = 9,
    BatchGetItem = 10,
    BatchWriteItem = 11,
    TransactGetItems = 12,
    TransactWriteItems = 13,
    UpdateTable = 14,
    DescribeLimits = 15,
    TagResource = 16,
    UntagResource = 17,
    ListTagsOfResource = 18,
    ExecuteStatement = 19,
    BatchExecuteStatement = 20,
    ExecuteTransaction = 21,
}

impl Operation {
    /// All of them, in order of their numbers.
    pub const ALL: [Self; 22] = [
        Self::CreateTable,
        Self::DescribeTable,
        Self::ListTables,
        Self::DeleteTable,
        Self::PutItem,
        Self::GetItem,
        Self::UpdateItem,
        Self::DeleteItem,
        Self::Query,
        Self::Scan,
        Self::BatchGetItem,
        Self::BatchWriteItem,
        Self::TransactGetItems,
        Self::TransactWriteItems,
        Self::UpdateTable,
        Self::DescribeLimits,
        Self::TagResource,
        Self::UntagResource,
        Self::ListTagsOfResource,
        Self::ExecuteStatement,
        Self::BatchExecuteStatement,
        Self::ExecuteTransaction,
    ];

    /// The name, as in `X-Amz-Target: DynamoDB_20120810.<name>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CreateTable => "CreateTable",
            Self::DescribeTable => "DescribeTable",
            Self::ListTables => "ListTables",
            Self::DeleteTable => "DeleteTable",
            Self::PutItem => "PutItem",
            Self::GetItem => "GetItem",
            Self::UpdateItem => "UpdateItem",
            Self::DeleteItem => "DeleteItem",
            Self::Query => "Query",
            Self::Scan => "Scan",
            Self::BatchGetItem => "BatchGetItem",
            Self::BatchWriteItem => "BatchWriteItem",
            Self::TransactGetItems => "TransactGetItems",
            Self::TransactWriteItems => "TransactWriteItems",
            Self::UpdateTable => "UpdateTable",
            Self::DescribeLimits => "DescribeLimits",
            Self::TagResource => "TagResource",
            Self::UntagResource => "UntagResource",
            Self::ListTagsOfResource => "ListTagsOfResource",
            Self::ExecuteStatement => "ExecuteStatement",
            Self::BatchExecuteStatement => "BatchExecuteStatement",
            Self::ExecuteTransaction => "ExecuteTransaction",
        }
    }

    /// The operation of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.name() == name)
    }

    /// The operation of that number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }
}
