/**
 * Documents and values from bytes: native JavaScript values, or attribute values as the low-level client spells them.
 *
 * Texts are cut out of one Latin-1 string per item (their header says which are ASCII), attribute names come from a
 * cache that expects each name after the one it last followed, and objects are filled in stored order, so that items
 * of one table share a hidden class. The bytes come from the engine and are trusted to be well formed.
 */

import { NumberValue } from './number-value.js';
import type { UnmarshallOptions } from './options.js';
import * as tag from './tag.js';

type NodeSlice = (this: Uint8Array, start: number, end: number) => string;
const nodeBuffer = (
  globalThis as { Buffer?: { prototype?: { latin1Slice?: NodeSlice; utf8Slice?: NodeSlice } } }
).Buffer?.prototype;
// Node cuts strings out of bytes several times faster than its TextDecoder.
const latin1Slice = nodeBuffer?.latin1Slice;
const utf8Slice = nodeBuffer?.utf8Slice;
const latin1Decoder = /* @__PURE__ */ new TextDecoder('latin1');
const utf8Decoder = /* @__PURE__ */ new TextDecoder('utf-8', { ignoreBOM: true });

/** Bytes that become one string: cutting texts out of it is far cheaper than decoding each, and keeps it alive. */
const WINDOW = 8 * 1024;
/** An item above this size is mostly long texts or binaries: decode its texts one by one. */
const ITEM_WINDOW = 64 * 1024;
const NAMES = 4096;

/** A name that was seen, and what followed it. */
class Name {
  readonly text: string;
  /** Its header when one byte long and ASCII, else -1: such names are not compared in place. */
  readonly header: number;
  /** The name that followed it last. */
  next: Name | undefined = undefined;
  /** The first name of the last map that stood under it. */
  child: Name | undefined = undefined;

  constructor(text: string, header: number) {
    this.text = text;
    this.header = header;
  }
}

export class Decoder {
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** The bytes from `base` to `limit` as one string, made when the first text of them is read. */
  private window: string | undefined;
  private base = -1;
  private limit = -1;
  /** Where the document ends. */
  private end = 0;
  private native = true;
  private wrap: UnmarshallOptions['wrapNumbers'];
  private names = new Map<string, Name>();
  private root = new Name('', -1);

  /** One document value from `start` on. User data in it becomes native values, or attribute values if not `native`. */
  document(
    bytes: Uint8Array,
    start: number,
    end: number,
    native: boolean,
    options?: UnmarshallOptions,
  ): unknown {
    this.prepare(bytes, start, end, native, options);
    if (end - start <= WINDOW) this.look(start, end);
    return this.documentValue(this.root);
  }

  /** One value (not a document) from `start` on. */
  value(
    bytes: Uint8Array,
    start: number,
    end: number,
    native: boolean,
    options?: UnmarshallOptions,
  ): unknown {
    this.prepare(bytes, start, end, native, options);
    if (end - start <= ITEM_WINDOW) this.look(start, end);
    return native ? this.nativeValue(this.root) : this.attributeValue(this.root);
  }

