//! One behaviour suite for every store.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../support/cipher.rs"]
mod cipher;
mod files;
mod sealed;
mod sim_files;
mod simulated;
mod suite;

use dynatab::platform::MemoryStore;
use dynatab::platform::simulated::SimulatedPlatform;

/// Runs the whole suite over stores that `make` makes, each empty.
macro_rules! contract {
    ($name:ident, $make:expr) => {
        contract!($name, $make; the_largest_value_is_kept_with_its_seal,);
    };
    ($name:ident, $make:expr; $($more:ident,)*) => {
        mod $name {
            use super::*;
            contract!(@cases $make;
                $($more,)*
                an_empty_store_has_nothing,
                values_read_back_in_the_order_asked_for,
                spaces_are_apart,
                lists_are_ascending_and_bounded,
                ids_up_to_the_largest_exact_integer_work,
                an_added_value_must_not_exist,
                a_failed_commit_leaves_nothing,
                later_writes_of_a_batch_win,
                ranges_are_deleted_up_to_their_end,
                the_largest_value_is_kept_whole,
                commits_take_effect_in_the_order_they_were_made,
                usage_follows_the_values,
                a_closed_store_refuses,
            );
        }
    };
    (@cases $make:expr; $($case:ident,)*) => {
        $(
            #[test]
            fn $case() {
                for seed in 0..8 {
                    let platform = SimulatedPlatform::new(seed);
                    let store = ($make)(seed, &platform);
                    platform.block_on(suite::$case(store)).expect("the store never answers");
                }
            }
        )*
    };
}

contract!(memory, |_, _: &SimulatedPlatform| MemoryStore::new());
contract!(simulation, |seed, platform: &SimulatedPlatform| {
    let store = dynatab::platform::simulated::SimulatedStore::new(seed);
    platform.attach(&store);
    store
});
contract!(native_files, |_, platform: &SimulatedPlatform| {
    files::open(platform, std::rc::Rc::new(files::TemporaryFiles::new()), 100_000).unwrap()
});
// Segments of one byte: each commit closes one.
contract!(simulated_files, |seed, platform: &SimulatedPlatform| {
    let files = sim_files::SimFiles::new(sim_files::Disk::default());
    files::open(platform, files, if seed % 2 == 0 { 1 } else { 1000 }).unwrap()
});
contract!(sealed_memory, |_, platform: &SimulatedPlatform| {
    cipher::sealed_now(std::rc::Rc::new(MemoryStore::new()), platform)
};);
contract!(sealed_simulation, |seed, platform: &SimulatedPlatform| {
    let store = dynatab::platform::simulated::SimulatedStore::new(seed);
    platform.attach(&store);
    cipher::sealed_now(std::rc::Rc::new(store), platform)
};);
