/** The first byte of every encoded value; the same list as `src/item/tag.rs`. */
export const NULL = 0x01;
export const FALSE = 0x02;
export const TRUE = 0x03;
/** zigzag LEB128. */
export const INT = 0x04;
/** zigzag LEB128 exponent, zigzag LEB128 mantissa. */
export const DEC = 0x05;
/** Requests only: LEB128 length, ASCII digits. */
export const NUM_TEXT = 0x06;
export const STR = 0x07;
export const BIN = 0x08;
export const SS = 0x09;
export const NS = 0x0a;
export const BS = 0x0b;
export const LIST = 0x0c;
export const MAP = 0x0d;
/** Documents only: an attribute map. */
export const ITEM = 0x10;
/** Documents only: one attribute value follows. */
export const AV = 0x11;
/** Requests only: an AttributeValue without a member, with several, or with a NULL that is not true. */
export const BAD_EMPTY = 0x18;
export const BAD_MANY = 0x19;
export const BAD_NULL = 0x1a;