  private prepare(
    bytes: Uint8Array,
    start: number,
    end: number,
    native: boolean,
    options: UnmarshallOptions | undefined,
  ): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.native = native;
    this.wrap = options?.wrapNumbers;
    this.base = -1;
    this.window = undefined;
    if (this.names.size > NAMES) {
      this.names.clear();
      this.root = new Name('', -1);
    }
  }

  private look(start: number, end: number): void {
    this.base = start;
    this.limit = end;
    this.window = undefined;
  }

  /** Moves the window when it does not hold an item; what follows the item comes into it as far as there is room. */
  private cover(start: number, end: number): void {
    if (this.base >= 0 && end <= this.limit) return;
    if (end - start > ITEM_WINDOW) this.base = -1;
    else this.look(start, Math.max(end, Math.min(start + WINDOW, this.end)));
  }

  private open(): string {
    return (this.window = latin1(this.bytes, this.base, this.limit));
  }

  private documentValue(parent: Name): unknown {
    const bytes = this.bytes;
    const kind = bytes[this.at++]!;
    switch (kind) {
      case tag.STR:
        return this.text();
      case tag.INT:
        return this.integer();
      case tag.DEC:
      case tag.NUM_TEXT:
        this.at--;
        return Number(this.numberText());
      case tag.TRUE:
        return true;
      case tag.FALSE:
        return false;
      case tag.NULL:
        return null;
      case tag.AV:
        return this.native ? this.nativeValue(parent) : this.attributeValue(parent);
      case tag.ITEM: {
        const size = this.u32();
        this.cover(this.at, this.at + size);
        // All items share one chain of names, wherever they stand.
        return this.native ? this.nativeMap(this.root) : this.attributeMap(this.root);
      }
      case tag.LIST: {
        this.at += 4;
        const count = this.varint();
        const list: unknown[] = [];
        for (let i = 0; i < count; i++) list.push(this.documentValue(parent));
        return list;
      }
      case tag.MAP: {
        this.at += 4;
        const count = this.varint();
        const map: Record<string, unknown> = {};
        let last: Name | undefined;
        for (let i = 0; i < count; i++) {
          const name: Name = this.name(last ? last.next : parent.child);
          if (last) last.next = name;
          else parent.child = name;
          last = name;
          const value = this.documentValue(name);
          define(
            map,
            name.text,
            typeof value === 'number' && name.text.endsWith('DateTime') ? new Date(value * 1000) : value,
          );
        }
        return map;
      }
      default:
        throw malformed(kind);
    }
  }

  private nativeValue(parent: Name): unknown {
    const kind = this.bytes[this.at++]!;
    switch (kind) {
      case tag.STR:
        return this.text();
      case tag.INT:
        if (this.wrap) break;
        return this.integer();
      case tag.DEC:
        if (this.wrap) break;
        return this.decimal();
      case tag.NUM_TEXT:
        break;
      case tag.TRUE:
        return true;
      case tag.FALSE:
        return false;
      case tag.NULL:
        return null;
      case tag.BIN:
        return this.binary();
      case tag.MAP:
        this.at += 4;
        return this.nativeMap(parent);
      case tag.LIST: {
        this.at += 4;
        const count = this.varint();
        const list: unknown[] = [];
        for (let i = 0; i < count; i++) list.push(this.nativeValue(parent));
        return list;
      }
      case tag.SS: {
        const set = new Set<string>();
        this.at += 4;
        for (let count = this.varint(); count > 0; count--) set.add(this.text());
        return set;
      }
      case tag.NS: {
        const set = new Set<unknown>();
        this.at += 4;
        for (let count = this.varint(); count > 0; count--) set.add(this.nativeValue(parent));
        return set;
      }
      case tag.BS: {
        const set = new Set<Uint8Array>();
        this.at += 4;
        for (let count = this.varint(); count > 0; count--) set.add(this.binary());
        return set;
      }
      default:
        throw malformed(kind);
    }
    this.at--;
    return nativeNumber(this.numberText(), this.wrap);
  }

  private nativeMap(parent: Name): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const count = this.varint();
    let last: Name | undefined;
    for (let i = 0; i < count; i++) {
      const name: Name = this.name(last ? last.next : parent.child);
      if (last) last.next = name;
      else parent.child = name;
      last = name;
      const text = name.text;
      if (text === '__proto__') define(map, text, this.nativeValue(name));
      else map[text] = this.nativeValue(name);
    }
    return map;
  }

  private attributeValue(parent: Name): unknown {
    const kind = this.bytes[this.at++]!;
    switch (kind) {
      case tag.STR:
        return { S: this.text() };
      case tag.INT:
      case tag.DEC:
      case tag.NUM_TEXT:
        this.at--;
        return { N: this.numberText() };
      case tag.TRUE:
        return { BOOL: true };
      case tag.FALSE:
        return { BOOL: false };
      case tag.NULL:
        return { NULL: true };
      case tag.BIN:
        return { B: this.binary() };
      case tag.MAP:
        this.at += 4;
        return { M: this.attributeMap(parent) };
      case tag.LIST:
        return { L: this.members(() => this.attributeValue(parent)) };
      case tag.SS:
        return { SS: this.members(() => this.text()) };
      case tag.NS:
        return { NS: this.members(() => this.numberText()) };
      case tag.BS:
        return { BS: this.members(() => this.binary()) };
      default:
        throw malformed(kind);
    }
  }

  private attributeMap(parent: Name): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const count = this.varint();
    let last: Name | undefined;
    for (let i = 0; i < count; i++) {
      const name: Name = this.name(last ? last.next : parent.child);
      if (last) last.next = name;
      else parent.child = name;
      last = name;
      define(map, name.text, this.attributeValue(name));
    }
    return map;
  }

  private members<T>(read: () => T): T[] {
    this.at += 4;
    const list: T[] = [];
    for (let count = this.varint(); count > 0; count--) list.push(read());
    return list;
  }

  /** The next name; `expected` is compared with the bytes first, which saves making and hashing a string. */
  private name(expected: Name | undefined): Name {
    const bytes = this.bytes;
    if (expected !== undefined && bytes[this.at] === expected.header) {
      const text = expected.text;
      const length = text.length;
      const start = this.at + 1;
      let i = 0;
      while (i < length && bytes[start + i] === text.charCodeAt(i)) i++;
      if (i === length) {
        this.at = start + length;
        return expected;
      }
    }
    const header = bytes[this.at]!;
    const text = this.text();
    let name = this.names.get(text);
    if (name === undefined) {
      name = new Name(text, header < 0x80 && (header & 1) === 0 ? header : -1);
      this.names.set(text, name);
    }
    return name;
  }

  private text(): string {
    const header = this.varint();
    const start = this.at;
    const end = start + (header >>> 1);
    this.at = end;
    if (header & 1) return utf8(this.bytes, start, end);
    if (this.base >= 0 && end <= this.limit)
      return (this.window ?? this.open()).substring(start - this.base, end - this.base);
    return latin1(this.bytes, start, end);
  }

  private binary(): Uint8Array {
    const length = this.varint();
    const start = this.at;
    this.at = start + length;
    return this.bytes.slice(start, start + length);
  }

  private u32(): number {
    const bytes = this.bytes;
    const at = this.at;
    this.at = at + 4;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  /** LEB128 up to 2^53. */
  private varint(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++]!;
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let scale = 128;
    do {
      byte = bytes[this.at++]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    return value;
  }

  private integer(): number {
    const start = this.at;
    const zigzag = this.varint();
    if (zigzag < 0x80000000) return (zigzag >>> 1) ^ -(zigzag & 1);
    if (zigzag <= Number.MAX_SAFE_INTEGER) return zigzag % 2 ? -(zigzag + 1) / 2 : zigzag / 2;
    this.at = start;
    return Number(unzigzag(this.wideVarint()));
  }

  private wideVarint(): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const byte = this.bytes[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
      shift += 7n;
    }
  }

  /** A DEC as a native number: exactly rounded when both parts are exact doubles, else by its text. */
  private decimal(): unknown {
    const start = this.at;
    const zigzag = this.varint();
    const exponent = (zigzag >>> 1) ^ -(zigzag & 1);
    const mantissa = this.varint();
    if (mantissa <= Number.MAX_SAFE_INTEGER && exponent < 0 && exponent >= -22) {
      return (mantissa % 2 ? -(mantissa + 1) / 2 : mantissa / 2) / POWERS[-exponent]!;
    }
    this.at = start - 1;
    return nativeNumber(this.numberText(), undefined);
  }

  /** The number at the current tag as DynamoDB writes it: plain digits, never an exponent. */
  private numberText(): string {
    const kind = this.bytes[this.at++]!;
    if (kind === tag.INT) {
      const start = this.at;
      const value = this.integer();
      if (Number.isSafeInteger(value)) return String(value);
      this.at = start;
      return unzigzag(this.wideVarint()).toString();
    }
    if (kind === tag.NUM_TEXT) {
      const length = this.varint();
      this.at += length;
      return latin1(this.bytes, this.at - length, this.at);
    }
    if (kind !== tag.DEC) throw malformed(kind);
    const exponent = this.integer();
    const mantissa = unzigzag(this.wideVarint());
    return plainText(mantissa, exponent);
  }
}

