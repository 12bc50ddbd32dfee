/** Attribute values on the screen: their types, one line of text, and the two forms of JSON. */

import { NumberValue, type AttributeMap, type AttributeValue } from 'dynatab';

export type TypeName = 'S' | 'N' | 'B' | 'SS' | 'NS' | 'BS' | 'M' | 'L' | 'NULL' | 'BOOL';

/** The one member of an attribute value: its type and what it holds. */
export function parts(value: AttributeValue): [TypeName, unknown] {
  return Object.entries(value)[0] as [TypeName, unknown];
}

export function bytesToBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** @throws an Error that says what is wrong with the text. */
export function base64ToBytes(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    throw new Error(`"${text}" is not base64`);
  }
}

/** A value as one line for a person; not for reading back. */
export function show(value: AttributeValue): string {
  const [type, held] = parts(value);
  switch (type) {
    case 'NULL':
      return 'null';
    case 'B':
      return `${(held as Uint8Array).length} bytes`;
    case 'BS':
      return `{ ${(held as Uint8Array[]).length} binaries }`;
    case 'SS':
    case 'NS':
      return `{ ${(held as string[]).join(', ')} }`;
    case 'M':
    case 'L':
      return JSON.stringify(plain(value));
    default:
      return String(held);
  }
}

/** A number as DynamoDB writes it: digits, never an exponent. */
function numberText(number: number): string {
  const text = String(number);
  if (!/e/i.test(text)) return text;
  const [digits, exponent] = text.split('e') as [string, string];
  return `${digits}E${Number(exponent)}`;
}

/**
 * What JSON has no word for stands as an object of one member: `{"$set": ["a", "b"]}`, `{"$binary": "AQI="}`,
 * `{"$number": "12345678901234567890"}`. A map that happens to look like one is `{"$map": {...}}`.
 */
const MARKERS = new Set(['$set', '$binary', '$number', '$map']);

/** The one member of a marked value. */
function marked(map: object): [string, unknown] | undefined {
  const entries = Object.entries(map);
  return entries.length === 1 && MARKERS.has(entries[0]![0]) ? entries[0] : undefined;
}

const plainNumber = (digits: string) =>
  numberText(Number(digits)) === digits ? Number(digits) : { $number: digits };
const plainBinary = (bytes: Uint8Array) => ({ $binary: bytesToBase64(bytes) });

/** A value as JSON with markers. */
function plain(value: AttributeValue): unknown {
  const [type, held] = parts(value);
  switch (type) {
    case 'N':
      return plainNumber(held as string);
    case 'NULL':
      return null;
    case 'B':
      return plainBinary(held as Uint8Array);
    case 'SS':
      return { $set: held };
    case 'NS':
      return { $set: (held as string[]).map(plainNumber) };
    case 'BS':
      return { $set: (held as Uint8Array[]).map(plainBinary) };
    case 'L':
      return (held as AttributeValue[]).map(plain);
    case 'M': {
      const map = mapped(held as AttributeMap, plain);
      return marked(map) ? { $map: map } : map;
    }
    default:
      return held;
  }
}

/** `Object.fromEntries` keeps a member named `__proto__` what it is: a member. */
function mapped<A, B>(map: Record<string, A>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}

/** An item as JSON a person would write, with markers for sets, binaries and long numbers. */
export function plainItem(item: AttributeMap): Record<string, unknown> {
  return mapped(item, plain);
}

/** An item in DynamoDB JSON, as data for `JSON.stringify`: bytes become base64. */
export function jsonItem(item: AttributeMap): Record<string, unknown> {
  return mapped(item, jsonValue);
}

function jsonValue(value: AttributeValue): unknown {
  const [type, held] = parts(value);
  if (type === 'B') return { B: bytesToBase64(held as Uint8Array) };
  if (type === 'BS') return { BS: (held as Uint8Array[]).map(bytesToBase64) };
  if (type === 'L') return { L: (held as AttributeValue[]).map(jsonValue) };
  if (type === 'M') return { M: mapped(held as AttributeMap, jsonValue) };
  return value;
}

