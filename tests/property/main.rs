//! Laws of the item module, checked on random values against references that are slow and plain on purpose.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that meets the unexpected should stop there"
)]

mod items;
mod keys;
mod malformed;
mod numbers;
mod reference;
