//! SELECT.

use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, malformed, said};
use super::{OrderTerm, Refusal, Statement, Verb};
use crate::expression::{Bytes, Path, Projection, Step, is_partiql_keyword};

impl Parser<'_> {
    pub fn select(&mut self) -> Outcome<Statement> {
        self.bump();
        let columns = if self.eat("*") { None } else { Some(self.columns()?) };
        if !self.eat("FROM") {
            return Err(malformed("Unexpected token after expression"));
        }
        let (table, index) = self.table()?;
        let condition = self.condition()?;
        let order = if self.eat("ORDER") { self.order()? } else { Vec::new() };
        if !order.is_empty() && condition.is_none() {
            return said("Must have WHERE clause in the statement when using ORDER BY clause.");
        }
        Ok(self.finish(table, index, Verb::Select { columns, order }, condition))
    }

    fn columns(&mut self) -> Outcome<Projection> {
        let mut columns: Vec<(Bytes, Path)> = Vec::new();
        loop {
            let keyword = self.kind() == TokenKind::Word && is_partiql_keyword(self.word());
            if self.second_is("(") && self.kind() == TokenKind::Word {
                return self.refuse("Unexpected path component", "");
            }
            let Some(path) = self.path()? else {
                let written = !keyword && self.kind() != TokenKind::End;
                return if written {
                    self.refuse("Unexpected path component", "")
                } else {
                    Err(self.unexpected())
                };
            };
            if self.is("AS") || self.kind() == TokenKind::Name || self.is_plain_word() {
                return said("Aliasing is not supported");
            }
            let name = column(&path);
            if columns.iter().any(|(other, _)| *other == name) {
                let name = String::from_utf8_lossy(&name).into_owned();
                return Err(Refusal::Said("Duplicate identifiers in select clause: ", name));
            }
            columns.push((name, path));
            if !self.eat(",") {
                break;
            }
        }
        Ok(Projection::from_columns(columns)?)
    }

    fn order(&mut self) -> Outcome<Vec<OrderTerm>> {
        self.expect("BY")?;
        let mut terms = Vec::new();
        loop {
            let Some(path) = self.path()? else { return Err(self.unexpected()) };
            if path.is_nested() {
                return said("Argument to ORDER BY must be of type VariableReference. Type: PATH");
            }
            let descending = self.eat("DESC");
            if !descending {
                self.eat("ASC");
            }
            // No key is null.
            if self.eat("NULLS") && !(self.eat("FIRST") || self.eat("LAST")) {
                return Err(self.unexpected());
            }
            terms.push(OrderTerm { name: path.root().into(), descending });
            if !self.eat(",") {
                return Ok(terms);
            }
        }
    }
}

/// The attribute that a path becomes: the last name in it, with the indexes that follow.
fn column(path: &Path) -> Bytes {
    let steps = path.steps();
    let last = steps.iter().rposition(|step| matches!(step, Step::Name(_))).unwrap_or(0);
    let mut name = Vec::new();
    for step in steps.iter().skip(last) {
        match step {
            Step::Name(text) => name.extend_from_slice(text),
            Step::Index(index) => name.extend_from_slice(["[", &index.to_string(), "]"].concat().as_bytes()),
        }
    }
    name.into()
}
