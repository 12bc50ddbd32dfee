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
    #[cold]
    pub(super) fn new(text: &str, start: usize, end: usize) -> Self {
        let mut place = Self { line: 1, column: 1, length: 0 };
        for (at, byte) in text.bytes().enumerate().take(end) {
            // Of a character only the first byte counts.
            let one = usize::from(byte & 0xC0 != 0x80);
            if at >= start {
                place.length += one;
            } else if byte == b'\n' {
                (place.line, place.column) = (place.line + 1, 1);
            } else {
                place.column += one;
            }
        }
        place
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.line, self.column, self.length)
    }
}

/// A refused statement. One pointer wide: every `?` on the way out moves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal(Box<Cause>);

/// Why a statement is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It is no statement.
    Malformed(&'static str),
    /// A sentence, with what it is about.
    Said(&'static str, String),
    /// A sentence, with what it is about and where that stands.
    At(&'static str, String, Place),
    /// What expressions refuse too.
    Problem(Box<Problem>),
    /// A literal that is no attribute value.
    Value(ItemError),
}

impl Refusal {
    #[cold]
    pub(super) fn new(cause: Cause) -> Self {
        Self(Box::new(cause))
    }

    /// It is no statement.
    pub fn is_malformed(&self) -> bool {
        matches!(*self.0, Cause::Malformed(_))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Malformed(what) => write!(f, "Statement wasn't well formed, can't be processed: {what}"),
            Cause::Said(sentence, what) => write!(f, "{sentence}{what}"),
            Cause::At(sentence, what, place) => write!(f, "{sentence}{what} at {place}"),
            // The names of types come in another order than in expressions.
            Cause::Problem(problem) => match &**problem {
                Problem::TypeName(name) => write!(
                    f,
                    "Invalid attribute type name found; type: {name}, valid types: {{N,BS,L,B,NULL,M,S,SS,NS,BOOL}}"
                ),
                other => other.fmt(f),
            },
            Cause::Value(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Box<Problem>> for Refusal {
    fn from(problem: Box<Problem>) -> Self {
        Self::new(Cause::Problem(problem))
    }
}

impl From<ItemError> for Refusal {
    fn from(error: ItemError) -> Self {
        Self::new(Cause::Value(error))
    }
}
