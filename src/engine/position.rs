//! Where a record stands among all that are recorded of a table.

use crate::storage::SeqNo;

/// A commit, and which of its changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The commit.
    pub seq: SeqNo,
    /// Which of its changes.
    pub change: u16,
}

/// Numbers of this many digits at least are sequence numbers.
const SMALLEST: u128 = 100_000_000_000_000_000_000;
/// Numbers of one commit.
const CHANGES: u128 = 1 << 16;

impl Position {
    /// The first record that a commit may have.
    pub fn first_of(seq: SeqNo) -> Self {
        Self { seq, change: 0 }
    }

    /// The tree key.
    pub fn key(self) -> Vec<u8> {
        [self.seq.0.to_be_bytes().as_slice(), &self.change.to_be_bytes()].concat()
    }

    /// The position of a tree key.
    pub fn of_key(key: &[u8]) -> Option<Self> {
        let (seq, change) = key.split_first_chunk()?;
        Some(Self {
            seq: SeqNo(u64::from_be_bytes(*seq)),
            change: u16::from_be_bytes(*change.first_chunk()?),
        })
    }

    /// As a SequenceNumber: a decimal number of 21 digits or more that grows.
    pub fn number(self) -> String {
        (SMALLEST + u128::from(self.seq.0) * CHANGES + u128::from(self.change)).to_string()
    }

    /// The position of a SequenceNumber.
    pub fn parse(number: &str) -> Option<Self> {
        let number = number.parse::<u128>().ok()?.checked_sub(SMALLEST)?;
        Some(Self { seq: SeqNo(u64::try_from(number / CHANGES).ok()?), change: (number % CHANGES) as u16 })
    }

    /// The one that follows.
    #[must_use]
    pub fn next(self) -> Self {
        match self.change.checked_add(1) {
            Some(change) => Self { change, ..self },
            None => Self { seq: SeqNo(self.seq.0 + 1), change: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_numbers_grow_and_are_read_back() {
        let positions = [
            Position::default(),
            Position { seq: SeqNo(0), change: u16::MAX },
            Position { seq: SeqNo(1), change: 0 },
            Position { seq: SeqNo(u64::MAX), change: 7 },
        ];
        for position in positions {
            assert_eq!(Position::parse(&position.number()), Some(position));
            assert_eq!(Position::of_key(&position.key()), Some(position));
            assert!((21..=40).contains(&position.number().len()));
        }
        for pair in positions.windows(2) {
            assert!(pair[0].key() < pair[1].key());
            assert!(pair[0].number().parse::<u128>().unwrap() < pair[1].number().parse::<u128>().unwrap());
        }
        assert_eq!(positions[1].next(), positions[2]);
        for bad in ["", "1", "99999999999999999999", "x00000000000000000000", &"9".repeat(40)] {
            assert_eq!(Position::parse(bad), None, "{bad}");
        }
    }
}
