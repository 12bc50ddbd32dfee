//! DynamoDB's number syntax: sign, digits with at most one point, exponent. Nothing else: no spaces, no NaN.

use super::{Decimal, MAX_DIGITS, MAX_EXPONENT, MIN_EXPONENT, NumberError, pow10};

/// What a text says, before the range is looked at.
struct Scanned {
    negative: bool,
    /// Digits from the first to the last that is not zero; meaningless when there are more than 38.
    mantissa: u128,
    digits: u64,
    /// Zeros after the last digit that is not zero.
    trailing: u64,
    /// Digits after the point.
    fraction: u64,
    /// As written after `e`.
    exponent: i64,
}

pub(super) fn parse(text: &[u8]) -> Result<Decimal, NumberError> {
    let Some(n) = scan(text) else {
        return Err(NumberError::NotNumeric(String::from_utf8_lossy(text).into_owned()));
    };
    // Past 32 bits the written exponent decides alone, however many digits stand before it.
    let written = i32::try_from(n.exponent).map(i64::from).map_err(|_| out_of_range(n.exponent))?;
    let (exponent, first) = if n.digits == 0 {
        (0, written)
    } else {
        let exponent = written - n.fraction as i64 + n.trailing as i64;
        (exponent, exponent + n.digits as i64 - 1)
    };
    if !(MIN_EXPONENT..=MAX_EXPONENT).contains(&first) {
        return Err(out_of_range(first));
    }
    if n.digits > u64::from(MAX_DIGITS) {
        return Err(NumberError::TooManyDigits);
    }
    let mantissa = n.mantissa as i128;
    Ok(Decimal { mantissa: if n.negative { -mantissa } else { mantissa }, exponent: exponent as i16 })
}

fn out_of_range(exponent: i64) -> NumberError {
    if exponent > 0 { NumberError::Overflow } else { NumberError::Underflow }
}

fn scan(text: &[u8]) -> Option<Scanned> {
    let (negative, text) = sign(text);
    let mut n = Scanned { negative, mantissa: 0, digits: 0, trailing: 0, fraction: 0, exponent: 0 };
    // Up to 19 digits fit 64 bits, which is all that most numbers need and much faster on wasm.
    let mut short = 0u64;
    let (mut any, mut point) = (false, false);
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'0'..=b'9' => {
                any = true;
                n.fraction += u64::from(point);
                let digit = byte - b'0';
                if digit == 0 {
                    n.trailing += u64::from(n.digits > 0);
                    continue;
                }
                n.digits += n.trailing + 1;
                if n.digits <= 19 {
                    short = short * 10u64.pow(n.trailing as u32 + 1) + u64::from(digit);
                    n.mantissa = u128::from(short);
                } else if n.digits <= u64::from(MAX_DIGITS) {
                    n.mantissa = n.mantissa * pow10(n.trailing as u32 + 1)? + u128::from(digit);
                }
                n.trailing = 0;
            }
            b'.' if !point => point = true,
            b'e' | b'E' => {
                n.exponent = exponent(rest)?;
                break;
            }
            _ => return None,
        }
    }
    any.then_some(n)
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

/// An exponent of up to 64 bits; beyond that the service calls the text no number.
fn exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0i64, |value, &byte| {
        let digit = i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        value.checked_mul(10)?.checked_add(if negative { -digit } else { digit })
    })
}
