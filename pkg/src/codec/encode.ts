/**
 * Native JavaScript values to attribute values, by the rules of `@aws-sdk/util-dynamodb` and with its error texts.
 *
 * It writes the relaxed form: order, duplicates and number syntax are the engine's to check. One difference: only own
 * enumerable properties are data, where the SDK also takes inherited ones.
 */

import { isNumberValue } from './number-value.js';
import type { MarshallOptions } from './options.js';
import * as tag from './tag.js';
import type { Writer } from './writer.js';

/** Deeper than any item may be. A cyclic object ends here instead of exhausting the stack. */
export const MAX_DEPTH = 64;

const NO_OPTIONS: MarshallOptions = {};
const objectPrototype = Object.prototype;
const hasOwn = objectPrototype.hasOwnProperty;
const REMOVE_UNDEFINED =
  'Pass options.removeUndefinedValues=true to remove undefined values from map/array/set.';

/** Thrown for values nested too deep to be attributes; the client gives it DynamoDB's name. */
export class NestingError extends Error {
  constructor() {
    super(
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    );
  }
}

/** Writes an attribute map (`ITEM`): undefined attributes and functions are left out whatever the options say. */
export function encodeItem(w: Writer, item: object, options: MarshallOptions = NO_OPTIONS): void {
  const start = w.open(tag.ITEM);
  let count = 0;
  for (const name in item) {
    if (!hasOwn.call(item, name)) continue;
    const value = (item as Record<string, unknown>)[name];
    if (value === undefined || typeof value === 'function') continue;
    w.text(name);
    encodeValue(w, value, options, 0);
    count++;
  }
  w.close(start, count);
}

/** Writes one value. */
export function encodeValue(
  w: Writer,
  value: unknown,
  options: MarshallOptions = NO_OPTIONS,
  depth = 0,
): void {
  switch (typeof value) {
    case 'string':
      string(w, value, options);
      return;
    case 'number':
      number(w, value, options);
      return;
    case 'boolean':
      w.byte(value ? tag.TRUE : tag.FALSE);
      return;
    case 'object':
      if (value === null) {
        w.byte(tag.NULL);
        return;
      }
      if (depth > MAX_DEPTH) throw new NestingError();
      if (Array.isArray(value)) list(w, value, options, depth);
      else {
        const prototype: unknown = Object.getPrototypeOf(value);
        if (prototype === objectPrototype || prototype === null) map(w, value, options, depth);
        else instance(w, value, prototype as object, options, depth);
      }
      return;
    case 'bigint':
      w.numberText(value.toString());
      return;
    case 'undefined':
      throw new Error(REMOVE_UNDEFINED);
    default:
      throw unsupported(value);
  }
}

function string(w: Writer, value: string, options: MarshallOptions): void {
  if (value.length === 0 && options.convertEmptyValues) {
    w.byte(tag.NULL);
  } else {
    w.byte(tag.STR);
    w.text(value);
  }
}

function checkNumber(value: number, options: MarshallOptions): void {
  if (value - value !== 0) throw new Error(`Special numeric value ${value} is not allowed`);
  if (options.allowImpreciseNumbers) return;
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new Error(
      `Number ${value} is greater than Number.MAX_SAFE_INTEGER. Use NumberValue from @aws-sdk/lib-dynamodb.`,
    );
  }
  if (value < Number.MIN_SAFE_INTEGER) {
    throw new Error(
      `Number ${value} is lesser than Number.MIN_SAFE_INTEGER. Use NumberValue from @aws-sdk/lib-dynamodb.`,
    );
  }
}

function number(w: Writer, value: number, options: MarshallOptions): void {
  if (value !== (value | 0)) checkNumber(value, options);
  w.number(value);
}

function list(w: Writer, values: readonly unknown[], options: MarshallOptions, depth: number): void {
  const start = w.open(tag.LIST);
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value === 'function') continue;
    // A hole is skipped, as Array.prototype.filter does.
    if (value === undefined && (options.removeUndefinedValues || !(i in values))) continue;
    encodeValue(w, value, options, depth + 1);
    count++;
  }
  w.close(start, count);
}

function map(w: Writer, value: object, options: MarshallOptions, depth: number): void {
  const start = w.open(tag.MAP);
  let count = 0;
  for (const name in value) {
    if (!hasOwn.call(value, name)) continue;
    const member = (value as Record<string, unknown>)[name];
    if (skipped(member, options)) continue;
    w.text(name);
    encodeValue(w, member, options, depth + 1);
    count++;
  }
  w.close(start, count);
}

