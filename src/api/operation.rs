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
    UpdateTimeToLive = 22,
    DescribeTimeToLive = 23,
    DescribeEndpoints = 24,
    ListStreams = 25,
    DescribeStream = 26,
    GetShardIterator = 27,
    GetRecords = 28,
}

impl Operation {
    /// All of them, in order of their numbers.
    pub const ALL: [Self; 29] = [
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
        Self::UpdateTimeToLive,
        Self::DescribeTimeToLive,
        Self::DescribeEndpoints,
        Self::ListStreams,
        Self::DescribeStream,
        Self::GetShardIterator,
        Self::GetRecords,
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
            Self::UpdateTimeToLive => "UpdateTimeToLive",
            Self::DescribeTimeToLive => "DescribeTimeToLive",
            Self::DescribeEndpoints => "DescribeEndpoints",
            Self::ListStreams => "ListStreams",
            Self::DescribeStream => "DescribeStream",
            Self::GetShardIterator => "GetShardIterator",
            Self::GetRecords => "GetRecords",
        }
    }

    /// What stands before the name in `X-Amz-Target`.
    pub fn target_prefix(self) -> &'static str {
        match self {
            Self::ListStreams | Self::DescribeStream | Self::GetShardIterator | Self::GetRecords => {
                "DynamoDBStreams_20120810."
            }
            _ => "DynamoDB_20120810.",
        }
    }

    /// The operation of that `X-Amz-Target`.
    pub fn from_target(target: &str) -> Option<Self> {
        let (_, name) = target.rsplit_once('.')?;
        Self::from_name(name).filter(|op| target.strip_suffix(name) == Some(op.target_prefix()))
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

/// Operations of the service that are still to come: until then they are answered as the service answers unknown ones.
pub const TO_COME: [&str; 37] = [
    "CancelBulkOperation",
    "CreateBackup",
    "CreateGlobalTable",
    "DeleteBackup",
    "DeleteResourcePolicy",
    "DescribeBackup",
    "DescribeBulkOperation",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "DescribeTableReplicaAutoScaling",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExportTableToPointInTime",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListBulkOperations",
    "ListContributorInsights",
    "ListExports",
    "ListGlobalTables",
    "ListImports",
    "PutResourcePolicy",
    "RestoreTableFromBackup",
    "RestoreTableToPointInTime",
    "SearchVectors",
    "StartBulkPutItems",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination",
    "UpdateTableReplicaAutoScaling",
];
