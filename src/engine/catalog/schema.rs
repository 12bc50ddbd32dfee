//! A table's schema and settings.

use crate::item::Kind;
use crate::storage::TreeId;

/// All that is known of a table besides its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableSchema {
    /// Its name (not its ARN).
    pub name: String,
    /// The attributes that are keys of the table or of an index, in the order of the request.
    pub attributes: Vec<Attribute>,
    /// The partition key's attribute.
    pub hash: String,
    /// The sort key's attribute.
    pub range: Option<String>,
    /// Local secondary indexes, in the order of the request.
    pub lsis: Vec<IndexSchema>,
    /// Global secondary indexes, in the order of the request.
    pub gsis: Vec<IndexSchema>,
    /// How capacity is paid for.
    pub billing: BillingMode,
    /// Zero on a table that is paid per request.
    pub provisioned: Throughput,
    /// Limits of a table that is paid per request.
    pub on_demand: Option<OnDemand>,
    /// As the request gave it.
    pub warm: Option<Warm>,
    /// When the provisioned capacity was changed.
    pub changes: Changes,
    /// When it was last turned to being paid per request, if it was not made so.
    pub per_request_millis: Option<u64>,
    /// What the stream records, when there is one.
    pub stream: Option<StreamView>,
    /// When the newest stream was begun, if not with the table; it may have ended since.
    pub stream_millis: Option<u64>,
    /// The attribute that says when an item expires.
    pub ttl: Option<String>,
    /// When that was last changed.
    pub ttl_millis: Option<u64>,
    /// The commit from which on entries of items tell when these expire.
    pub ttl_seq: Option<u64>,
    /// Encryption with a key of KMS, when asked for.
    pub sse: Option<Sse>,
    /// When it was set.
    pub class: Option<TableClass>,
    /// In the order of the request.
    pub tags: Vec<Tag>,
    /// DeleteTable is refused.
    pub deletion_protection: bool,
    /// Milliseconds since 1970-01-01 UTC.
    pub created_millis: u64,
    /// A UUID, which tells a table from an earlier one of the same name.
    pub id: String,
    /// While it is made, changed or deleted, where that takes time.
    pub busy: Option<Busy>,
}

/// What is being done with a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// The TableStatus.
    pub status: BusyStatus,
    /// Until then, in milliseconds since 1970.
    pub until_millis: u64,
}

/// The TableStatus of a table that is not ACTIVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum BusyStatus {
    Creating,
    Updating,
    Deleting,
}

impl TableSchema {
    /// What is being done with the table at `now_millis`.
    pub fn busy_at(&self, now_millis: u64) -> Option<BusyStatus> {
        self.busy.filter(|busy| now_millis < busy.until_millis).map(|busy| busy.status)
    }

    /// The TableStatus.
    pub fn status_at(&self, now_millis: u64) -> &'static str {
        self.busy_at(now_millis).map_or("ACTIVE", BusyStatus::name)
    }

    /// Its deletion has come to its end.
    pub fn is_gone_at(&self, now_millis: u64) -> bool {
        self.busy.is_some_and(|busy| busy.status == BusyStatus::Deleting && busy.until_millis <= now_millis)
    }

    /// The declared type of a key attribute: S, N or B.
    pub fn attribute_kind(&self, attribute: &str) -> Option<Kind> {
        self.attributes.iter().find(|a| a.name == attribute).map(|a| a.kind)
    }

    /// It has a secondary index.
    pub fn has_indexes(&self) -> bool {
        !self.lsis.is_empty() || !self.gsis.is_empty()
    }

    /// `arn:aws:dynamodb:<region>:<account>:table/<name>`.
    pub fn arn(&self, region: &str, account: &str) -> String {
        format!("arn:aws:dynamodb:{region}:{account}:table/{}", self.name)
    }
}

/// A key attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// S, N or B.
    pub kind: Kind,
}

