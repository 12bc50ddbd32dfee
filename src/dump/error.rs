//! Why bytes are no dump that can be read.

use std::fmt;

/// What is wrong with a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DumpError {
    /// It does not begin as a dump does.
    Foreign,
    /// A later version wrote it, in a format of this number.
    Newer(u8),
    /// It ends before its end mark, after so many bytes.
    Truncated(u64),
    /// The section that begins at this byte.
    Damaged {
        /// Where it begins.
        at: u64,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("this is no dump of dynatab"),
            Self::Newer(version) => write!(
                f,
                "a later version of dynatab wrote this dump: it has format version {version}, and {} is the newest \
                 that is read here",
                super::VERSION
            ),
            Self::Truncated(0) => f.write_str("the dump is empty: it has no bytes"),
            Self::Truncated(length) => {
                write!(f, "the dump is cut off: it ends after {length} bytes, without its end mark")
            }
            Self::Damaged { at, why } => write!(f, "the dump is damaged: section at byte {at}: {why}"),
        }
    }
}

impl std::error::Error for DumpError {}