const POWERS = /* @__PURE__ */ Array.from({ length: 23 }, (_, e) => Number(`1e${e}`));

function unzigzag(value: bigint): bigint {
  return value & 1n ? -(value + 1n) / 2n : value / 2n;
}

function plainText(mantissa: bigint, exponent: number): string {
  const sign = mantissa < 0n ? '-' : '';
  const digits = (mantissa < 0n ? -mantissa : mantissa).toString();
  if (exponent >= 0) return mantissa === 0n ? '0' : sign + digits + '0'.repeat(exponent);
  const padded = digits.padStart(1 - exponent, '0');
  const point = padded.length + exponent;
  const fraction = padded.slice(point).replace(/0+$/, '');
  return sign + padded.slice(0, point) + (fraction ? '.' + fraction : '');
}

/** A number's text as the SDK's document client returns it. */
export function nativeNumber(text: string, wrap: UnmarshallOptions['wrapNumbers']): unknown {
  if (typeof wrap === 'function') return wrap(text);
  if (wrap) return NumberValue.from(text);
  const number = Number(text);
  if (number > Number.MAX_SAFE_INTEGER || number < Number.MIN_SAFE_INTEGER) {
    try {
      return BigInt(text);
    } catch {
      throw new Error(`${text} can't be converted to BigInt. Set options.wrapNumbers to get string value.`);
    }
  }
  return number;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (latin1Slice) return latin1Slice.call(bytes, start, end);
  return latin1Decoder.decode(bytes.subarray(start, end));
}

function utf8(bytes: Uint8Array, start: number, end: number): string {
  if (utf8Slice) return utf8Slice.call(bytes, start, end);
  return utf8Decoder.decode(bytes.subarray(start, end));
}

/** Sets a property that may be called `__proto__`, which plain assignment would take for the prototype. */
function define(map: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(map, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    map[name] = value;
  }
}

function malformed(kind: number): Error {
  return new Error(`malformed answer: unknown tag ${kind}`);
}
