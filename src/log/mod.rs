//! The write-ahead log: what a record says, how records are framed, how frames are read again.
//!
//! This module refuses to know where frames are kept and what a change means to a table.

mod frame;
mod record;
mod replay;
mod salvage;

#[cfg(test)]
mod tests;

pub use frame::{FRAME_PAYLOAD, checksum_of, encode_group, epoch_frame, epoch_of};
pub use record::{
    KeptAnswer, LoggedChange, OldImage, Origin, Record, RequestId, TransactionPart, put_request,
};
pub use replay::{Fed, Replay, Stop};
pub use salvage::Salvage;
