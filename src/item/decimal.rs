//! DynamoDB's numbers: decimals of up to 38 significant digits, never floats on the way.

mod arithmetic;
mod parse;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;
use std::fmt;

use super::{tag, varint};

/// Most significant digits a number may have.
pub const MAX_DIGITS: u32 = 38;
/// Exponent of the first digit of the largest number.
pub const MAX_EXPONENT: i64 = 125;
/// Exponent of the first digit of the smallest positive number.
pub const MIN_EXPONENT: i64 = -130;
/// The largest magnitude stored as INT: what a JavaScript number holds exactly.
pub const MAX_INT: u64 = (1 << 53) - 1;

/// A number: `mantissa * 10^exponent`, normalised (no trailing zero in the mantissa; zero is `0 * 10^0`).
///
/// The mantissa has at most 38 digits, which fit an `i128`. `==` is numeric equality because the form is
/// normalised; [`Decimal::new`] makes it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Signed digits.
    pub mantissa: i128,
    /// Power of ten.
    pub exponent: i16,
}

/// Why a text or a result is not a DynamoDB number. `Display` is the service's sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Not a number at all; the text as it came.
    NotNumeric(String),
    /// More than 38 significant digits.
    TooManyDigits,
    /// 1E+126 or more.
    Overflow,
    /// Nearer to zero than 1E-130.
    Underflow,
}

impl fmt::Display for NumberError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotNumeric(text) => {
                return write!(f, "The parameter cannot be converted to a numeric value: {text}");
            }
            Self::TooManyDigits => "Attempting to store more than 38 significant digits in a Number",
            Self::Overflow => {
                "Number overflow. Attempting to store a number with magnitude larger than supported range"
            }
            Self::Underflow => {
                "Number underflow. Attempting to store a number with magnitude smaller than supported range"
            }
        })
    }
}