/// A secondary index. A local one has the table's partition key and one sort key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexSchema {
    /// Its name.
    pub name: String,
    /// One to four attributes that make the partition key.
    pub hash: Vec<String>,
    /// Up to four attributes that make the sort key.
    pub range: Vec<String>,
    /// Which attributes it holds.
    pub projection: Projection,
    /// Zero on a table that is paid per request, and of local indexes, which use the table's.
    pub provisioned: Throughput,
    /// Limits when paid per request.
    pub on_demand: Option<OnDemand>,
    /// As the request gave it.
    pub warm: Option<Warm>,
    /// When the provisioned capacity was changed.
    pub changes: Changes,
    /// Where its entries are. Absent of an index made with its table, whose trees follow each other.
    pub tree: Option<TreeId>,
    /// While it is being filled: the tree key of the last item of the table that was looked at.
    pub backfilled: Option<Vec<u8>>,
}

/// Which attributes an index holds, besides the keys of table and index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Projection {
    /// All.
    All,
    /// No others.
    KeysOnly,
    /// These too.
    Include(Vec<String>),
}

impl Projection {
    /// The ProjectionType.
    pub fn name(&self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::KeysOnly => "KEYS_ONLY",
            Self::Include(_) => "INCLUDE",
        }
    }
}

/// Provisioned capacity units per second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Throughput {
    pub read: u64,
    pub write: u64,
}

/// When provisioned capacity was changed, in milliseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Changes {
    pub increased: Option<u64>,
    pub decreased: Option<u64>,
    /// Decreases on the UTC day of the last one.
    pub decreases: u64,
}

const DAY: u64 = 86_400_000;

impl Changes {
    /// Decreases on the UTC day of `now`.
    pub fn decreases_today(&self, now: u64) -> u64 {
        if self.decreased.is_some_and(|last| last / DAY == now / DAY) { self.decreases } else { 0 }
    }
}

/// Most request units per second; no limit when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct OnDemand {
    pub max_read: Option<u64>,
    pub max_write: Option<u64>,
}

/// Units per second that a table is ready for at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Warm {
    pub read: u64,
    pub write: u64,
}

impl Warm {
    /// What a table that is paid per request starts with.
    pub const ON_DEMAND: Self = Self { read: 12_000, write: 4_000 };
}

/// How capacity is paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum BillingMode {
    Provisioned,
    PayPerRequest,
}

/// What a stream records of each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum StreamView {
    NewImage,
    OldImage,
    NewAndOldImages,
    KeysOnly,
}

/// Encryption with a KMS key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sse {
    /// Id or ARN; `None` for the key that AWS manages.
    pub key: Option<String>,
}

/// A storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are DynamoDB's")]
pub enum TableClass {
    Standard,
    StandardInfrequentAccess,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Tag {
    pub key: String,
    pub value: String,
}

/// An enum whose values have names in requests, answers and on disk.
pub(in crate::engine) trait Named: Copy + 'static {
    /// All values and their names.
    const NAMES: &'static [(Self, &'static str)];

    /// The value of that name.
    fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, n)| *n == name).map(|(value, _)| *value)
    }
}

macro_rules! named {
    ($type:ident { $($value:ident = $name:literal),* $(,)? }) => {
        impl Named for $type {
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$value, $name)),*];
        }

        impl $type {
            /// The name, as DynamoDB spells it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name),*
                }
            }
        }
    };
}

named!(BillingMode { Provisioned = "PROVISIONED", PayPerRequest = "PAY_PER_REQUEST" });
named!(BusyStatus { Creating = "CREATING", Updating = "UPDATING", Deleting = "DELETING" });
named!(StreamView {
    NewImage = "NEW_IMAGE",
    OldImage = "OLD_IMAGE",
    NewAndOldImages = "NEW_AND_OLD_IMAGES",
    KeysOnly = "KEYS_ONLY",
});
named!(TableClass { Standard = "STANDARD", StandardInfrequentAccess = "STANDARD_INFREQUENT_ACCESS" });
