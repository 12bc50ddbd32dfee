//! Inputs of the operations on tables.

use super::{
    ANY_TEXT, ATTRIBUTE_NAME, BOOLEAN, Limits, Member, NAME, Pattern, Shape, Size, Structure, TABLE, Text,
    UNBOUNDED, optional, required,
};

pub(super) static CREATE_TABLE: Structure = Structure {
    name: "CreateTableInput",
    members: &[
        // The model demands these two only of tables that are not replicas of another account's table.
        required("AttributeDefinitions", &ATTRIBUTE_DEFINITIONS),
        required("TableName", &TABLE),
        required("KeySchema", &TABLE_KEY_SCHEMA),
        optional("LocalSecondaryIndexes", &LOCAL_INDEXES),
        optional("GlobalSecondaryIndexes", &GLOBAL_INDEXES),
        optional("BillingMode", &BILLING_MODE),
        optional("ProvisionedThroughput", &PROVISIONED),
        optional("StreamSpecification", &STREAM),
        optional("SSESpecification", &SSE),
        optional("Tags", &TAGS),
        optional("TableClass", &TABLE_CLASS),
        optional("DeletionProtectionEnabled", &BOOLEAN),
        optional("WarmThroughput", &WARM),
        optional("ResourcePolicy", &ANY_TEXT),
        optional("OnDemandThroughput", &ON_DEMAND),
        optional("GlobalTableSourceArn", &ARN),
        optional("GlobalTableSettingsReplicationMode", &SETTINGS_REPLICATION),
        optional("VectorIndexes", &VECTOR_INDEXES),
    ],
};

pub(super) static DESCRIBE_TABLE: Structure =
    Structure { name: "DescribeTableInput", members: &[required("TableName", &TABLE)] };

pub(super) static DELETE_TABLE: Structure =
    Structure { name: "DeleteTableInput", members: &[required("TableName", &TABLE)] };

pub(super) static LIST_TABLES: Structure = Structure {
    name: "ListTablesInput",
    members: &[
        optional("ExclusiveStartTableName", &NAME),
        optional("Limit", &Shape::Integer(Limits { min: 1, max: 100 })),
    ],
};

pub(super) static UPDATE_TABLE: Structure = Structure {
    name: "UpdateTableInput",
    members: &[
        optional("AttributeDefinitions", &ATTRIBUTE_DEFINITIONS),
        required("TableName", &TABLE),
        optional("BillingMode", &BILLING_MODE),
        optional("ProvisionedThroughput", &PROVISIONED),
        optional("GlobalSecondaryIndexUpdates", &Shape::list(0, UNBOUNDED, &GLOBAL_INDEX_UPDATE)),
        optional("StreamSpecification", &STREAM),
        optional("SSESpecification", &SSE),
        optional("ReplicaUpdates", &Shape::list(1, UNBOUNDED, &ANYTHING)),
        optional("TableClass", &TABLE_CLASS),
        optional("DeletionProtectionEnabled", &BOOLEAN),
        optional("MultiRegionConsistency", &Shape::one_of(&["EVENTUAL", "STRONG"])),
        optional("GlobalTableWitnessUpdates", &Shape::list(1, 1, &ANYTHING)),
        optional("OnDemandThroughput", &ON_DEMAND),
        optional("WarmThroughput", &WARM),
        optional("GlobalTableSettingsReplicationMode", &SETTINGS_REPLICATION),
        optional("DisassociationProtectionEnabled", &BOOLEAN),
        optional("VectorIndexUpdates", &Shape::list(0, UNBOUNDED, &ANYTHING)),
    ],
};

pub(super) static DESCRIBE_LIMITS: Structure = Structure { name: "DescribeLimitsInput", members: &[] };

pub(super) static DESCRIBE_ENDPOINTS: Structure =
    Structure { name: "DescribeEndpointsRequest", members: &[] };

pub(super) static UPDATE_TIME_TO_LIVE: Structure = Structure {
    name: "UpdateTimeToLiveInput",
    members: &[
        required("TableName", &TABLE),
        required(
            "TimeToLiveSpecification",
            &Shape::structure(
                "TimeToLiveSpecification",
                &[required("Enabled", &BOOLEAN), required("AttributeName", &KEY_NAME)],
            ),
        ),
    ],
};

