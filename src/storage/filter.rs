//! Filters: which keys a piece surely does not hold, in ten bits a key (a Bloom filter). Whoever asks for a key that is
//! nowhere, as most puts of new items do, reads no data block.
//!
//! The body of a filter block is the number of probes, one byte, then the bits. A key's probes are h, h + d, h + 2d, ...
//! modulo the number of bits: h is its xxh64 with seed 0, d is h rotated right by 32 bits, made odd. Bit n is bit n % 8 of
//! byte n / 8.

use xxhash_rust::xxh64::xxh64;

const BITS_PER_KEY: usize = 10;
const PROBES: u8 = 7;
/// A filter for more keys than fit at ten bits has fewer bits for each.
const MAX_BYTES: usize = 60_000;

pub(super) fn hash(key: &[u8]) -> u64 {
    xxh64(key, 0)
}

/// The body for keys of these hashes.
pub(super) fn build(hashes: &[u64]) -> Vec<u8> {
    let bytes = (hashes.len() * BITS_PER_KEY).div_ceil(8).clamp(1, MAX_BYTES);
    let mut body = vec![0; 1 + bytes];
    if let Some((probes, bits)) = body.split_first_mut() {
        *probes = PROBES;
        for hash in hashes {
            for (byte, bit) in positions(*hash, PROBES, bytes) {
                if let Some(byte) = bits.get_mut(byte) {
                    *byte |= bit;
                }
            }
        }
    }
    body
}

/// Whether bytes can be a body.
pub(super) fn is_body(body: &[u8]) -> bool {
    body.len() >= 2 && body.first().is_some_and(|probes| (1..=16).contains(probes))
}

/// Whether a key of that hash may be among the keys.
pub(super) fn may_hold(body: &[u8], hash: u64) -> bool {
    let Some((probes, bits)) = body.split_first() else { return true };
    positions(hash, *probes, bits.len()).all(|(byte, bit)| bits.get(byte).is_none_or(|byte| byte & bit != 0))
}

fn positions(hash: u64, probes: u8, bytes: usize) -> impl Iterator<Item = (usize, u8)> {
    let step = hash.rotate_right(32) | 1;
    let bits = (bytes as u64 * 8).max(1);
    (0..u64::from(probes)).map(move |number| {
        let position = hash.wrapping_add(step.wrapping_mul(number)) % bits;
        ((position / 8) as usize, 1 << (position % 8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(from: u64, count: u64) -> Vec<u64> {
        (from..from + count).map(|number| hash(&number.to_be_bytes())).collect()
    }

    #[test]
    fn every_key_is_found_and_few_others() {
        for count in [1, 2, 7, 100, 6_700, 48_000] {
            let body = build(&hashes(0, count));
            assert!(is_body(&body));
            assert!(body.len() <= 1 + MAX_BYTES);
            assert!(hashes(0, count).iter().all(|hash| may_hold(&body, *hash)));
            let wrong = hashes(1 << 40, 20_000).iter().filter(|hash| may_hold(&body, **hash)).count();
            assert!(count < 100 || wrong < 300, "{wrong} of 20,000 with {count} keys");
        }
        let crowded = build(&hashes(0, 200_000));
        assert_eq!(crowded.len(), 1 + MAX_BYTES);
        assert!(hashes(0, 200_000).iter().all(|hash| may_hold(&crowded, *hash)));
    }

    #[test]
    fn bytes_that_are_no_filter_are_told() {
        assert!(!is_body(&[]) && !is_body(&[7]) && !is_body(&[0, 1]) && !is_body(&[17, 1]));
        assert!(is_body(&[1, 0]) && is_body(&[16, 255]));
        assert!(may_hold(&[], 1));
    }
}
