//! The first byte of every encoded value.

/// NULL; no payload.
pub const NULL: u8 = 0x01;
/// BOOL false; no payload.
pub const FALSE: u8 = 0x02;
/// BOOL true; no payload.
pub const TRUE: u8 = 0x03;
/// N that is an integer of magnitude at most 2^53 - 1: zigzag LEB128.
pub const INT: u8 = 0x04;
/// Any other N: zigzag LEB128 exponent, then zigzag LEB128 mantissa (up to 38 digits, no trailing zero).
pub const DEC: u8 = 0x05;
/// Admission only: N as text (LEB128 length, ASCII bytes); canonical items never hold it.
pub const NUM_TEXT: u8 = 0x06;
/// S: a text (see [`crate::item::value::Reader::text`]).
pub const STR: u8 = 0x07;
/// B: LEB128 length and raw bytes.
pub const BIN: u8 = 0x08;
/// SS: container of texts, sorted by bytes, unique.
pub const SS: u8 = 0x09;
/// NS: container of INT and DEC values, sorted by number, unique.
pub const NS: u8 = 0x0A;
/// BS: container of (LEB128 length, bytes), sorted by bytes, unique.
pub const BS: u8 = 0x0B;
/// L: container of values.
pub const LIST: u8 = 0x0C;
/// M: container of (text name, value), sorted by the bytes of the name, unique.
pub const MAP: u8 = 0x0D;

/// Documents only (requests and responses): an attribute map (item or key); laid out as `MAP`.
pub const ITEM: u8 = 0x10;
/// Documents only: one attribute value follows.
pub const AV: u8 = 0x11;
/// Admission only: an AttributeValue without any member.
pub const BAD_EMPTY: u8 = 0x18;
/// Admission only: an AttributeValue with more than one member.
pub const BAD_MANY: u8 = 0x19;
/// Admission only: NULL with a value other than true.
pub const BAD_NULL: u8 = 0x1A;

/// Reserved for attribute names by reference into a dictionary.
pub const RESERVED_NAME_REF: u8 = 0x20;
/// Reserved for containers with an offset table.
pub const RESERVED_OFFSETS: u8 = 0x21;

/// The version byte that opens an item.
pub const ITEM_VERSION: u8 = 1;
