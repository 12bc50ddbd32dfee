//! The few kinds of failure a caller sees. DynamoDB has named most of them.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

/// What a caller should do next decides the kind; the names are DynamoDB's exception names, then our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum ErrorKind {
    AccessDenied,
    Validation,
    ConditionalCheckFailed,
    DuplicateItem,
    ResourceNotFound,
    ResourceInUse,
    LimitExceeded,
    ItemCollectionSizeLimitExceeded,
    TransactionCanceled,
    TransactionConflict,
    ExpiredIterator,
    TrimmedDataAccess,
    IdempotentParameterMismatch,
    ProvisionedThroughputExceeded,
    Serialization,
    UnknownOperation,
    InternalServerError,
    /// Ours: the store has no space left. Nothing was written; reads go on.
    StorageFull,
    /// Ours: the storage failed; the write did not happen.
    StorageFailed,
    /// Ours: the database was closed, or another owner took it.
    DatabaseClosed,
}

impl ErrorKind {
    /// The exception's name, as SDKs spell it in `error.name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::Validation => "ValidationException",
            Self::ConditionalCheckFailed => "ConditionalCheckFailedException",
            Self::DuplicateItem => "DuplicateItemException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::ResourceInUse => "ResourceInUseException",
            Self::LimitExceeded => "LimitExceededException",
            Self::ItemCollectionSizeLimitExceeded => "ItemCollectionSizeLimitExceededException",
            Self::TransactionCanceled => "TransactionCanceledException",
            Self::TransactionConflict => "TransactionConflictException",
            Self::ExpiredIterator => "ExpiredIteratorException",
            Self::TrimmedDataAccess => "TrimmedDataAccessException",
            Self::IdempotentParameterMismatch => "IdempotentParameterMismatchException",
            Self::ProvisionedThroughputExceeded => "ProvisionedThroughputExceededException",
            Self::Serialization => "SerializationException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::InternalServerError => "InternalServerError",
            Self::StorageFull => "StorageFullException",
            Self::StorageFailed => "StorageFailedException",
            Self::DatabaseClosed => "DatabaseClosedException",
        }
    }

    /// The `__type` prefix on the wire, without the `#`.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::Validation => "com.amazon.coral.validate",
            Self::Serialization | Self::UnknownOperation => "com.amazon.coral.service",
            Self::StorageFull | Self::StorageFailed | Self::DatabaseClosed => "dev.dynatab",
            _ => "com.amazonaws.dynamodb.v20120810",
        }
    }

    /// HTTP status: 400 for what the caller did, 500 for what we did, 503 and 507 for what the storage did.
    pub fn status(self) -> u16 {
        match self {
            Self::InternalServerError => 500,
            Self::StorageFull => 507,
            Self::StorageFailed | Self::DatabaseClosed => 503,
            _ => 400,
        }
    }
}

/// A failed operation. One pointer wide: every `?` on the way out moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError(Box<Failure>);

/// What an [`ApiError`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which exception.
    pub kind: ErrorKind,
    /// The exact sentence.
    pub message: Cow<'static, str>,
    /// The canonical item that failed the condition, when the request asked for it.
    pub item: Option<Vec<u8>>,
    /// Of a cancelled transaction: one for each action.
    pub reasons: Vec<Reason>,
    /// It answers a statement of PartiQL, which spells one of its members in another way.
    pub statement: bool,
    /// It refuses a whole transaction, and is no reason beside others.
    pub whole: bool,
}

/// Why an action cancelled its transaction, or that it did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// DynamoDB's word: `None`, `ConditionalCheckFailed`, `ValidationError`.
    pub code: &'static str,
    /// Empty with `None`.
    pub message: Cow<'static, str>,
    /// The canonical item that failed the condition, when the request asked for it.
    pub item: Option<Vec<u8>>,
}

impl Reason {
    /// The action had no part in it.
    pub fn none() -> Self {
        Self { code: "None", message: Cow::Borrowed(""), item: None }
    }
}

impl ApiError {
    /// An error of `kind` that says `message`.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self::of(kind, message.into())
    }

    #[cold]
    fn of(kind: ErrorKind, message: Cow<'static, str>) -> Self {
        Self(Box::new(Failure {
            kind,
            message,
            item: None,
            reasons: Vec::new(),
            statement: false,
            whole: false,
        }))
    }

    /// A ValidationException.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Validation, message)
    }

    /// The same, which refuses a whole transaction too.
    #[cold]
    pub(super) fn of_whole(mut self) -> Self {
        self.whole = true;
        self
    }
}

impl Deref for ApiError {
    type Target = Failure;

    fn deref(&self) -> &Failure {
        &self.0
    }
}

impl DerefMut for ApiError {
    fn deref_mut(&mut self) -> &mut Failure {
        &mut self.0
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.message)
    }
}

impl std::error::Error for ApiError {}
