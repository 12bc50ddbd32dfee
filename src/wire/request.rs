//! A JSON request body to the document form, in one pass along the operation's shape.
//!
//! It converts types, as DynamoDB does before it validates anything, and says what it cannot convert in
//! DynamoDB's words. What the values mean, and whether they are allowed, is for `api::validate` and admission.

use std::borrow::Cow;

use crate::api::shape::{self, Shape, Structure};
use crate::api::{ApiError, ErrorKind, Operation};
use crate::item::{Decimal, Kind, tag};

use super::base64;
use super::document::DocWriter;
use super::json::{Json, Malformed, Number, Text, Token, well_formed};

/// Containers of user data inside each other before reading stops. Admission refuses far fewer.
const DEEPEST: u32 = 64;

/// Why a body was not converted.
#[derive(Debug)]
enum Fault {
    NotJson,
    Refused(ApiError),
}

impl From<Malformed> for Fault {
    fn from(_: Malformed) -> Self {
        Self::NotJson
    }
}

type Outcome<T = ()> = Result<T, Fault>;

fn refuse<T>(message: impl Into<Cow<'static, str>>) -> Outcome<T> {
    Err(Fault::Refused(serialization(message)))
}

fn serialization(message: impl Into<Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorKind::Serialization, message)
}

const OBJECT_NOT_EXPECTED: &str = "Start of structure or map found where not expected";

/// Converts the body of a request for `op`. An empty body counts as `{}`.
pub fn to_document(op: Operation, json: &[u8]) -> Result<Vec<u8>, ApiError> {
    // The document is seldom longer than its JSON.
    let out = DocWriter::new(Vec::with_capacity(json.len() + 16));
    let body = if json.is_empty() { b"{}".as_slice() } else { json };
    let convert = || -> Outcome<Vec<u8>> {
        let mut convert = Convert { json: Json::new(body)?, out, scratch: Vec::new() };
        let input = shape::input(op);
        match convert.json.value()? {
            Token::Object => convert.structure(input)?,
            Token::Null => {
                let open = convert.out.begin_uncounted(tag::MAP);
                convert.out.end_counted(open, 0);
            }
            Token::Array => return refuse(format!("Unrecognized collection type {}", class_of(input))),
            _ => return refuse(Place::Member.scalar()),
        }
        convert.json.end()?;
        Ok(convert.out.finish())
    };
    convert().map_err(|fault| match fault {
        Fault::Refused(error) if well_formed(body) => error,
        _ => serialization(""),
    })
}

fn class_of(structure: &Structure) -> String {
    format!("class com.amazonaws.dynamodb.v20120810.{}", structure.name)
}

/// Where a value stands, which decides how DynamoDB words a scalar in place of a container.
#[derive(Clone, Copy)]
enum Place {
    /// A structure's member.
    Field,
    /// A member of a list or map.
    Member,
}

impl Place {
    fn scalar(self) -> &'static str {
        match self {
            Self::Field => "Unexpected field type",
            Self::Member => "Unexpected value type in payload",
        }
    }
}

struct Convert<'a> {
    json: Json<'a>,
    out: DocWriter,
    scratch: Vec<u8>,
}

impl<'a> Convert<'a> {
    fn structure(&mut self, structure: &Structure) -> Outcome {
        let open = self.out.begin_uncounted(tag::MAP);
        let (mut first, mut count, mut seen, mut repeated) = (true, 0, 0u32, false);
        while let Some(key) = self.json.key(first)? {
            first = false;
            let token = self.json.value()?;
            let member = structure.position(&key.bytes()).and_then(|i| Some((i, structure.members.get(i)?)));
            match (member, token) {
                (_, Token::Null) => {}
                (None, token) => self.json.skip(token)?,
                (Some((i, member)), token) => {
                    repeated |= seen & 1 << i != 0;
                    seen |= 1 << i;
                    self.out.name(member.name);
                    self.value(member.shape, token, Place::Field)?;
                    count += 1;
                }
            }
        }
        if repeated {
            count = self.out.keep_last(&open, count);
        }
        self.out.end_counted(open, count);
        Ok(())
    }

    fn value(&mut self, shape: &Shape, token: Token<'a>, place: Place) -> Outcome {
        match shape {
            Shape::Text(_) => {
                let text = string(token)?;
                self.out.string(&text.bytes());
            }
            Shape::Integer(_) => {
                let value = integer(token, "Integer")?;
                if i32::try_from(value).is_err() {
                    return refuse("");
                }
                self.out.integer(value);
            }
            Shape::Long(_) => {
                let value = integer(token, "Long")?;
                self.out.integer(value);
            }
            Shape::Boolean => {
                let value = boolean(token)?;
                self.out.boolean(value);
            }
            Shape::Timestamp => match token {
                Token::Number(number) => match Decimal::parse(number.text.as_bytes()) {
                    Ok(seconds) => self.out.decimal(seconds),
                    Err(_) => return refuse(""),
                },
                _ => return refuse(""),
            },
            Shape::List { member, .. } => self.list(member, token, place)?,
            Shape::Map { value, .. } => self.map(shape, value, token, place)?,
            Shape::Structure(structure) => match token {
                Token::Object => self.structure(structure)?,
                Token::Array => {
                    return refuse(format!("Unrecognized collection type {}", class_of(structure)));
                }
                _ => return refuse(place.scalar()),
            },
            Shape::Value => {
                self.out.tag(tag::AV);
                self.attribute_value(token, place, 0)?;
            }
            Shape::Attributes => self.attributes(tag::ITEM, token, place, 0)?,
        }
        Ok(())
    }

