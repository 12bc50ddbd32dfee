//! What the grammars share: a cursor over tokens, raw paths, and what the parser notices on its way but reports only
//! once the whole text is known to be well formed.

use super::error::{ExpressionError, ExpressionKind, Problem};
use super::lexer::{Token, TokenKind, tokens};
use super::path::{Path, Step};
use super::placeholders::{Bytes, Placeholders};
use super::reserved::is_reserved;

/// The longest expression, in bytes as sent.
const MAX_BYTES: usize = 4096;
/// The most operators and functions of one expression.
const MAX_OPERATORS: usize = 300;

/// A position in the tokens of one expression.
pub(super) struct Cursor<'t> {
    pub kind: ExpressionKind,
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'t> Cursor<'t> {
    pub fn new(kind: ExpressionKind, text: &'t str) -> Result<Self, ExpressionError> {
        if text.len() > MAX_BYTES {
            return Err(ExpressionError::new(kind, Problem::TooLong));
        }
        let tokens = tokens(text);
        if tokens.len() < 2 {
            return Err(ExpressionError::new(kind, Problem::Empty));
        }
        Ok(Self { kind, text, tokens, at: 0 })
    }

    fn token(&self, ahead: usize) -> Token {
        let end = Token { kind: TokenKind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(self.at + ahead).copied().unwrap_or(end)
    }

    /// The next token.
    pub fn peek(&self) -> TokenKind {
        self.token(0).kind
    }

    /// The token after the next.
    pub fn peek_second(&self) -> TokenKind {
        self.token(1).kind
    }

    /// The next token as written.
    pub fn word(&self) -> &'t str {
        let token = self.token(0);
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// True when the next token is `keyword`, in any case.
    pub fn at_keyword(&self, keyword: &str) -> bool {
        self.peek() == TokenKind::Word && self.word().eq_ignore_ascii_case(keyword)
    }

    /// Steps over the next token.
    pub fn bump(&mut self) {
        self.at += 1;
    }

    /// Steps over the next token if it is a `kind`.
    pub fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.peek() == kind;
        if found {
            self.bump();
        }
        found
    }

    /// Steps over a `kind`, which must come now.
    pub fn expect(&mut self, kind: TokenKind) -> Result<(), ExpressionError> {
        if self.eat(kind) { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// Steps over `keyword`, which must come now.
    pub fn expect_keyword(&mut self, keyword: &str) -> Result<(), ExpressionError> {
        if !self.at_keyword(keyword) {
            return Err(self.syntax_error());
        }
        self.bump();
        Ok(())
    }

    /// The next token cannot stand where it stands.
    pub fn syntax_error(&self) -> ExpressionError {
        let token = self.token(0);
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).unwrap_or(&token);
        let after = self.token(1);
        let (shown, end) = match (token.kind, after.kind) {
            (TokenKind::End, _) => ("<EOF>", before.end),
            (_, TokenKind::End) => (self.word(), token.end),
            _ => (self.word(), after.end),
        };
        let near = self.text.get(before.start..end).unwrap_or_default();
        ExpressionError::new(self.kind, Problem::Syntax(shown.to_owned(), near.to_owned()))
    }

    /// For the parenthesis that opens here: the token after the one that closes it.
    pub fn after_parentheses(&self) -> Option<usize> {
        let mut depth = 0usize;
        for (at, token) in self.tokens.iter().enumerate().skip(self.at) {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(at + 1);
            }
        }
        None
    }

    /// A token by its position, with its text.
    pub fn token_at(&self, at: usize) -> Option<(TokenKind, &'t str)> {
        let token = self.tokens.get(at)?;
        Some((token.kind, self.text.get(token.start..token.end)?))
    }

    /// A document path.
    pub fn path(&mut self, notes: &mut Notes) -> Result<RawPath<'t>, ExpressionError> {
        let mut steps = vec![self.element(notes)?];
        loop {
            if self.eat(TokenKind::Dot) {
                steps.push(self.element(notes)?);
            } else if self.eat(TokenKind::OpenBracket) {
                let digits = self.word();
                if self.peek() != TokenKind::Digits || (digits.len() > 1 && digits.starts_with('0')) {
                    return Err(self.syntax_error());
                }
                self.bump();
                self.expect(TokenKind::CloseBracket)?;
                let index = digits.parse().ok().filter(|index| i32::try_from(*index).is_ok());
                if index.is_none() {
                    notes.index.get_or_insert_with(|| digits.to_owned());
                }
                steps.push(RawStep::Index(index.unwrap_or(0)));
            } else {
                return Ok(steps);
            }
        }
    }

    fn element(&mut self, notes: &mut Notes) -> Result<RawStep<'t>, ExpressionError> {
        let word = self.word();
        let step = match self.peek() {
            TokenKind::Word => {
                if is_reserved(word) {
                    notes.reserved.get_or_insert_with(|| word.to_owned());
                }
                RawStep::Word(word)
            }
            TokenKind::Name => RawStep::Name(word),
            _ => return Err(self.syntax_error()),
        };
        self.bump();
        Ok(step)
    }
}

