//! Key schemas and attribute definitions.

use crate::api::ApiError;
use crate::collections::sort;

use super::super::read::{Fields, scalar};
use super::super::schema::Attribute;
use super::{invalid, malformed};

/// Attributes of each half of a global index's key.
pub(in crate::engine::catalog) const MOST: usize = 4;

/// A key schema's elements: (name, is a HASH).
fn elements<'a>(owner: &Fields<'a>) -> Result<Vec<(&'a str, bool)>, ApiError> {
    owner
        .maps("KeySchema")
        .ok_or_else(malformed)?
        .into_iter()
        .map(|e| Some((e.text("AttributeName")?, e.text("KeyType")? == "HASH")))
        .collect::<Option<_>>()
        .ok_or_else(malformed)
}

/// The key of the table.
pub(super) fn of_table(request: &Fields<'_>) -> Result<(String, Option<String>), ApiError> {
    simple(request)
}

/// A key of one HASH and perhaps one RANGE, as tables and local indexes have.
pub(super) fn simple(owner: &Fields<'_>) -> Result<(String, Option<String>), ApiError> {
    let elements = elements(owner)?;
    let &(hash, true) = elements.first().ok_or_else(malformed)? else { return Err(first_not_hash()) };
    let Some(&(range, range_is_hash)) = elements.get(1) else { return Ok((hash.to_owned(), None)) };
    if range_is_hash {
        return Err(ApiError::validation(
            "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        ));
    }
    if hash == range {
        return Err(same_name());
    }
    Ok((hash.to_owned(), Some(range.to_owned())))
}

/// The key of a global index: up to four of each.
pub(super) fn composite(index: &Fields<'_>) -> Result<(Vec<String>, Vec<String>), ApiError> {
    let elements = elements(index)?;
    if !matches!(elements.first(), Some((_, true))) {
        return Err(first_not_hash());
    }
    let hash_count = elements.iter().take_while(|(_, is_hash)| *is_hash).count();
    let (hash, range) = elements.split_at_checked(hash_count).ok_or_else(malformed)?;
    if range.iter().any(|(_, is_hash)| *is_hash) {
        return Err(invalid("All HASH key attributes must precede RANGE key attributes in the KeySchema"));
    }
    for (half, name) in [(hash, "HASH"), (range, "RANGE")] {
        if half.len() > MOST {
            return Err(invalid(format!(
                "The KeySchema exceeds the maximum allowed number of {name} key attributes"
            )));
        }
    }
    let mut names: Vec<_> = elements.iter().map(|(name, _)| *name).collect();
    sort(&mut names);
    names.dedup();
    if names.len() < elements.len() {
        return Err(match (hash, range) {
            ([_], [_]) => same_name(),
            _ => ApiError::validation("The KeySchema contains multiple key attributes with the same name"),
        });
    }
    let owned = |half: &[(&str, bool)]| half.iter().map(|(name, _)| (*name).to_owned()).collect();
    Ok((owned(hash), owned(range)))
}

fn first_not_hash() -> ApiError {
    ApiError::validation("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
}

fn same_name() -> ApiError {
    ApiError::validation("Both the Hash Key and the Range Key element in the KeySchema have the same name")
}

/// The attribute definitions, which must be those of the keys and no others.
pub(super) fn definitions(
    request: &Fields<'_>,
    hash: &str,
    range: Option<&str>,
) -> Result<Vec<Attribute>, ApiError> {
    let attributes = given_definitions(request)?;
    let defined = |name: &str| attributes.iter().any(|a| a.name == name);
    let names = || list(attributes.iter().map(|a| a.name.as_str()));

    let mut used: Vec<&str> = Vec::new();
    used.push(hash);
    used.extend(range);
    if !used.iter().all(|name| defined(name)) {
        return Err(ApiError::validation("Invalid KeySchema: Some index key attribute have no definition"));
    }
    let indexes =
        ["LocalSecondaryIndexes", "GlobalSecondaryIndexes"].map(|m| request.maps(m).unwrap_or_default());
    let mut has_index = false;
    for index in indexes.iter().flatten() {
        has_index = true;
        let keys: Vec<_> = elements(index)?.into_iter().map(|(name, _)| name).collect();
        index_defined(&keys, &attributes)?;
        used.extend(keys);
    }
    let mut seen: Vec<&str> = Vec::new();
    for name in used {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    if seen.len() != attributes.len() {
        return Err(if has_index {
            invalid(format!(
                "Some AttributeDefinitions are not used. AttributeDefinitions: {}, keys used: {}",
                names(),
                list(seen.into_iter())
            ))
        } else {
            invalid(
                "Number of attributes in KeySchema does not exactly match number of attributes defined in \
                 AttributeDefinitions",
            )
        });
    }
    Ok(attributes)
}

/// The key attributes of an index are defined.
pub(in crate::engine::catalog) fn all_defined<'a>(
    keys: impl Iterator<Item = &'a String>,
    attributes: &[Attribute],
) -> Result<(), ApiError> {
    index_defined(&keys.map(String::as_str).collect::<Vec<_>>(), attributes)
}

fn index_defined(keys: &[&str], attributes: &[Attribute]) -> Result<(), ApiError> {
    if keys.iter().all(|name| attributes.iter().any(|attribute| attribute.name == *name)) {
        return Ok(());
    }
    Err(invalid(format!(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: {}, AttributeDefinitions: {}",
        list(keys.iter().copied()),
        list(attributes.iter().map(|attribute| attribute.name.as_str()))
    )))
}

/// The attribute definitions of a request.
pub(in crate::engine::catalog) fn given_definitions(
    request: &Fields<'_>,
) -> Result<Vec<Attribute>, ApiError> {
    let mut attributes: Vec<Attribute> = Vec::new();
    for definition in request.maps("AttributeDefinitions").ok_or_else(malformed)? {
        let name = definition.owned("AttributeName").ok_or_else(malformed)?;
        let kind = definition.text("AttributeType").and_then(scalar).ok_or_else(malformed)?;
        if attributes.iter().any(|a| a.name == name) {
            return Err(ApiError::validation(format!("Attribute Name is duplicated: {name}")));
        }
        attributes.push(Attribute { name, kind });
    }
    Ok(attributes)
}

/// As Java prints a list.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", names.collect::<Vec<_>>().join(", "))
}
