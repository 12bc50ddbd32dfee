//! Text to a program of raw tests: operator precedence with an explicit stack.

use super::{Comparator, Op};
use crate::expression::error::{ExpressionError, ExpressionKind, Problem};
use crate::expression::lexer::TokenKind;
use crate::expression::syntax::{Cursor, Notes, RawPath};

/// How deep operands nest. Nothing valid nests deeper than two; the rest is there to be named in an error.
const MAX_DEPTH: usize = 64;

/// The functions of conditions.
const FUNCTIONS: [&str; 6] =
    ["attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"];

/// The static name of a condition's function.
pub(in crate::expression) fn function(name: &str) -> Option<&'static str> {
    FUNCTIONS.into_iter().find(|known| *known == name)
}

/// An operand as written.
#[derive(Debug)]
pub(in crate::expression) enum RawOperand<'t> {
    Path(RawPath<'t>),
    Value(&'t str),
    Function(&'t str, Vec<RawOperand<'t>>),
}

/// A test as written.
#[derive(Debug)]
pub(in crate::expression) enum RawTest<'t> {
    Compare(Comparator, RawOperand<'t>, RawOperand<'t>),
    Between(RawOperand<'t>, RawOperand<'t>, RawOperand<'t>),
    In(RawOperand<'t>, Vec<RawOperand<'t>>),
    Function(&'t str, Vec<RawOperand<'t>>),
}

/// A well-formed condition whose placeholders are not looked up yet.
pub(in crate::expression) struct RawCondition<'t> {
    pub code: Vec<Op<RawTest<'t>>>,
    /// A parenthesised AND or OR stands beside another AND or OR.
    pub grouped: bool,
}

/// What waits for its right side or its end.
enum Pending {
    Group,
    Not,
    /// Where the jump to fill in stands.
    And(usize),
    Or(usize),
}

/// What a pair of parentheses (or the whole text) holds so far.
#[derive(Default)]
struct Group {
    content: Content,
    /// Has an AND or OR of its own.
    joined: bool,
    /// Has one inside parentheses of its own.
    inner_joined: bool,
}

#[derive(Default, PartialEq, Eq)]
enum Content {
    #[default]
    Nothing,
    /// One parenthesised group and nothing else.
    Group,
    Other,
}

impl Group {
    fn add(&mut self, group: bool) {
        let only = group && self.content == Content::Nothing;
        self.content = if only { Content::Group } else { Content::Other };
    }
}

struct Parser<'t> {
    cursor: Cursor<'t>,
    notes: Notes,
    code: Vec<Op<RawTest<'t>>>,
    stack: Vec<Pending>,
    groups: Vec<Group>,
    grouped: bool,
}

/// Parses a condition, filter or key condition and reports what needs no placeholders.
pub(in crate::expression) fn parse(
    kind: ExpressionKind,
    text: &str,
) -> Result<RawCondition<'_>, ExpressionError> {
    let mut parser = Parser {
        cursor: Cursor::new(kind, text)?,
        notes: Notes::default(),
        code: Vec::new(),
        stack: Vec::new(),
        groups: vec![Group::default()],
        grouped: false,
    };
    parser.condition()?;
    parser.notes.check(kind)?;
    Ok(RawCondition { code: parser.code, grouped: parser.grouped })
}

impl<'t> Parser<'t> {
    fn condition(&mut self) -> Result<(), ExpressionError> {
        loop {
            self.open();
            let test = self.test()?;
            self.code.push(Op::Test(test));
            self.add(false);
            if self.close()? {
                return Ok(());
            }
        }
    }

    fn add(&mut self, group: bool) {
        if let Some(current) = self.groups.last_mut() {
            current.add(group);
        }
    }

    /// NOTs and parentheses before a test.
    fn open(&mut self) {
        loop {
            if self.cursor.at_keyword("NOT") {
                self.notes.operators += 1;
                self.stack.push(Pending::Not);
                self.add(false);
            } else if self.cursor.peek() == TokenKind::OpenParen && !self.opens_operand() {
                self.stack.push(Pending::Group);
                self.groups.push(Group::default());
            } else {
                return;
            }
            self.cursor.bump();
        }
    }

    /// A parenthesis holds an operand, not a condition, when an operator that takes operands follows its end.
    fn opens_operand(&self) -> bool {
        let next = self.cursor.after_parentheses().and_then(|at| self.cursor.token_at(at));
        next.is_some_and(|(kind, word)| {
            comparator(kind).is_some()
                || kind == TokenKind::Word
                    && (word.eq_ignore_ascii_case("IN") || word.eq_ignore_ascii_case("BETWEEN"))
        })
    }

    /// What follows a test: ends of groups, then AND, OR, or the end of the text, which gives `true`.
    fn close(&mut self) -> Result<bool, ExpressionError> {
        loop {
            while matches!(self.stack.last(), Some(Pending::Not)) {
                self.stack.pop();
                self.code.push(Op::Not);
            }
            if self.cursor.at_keyword("AND") {
                self.reduce(false);
                self.stack.push(Pending::And(self.code.len()));
                self.code.push(Op::And(0));
            } else if self.cursor.at_keyword("OR") {
                self.reduce(true);
                self.stack.push(Pending::Or(self.code.len()));
                self.code.push(Op::Or(0));
            } else if self.cursor.peek() == TokenKind::CloseParen && self.groups.len() > 1 {
                self.cursor.bump();
                self.reduce(true);
                self.stack.pop();
                self.end_group();
                self.add(true);
                continue;
            } else if self.cursor.peek() == TokenKind::End && self.groups.len() == 1 {
                self.reduce(true);
                self.end_group();
                return Ok(true);
            } else {
                return Err(self.cursor.syntax_error());
            }
            self.cursor.bump();
            self.notes.operators += 1;
            self.add(false);
            if let Some(current) = self.groups.last_mut() {
                current.joined = true;
            }
            return Ok(false);
        }
    }