function skipped(member: unknown, options: MarshallOptions): boolean {
  return typeof member === 'function' || (member === undefined && options.removeUndefinedValues === true);
}

/** Whatever is neither a plain object nor an array. Told apart by constructor name, as the SDK does, so that values of other realms count. */
function instance(
  w: Writer,
  value: object,
  prototype: object,
  options: MarshallOptions,
  depth: number,
): void {
  if (ArrayBuffer.isView(value)) {
    binary(w, asBytes(value)!, isArray(value), options);
    return;
  }
  const constructor: unknown = (prototype as { constructor?: unknown }).constructor;
  const name = typeof constructor === 'function' ? constructor.name : '';
  switch (name) {
    case 'Object':
      map(w, value, options, depth);
      return;
    case 'Set':
      set(w, value as Set<unknown>, options);
      return;
    case 'Map': {
      const start = w.open(tag.MAP);
      let count = 0;
      for (const [key, member] of value as Map<unknown, unknown>) {
        if (skipped(member, options)) continue;
        w.text(String(key));
        encodeValue(w, member, options, depth + 1);
        count++;
      }
      w.close(start, count);
      return;
    }
    case 'ArrayBuffer':
      binary(w, new Uint8Array(value as ArrayBuffer), false, options);
      return;
    case 'Boolean':
      w.byte((value as unknown as boolean).valueOf() ? tag.TRUE : tag.FALSE);
      return;
    case 'Number':
      number(w, (value as unknown as number).valueOf(), options);
      return;
    case 'String':
      string(w, value.toString(), options);
      return;
  }
  if (isNumberValue(value)) {
    w.numberText(value.toString());
  } else if (name === 'Blob' || name === 'File') {
    throw new Error(`Unsupported type passed: ${name}. Read it first: await blob.arrayBuffer().`);
  } else if (constructor === undefined || options.convertClassInstanceToMap) {
    map(w, value, options, depth);
  } else {
    throw unsupported(value);
  }
}

function isArray(view: ArrayBufferView): boolean {
  return !(view instanceof DataView);
}

function binary(w: Writer, bytes: Uint8Array, hasLength: boolean, options: MarshallOptions): void {
  if (bytes.length === 0 && hasLength && options.convertEmptyValues) {
    w.byte(tag.NULL);
  } else {
    w.byte(tag.BIN);
    w.binary(bytes);
  }
}

function set(w: Writer, values: Set<unknown>, options: MarshallOptions): void {
  const members = [...values].filter((member) => member !== undefined);
  if (!options.removeUndefinedValues && members.length !== values.size) throw new Error(REMOVE_UNDEFINED);
  const [first] = members;
  if (members.length === 0) {
    if (!options.convertEmptyValues) {
      throw new Error('Pass a non-empty set, or options.convertEmptyValues=true.');
    }
    w.byte(tag.NULL);
    return;
  }
  // The first member says which set it is; the others follow, as in the SDK.
  let kind: number;
  let write: (member: unknown) => void;
  if (typeof first === 'string') {
    kind = tag.SS;
    write = (member) => w.text((member as string).toString());
  } else if (typeof first === 'number') {
    kind = tag.NS;
    write = (member) => {
      if (typeof member === 'number') number(w, member, options);
      else w.numberText((member as object).toString());
    };
  } else if (
    typeof first === 'bigint' ||
    (typeof first === 'object' && first !== null && isNumberValue(first))
  ) {
    kind = tag.NS;
    write = (member) => w.numberText((member as object).toString());
  } else if (asBytes(first)) {
    kind = tag.BS;
    write = (member) => {
      const bytes = asBytes(member);
      if (!bytes) throw unsupported(member);
      w.binary(bytes);
    };
  } else {
    throw new Error('Only Number Set (NS), Binary Set (BS) or String Set (SS) are allowed.');
  }
  const start = w.open(kind);
  for (const member of members) write(member);
  w.close(start, members.length);
}

/** The bytes of a view or an ArrayBuffer of any realm. */
export function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (
    value instanceof ArrayBuffer ||
    (typeof value === 'object' &&
      value !== null &&
      objectPrototype.toString.call(value) === '[object ArrayBuffer]')
  ) {
    return new Uint8Array(value as ArrayBuffer);
  }
  return undefined;
}

function unsupported(value: unknown): Error {
  return new Error(
    `Unsupported type passed: ${value as string}. Pass options.convertClassInstanceToMap=true to marshall typeof object as map attribute.`,
  );
}
