//! PartiQL, as far as DynamoDB speaks it: statements to the conditions, updates, projections and items that requests are
//! made of.
//!
//! A statement is read once, with the values of its parameters; what comes out owns what it needs. This module knows
//! nothing of tables or requests: what needs a key schema is checked by whoever knows it.

mod condition;
mod error;
mod lexer;
mod parser;
mod path;
mod select;
#[cfg(test)]
mod tests;
mod update;
mod value;

pub use error::{Place, Refusal};

use crate::expression::{Bytes, Condition, Projection, Update};
use crate::item::ItemBuf;

/// A statement.
#[derive(Clone, Debug, Default)]
pub struct Statement {
    /// The table.
    pub table: String,
    /// The index that is read.
    pub index: Option<String>,
    /// What is done.
    pub verb: Verb,
    /// WHERE
    pub condition: Option<Condition>,
    /// RETURNING
    pub returning: Option<Returning>,
    /// The top-level attributes that paths reach into.
    pub nested_roots: Vec<Bytes>,
}

/// What a statement does.
#[derive(Clone, Debug, Default)]
pub enum Verb {
    /// SELECT
    Select {
        /// The attributes asked for; all when `None`.
        columns: Option<Projection>,
        /// ORDER BY
        order: Vec<OrderTerm>,
    },
    /// EXISTS
    Exists,
    /// INSERT
    Insert(ItemBuf),
    /// UPDATE
    Update(Update),
    /// DELETE
    #[default]
    Delete,
}

/// A term of ORDER BY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTerm {
    /// The attribute.
    pub name: Bytes,
    /// DESC
    pub descending: bool,
}

/// Which attributes a write answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Returning {
    /// Only those it changed.
    pub modified: bool,
    /// As they are after it.
    pub new: bool,
}

/// Whether a text begins as a SELECT does.
pub fn is_select(text: &str) -> bool {
    parser::Parser::new(text, &[]).is("SELECT")
}

/// Reads a statement. `parameters` are the encoded canonical values that its question marks stand for.
pub fn parse(text: &str, parameters: &[Bytes]) -> Result<Box<Statement>, Refusal> {
    parser::Parser::new(text, parameters).whole()
}
