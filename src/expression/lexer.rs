//! Tokens of all expression languages. Every character belongs to some token; what no rule knows is a token of its
//! own, so that a syntax error can name it.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Identifier, keyword or function name.
    Word,
    /// `#name`
    Name,
    /// `:value`
    Value,
    Digits,
    OpenParen,
    CloseParen,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    Plus,
    Minus,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// No token of the language.
    Other,
    /// After the last.
    End,
}

/// A token and where it stands in the text, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

/// How many bytes at the start of `bytes` are letters, digits or underscores.
pub(super) fn word_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
}

/// All tokens of `text`, ended by [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(bytes.len() / 3 + 1);
    let mut start = 0;
    while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
        let Some((kind, length)) = token(rest) else {
            start += 1;
            continue;
        };
        tokens.push(Token { kind, start, end: start + length });
        start += length;
    }
    tokens.push(Token { kind: TokenKind::End, start, end: start });
    tokens
}

/// The token that opens `rest`; `None` for white space.
fn token(rest: &[u8]) -> Option<(TokenKind, usize)> {
    use TokenKind as T;
    let first = rest.first().copied()?;
    let second = rest.get(1).copied();
    let placeholder = |kind| match word_length(rest.get(1..).unwrap_or_default()) {
        0 => (T::Other, 1),
        length => (kind, length + 1),
    };
    Some(match first {
        b' ' | b'\t' | b'\r' | b'\n' => return None,
        b'#' => placeholder(T::Name),
        b':' => placeholder(T::Value),
        b'0'..=b'9' => (T::Digits, rest.iter().take_while(|b| b.is_ascii_digit()).count()),
        b'a'..=b'z' | b'A'..=b'Z' | b'_' => (T::Word, word_length(rest)),
        b'(' => (T::OpenParen, 1),
        b')' => (T::CloseParen, 1),
        b'[' => (T::OpenBracket, 1),
        b']' => (T::CloseBracket, 1),
        b',' => (T::Comma, 1),
        b'.' => (T::Dot, 1),
        b'+' => (T::Plus, 1),
        b'-' => (T::Minus, 1),
        b'=' => (T::Eq, 1),
        b'<' => match second {
            Some(b'>') => (T::Ne, 2),
            Some(b'=') => (T::Le, 2),
            _ => (T::Lt, 1),
        },
        b'>' if second == Some(b'=') => (T::Ge, 2),
        b'>' => (T::Gt, 1),
        // The whole character: its continuation bytes are the ones that look like 10xxxxxx.
        _ => (T::Other, 1 + rest.iter().skip(1).take_while(|b| **b & 0xC0 == 0x80).count()),
    })
}
