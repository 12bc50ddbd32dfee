//! Literals and parameters, which become encoded canonical values.

use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, refuse_at, said};
use super::path::unquoted;
use crate::expression::Bytes;
use crate::item::{ItemBuf, MapRef, ValueRef, View, admit, tag, varint, writer};

/// A literal, encoded as requests are: neither sorted nor checked.
type Raw = Vec<u8>;

impl Parser<'_> {
    /// A value, if one comes now.
    pub fn value(&mut self) -> Outcome<Option<Bytes>> {
        let mut raw = Raw::new();
        if !self.literal(&mut raw)? {
            return Ok(None);
        }
        let Some(value) = ValueRef::first(&raw) else { return self.unexpected() };
        let mut out = Vec::new();
        admit::value_within(value, admit::MAX_COMPARED_DEPTH, &mut out)?;
        Ok(Some(out.into()))
    }

    /// The item of an INSERT.
    pub fn item(&mut self) -> Outcome<ItemBuf> {
        if !self.is("{") {
            return self.refuse(
                "Unsupported format in item expression. Please use struct format {...} to express item values for insert statement.",
                "",
            );
        }
        let mut raw = Raw::new();
        self.literal(&mut raw)?;
        let map = match ValueRef::first(&raw).and_then(ValueRef::view) {
            Some(View::M(map)) => map,
            _ => MapRef::default(),
        };
        Ok(admit::item(map)?)
    }

    /// Appends a literal or a parameter; false when none comes now.
    fn literal(&mut self, out: &mut Raw) -> Outcome<bool> {
        let word = self.word();
        match self.kind() {
            TokenKind::Text => writer::put_string(out, unquoted(word).as_bytes()),
            TokenKind::Number => put_number(out, "", word),
            TokenKind::Ion => return self.refuse("Ion Literals are not supported", ""),
            TokenKind::Word => match self.one_of(&["true", "false", "null", "MISSING"]) {
                Some("true") => out.push(tag::TRUE),
                Some("false") => out.push(tag::FALSE),
                Some("null") => out.push(tag::NULL),
                Some(_) => return said("MISSING must be compared using IS operator", ""),
                None => return Ok(false),
            },
            TokenKind::Sign => match word {
                // Where too few are given the whole statement is refused, once it is read.
                "?" => match self.parameters.get(self.used) {
                    Some(value) => out.extend_from_slice(value),
                    None => out.push(tag::NULL),
                },
                "-" | "+" => {
                    self.bump();
                    if self.kind() != TokenKind::Number {
                        return self.unexpected();
                    }
                    put_number(out, if word == "-" { "-" } else { "" }, self.word());
                }
                "[" | "{" | "<<" => return self.container(word, out).map(|()| true),
                _ => return Ok(false),
            },
            _ => return Ok(false),
        }
        self.used += usize::from(word == "?" && self.kind() == TokenKind::Sign);
        self.bump();
        Ok(true)
    }

    fn container(&mut self, opening: &str, out: &mut Raw) -> Outcome<()> {
        let start = self.place();
        let end = match opening {
            "[" => "]",
            "{" => "}",
            _ => ">>",
        };
        self.bump();
        self.enter()?;
        let (mut body, mut count) = (Raw::new(), 0);
        let mut names: Vec<String> = Vec::new();
        let mut bag_of = None;
        if !self.is(end) {
            loop {
                if opening == "{" {
                    self.member_name(&mut names, &mut body)?;
                }
                let (place, mut member) = (self.place(), Raw::new());
                if !self.literal(&mut member)? {
                    return self.unexpected();
                }
                if opening == "<<" {
                    let kind = ValueRef::first(&member).map_or(0, ValueRef::tag);
                    let text = kind == tag::STR;
                    let fits = text || matches!(kind, tag::INT | tag::DEC | tag::NUM_TEXT);
                    if !fits || bag_of.is_some_and(|other| other != text) {
                        return refuse_at(
                            "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
                            "",
                            place,
                        );
                    }
                    bag_of = Some(text);
                    // Members of a set of strings have no tag.
                    body.extend_from_slice(member.get(usize::from(text)..).unwrap_or_default());
                } else {
                    body.extend_from_slice(&member);
                }
                count += 1;
                if !self.eat(",") {
                    break;
                }
            }
        }
        let container = match (opening, bag_of) {
            ("[", _) => tag::LIST,
            ("{", _) => tag::MAP,
            (_, Some(true)) => tag::SS,
            (_, Some(false)) => tag::NS,
            (_, None) => return refuse_at("Empty bags are not supported", "", start),
        };
        self.expect(end)?;
        self.leave();
        let open = writer::begin(out, container, count);
        out.extend_from_slice(&body);
        writer::end(out, open);
        Ok(())
    }

    fn member_name(&mut self, names: &mut Vec<String>, body: &mut Raw) -> Outcome<()> {
        if self.kind() != TokenKind::Text {
            return if self.kind() == TokenKind::End {
                self.unexpected()
            } else {
                self.refuse("Tuple keys must be of type String", "")
            };
        }
        let name = unquoted(self.word());
        if names.contains(&name) {
            return self.refuse("Duplicate keys in tuple. Key: ", &(name + " under root"));
        }
        self.bump();
        self.expect(":")?;
        writer::put_text(body, name.as_bytes());
        names.push(name);
        Ok(())
    }
}

fn put_number(out: &mut Raw, sign: &str, digits: &str) {
    out.push(tag::NUM_TEXT);
    varint::put(out, (sign.len() + digits.len()) as u64);
    out.extend_from_slice(sign.as_bytes());
    out.extend_from_slice(digits.as_bytes());
}
