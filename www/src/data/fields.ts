/** An item as fields of a form: one a top-level attribute, with its type and its value as text. */

import type { AttributeMap, AttributeValue } from 'dynatab';
import { base64ToBytes, bytesToBase64, jsonItem, parts, readJsonItem, type TypeName } from './values.js';

export interface Field {
  name: string;
  type: TypeName;
  /** As typed; sets and documents as DynamoDB JSON. */
  text: string;
}

export const TYPES: Record<TypeName, string> = {
  S: 'text',
  N: 'number',
  BOOL: 'boolean',
  NULL: 'null',
  B: 'binary, base64',
  SS: 'set of texts',
  NS: 'set of numbers',
  BS: 'set of binaries',
  L: 'list',
  M: 'map',
};

export function fieldsOf(item: AttributeMap): Field[] {
  return Object.entries(item).map(([name, value]) => {
    const [type, held] = parts(value);
    return { name, type, text: textOf(value, type, held) };
  });
}

function textOf(value: AttributeValue, type: TypeName, held: unknown): string {
  if (type === 'S' || type === 'N') return held as string;
  if (type === 'B') return bytesToBase64(held as Uint8Array);
  if (type === 'BOOL') return String(held);
  if (type === 'NULL') return '';
  const json = jsonItem({ value })['value'] as Record<string, unknown>;
  return JSON.stringify(json[type]);
}

/** @throws an Error that names the field that is wrong. */
export function itemOf(fields: Field[]): AttributeMap {
  const item = new Map<string, AttributeValue>();
  for (const field of fields) {
    if (field.name === '') throw new Error('An attribute has no name.');
    if (item.has(field.name)) throw new Error(`${field.name}: there are two attributes of this name.`);
    try {
      item.set(field.name, valueOf(field));
    } catch (error) {
      throw new Error(`${field.name}: ${(error as Error).message}`, { cause: error });
    }
  }
  return Object.fromEntries(item);
}

function valueOf({ type, text }: Field): AttributeValue {
  switch (type) {
    case 'S':
      return { S: text };
    case 'N':
      return { N: text.trim() };
    case 'B':
      return { B: base64ToBytes(text) };
    case 'BOOL':
      return { BOOL: text === 'true' };
    case 'NULL':
      return { NULL: true };
    default:
      return readJsonItem({ value: { [type]: JSON.parse(text) as unknown } })['value']!;
  }
}

/** What a field holds after its type was changed: what it can keep of its text, or an empty one. */
export function retyped(field: Field, type: TypeName): Field {
  const simple = (one: TypeName) => one === 'S' || one === 'N' || one === 'B';
  if (simple(field.type) && simple(type)) return { ...field, type };
  const empty: Partial<Record<TypeName, string>> = {
    BOOL: 'false',
    SS: '[]',
    NS: '[]',
    BS: '[]',
    L: '[]',
    M: '{}',
  };
  return { ...field, type, text: empty[type] ?? '' };
}