/// A path as written.
pub(super) type RawPath<'t> = Vec<RawStep<'t>>;

/// One element of a path as written.
#[derive(Debug)]
pub(super) enum RawStep<'t> {
    Word(&'t str),
    Name(&'t str),
    Index(u32),
}

/// The first of each problem that outranks no syntax error.
#[derive(Debug, Default)]
pub(super) struct Notes {
    pub redundant: bool,
    pub unknown: Option<String>,
    pub misused: Option<String>,
    pub not_in_update: Option<String>,
    pub reserved: Option<String>,
    pub index: Option<String>,
    pub repeated: Option<&'static str>,
    pub operators: usize,
}

impl Notes {
    /// Reports what was noticed, in the service's order.
    pub fn check(self, kind: ExpressionKind) -> Result<(), ExpressionError> {
        let functions = self
            .unknown
            .map(Problem::UnknownFunction)
            .or(self.not_in_update.map(Problem::NotInUpdate))
            .or(self.misused.map(Problem::MisusedFunction));
        let reserved = self.reserved.map(Problem::Reserved);
        let named =
            if kind == ExpressionKind::Update { reserved.or(functions) } else { functions.or(reserved) };
        let problem = self
            .redundant
            .then_some(Problem::RedundantParentheses)
            .or(named)
            .or(self.repeated.map(Problem::RepeatedSection))
            .or(self.index.map(Problem::Index))
            .or((self.operators > MAX_OPERATORS).then_some(Problem::TooManyOperators(self.operators)));
        problem.map_or(Ok(()), |problem| Err(ExpressionError::new(kind, problem)))
    }
}

/// Puts names and values in for placeholders. Undefined ones are noted and reported by [`Resolver::check`], names
/// first.
pub(super) struct Resolver<'p> {
    placeholders: &'p mut Placeholders,
    missing_name: Option<String>,
    missing_value: Option<String>,
}

impl<'p> Resolver<'p> {
    pub fn new(placeholders: &'p mut Placeholders) -> Self {
        Self { placeholders, missing_name: None, missing_value: None }
    }

    pub fn path(&mut self, raw: &[RawStep<'_>]) -> Path {
        let step = |step: &RawStep<'_>| match step {
            RawStep::Word(word) => Step::Name(word.as_bytes().into()),
            RawStep::Index(index) => Step::Index(*index),
            RawStep::Name(key) => Step::Name(self.placeholders.name(key).unwrap_or_else(|| {
                self.missing_name.get_or_insert_with(|| (*key).to_owned());
                Bytes::default()
            })),
        };
        let path = Path::new(raw.iter().map(step).collect());
        if path.is_nested() {
            self.placeholders.add_nested_root(path.root());
        }
        path
    }

    pub fn value(&mut self, key: &str) -> Bytes {
        self.placeholders.value(key).unwrap_or_else(|| {
            self.missing_value.get_or_insert_with(|| key.to_owned());
            Bytes::default()
        })
    }

    /// Reports what was undefined since the last call.
    pub fn check(&mut self) -> Result<(), Box<Problem>> {
        let name = self.missing_name.take().map(Problem::UndefinedName);
        let problem = name.or(self.missing_value.take().map(Problem::UndefinedValue));
        problem.map_or(Ok(()), |problem| Err(problem.into()))
    }
}
