//! A cursor over the tokens of a statement, and the statements.

use super::error::Cause;
use super::lexer::{Token, TokenKind, tokens};
use super::{Place, Refusal, Returning, Statement, Verb};
use crate::expression::{Bytes, Op, Problem, Test, is_partiql_keyword};

/// How deep parentheses, function calls and literals nest.
const MAX_NESTING: u32 = 32;

pub(super) type Outcome<T = ()> = Result<T, Refusal>;

/// Ready to read the statement.
pub(super) struct Parser<'t> {
    pub text: &'t str,
    tokens: Vec<Token>,
    at: usize,
    pub parameters: &'t [Bytes],
    /// How many parameters are put in.
    pub used: usize,
    /// The condition so far.
    pub code: Vec<Op<Test>>,
    pub operators: usize,
    depth: u32,
    /// The statement so far.
    pub made: Box<Statement>,
}

impl<'t> Parser<'t> {
    pub fn new(text: &'t str, parameters: &'t [Bytes]) -> Self {
        Self {
            text,
            tokens: tokens(text),
            at: 0,
            parameters,
            used: 0,
            code: Vec::new(),
            operators: 0,
            depth: 0,
            made: Box::default(),
        }
    }

    /// The whole text. That parameters are missing outranks what may only be wrong because they are.
    pub fn whole(mut self) -> Outcome<Box<Statement>> {
        let marks = self.tokens.iter().filter(|token| self.text_of(**token) == "?").count();
        let other = self.tokens.iter().any(|token| token.kind == TokenKind::Other);
        let outcome = if other { malformed("Unexpected term") } else { self.statement() };
        if marks > self.parameters.len() && !outcome.as_ref().is_err_and(Refusal::is_malformed) {
            return said("Number of parameters in request and statement don't match.", "");
        }
        outcome.map(|()| self.made)
    }

    fn token(&self, at: usize) -> Token {
        let end = Token { kind: TokenKind::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(at).copied().unwrap_or(end)
    }

    fn text_of(&self, token: Token) -> &'t str {
        self.text.get(token.start..token.end).unwrap_or_default()
    }

    /// What the next token is.
    pub fn kind(&self) -> TokenKind {
        self.token(self.at).kind
    }