/** Reads an item written in DynamoDB JSON: only bytes change, the engine judges the rest. */
export function readJsonItem(data: unknown): AttributeMap {
  if (!isObject(data)) throw new Error('An item is a JSON object: { "name": { "S": "..." } }');
  return mapped(data, readJsonValue);
}

function readJsonValue(data: unknown): AttributeValue {
  if (!isObject(data)) return data as AttributeValue;
  const read = (type: string, held: unknown): unknown => {
    if (type === 'B' && typeof held === 'string') return base64ToBytes(held);
    if (type === 'BS' && Array.isArray(held)) return held.map((one) => base64ToBytes(String(one)));
    if (type === 'L' && Array.isArray(held)) return held.map(readJsonValue);
    if (type === 'M' && isObject(held)) return mapped(held, readJsonValue);
    return held;
  };
  return Object.fromEntries(
    Object.entries(data).map(([type, held]) => [type, read(type, held)]),
  ) as AttributeValue;
}

/** Reads an item written as JSON with markers. @throws an Error that says what is wrong. */
export function readPlainItem(data: unknown): AttributeMap {
  if (!isObject(data)) throw new Error('An item is a JSON object: { "name": "value" }');
  return mapped(data, readPlainValue);
}

function readPlainValue(data: unknown): AttributeValue {
  if (data === null) return { NULL: true };
  if (typeof data === 'string') return { S: data };
  if (typeof data === 'number') return { N: numberText(data) };
  if (typeof data === 'boolean') return { BOOL: data };
  if (Array.isArray(data)) return { L: data.map(readPlainValue) };
  const mark = marked(data as object);
  return mark ? readMarked(...mark) : { M: mapped(data as Record<string, unknown>, readPlainValue) };
}

function readMarked(mark: string, held: unknown): AttributeValue {
  if (mark === '$map' && isObject(held)) return { M: mapped(held, readPlainValue) };
  if (mark === '$binary' && typeof held === 'string') return { B: base64ToBytes(held) };
  if (mark === '$number' && typeof held === 'string') return { N: held };
  if (mark === '$set' && Array.isArray(held)) return readSet(held.map(readPlainValue));
  throw new Error(`${JSON.stringify({ [mark]: held })}: ${MARKED[mark]}`);
}

const MARKED: Record<string, string> = {
  $map: '$map holds an object',
  $binary: '$binary holds base64 text',
  $number: '$number holds its digits as text',
  $set: '$set holds a list',
};

function readSet(members: AttributeValue[]): AttributeValue {
  const types = new Set(members.map((member) => parts(member)[0]));
  const [type] = types;
  if (types.size !== 1 || !['S', 'N', 'B'].includes(type!)) {
    throw new Error('$set holds texts only, numbers only or binaries only, at least one');
  }
  return { [`${type}S`]: members.map((member) => parts(member)[1]) } as unknown as AttributeValue;
}

/** An item as the document client takes it; numbers that JavaScript cannot hold keep their digits. */
export function nativeItem(item: AttributeMap): Record<string, unknown> {
  return mapped(item, nativeValue);
}

function nativeValue(value: AttributeValue): unknown {
  const [type, held] = parts(value);
  const number = (text: string) => (String(Number(text)) === text ? Number(text) : NumberValue.from(text));
  switch (type) {
    case 'NULL':
      return null;
    case 'N':
      return number(held as string);
    case 'NS':
      return new Set((held as string[]).map(number));
    case 'SS':
    case 'BS':
      return new Set(held as string[]);
    case 'L':
      return (held as AttributeValue[]).map(nativeValue);
    case 'M':
      return mapped(held as AttributeMap, nativeValue);
    default:
      return held;
  }
}

export function isObject(data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data);
}
