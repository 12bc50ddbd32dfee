//! Query.

use std::rc::Rc;

use super::expressions::{Wording, placeholders};
use super::keys::{check_scalars, find_table};
use super::members::Members;
use super::page::{Page, Plan};
use super::select;
use super::start_key::{self, Restart};
use super::{ApiError, legacy};
use crate::engine::capacity::ReturnConsumedCapacity;
use crate::engine::table::{put_value, stamp_hash};
use crate::engine::{Engine, Index, KeyAttribute, Table};
use crate::expression::{
    ExpressionKind, KeyTerm, KeyTest, parse_condition, parse_key_condition, parse_projection,
};
use crate::item::{Kind, MapRef, ValueRef, View, key};

pub(super) fn begin(engine: &Engine, request: MapRef<'_>) -> Result<Page, ApiError> {
    const WORDING: Wording = Wording::Bare;
    let members = Members::read(request);
    let start = members.start_key.map(|k| WORDING.admit(k)).transpose()?;
    let any = [members.key_condition, members.filter, members.projection].iter().any(Option::is_some);
    let missing = if any { "" } else { "FilterExpression and KeyConditionExpression are null" };
    legacy::check_mixing(&members, WORDING)?;
    let mut placeholders = placeholders(&members, WORDING, any, missing)?;
    select::check_members(&members, Wording::Announced)?;
    if members.key_condition.is_none() && members.key_conditions.is_none() {
        return Err(ApiError::validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ));
    }
    let projection = members
        .projection
        .map(|text| parse_projection(text, &mut placeholders).map_err(|e| Wording::Announced.error(e)))
        .transpose()?;
    let filter = members
        .filter
        .map(|text| {
            parse_condition(ExpressionKind::Filter, text, &mut placeholders).map_err(|e| WORDING.error(e))
        })
        .transpose()?;
    let terms = match members.key_condition {
        Some(text) => parse_key_condition(text, &mut placeholders).map_err(|e| WORDING.error(e))?.terms,
        None => legacy::key_terms(members.key_conditions.unwrap_or_default(), WORDING)?,
    };
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;
    let projection = projection.map_or_else(|| legacy::attributes_to_get(&members), |p| Ok(Some(p)))?;
    let filter = match filter {
        None => legacy::filter(&members, members.query_filter, WORDING)?,
        some => some,
    };

    let table = find_table(engine, members.table)?;
    let index = find_index(&table, members.index)?;
    check_scalars(&table, placeholders.nested_roots())?;
    let (hash, range): (Vec<&KeyAttribute>, Vec<&KeyAttribute>) = match index {
        Some((_, index)) => (index.hash.iter().collect(), index.range.iter().collect()),
        None => (vec![&table.hash], table.range.iter().collect()),
    };
    let bounds = Bounds::of(&terms, &hash, &range)?;
    if let Some(filter) = &filter {
        for attribute in hash.iter().chain(&range) {
            if filter.root_names().any(|name| name == attribute.name) {
                let what = if members.query_filter.is_some() { "QueryFilter" } else { "Filter Expression" };
                return Err(ApiError::validation(format!(
                    "{what} can only contain non-primary key attributes: Primary key attribute: {}",
                    String::from_utf8_lossy(&attribute.name)
                )));
            }
        }
        if let Some((_, index)) = index {
            select::check_filter(index, filter)?;
        }
    }
    let Bounds { prefix, mut lower, mut upper, exact } = bounds;
    if let Some(start) = start {
        let one_row = index.is_none() && (exact || range.is_empty());
        if one_row {
            return Err(ApiError::validation("The query can return at most one row and cannot be restarted"));
        }
        let position = start_key::position(&table, index.map(|(_, i)| i), &start)?;
        if !position.starts_with(&prefix) {
            return Err(ApiError::validation(
                "The provided starting key is outside query boundaries based on provided conditions",
            ));
        }
        if position < lower || upper.as_ref().is_some_and(|upper| position >= *upper) {
            return Err(ApiError::validation(
                "The provided starting key does not match the range key predicate",
            ));
        }
        Restart { position, backward: members.backward }.apply(&mut lower, &mut upper);
    }
    let selection = select::settle(&table, index.map(|(_, i)| i), &members, projection, filter.as_ref())?;
    let index = index.map(|(number, _)| number);
    Ok(Page::new(Plan {
        table_name: members.table.unwrap_or_default().to_owned(),
        index,
        table: Rc::clone(&table),
        lower,
        upper,
        backward: members.backward,
        consistent: members.consistent,
        limit: members.limit.and_then(|l| u64::try_from(l).ok()),
        filter,
        selection,
        statement: None,
        capacity: ReturnConsumedCapacity::parse(members.return_capacity),
    }))
}

/// The index a Query or Scan names.
pub(super) fn find_index<'a>(
    table: &'a Table,
    name: Option<&str>,
) -> Result<Option<(usize, &'a Index)>, ApiError> {
    let Some(name) = name else { return Ok(None) };
    match table.index(name) {
        Some((_, index)) if index.backfilled.is_some() => {
            Err(ApiError::validation(format!("Cannot read from backfilling global secondary index: {name}")))
        }
        Some(found) => Ok(Some(found)),
        None => Err(ApiError::validation(format!("The table does not have the specified index: {name}"))),
    }
}

/// The tree keys a key condition admits.
struct Bounds {
    /// What all keys of the partition begin with.
    prefix: Vec<u8>,
    lower: Vec<u8>,
    upper: Option<Vec<u8>>,
    /// Every key attribute is pinned by an equality.
    exact: bool,
}