    fn list(&mut self, member: &Shape, token: Token<'a>, place: Place) -> Outcome {
        array(token, place)?;
        let open = self.out.begin_uncounted(tag::LIST);
        let (mut first, mut count) = (true, 0);
        while let Some(token) = self.json.element(first)? {
            first = false;
            if matches!(token, Token::Null) {
                continue;
            }
            self.value(member, token, Place::Member)?;
            count += 1;
        }
        self.out.end_counted(open, count);
        Ok(())
    }

    fn map(&mut self, shape: &Shape, member: &Shape, token: Token<'a>, place: Place) -> Outcome {
        object(shape, token, place)?;
        let open = self.out.begin_uncounted(tag::MAP);
        let (mut first, mut count) = (true, 0);
        while let Some(key) = self.json.key(first)? {
            first = false;
            let token = self.json.value()?;
            if matches!(token, Token::Null) {
                continue;
            }
            self.out.raw_text(&key.bytes());
            self.value(member, token, Place::Member)?;
            count += 1;
        }
        let count = self.out.keep_last(&open, count);
        self.out.end_counted(open, count);
        Ok(())
    }

    /// A map of AttributeValues, as `ITEM` or, inside user data, `MAP`. Repeated names stay; admission drops them.
    fn attributes(&mut self, tag: u8, token: Token<'a>, place: Place, depth: u32) -> Outcome {
        object(&Shape::Attributes, token, place)?;
        let open = self.out.begin_uncounted(tag);
        let (mut first, mut count) = (true, 0);
        while let Some(key) = self.json.key(first)? {
            first = false;
            self.out.raw_text(&key.bytes());
            let token = self.json.value()?;
            self.attribute_value(token, Place::Member, depth)?;
            count += 1;
        }
        self.out.end_counted(open, count);
        Ok(())
    }

    fn attribute_value(&mut self, token: Token<'a>, place: Place, depth: u32) -> Outcome {
        match token {
            Token::Object => {}
            Token::Null => {
                self.out.tag(tag::BAD_EMPTY);
                return Ok(());
            }
            Token::Array => {
                return refuse(format!("Unrecognized collection type class {}", Shape::Value.class()));
            }
            _ => return refuse(place.scalar()),
        }
        if depth > DEEPEST {
            return Err(Fault::Refused(ApiError::validation(
                "Nesting Levels have exceeded supported limits: \
                 Attributes in the item have nested levels beyond supported limit",
            )));
        }
        let start = self.out.position();
        let (mut first, mut found, mut many) = (true, None, false);
        while let Some(key) = self.json.key(first)? {
            first = false;
            let token = self.json.value()?;
            let Some(kind) = kind(&key) else {
                self.json.skip(token)?;
                continue;
            };
            if matches!(token, Token::Null) {
                continue;
            }
            many |= found.is_some_and(|earlier| earlier != kind);
            found = Some(kind);
            self.out.truncate(start);
            self.content(kind, token, depth)?;
        }
        if many || found.is_none() {
            self.out.truncate(start);
            self.out.tag(if many { tag::BAD_MANY } else { tag::BAD_EMPTY });
        }
        Ok(())
    }

    /// What stands after a type descriptor.
    fn content(&mut self, kind: Kind, token: Token<'a>, depth: u32) -> Outcome {
        match kind {
            Kind::S => {
                let text = string(token)?;
                self.out.string(&text.bytes());
            }
            Kind::N => {
                let text = string(token)?;
                self.out.tag(tag::NUM_TEXT);
                self.out.raw_binary(&text.bytes());
            }
            Kind::B => {
                self.blob(token)?;
                self.out.binary(&self.scratch);
            }
            Kind::Bool => {
                let value = attribute_boolean(token)?;
                self.out.boolean(value);
            }
            Kind::Null => {
                let value = attribute_boolean(token)?;
                self.out.tag(if value { tag::NULL } else { tag::BAD_NULL });
            }
            Kind::Ss | Kind::Ns | Kind::Bs => self.set(kind, token)?,
            Kind::L => {
                array(token, Place::Field)?;
                let open = self.out.begin_uncounted(tag::LIST);
                let (mut first, mut count) = (true, 0);
                while let Some(token) = self.json.element(first)? {
                    first = false;
                    self.attribute_value(token, Place::Member, depth + 1)?;
                    count += 1;
                }
                self.out.end_counted(open, count);
            }
            Kind::M => self.attributes(tag::MAP, token, Place::Field, depth + 1)?,
        }
        Ok(())
    }

