//! Raw tests to tests: placeholders, operand counts, distinct operands, operand types, in this order per test.

use std::cmp::Ordering;

use super::evaluate::order;
use super::parse::{RawOperand, RawTest, function};
use super::{Comparator, Operand, Test};
use crate::expression::error::Problem;
use crate::expression::placeholders::lossy;
use crate::expression::syntax::Resolver;
use crate::item::{Kind, ValueRef, View, base64};

/// The most operands of IN.
const MAX_IN: usize = 100;
/// What errors print as the type of a path where a literal is wanted.
const ANY_TYPE: &str = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}";

/// An operand with its placeholders looked up; `size` still with whatever operands it was given.
enum Resolved {
    Plain(Operand),
    Size(Vec<Resolved>),
}

pub(super) fn test(raw: RawTest<'_>, resolver: &mut Resolver<'_>) -> Result<Test, Box<Problem>> {
    match raw {
        RawTest::Compare(comparator, a, b) => {
            let [a, b] = operands([a, b], resolver)?;
            Test::compare(comparator, a, b)
        }
        RawTest::Between(a, lower, upper) => {
            let [a, lower, upper] = operands([a, lower, upper], resolver)?;
            Test::between(a, lower, upper)
        }
        RawTest::In(a, list) => {
            let first = resolve(a, resolver);
            let list: Vec<_> = list.into_iter().map(|raw| resolve(raw, resolver)).collect();
            resolver.check()?;
            few(&list)?;
            let first = operand(first)?;
            Test::among(first, list.into_iter().map(operand).collect::<Result<_, _>>()?)
        }
        RawTest::Function(name, list) => {
            let list: Vec<_> = list.into_iter().map(|raw| resolve(raw, resolver)).collect();
            resolver.check()?;
            let name = function(name).ok_or_else(|| Problem::UnknownFunction(name.to_owned()))?;
            arity(name, list.len())?;
            Test::call(name, list.into_iter().map(operand).collect::<Result<_, _>>()?)
        }
    }
}

/// Refuses a function with another number of operands than it takes.
fn arity(name: &'static str, count: usize) -> Result<(), Box<Problem>> {
    let takes = if matches!(name, "attribute_exists" | "attribute_not_exists") { 1 } else { 2 };
    if count == takes { Ok(()) } else { Err(Problem::OperandCount(name, count).into()) }
}

fn few<T>(list: &[T]) -> Result<(), Box<Problem>> {
    if list.len() > MAX_IN { Err(Problem::TooManyIn(list.len()).into()) } else { Ok(()) }
}

/// Tests whose operands are known: with the checks that need no item.
impl Test {
    /// `a = b` and the like.
    pub fn compare(comparator: Comparator, a: Operand, b: Operand) -> Result<Self, Box<Problem>> {
        distinct(comparator.sign(), &a, &[&b])?;
        if !matches!(comparator, Comparator::Eq | Comparator::Ne) {
            ordered(comparator.sign(), &[&a, &b])?;
        }
        Ok(Self::Compare(comparator, a, b))
    }

    /// `a BETWEEN lower AND upper`
    pub fn between(a: Operand, lower: Operand, upper: Operand) -> Result<Self, Box<Problem>> {
        distinct("BETWEEN", &a, &[&lower, &upper])?;
        ordered("BETWEEN", &[&a, &lower, &upper])?;
        bounds(&lower, &upper)?;
        Ok(Self::Between(a, lower, upper))
    }

    /// `first IN (list)`
    pub fn among(first: Operand, list: Vec<Operand>) -> Result<Self, Box<Problem>> {
        few(&list)?;
        distinct("IN", &first, &list.iter().collect::<Vec<_>>())?;
        Ok(Self::In(first, list))
    }

    /// A function of those that are tests.
    pub fn call(name: &str, mut list: Vec<Operand>) -> Result<Self, Box<Problem>> {
        let name = function(name)
            .filter(|name| *name != "size")
            .ok_or_else(|| Problem::UnknownFunction(name.to_owned()))?;
        arity(name, list.len())?;
        let b = if list.len() > 1 { list.pop() } else { None };
        let Some(a) = list.pop() else { return Err(Problem::NeedsPath(name).into()) };
        let path =
            || if let Operand::Path(path) = &a { Ok(path.clone()) } else { Err(Problem::NeedsPath(name)) };
        let Some(b) = b else {
            let path = path()?;
            return Ok(if name == "attribute_exists" { Self::Exists(path) } else { Self::NotExists(path) });
        };
        if name == "attribute_type" {
            return Ok(Self::IsType(path()?, type_named(&b)?));
        }
        distinct(name, &a, &[&b])?;
        if name == "contains" {
            return Ok(Self::Contains(a, b));
        }
        for kind in [&a, &b].into_iter().filter_map(static_kind) {
            if !matches!(kind, Kind::S | Kind::B) {
                return Err(Problem::OperandType(name, kind.name()).into());
            }
        }
        Ok(Self::BeginsWith(a, b))
    }
}

