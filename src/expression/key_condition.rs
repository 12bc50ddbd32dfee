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
    let terms = terms(code, grouped).map_err(|problem| ExpressionError::new(kind, problem))?;
    Ok(KeyCondition { terms })
}

fn terms(code: Vec<Op<Test>>, grouped: bool) -> Result<Vec<KeyTerm>, Problem> {
    let mut tests = Vec::new();
    for op in code {
        match op {
            Op::Or(_) => return Err(Problem::KeyOperator("OR")),
            Op::Not => return Err(Problem::KeyOperator("NOT")),
            Op::And(_) => {}
            Op::Test(test) => tests.push(term(test)?),
        }
    }
    if grouped {
        return Err(Problem::KeyGrouped);
    }
    let mut terms: Vec<KeyTerm> = Vec::with_capacity(tests.len());
    for (path, test) in tests {
        if path.is_nested() {
            return Err(Problem::KeyNested);
        }
        if terms.iter().any(|term| term.name == path.root()) {
            return Err(Problem::KeyRepeated);
        }
        terms.push(KeyTerm { name: path.root().to_vec(), test });
    }
    Ok(terms)
}

fn term(test: Test) -> Result<(Path, KeyTest), Problem> {
    use Operand::{Path as At, Value as Is};
    let (name, operands) = match test {
        Test::Compare(comparator, a, b) => {
            let name = comparator.sign();
            if comparator == Comparator::Ne {
                return Err(Problem::KeyOperator(name));
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
        Test::In(..) => return Err(Problem::KeyOperator("IN")),
        Test::Contains(..) => return Err(Problem::KeyOperator("contains")),
        Test::IsType(..) => return Err(Problem::KeyOperator("attribute_type")),
        Test::Exists(_) => return Err(Problem::KeyOperator("attribute_exists")),
        Test::NotExists(_) => return Err(Problem::KeyOperator("attribute_not_exists")),
    };
    Err(refusal(name, &operands))
}

/// Why these operands make no key condition.
fn refusal(name: &'static str, operands: &[Operand]) -> Problem {
    if operands.iter().any(|operand| matches!(operand, Operand::SizeOf(_) | Operand::SizeOfValue(_))) {
        return Problem::KeyOperator("size");
    }
    match operands.iter().filter_map(Operand::path).count() {
        0 => Problem::KeyMissing,
        1 => Problem::KeyNotFirst(name),
        _ => Problem::KeyMultiple,
    }
}

fn compared(comparator: Comparator, value: Bytes) -> KeyTest {
    match comparator {
        Comparator::Lt => KeyTest::Lt(value),
        Comparator::Le => KeyTest::Le(value),
        Comparator::Gt => KeyTest::Gt(value),
        Comparator::Ge => KeyTest::Ge(value),
        Comparator::Eq | Comparator::Ne => KeyTest::Eq(value),
    }
}