pub(super) static DESCRIBE_TIME_TO_LIVE: Structure =
    Structure { name: "DescribeTimeToLiveInput", members: &[required("TableName", &TABLE)] };

pub(super) static TAG_RESOURCE: Structure = Structure {
    name: "TagResourceInput",
    members: &[required("ResourceArn", &RESOURCE), required("Tags", &TAGS)],
};

pub(super) static UNTAG_RESOURCE: Structure = Structure {
    name: "UntagResourceInput",
    members: &[
        required("ResourceArn", &RESOURCE),
        required("TagKeys", &Shape::list(0, UNBOUNDED, &Shape::text(1, 128, Pattern::Any))),
    ],
};

pub(super) static LIST_TAGS: Structure = Structure {
    name: "ListTagsOfResourceInput",
    members: &[required("ResourceArn", &RESOURCE), optional("NextToken", &ANY_TEXT)],
};

static RESOURCE: Shape = Shape::text(1, 1283, Pattern::Any);
/// A structure of features that are refused whatever it says.
static ANYTHING: Shape = Shape::structure("", &[]);

static GLOBAL_INDEX_UPDATE: Shape = Shape::structure(
    "GlobalSecondaryIndexUpdate",
    &[
        optional("Update", &UPDATE_GLOBAL_INDEX),
        optional("Create", &CREATE_GLOBAL_INDEX),
        optional(
            "Delete",
            &Shape::structure("DeleteGlobalSecondaryIndexAction", &[required("IndexName", &NAME)]),
        ),
    ],
);
static UPDATE_GLOBAL_INDEX: Shape = Shape::structure(
    "UpdateGlobalSecondaryIndexAction",
    &[
        required("IndexName", &NAME),
        optional("ProvisionedThroughput", &PROVISIONED),
        optional("OnDemandThroughput", &ON_DEMAND),
        optional("WarmThroughput", &WARM),
    ],
);

static ARN: Shape = Shape::text(1, 1024, Pattern::Any);
static KEY_NAME: Shape = Shape::text(1, 255, Pattern::Any);
static LONG: Shape = Shape::Long(Limits { min: i64::MIN, max: i64::MAX });
static POSITIVE_LONG: Shape = Shape::Long(Limits { min: 1, max: i64::MAX });
static BILLING_MODE: Shape = Shape::one_of(&["PROVISIONED", "PAY_PER_REQUEST"]);
static SETTINGS_REPLICATION: Shape = Shape::one_of(&["ENABLED", "DISABLED", "ENABLED_WITH_OVERRIDES"]);
static TABLE_CLASS: Shape = Shape::Text(Text {
    size: Size::ANY,
    pattern: Pattern::Any,
    one_of: &["STANDARD", "STANDARD_INFREQUENT_ACCESS"],
    enveloped: false,
});

static ATTRIBUTE_DEFINITIONS: Shape = Shape::list(0, UNBOUNDED, &ATTRIBUTE_DEFINITION);
static ATTRIBUTE_DEFINITION: Shape = Shape::structure(
    "AttributeDefinition",
    &[required("AttributeName", &KEY_NAME), required("AttributeType", &Shape::one_of(&["B", "N", "S"]))],
);

/// Of tables and local indexes. The model has no maximum, since global indexes share its shape; the service has.
static TABLE_KEY_SCHEMA: Shape = Shape::list(1, 2, &KEY_SCHEMA_ELEMENT);
static INDEX_KEY_SCHEMA: Shape = Shape::list(1, UNBOUNDED, &KEY_SCHEMA_ELEMENT);
static KEY_SCHEMA_ELEMENT: Shape = Shape::structure(
    "KeySchemaElement",
    &[required("AttributeName", &KEY_NAME), required("KeyType", &Shape::one_of(&["HASH", "RANGE"]))],
);

