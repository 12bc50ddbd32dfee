/**
 * Attribute values as the low-level client spells them (`{ S: "..." }`) to item bytes.
 *
 * Values of the wrong JavaScript type are refused as the service refuses them on the wire; everything else (empty or
 * doubled AttributeValues, sets, numbers) is for the engine to judge.
 */

import { asBytes, MAX_DEPTH, NestingError } from './encode.js';
import * as tag from './tag.js';
import type { Writer } from './writer.js';

const hasOwn = Object.prototype.hasOwnProperty;
const encoder = /* @__PURE__ */ new TextEncoder();

/** Thrown for a member of the wrong JavaScript type; the client names it SerializationException. */
export class TypeMismatch extends Error {}

/** Writes `{name: AttributeValue}` as a container of `kind`. */
export function encodeAttributes(w: Writer, attributes: object, kind: number = tag.ITEM, depth = 0): void {
  const start = w.open(kind);
  let count = 0;
  for (const name in attributes) {
    if (!hasOwn.call(attributes, name)) continue;
    const value = (attributes as Record<string, unknown>)[name];
    if (value === undefined || value === null) continue;
    w.text(name);
    encodeAttribute(w, value, depth);
    count++;
  }
  w.close(start, count);
}

/** Writes one AttributeValue. */
export function encodeAttribute(w: Writer, attribute: unknown, depth = 0): void {
  if (depth > MAX_DEPTH) throw new NestingError();
  if (typeof attribute !== 'object' || attribute === null) throw new TypeMismatch('Unexpected field type');
  if (Array.isArray(attribute)) {
    throw new TypeMismatch(
      'Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue',
    );
  }
  let type = '';
  let value: unknown;
  let members = 0;
  for (const name in attribute) {
    if (!hasOwn.call(attribute, name)) continue;
    const member = (attribute as Record<string, unknown>)[name];
    if (member === undefined || member === null || !TYPES.has(name)) continue;
    type = name;
    value = member;
    members++;
  }
  if (members !== 1) {
    w.byte(members === 0 ? tag.BAD_EMPTY : tag.BAD_MANY);
    return;
  }
  switch (type) {
    case 'S':
      w.byte(tag.STR);
      w.text(text(value));
      return;
    case 'N':
      numberText(w, text(value));
      return;
    case 'B':
      w.byte(tag.BIN);
      w.binary(bytes(value));
      return;
    case 'BOOL':
      w.byte(boolean(value) ? tag.TRUE : tag.FALSE);
      return;
    case 'NULL':
      w.byte(boolean(value) ? tag.NULL : tag.BAD_NULL);
      return;
    case 'M':
      if (typeof value !== 'object' || Array.isArray(value)) throw new TypeMismatch('Unexpected field type');
      encodeAttributes(w, value as object, tag.MAP, depth + 1);
      return;
    case 'L':
      each(w, tag.LIST, value, (member) => encodeAttribute(w, member, depth + 1));
      return;
    case 'SS':
      each(w, tag.SS, value, (member) => w.text(text(member)));
      return;
    case 'NS':
      each(w, tag.NS, value, (member) => numberText(w, text(member)));
      return;
    default:
      each(w, tag.BS, value, (member) => w.binary(bytes(member)));
  }
}

const TYPES = /* @__PURE__ */ new Set(['S', 'N', 'B', 'BOOL', 'NULL', 'M', 'L', 'SS', 'NS', 'BS']);

function each(w: Writer, kind: number, members: unknown, write: (member: unknown) => void): void {
  if (!Array.isArray(members)) throw new TypeMismatch('Unexpected field type');
  const start = w.open(kind);
  for (const member of members) write(member);
  w.close(start, members.length);
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeMismatch(`${describe(value)} cannot be converted to String`);
  return value;
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new TypeMismatch(`${describe(value)} cannot be converted to Boolean`);
  return value;
}

/** The SDK takes a string as its UTF-8 bytes. */
function bytes(value: unknown): Uint8Array {
  const found = typeof value === 'string' ? encoder.encode(value) : asBytes(value);
  if (!found) throw new TypeMismatch('only base-64-encoded strings are convertible to bytes');
  return found;
}

function describe(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Number.isInteger(value) ? 'NUMBER_VALUE' : 'DECIMAL_VALUE';
    case 'boolean':
      return value ? 'TRUE_VALUE' : 'FALSE_VALUE';
    case 'string':
      return 'STRING_VALUE';
    default:
      return 'START_OBJECT';
  }
}

/** Integers of up to 15 digits in their plain form go as integers; the engine parses every other text. */
function numberText(w: Writer, value: string): void {
  const length = value.length;
  const first = value.charCodeAt(0);
  const from = first === 0x2d ? 1 : 0;
  const leading = value.charCodeAt(from);
  const plain = length <= 15 && leading >= 0x31 && leading <= 0x39;
  if (!plain) {
    w.numberText(value);
    return;
  }
  let magnitude = leading - 0x30;
  for (let i = from + 1; i < length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) {
      w.numberText(value);
      return;
    }
    magnitude = magnitude * 10 + digit;
  }
  w.number(from ? -magnitude : magnitude);
}
