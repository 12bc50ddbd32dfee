//! Base64 of binary values, as error sentences print them and the wire sends them.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the standard alphabet, padded.
pub fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.reserve(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| chunk.get(i).copied().map_or(0, u32::from);
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4u32 {
            let digit = (group >> (18 - 6 * place) & 63) as usize;
            let padding = place as usize > chunk.len();
            out.push(if padding { b'=' } else { ALPHABET.get(digit).copied().unwrap_or(b'=') });
        }
    }
}

/// [`put`] into a string of its own.
pub fn encode(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    put(&mut out, bytes);
    String::from_utf8(out).unwrap_or_default()
}
