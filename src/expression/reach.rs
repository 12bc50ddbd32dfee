//! What a condition asks of keys, wherever it asks it: the places to look for what can satisfy it.

use super::condition::{Comparator, Condition, Op, Operand, Test};
use super::key_condition::{KeyTerm, KeyTest, compared};
use super::path::Path;

/// Alternatives of which one holds.
#[derive(Debug, Default)]
pub struct Alternatives {
    /// What they are made of.
    pub terms: Vec<KeyTerm>,
    /// Positions of terms that all hold. An alternative without any says nothing.
    pub any: Vec<Vec<usize>>,
}

/// More alternatives than this are not told apart: one side of the AND that would make them is left to the filter.
const MOST: usize = 2_500;

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
        let mut terms = Vec::new();
        let mut stack: Vec<Vec<Vec<usize>>> = Vec::new();
        // Where the right side of an AND (false) or OR ends.
        let mut open: Vec<(usize, bool)> = Vec::new();
        for at in 0..=self.code().len() {
            while let Some((_, or)) = open.pop_if(|(end, _)| *end == at) {
                let (mut right, mut left) =
                    (stack.pop().unwrap_or_default(), stack.pop().unwrap_or_default());
                if !or {
                    left = both(left, right, &terms, keys);
                } else if reach == Reach::Any {
                    left.append(&mut right);
                } else {
                    left = vec![Vec::new()];
                }
                stack.push(left);
            }
            match self.code().get(at) {
                Some(Op::Test(test)) => stack.push(of(test, keys, reach, &mut terms)),
                Some(Op::Not) => {
                    stack.pop();
                    stack.push(vec![Vec::new()]);
                }
                Some(Op::And(end)) => open.push((*end, false)),
                Some(Op::Or(end)) => open.push((*end, true)),
                None => {}
            }
        }
        Alternatives { terms, any: stack.pop().unwrap_or_default() }
    }
}

/// What one test asks of a key.
fn of(test: &Test, keys: &[&[u8]], reach: Reach, terms: &mut Vec<KeyTerm>) -> Vec<Vec<usize>> {
    let before = terms.len();
    let mut add = |path: &Path, test: KeyTest| {
        if !path.is_nested() && keys.contains(&path.root()) {
            terms.push(KeyTerm { name: path.root().to_vec(), test });
        }
    };
    match test {
        Test::Compare(Comparator::Ne, ..) => {}
        Test::Compare(comparator, Operand::Path(path), Operand::Value(value)) => {
            add(path, compared(*comparator, value.clone()));
        }
        Test::Compare(comparator, Operand::Value(value), Operand::Path(path)) => {
            add(path, compared(comparator.swapped(), value.clone()));
        }
        Test::Between(Operand::Path(path), Operand::Value(lower), Operand::Value(upper)) => {
            add(path, KeyTest::Between(lower.clone(), upper.clone()));
        }
        Test::BeginsWith(Operand::Path(path), Operand::Value(prefix)) => {
            add(path, KeyTest::BeginsWith(prefix.clone()));
        }
        Test::In(Operand::Path(path), list)
            if reach == Reach::Any && list.iter().all(|one| matches!(one, Operand::Value(_))) =>
        {
            for one in list {
                if let Operand::Value(value) = one {
                    add(path, KeyTest::Eq(value.clone()));
                }
            }
        }
        _ => {}
    }
    if terms.len() == before { vec![Vec::new()] } else { (before..terms.len()).map(|at| vec![at]).collect() }
}

/// What an AND asks: each alternative of one side with each of the other.
fn both(left: Vec<Vec<usize>>, right: Vec<Vec<usize>>, terms: &[KeyTerm], keys: &[&[u8]]) -> Vec<Vec<usize>> {
    // Most sides say nothing of keys.
    if let [one] = right.as_slice()
        && one.is_empty()
    {
        return left;
    }
    if left.len() * right.len() > MOST {
        // True when every alternative has one value for the partition key.
        let pins = |term: &KeyTerm| keys.first() == Some(&&*term.name) && matches!(term.test, KeyTest::Eq(_));
        let pinned = left.iter().all(|all| all.iter().any(|at| terms.get(*at).is_some_and(pins)));
        return if pinned { left } else { right };
    }
    let mut joined = Vec::with_capacity(left.len() * right.len());
    for one in &left {
        for other in &right {
            let mut all = one.clone();
            all.extend_from_slice(other);
            joined.push(all);
        }
    }
    joined
}
