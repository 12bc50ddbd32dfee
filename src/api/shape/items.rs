//! Inputs of the operations on items.

use super::{
    ANY_TEXT, ATTRIBUTE_NAME, ATTRIBUTES, BOOLEAN, Limits, NAME, Shape, Structure, TABLE, UNBOUNDED, VALUE,
    optional, required,
};

pub(super) static PUT_ITEM: Structure = Structure {
    name: "PutItemInput",
    members: &[
        required("TableName", &TABLE),
        required("Item", &ATTRIBUTES),
        optional("Expected", &EXPECTED_MAP),
        optional("ReturnValues", &RETURN_VALUES),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ReturnItemCollectionMetrics", &RETURN_METRICS),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
};

pub(super) static GET_ITEM: Structure = Structure {
    name: "GetItemInput",
    members: &[
        required("TableName", &TABLE),
        required("Key", &ATTRIBUTES),
        optional("AttributesToGet", &ATTRIBUTE_NAMES),
        optional("ConsistentRead", &BOOLEAN),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ProjectionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
    ],
};

pub(super) static UPDATE_ITEM: Structure = Structure {
    name: "UpdateItemInput",
    members: &[
        required("TableName", &TABLE),
        required("Key", &ATTRIBUTES),
        optional("AttributeUpdates", &ATTRIBUTE_UPDATES),
        optional("Expected", &EXPECTED_MAP),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("ReturnValues", &RETURN_VALUES),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ReturnItemCollectionMetrics", &RETURN_METRICS),
        optional("UpdateExpression", &ANY_TEXT),
        optional("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
};

pub(super) static DELETE_ITEM: Structure = Structure {
    name: "DeleteItemInput",
    members: &[
        required("TableName", &TABLE),
        required("Key", &ATTRIBUTES),
        optional("Expected", &EXPECTED_MAP),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("ReturnValues", &RETURN_VALUES),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ReturnItemCollectionMetrics", &RETURN_METRICS),
        optional("ConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
};

pub(super) static QUERY: Structure = Structure {
    name: "QueryInput",
    members: &[
        required("TableName", &TABLE),
        optional("IndexName", &NAME),
        optional("Select", &SELECT),
        optional("AttributesToGet", &ATTRIBUTE_NAMES),
        optional("Limit", &POSITIVE_INTEGER),
        optional("ConsistentRead", &BOOLEAN),
        optional("KeyConditions", &CONDITION_MAP),
        optional("QueryFilter", &CONDITION_MAP),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("ScanIndexForward", &BOOLEAN),
        optional("ExclusiveStartKey", &ATTRIBUTES),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ProjectionExpression", &ANY_TEXT),
        optional("FilterExpression", &ANY_TEXT),
        optional("KeyConditionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
    ],
};

pub(super) static SCAN: Structure = Structure {
    name: "ScanInput",
    members: &[
        required("TableName", &TABLE),
        optional("IndexName", &NAME),
        optional("AttributesToGet", &ATTRIBUTE_NAMES),
        optional("Limit", &POSITIVE_INTEGER),
        optional("Select", &SELECT),
        optional("ScanFilter", &CONDITION_MAP),
        optional("ConditionalOperator", &CONDITIONAL_OPERATOR),
        optional("ExclusiveStartKey", &ATTRIBUTES),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("TotalSegments", &Shape::Integer(Limits { min: 1, max: 1_000_000 })),
        optional("Segment", &Shape::Integer(Limits { min: 0, max: 999_999 })),
        optional("ProjectionExpression", &ANY_TEXT),
        optional("FilterExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
        optional("ExpressionAttributeValues", &ATTRIBUTES),
        optional("ConsistentRead", &BOOLEAN),
    ],
};

pub(super) static BATCH_GET_ITEM: Structure = Structure {
    name: "BatchGetItemInput",
    members: &[
        required("RequestItems", &Shape::map(1, 100, &TABLE, &KEYS_AND_ATTRIBUTES)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
    ],
};

pub(super) static BATCH_WRITE_ITEM: Structure = Structure {
    name: "BatchWriteItemInput",
    members: &[
        required("RequestItems", &Shape::map(1, 25, &TABLE, &WRITE_REQUESTS)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("ReturnItemCollectionMetrics", &RETURN_METRICS),
    ],
};

pub(super) static POSITIVE_INTEGER: Shape = Shape::Integer(Limits { min: 1, max: i32::MAX as i64 });
static ATTRIBUTE_NAMES: Shape = Shape::list(1, UNBOUNDED, &ATTRIBUTE_NAME);
pub(super) static NAMES: Shape = Shape::map(0, UNBOUNDED, &ANY_TEXT, &ATTRIBUTE_NAME);

static RETURN_VALUES: Shape = Shape::one_of(&["ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"]);
pub(super) static RETURN_CAPACITY: Shape = Shape::one_of(&["INDEXES", "TOTAL", "NONE"]);
pub(super) static RETURN_METRICS: Shape = Shape::one_of(&["SIZE", "NONE"]);
pub(super) static RETURN_ON_FAILURE: Shape = Shape::one_of(&["ALL_OLD", "NONE"]);
static CONDITIONAL_OPERATOR: Shape = Shape::one_of(&["OR", "AND"]);
static SELECT: Shape =
    Shape::one_of(&["SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"]);
static COMPARISON_OPERATOR: Shape = Shape::one_of(&[
    "EQ",
    "NE",
    "IN",
    "LE",
    "LT",
    "GE",
    "GT",
    "BETWEEN",
    "NOT_NULL",
    "NULL",
    "CONTAINS",
    "NOT_CONTAINS",
    "BEGINS_WITH",
]);

static VALUES: Shape = Shape::list(0, UNBOUNDED, &VALUE);
static EXPECTED_MAP: Shape = Shape::map(0, UNBOUNDED, &ATTRIBUTE_NAME, &EXPECTED);
static EXPECTED: Shape = Shape::structure(
    "ExpectedAttributeValue",
    &[
        optional("Value", &VALUE),
        optional("Exists", &BOOLEAN),
        optional("ComparisonOperator", &COMPARISON_OPERATOR),
        optional("AttributeValueList", &VALUES),
    ],
);
static CONDITION_MAP: Shape = Shape::map(0, UNBOUNDED, &ATTRIBUTE_NAME, &CONDITION);
static CONDITION: Shape = Shape::structure(
    "Condition",
    &[optional("AttributeValueList", &VALUES), required("ComparisonOperator", &COMPARISON_OPERATOR)],
);
static ATTRIBUTE_UPDATES: Shape = Shape::map(0, UNBOUNDED, &ATTRIBUTE_NAME, &ATTRIBUTE_UPDATE);
static ATTRIBUTE_UPDATE: Shape = Shape::structure(
    "AttributeValueUpdate",
    &[optional("Value", &VALUE), optional("Action", &Shape::one_of(&["ADD", "DELETE", "PUT"]))],
);

static KEYS_AND_ATTRIBUTES: Shape = Shape::structure(
    "KeysAndAttributes",
    &[
        required("Keys", &Shape::list(1, 100, &ATTRIBUTES)),
        optional("AttributesToGet", &ATTRIBUTE_NAMES),
        optional("ConsistentRead", &BOOLEAN),
        optional("ProjectionExpression", &ANY_TEXT),
        optional("ExpressionAttributeNames", &NAMES),
    ],
);
static WRITE_REQUESTS: Shape = Shape::list(1, 25, &WRITE_REQUEST);
static WRITE_REQUEST: Shape = Shape::structure(
    "WriteRequest",
    &[optional("PutRequest", &PUT_REQUEST), optional("DeleteRequest", &DELETE_REQUEST)],
);
static PUT_REQUEST: Shape = Shape::structure("PutRequest", &[required("Item", &ATTRIBUTES)]);
static DELETE_REQUEST: Shape = Shape::structure("DeleteRequest", &[required("Key", &ATTRIBUTES)]);
