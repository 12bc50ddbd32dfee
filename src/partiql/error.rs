//! Why a statement is refused. `Display` is the service's sentence.

use std::fmt;

use crate::expression::Problem;
use crate::item::ItemError;

/// Where a token stands: line and column, both from 1, and how many characters it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    line: usize,
    column: usize,
    length: usize,
}

impl Place {
    /// The place of `start..end` in `text`.
    pub(super) fn new(text: &str, start: usize, end: usize) -> Self {
        let before = text.get(..start).unwrap_or_default();
        let line = before.rfind('\n').map_or(0, |at| at + 1);
        let characters = |from, to| text.get(from..to).unwrap_or_default().chars().count();
        Self {
            line: before.matches('\n').count() + 1,
            column: characters(line, start) + 1,
            length: characters(start, end),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.line, self.column, self.length)
    }
}

/// A refused statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is no statement.
    Malformed(String),
    /// A sentence, with what it is about.
    Said(&'static str, String),
    /// A sentence, with what it is about and where that stands.
    At(&'static str, String, Place),
    /// What expressions refuse too.
    Problem(Box<Problem>),
    /// A literal that is no attribute value.
    Value(ItemError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(what) => write!(f, "Statement wasn't well formed, can't be processed: {what}"),
            Self::Said(sentence, what) => write!(f, "{sentence}{what}"),
            Self::At(sentence, what, place) => write!(f, "{sentence}{what} at {place}"),
            // The names of types come in another order than in expressions.
            Self::Problem(problem) => match &**problem {
                Problem::TypeName(name) => write!(
                    f,
                    "Invalid attribute type name found; type: {name}, valid types: {{N,BS,L,B,NULL,M,S,SS,NS,BOOL}}"
                ),
                other => other.fmt(f),
            },
            Self::Value(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Box<Problem>> for Refusal {
    fn from(problem: Box<Problem>) -> Self {
        Self::Problem(problem)
    }
}

impl From<ItemError> for Refusal {
    fn from(error: ItemError) -> Self {
        Self::Value(error)
    }
}
