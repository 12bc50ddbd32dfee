//! Tokens of a statement. Every character belongs to some token; what no rule knows is a token of its own.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Identifier, keyword or function name.
    Word,
    /// `"name"`
    Name,
    /// `'text'`
    Text,
    Number,
    /// An Ion literal.
    Ion,
    /// An operator or a mark.
    Sign,
    /// No token of the language.
    Other,
    /// After the last.
    End,
}

/// A token and where it stands in the statement, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

/// Signs of two characters.
const DOUBLE: [&[u8]; 6] = [b"<=", b">=", b"<>", b"!=", b"<<", b">>"];

/// All tokens of `text`, ended by [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 4 + 1);
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = token(rest);
        if let Some(kind) = kind {
            tokens.push(Token { kind, start, end: start + length });
        }
        start += length;
    }
    tokens.push(Token { kind: TokenKind::End, start, end: start });
    tokens
}

/// The token that opens `rest` and its length; white space and comments are of no kind.
fn token(rest: &[u8]) -> (Option<TokenKind>, usize) {
    use TokenKind as T;
    let while_in = |from: usize, inside: fn(u8) -> bool| {
        rest.iter().skip(from).position(|byte| !inside(*byte)).map_or(rest.len(), |length| from + length)
    };
    let (kind, length) = match rest {
        [b' ' | b'\t' | b'\r' | b'\n' | 0x0B | 0x0C, ..] => return (None, 1),
        [b'-', b'-', ..] => return (None, while_in(2, |byte| byte != b'\n')),
        [b'/', b'*', comment @ ..] => match comment.windows(2).position(|pair| pair == b"*/") {
            Some(length) => return (None, length + 4),
            None => (T::Other, rest.len()),
        },
        [b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$', ..] => {
            (T::Word, while_in(1, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')))
        }
        [b'0'..=b'9', ..] | [b'.', b'0'..=b'9', ..] => (T::Number, number(rest)),
        [b'\'', ..] => closed(rest, T::Text),
        [b'"', ..] => closed(rest, T::Name),
        [b'`', ..] => closed(rest, T::Ion),
        [a, b, ..] if DOUBLE.contains(&[*a, *b].as_slice()) => (T::Sign, 2),
        [byte, ..] if b"()[]{},.:;?*+-=<>/%|".contains(byte) => (T::Sign, 1),
        // The whole character: its continuation bytes are the ones that look like 10xxxxxx.
        _ => (T::Other, while_in(1, |byte| byte & 0xC0 == 0x80)),
    };
    (Some(kind), length)
}

/// Up to the next mark like the first one that is not doubled.
fn closed(rest: &[u8], kind: TokenKind) -> (TokenKind, usize) {
    let mark = rest.first();
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        at += 1;
        if Some(byte) == mark {
            if kind == TokenKind::Ion || rest.get(at) != mark {
                return (kind, at);
            }
            at += 1;
        }
    }
    (TokenKind::Other, rest.len())
}

/// Digits with at most one point, and an exponent.
fn number(rest: &[u8]) -> usize {
    let mut point = false;
    let mut at = 0;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'0'..=b'9' => {}
            b'.' if !point => point = true,
            b'e' | b'E' => {
                let sign = usize::from(matches!(rest.get(at + 1), Some(b'+' | b'-')));
                let digits = rest.iter().skip(at + 1 + sign).take_while(|byte| byte.is_ascii_digit()).count();
                return if digits == 0 { at } else { at + 1 + sign + digits };
            }
            _ => break,
        }
        at += 1;
    }
    at
}
