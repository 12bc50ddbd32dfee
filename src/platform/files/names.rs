//! Names of the files of one store.

/// The index that is being written.
pub(super) const NEW_INDEX: &str = "index-new";

pub(super) fn segment(number: u64) -> String {
    format!("segment-{number:016x}")
}

pub(super) fn index(number: u64) -> String {
    format!("index-{number:016x}")
}

/// The number in the name of a segment.
pub(super) fn segment_number(name: &str) -> Option<u64> {
    number(name, "segment-")
}

/// The number in the name of an index.
pub(super) fn index_number(name: &str) -> Option<u64> {
    number(name, "index-")
}

fn number(name: &str, prefix: &str) -> Option<u64> {
    let digits = name.strip_prefix(prefix)?;
    // Only what this module writes: another file of a similar name is left alone.
    let ours = digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    ours.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
}
