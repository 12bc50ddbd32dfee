//! ConditionExpression and FilterExpression.
//!
//! A condition is a flat program over one boolean: tests set it, NOT flips it, AND and OR jump over what no longer
//! matters. So neither parsing nor evaluating recurses, however deep the parentheses.

mod check;
mod evaluate;
mod parse;

pub use evaluate::order;
pub(super) use parse::{function, parse};

use super::error::{ExpressionError, ExpressionKind};
use super::path::Path;
use super::placeholders::{Bytes, Placeholders};
use super::syntax::Resolver;
use crate::item::{Kind, MapRef};

/// `=`, `<>`, `<`, `<=`, `>`, `>=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparator {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl Comparator {
    /// As written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// The comparator that says the same of swapped operands.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }
}

/// What an operator or function works on.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// What stands in the item.
    Path(Path),
    /// An encoded canonical value.
    Value(Bytes),
    /// `size(path)`
    SizeOf(Path),
    /// `size(:value)`
    SizeOfValue(Bytes),
}

/// One comparison or function.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `attribute_exists(path)`
    Exists(Path),
    /// `attribute_not_exists(path)`
    NotExists(Path),
    /// `attribute_type(path, :type)`
    IsType(Path, Kind),
    /// `begins_with(a, b)`
    BeginsWith(Operand, Operand),
    /// `contains(a, b)`
    Contains(Operand, Operand),
    /// `a = b` and the like.
    Compare(Comparator, Operand, Operand),
    /// `a BETWEEN b AND c`
    Between(Operand, Operand, Operand),
    /// `a IN (b, ...)`
    In(Operand, Vec<Operand>),
}

/// One instruction.
#[derive(Clone, Debug, PartialEq)]
pub enum Op<T> {
    /// Sets the result.
    Test(T),
    /// Flips the result.
    Not,
    /// AND: when the result is false, its right side is jumped over, to this instruction.
    And(usize),
    /// OR: when the result is true, likewise.
    Or(usize),
}

/// A parsed condition.
#[derive(Clone, Debug)]
pub struct Condition {
    code: Vec<Op<Test>>,
}

/// Parses a ConditionExpression or FilterExpression.
pub fn parse_condition(
    kind: ExpressionKind,
    text: &str,
    placeholders: &mut Placeholders,
) -> Result<Condition, ExpressionError> {
    let raw = parse(kind, text)?;
    Ok(Condition { code: resolve(kind, raw.code, placeholders)? })
}

/// True when conditions have a function of that name.
pub fn is_condition_function(name: &str) -> bool {
    function(name).is_some()
}

/// Puts names and values into every test and checks its operands.
pub(super) fn resolve(
    kind: ExpressionKind,
    raw: Vec<Op<parse::RawTest<'_>>>,
    placeholders: &mut Placeholders,
) -> Result<Vec<Op<Test>>, ExpressionError> {
    let mut resolver = Resolver::new(placeholders);
    let mut code = Vec::with_capacity(raw.len());
    for op in raw {
        code.push(match op {
            Op::Test(test) => Op::Test(
                check::test(test, &mut resolver).map_err(|problem| ExpressionError::new(kind, *problem))?,
            ),
            Op::Not => Op::Not,
            Op::And(to) => Op::And(to),
            Op::Or(to) => Op::Or(to),
        });
    }
    Ok(code)
}

impl Condition {
    /// A program.
    pub fn new(code: Vec<Op<Test>>) -> Self {
        Self { code }
    }

    /// Its instructions.
    pub fn code(&self) -> &[Op<Test>] {
        &self.code
    }

    /// Holds too where the attribute is missing.
    #[must_use]
    pub fn or_missing(self, attribute: &[u8]) -> Self {
        let moved = |op| match op {
            Op::And(to) => Op::And(to + 2),
            Op::Or(to) => Op::Or(to + 2),
            other => other,
        };
        let mut code = vec![Op::Test(Test::NotExists(Path::top(attribute))), Op::Or(self.code.len() + 2)];
        code.extend(self.code.into_iter().map(moved));
        Self { code }
    }

    /// All of `tests`, or with `any` one of them; a test that comes with `true` must not hold. No test at all holds.
    pub fn join(any: bool, tests: impl IntoIterator<Item = (bool, Test)>) -> Self {
        let mut code = Vec::new();
        for (negated, test) in tests {
            if !code.is_empty() {
                // Where it ends is filled in below: all of them end where the program does.
                code.push(if any { Op::Or(usize::MAX) } else { Op::And(usize::MAX) });
            }
            code.push(Op::Test(test));
            if negated {
                code.push(Op::Not);
            }
        }
        Self { code }
    }

    /// True when the item, or its absence, satisfies the condition.
    pub fn evaluate(&self, item: Option<MapRef<'_>>) -> bool {
        let mut result = true;
        let mut at = 0;
        while let Some(op) = self.code.get(at) {
            at += 1;
            match op {
                Op::Test(test) => result = test.holds(item),
                Op::Not => result = !result,
                Op::And(to) if !result => at = *to,
                Op::Or(to) if result => at = *to,
                Op::And(_) | Op::Or(_) => {}
            }
        }
        result
    }

    /// The top-level attributes it names, in order; repeated when used repeatedly.
    pub fn root_names(&self) -> impl Iterator<Item = &[u8]> {
        let tests = self.code.iter().filter_map(|op| if let Op::Test(test) = op { Some(test) } else { None });
        tests.flat_map(Test::paths).map(Path::root)
    }
}

impl Test {
    fn paths(&self) -> Vec<&Path> {
        let operands: Vec<&Operand> = match self {
            Self::Exists(path) | Self::NotExists(path) | Self::IsType(path, _) => return vec![path],
            Self::BeginsWith(a, b) | Self::Contains(a, b) | Self::Compare(_, a, b) => vec![a, b],
            Self::Between(a, b, c) => vec![a, b, c],
            Self::In(a, list) => std::iter::once(a).chain(list).collect(),
        };
        operands.into_iter().filter_map(Operand::path).collect()
    }
}

impl Operand {
    /// The path it reads, if any.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) | Self::SizeOf(path) => Some(path),
            Self::Value(_) | Self::SizeOfValue(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