impl Operand {
    /// `size(operand)`
    pub fn size_of(operand: Self) -> Result<Self, Box<Problem>> {
        let kind = match operand {
            Self::Path(path) => return Ok(Self::SizeOf(path)),
            Self::Value(value) => match ValueRef::first(&value).and_then(ValueRef::kind) {
                Some(kind) if !matches!(kind, Kind::N | Kind::Bool | Kind::Null) => {
                    return Ok(Self::SizeOfValue(value));
                }
                kind => kind.unwrap_or(Kind::Null),
            },
            Self::SizeOf(_) | Self::SizeOfValue(_) => Kind::N,
        };
        Err(Problem::OperandType("size", kind.name()).into())
    }
}

fn resolve(raw: RawOperand<'_>, resolver: &mut Resolver<'_>) -> Resolved {
    match raw {
        RawOperand::Path(path) => Resolved::Plain(Operand::Path(resolver.path(&path))),
        RawOperand::Value(key) => Resolved::Plain(Operand::Value(resolver.value(key))),
        RawOperand::Function(_, list) => {
            Resolved::Size(list.into_iter().map(|raw| resolve(raw, resolver)).collect())
        }
    }
}

fn operands<const N: usize>(
    raw: [RawOperand<'_>; N],
    resolver: &mut Resolver<'_>,
) -> Result<[Operand; N], Box<Problem>> {
    let resolved: Vec<_> = raw.into_iter().map(|raw| resolve(raw, resolver)).collect();
    resolver.check()?;
    let checked = resolved.into_iter().map(operand).collect::<Result<Vec<_>, _>>()?;
    // The length is right; the error only has to be of some kind.
    <[Operand; N]>::try_from(checked).map_err(|list| Problem::OperandCount("size", list.len()).into())
}

/// Checks the operand of `size`.
fn operand(resolved: Resolved) -> Result<Operand, Box<Problem>> {
    let list = match resolved {
        Resolved::Plain(operand) => return Ok(operand),
        Resolved::Size(list) => list,
    };
    let [only] =
        <[_; 1]>::try_from(list).map_err(|list: Vec<_>| Problem::OperandCount("size", list.len()))?;
    match only {
        Resolved::Plain(only) => Operand::size_of(only),
        Resolved::Size(_) => Err(Problem::OperandType("size", Kind::N.name()).into()),
    }
}

/// The type an operand has whatever the item.
fn static_kind(operand: &Operand) -> Option<Kind> {
    match operand {
        Operand::Path(_) => None,
        Operand::Value(value) => ValueRef::first(value)?.kind(),
        Operand::SizeOf(_) | Operand::SizeOfValue(_) => Some(Kind::N),
    }
}

fn distinct(name: &'static str, first: &Operand, rest: &[&Operand]) -> Result<(), Box<Problem>> {
    let Operand::Path(path) = first else { return Ok(()) };
    if rest.contains(&first) { Err(Problem::NotDistinct(name, path.to_string()).into()) } else { Ok(()) }
}

fn ordered(name: &'static str, operands: &[&Operand]) -> Result<(), Box<Problem>> {
    for kind in operands.iter().copied().filter_map(static_kind) {
        if !matches!(kind, Kind::S | Kind::N | Kind::B) {
            return Err(Problem::OperandType(name, kind.name()).into());
        }
    }
    Ok(())
}

/// Checks bounds that are both literal.
fn bounds(lower: &Operand, upper: &Operand) -> Result<(), Box<Problem>> {
    let (Operand::Value(lower), Operand::Value(upper)) = (lower, upper) else { return Ok(()) };
    let (Some(lower), Some(upper)) = (ValueRef::first(lower), ValueRef::first(upper)) else { return Ok(()) };
    match order(lower, upper) {
        None => Err(Problem::BetweenTypes(shown(lower), shown(upper)).into()),
        Some(Ordering::Greater) => Err(Problem::BetweenOrder(shown(lower), shown(upper)).into()),
        Some(_) => Ok(()),
    }
}

/// A bound as the service prints it.
fn shown(value: ValueRef<'_>) -> String {
    let text = match value.view() {
        Some(View::S(text)) => lossy(text),
        Some(View::N(number)) => number.to_string(),
        Some(View::B(bytes)) => base64::encode(bytes),
        _ => String::new(),
    };
    format!("AttributeValue: {{{}:{text}}}", value.kind().map_or("", Kind::name))
}

fn type_named(operand: &Operand) -> Result<Kind, Box<Problem>> {
    let wrong = |found| Problem::OperandType("attribute_type", found);
    let Operand::Value(value) = operand else {
        return Err(wrong(static_kind(operand).map_or(ANY_TYPE, Kind::name)).into());
    };
    let value = ValueRef::first(value).ok_or(wrong(ANY_TYPE))?;
    let Some(View::S(name)) = value.view() else {
        return Err(wrong(value.kind().map_or(ANY_TYPE, Kind::name)).into());
    };
    Ok(match name {
        b"S" => Kind::S,
        b"SS" => Kind::Ss,
        b"N" => Kind::N,
        b"NS" => Kind::Ns,
        b"B" => Kind::B,
        b"BS" => Kind::Bs,
        b"BOOL" => Kind::Bool,
        b"NULL" => Kind::Null,
        b"L" => Kind::L,
        b"M" => Kind::M,
        _ => return Err(Problem::TypeName(lossy(name)).into()),
    })
}
