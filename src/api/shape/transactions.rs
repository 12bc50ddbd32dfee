//! Inputs of the transactions.

use super::items::{NAMES, RETURN_CAPACITY, RETURN_METRICS, RETURN_ON_FAILURE};
use super::{ANY_TEXT, ATTRIBUTES, Pattern, Shape, Structure, TABLE, optional, required};

pub(super) static TRANSACT_GET_ITEMS: Structure = Structure {
    name: "TransactGetItemsInput",
    members: &[
        required("TransactItems", &Shape::list(1, 100, &GET_ENTRY)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
    ],
};

pub(super) static TRANSACT_WRITE_ITEMS: Structure = Structure {
    name: "TransactWriteItemsInput",
    members: &[
        required("TransactItems", &Shape::list(1, 100, &WRITE_ENTRY)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ReturnItemCollectionMetrics", &RETURN_METRICS),
        optional("ClientRequestToken", &Shape::text(1, 36, Pattern::Any)),
    ],
};

static GET_ENTRY: Shape = Shape::structure("TransactGetItem", &[required("Get", &GET)]);
static GET: Shape = Shape::structure(
    "Get",
    &[
        required("Key", &ATTRIBUTES),
        required("TableName", &TABLE),
        optional("ProjectionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
    ],
);

static WRITE_ENTRY: Shape = Shape::structure(
    "TransactWriteItem",
    &[
        optional("ConditionCheck", &CONDITION_CHECK),
        optional("Put", &PUT),
        optional("Delete", &DELETE),
        optional("Update", &UPDATE),
    ],
);
static CONDITION_CHECK: Shape = Shape::structure(
    "ConditionCheck",
    &[
        required("Key", &ATTRIBUTES),
        required("TableName", &TABLE),
        required("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
);
static PUT: Shape = Shape::structure(
    "Put",
    &[
        required("Item", &ATTRIBUTES),
        required("TableName", &TABLE),
        optional("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
);
static DELETE: Shape = Shape::structure(
    "Delete",
    &[
        required("Key", &ATTRIBUTES),
        required("TableName", &TABLE),
        optional("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
);
static UPDATE: Shape = Shape::structure(
    "Update",
    &[
        required("Key", &ATTRIBUTES),
        required("UpdateExpression", &ANY_TEXT),
        required("TableName", &TABLE),
        optional("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
);
