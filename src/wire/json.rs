//! A pull reader of JSON: the caller says what it expects next, no tree is built.
//!
//! Our own, because DynamoDB's conversion errors name the kind of token found, because a lone surrogate must arrive as
//! Java would send it on (as `?`), and because items go into their encoding in one pass. Strict JSON of UTF-8;
//! it knows nothing of requests.

use std::borrow::Cow;

/// The text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// How deep [`Json::skip`] follows containers.
const DEEPEST: u32 = 1000;

/// The first token of a value.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// `{`; read on with [`Json::key`].
    Object,
    /// `[`; read on with [`Json::element`].
    Array,
    /// A string.
    String(Text<'a>),
    /// A number.
    Number(Number<'a>),
    /// true.
    True,
    /// false.
    False,
    /// null.
    Null,
}

/// What stands between two quotes.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    raw: &'a [u8],
    escaped: bool,
}

/// A number as written.
#[derive(Clone, Copy, Debug)]
pub struct Number<'a> {
    /// Its characters.
    pub text: &'a str,
    /// It has a point or an exponent.
    pub decimal: bool,
}

/// Whole numbers of this size and above are not told apart by every reader of JSON.
const TOO_LARGE: i64 = 9_000_000_000_000_000;

impl Number<'_> {
    /// The number without its fraction; `None` at [`TOO_LARGE`] and beyond.
    pub fn whole_part(&self) -> Option<i64> {
        let (mantissa, exponent) = self.text.split_once(['e', 'E']).unwrap_or((self.text, "0"));
        let (sign, mantissa) = mantissa.strip_prefix('-').map_or((1, mantissa), |rest| (-1, rest));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let far = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
        let places = exponent.parse().unwrap_or(far).saturating_add(whole.len() as i64);
        let places = usize::try_from(places).unwrap_or(0);
        let mut value = 0;
        for digit in whole.bytes().chain(fraction.bytes()).take(places) {
            value = value * 10 + i64::from(digit - b'0');
            if value >= TOO_LARGE {
                return None;
            }
        }
        for _ in whole.len() + fraction.len()..places {
            value *= 10;
            if value >= TOO_LARGE {
                return None;
            }
            if value == 0 {
                break;
            }
        }
        Some(sign * value)
    }
}

/// A position in a JSON text.
#[derive(Debug)]
pub struct Json<'a> {
    rest: &'a [u8],
}

impl<'a> Json<'a> {
    /// Starts before the value that `text` is.
    pub fn new(text: &'a [u8]) -> Result<Self, Malformed> {
        // One check for the whole text; the reader then only looks at ASCII.
        std::str::from_utf8(text).map_err(|_| Malformed)?;
        Ok(Self { rest: text })
    }

    /// The next byte that is not white space, not taken.
    fn peek(&mut self) -> Option<u8> {
        while let Some((&first, rest)) = self.rest.split_first() {
            if !matches!(first, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(first);
            }
            self.rest = rest;
        }
        None
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], Malformed> {
        let (head, rest) = self.rest.split_at_checked(n).ok_or(Malformed)?;
        self.rest = rest;
        Ok(head)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.peek() != Some(byte) {
            return Err(Malformed);
        }
        self.take(1).map(|_| ())
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, Malformed> {
        self.rest = self.rest.strip_prefix(word.as_bytes()).ok_or(Malformed)?;
        Ok(token)
    }

    /// The first token of the next value.
    pub fn value(&mut self) -> Result<Token<'a>, Malformed> {
        match self.peek() {
            Some(b'{') => self.take(1).map(|_| Token::Object),
            Some(b'[') => self.take(1).map(|_| Token::Array),
            Some(b'"') => self.text().map(Token::String),
            Some(b't') => self.word("true", Token::True),
            Some(b'f') => self.word("false", Token::False),
            Some(b'n') => self.word("null", Token::Null),
            Some(b'-' | b'0'..=b'9') => self.number().map(Token::Number),
            _ => Err(Malformed),
        }
    }