impl std::error::Error for NumberError {}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, exponent: 0 };

    /// `mantissa * 10^exponent`, normalised and checked for range and precision.
    pub fn new(mantissa: i128, exponent: i64) -> Result<Self, NumberError> {
        Self::from_parts(mantissa < 0, mantissa.unsigned_abs(), exponent)
    }

    /// Reads DynamoDB's number syntax; takes time linear in the text, whatever it holds.
    pub fn parse(text: &[u8]) -> Result<Self, NumberError> {
        parse::parse(text)
    }

    /// An integer; always in range.
    pub fn from_i64(value: i64) -> Self {
        if value == 0 {
            return Self::ZERO;
        }
        let (magnitude, zeros) = trim_u64(value.unsigned_abs());
        let mantissa = i128::from(magnitude);
        Self { mantissa: if value < 0 { -mantissa } else { mantissa }, exponent: zeros as i16 }
    }

    /// The value as an integer, when it is one and fits.
    pub fn to_i64(self) -> Option<i64> {
        let scale = u32::try_from(self.exponent).ok()?;
        if self.mantissa == 0 {
            return Some(0);
        }
        i64::try_from(self.mantissa).ok()?.checked_mul(10i64.checked_pow(scale)?)
    }

    /// The integer part of the value times ten to `power`; what is far out of an i128's range stops at its end.
    pub fn truncated(self, power: i16) -> i128 {
        let scale = |exponent: i32| 10i128.checked_pow(exponent.unsigned_abs());
        match i32::from(self.exponent) + i32::from(power) {
            up @ 0.. => self.mantissa.saturating_mul(scale(up).unwrap_or(i128::MAX)),
            down => scale(down).map_or(0, |scale| self.mantissa / scale),
        }
    }

    /// True below zero.
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Significant digits, at least 1.
    pub fn digits(self) -> u32 {
        digits(self.mantissa.unsigned_abs())
    }

    /// The exponent of the first digit, as scientific notation writes it.
    pub(super) fn first_exponent(self) -> i64 {
        i64::from(self.exponent) + i64::from(self.digits()) - 1
    }

    fn from_parts(negative: bool, magnitude: u128, exponent: i64) -> Result<Self, NumberError> {
        if magnitude == 0 {
            return Ok(Self::ZERO);
        }
        let (magnitude, zeros) = trim(magnitude);
        let digits = digits(magnitude);
        let exponent = exponent.saturating_add(i64::from(zeros));
        let first = exponent.saturating_add(i64::from(digits) - 1);
        if first > MAX_EXPONENT {
            return Err(NumberError::Overflow);
        }
        if first < MIN_EXPONENT {
            return Err(NumberError::Underflow);
        }
        if digits > MAX_DIGITS {
            return Err(NumberError::TooManyDigits);
        }
        let mantissa = magnitude as i128;
        Ok(Self { mantissa: if negative { -mantissa } else { mantissa }, exponent: exponent as i16 })
    }

    /// The same value without trailing zeros in the mantissa; free for values that are normalised.
    pub(super) fn normalised(self) -> Self {
        if self.mantissa == 0 {
            return Self::ZERO;
        }
        let (magnitude, zeros) = trim(self.mantissa.unsigned_abs());
        if zeros == 0 {
            return self;
        }
        let mantissa = magnitude as i128;
        Self {
            mantissa: if self.mantissa < 0 { -mantissa } else { mantissa },
            exponent: self.exponent.saturating_add(zeros as i16),
        }
    }

    /// Appends the canonical encoding: INT for integers up to 2^53 - 1 in magnitude, else DEC.
    pub fn put(self, out: &mut Vec<u8>) {
        let n = self.normalised();
        if let Some(integer) = n.to_i64()
            && integer.unsigned_abs() <= MAX_INT
        {
            out.push(tag::INT);
            varint::put(out, varint::zigzag(integer));
        } else {
            out.push(tag::DEC);
            varint::put(out, varint::zigzag(i64::from(n.exponent)));
            varint::put_u128(out, varint::zigzag128(n.mantissa));
        }
    }

    /// What the number counts for in an item's size: one byte, one per two digits on each side of the point,
    /// one for a minus sign.
    pub fn size_in_bytes(self) -> u32 {
        let n = self.normalised();
        if n.mantissa == 0 {
            return 1;
        }
        number_size(n.mantissa < 0, n.digits(), i32::from(n.exponent))
    }

    /// Appends the plain decimal text, as `Display` writes it.
    pub fn put_text(self, out: &mut Vec<u8>) {
        let (buffer, start) = decimal_digits(self.mantissa.unsigned_abs());
        let digits = buffer.get(start..).unwrap_or_default();
        if self.mantissa == 0 {
            out.push(b'0');
            return;
        }
        if self.mantissa < 0 {
            out.push(b'-');
        }
        let point = digits.len() as i64 + i64::from(self.exponent);
        if self.exponent >= 0 {
            out.extend_from_slice(digits);
            out.resize(out.len() + self.exponent as usize, b'0');
        } else if let Some((whole, fraction)) =
            usize::try_from(point).ok().filter(|&p| p > 0).and_then(|p| digits.split_at_checked(p))
        {
            out.extend_from_slice(whole);
            out.push(b'.');
            out.extend_from_slice(fraction);
        } else {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + point.unsigned_abs() as usize, b'0');
            out.extend_from_slice(digits);
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(48);
        self.put_text(&mut text);
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.exponent == other.exponent {
            return self.mantissa.cmp(&other.mantissa);
        }
        self.mantissa.signum().cmp(&other.mantissa.signum()).then_with(|| {
            let by_magnitude = compare_magnitude(*self, *other);
            if self.mantissa < 0 { by_magnitude.reverse() } else { by_magnitude }
        })
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Compares distances from zero of two numbers of one sign.
fn compare_magnitude(a: Decimal, b: Decimal) -> Ordering {
    if a.mantissa == 0 {
        return Ordering::Equal;
    }
    a.first_exponent().cmp(&b.first_exponent()).then_with(|| {
        // The first digits stand at one place; write both with the digits of the longer.
        let (x, y) = (a.mantissa.unsigned_abs(), b.mantissa.unsigned_abs());
        let shift = i32::from(a.exponent) - i32::from(b.exponent);
        let scaled =
            |m: u128| pow10(shift.unsigned_abs()).and_then(|p| m.checked_mul(p)).unwrap_or(u128::MAX);
        if shift > 0 { scaled(x).cmp(&y) } else { x.cmp(&scaled(y)) }
    })
}

/// Size of a non-zero number of `digits` trimmed digits times 10^`exponent`.
pub(super) fn number_size(negative: bool, digits: u32, exponent: i32) -> u32 {
    let whole = (digits as i32).saturating_add(exponent).clamp(0, digits as i32) as u32;
    1 + whole.div_ceil(2) + (digits - whole).div_ceil(2) + u32::from(negative)
}

/// How many decimal digits `value` has; 1 for zero.
pub(super) fn digits(value: u128) -> u32 {
    match u64::try_from(value) {
        Ok(small) => digits_u64(small),
        Err(_) => value.ilog10() + 1,
    }
}

/// [`digits`] without 128-bit division.
pub(super) fn digits_u64(value: u64) -> u32 {
    value.checked_ilog10().unwrap_or(0) + 1
}

/// Removes trailing zeros and counts them; 0 stays.
pub(super) fn trim_u64(mut value: u64) -> (u64, u32) {
    let mut zeros = 0;
    while value != 0 && value.is_multiple_of(10) {
        value /= 10;
        zeros += 1;
    }
    (value, zeros)
}

fn trim(mut value: u128) -> (u128, u32) {
    let mut zeros = 0;
    loop {
        if let Ok(small) = u64::try_from(value) {
            let (small, more) = trim_u64(small);
            return (u128::from(small), zeros + more);
        }
        if !value.is_multiple_of(10) {
            return (value, zeros);
        }
        value /= 10;
        zeros += 1;
    }
}

/// 10^`n`, when it fits.
fn pow10(n: u32) -> Option<u128> {
    10u128.checked_pow(n)
}

/// The digits of `value` as ASCII at the end of a buffer, and where they begin.
fn decimal_digits(mut value: u128) -> ([u8; 40], usize) {
    let mut buffer = [b'0'; 40];
    let mut at = buffer.len();
    let mut put = |digit: u8| {
        at -= 1;
        if let Some(place) = buffer.get_mut(at) {
            *place = b'0' + digit;
        }
    };
    let mut small = loop {
        match u64::try_from(value) {
            Ok(small) => break small,
            Err(_) => put((value % 10) as u8),
        }
        value /= 10;
    };
    loop {
        put((small % 10) as u8);
        small /= 10;
        if small == 0 {
            return (buffer, at);
        }
    }
}
