/** Request documents: plain data as it is, user data by the codec. */

import { encodeItem, encodeValue, NestingError } from '../codec/encode.js';
import { encodeAttribute, encodeAttributes } from '../codec/encode-attribute.js';
import type { MarshallOptions } from '../codec/options.js';
import * as tag from '../codec/tag.js';
import type { Writer } from '../codec/writer.js';
import type { Shape } from '../operations.js';

/** Which values stand for user data: native ones, with the options for them, or attribute values. */
export interface Form {
  native: boolean;
  marshall?: MarshallOptions | undefined;
}

const MAX_DEPTH = 16;

/** Writes a request. Members that are undefined, null or functions are left out. */
export function encodeRequest(w: Writer, input: object, shape: Shape, form: Form): void {
  value(w, input, shape, form, 0);
}

function left(member: unknown): boolean {
  return member === undefined || member === null || typeof member === 'function';
}

function value(w: Writer, data: unknown, shape: Shape, form: Form, depth: number): void {
  if (shape === 'value') {
    w.byte(tag.AV);
    if (form.native) encodeValue(w, data, form.marshall);
    else encodeAttribute(w, data);
    return;
  }
  switch (typeof data) {
    case 'string':
      w.byte(tag.STR);
      w.text(data);
      return;
    case 'number':
      if (Number.isFinite(data)) w.number(data);
      else w.byte(tag.NULL);
      return;
    case 'bigint':
      w.numberText(data.toString());
      return;
    case 'boolean':
      w.byte(data ? tag.TRUE : tag.FALSE);
      return;
    case 'object':
      break;
    default:
      w.byte(tag.NULL);
      return;
  }
  if (data === null) {
    w.byte(tag.NULL);
    return;
  }
  if (data instanceof Date) {
    w.number(data.getTime() / 1000);
    return;
  }
  if (Array.isArray(data)) {
    if (depth > MAX_DEPTH) throw new NestingError();
    const start = w.open(tag.LIST);
    let count = 0;
    const inner = typeof shape === 'object' && 'each' in shape ? shape.each : undefined;
    for (const member of data as unknown[]) {
      if (typeof member === 'function') continue;
      value(w, member, inner, form, depth + 1);
      count++;
    }
    w.close(start, count);
    return;
  }
  if (shape === 'item') {
    if (form.native) encodeItem(w, data, form.marshall);
    else encodeAttributes(w, data);
    return;
  }
  if (depth > MAX_DEPTH) throw new NestingError();
  const start = w.open(tag.MAP);
  let count = 0;
  for (const name of Object.keys(data)) {
    const member = (data as Record<string, unknown>)[name];
    if (left(member)) {
      // An attribute value may be null in its native form.
      if (member !== null || !form.native || innerShape(shape, name) !== 'value') continue;
    }
    w.text(name);
    value(w, member, innerShape(shape, name), form, depth + 1);
    count++;
  }
  w.close(start, count);
}

function innerShape(shape: Shape, name: string): Shape {
  if (typeof shape !== 'object') return undefined;
  return 'each' in shape ? shape.each : shape.members.get(name);
}
