//! Decimals as rows of digits: schoolbook arithmetic with a place for every digit a number can have.

use std::cmp::Ordering;

use proptest::prelude::*;

/// Places before and after the point: room for 10^126 and for 38 digits below 10^-130, and a carry.
const WHOLE: usize = 128;
const PLACES: usize = WHOLE + 172;

/// A sign and digits, the first worth 10^127.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    negative: bool,
    digits: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Overflow,
    Underflow,
    Digits,
}

impl Number {
    /// Of digits and the power of ten of the last of them.
    pub fn new(negative: bool, digits: &str, exponent: i32) -> Self {
        let mut row = vec![0; PLACES];
        for (i, digit) in digits.bytes().rev().enumerate() {
            row[(WHOLE as i32 - 1 - exponent) as usize - i] = digit - b'0';
        }
        Self { negative, digits: row }
    }

    fn first(&self) -> Option<usize> {
        self.digits.iter().position(|&d| d != 0)
    }

    fn last(&self) -> Option<usize> {
        self.digits.iter().rposition(|&d| d != 0)
    }

    /// Within DynamoDB's range and precision.
    pub fn check(self) -> Result<Self, Refused> {
        let (Some(first), Some(last)) = (self.first(), self.last()) else { return Ok(self) };
        let exponent = WHOLE as i32 - 1 - first as i32;
        if exponent > 125 {
            Err(Refused::Overflow)
        } else if exponent < -130 {
            Err(Refused::Underflow)
        } else if last - first >= 38 {
            Err(Refused::Digits)
        } else {
            Ok(self)
        }
    }

    /// Plain decimal.
    pub fn text(&self) -> String {
        let Some(last) = self.last() else { return "0".into() };
        let row: String = self.digits.iter().map(|d| char::from(b'0' + d)).collect();
        let (whole, fraction) = (row[..WHOLE].trim_start_matches('0'), &row[WHOLE..(last + 1).max(WHOLE)]);
        let sign = if self.negative { "-" } else { "" };
        let whole = if whole.is_empty() { "0" } else { whole };
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }

    /// The size rule, read off the plain text.
    pub fn size(&self) -> u32 {
        let text = self.text();
        if text == "0" {
            return 1;
        }
        let unsigned = text.trim_start_matches('-');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let whole = whole.trim_start_matches('0');
        let (whole, fraction) = if fraction.is_empty() {
            (whole.trim_end_matches('0'), "")
        } else if whole.is_empty() {
            ("", fraction.trim_start_matches('0'))
        } else {
            (whole, fraction)
        };
        1 + whole.len().div_ceil(2) as u32 + fraction.len().div_ceil(2) as u32 + u32::from(self.negative)
    }

    fn negated(&self) -> Self {
        Self { negative: !self.negative, digits: self.digits.clone() }
    }

    pub fn add(&self, other: &Self) -> Self {
        if self.negative != other.negative {
            let (large, small) = if self.digits >= other.digits { (self, other) } else { (other, self) };
            let mut digits = large.digits.clone();
            let mut borrow = 0;
            for i in (0..PLACES).rev() {
                let d = digits[i] as i8 - small.digits[i] as i8 - borrow;
                borrow = i8::from(d < 0);
                digits[i] = (d + 10 * borrow) as u8;
            }
            return Self { negative: large.negative, digits };
        }
        let mut digits = self.digits.clone();
        let mut carry = 0;
        for i in (0..PLACES).rev() {
            let d = digits[i] + other.digits[i] + carry;
            carry = d / 10;
            digits[i] = d % 10;
        }
        Self { negative: self.negative, digits }
    }

    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.negated())
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let zero = |n: &Self| n.first().is_none();
        match (self.negative && !zero(self), other.negative && !zero(other)) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.digits.cmp(&other.digits),
            (true, true) => other.digits.cmp(&self.digits),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A number in range and one of the ways to write it.
#[derive(Clone, Debug)]
pub struct Written {
    pub number: Number,
    pub text: String,
}

/// Numbers of all lengths and exponents, often near each other, often integers.
pub fn written() -> impl Strategy<Value = Written> {
    let digits = prop_oneof![
        4 => "[0-9]{1,3}",
        2 => "[0-9]{1,20}",
        1 => "[0-9]{30,38}",
        1 => "[1-9]0{0,36}[0-9]",
        1 => "9{1,38}",
    ];
    let exponent = prop_oneof![4 => Just(0), 4 => -4..4, 2 => -40..40, 1 => -130..88];
    (any::<bool>(), digits, exponent, 0usize..6, 0usize..3, 0usize..3).prop_filter_map(
        "out of range",
        |(negative, digits, exponent, style, left, right)| {
            let number = Number::new(negative, &digits, exponent).check().ok()?;
            let sign = if negative { "-" } else { ["", "+"][style % 2] };
            let (text, written) = match style {
                // As digits and an exponent, padded with zeros on both sides.
                0 | 1 => {
                    let e = exponent - right as i32;
                    (format!("{sign}{}{digits}{}e{e}", "0".repeat(left), "0".repeat(right)), e)
                }
                // With a point somewhere, and an exponent that makes up for it.
                2 | 3 => {
                    let (whole, fraction) = digits.split_at(left.min(digits.len()));
                    let e = exponent + fraction.len() as i32;
                    (format!("{sign}{whole}.{fraction}E{e:+}"), e)
                }
                _ => (number.text(), 0),
            };
            // The range of zero is that of the exponent it is written with.
            if number.first().is_none() && !(-130..=125).contains(&written) {
                return None;
            }
            Some(Written { number, text })
        },
    )
}
