/**
 * Bytes being written: a growing buffer with the primitives of the item grammar.
 *
 * It is plain JavaScript memory, not the engine's: a getter, a Proxy or a throw in the middle of a user's item then
 * never leaves the engine's input buffer half-written, and the engine's memory may grow and detach its views while
 * an item is encoded. The finished document is copied across once, which adds about a tenth to encoding it.
 */

import * as tag from './tag.js';

const encoder = /* @__PURE__ */ new TextEncoder();
const LONE_SURROGATES = /\p{Surrogate}/gu;
/** Up to here a loop over the characters beats a call of the platform's encoder. */
const SHORT = 200;
/** A buffer above this size is given up after its request. */
const KEEP = 1 << 20;

const POWERS = [1, 10, 100, 1000, 1e4, 1e5, 1e6];

export class Writer {
  bytes: Uint8Array;
  at = 0;

  constructor(capacity = 4096) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Starts over. */
  reset(): void {
    this.at = 0;
    if (this.bytes.length > KEEP) this.bytes = new Uint8Array(4096);
  }

  /** Makes room for `n` more bytes. */
  ensure(n: number): void {
    const need = this.at + n;
    if (need > this.bytes.length) {
      const grown = new Uint8Array(Math.max(need, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.at));
      this.bytes = grown;
    }
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.ensure(1);
    this.bytes[this.at++] = value;
  }

  /** LEB128 of a non-negative integer up to 2^54. */
  varint(value: number): void {
    this.ensure(10);
    const bytes = this.bytes;
    let at = this.at;
    while (value > 0x7fffffff) {
      bytes[at++] = (value % 128) | 0x80;
      value = Math.floor(value / 128);
    }
    while (value > 0x7f) {
      bytes[at++] = (value & 0x7f) | 0x80;
      value >>>= 7;
    }
    bytes[at++] = value;
    this.at = at;
  }

