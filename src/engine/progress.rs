//! How far a dump or a load has come.

/// Items and bytes, by DynamoDB's item size: those that are done, and what is expected of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items done.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Items of the whole, as the statistics were when the dump began.
    pub total_items: u64,
    /// Their bytes.
    pub total_bytes: u64,
}
