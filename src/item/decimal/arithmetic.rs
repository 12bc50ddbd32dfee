//! Exact sums and differences. What does not fit 38 digits is an error, never rounded.

use super::{Decimal, NumberError, pow10};

impl Decimal {
    /// The exact sum.
    pub fn checked_add(self, other: Self) -> Result<Self, NumberError> {
        let (a, b) = (self.normalised(), other.normalised());
        if a.mantissa == 0 {
            return Self::new(b.mantissa, i64::from(b.exponent));
        }
        if b.mantissa == 0 {
            return Self::new(a.mantissa, i64::from(a.exponent));
        }
        let (high, low) = if a.exponent >= b.exponent { (a, b) } else { (b, a) };
        let shift = i32::from(high.exponent) - i32::from(low.exponent);
        // The last digit of `low` is not zero and lies `shift` places below `high`, so it stays in the result.
        // When `high` at that scale passes 128 bits (3.4E38), the result keeps more than 38 digits even after
        // `low` (below 1E38) is taken away.
        let scaled = pow10(shift.unsigned_abs())
            .and_then(|p| high.mantissa.unsigned_abs().checked_mul(p))
            .ok_or(NumberError::TooManyDigits)?;
        let (negative, magnitude) =
            sum((high.mantissa < 0, scaled), (low.mantissa < 0, low.mantissa.unsigned_abs()))
                .ok_or(NumberError::TooManyDigits)?;
        Self::from_parts(negative, magnitude, i64::from(low.exponent))
    }

    /// The exact difference.
    pub fn checked_sub(self, other: Self) -> Result<Self, NumberError> {
        let mantissa = other.mantissa.checked_neg().ok_or(NumberError::TooManyDigits)?;
        self.checked_add(Self { mantissa, exponent: other.exponent })
    }
}

/// Adds (is negative, magnitude) pairs.
fn sum(a: (bool, u128), b: (bool, u128)) -> Option<(bool, u128)> {
    Some(if a.0 == b.0 {
        (a.0, a.1.checked_add(b.1)?)
    } else if a.1 >= b.1 {
        (a.0, a.1 - b.1)
    } else {
        (b.0, b.1 - a.1)
    })
}
