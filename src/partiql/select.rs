//! SELECT.

use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, malformed, said};
use super::{OrderTerm, Verb};
use crate::expression::{Bytes, Path, Projection, Step};

impl Parser<'_> {
    pub fn select(&mut self) -> Outcome {
        self.expect("SELECT")?;
        let columns = if self.eat("*") { None } else { Some(self.columns()?) };
        if !self.eat("FROM") {
            return malformed("Unexpected token after expression");
        }
        self.table()?;
        self.condition()?;
        let order = if self.eat("ORDER") { self.order()? } else { Vec::new() };
        if !order.is_empty() && self.made.condition.is_none() {
            return said("Must have WHERE clause in the statement when using ORDER BY clause.", "");
        }
        self.made.verb = Verb::Select { columns, order };
        Ok(())
    }

    fn columns(&mut self) -> Outcome<Projection> {
        let mut columns: Vec<(Bytes, Path)> = Vec::new();
        loop {
            let call = self.kind() == TokenKind::Word && self.second_is("(");
            let path = if call { None } else { self.path()? };
            let Some(path) = path else {
                let keyword = self.kind() == TokenKind::Word && !call;
                return if keyword || self.kind() == TokenKind::End {
                    self.unexpected()
                } else {
                    self.refuse("Unexpected path component", "")
                };
            };
            self.no_alias()?;
            let name = column(&path);
            let at = columns.iter().take_while(|(other, _)| *other < name).count();
            if columns.get(at).is_some_and(|(other, _)| *other == name) {
                return said("Duplicate identifiers in select clause: ", &String::from_utf8_lossy(&name));
            }
            columns.insert(at, (name, path));
            if !self.eat(",") {
                return Ok(Projection::from_columns(columns)?);
            }
        }
    }

    fn order(&mut self) -> Outcome<Vec<OrderTerm>> {
        self.expect("BY")?;
        let mut terms = Vec::new();
        loop {
            let path = self.path()?.ok_or_else(|| self.misplaced())?;
            if path.is_nested() {
                return said("Argument to ORDER BY must be of type VariableReference. Type: ", "PATH");
            }
            let descending = self.eat("DESC");
            if !descending {
                self.eat("ASC");
            }
            // No key is null.
            if self.eat("NULLS") && !(self.eat("FIRST") || self.eat("LAST")) {
                return self.unexpected();
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