    /// The next token as written.
    pub fn word(&self) -> &'t str {
        self.text_of(self.token(self.at))
    }

    /// The token after the next, if it is a sign.
    pub fn second_is(&self, sign: &str) -> bool {
        let second = self.token(self.at + 1);
        second.kind == TokenKind::Sign && self.text_of(second) == sign
    }

    /// Where the next token stands.
    pub fn place(&self) -> Place {
        let token = self.token(self.at);
        Place::new(self.text, token.start, token.end)
    }

    /// True when the next token is this keyword, in any case, or this sign.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind(), TokenKind::Word | TokenKind::Sign) && self.word().eq_ignore_ascii_case(word)
    }

    /// Which of `words` the next token is.
    pub fn one_of<'w>(&self, words: &[&'w str]) -> Option<&'w str> {
        words.iter().copied().find(|word| self.is(word))
    }

    /// Steps over the next token.
    pub fn bump(&mut self) {
        self.at += 1;
    }

    /// Steps over the next token if it is `word`.
    pub fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    /// Steps over `word`, which must come now.
    pub fn expect(&mut self, word: &str) -> Outcome {
        if self.eat(word) {
            return Ok(());
        }
        match word {
            "]" => malformed("Expected RIGHT_BRACKET"),
            ")" => malformed("Expected RIGHT_PAREN"),
            "AND" => malformed("Expected AND keyword"),
            _ => self.unexpected(),
        }
    }

    /// The next token cannot stand where it stands.
    pub fn unexpected<T>(&self) -> Outcome<T> {
        Err(self.misplaced())
    }

    #[cold]
    pub fn misplaced(&self) -> Refusal {
        Refusal::new(Cause::Malformed(match self.kind() {
            TokenKind::Word if is_partiql_keyword(self.word()) => "Unexpected keyword",
            TokenKind::Sign => "Unexpected operator",
            _ => "Unexpected term",
        }))
    }

    /// A sentence about the next token.
    #[cold]
    pub fn refuse<T>(&self, sentence: &'static str, what: &str) -> Outcome<T> {
        refuse_at(sentence, what, self.place())
    }

    /// Steps inside parentheses or a literal; [`Parser::leave`] steps out.
    pub fn enter(&mut self) -> Outcome {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            said("Nesting Levels have exceeded supported limits", "")
        } else {
            Ok(())
        }
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    fn statement(&mut self) -> Outcome {
        let verbs = ["SELECT", "EXISTS", "INSERT", "UPDATE", "DELETE", "FROM"];
        let Some(verb) = self.one_of(&verbs) else { return self.no_statement() };
        if verb != "SELECT" {
            self.bump();
        }
        match verb {
            "SELECT" => self.select()?,
            "EXISTS" => {
                self.expect("(")?;
                self.select()?;
                self.expect(")")?;
                self.made.verb = Verb::Exists;
            }
            "INSERT" => {
                self.expect("INTO")?;
                self.written_table()?;
                self.expect("VALUE")?;
                self.made.verb = Verb::Insert(self.item()?);
                if self.is("RETURNING") {
                    return said("RETURNING is not supported in INSERT", "");
                }
            }
            "UPDATE" => {
                self.written_table()?;
                self.actions()?;
                self.condition()?;
                self.returning()?;
            }
            "DELETE" => {
                self.expect("FROM")?;
                self.written_table()?;
                self.condition()?;
                self.returning()?;
                self.made.verb = Verb::Delete;
            }
            // An UPDATE that begins with its table.
            _ => {
                self.written_table()?;
                self.condition()?;
                self.actions()?;
                self.returning()?;
            }
        }
        if let Some(clause) = self.one_of(&["LIMIT", "OFFSET", "GROUP", "HAVING"]) {
            return said("Unsupported clause: ", clause);
        }
        let ended = self.eat(";");
        if self.kind() == TokenKind::End {
            return self.check_returning();
        }
        malformed(if ended {
            "Unexpected token after semicolon. (Only one query is allowed.)"
        } else {
            "Unexpected token after expression"
        })
    }

    /// A DELETE leaves nothing to answer with but what was there.
    fn check_returning(&self) -> Outcome {
        let what = match (&self.made.verb, self.made.returning) {
            (Verb::Delete, Some(Returning { modified: true, new: true })) => "MODIFIED NEW",
            (Verb::Delete, Some(Returning { modified: true, new: false })) => "MODIFIED OLD",
            (Verb::Delete, Some(Returning { modified: false, new: true })) => "ALL NEW",
            _ => return Ok(()),
        };
        let allowed = " *. Only RETURNING ALL OLD * is allowed in DELETE statements.";
        said("Invalid returning clause: RETURNING ", &[what, allowed].concat())
    }

    fn written_table(&mut self) -> Outcome {
        self.table()?;
        if self.made.index.is_some() {
            said("This operation is not supported on an index", "")
        } else {
            Ok(())
        }
    }

    fn returning(&mut self) -> Outcome {
        if !self.eat("RETURNING") {
            return Ok(());
        }
        let modified = self.either("MODIFIED", "ALL")?;
        let new = self.either("NEW", "OLD")?;
        if !self.eat("*") {
            return said("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause", "");
        }
        if self.is(",") {
            return said("Invalid syntax with multiple returning elements in RETURNING clause", "");
        }
        self.made.returning = Some(Returning { modified, new });
        Ok(())
    }

    /// Steps over one of two words, of which one must come now; true when it is the first.
    fn either(&mut self, one: &str, other: &str) -> Outcome<bool> {
        let first = self.eat(one);
        if !first {
            self.expect(other)?;
        }
        Ok(first)
    }

    /// What stands where a statement should.
    #[cold]
    fn no_statement(&self) -> Outcome {
        let word = self.word();
        let literal = ["true", "false", "null"].iter().any(|one| word.eq_ignore_ascii_case(one));
        let what = match self.kind() {
            TokenKind::Text | TokenKind::Number => "Lit",
            TokenKind::Word if literal => "Lit",
            TokenKind::Word if self.is("CREATE") => "CreateTable",
            TokenKind::Word if self.is("DROP") => "DropTable",
            TokenKind::Word if is_partiql_keyword(word) => return self.unexpected(),
            TokenKind::Word | TokenKind::Name if self.second_is(".") || self.second_is("[") => "Path",
            TokenKind::Word | TokenKind::Name if self.second_is("(") => "Call",
            TokenKind::Word | TokenKind::Name if self.token(self.at + 1).kind == TokenKind::End => "Id",
            TokenKind::Word | TokenKind::Name => return malformed("Unexpected token after expression"),
            _ => match word {
                "[" => "List",
                "{" => "Struct",
                "<<" => "Bag",
                "?" => "Parameter",
                _ => return self.unexpected(),
            },
        };
        said("Unsupported operation: ", what)
    }
}

#[cold]
pub(super) fn malformed<T>(what: &'static str) -> Outcome<T> {
    Err(Refusal::new(Cause::Malformed(what)))
}

#[cold]
pub(super) fn said<T>(sentence: &'static str, what: &str) -> Outcome<T> {
    Err(Refusal::new(Cause::Said(sentence, what.to_owned())))
}

#[cold]
pub(super) fn refuse_at<T>(sentence: &'static str, what: &str, place: Place) -> Outcome<T> {
    Err(Refusal::new(Cause::At(sentence, what.to_owned(), place)))
}

#[cold]
pub(super) fn problem<T>(problem: Problem) -> Outcome<T> {
    Err(Box::new(problem).into())
}
