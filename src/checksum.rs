//! CRC-32, the one of gzip and of `x-amz-crc32`.
//!
//! Eight bytes at a time by eight tables of 1 KB, which are made when they are first needed: as constants they
//! would be the larger part of the engine's data, and do not compress.

use std::array;

/// For each place in a group of eight bytes, what each byte there does to the checksum.
type Tables = [[u32; 256]; 8];

thread_local! {
    static TABLES: Box<Tables> = Box::new(tables());
}

fn tables() -> Tables {
    // The polynomial, lowest power in the highest bit.
    let step = |crc: u32| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0xedb8_8320 };
    let single: [u32; 256] = array::from_fn(|byte| (0..8).fold(byte as u32, |crc, _| step(crc)));
    let mut last = single;
    array::from_fn(|place| {
        if place > 0 {
            last = last.map(|crc| shift(&single, crc, 0));
        }
        last
    })
}

fn at(table: &[u32; 256], byte: u8) -> u32 {
    table.get(usize::from(byte)).copied().unwrap_or_default()
}

fn shift(single: &[u32; 256], crc: u32, byte: u8) -> u32 {
    let [low, ..] = crc.to_le_bytes();
    crc >> 8 ^ at(single, low ^ byte)
}

/// The checksum of bytes that come in parts.
#[derive(Clone, Copy, Debug)]
pub struct Crc32 {
    inverted: u32,
}

impl Default for Crc32 {
    fn default() -> Self {
        Self { inverted: !0 }
    }
}

impl Crc32 {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        TABLES.with(|tables| {
            let [t0, t1, t2, t3, t4, t5, t6, t7] = &**tables;
            let mut crc = self.inverted;
            let (groups, rest) = bytes.as_chunks::<8>();
            for group in groups {
                let [b7, b6, b5, b4, b3, b2, b1, b0] =
                    (u64::from_le_bytes(*group) ^ u64::from(crc)).to_le_bytes();
                crc = at(t7, b7) ^ at(t6, b6) ^ at(t5, b5) ^ at(t4, b4);
                crc ^= at(t3, b3) ^ at(t2, b2) ^ at(t1, b1) ^ at(t0, b0);
            }
            self.inverted = rest.iter().fold(crc, |crc, byte| shift(t0, crc, *byte));
        });
    }

    /// The checksum of all that came in.
    pub fn value(self) -> u32 {
        !self.inverted
    }
}

/// The checksum of `bytes`.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::default();
    crc.update(bytes);
    crc.value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc32(b"{}"), 2_745_614_147);
    }

    #[test]
    fn parts_and_lengths_as_crc32fast_has_them() {
        let bytes: Vec<u8> = (0..100u32).map(|i| (i * 37 % 251) as u8).collect();
        for end in 0..bytes.len() {
            for cut in [0, end / 3, end] {
                let mut crc = Crc32::default();
                crc.update(&bytes[..cut]);
                crc.update(&bytes[cut..end]);
                assert_eq!(crc.value(), crc32fast::hash(&bytes[..end]), "{cut} of {end}");
            }
        }
    }
}
