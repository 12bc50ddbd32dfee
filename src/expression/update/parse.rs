//! Text to actions, with the checks that need no item.

use super::{Action, Source, Update};
use crate::expression::condition;
use crate::expression::error::{ExpressionError, ExpressionKind, Problem};
use crate::expression::lexer::TokenKind;
use crate::expression::path::check_apart;
use crate::expression::placeholders::Placeholders;
use crate::expression::syntax::{Cursor, Notes, RawPath, Resolver};
use crate::item::{Kind, ValueRef};

/// How deep sources nest. With 300 operators in 4096 bytes nothing valid comes near.
const MAX_DEPTH: usize = 600;

const KIND: ExpressionKind = ExpressionKind::Update;

/// The four sections, each at most once.
const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

enum RawAction<'t> {
    Set(RawPath<'t>, RawSource<'t>),
    Remove(RawPath<'t>),
    Add(RawPath<'t>, &'t str),
    Delete(RawPath<'t>, &'t str),
}

enum RawSource<'t> {
    Path(RawPath<'t>),
    Value(&'t str),
    Sum(Box<RawSource<'t>>, Box<RawSource<'t>>),
    Difference(Box<RawSource<'t>>, Box<RawSource<'t>>),
    Function(&'t str, Vec<RawSource<'t>>),
}

/// A source whose placeholders are looked up but whose function calls are not checked yet.
enum Resolved {
    Plain(Source),
    Sum(Box<Resolved>, Box<Resolved>),
    Difference(Box<Resolved>, Box<Resolved>),
    IfNotExists(Vec<Resolved>),
    ListAppend(Vec<Resolved>),
}

/// Parses an UpdateExpression.
pub fn parse_update(text: &str, placeholders: &mut Placeholders) -> Result<Update, ExpressionError> {
    let mut parser =
        Parser { cursor: Cursor::new(KIND, text)?, notes: Notes::default(), actions: Vec::new() };
    parser.sections()?;
    parser.notes.check(KIND)?;
    let actions = resolve(parser.actions, placeholders).map_err(|p| ExpressionError::new(KIND, *p))?;
    Ok(Update::new(actions, false))
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    notes: Notes,
    actions: Vec<RawAction<'t>>,
}

impl<'t> Parser<'t> {
    fn sections(&mut self) -> Result<(), ExpressionError> {
        let mut seen = [false; SECTIONS.len()];
        while self.cursor.peek() != TokenKind::End {
            let section = SECTIONS.iter().zip(&mut seen).find(|(name, _)| self.cursor.at_keyword(name));
            let (name, seen) = section.ok_or_else(|| self.cursor.syntax_error())?;
            if std::mem::replace(seen, true) {
                self.notes.repeated.get_or_insert(name);
            }
            self.cursor.bump();
            loop {
                let path = self.cursor.path(&mut self.notes)?;
                let action = match *name {
                    "SET" => {
                        self.cursor.expect(TokenKind::Eq)?;
                        RawAction::Set(path, self.source(0)?.0)
                    }
                    "REMOVE" => RawAction::Remove(path),
                    "ADD" => RawAction::Add(path, self.value()?),
                    _ => RawAction::Delete(path, self.value()?),
                };
                self.actions.push(action);
                if !self.cursor.eat(TokenKind::Comma) {
                    break;
                }
            }
        }
        Ok(())
    }

    fn value(&mut self) -> Result<&'t str, ExpressionError> {
        let word = self.cursor.word();
        self.cursor.expect(TokenKind::Value)?;
        Ok(word)
    }

    /// `operand`, `operand + operand` or `operand - operand`, and whether it is one operand in parentheses.
    fn source(&mut self, depth: usize) -> Result<(RawSource<'t>, bool), ExpressionError> {
        let (first, grouped) = self.operand(depth)?;
        let plus = self.cursor.peek() == TokenKind::Plus;
        if !plus && self.cursor.peek() != TokenKind::Minus {
            return Ok((first, grouped));
        }
        self.cursor.bump();
        self.notes.operators += 1;
        let (first, second) = (Box::new(first), Box::new(self.operand(depth)?.0));
        Ok((if plus { RawSource::Sum(first, second) } else { RawSource::Difference(first, second) }, false))
    }

    fn operand(&mut self, depth: usize) -> Result<(RawSource<'t>, bool), ExpressionError> {
        let word = self.cursor.word();
        match self.cursor.peek() {
            TokenKind::OpenParen => {
                if depth >= MAX_DEPTH {
                    return Err(ExpressionError::new(KIND, Problem::RedundantParentheses));
                }
                self.cursor.bump();
                let (inner, grouped) = self.source(depth + 1)?;
                self.cursor.expect(TokenKind::CloseParen)?;
                self.notes.redundant |= grouped;
                Ok((inner, true))
            }
            TokenKind::Value => {
                self.cursor.bump();
                Ok((RawSource::Value(word), false))
            }
            TokenKind::Word if self.cursor.peek_second() == TokenKind::OpenParen => {
                self.note_function(word);
                if depth >= MAX_DEPTH {
                    std::mem::take(&mut self.notes).check(KIND)?;
                    return Err(ExpressionError::new(KIND, Problem::MisusedFunction(word.to_owned())));
                }
                self.cursor.bump();
                self.cursor.bump();
                let mut operands = Vec::new();
                loop {
                    operands.push(self.operand(depth + 1)?.0);
                    if !self.cursor.eat(TokenKind::Comma) {
                        break;
                    }
                }
                self.cursor.expect(TokenKind::CloseParen)?;
                Ok((RawSource::Function(word, operands), false))
            }
            _ => Ok((RawSource::Path(self.cursor.path(&mut self.notes)?), false)),
        }
    }

    fn note_function(&mut self, name: &str) {
        self.notes.operators += 1;
        if condition::function(name).is_some() {
            self.notes.not_in_update.get_or_insert_with(|| name.to_owned());
        } else if !matches!(name, "if_not_exists" | "list_append") {
            self.notes.unknown.get_or_insert_with(|| name.to_owned());
        }
    }
}

