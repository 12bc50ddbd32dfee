//! DynamoDB's numbers: decimals of up to 38 significant digits, never floats on the way.

/// A number: `mantissa * 10^exponent`, normalised (no trailing zero in the mantissa; zero is `0 * 10^0`).
///
/// The mantissa has at most 38 digits, which fit an `i128`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Signed digits.
    pub mantissa: i128,
    /// Power of ten.
    pub exponent: i16,
}
