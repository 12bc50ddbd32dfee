//! Document paths: `a.b[2].c`.

use std::fmt;

use super::error::Problem;
use super::placeholders::Bytes;
use crate::item::{MapRef, ValueRef, View};

/// One element of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A top-level attribute or a member of a map.
    Name(Bytes),
    /// An element of a list.
    Index(u32),
}

/// A document path. The first step is a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

impl Path {
    /// A top-level attribute.
    pub fn top(name: &[u8]) -> Self {
        Self(vec![Step::Name(name.into())])
    }

    /// A path of `steps`, of which the first is a name.
    pub fn new(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// Its elements.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The top-level attribute.
    pub fn root(&self) -> &[u8] {
        match self.0.first() {
            Some(Step::Name(name)) => name,
            _ => &[],
        }
    }

    /// True when it reaches into the top-level attribute.
    pub fn is_nested(&self) -> bool {
        self.0.len() > 1
    }

    /// What stands there in a canonical item.
    pub fn find<'a>(&self, item: MapRef<'a>) -> Option<ValueRef<'a>> {
        let (_, inner) = self.0.split_first()?;
        let mut at = item.get(self.root())?;
        for step in inner {
            at = match (step, at.view()?) {
                (Step::Name(name), View::M(map)) => map.get(name)?,
                (Step::Index(index), View::L(list)) => list.values().nth(*index as usize)?,
                _ => return None,
            }
        }
        Some(at)
    }
}

/// As errors print it: `[a, b, [0]]`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            f.write_str(if at == 0 { "[" } else { ", " })?;
            match step {
                Step::Name(name) => f.write_str(&String::from_utf8_lossy(name))?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        f.write_str("]")
    }
}

/// Refuses paths of which one holds another, and then paths that use one parent both as a map and as a list.
pub(super) fn check_apart(paths: &[&Path]) -> Result<(), Box<Problem>> {
    let relations = [
        (Relation::Overlap, Problem::Overlap as fn(String, String) -> Problem),
        (Relation::Conflict, Problem::Conflict),
    ];
    for (refused, problem) in relations {
        for (at, two) in paths.iter().enumerate() {
            for one in paths.iter().take(at) {
                if relation(one, two) == refused {
                    return Err(problem(one.to_string(), two.to_string()).into());
                }
            }
        }
    }
    Ok(())
}

/// How two paths stand to each other.
#[derive(PartialEq, Eq)]
enum Relation {
    Apart,
    Overlap,
    Conflict,
}

fn relation(one: &Path, two: &Path) -> Relation {
    for (a, b) in one.0.iter().zip(&two.0) {
        match (a, b) {
            (Step::Name(_), Step::Index(_)) | (Step::Index(_), Step::Name(_)) => return Relation::Conflict,
            (a, b) if a != b => return Relation::Apart,
            _ => {}
        }
    }
    Relation::Overlap
}
