//! SET and REMOVE: to the actions that updates of requests are made of.

use super::Refusal;
use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, malformed};
use crate::expression::{Action, Bytes, Path, Problem, Source, Test, Update};
use crate::item::{Kind, ValueRef};

/// The most operators and functions of one update.
const MAX_OPERATORS: usize = 300;

impl Parser<'_> {
    /// One or more clauses.
    pub fn actions(&mut self) -> Outcome<Update> {
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
                return Err(self.unexpected());
            } else {
                break;
            }
        }
        if self.operators > MAX_OPERATORS {
            return Err(Box::new(Problem::TooManyOperators(self.operators)).into());
        }
        self.operators = before;
        Ok(Update::from_actions(actions)?)
    }

    fn target(&mut self) -> Outcome<Path> {
        self.path()?.ok_or_else(|| malformed("Expected identifier for simple path"))
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
        let refuse = |sentence: &str| Err(Refusal::At("", [sentence].concat(), place));
        self.bump();
        self.bump();
        if self.path()?.as_ref() != Some(&path) {
            return Err(Refusal::Said(
                "The first argument to ",
                [name, " must equal the assignment value"].concat(),
            ));
        }
        if !self.eat(",") {
            return refuse(&[name, " must have exactly two arguments"].concat());
        }
        let second = self.place();
        let Some(value) = self.value()? else { return Err(self.unexpected()) };
        if !matches!(kind_of(&value), Some(Kind::Ss | Kind::Ns | Kind::Bs)) {
            return Err(Refusal::At(
                "The second argument to ",
                [name, " must be a value with type SET"].concat(),
                second,
            ));
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
                return Err(malformed("Missing right-hand side expression of infix operator"));
            }
            // So that no longer chain than is allowed is ever built.
            if self.operators > MAX_OPERATORS {
                return Err(Box::new(Problem::TooManyOperators(self.operators)).into());
            }
            source = Source::pair(sign, source, self.term()?)?;
        }
        if let Some(sign) = self.one_of(&["*", "/", "%"]) {
            return Err(Refusal::Said(
                "Unsupported operator in Update Expression. Operator: ",
                sign.to_owned(),
            ));
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
        Ok(Source::Path(self.path()?.ok_or_else(|| self.unexpected())?))
    }

    fn source_function(&mut self) -> Outcome<Source> {
        let (name, place) = (self.word().to_ascii_lowercase(), self.place());
        if !matches!(&*name, "list_append" | "if_not_exists") {
            let known = name == "size"
                || !matches!(Test::call(&name, Vec::new()), Err(problem) if matches!(*problem, Problem::UnknownFunction(_)));
            return Err(if known {
                Box::new(Problem::NotInUpdate(name)).into()
            } else {
                Refusal::At("Unrecognized function: ", name, place)
            });
        }
        self.bump();
        self.bump();
        self.enter()?;
        self.operators += 1;
        let mut list = vec![self.source()?];
        while self.eat(",") {
            list.push(self.source()?);
        }
        self.expect(")")?;
        self.leave();
        let count = |list: Vec<Source>, name| Problem::OperandCount(name, list.len());
        if name == "list_append" {
            let [a, b] = <[_; 2]>::try_from(list).map_err(|list| Box::new(count(list, "list_append")))?;
            return Ok(Source::pair("list_append", a, b)?);
        }
        let [path, other] =
            <[_; 2]>::try_from(list).map_err(|list| Box::new(count(list, "if_not_exists")))?;
        match path {
            Source::Path(path) => Ok(Source::IfNotExists(path, Box::new(other))),
            _ => Err(Box::new(Problem::NeedsPath("if_not_exists")).into()),
        }
    }
}

fn kind_of(value: &Bytes) -> Option<Kind> {
    ValueRef::first(value).and_then(ValueRef::kind)
}
