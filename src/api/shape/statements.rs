//! Inputs of the operations of PartiQL.

use super::items::{POSITIVE_INTEGER, RETURN_CAPACITY, RETURN_ON_FAILURE};
use super::{BOOLEAN, Pattern, Shape, Structure, UNBOUNDED, VALUE, optional, required};

pub(super) static EXECUTE_STATEMENT: Structure = Structure {
    name: "ExecuteStatementInput",
    members: &[
        required("Statement", &STATEMENT),
        optional("Parameters", &PARAMETERS),
        optional("ConsistentRead", &BOOLEAN),
        optional("NextToken", &Shape::text(1, 32768, Pattern::Any)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
        optional("Limit", &POSITIVE_INTEGER),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
};

pub(super) static BATCH_EXECUTE_STATEMENT: Structure = Structure {
    name: "BatchExecuteStatementInput",
    members: &[
        required("Statements", &Shape::list(1, 25, &BATCH_STATEMENT)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
    ],
};

pub(super) static EXECUTE_TRANSACTION: Structure = Structure {
    name: "ExecuteTransactionInput",
    members: &[
        required("TransactStatements", &Shape::list(1, 100, &TRANSACT_STATEMENT)),
        optional("ClientRequestToken", &Shape::text(1, 36, Pattern::Any)),
        optional("ReturnConsumedCapacity", &RETURN_CAPACITY),
    ],
};

static STATEMENT: Shape = Shape::text(1, 8192, Pattern::Any);
static PARAMETERS: Shape = Shape::list(1, UNBOUNDED, &VALUE);
static BATCH_STATEMENT: Shape = Shape::structure(
    "BatchStatementRequest",
    &[
        required("Statement", &STATEMENT),
        optional("Parameters", &PARAMETERS),
        optional("ConsistentRead", &BOOLEAN),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
);
static TRANSACT_STATEMENT: Shape = Shape::structure(
    "ParameterizedStatement",
    &[
        required("Statement", &STATEMENT),
        optional("Parameters", &PARAMETERS),
        optional("ReturnValuesOnConditionCheckFailure", &RETURN_ON_FAILURE),
    ],
);
