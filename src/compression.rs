//! Compression of what is kept: the length of what is compressed (u32 LE), then a block of LZ4.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

/// Less is not worth it.
const LEAST: usize = 512;
const LENGTH: usize = 4;
/// One byte of LZ4 stands for so many at most.
const MOST_FOR_ONE: usize = 255;

/// `head` as it is and `bytes` compressed behind it, unless that saves less than an eighth.
pub fn compress(head: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    if bytes.len() < LEAST {
        return None;
    }
    let at = head.len() + LENGTH;
    let mut out = Vec::with_capacity(at + get_maximum_output_size(bytes.len()));
    out.extend_from_slice(head);
    out.extend_from_slice(&u32::try_from(bytes.len()).ok()?.to_le_bytes());
    out.resize(out.capacity(), 0);
    let length = compress_into(bytes, out.get_mut(at..)?).ok()?;
    out.truncate(at + length);
    (length < bytes.len() - bytes.len() / 8).then_some(out)
}

/// `head` and behind it what [`compress`] made `bytes` of. `None`: it made nothing like it, or of more than `most` bytes.
pub fn decompress(head: &[u8], bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let (length, bytes) = bytes.split_first_chunk::<LENGTH>()?;
    let length = u32::from_le_bytes(*length) as usize;
    if length > most || length / MOST_FOR_ONE > bytes.len() {
        return None;
    }
    let mut out = Vec::with_capacity(head.len() + length);
    out.extend_from_slice(head);
    out.resize(head.len() + length, 0);
    let found = decompress_into(bytes, out.get_mut(head.len()..)?).ok()?;
    (found == length).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(
            head in prop::collection::vec(any::<u8>(), 0..20),
            words in prop::collection::vec("[a-e]{1,9}", 0..3000),
            noise in prop::collection::vec(any::<u8>(), 0..3000),
        ) {
            let mut bytes = words.concat().into_bytes();
            bytes.extend(noise);
            if let Some(small) = compress(&head, &bytes) {
                prop_assert!(small.len() < head.len() + bytes.len());
                prop_assert_eq!(&small[..head.len()], &head[..]);
                let found = decompress(&head, &small[head.len()..], bytes.len()).expect("it was compressed");
                prop_assert_eq!(&found[head.len()..], &bytes[..]);
                prop_assert_eq!(decompress(&head, &small[head.len()..], bytes.len() - 1), None);
            }
        }

        #[test]
        fn what_is_something_else_is_told(mut bytes in prop::collection::vec(any::<u8>(), 0..500), length in 0u32..5000) {
            let _ = decompress(&[], &bytes, usize::MAX);
            bytes.splice(..bytes.len().min(LENGTH), length.to_le_bytes());
            if let Some(found) = decompress(&[], &bytes, usize::MAX) {
                prop_assert_eq!(found.len(), length as usize);
            }
        }
    }

    #[test]
    fn repetition_is_compressed_and_noise_is_not() {
        assert!(compress(b"head", &[7; LEAST]).is_some_and(|small| small.len() < 100));
        assert_eq!(compress(b"head", &[7; LEAST - 1]), None, "too short");
        let mut state = 1u64;
        let noise: Vec<u8> = (0..10_000)
            .map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 56) as u8
            })
            .collect();
        assert_eq!(compress(b"head", &noise), None);
    }

    #[test]
    fn a_length_that_cannot_be_takes_no_memory() {
        assert_eq!(decompress(&[], &[0xff, 0xff, 0xff, 0xff, 1, 2, 3], usize::MAX), None);
        assert_eq!(decompress(&[], &[1, 0, 0], usize::MAX), None);
    }
}
