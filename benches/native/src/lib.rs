//! Nothing here: the benches are beside it.
