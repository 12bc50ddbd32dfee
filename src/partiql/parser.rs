//! A cursor over the tokens of a statement, and the statements.

use super::lexer::{Token, TokenKind, tokens};
use super::{Place, Refusal, Returning, Statement, Verb};
use crate::expression::{Bytes, Condition, Op, Test, is_partiql_keyword};

/// How deep parentheses, function calls and literals nest.
const MAX_NESTING: u32 = 32;

pub(super) type Outcome<T> = Result<T, Refusal>;

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
    pub nested_roots: Vec<Bytes>,
    depth: u32,
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
            nested_roots: Vec::new(),
            depth: 0,
        }
    }

    /// The whole text. That parameters are missing outranks what may only be wrong because they are.
    pub fn whole(mut self) -> Outcome<Statement> {
        let marks = (0..self.tokens.len()).filter(|at| self.text_of(self.token(*at)) == "?").count();
        let other = self.tokens.iter().any(|token| token.kind == TokenKind::Other);
        let outcome = if other { Err(malformed("Unexpected term")) } else { self.statement() };
        match outcome {
            Err(malformed @ Refusal::Malformed(_)) => Err(malformed),
            _ if marks > self.parameters.len() => {
                said("Number of parameters in request and statement don't match.")
            }
            outcome => outcome,
        }
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
    pub fn expect(&mut self, word: &str) -> Outcome<()> {
        if self.eat(word) {
            return Ok(());
        }
        Err(match word {
            "]" => malformed("Expected RIGHT_BRACKET"),
            ")" => malformed("Expected RIGHT_PAREN"),
            "AND" => malformed("Expected AND keyword"),
            _ => self.unexpected(),
        })
    }

    /// The next token cannot stand where it stands.
    pub fn unexpected(&self) -> Refusal {
        malformed(match self.kind() {
            TokenKind::Word if is_partiql_keyword(self.word()) => "Unexpected keyword",
            TokenKind::Sign => "Unexpected operator",
            _ => "Unexpected term",
        })
    }

    /// A sentence about the next token.
    pub fn refuse<T>(&self, sentence: &'static str, what: impl Into<String>) -> Outcome<T> {
        Err(Refusal::At(sentence, what.into(), self.place()))
    }

    /// Steps inside parentheses or a literal; [`Parser::leave`] steps out.
    pub fn enter(&mut self) -> Outcome<()> {
        self.depth += 1;
        if self.depth > MAX_NESTING { said("Nesting Levels have exceeded supported limits") } else { Ok(()) }
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    fn statement(&mut self) -> Outcome<Statement> {
        let statement = match self.one_of(&["SELECT", "EXISTS", "INSERT", "UPDATE", "DELETE", "FROM"]) {
            Some("SELECT") => self.select()?,
            Some("EXISTS") => self.exists()?,
            Some("INSERT") => self.insert()?,
            Some("UPDATE") => self.update()?,
            Some("DELETE") => self.delete()?,
            Some(_) => self.from()?,
            None => return Err(self.no_statement()),
        };
        if let Some(clause) = self.one_of(&["LIMIT", "OFFSET", "GROUP", "HAVING"]) {
            return Err(Refusal::Said("Unsupported clause: ", clause.to_owned()));
        }
        let ended = self.eat(";");
        if self.kind() == TokenKind::End {
            return Ok(statement);
        }
        Err(malformed(if ended {
            "Unexpected token after semicolon. (Only one query is allowed.)"
        } else {
            "Unexpected token after expression"
        }))
    }

    fn exists(&mut self) -> Outcome<Statement> {
        self.bump();
        self.expect("(")?;
        if !self.is("SELECT") {
            return Err(self.unexpected());
        }
        let statement = self.select()?;
        self.expect(")")?;
        Ok(Statement { verb: Verb::Exists, ..statement })
    }

    fn insert(&mut self) -> Outcome<Statement> {
        self.bump();
        self.expect("INTO")?;
        let table = self.written_table()?;
        self.expect("VALUE")?;
        let verb = Verb::Insert(self.item()?);
        if self.is("RETURNING") {
            return said("RETURNING is not supported in INSERT");
        }
        Ok(self.finish(table, None, verb, None))
    }

    fn update(&mut self) -> Outcome<Statement> {
        self.bump();
        let table = self.written_table()?;
        let verb = Verb::Update(self.actions()?);
        let condition = self.condition()?;
        let returning = self.returning()?;
        let statement = self.finish(table, None, verb, condition);
        Ok(Statement { returning, ..statement })
    }

    /// An UPDATE that begins with its table.
    fn from(&mut self) -> Outcome<Statement> {
        self.bump();
        let table = self.written_table()?;
        let condition = self.condition()?;
        let verb = Verb::Update(self.actions()?);
        let returning = self.returning()?;
        let statement = self.finish(table, None, verb, condition);
        Ok(Statement { returning, ..statement })
    }

    fn delete(&mut self) -> Outcome<Statement> {
        self.bump();
        self.expect("FROM")?;
        let table = self.written_table()?;
        let condition = self.condition()?;
        let returning = self.returning()?;
        if let Some(Returning { modified, new }) = returning
            && (modified || new)
        {
            let which =
                [if modified { "MODIFIED" } else { "ALL" }, if new { "NEW" } else { "OLD" }].join(" ");
            return Err(Refusal::Said(
                "Invalid returning clause: RETURNING ",
                which + " *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
            ));
        }
        let statement = self.finish(table, None, Verb::Delete, condition);
        Ok(Statement { returning, ..statement })
    }

    /// A statement of these parts.
    pub fn finish(
        &mut self,
        table: String,
        index: Option<String>,
        verb: Verb,
        condition: Option<Condition>,
    ) -> Statement {
        let nested_roots = std::mem::take(&mut self.nested_roots);
        Statement { table, index, verb, condition, returning: None, nested_roots }
    }

    fn written_table(&mut self) -> Outcome<String> {
        match self.table()? {
            (table, None) => Ok(table),
            _ => said("This operation is not supported on an index"),
        }
    }

    fn returning(&mut self) -> Outcome<Option<Returning>> {
        if !self.eat("RETURNING") {
            return Ok(None);
        }
        let modified = self.either("MODIFIED", "ALL")?;
        let returning = Returning { modified, new: self.either("NEW", "OLD")? };
        if !self.eat("*") {
            return said("Expected '*' after ( MODIFIED | ALL ) ( NEW | OLD ) in RETURNING clause");
        }
        if self.is(",") {
            return said("Invalid syntax with multiple returning elements in RETURNING clause");
        }
        Ok(Some(returning))
    }

    /// Steps over one of two words, of which one must come now; true when it is the first.
    fn either(&mut self, one: &str, other: &str) -> Outcome<bool> {
        let found = self.one_of(&[one, other]).ok_or_else(|| self.unexpected())?;
        self.bump();
        Ok(found == one)
    }

    /// What stands where a statement should.
    fn no_statement(&self) -> Refusal {
        let word = self.word();
        let alone = self.token(self.at + 1).kind == TokenKind::End;
        let literal = ["true", "false", "null"].iter().any(|one| word.eq_ignore_ascii_case(one));
        let what = match self.kind() {
            TokenKind::Text | TokenKind::Number if alone => "Lit",
            TokenKind::Word if literal && alone => "Lit",
            TokenKind::Word if word.eq_ignore_ascii_case("CREATE") => "CreateTable",
            TokenKind::Word if word.eq_ignore_ascii_case("DROP") => "DropTable",
            TokenKind::Word if is_partiql_keyword(word) => return self.unexpected(),
            TokenKind::Word | TokenKind::Name if alone => "Id",
            TokenKind::Word | TokenKind::Name if self.second_is(".") || self.second_is("[") => "Path",
            TokenKind::Word | TokenKind::Name if self.second_is("(") => "Call",
            TokenKind::Sign if word == "[" => "List",
            TokenKind::Sign if word == "{" => "Struct",
            TokenKind::Sign if word == "<<" => "Bag",
            TokenKind::Sign if word == "?" => "Parameter",
            TokenKind::Word | TokenKind::Name | TokenKind::Text | TokenKind::Number => {
                return malformed("Unexpected token after expression");
            }
            _ => return self.unexpected(),
        };
        Refusal::Said("Unsupported operation: ", what.to_owned())
    }
}

#[cold]
pub(super) fn malformed(what: &str) -> Refusal {
    Refusal::Malformed(what.to_owned())
}

#[cold]
pub(super) fn said<T>(sentence: &'static str) -> Outcome<T> {
    Err(Refusal::Said(sentence, String::new()))
}