    fn end_group(&mut self) {
        let Some(ended) = self.groups.pop() else { return };
        // `(a = b)` is fine as a whole text, doubled it is not.
        self.notes.redundant |= ended.content == Content::Group && !self.groups.is_empty();
        self.grouped |= ended.joined && ended.inner_joined;
        if let Some(outer) = self.groups.last_mut() {
            outer.inner_joined |= ended.joined || ended.inner_joined;
        }
    }

    /// Ends the ANDs that wait, and with `all` the ORs too, up to the innermost group.
    fn reduce(&mut self, all: bool) {
        let end = self.code.len();
        while let Some(top) = self.stack.last() {
            let at = match top {
                Pending::And(at) => *at,
                Pending::Or(at) if all => *at,
                _ => return,
            };
            self.stack.pop();
            if let Some(Op::And(to) | Op::Or(to)) = self.code.get_mut(at) {
                *to = end;
            }
        }
    }

    fn test(&mut self) -> Result<RawTest<'t>, ExpressionError> {
        let (first, grouped) = self.operand(0, false)?;
        if let Some(comparator) = comparator(self.cursor.peek()) {
            self.cursor.bump();
            self.notes.operators += 1;
            self.note_nested(&first);
            return Ok(RawTest::Compare(comparator, first, self.nested(0)?));
        }
        if self.cursor.at_keyword("BETWEEN") {
            self.cursor.bump();
            self.notes.operators += 1;
            self.note_nested(&first);
            let lower = self.nested(0)?;
            self.cursor.expect_keyword("AND")?;
            return Ok(RawTest::Between(first, lower, self.nested(0)?));
        }
        if self.cursor.at_keyword("IN") {
            self.cursor.bump();
            self.notes.operators += 1;
            self.note_nested(&first);
            self.cursor.expect(TokenKind::OpenParen)?;
            return Ok(RawTest::In(first, self.list(0)?));
        }
        match first {
            RawOperand::Function(name, operands) if !grouped => {
                if name == "size" {
                    self.notes.misused.get_or_insert_with(|| name.to_owned());
                }
                Ok(RawTest::Function(name, operands))
            }
            _ => Err(self.cursor.syntax_error()),
        }
    }

    /// An operand of an operator or function: of all functions only `size` can stand there.
    fn nested(&mut self, depth: usize) -> Result<RawOperand<'t>, ExpressionError> {
        Ok(self.operand(depth, true)?.0)
    }

    fn note_nested(&mut self, operand: &RawOperand<'t>) {
        if let RawOperand::Function(name, _) = operand
            && *name != "size"
            && function(name).is_some()
        {
            self.notes.misused.get_or_insert_with(|| (*name).to_owned());
        }
    }

    /// Operands up to the closing parenthesis, at least one.
    fn list(&mut self, depth: usize) -> Result<Vec<RawOperand<'t>>, ExpressionError> {
        let mut operands = Vec::new();
        loop {
            operands.push(self.nested(depth)?);
            if !self.cursor.eat(TokenKind::Comma) {
                break;
            }
        }
        self.cursor.expect(TokenKind::CloseParen)?;
        Ok(operands)
    }

    /// An operand, and whether it stands in parentheses.
    fn operand(&mut self, depth: usize, nested: bool) -> Result<(RawOperand<'t>, bool), ExpressionError> {
        let word = self.cursor.word();
        match self.cursor.peek() {
            TokenKind::OpenParen => {
                if depth >= MAX_DEPTH {
                    return Err(ExpressionError::new(self.cursor.kind, Problem::RedundantParentheses));
                }
                self.cursor.bump();
                let (operand, grouped) = self.operand(depth + 1, nested)?;
                self.cursor.expect(TokenKind::CloseParen)?;
                self.notes.redundant |= grouped;
                Ok((operand, true))
            }
            TokenKind::Value => {
                self.cursor.bump();
                Ok((RawOperand::Value(word), false))
            }
            TokenKind::Word if is_keyword(word) => Err(self.cursor.syntax_error()),
            TokenKind::Word if self.cursor.peek_second() == TokenKind::OpenParen => {
                if depth >= MAX_DEPTH {
                    return Err(ExpressionError::new(
                        self.cursor.kind,
                        Problem::MisusedFunction(word.to_owned()),
                    ));
                }
                self.cursor.bump();
                self.cursor.bump();
                self.notes.operators += 1;
                if function(word).is_none() {
                    self.notes.unknown.get_or_insert_with(|| word.to_owned());
                }
                let operands = self.list(depth + 1)?;
                let operand = RawOperand::Function(word, operands);
                if nested {
                    self.note_nested(&operand);
                }
                Ok((operand, false))
            }
            _ => Ok((RawOperand::Path(self.cursor.path(&mut self.notes)?), false)),
        }
    }
}

fn comparator(kind: TokenKind) -> Option<Comparator> {
    Some(match kind {
        TokenKind::Eq => Comparator::Eq,
        TokenKind::Ne => Comparator::Ne,
        TokenKind::Lt => Comparator::Lt,
        TokenKind::Le => Comparator::Le,
        TokenKind::Gt => Comparator::Gt,
        TokenKind::Ge => Comparator::Ge,
        _ => return None,
    })
}

fn is_keyword(word: &str) -> bool {
    ["AND", "OR", "NOT", "IN", "BETWEEN"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}
