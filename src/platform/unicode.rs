//! Classes of characters beyond ASCII. Their tables are larger than all that asks for them, and JavaScript has them.

/// Whether it is a letter, a digit or white space.
#[cfg(not(target_arch = "wasm32"))]
pub fn is_letter_digit_or_space(c: char) -> bool {
    c.is_alphanumeric() || c.is_whitespace()
}

/// Whether it is a letter, a digit or white space.
#[cfg(target_arch = "wasm32")]
pub fn is_letter_digit_or_space(c: char) -> bool {
    let class = js_sys::RegExp::new(r"[\p{Alphabetic}\p{N}\p{White_Space}]", "u");
    class.test(c.encode_utf8(&mut [0; 4]))
}
