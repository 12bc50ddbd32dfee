//! Reads base64 with padding, as B and BS travel in JSON. Refuses what DynamoDB refuses, in its words.
//! [`crate::item::base64`] writes it.

use std::fmt;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Value of each byte; 64 for bytes outside the alphabet.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated at compile time, where an index out of bounds does not build"
)]
static VALUES: [u8; 256] = {
    let mut table = [64; 256];
    let mut i = 0;
    while i < 64 {
        table[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    table
};

/// Why a text is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base64Error {
    /// The length, which is no multiple of four.
    Length(usize),
    /// A character outside the alphabet.
    Character(char),
    /// Bits are set that no byte is made of.
    Remainder,
}

impl fmt::Display for Base64Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(n) => {
                write!(f, "Base64 encoded length is expected a multiple of 4 bytes but found: {n}")
            }
            Self::Character(c) => write!(f, "Invalid base 64 character: '{c}'"),
            Self::Remainder => f.write_str("Invalid last non-pad Base64 character dectected"),
        }
    }
}

impl std::error::Error for Base64Error {}

fn value(byte: u8) -> u8 {
    VALUES.get(byte as usize).copied().unwrap_or(64)
}

/// Appends the bytes that `text` stands for.
pub fn decode(text: &[u8], out: &mut Vec<u8>) -> Result<(), Base64Error> {
    if !text.len().is_multiple_of(4) {
        return Err(Base64Error::Length(text.len()));
    }
    let padding = text.iter().rev().take(2).take_while(|&&b| b == b'=').count();
    let digits = text.get(..text.len() - padding).unwrap_or_default();
    out.reserve(digits.len() / 4 * 3 + 2);
    let (groups, rest) = digits.as_chunks::<4>();
    for &[a, b, c, d] in groups {
        let [va, vb, vc, vd] = [value(a), value(b), value(c), value(d)];
        if (va | vb | vc | vd) > 63 {
            return Err(bad_character(text));
        }
        let bits = u32::from(va) << 18 | u32::from(vb) << 12 | u32::from(vc) << 6 | u32::from(vd);
        let [_, x, y, z] = bits.to_be_bytes();
        out.extend_from_slice(&[x, y, z]);
    }
    if rest.iter().any(|&b| value(b) > 63) {
        return Err(bad_character(text));
    }
    match *rest {
        [a, b] => {
            if value(b) & 0xF != 0 {
                return Err(Base64Error::Remainder);
            }
            out.push(value(a) << 2 | value(b) >> 4);
        }
        [a, b, c] => {
            if value(c) & 3 != 0 {
                return Err(Base64Error::Remainder);
            }
            out.extend_from_slice(&[value(a) << 2 | value(b) >> 4, value(b) << 4 | value(c) >> 2]);
        }
        _ => {}
    }
    Ok(())
}

#[cold]
fn bad_character(text: &[u8]) -> Base64Error {
    let text = String::from_utf8_lossy(text);
    let bad = text.chars().find(|&c| !c.is_ascii() || value(c as u8) > 63);
    Base64Error::Character(bad.unwrap_or('='))
}

#[cfg(test)]
mod tests {
    use super::{Base64Error, decode};
    use crate::item::base64::put;
    use proptest::prelude::*;

    fn decoded(text: &str) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        decode(text.as_bytes(), &mut out).map(|()| out).map_err(|e| e.to_string())
    }

    #[test]
    fn known_texts_decode() {
        assert_eq!(decoded(""), Ok(vec![]));
        assert_eq!(decoded("Zg=="), Ok(b"f".to_vec()));
        assert_eq!(decoded("Zm8="), Ok(b"fo".to_vec()));
        assert_eq!(decoded("Zm9v"), Ok(b"foo".to_vec()));
        assert_eq!(decoded("/+8="), Ok(vec![0xFF, 0xEF]));
    }

    #[test]
    fn refusals_use_the_words_of_dynamodb() {
        assert_eq!(
            decoded("abc"),
            Err("Base64 encoded length is expected a multiple of 4 bytes but found: 3".into())
        );
        assert_eq!(decoded("Zh=="), Err("Invalid last non-pad Base64 character dectected".into()));
        assert_eq!(decoded("Zm9="), Err("Invalid last non-pad Base64 character dectected".into()));
        assert_eq!(decode(b"a\xC3\xA9a", &mut vec![]), Err(Base64Error::Character('é')));
        assert_eq!(decode(b"Z===", &mut vec![]), Err(Base64Error::Character('=')));
        assert_eq!(decode(b"====", &mut vec![]), Err(Base64Error::Character('=')));
        assert_eq!(decode(b"Zg==Zg==", &mut vec![]), Err(Base64Error::Character('=')));
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes(bytes: Vec<u8>) {
            let mut text = Vec::new();
            put(&mut text, &bytes);
            let mut back = Vec::new();
            prop_assert_eq!(decode(&text, &mut back), Ok(()));
            prop_assert_eq!(back, bytes);
        }

        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = decode(&bytes, &mut Vec::new());
        }
    }
}