static PROJECTION: Shape = Shape::structure(
    "Projection",
    &[
        optional("ProjectionType", &Shape::one_of(&["ALL", "INCLUDE", "KEYS_ONLY"])),
        // The model's least length is 1; the service says so in a sentence of its own (catalog::projection).
        optional("NonKeyAttributes", &Shape::list(0, 20, &KEY_NAME)),
    ],
);

static LOCAL_INDEXES: Shape = Shape::list(0, UNBOUNDED, &LOCAL_INDEX);
static LOCAL_INDEX: Shape = Shape::structure(
    "LocalSecondaryIndex",
    &[
        required("IndexName", &NAME),
        required("KeySchema", &TABLE_KEY_SCHEMA),
        required("Projection", &PROJECTION),
    ],
);

static GLOBAL_INDEXES: Shape = Shape::list(0, UNBOUNDED, &GLOBAL_INDEX);
static GLOBAL_INDEX: Shape = Shape::structure("GlobalSecondaryIndex", &GLOBAL_INDEX_MEMBERS);
static CREATE_GLOBAL_INDEX: Shape =
    Shape::structure("CreateGlobalSecondaryIndexAction", &GLOBAL_INDEX_MEMBERS);
static GLOBAL_INDEX_MEMBERS: [Member; 6] = [
    required("IndexName", &NAME),
    required("KeySchema", &INDEX_KEY_SCHEMA),
    required("Projection", &PROJECTION),
    optional("ProvisionedThroughput", &PROVISIONED),
    optional("OnDemandThroughput", &ON_DEMAND),
    optional("WarmThroughput", &WARM),
];

static PROVISIONED: Shape = Shape::structure(
    "ProvisionedThroughput",
    &[required("ReadCapacityUnits", &POSITIVE_LONG), required("WriteCapacityUnits", &POSITIVE_LONG)],
);
static ON_DEMAND: Shape = Shape::structure(
    "OnDemandThroughput",
    &[optional("MaxReadRequestUnits", &LONG), optional("MaxWriteRequestUnits", &LONG)],
);
static WARM: Shape = Shape::structure(
    "WarmThroughput",
    &[optional("ReadUnitsPerSecond", &LONG), optional("WriteUnitsPerSecond", &LONG)],
);

static STREAM: Shape = Shape::structure(
    "StreamSpecification",
    &[
        required("StreamEnabled", &BOOLEAN),
        optional(
            "StreamViewType",
            &Shape::one_of(&["NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"]),
        ),
    ],
);
static SSE: Shape = Shape::structure(
    "SSESpecification",
    &[
        optional("Enabled", &BOOLEAN),
        optional("SSEType", &Shape::one_of(&["AES256", "KMS"])),
        optional("KMSMasterKeyId", &ANY_TEXT),
    ],
);

static TAGS: Shape = Shape::list(0, UNBOUNDED, &TAG);
static TAG: Shape = Shape::structure(
    "Tag",
    &[
        required("Key", &Shape::text(1, 128, Pattern::Any)),
        required("Value", &Shape::text(0, 256, Pattern::Any)),
    ],
);

static VECTOR_INDEXES: Shape = Shape::list(0, UNBOUNDED, &VECTOR_INDEX);
static VECTOR_INDEX: Shape = Shape::structure(
    "VectorIndex",
    &[
        required("IndexName", &NAME),
        required("VectorAttribute", &VECTOR_ATTRIBUTE),
        optional("SearchSchema", &Shape::list(1, UNBOUNDED, &SEARCH_ELEMENT)),
        required("Projection", &PROJECTION),
        required("Dimensions", &POSITIVE_LONG),
        required("DistanceFunction", &Shape::one_of(&["COSINE", "DOT_PRODUCT", "EUCLIDEAN"])),
    ],
);
static VECTOR_ATTRIBUTE: Shape =
    Shape::structure("VectorAttributeDefinition", &[required("AttributeName", &KEY_NAME)]);
static SEARCH_ELEMENT: Shape = Shape::structure(
    "SearchSchemaElement",
    &[
        required("AttributeName", &ATTRIBUTE_NAME),
        required("SearchSchemaElementType", &Shape::one_of(&["HASH", "INLINE_FILTER"])),
    ],
);
