//! SET and REMOVE: to the actions that updates of requests are made of.

use super::Verb;
use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, malformed, problem, refuse_at, said};
use crate::expression::{Action, Bytes, Path, Problem, Source, Update, is_condition_function};
use crate::item::{Kind, ValueRef};

/// The most operators and functions of one update.
const MAX_OPERATORS: usize = 300;

impl Parser<'_> {
    /// One or more clauses.
    pub fn actions(&mut self) -> Outcome {
        let mut actions = Vec::new();
        let before = std::mem::take(&mut self.operators);
        loop {
            if self.eat("SET") {
                loop {
                    let path = self.target()?;
                    self.expect("=")?;
                    actions.push(self.assignment(path)?);
                    if !self.eat(",") {
                        break;
                    }
                }
            } else if self.eat("REMOVE") {
                actions.push(Action::Remove(self.target()?));
            } else if actions.is_empty() {
                return self.unexpected();
            } else {
                break;
            }
        }
        if self.operators > MAX_OPERATORS {
            return problem(Problem::TooManyOperators(self.operators));
        }
        self.operators = before;
        self.made.verb = Verb::Update(Update::from_actions(actions)?);
        Ok(())
    }

    fn target(&mut self) -> Outcome<Path> {
        match self.path()? {
            Some(path) => Ok(path),
            None => malformed("Expected identifier for simple path"),
        }
    }

    fn assignment(&mut self, path: Path) -> Outcome<Action> {
        let set = [("set_add", "SET_ADD"), ("set_delete", "SET_DELETE")]
            .into_iter()
            .find(|(name, _)| self.is(name));
        if let Some((_, name)) = set.filter(|_| self.second_is("(")) {
            return self.set_action(path, name);
        }
        Ok(Action::Set(path, self.source()?))
    }

    /// `set_add(path, set)` or `set_delete(path, set)`.
    fn set_action(&mut self, path: Path, name: &'static str) -> Outcome<Action> {
        let place = self.place();
        self.bump();
        self.bump();
        if self.path()?.as_ref() != Some(&path) {
            return said("The first argument to ", &[name, " must equal the assignment value"].concat());
        }
        if !self.eat(",") {
            return refuse_at("", &[name, " must have exactly two arguments"].concat(), place);
        }
        let second = self.place();
        let Some(value) = self.value()? else { return self.unexpected() };
        if !matches!(kind_of(&value), Some(Kind::Ss | Kind::Ns | Kind::Bs)) {
            let what = [name, " must be a value with type SET"].concat();
            return refuse_at("The second argument to ", &what, second);
        }
        self.expect(")")?;
        Ok(if name == "SET_ADD" { Action::Add(path, value) } else { Action::Delete(path, value) })
    }

    /// Terms, added and subtracted from left to right.
    fn source(&mut self) -> Outcome<Source> {
        let mut source = self.term()?;
        while let Some(sign) = self.one_of(&["+", "-"]) {
            self.bump();
            self.operators += 1;
            if self.kind() == TokenKind::End {
                return malformed("Missing right-hand side expression of infix operator");
            }
            // So that no longer chain than is allowed is ever built.
            if self.operators > MAX_OPERATORS {
                return problem(Problem::TooManyOperators(self.operators));
            }
            source = Source::pair(sign, source, self.term()?)?;
        }
        if let Some(sign) = self.one_of(&["*", "/", "%"]) {
            return said("Unsupported operator in Update Expression. Operator: ", sign);
        }
        Ok(source)
    }

    fn term(&mut self) -> Outcome<Source> {
        if self.kind() == TokenKind::Word && self.second_is("(") {
            return self.source_function();
        }
        if self.eat("(") {
            self.enter()?;
            let source = self.source()?;
            self.expect(")")?;
            self.leave();
            return Ok(source);
        }
        if let Some(value) = self.value()? {
            return Ok(Source::Value(value));
        }
        Ok(Source::Path(self.path()?.ok_or_else(|| self.misplaced())?))
    }

    fn source_function(&mut self) -> Outcome<Source> {
        let (name, place) = (self.word().to_ascii_lowercase(), self.place());
        let append = name == "list_append";
        if !append && name != "if_not_exists" {
            return if is_condition_function(&name) {
                problem(Problem::NotInUpdate(name))
            } else {
                refuse_at("Unrecognized function: ", &name, place)
            };
        }
        self.bump();
        self.bump();
        self.enter()?;
        self.operators += 1;
        let a = self.source()?;
        let count = |count| {
            problem(Problem::OperandCount(if append { "list_append" } else { "if_not_exists" }, count))
        };
        if !self.eat(",") {
            return if self.is(")") { count(1) } else { self.unexpected() };
        }
        let b = self.source()?;
        if self.is(",") {
            return count(3);
        }
        self.expect(")")?;
        self.leave();
        match a {
            a if append => Ok(Source::pair("list_append", a, b)?),
            Source::Path(path) => Ok(Source::IfNotExists(path, Box::new(b))),
            _ => problem(Problem::NeedsPath("if_not_exists")),
        }
    }
}

fn kind_of(value: &Bytes) -> Option<Kind> {
    ValueRef::first(value).and_then(ValueRef::kind)
}
