//! Condition, filter, key-condition, projection and update expressions over canonical item bytes.
//!
//! An expression is parsed once, owns what it needs, and then walks items in place; only an update builds a tree,
//! and of an item only the parts it changes. Errors carry the service's sentences. This module knows nothing of
//! tables or requests: what needs a key schema (filters on key attributes, types of key conditions, updates of key
//! attributes) is checked by whoever knows it, with the help of `root_names`, [`KeyTerm`] and [`Update::touches`].

mod condition;
mod error;
mod key_condition;
mod lexer;
mod path;
mod placeholders;
mod projection;
mod reach;
mod reserved;
mod syntax;
mod update;

pub use condition::{
    Comparator, Condition, Op, Operand, Test, is_condition_function, order, parse_condition,
};
pub use error::{ExpressionError, ExpressionKind, Map, Problem};
pub use key_condition::{KeyCondition, KeyTerm, KeyTest, parse_key_condition};
pub use path::{Path, Step};
pub use placeholders::{Bytes, Placeholders};
pub use projection::{Projection, parse_projection};
pub use reach::{Alternatives, Reach};
pub use reserved::is_partiql_keyword;
pub use update::{Action, AttributeAction, Outcome, Source, Update, UpdateError, parse_update};

#[cfg(test)]
mod tests;
