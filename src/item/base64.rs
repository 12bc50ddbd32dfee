//! Base64 of binary values, as error sentences print them and the wire sends them.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the standard alphabet, padded.
pub fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    let (groups, rest) = bytes.as_chunks::<3>();
    for group in groups {
        out.extend_from_slice(&digits(*group));
    }
    let [first, second, ..] = *rest else {
        if let [last] = *rest {
            let [a, b, ..] = digits([last, 0, 0]);
            out.extend_from_slice(&[a, b, b'=', b'=']);
        }
        return;
    };
    let [a, b, c, _] = digits([first, second, 0]);
    out.extend_from_slice(&[a, b, c, b'=']);
}

/// Three bytes as four digits.
fn digits([a, b, c]: [u8; 3]) -> [u8; 4] {
    let group = u32::from(a) << 16 | u32::from(b) << 8 | u32::from(c);
    let digit = |shift: u32| ALPHABET.get((group >> shift & 63) as usize).copied().unwrap_or(b'=');
    [digit(18), digit(12), digit(6), digit(0)]
}

/// [`put`] into a string of its own.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    put(&mut out, bytes);
    String::from_utf8(out).unwrap_or_default()
}
