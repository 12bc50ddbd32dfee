//! Names, document paths and what stands behind FROM.

use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, said};
use crate::expression::{Path, Step, is_partiql_keyword};

impl Parser<'_> {
    /// A name, if one comes now.
    pub fn name(&mut self) -> Outcome<Option<String>> {
        let word = self.word();
        let name = match self.kind() {
            TokenKind::Word if !is_partiql_keyword(word) => word.to_owned(),
            TokenKind::Name => unquoted(word),
            _ => return Ok(None),
        };
        if name.is_empty() {
            return said("Path component cannot be an empty string", "");
        }
        self.bump();
        Ok(Some(name))
    }

    /// A document path, if one comes now.
    pub fn path(&mut self) -> Outcome<Option<Path>> {
        let Some(root) = self.name()? else { return Ok(None) };
        let mut steps = vec![Step::Name(root.as_bytes().into())];
        loop {
            if self.eat(".") {
                if self.is("*") {
                    return self.refuse("Unpivot path component like a.*.b are not supported", "");
                }
                let name = self.name()?.ok_or_else(|| self.misplaced())?;
                steps.push(Step::Name(name.as_bytes().into()));
            } else if self.eat("[") {
                steps.push(self.bracketed()?);
                self.expect("]")?;
            } else {
                break;
            }
        }
        if steps.len() > 1 {
            self.made.nested_roots.push(root.as_bytes().into());
        }
        Ok(Some(Path::new(steps)))
    }

    /// An index of a list, or the name of a member as a text.
    fn bracketed(&mut self) -> Outcome<Step> {
        let word = self.word();
        let step = match self.kind() {
            TokenKind::Text => Step::Name(unquoted(word).as_bytes().into()),
            TokenKind::Number if word.bytes().all(|byte| byte.is_ascii_digit()) => {
                match word.parse().ok().filter(|index| i32::try_from(*index).is_ok()) {
                    Some(index) => Step::Index(index),
                    None => return self.bad_index(word),
                }
            }
            TokenKind::Sign if word == "-" => {
                self.bump();
                return self.bad_index(&["-", self.word()].concat());
            }
            TokenKind::Sign if word == "*" => {
                return self.refuse("Wildcard path component like a[*].b are not supported", "");
            }
            TokenKind::Number => return self.refuse("Unexpected path component", ""),
            _ => return self.unexpected(),
        };
        self.bump();
        Ok(step)
    }

    fn bad_index<T>(&self, index: &str) -> Outcome<T> {
        self.refuse("List index is not within the allowable range; index: [", &[index, "]"].concat())
    }

    /// A table, or an index of one.
    pub fn table(&mut self) -> Outcome {
        let Some(table) = self.name()? else {
            let source = matches!(self.kind(), TokenKind::Text | TokenKind::Number);
            return if source || self.one_of(&["(", "?"]).is_some() {
                said("Unexpected from source", "")
            } else {
                self.unexpected()
            };
        };
        self.made.table = table;
        while self.eat(".") {
            let name = self.name()?.ok_or_else(|| self.misplaced())?;
            if self.made.index.replace(name).is_some() {
                return said("A path may contain at most 2 components in the FROM clause", "");
            }
        }
        self.no_alias()?;
        if self.one_of(&[",", "JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "OUTER"]).is_some() {
            return said("Only select from a single table or index is supported.", "");
        }
        Ok(())
    }

    /// Refuses another name for what was read.
    pub fn no_alias(&self) -> Outcome {
        let plain = self.kind() == TokenKind::Word && !is_partiql_keyword(self.word());
        if plain || self.kind() == TokenKind::Name || self.is("AS") {
            return said("Aliasing is not supported", "");
        }
        Ok(())
    }
}

/// What stands between quotation marks, of which doubled ones stand for themselves.
pub(super) fn unquoted(word: &str) -> String {
    let mut text = word.get(1..word.len().saturating_sub(1)).unwrap_or_default().to_owned();
    let (mark, mut doubled) = (word.chars().next(), false);
    text.retain(|character| {
        doubled = Some(character) == mark && !doubled;
        doubled || Some(character) != mark
    });
    text
}
