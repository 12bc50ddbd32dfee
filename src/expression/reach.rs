//! What a condition asks of keys, wherever it asks it: the places to look for what can satisfy it.

use super::condition::{Condition, Op, Operand, Test};
use super::key_condition::{KeyTerm, KeyTest, term};
use super::placeholders::Bytes;

/// Alternatives of which one holds, each of them terms that all hold. An alternative without a term says nothing.
pub type Alternatives = Vec<Vec<KeyTerm>>;

/// More alternatives than this are not told apart: one side of the AND that would make them is left to the filter.
const MOST: usize = 10_000;

/// Which parts of a condition count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All, with OR and IN.
    Any,
    /// Tests that every item must pass, written as such: joined by AND, and no IN.
    Required,
}

impl Condition {
    /// What must hold of the attributes named in `keys`, of which the first is a partition key. An item that
    /// satisfies the condition satisfies one of the alternatives; not the other way round.
    pub fn alternatives(&self, keys: &[&[u8]], reach: Reach) -> Alternatives {
        let mut stack: Vec<Alternatives> = Vec::new();
        // Where the right side of an AND (false) or OR ends.
        let mut open: Vec<(usize, bool)> = Vec::new();
        for at in 0..=self.code().len() {
            while let Some((_, any)) = open.pop_if(|(end, _)| *end == at) {
                let (right, left) = (stack.pop().unwrap_or_default(), stack.pop().unwrap_or_default());
                stack.push(match (any, reach) {
                    (false, _) => both(left, right, keys),
                    (true, Reach::Required) => anything(),
                    (true, Reach::Any) => left.into_iter().chain(right).collect(),
                });
            }
            match self.code().get(at) {
                Some(Op::Test(test)) => stack.push(of(test, keys, reach)),
                Some(Op::Not) => {
                    stack.pop();
                    stack.push(anything());
                }
                Some(Op::And(end)) => open.push((*end, false)),
                Some(Op::Or(end)) => open.push((*end, true)),
                None => {}
            }
        }
        stack.pop().unwrap_or_else(anything)
    }
}

fn anything() -> Alternatives {
    vec![Vec::new()]
}

/// What one test asks of a key.
fn of(test: &Test, keys: &[&[u8]], reach: Reach) -> Alternatives {
    let equals =
        |name: &[u8], value: &Bytes| vec![KeyTerm { name: name.to_vec(), test: KeyTest::Eq(value.clone()) }];
    if let Test::In(Operand::Path(path), list) = test
        && reach == Reach::Any
        && !path.is_nested()
        && keys.contains(&path.root())
    {
        let values = list.iter().map(|one| if let Operand::Value(value) = one { Some(value) } else { None });
        if let Some(values) = values.collect::<Option<Vec<_>>>() {
            return values.into_iter().map(|value| equals(path.root(), value)).collect();
        }
    }
    match term(test.clone()) {
        Ok((path, test)) if !path.is_nested() && keys.contains(&path.root()) => {
            vec![vec![KeyTerm { name: path.root().to_vec(), test }]]
        }
        _ => anything(),
    }
}

/// What an AND asks: each alternative of one side with each of the other.
fn both(left: Alternatives, right: Alternatives, keys: &[&[u8]]) -> Alternatives {
    if left.len() * right.len() > MOST {
        return if pins(&left, keys) { left } else { right };
    }
    let mut joined = Vec::with_capacity(left.len() * right.len());
    for one in &left {
        joined.extend(right.iter().map(|other| one.iter().chain(other).cloned().collect()));
    }
    joined
}

/// True when every alternative has one value for the partition key.
fn pins(alternatives: &Alternatives, keys: &[&[u8]]) -> bool {
    let pinned = |term: &KeyTerm| keys.first() == Some(&&*term.name) && matches!(term.test, KeyTest::Eq(_));
    alternatives.iter().all(|terms| terms.iter().any(pinned))
}
