//! Expected, QueryFilter, ScanFilter, KeyConditions, ConditionalOperator.

use super::super::expressions::Wording;
use super::super::members::{Members, boolean, list, map, string};
use super::invalid;
use crate::api::ApiError;
use crate::expression::{Comparator, Condition, KeyTerm, KeyTest, Operand, Path, Test, order};
use crate::item::{Kind, MapRef, ValueRef, admit};

/// Values of a comparison, encoded and canonical.
type Values = Vec<Vec<u8>>;

/// Expected, joined by ConditionalOperator.
pub(in crate::api) fn expected(
    members: &Members<'_>,
    wording: Wording,
) -> Result<Option<Condition>, ApiError> {
    let entries = members.expected.unwrap_or_default();
    let mut tests = Vec::with_capacity(entries.len());
    for (name, entry) in entries.iter() {
        tests.push(expectation(name, map(entry).unwrap_or_default(), wording)?);
    }
    join(members, entries.len(), tests)
}

/// QueryFilter or ScanFilter, joined by ConditionalOperator.
pub(in crate::api) fn filter(
    members: &Members<'_>,
    filter: Option<MapRef<'_>>,
    wording: Wording,
) -> Result<Option<Condition>, ApiError> {
    let entries = filter.unwrap_or_default();
    let mut tests = Vec::with_capacity(entries.len());
    for (name, entry) in entries.iter() {
        let (operator, values) = comparison(map(entry).unwrap_or_default(), wording)?;
        tests.push(test(name, operator, values)?);
    }
    join(members, entries.len(), tests)
}

fn join(
    members: &Members<'_>,
    count: usize,
    tests: Vec<(bool, Test)>,
) -> Result<Option<Condition>, ApiError> {
    match (members.conditional_operator, count) {
        (Some(_), 0) => {
            Err(ApiError::validation("ConditionalOperator cannot be used without Filter or Expected"))
        }
        (Some(_), 1) => Err(ApiError::validation(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements",
        )),
        (_, 0) => Ok(None),
        (operator, _) => Ok(Some(Condition::join(operator == Some("OR"), tests))),
    }
}

/// KeyConditions as the terms of a key condition.
pub(in crate::api) fn key_terms(conditions: MapRef<'_>, wording: Wording) -> Result<Vec<KeyTerm>, ApiError> {
    let mut terms = Vec::with_capacity(conditions.len());
    for (name, entry) in conditions.iter() {
        let (operator, values) = comparison(map(entry).unwrap_or_default(), wording)?;
        check(operator, &values)?;
        let mut values = values.into_iter().map(Into::into);
        let (first, second) = (values.next(), values.next());
        let test = match (operator, first, second) {
            ("EQ", Some(value), _) => KeyTest::Eq(value),
            ("LT", Some(value), _) => KeyTest::Lt(value),
            ("LE", Some(value), _) => KeyTest::Le(value),
            ("GT", Some(value), _) => KeyTest::Gt(value),
            ("GE", Some(value), _) => KeyTest::Ge(value),
            ("BEGINS_WITH", Some(value), _) => KeyTest::BeginsWith(value),
            ("BETWEEN", Some(low), Some(high)) => KeyTest::Between(low, high),
            _ => {
                return Err(ApiError::validation(
                    "Attempted conditional constraint is not an indexable operation",
                ));
            }
        };
        terms.push(KeyTerm { name: name.to_vec(), test });
    }
    Ok(terms)
}

/// ComparisonOperator and AttributeValueList of a Condition.
fn comparison(entry: MapRef<'_>, wording: Wording) -> Result<(&str, Values), ApiError> {
    let operator = entry.find(b"ComparisonOperator").and_then(string).unwrap_or_default();
    Ok((operator, admitted(entry.find(b"AttributeValueList").into_iter().flat_map(list), wording)?))
}

fn admitted<'a>(values: impl Iterator<Item = ValueRef<'a>>, wording: Wording) -> Result<Values, ApiError> {
    let admit = |value| {
        let mut out = Vec::new();
        admit::value_within(value, admit::MAX_COMPARED_DEPTH, &mut out)
            .map_err(|e| wording.value_error(&e))?;
        Ok(out)
    };
    values.map(admit).collect()
}

