//! Key attribute values as bytes that sort as the values do, and the hash that places a partition.
//!
//! A component is prefix-free, so components written one after another sort component by component. A key
//! attribute has one type per table, so nothing says which type a component has, and nothing reads one back:
//! the item holds the values.

use xxhash_rust::xxh64::xxh64;

use super::decimal::{MAX_DIGITS, MAX_EXPONENT, MIN_EXPONENT, digits_u64};
use super::{Decimal, ValueRef, View};

/// Ends a string or binary; below every byte of their content.
const END: u8 = 0x00;
/// Opens the two bytes that stand for a content byte of 0x00 or 0x01.
const ESCAPE: u8 = 0x01;

const NEGATIVE: u8 = 0x01;
const ZERO: u8 = 0x02;
const POSITIVE: u8 = 0x03;

/// Appends a canonical S, N or B; `None` (and nothing appended) for any other value.
pub fn put_component(out: &mut Vec<u8>, value: ValueRef<'_>) -> Option<()> {
    match value.view()? {
        View::S(bytes) | View::B(bytes) => {
            put_escaped(out, bytes);
            out.push(END);
            Some(())
        }
        View::N(number) => put_decimal(out, number),
        _ => None,
    }
}

/// Appends what the components of all strings (or binaries) that begin with `value` share, and no others have.
pub fn put_prefix(out: &mut Vec<u8>, value: ValueRef<'_>) -> Option<()> {
    let (View::S(bytes) | View::B(bytes)) = value.view()? else { return None };
    put_escaped(out, bytes);
    Some(())
}

/// Where the key with this partition key component belongs: xxh64 with seed 0, big-endian.
pub fn hash(partition_key_component_bytes: &[u8]) -> [u8; 8] {
    xxh64(partition_key_component_bytes, 0).to_be_bytes()
}

/// The least byte string above all that begin with `prefix`; `None` when nothing is above them.
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&b| b != 0xFF)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}

/// The least byte string above `key`.
pub fn successor(key: &[u8]) -> Vec<u8> {
    let mut next = Vec::with_capacity(key.len() + 1);
    next.extend_from_slice(key);
    next.push(0);
    next
}

fn put_escaped(out: &mut Vec<u8>, mut bytes: &[u8]) {
    out.reserve(bytes.len() + 1);
    // Most keys hold no such byte and are copied in one piece.
    while let Some(at) = bytes.iter().position(|&b| b <= ESCAPE) {
        let (plain, rest) = bytes.split_at(at);
        out.extend_from_slice(plain);
        if let Some((&byte, rest)) = rest.split_first() {
            out.extend_from_slice(&[ESCAPE, byte + 1]);
            bytes = rest;
        }
    }
    out.extend_from_slice(bytes);
}

/// Sign byte; then exponent byte, digits two by two from the first, and an end byte, all inverted below zero.
fn put_decimal(out: &mut Vec<u8>, number: Decimal) -> Option<()> {
    let number = number.normalised();
    if number.mantissa == 0 {
        out.push(ZERO);
        return Some(());
    }
    let (exponent, digits) = (number.first_exponent(), number.digits());
    if digits > MAX_DIGITS || !(MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent) {
        return None;
    }
    let invert = if number.is_negative() { 0xFF } else { 0x00 };
    out.push(if number.is_negative() { NEGATIVE } else { POSITIVE });
    out.push((exponent - MIN_EXPONENT) as u8 ^ invert);
    let start = out.len();
    put_pairs_backwards(out, number.mantissa.unsigned_abs(), digits);
    let pairs = out.get_mut(start..)?;
    pairs.reverse();
    // A pair is 0 to 99; one more keeps it above the end byte.
    for pair in pairs {
        *pair = (*pair + 1) ^ invert;
    }
    out.push(END ^ invert);
    Some(())
}

/// Appends the digits two by two from the last; a single last digit counts as tens.
fn put_pairs_backwards(out: &mut Vec<u8>, mantissa: u128, digits: u32) {
    let mut rest = if digits % 2 == 1 { mantissa * 10 } else { mantissa };
    while rest > u128::from(u64::MAX) {
        out.push((rest % 100) as u8);
        rest /= 100;
    }
    let mut rest = rest as u64;
    for _ in 0..digits_u64(rest).div_ceil(2) {
        out.push((rest % 100) as u8);
        rest /= 100;
    }
}
