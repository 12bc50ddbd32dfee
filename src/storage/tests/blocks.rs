//! Blocks as they are kept: compressed or not, and what is no block.

use super::super::block::{Block, Builder, Entry, Held, Kind, filter_block, overflow_block, packed};
use super::super::{BlockId, SeqNo};
use crate::platform::simulated::Random;

const ID: BlockId = BlockId(77);
const COMPRESSED: u8 = 1;

fn data_block(count: u8) -> Vec<u8> {
    let mut builder = Builder::new(Kind::Data);
    for n in 0..count {
        let value = Held::Inline(format!("a value like others {n}").into_bytes().into());
        builder.push(&Entry { key: vec![n].into(), seq: SeqNo(9), value, blind: false, due: 0 });
    }
    builder.finish(ID)
}

fn with_checksum(mut block: Vec<u8>) -> Vec<u8> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&block[..4]);
    hasher.update(&block[8..]);
    block[4..8].copy_from_slice(&hasher.finalize().to_le_bytes());
    block
}

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Random::new(1).fill(&mut bytes);
    bytes
}

#[test]
fn blocks_are_compressed_where_that_is_worth_it() {
    for (block, wanted) in [
        (data_block(200), COMPRESSED),
        (data_block(3), 0),
        (overflow_block(ID, &vec![7; 60_000]), COMPRESSED),
        (overflow_block(ID, &noise(60_000)), 0),
        (filter_block(ID, &vec![1; 30_000]), 0),
    ] {
        let own = Block::own(ID, block.clone()).unwrap();
        let kept = packed(block.clone());
        assert_eq!(kept[3], wanted);
        assert!(kept.len() <= block.len());
        let read = Block::open(ID, kept).unwrap();
        assert_eq!((read.kind(), read.len(), read.size()), (own.kind(), own.len(), own.size()));
        assert_eq!(read.chunk(), own.chunk());
        assert_eq!(read.key(0), own.key(0));
    }
}

#[test]
fn every_flipped_bit_of_a_compressed_block_is_noticed() {
    let kept = packed(data_block(200));
    for at in 0..kept.len() {
        let mut damaged = kept.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(Block::open(ID, damaged).is_err(), "byte {at}");
        assert!(Block::open(ID, kept[..at].to_vec()).is_err(), "the first {at} bytes");
    }
}

/// Whatever is behind a checksum that is right: a block or an error.
#[test]
fn what_was_never_compressed_is_an_error() {
    let kept = packed(data_block(200));
    let mut random = Random::new(2);
    let mut refused = 0;
    for _ in 0..20_000 {
        let mut altered = kept.clone();
        for _ in 0..=random.below(3) {
            let at = 16 + random.below(altered.len() as u64 - 16) as usize;
            altered[at] = random.next_u64() as u8;
        }
        refused += u32::from(Block::open(ID, with_checksum(altered)).is_err());
    }
    assert!(refused > 10_000, "{refused}");
    let mut plain = data_block(200);
    plain[3] |= COMPRESSED;
    assert!(Block::open(ID, with_checksum(plain)).is_err());
    // More than a block may hold.
    let bomb = packed(overflow_block(ID, &vec![0; 70_000]));
    assert!(bomb.len() < 1_000 && Block::open(ID, bomb).is_err());
    let mut newer = kept;
    newer[3] |= 2;
    assert!(Block::open(ID, with_checksum(newer)).unwrap_err().to_string().contains("newer"));
}
