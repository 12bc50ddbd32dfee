//! Decimals against rows of digits.

use dynatab::item::{Decimal, NumberError};
use proptest::prelude::*;

use crate::reference::Number;
use crate::reference::number::{Refused, Written, written};

fn parsed(written: &Written) -> Decimal {
    Decimal::parse(written.text.as_bytes()).expect("a number in range")
}

fn outcome(result: Result<Decimal, NumberError>) -> Result<String, String> {
    result.map(|n| n.to_string()).map_err(|e| format!("{e:?}"))
}

fn expected(number: Number) -> Result<String, String> {
    number.check().map(|n| n.text()).map_err(|refused| {
        format!(
            "{:?}",
            match refused {
                Refused::Overflow => NumberError::Overflow,
                Refused::Underflow => NumberError::Underflow,
                Refused::Digits => NumberError::TooManyDigits,
            }
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_way_to_write_a_number_reads_as_its_plain_text(w in written()) {
        let number = parsed(&w);
        prop_assert_eq!(number.to_string(), w.number.text());
        prop_assert_eq!(Decimal::parse(number.to_string().as_bytes()), Ok(number));
        prop_assert_eq!(number.size_in_bytes(), w.number.size());
    }

    #[test]
    fn numbers_compare_by_value(a in written(), b in written()) {
        prop_assert_eq!(parsed(&a).cmp(&parsed(&b)), a.number.cmp(&b.number));
        prop_assert_eq!(parsed(&a) == parsed(&b), a.number.cmp(&b.number).is_eq());
    }

    #[test]
    fn sums_and_differences_are_exact(a in written(), b in written()) {
        prop_assert_eq!(outcome(parsed(&a).checked_add(parsed(&b))), expected(a.number.add(&b.number)));
        prop_assert_eq!(outcome(parsed(&a).checked_sub(parsed(&b))), expected(a.number.sub(&b.number)));
    }

    #[test]
    fn digits_and_exponents_at_the_limits_are_judged_as_the_reference_does(
        negative in any::<bool>(), digits in "[0-9]{1,42}", exponent in prop_oneof![-150..-85i32, -5..5i32, 80..127i32]
    ) {
        let text = format!("{}{digits}e{exponent}", if negative { "-" } else { "" });
        // The reference has no place for such digits; zero is judged by its exponent, see the unit tests.
        prop_assume!(exponent + digits.len() as i32 <= 128 && digits.bytes().any(|d| d != b'0'));
        prop_assume!(exponent > -172);
        prop_assert_eq!(outcome(Decimal::parse(text.as_bytes())), expected(Number::new(negative, &digits, exponent)));
    }

    #[test]
    fn what_parses_prints_and_what_does_not_is_quoted(text in "[-+.eE0-9 ]{0,12}") {
        match Decimal::parse(text.as_bytes()) {
            Ok(number) => prop_assert_eq!(Decimal::parse(number.to_string().as_bytes()), Ok(number)),
            Err(NumberError::NotNumeric(quoted)) => prop_assert_eq!(quoted, text),
            Err(_) => prop_assert!(text.contains(['e', 'E'])),
        }
    }
}
