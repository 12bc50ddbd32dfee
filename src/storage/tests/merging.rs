//! How merging leaves the pieces.

use super::harness::*;
use crate::storage::{StorageOptions, TreeId};

#[test]
fn entries_that_come_in_order_end_in_pieces_of_full_size() {
    let options = StorageOptions { piece_bytes: 16_000, level1_bytes: 1 << 20, ..small() };
    let mut harness = Harness::new(options);
    // Entries of another tree fill most of each memory table.
    for n in 0..2000u32 {
        let other = (n.wrapping_mul(2_654_435_761) % 50).to_be_bytes();
        harness.group(
            vec![vec![change(1, &n.to_be_bytes(), Some(&[7; 40])), change(2, &other, Some(&[9; 110]))]],
            None,
            true,
        );
        harness.run_jobs();
    }
    harness.check_all(1, false);
    let pieces: Vec<u64> =
        harness.storage.levels.trees.get(&TreeId(1)).unwrap().all().map(|piece| piece.bytes).collect();
    let bytes: u64 = pieces.iter().sum();
    // Those that wait to be merged are small, and so may be the last ones.
    let full = bytes / 16_000 + 1;
    assert!(pieces.len() as u64 <= 2 * full + options.level0_pieces as u64 + 3, "{pieces:?}");
}
