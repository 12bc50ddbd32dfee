//! KeyConditionExpression: a conjunction of simple tests of top-level attributes against values.
//!
//! Parsed as a condition and then held to what a query can look up, so that what is merely unsupported is told from
//! what is not grammar. What needs the key schema is checked by the caller.

use super::condition::{self, Comparator, Op, Operand, Test};
use super::error::{ExpressionError, ExpressionKind, Problem};
use super::path::Path;
use super::placeholders::{Bytes, Placeholders};

/// A parsed key condition: all terms hold.
#[derive(Clone, Debug)]
pub struct KeyCondition {
    /// In the order they are written; no attribute comes twice.
    pub terms: Vec<KeyTerm>,
}

/// The condition on one attribute.
#[derive(Clone, Debug)]
pub struct KeyTerm {
    /// The attribute.
    pub name: Vec<u8>,
    /// What its value satisfies.
    pub test: KeyTest,
}

/// What a key attribute is compared with: encoded canonical values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum KeyTest {
    Eq(Bytes),
    Lt(Bytes),
    Le(Bytes),
    Gt(Bytes),
    Ge(Bytes),
    /// Both bounds included.
    Between(Bytes, Bytes),
    BeginsWith(Bytes),
}

impl KeyTest {
    /// The values it compares with.
    pub fn values(&self) -> impl Iterator<Item = &[u8]> {
        let (first, second) = match self {
            Self::Between(lower, upper) => (lower, Some(upper)),
            Self::Eq(v) | Self::Lt(v) | Self::Le(v) | Self::Gt(v) | Self::Ge(v) | Self::BeginsWith(v) => {
                (v, None)
            }
        };
        std::iter::once(first).chain(second).map(|bytes| &**bytes)
    }
}

/// Parses a KeyConditionExpression.
pub fn parse_key_condition(
    text: &str,
    placeholders: &mut Placeholders,
) -> Result<KeyCondition, ExpressionError> {
    let kind = ExpressionKind::KeyCondition;
    let raw = condition::parse(kind, text)?;
    let grouped = raw.grouped;
    let code = condition::resolve(kind, raw.code, placeholders)?;
    let terms = terms(code, grouped).map_err(|problem| ExpressionError::new(kind, *problem))?;
    Ok(KeyCondition { terms })
}

fn terms(code: Vec<Op<Test>>, grouped: bool) -> Result<Vec<KeyTerm>, Box<Problem>> {
    let mut tests = Vec::new();
    for op in code {
        match op {
            Op::Or(_) => return Err(Problem::KeyOperator("OR").into()),
            Op::Not => return Err(Problem::KeyOperator("NOT").into()),
            Op::And(_) => {}
            Op::Test(test) => tests.push(term(test)?),
        }
    }
    if grouped {
        return Err(Problem::KeyGrouped.into());
    }
    let mut terms: Vec<KeyTerm> = Vec::with_capacity(tests.len());
    for (path, test) in tests {
        if path.is_nested() {
            return Err(Problem::KeyNested.into());
        }
        if terms.iter().any(|term| term.name == path.root()) {
            return Err(Problem::KeyRepeated.into());
        }
        terms.push(KeyTerm { name: path.root().to_vec(), test });
    }
    Ok(terms)
}

fn term(test: Test) -> Result<(Path, KeyTest), Box<Problem>> {
    use Operand::{Path as At, Value as Is};
    let (name, operands) = match test {
        Test::Compare(comparator, a, b) => {
            let name = comparator.sign();
            if comparator == Comparator::Ne {
                return Err(Problem::KeyOperator(name).into());
            }
            match (a, b) {
                (At(path), Is(value)) => return Ok((path, compared(comparator, value))),
                (Is(value), At(path)) => return Ok((path, compared(comparator.swapped(), value))),
                (a, b) => (name, vec![a, b]),
            }
        }
        Test::Between(a, b, c) => match (a, b, c) {
            (At(path), Is(lower), Is(upper)) => return Ok((path, KeyTest::Between(lower, upper))),
            (a, b, c) => ("BETWEEN", vec![a, b, c]),
        },
        Test::BeginsWith(a, b) => match (a, b) {
            (At(path), Is(prefix)) => return Ok((path, KeyTest::BeginsWith(prefix))),
            (a, b) => ("begins_with", vec![a, b]),
        },
        Test::In(..) => return Err(Problem::KeyOperator("IN").into()),
        Test::Contains(..) => return Err(Problem::KeyOperator("contains").into()),
        Test::IsType(..) => return Err(Problem::KeyOperator("attribute_type").into()),
        Test::Exists(_) => return Err(Problem::KeyOperator("attribute_exists").into()),
        Test::NotExists(_) => return Err(Problem::KeyOperator("attribute_not_exists").into()),
    };
    Err(unfit(name, &operands).into())
}