    fn set(&mut self, kind: Kind, token: Token<'a>) -> Outcome {
        array(token, Place::Field)?;
        let (tag, null) = match kind {
            Kind::Ss => (tag::SS, "An string set  may not have a null string as a member"),
            Kind::Ns => (tag::NS, "An number set  may not have a null string as a member"),
            _ => (tag::BS, "Binary sets may not contain null values"),
        };
        let open = self.out.begin_uncounted(tag);
        let (mut first, mut count) = (true, 0);
        while let Some(token) = self.json.element(first)? {
            first = false;
            if matches!(token, Token::Null) {
                let message = format!("One or more parameter values were invalid: {null}");
                return Err(Fault::Refused(ApiError::validation(message)));
            }
            match kind {
                Kind::Ss => self.out.raw_text(&string(token)?.bytes()),
                Kind::Ns => {
                    self.out.tag(tag::NUM_TEXT);
                    self.out.raw_binary(&string(token)?.bytes());
                }
                _ => {
                    self.blob(token)?;
                    self.out.raw_binary(&self.scratch);
                }
            }
            count += 1;
        }
        self.out.end_counted(open, count);
        Ok(())
    }

    /// Bytes from base64, into `scratch`.
    fn blob(&mut self, token: Token<'a>) -> Outcome {
        self.scratch.clear();
        match token {
            Token::String(text) => match base64::decode(&text.bytes(), &mut self.scratch) {
                Ok(()) => Ok(()),
                Err(error) => refuse(error.to_string()),
            },
            Token::Array => refuse("Unrecognized collection type class java.nio.ByteBuffer"),
            Token::Object => refuse(OBJECT_NOT_EXPECTED),
            _ => refuse("only base-64-encoded strings are convertible to bytes"),
        }
    }
}

fn kind(key: &Text<'_>) -> Option<Kind> {
    Some(match &*key.bytes() {
        b"S" => Kind::S,
        b"N" => Kind::N,
        b"B" => Kind::B,
        b"SS" => Kind::Ss,
        b"NS" => Kind::Ns,
        b"BS" => Kind::Bs,
        b"M" => Kind::M,
        b"L" => Kind::L,
        b"NULL" => Kind::Null,
        b"BOOL" => Kind::Bool,
        _ => return None,
    })
}

fn array(token: Token<'_>, place: Place) -> Outcome {
    match token {
        Token::Array => Ok(()),
        Token::Object => refuse(OBJECT_NOT_EXPECTED),
        _ => refuse(place.scalar()),
    }
}

fn object(shape: &Shape, token: Token<'_>, place: Place) -> Outcome {
    match token {
        Token::Object => Ok(()),
        Token::Array => refuse(format!("Unrecognized collection type {}", shape.class())),
        _ => refuse(place.scalar()),
    }
}

/// The error for `token` where a `class` stands.
fn mismatch<T>(token: Token<'_>, class: &str) -> Outcome<T> {
    let found = match token {
        Token::Object => return refuse(OBJECT_NOT_EXPECTED),
        Token::Array => return refuse(format!("Unrecognized collection type class java.lang.{class}")),
        Token::String(_) => "STRING_VALUE",
        Token::Number(Number { decimal: true, .. }) => "DECIMAL_VALUE",
        Token::Number(_) => "NUMBER_VALUE",
        Token::True => "TRUE_VALUE",
        Token::False => "FALSE_VALUE",
        Token::Null => "NULL_VALUE",
    };
    refuse(format!("{found} cannot be converted to {class}"))
}

fn string(token: Token<'_>) -> Outcome<Text<'_>> {
    if let Token::String(text) = token { Ok(text) } else { mismatch(token, "String") }
}

fn integer(token: Token<'_>, class: &str) -> Outcome<i64> {
    let Token::Number(number) = token else { return mismatch(token, class) };
    if !number.decimal {
        return number.text.parse().or_else(|_| refuse(""));
    }
    // Java's parser drops the fraction.
    number.whole_part().map_or_else(|| refuse(""), Ok)
}

fn boolean(token: Token<'_>) -> Outcome<bool> {
    match token {
        Token::True => Ok(true),
        Token::False => Ok(false),
        Token::String(text) => match text.bytes().to_ascii_lowercase().as_slice() {
            b"true" | b"t" | b"yes" | b"y" | b"1" => Ok(true),
            b"false" | b"f" | b"no" | b"n" | b"0" => Ok(false),
            _ => refuse("Unexpected token received from parser"),
        },
        other => mismatch(other, "Boolean"),
    }
}

/// Of BOOL and NULL, where the service answers a list without a word.
fn attribute_boolean(token: Token<'_>) -> Outcome<bool> {
    if matches!(token, Token::Array) { refuse("") } else { boolean(token) }
}

#[cfg(test)]
mod tests;