    /// Inside an object: the next member's name, with the reader before its value; `None` at the end.
    /// `first` says that no member has been read yet.
    pub fn key(&mut self, first: bool) -> Result<Option<Text<'a>>, Malformed> {
        if self.peek() == Some(b'}') {
            self.take(1)?;
            return Ok(None);
        }
        if !first {
            self.expect(b',')?;
        }
        self.peek();
        let key = self.text()?;
        self.expect(b':')?;
        Ok(Some(key))
    }

    /// Inside an array: the next element's first token; `None` at the end.
    pub fn element(&mut self, first: bool) -> Result<Option<Token<'a>>, Malformed> {
        if self.peek() == Some(b']') {
            self.take(1)?;
            return Ok(None);
        }
        if !first {
            self.expect(b',')?;
        }
        self.value().map(Some)
    }

    /// Nothing but white space is left.
    pub fn end(&mut self) -> Result<(), Malformed> {
        if self.peek().is_some() { Err(Malformed) } else { Ok(()) }
    }

    /// Steps over the rest of the value that began with `token`.
    pub fn skip(&mut self, token: Token<'a>) -> Result<(), Malformed> {
        self.skip_below(token, 0)
    }

    fn skip_below(&mut self, token: Token<'a>, depth: u32) -> Result<(), Malformed> {
        if depth > DEEPEST {
            return Err(Malformed);
        }
        let mut first = true;
        match token {
            Token::Object => {
                while self.key(first)?.is_some() {
                    let token = self.value()?;
                    self.skip_below(token, depth + 1)?;
                    first = false;
                }
            }
            Token::Array => {
                while let Some(token) = self.element(first)? {
                    self.skip_below(token, depth + 1)?;
                    first = false;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Number<'a>, Malformed> {
        let digits = |from: &[u8]| from.iter().take_while(|b| b.is_ascii_digit()).count();
        let bytes = self.rest;
        let after = |n: usize| bytes.get(n..).unwrap_or_default();
        let mut n = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits(after(n));
        if whole == 0 || (whole > 1 && after(n).first() == Some(&b'0')) {
            return Err(Malformed);
        }
        n += whole;
        let mut decimal = false;
        if after(n).first() == Some(&b'.') {
            let fraction = digits(after(n + 1));
            if fraction == 0 {
                return Err(Malformed);
            }
            n += 1 + fraction;
            decimal = true;
        }
        if matches!(after(n).first(), Some(b'e' | b'E')) {
            n += 1;
            n += usize::from(matches!(after(n).first(), Some(b'+' | b'-')));
            let exponent = digits(after(n));
            if exponent == 0 {
                return Err(Malformed);
            }
            n += exponent;
            decimal = true;
        }
        let text = std::str::from_utf8(self.take(n)?).map_err(|_| Malformed)?;
        Ok(Number { text, decimal })
    }

    /// A string, with the reader at its opening quote.
    fn text(&mut self) -> Result<Text<'a>, Malformed> {
        let body = self.rest.strip_prefix(b"\"").ok_or(Malformed)?;
        let mut at = 0;
        let mut escaped = false;
        loop {
            at += plain(body.get(at..).unwrap_or_default());
            match body.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at += match body.get(at + 1) {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
                        Some(b'u') => {
                            hex(body.get(at + 2..at + 6)).ok_or(Malformed)?;
                            6
                        }
                        _ => return Err(Malformed),
                    };
                }
                // A control character, or the end.
                _ => return Err(Malformed),
            }
        }
        let (raw, rest) = body.split_at_checked(at).ok_or(Malformed)?;
        self.rest = rest.get(1..).ok_or(Malformed)?;
        Ok(Text { raw, escaped })
    }
}

/// How many bytes at the start of a string stand for themselves: no quote, backslash or control character.
pub(crate) fn plain(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let mut n = 0;
    let (words, _) = bytes.as_chunks::<8>();
    for word in words {
        let w = u64::from_le_bytes(*word);
        let zero_in = |x: u64| x.wrapping_sub(ONES) & !x;
        let quote = zero_in(w ^ (ONES * u64::from(b'"')));
        let backslash = zero_in(w ^ (ONES * u64::from(b'\\')));
        let control = w.wrapping_sub(ONES * 0x20) & !w;
        if (quote | backslash | control) & HIGH != 0 {
            break;
        }
        n += 8;
    }
    n + bytes
        .get(n..)
        .unwrap_or_default()
        .iter()
        .take_while(|&&b| b >= 0x20 && b != b'"' && b != b'\\')
        .count()
}

fn hex(digits: Option<&[u8]>) -> Option<u32> {
    let digits = digits?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

impl<'a> Text<'a> {
    /// The text as UTF-8; borrowed when nothing is escaped.
    pub fn bytes(&self) -> Cow<'a, [u8]> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = Vec::with_capacity(self.raw.len());
        let mut rest = self.raw;
        loop {
            let n = plain(rest);
            let (head, tail) = rest.split_at_checked(n).unwrap_or((rest, &[]));
            out.extend_from_slice(head);
            let Some((&kind, tail)) = tail.get(1..).and_then(<[u8]>::split_first) else { break };
            rest = tail;
            match kind {
                b'b' => out.push(8),
                b'f' => out.push(12),
                b'n' => out.push(b'\n'),
                b'r' => out.push(b'\r'),
                b't' => out.push(b'\t'),
                b'u' => {
                    let (c, used) = unicode(rest);
                    rest = rest.get(used..).unwrap_or_default();
                    let mut buffer = [0; 4];
                    out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
                }
                other => out.push(other),
            }
        }
        Cow::Owned(out)
    }
}

/// The character of `XXXX` or `XXXX\uXXXX`, and how many bytes that is. Java encodes a lone surrogate as `?`.
fn unicode(rest: &[u8]) -> (char, usize) {
    let first = hex(rest.get(..4)).unwrap_or(0xFFFD);
    if (0xD800..0xDC00).contains(&first)
        && rest.get(4..6) == Some(b"\\u")
        && let Some(second @ 0xDC00..=0xDFFF) = hex(rest.get(6..10))
    {
        let c = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        return (char::from_u32(c).unwrap_or('?'), 10);
    }
    (char::from_u32(first).unwrap_or('?'), 4)
}

/// True when `text` is one JSON value.
pub fn well_formed(text: &[u8]) -> bool {
    let check = || {
        let mut json = Json::new(text)?;
        let token = json.value()?;
        json.skip(token)?;
        json.end()
    };
    check().is_ok()
}

#[cfg(test)]
mod tests;
