use super::*;

fn text(input: &str) -> String {
    Decimal::parse(input.as_bytes()).map_or_else(|e| e.to_string(), |n| n.to_string())
}

const OVERFLOW: &str =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
const UNDERFLOW: &str =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
const DIGITS: &str = "Attempting to store more than 38 significant digits in a Number";

#[test]
fn canonical_text_is_plain_and_trimmed() {
    let long = format!("1{}", "0".repeat(125));
    for (input, expected) in [
        ("1E2", "100"),
        ("1e125", long.as_str()),
        ("0042", "42"),
        ("1.200", "1.2"),
        ("+5", "5"),
        ("-0", "0"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-.5e-3", "-0.0005"),
        ("1e+2", "100"),
        ("10.05", "10.05"),
        ("100.5", "100.5"),
        ("0.000", "0"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("0.0012345678901234567890e3", "1.234567890123456789"),
        ("1000000000000000000000000000000000000000000", "1000000000000000000000000000000000000000000"),
        ("1e0000000000000000000000000000005", "100000"),
    ] {
        assert_eq!(text(input), expected, "{input}");
    }
}

#[test]
fn anything_but_a_number_is_quoted_back() {
    for input in [
        "",
        " 1",
        "1 ",
        "NaN",
        "Infinity",
        "-",
        "+",
        ".",
        "e5",
        ".e5",
        "1e",
        "1e+",
        "1e-",
        "1.2.3",
        "0x10",
        "1_000",
        "--1",
        "1e5.0",
        "1,5",
        "1e9223372036854775808",
        "0e9223372036854775808",
        "1e-9223372036854775809",
        "١",
    ] {
        assert_eq!(text(input), format!("The parameter cannot be converted to a numeric value: {input}"));
    }
}

#[test]
fn range_is_checked_by_the_first_digit_and_for_zero_by_the_written_exponent() {
    let nines = "9".repeat(38);
    for (input, expected) in [
        ("1e126", OVERFLOW),
        ("-1e126", OVERFLOW),
        ("10e125", OVERFLOW),
        ("1e-131", UNDERFLOW),
        ("-0.1e-130", UNDERFLOW),
        ("0e126", OVERFLOW),
        ("0e-131", UNDERFLOW),
        ("0e125", "0"),
        ("0e-130", "0"),
        ("1e2147483648", OVERFLOW),
        ("1e-2147483649", UNDERFLOW),
        ("0e2147483648", OVERFLOW),
        ("1e9223372036854775807", OVERFLOW),
        ("1e-9223372036854775808", UNDERFLOW),
    ] {
        assert_eq!(text(input), expected, "{input}");
    }
    assert!(Decimal::parse(b"1e-130").is_ok());
    assert_eq!(text(&format!("{nines}e88")), format!("{nines}{}", "0".repeat(88)));
    assert_eq!(text(&format!("{nines}e89")), OVERFLOW);
    assert_eq!(text(&format!("0.{}1e126", "0".repeat(10))), format!("1{}", "0".repeat(115)));
}

#[test]
fn digits_are_counted_between_the_outer_zeros() {
    assert_eq!(text(&"1".repeat(39)), DIGITS);
    assert_eq!(text(&format!("1{}1", "0".repeat(37))), DIGITS);
    assert_eq!(
        text(&format!("000{}.{}000", "1".repeat(20), "2".repeat(18))),
        format!("{}.{}", "1".repeat(20), "2".repeat(18))
    );
    // Too large and too long: the range comes first.
    assert_eq!(text(&"1".repeat(200)), OVERFLOW);
}

#[test]
fn texts_of_any_length_are_read_in_one_pass() {
    let zeros = "0".repeat(2_000_000);
    assert_eq!(text(&format!("{zeros}7")), "7");
    assert_eq!(text(&format!("7.{zeros}")), "7");
    assert_eq!(text(&format!("0.{zeros}7e2000001")), "7");
    assert_eq!(text(&format!("7{zeros}")), OVERFLOW);
    assert_eq!(text(&format!("0.{zeros}7")), UNDERFLOW);
    assert_eq!(text(&format!("1e{zeros}5")), "100000");
}

#[test]
fn sizes_follow_the_rule() {
    for (input, size) in [
        ("0", 1),
        ("5", 2),
        ("42", 2),
        ("-42", 3),
        ("100", 2),
        ("123", 3),
        ("12.5", 3),
        ("10.05", 3),
        ("100.5", 4),
        ("0.05", 2),
        ("0.0000001", 2),
        ("12345678901234567890123456789012345678", 20),
        ("-0", 1),
        ("1e125", 2),
        ("-1e-130", 3),
    ] {
        assert_eq!(Decimal::parse(input.as_bytes()).unwrap().size_in_bytes(), size, "{input}");
    }
}

#[test]
fn integers_encode_as_int_up_to_2_to_the_53_and_the_rest_as_dec() {
    let encoded = |input: &str| {
        let mut out = Vec::new();
        Decimal::parse(input.as_bytes()).unwrap().put(&mut out);
        out
    };
    assert_eq!(encoded("0"), [tag::INT, 0]);
    assert_eq!(encoded("-1"), [tag::INT, 1]);
    assert_eq!(encoded("1e2"), [tag::INT, 0xC8, 0x01]);
    assert_eq!(encoded("1.5"), [tag::DEC, 1, 30]);
    assert_eq!(encoded("9007199254740991")[0], tag::INT);
    assert_eq!(encoded("-9007199254740991")[0], tag::INT);
    assert_eq!(encoded("9007199254740992")[0], tag::DEC);
    assert_eq!(encoded("1e16"), [tag::DEC, 32, 2]);
}

#[test]
fn sums_are_exact_or_refused() {
    let n = |text: &str| Decimal::parse(text.as_bytes()).unwrap();
    let add = |a: &str, b: &str| n(a).checked_add(n(b)).map(|x| x.to_string());
    let sub = |a: &str, b: &str| n(a).checked_sub(n(b)).map(|x| x.to_string());
    assert_eq!(add("0.1", "0.2"), Ok("0.3".into()));
    assert_eq!(add("1", "-1"), Ok("0".into()));
    assert_eq!(sub("5", "7.5"), Ok("-2.5".into()));
    assert_eq!(add("1e37", "1"), Ok(format!("1{}1", "0".repeat(36))));
    assert_eq!(add("1e38", "1"), Err(NumberError::TooManyDigits));
    assert_eq!(add("1e125", "1e-130"), Err(NumberError::TooManyDigits));
    // The larger operand needs 39 digits at the scale of the smaller, the result only 38.
    assert_eq!(
        sub("18e37", "90000000000000000000000000000000000001"),
        Ok("89999999999999999999999999999999999999".into())
    );
    assert_eq!(add("9e125", "1e125"), Err(NumberError::Overflow));
    assert_eq!(sub("1.1e-130", "1e-130"), Err(NumberError::Underflow));
    assert_eq!(add("0", "3.5"), Ok("3.5".into()));
    assert_eq!(sub("0", "3.5"), Ok("-3.5".into()));
}

#[test]
fn numbers_compare_by_value_whatever_their_exponents() {
    let ascending = [
        "-9e125",
        "-100",
        "-99.9",
        "-1",
        "-0.5",
        "-1e-130",
        "0",
        "1e-130",
        "0.5",
        "0.51",
        "1",
        "1.5",
        "99.9",
        "100",
        "100.00000000000000000000000000000000001",
        "101",
        "9e125",
    ];
    let numbers: Vec<Decimal> = ascending.iter().map(|t| Decimal::parse(t.as_bytes()).unwrap()).collect();
    for (i, a) in numbers.iter().enumerate() {
        for (j, b) in numbers.iter().enumerate() {
            assert_eq!(a.cmp(b), i.cmp(&j), "{a} {b}");
        }
    }
}

#[test]
fn integers_convert_both_ways() {
    for value in [0, 1, -1, 100, i64::MAX, i64::MIN, 5_000_000_000] {
        let number = Decimal::from_i64(value);
        assert_eq!(number.to_i64(), Some(value));
        assert_eq!(number.to_string(), value.to_string());
    }
    assert_eq!(Decimal::parse(b"1.5").unwrap().to_i64(), None);
    assert_eq!(Decimal::parse(b"9223372036854775808").unwrap().to_i64(), None);
}

#[test]
fn unusual_mantissas_do_not_panic() {
    for mantissa in [i128::MIN, i128::MAX, 10, 0, -1] {
        for exponent in [i16::MIN, -1, 0, 1, i16::MAX] {
            let n = Decimal { mantissa, exponent };
            let _ = (n.to_string(), n.size_in_bytes(), n.to_i64(), n.cmp(&Decimal::from_i64(3)), n.digits());
            let _ = (
                n.checked_add(n),
                n.checked_sub(n),
                Decimal::from_i64(1).checked_sub(n),
                Decimal::new(mantissa, i64::MAX),
            );
            n.put(&mut Vec::new());
        }
    }
}