fn resolve(raw: Vec<RawAction<'_>>, placeholders: &mut Placeholders) -> Result<Vec<Action>, Box<Problem>> {
    let mut resolver = Resolver::new(placeholders);
    let mut actions = Vec::with_capacity(raw.len());
    // A SET without its source, and the source: paths are checked for all actions before any source is.
    let mut sources = Vec::new();
    for action in raw {
        actions.push(match action {
            RawAction::Set(path, source) => {
                let path = resolver.path(&path);
                sources.push((actions.len(), look_up(source, &mut resolver)));
                Action::Remove(path)
            }
            RawAction::Remove(path) => Action::Remove(resolver.path(&path)),
            RawAction::Add(path, value) => Action::Add(resolver.path(&path), resolver.value(value)),
            RawAction::Delete(path, value) => Action::Delete(resolver.path(&path), resolver.value(value)),
        });
    }
    resolver.check()?;
    check_apart(&actions.iter().map(Action::path).collect::<Vec<_>>())?;
    actions.iter().try_for_each(check_action)?;
    for (at, source) in sources {
        let source = check_source(source)?;
        if let Some(action) = actions.get_mut(at) {
            *action = Action::Set(action.path().clone(), source);
        }
    }
    Ok(actions)
}

fn look_up(raw: RawSource<'_>, resolver: &mut Resolver<'_>) -> Resolved {
    let mut boxed = |raw: Box<RawSource<'_>>| Box::new(look_up(*raw, resolver));
    match raw {
        RawSource::Sum(a, b) => Resolved::Sum(boxed(a), boxed(b)),
        RawSource::Difference(a, b) => Resolved::Difference(boxed(a), boxed(b)),
        RawSource::Path(path) => Resolved::Plain(Source::Path(resolver.path(&path))),
        RawSource::Value(key) => Resolved::Plain(Source::Value(resolver.value(key))),
        RawSource::Function(name, list) => {
            let list = list.into_iter().map(|raw| look_up(raw, resolver)).collect();
            if name == "list_append" { Resolved::ListAppend(list) } else { Resolved::IfNotExists(list) }
        }
    }
}

/// Checks the type of the value of ADD and DELETE.
fn check_action(action: &Action) -> Result<(), Box<Problem>> {
    let (name, value) = match action {
        Action::Add(_, value) => ("ADD", value),
        Action::Delete(_, value) => ("DELETE", value),
        Action::Set(..) | Action::Remove(_) => return Ok(()),
    };
    let found = match ValueRef::first(value).and_then(ValueRef::kind) {
        Some(Kind::Ss | Kind::Ns | Kind::Bs) => return Ok(()),
        Some(Kind::N) if name == "ADD" => return Ok(()),
        Some(Kind::N) => "NUMBER",
        Some(Kind::S) => "STRING",
        Some(Kind::B) => "BINARY",
        Some(Kind::Bool) => "BOOLEAN",
        Some(Kind::L) => "LIST",
        Some(Kind::M) => "MAP",
        Some(Kind::Null) | None => "NULL",
    };
    Err(Problem::ActionType(name, found).into())
}

/// Checks operand counts and the types that are known without an item.
fn check_source(resolved: Resolved) -> Result<Source, Box<Problem>> {
    Ok(match resolved {
        Resolved::Plain(source) => source,
        Resolved::Sum(a, b) => Source::pair("+", check_source(*a)?, check_source(*b)?)?,
        Resolved::Difference(a, b) => Source::pair("-", check_source(*a)?, check_source(*b)?)?,
        Resolved::ListAppend(list) => {
            let name = "list_append";
            let [a, b] =
                <[_; 2]>::try_from(list).map_err(|l: Vec<_>| Problem::OperandCount(name, l.len()))?;
            Source::pair(name, check_source(a)?, check_source(b)?)?
        }
        Resolved::IfNotExists(list) => {
            let name = "if_not_exists";
            let [path, other] =
                <[_; 2]>::try_from(list).map_err(|l: Vec<_>| Problem::OperandCount(name, l.len()))?;
            let Resolved::Plain(Source::Path(path)) = path else {
                return Err(Problem::NeedsPath(name).into());
            };
            Source::IfNotExists(path, Box::new(check_source(other)?))
        }
    })
}

impl Source {
    /// `+`, `-` or `list_append` of two sources, each of which is of the type it takes as far as one can tell.
    pub fn pair(name: &'static str, a: Self, b: Self) -> Result<Self, Box<Problem>> {
        let wanted = if name == "list_append" { Kind::L } else { Kind::N };
        for source in [&a, &b] {
            let kind = match source {
                Self::Value(value) => ValueRef::first(value).and_then(ValueRef::kind),
                Self::Sum(..) | Self::Difference(..) => Some(Kind::N),
                Self::ListAppend(..) => Some(Kind::L),
                Self::Path(_) | Self::IfNotExists(..) => None,
            };
            if let Some(found) = kind.filter(|found| *found != wanted) {
                return Err(Problem::OperandType(name, found.name()).into());
            }
        }
        let (a, b) = (Box::new(a), Box::new(b));
        Ok(match name {
            "+" => Self::Sum(a, b),
            "-" => Self::Difference(a, b),
            _ => Self::ListAppend(a, b),
        })
    }
}