impl Bounds {
    fn of(terms: &[KeyTerm], hash: &[&KeyAttribute], range: &[&KeyAttribute]) -> Result<Self, ApiError> {
        let keys = hash.len() + range.len();
        if terms.len() > keys {
            return Err(ApiError::validation(format!(
                "The number of query conditions ({}) exceeds the number of key attributes defined in the schema ({keys})",
                terms.len()
            )));
        }
        let term = |attribute: &KeyAttribute| terms.iter().find(|t| t.name == attribute.name);
        let mut prefix = vec![0; 8];
        for attribute in hash {
            let Some(term) = term(attribute) else { return Err(missed(hash)) };
            let KeyTest::Eq(value) = &term.test else {
                return Err(ApiError::validation("Query key condition not supported"));
            };
            put(&mut prefix, attribute, value)?;
        }
        stamp_hash(&mut prefix);
        let partition = prefix.clone();
        let used = hash.len() + range.iter().filter(|a| term(a).is_some()).count();
        if used < terms.len() {
            // A condition on something that is no key: the service names the key it expected.
            return Err(missed(range.get(..1).filter(|r| !r.is_empty()).unwrap_or(hash)));
        }
        let mut narrowing = None;
        for (position, attribute) in range.iter().enumerate() {
            let Some(found) = term(attribute) else {
                if let Some(later) = range.iter().skip(position + 1).find(|a| term(a).is_some()) {
                    return Err(gap(range, later));
                }
                break;
            };
            if let KeyTest::Eq(value) = &found.test {
                put(&mut prefix, attribute, value)?;
                continue;
            }
            if let Some(later) = range.iter().skip(position + 1).find(|a| term(a).is_some()) {
                return Err(gap(range, later));
            }
            narrowing = Some((*attribute, &found.test));
        }
        let exact = narrowing.is_none() && terms.len() == keys;
        let end = key::prefix_end(&prefix);
        let (lower, upper) = match narrowing {
            None => (prefix, end),
            Some((attribute, test)) => narrow(&prefix, end, attribute, test)?,
        };
        Ok(Self { prefix: partition, lower, upper, exact })
    }
}

/// The keys of a partition, up to `end`, that a test of the sort key admits.
pub(super) fn narrow(
    prefix: &[u8],
    end: Option<Vec<u8>>,
    attribute: &KeyAttribute,
    test: &KeyTest,
) -> Result<(Vec<u8>, Option<Vec<u8>>), ApiError> {
    let with = |value: &[u8]| {
        let mut key = prefix.to_vec();
        put(&mut key, attribute, value).map(|()| key)
    };
    let past = |value: &[u8]| with(value).map(|key| key::prefix_end(&key));
    let start = prefix.to_vec();
    Ok(match test {
        KeyTest::Eq(value) => (with(value)?, past(value)?),
        KeyTest::Lt(value) => (start, Some(with(value)?)),
        KeyTest::Le(value) => (start, past(value)?),
        KeyTest::Gt(value) => (past(value)?.unwrap_or(start), end),
        KeyTest::Ge(value) => (with(value)?, end),
        KeyTest::Between(low, high) => (with(low)?, past(high)?),
        KeyTest::BeginsWith(value) => {
            let value = typed(attribute, value)?;
            if !matches!(attribute.kind, Kind::S | Kind::B) {
                return Err(wrong_type());
            }
            let mut key = start;
            key::put_prefix(&mut key, value).ok_or_else(wrong_type)?;
            let end = key::prefix_end(&key);
            (key, end)
        }
    })
}

fn wrong_type() -> ApiError {
    ApiError::validation(
        "One or more parameter values were invalid: Condition parameter type does not match schema type",
    )
}

fn typed<'a>(attribute: &KeyAttribute, value: &'a [u8]) -> Result<ValueRef<'a>, ApiError> {
    ValueRef::first(value).filter(|v| v.kind() == Some(attribute.kind)).ok_or_else(wrong_type)
}

/// Appends the component of a value of a key attribute.
pub(super) fn put(out: &mut Vec<u8>, attribute: &KeyAttribute, value: &[u8]) -> Result<(), ApiError> {
    let value = typed(attribute, value)?;
    if let Some(View::S([]) | View::B([])) = value.view() {
        let word = if attribute.kind == Kind::B { "binary" } else { "string" };
        return Err(ApiError::validation(format!(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty {word} value. Key: {}",
            String::from_utf8_lossy(&attribute.name)
        )));
    }
    put_value(out, attribute, value).ok_or_else(wrong_type)
}

fn names(attributes: &[&KeyAttribute]) -> String {
    attributes.iter().map(|a| String::from_utf8_lossy(&a.name)).collect::<Vec<_>>().join(", ")
}

fn missed(attributes: &[&KeyAttribute]) -> ApiError {
    ApiError::validation(match attributes {
        [one] => format!("Query condition missed key schema element: {}", String::from_utf8_lossy(&one.name)),
        more => {
            format!(
                "HASH key attributes [{}] must have equality conditions specified in the query",
                names(more)
            )
        }
    })
}

fn gap(range: &[&KeyAttribute], later: &KeyAttribute) -> ApiError {
    let before: Vec<&KeyAttribute> = range.iter().take_while(|a| a.name != later.name).copied().collect();
    ApiError::validation(format!(
        "RANGE key attributes [{}] must have equality conditions specified in the query because a condition is present on key attribute {}",
        names(&before),
        String::from_utf8_lossy(&later.name)
    ))
}
