//! Which merges wait for the application to pause.

use super::harness::*;
use crate::storage::StorageOptions;

/// A harness with so many level-0 pieces of one tree, each of about `bytes`.
fn with_pieces(count: u8, bytes: usize) -> Harness {
    let options = StorageOptions {
        memory_table_bytes: 16_000,
        piece_bytes: 16_000,
        level0_pieces: usize::MAX,
        level0_busy: usize::MAX / 2,
        ..small()
    };
    let mut harness = Harness::new(options);
    for piece in 0..count {
        let changes = (0..bytes / 100).map(|n| change(1, &[n as u8, piece], Some(&[7; 90])));
        harness.group(vec![changes.collect()], None, true);
        let catalog = harness.seq.to_le_bytes().to_vec();
        harness.storage.freeze(harness.next_log, catalog);
        harness.run_jobs();
    }
    assert_eq!(harness.storage.stats().levels, [usize::from(count)]);
    harness.storage.options = StorageOptions { level0_pieces: 3, level0_busy: 6, ..options };
    harness
}

#[test]
fn large_pieces_wait_while_the_application_writes() {
    for (count, bytes, writing, pausing) in [
        (2, 3_000, false, false),
        (3, 3_000, false, true),
        (5, 3_000, false, true),
        (6, 3_000, true, true),
        (2, 300, false, false),
        (3, 300, true, true),
    ] {
        let mut harness = with_pieces(count, bytes);
        assert_eq!(harness.storage.merges_in_pause(), pausing, "{count} of {bytes}");
        assert_eq!(harness.storage.next_job(false).is_some(), writing, "{count} of {bytes}, writing");
        let mut harness = with_pieces(count, bytes);
        assert_eq!(harness.storage.next_job(true).is_some(), pausing, "{count} of {bytes}, pausing");
    }
}

#[test]
fn twice_as_many_make_writes_wait() {
    assert!(!with_pieces(11, 300).storage.pressure());
    assert!(with_pieces(12, 300).storage.pressure());
}