/// Why these operands make no key condition.
fn unfit(name: &'static str, operands: &[Operand]) -> Problem {
    if operands.iter().any(|operand| matches!(operand, Operand::SizeOf(_) | Operand::SizeOfValue(_))) {
        return Problem::KeyOperator("size");
    }
    match operands.iter().filter_map(Operand::path).count() {
        0 => Problem::KeyMissing,
        1 => Problem::KeyNotFirst(name),
        _ => Problem::KeyMultiple,
    }
}

pub(super) fn compared(comparator: Comparator, value: Bytes) -> KeyTest {
    match comparator {
        Comparator::Lt => KeyTest::Lt(value),
        Comparator::Le => KeyTest::Le(value),
        Comparator::Gt => KeyTest::Gt(value),
        Comparator::Ge => KeyTest::Ge(value),
        Comparator::Eq | Comparator::Ne => KeyTest::Eq(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::tests::*;

    #[test]
    fn terms_in_any_shape() {
        let (one, two, text): (Bytes, Bytes, Bytes) = (n("1").into(), n("2").into(), s("s").into());
        for (expression, expected) in [
            ("a = :n", vec![("a", KeyTest::Eq(one.clone()))]),
            ("(#a = :n)", vec![("a", KeyTest::Eq(one.clone()))]),
            ("(a = :n) and (b > :o)", vec![("a", KeyTest::Eq(one.clone())), ("b", KeyTest::Gt(two.clone()))]),
            (":n = a AND :o <= b", vec![("a", KeyTest::Eq(one.clone())), ("b", KeyTest::Ge(two.clone()))]),
            (":n > a", vec![("a", KeyTest::Lt(one.clone()))]),
            ("a <= :n", vec![("a", KeyTest::Le(one.clone()))]),
            ("(a = :n AND b < :o)", vec![("a", KeyTest::Eq(one.clone())), ("b", KeyTest::Lt(two.clone()))]),
            (
                "#dot BETWEEN :n AND :o AND a = :n",
                vec![("a.b", KeyTest::Between(one.clone(), two)), ("a", KeyTest::Eq(one))],
            ),
            ("begins_with(a, :s)", vec![("a", KeyTest::BeginsWith(text))]),
        ] {
            let parsed = parse_key_condition(expression, &mut all_placeholders()).unwrap();
            let terms: Vec<_> = parsed
                .terms
                .iter()
                .map(|t| (std::str::from_utf8(&t.name).unwrap(), t.test.clone()))
                .collect();
            assert_eq!(terms, expected, "{expression}");
        }
    }

    #[test]
    fn what_no_query_can_look_up_is_refused() {
        let operator = |name| format!("Invalid operator used in KeyConditionExpression: {name}");
        let invalid = |text| format!("Invalid condition in KeyConditionExpression: {text}");
        for (expression, expected) in [
            ("a = :n OR b = :n", operator("OR")),
            ("NOT a = :n", operator("NOT")),
            ("a <> :n", operator("<>")),
            ("a = :n AND b IN (:n)", operator("IN")),
            ("contains(a, :s)", operator("contains")),
            ("attribute_exists(a)", operator("attribute_exists")),
            ("attribute_not_exists(a)", operator("attribute_not_exists")),
            ("size(a) = :n", operator("size")),
            (":n BETWEEN a AND :o", invalid("BETWEEN operator must have the key attribute as its first operand")),
            ("begins_with(:s, a)", invalid("begins_with operator must have the key attribute as its first operand")),
            (":n = :n", invalid("No key attribute specified")),
            ("a = b", invalid("Multiple attribute names used in one condition")),
            ("a BETWEEN b AND :n", invalid("Multiple attribute names used in one condition")),
            ("a.b = :n", "KeyConditionExpressions cannot have conditions on nested attributes".into()),
            ("a[0] = :n", "KeyConditionExpressions cannot have conditions on nested attributes".into()),
            (
                "a = :n AND b = :n AND #a < :o",
                "KeyConditionExpressions must only contain one condition per key".into(),
            ),
            (
                "a = :n AND (b = :n AND c = :n)",
                "KeyConditionExpressions cannot contain nested operations".into(),
            ),
            (
                "a BETWEEN :o AND :n",
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}".into(),
            ),
            ("a = :n AND", "Syntax error; token: \"<EOF>\", near: \"AND\"".into()),
            ("name = :n", "Attribute name is a reserved keyword; reserved keyword: name".into()),
        ] {
            assert_eq!(refusal(parse_key_condition(expression, &mut all_placeholders())), expected, "{expression}");
        }
    }
}