  /** LEB128 length times two plus the non-ASCII bit, then UTF-8. A surrogate without its partner is written as `?`. */
  text(text: string): void {
    const length = text.length;
    if (length < SHORT) {
      this.ensure(length + 2);
      const bytes = this.bytes;
      let at = this.at;
      if (length < 64) {
        bytes[at++] = length << 1;
      } else {
        bytes[at++] = ((length << 1) & 0x7f) | 0x80;
        bytes[at++] = length >> 6;
      }
      for (let i = 0; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit > 0x7f) {
          this.wideText(text);
          return;
        }
        bytes[at++] = unit;
      }
      this.at = at;
    } else {
      this.longText(text);
    }
  }

  /** A short text that is not ASCII. */
  private wideText(text: string): void {
    const length = text.length;
    let size = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) size++;
      else if (unit < 0x800) size += 2;
      else if (unit < 0xd800 || unit > 0xdfff) size += 3;
      else if (isPair(text, unit, i)) {
        size += 4;
        i++;
      } else size++;
    }
    this.varint(size * 2 + 1);
    this.ensure(size);
    const bytes = this.bytes;
    let at = this.at;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit < 0x80) {
        bytes[at++] = unit;
      } else if (unit < 0x800) {
        bytes[at++] = 0xc0 | (unit >> 6);
        bytes[at++] = 0x80 | (unit & 0x3f);
      } else if (unit < 0xd800 || unit > 0xdfff) {
        bytes[at++] = 0xe0 | (unit >> 12);
        bytes[at++] = 0x80 | ((unit >> 6) & 0x3f);
        bytes[at++] = 0x80 | (unit & 0x3f);
      } else if (isPair(text, unit, i)) {
        const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
        bytes[at++] = 0xf0 | (point >> 18);
        bytes[at++] = 0x80 | ((point >> 12) & 0x3f);
        bytes[at++] = 0x80 | ((point >> 6) & 0x3f);
        bytes[at++] = 0x80 | (point & 0x3f);
      } else {
        bytes[at++] = 0x3f;
      }
    }
    this.at = at;
  }

  private longText(text: string): void {
    // The header's width is guessed for an ASCII text, which it nearly always is.
    let width = varintWidth(text.length * 2);
    this.ensure(text.length * 3 + 10);
    const start = this.at;
    let { written } = encoder.encodeInto(text, this.bytes.subarray(start + width));
    if (written !== text.length) {
      const wellFormed = text.replace(LONE_SURROGATES, '?');
      if (wellFormed !== text)
        written = encoder.encodeInto(wellFormed, this.bytes.subarray(start + width)).written;
      const needed = varintWidth(written * 2 + 1);
      if (needed !== width) this.bytes.copyWithin(start + needed, start + width, start + width + written);
      width = needed;
    }
    this.varint(written * 2 + (written === text.length ? 0 : 1));
    this.at = start + width + written;
  }

  /** LEB128 length, then the bytes. */
  binary(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** N as text; the engine parses and checks it. */
  numberText(text: string): void {
    this.byte(tag.NUM_TEXT);
    const length = text.length;
    this.varint(length);
    this.ensure(length * 3);
    for (let i = 0; i < length; i++) {
      // What is not ASCII is no number either; any such byte makes the engine say so.
      const unit = text.charCodeAt(i);
      this.bytes[this.at++] = unit > 0x7f ? 0x3f : unit;
    }
  }

  /** N from a finite double, exactly as its shortest decimal text would be read. */
  number(value: number): void {
    if (value === (value | 0)) {
      this.ensure(6);
      const bytes = this.bytes;
      let at = this.at;
      bytes[at++] = tag.INT;
      let rest = (value << 1) ^ (value >> 31);
      rest >>>= 0;
      while (rest > 0x7f) {
        bytes[at++] = (rest & 0x7f) | 0x80;
        rest >>>= 7;
      }
      bytes[at++] = rest;
      this.at = at;
    } else if (Number.isSafeInteger(value)) {
      this.byte(tag.INT);
      this.zigzag(value);
    } else {
      // A decimal of at most 15 digits names its double uniquely, so m / 10^e === value means that the shortest
      // text of `value` is exactly m / 10^e.
      for (let e = 1; e < POWERS.length; e++) {
        const power = POWERS[e]!;
        const mantissa = Math.round(value * power);
        if (mantissa >= 1e15 || mantissa <= -1e15) break;
        if (mantissa / power === value) {
          this.byte(tag.DEC);
          this.byte(e * 2 - 1);
          this.zigzag(mantissa);
          return;
        }
      }
      this.numberText(String(value));
    }
  }

  private zigzag(value: number): void {
    // 2 * (2^53 - 1) + 1 has 54 bits; a double holds every even number there, so the odd ones are written by hand.
    if (value >= 0) {
      if (value <= 0xfffffffffffff) this.varint(value * 2);
      else this.wideZigzag(BigInt(value) * 2n);
    } else if (value >= -0xfffffffffffff) this.varint(value * -2 - 1);
    else this.wideZigzag(BigInt(value) * -2n - 1n);
  }

  private wideZigzag(value: bigint): void {
    while (value > 0x7fn) {
      this.byte(Number(value & 0x7fn) | 0x80);
      value >>= 7n;
    }
    this.byte(Number(value));
  }

  /** Opens a container; its count is not known yet. Hand the result to `close`. */
  open(kind: number): number {
    this.ensure(6);
    this.bytes[this.at] = kind;
    const start = this.at + 1;
    this.at += 6;
    return start;
  }

  /** Closes a container of `count` members. */
  close(start: number, count: number): void {
    if (count > 0x7f) {
      // One byte was left for the count; move the members to make room.
      const width = varintWidth(count);
      this.ensure(width - 1);
      this.bytes.copyWithin(start + 4 + width, start + 5, this.at);
      const end = this.at + width - 1;
      this.at = start + 4;
      this.varint(count);
      this.at = end;
    } else {
      this.bytes[start + 4] = count;
    }
    const bytes = this.bytes;
    const length = this.at - start - 4;
    bytes[start] = length;
    bytes[start + 1] = length >>> 8;
    bytes[start + 2] = length >>> 16;
    bytes[start + 3] = length >>> 24;
  }
}

function isPair(text: string, unit: number, at: number): boolean {
  return unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
}

function varintWidth(value: number): number {
  let width = 1;
  while (value > 0x7f) {
    value = Math.floor(value / 128);
    width++;
  }
  return width;
}
