//! Clients in other contexts than the owner's, whose answers are on their way for a while.

use super::Driver;

impl Driver {
    /// The answers to what `client` writes are remembered, over the death of this owner too, until the client says that it
    /// has them. It joins each owner anew, before its calls.
    pub fn join(&self, client: u64) {
        self.state.borrow_mut().engine.join(client);
    }

    /// None of the client's calls will come again.
    pub fn leave(&self, client: u64) {
        self.state.borrow_mut().engine.leave(client);
    }

    /// The client has all answers to its calls of lower numbers than `below`.
    pub fn received(&self, client: u64, below: u64) {
        self.state.borrow_mut().engine.received(client, below);
    }
}