fn expectation(name: &[u8], entry: MapRef<'_>, wording: Wording) -> Result<(bool, Test), ApiError> {
    let value = entry.find(b"Value");
    let list_of_values = entry.find(b"AttributeValueList");
    let exists = entry.find(b"Exists").map(boolean);
    let operator = entry.find(b"ComparisonOperator").and_then(string);
    let refuse = |what: &str| {
        let attribute = String::from_utf8_lossy(name);
        Err(wording.error(invalid(format_args!("{what} for Attribute: {attribute}"))))
    };
    if value.is_some() && list_of_values.is_some() {
        return refuse("Value and AttributeValueList cannot be used together");
    }
    if exists.is_some() && operator.is_some() {
        return refuse("Exists and ComparisonOperator cannot be used together");
    }
    if let Some(operator) = operator {
        let given = value.is_some() || list_of_values.is_some();
        if !given && !matches!(operator, "NULL" | "NOT_NULL") {
            return refuse(&format!(
                "Value or AttributeValueList must be used with ComparisonOperator: {operator}"
            ));
        }
        let values = value.into_iter().chain(list_of_values.into_iter().flat_map(list));
        return test(name, operator, admitted(values, wording)?);
    }
    if list_of_values.is_some() {
        return refuse("AttributeValueList can only be used with a ComparisonOperator");
    }
    match (exists, value) {
        (Some(false), None) => Ok((false, Test::NotExists(Path::top(name)))),
        (Some(false), Some(_)) => refuse("Value cannot be used when Exists is false"),
        (_, Some(value)) => test(name, "EQ", admitted(std::iter::once(value), wording)?),
        (Some(true), None) => refuse("Value must be provided when Exists is true"),
        (None, None) => refuse("Value must be provided when Exists is null"),
    }
}

/// The test of an attribute, and whether it must fail.
fn test(name: &[u8], operator: &str, values: Values) -> Result<(bool, Test), ApiError> {
    check(operator, &values)?;
    let at = Path::top(name);
    let mut operands = values.into_iter().map(|value| Operand::Value(value.into()));
    let compare = |comparator, value| Test::Compare(comparator, Operand::Path(Path::top(name)), value);
    let test = match (operator, operands.next(), operands.next()) {
        ("NULL", ..) => Test::NotExists(at),
        ("NOT_NULL", ..) => Test::Exists(at),
        ("EQ", Some(value), _) => compare(Comparator::Eq, value),
        ("NE", Some(value), _) => compare(Comparator::Ne, value),
        ("LT", Some(value), _) => compare(Comparator::Lt, value),
        ("LE", Some(value), _) => compare(Comparator::Le, value),
        ("GT", Some(value), _) => compare(Comparator::Gt, value),
        ("GE", Some(value), _) => compare(Comparator::Ge, value),
        ("BETWEEN", Some(low), Some(high)) => Test::Between(Operand::Path(at), low, high),
        ("IN", Some(first), second) => {
            Test::In(Operand::Path(at), std::iter::once(first).chain(second).chain(operands).collect())
        }
        ("BEGINS_WITH", Some(prefix), _) => Test::BeginsWith(Operand::Path(at), prefix),
        ("CONTAINS" | "NOT_CONTAINS", Some(member), _) => Test::Contains(Operand::Path(at), member),
        _ => return Err(ApiError::validation(invalid("Invalid comparison operator"))),
    };
    Ok((operator == "NOT_CONTAINS", test))
}

/// How many values an operator takes, and of which types.
fn check(operator: &str, values: &Values) -> Result<(), ApiError> {
    let fits = match operator {
        "NULL" | "NOT_NULL" => values.is_empty(),
        "BETWEEN" => values.len() == 2,
        "IN" => !values.is_empty(),
        _ => values.len() == 1,
    };
    if !fits {
        return Err(ApiError::validation(invalid(format_args!(
            "Invalid number of argument(s) for the {operator} ComparisonOperator"
        ))));
    }
    let kinds: Vec<Kind> =
        values.iter().filter_map(|value| ValueRef::first(value).and_then(ValueRef::kind)).collect();
    for kind in &kinds {
        let allowed = match operator {
            "LT" | "LE" | "GT" | "GE" | "BETWEEN" | "IN" => matches!(kind, Kind::S | Kind::N | Kind::B),
            "BEGINS_WITH" => matches!(kind, Kind::S | Kind::B),
            "CONTAINS" | "NOT_CONTAINS" => {
                matches!(kind, Kind::S | Kind::N | Kind::B | Kind::Bool | Kind::Null)
            }
            _ => true,
        };
        if !allowed {
            return Err(ApiError::validation(invalid(format_args!(
                "ComparisonOperator {operator} is not valid for {} AttributeValue type",
                kind.name()
            ))));
        }
    }
    if kinds.windows(2).any(|pair| matches!(pair, [a, b] if a != b)) {
        return Err(ApiError::validation(invalid(
            "AttributeValues inside AttributeValueList must be of same type",
        )));
    }
    if let ("BETWEEN", [low, high]) = (operator, values.as_slice())
        && let (Some(low), Some(high)) = (ValueRef::first(low), ValueRef::first(high))
        && order(low, high).is_some_and(std::cmp::Ordering::is_gt)
    {
        return Err(ApiError::validation(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
        ));
    }
    Ok(())
}
