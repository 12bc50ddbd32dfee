//! Tests of the storage as a whole; a small driver over a store stands in for the real one.

mod blocks;
mod bulk;
mod corruption;
mod crash;
mod due;
mod harness;
mod merging;
mod model;
mod pauses;
mod versions;
