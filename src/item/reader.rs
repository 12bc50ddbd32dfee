//! Stepping through encoded bytes. Nothing here allocates, and malformed bytes give `None`, never a panic.

use super::{Decimal, ValueRef, tag, varint};

/// Bytes of the longest LEB128 integer, one of 128 bits.
const MAX_VARINT: usize = 19;

/// A position in encoded bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What is not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// True when all is read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// One byte.
    pub fn u8(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// A little-endian `u32`.
    pub fn u32(&mut self) -> Option<u32> {
        let (head, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*head))
    }

    /// A little-endian `u64`.
    pub fn u64(&mut self) -> Option<u64> {
        let (head, rest) = self.rest.split_first_chunk::<8>()?;
        self.rest = rest;
        Some(u64::from_le_bytes(*head))
    }

    /// A LEB128 integer.
    pub fn varint(&mut self) -> Option<u64> {
        // Most integers here are lengths and small numbers of one byte.
        if let Some((&first, rest)) = self.rest.split_first()
            && first < 0x80
        {
            self.rest = rest;
            return Some(u64::from(first));
        }
        let mut value = 0u64;
        let mut shift = 0u32;
        loop {
            let byte = self.u8()?;
            if shift > 63 || (shift == 63 && byte > 1) {
                return None;
            }
            value |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// A LEB128 integer of up to 128 bits.
    pub fn varint128(&mut self) -> Option<u128> {
        let mut value = 0u128;
        let mut shift = 0u32;
        loop {
            let byte = self.u8()?;
            if shift > 126 || (shift == 126 && byte > 3) {
                return None;
            }
            value |= u128::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }

    /// `n` raw bytes.
    pub fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    /// LEB128 length, then that many bytes.
    pub fn binary(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.varint()?).ok()?;
        self.take(n)
    }

    /// A text: LEB128 of `length * 2 + (1 if any byte is not ASCII)`, then UTF-8 bytes.
    ///
    /// The bit lets JavaScript slice ASCII texts out of one decoded string.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.varint()? >> 1).ok()?;
        self.take(n)
    }

    /// The number whose tag, INT or DEC, was read.
    pub fn number(&mut self, tag: u8) -> Option<Decimal> {
        match tag {
            tag::INT => Some(Decimal::from_i64(varint::unzigzag(self.varint()?))),
            tag::DEC => {
                let exponent = i16::try_from(varint::unzigzag(self.varint()?)).ok()?;
                Some(Decimal { mantissa: varint::unzigzag128(self.varint128()?), exponent })
            }
            _ => None,
        }
    }

    /// A container's body: `u32` byte length, then a LEB128 count and the members.
    pub fn container(&mut self) -> Option<(usize, &'a [u8])> {
        let n = self.u32()? as usize;
        let mut body = Reader::new(self.take(n)?);
        let count = usize::try_from(body.varint()?).ok()?;
        Some((count, body.rest))
    }

    /// The next whole value.
    pub fn value(&mut self) -> Option<ValueRef<'a>> {
        let start = self.rest;
        self.skip_value()?;
        let used = start.len() - self.rest.len();
        start.get(..used).map(ValueRef::whole)
    }

    /// Steps over a LEB128 integer of any width that a number may have.
    fn skip_varint(&mut self) -> Option<()> {
        let last = self.rest.iter().take(MAX_VARINT).position(|byte| *byte < 0x80)?;
        self.rest = self.rest.get(last + 1..)?;
        Some(())
    }

    /// Steps over one value. Containers are stepped over by their length, so this never recurses.
    pub fn skip_value(&mut self) -> Option<()> {
        let mut t = self.u8()?;
        if t == tag::AV {
            t = self.u8()?;
        }
        match t {
            tag::NULL | tag::FALSE | tag::TRUE | tag::BAD_EMPTY | tag::BAD_MANY | tag::BAD_NULL => {}
            tag::INT => {
                self.skip_varint()?;
            }
            tag::DEC => {
                self.skip_varint()?;
                self.skip_varint()?;
            }
            tag::STR => {
                self.text()?;
            }
            tag::BIN | tag::NUM_TEXT => {
                self.binary()?;
            }
            tag::SS | tag::NS | tag::BS | tag::LIST | tag::MAP | tag::ITEM => {
                let n = self.u32()? as usize;
                self.take(n)?;
            }
            _ => return None,
        }
        Some(())
    }
}
