//! ClientRequestTokens: which transactions were carried out lately.
//!
//! A token is remembered for ten minutes. It is written with its transaction, in one of two trees by turns: every ten
//! minutes the older tree is dropped whole and a new one begun, so that forgetting costs nothing by token.

use super::Engine;
use crate::item::value::Reader;
use crate::item::varint;
use crate::storage::{BlockId, TreeId};

/// How long a token is good for.
pub const TOKEN_MILLIS: u64 = 10 * 60 * 1000;

/// The trees of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TokenTrees {
    /// Where tokens are written, and since when.
    pub(super) current: Option<(TreeId, u64)>,
    /// The one before.
    pub(super) previous: Option<TreeId>,
}

/// A token as it is stored.
#[derive(Debug)]
pub struct TokenWrite {
    /// The token.
    pub token: Vec<u8>,
    /// Made by [`Remembered::encode`].
    pub value: Vec<u8>,
}

/// What is known of a transaction that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// When, in milliseconds since 1970.
    pub time_millis: u64,
    /// Tells its request from others.
    pub fingerprint: [u8; 16],
    /// The capacity of reading what it wrote, by table: what a repetition consumes, in half units.
    pub units: Vec<(String, u64)>,
}

impl Remembered {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        varint::put(&mut out, self.time_millis);
        out.extend_from_slice(&self.fingerprint);
        for (table, units) in &self.units {
            varint::put(&mut out, table.len() as u64);
            out.extend_from_slice(table.as_bytes());
            varint::put(&mut out, *units);
        }
        out
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader::new(bytes);
        let time_millis = r.varint()?;
        let fingerprint = *r.take(16)?.first_chunk()?;
        let mut units = Vec::new();
        while !r.is_empty() {
            units.push((std::str::from_utf8(r.binary()?).ok()?.to_owned(), r.varint()?));
        }
        Some(Self { time_millis, fingerprint, units })
    }
}

impl TokenTrees {
    pub(super) fn encode(self, out: &mut Vec<u8>) {
        // A tree and one more; 0 is none.
        let number = |tree: Option<TreeId>| tree.map_or(0, |tree| u64::from(tree.0) + 1);
        varint::put(out, number(self.current.map(|(tree, _)| tree)));
        varint::put(out, self.current.map_or(0, |(_, since)| since));
        varint::put(out, number(self.previous));
    }

    /// What was written before there were tokens has none.
    pub(super) fn decode(r: &mut Reader<'_>) -> Option<Self> {
        if r.is_empty() {
            return Some(Self::default());
        }
        let tree = |number: u64| TreeId::new(number).map(|tree| tree.0.checked_sub(1).map(TreeId));
        let current = tree(r.varint()?)?;
        let since = r.varint()?;
        Some(Self { current: current.map(|tree| (tree, since)), previous: tree(r.varint()?)? })
    }
}

impl Engine {
    /// The transaction that was carried out under `token` in the last ten minutes. `None`: blocks are missing.
    pub fn remembered(
        &mut self,
        token: &[u8],
        now_millis: u64,
        missing: &mut Vec<BlockId>,
    ) -> Option<Option<Remembered>> {
        let TokenTrees { current, previous } = self.tables().tokens();
        let newest = self.storage.latest();
        for tree in current.map(|(tree, _)| tree).into_iter().chain(previous) {
            let found = self.storage.get(tree, token, newest, missing)?;
            let Some(remembered) = found.value.as_deref().and_then(Remembered::decode) else { continue };
            if now_millis.saturating_sub(remembered.time_millis) < TOKEN_MILLIS {
                return Some(Some(remembered));
            }
        }
        Some(None)
    }

    /// The tree that tokens are written to now.
    pub(super) fn token_tree(&mut self, now_millis: u64) -> TreeId {
        if let Some((tree, since)) = self.tables().tokens().current
            && now_millis.saturating_sub(since) < TOKEN_MILLIS
        {
            return tree;
        }
        self.begin_token_tree(now_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_read_back() {
        let remembered = Remembered {
            time_millis: 1_700_000_000_000,
            fingerprint: *b"0123456789abcdef",
            units: vec![("orders".into(), 4), ("stock".into(), 12)],
        };
        assert_eq!(Remembered::decode(&remembered.encode()), Some(remembered.clone()));
        let bytes = remembered.encode();
        for end in 1..24 {
            assert_ne!(Remembered::decode(&bytes[..end]), Some(remembered.clone()));
        }
    }

    #[test]
    fn the_trees_are_read_back_and_absent_in_older_catalogs() {
        for trees in [
            TokenTrees::default(),
            TokenTrees { current: Some((TreeId(0), 5)), previous: None },
            TokenTrees { current: Some((TreeId(7), 1 << 40)), previous: Some(TreeId(3)) },
        ] {
            let mut out = Vec::new();
            trees.encode(&mut out);
            assert_eq!(TokenTrees::decode(&mut Reader::new(&out)), Some(trees));
        }
        assert_eq!(TokenTrees::decode(&mut Reader::new(&[])), Some(TokenTrees::default()));
    }
}
