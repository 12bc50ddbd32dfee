//! What the engine needs of the machine it runs on: a store, time, randomness, tasks.
//!
//! Everything nondeterministic comes in through these traits, so that one seed replays a run.

use std::future::Future;
use std::pin::Pin;

#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod files;
#[cfg(target_arch = "wasm32")]
pub mod indexeddb;
#[cfg(target_arch = "wasm32")]
pub(crate) mod js;
pub mod memory;
pub mod no_store;
pub mod oneshot;
pub mod sealed;
#[cfg(not(target_arch = "wasm32"))]
pub mod simulated;
pub mod store;
pub mod unicode;
#[cfg(target_arch = "wasm32")]
pub(crate) mod webcrypto;

pub use memory::MemoryStore;
pub use no_store::NoStore;
pub use store::{Batch, Durability, Space, Store, StoreError, Write};

/// A future on the one thread the engine has.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

/// Time, randomness and tasks.
pub trait Platform {
    /// Milliseconds since 1970-01-01 UTC. May jump; callers keep their own order.
    fn now_millis(&self) -> u64;
    /// Fills `out` with random bytes fit for identifiers and keys.
    fn fill_random(&self, out: &mut [u8]);
    /// Runs `task` to its end on this thread, beside the caller.
    fn spawn(&self, task: LocalFuture<()>);
    /// Resolves after other tasks, and in a page the event loop, had their turn.
    fn yield_now(&self) -> LocalFuture<()>;
    /// Resolves at the end of the current turn, when everything that is ready to run has run: where a group
    /// of writes closes. In a page: a microtask.
    fn turn_end(&self) -> LocalFuture<()>;
    /// Resolves after about `millis`; much later in a hidden tab. Keeps no process alive.
    fn sleep(&self, millis: u32) -> LocalFuture<()>;
    /// Asks for a call of [`crate::driver::Driver::attend`] at this moment, which comes also when nothing of this is in memory
    /// any more; an earlier one counts as well. False: nobody can do that, and timers have to.
    fn wake_at(&self, _millis: u64) -> bool {
        false
    }
    /// Resolves once the code is there that is loaded only when it is needed; false: it cannot be loaded now.
    fn complete(&self) -> LocalFuture<bool> {
        Box::pin(std::future::ready(true))
    }
}
