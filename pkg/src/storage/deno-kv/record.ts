/** The record of a commit of several parts: what undoes it until it is decided, and what is still to be done after that. */

import type { StoreSpace } from '../external.js';
import type { Id, Range } from './net.js';

export interface Plan {
  /** Ids that had no value before the commit and have one afterwards. Their values are written before it is decided. */
  created: Range[];
  /** Ids whose values are replaced, by those of the parts in the same order. */
  replaced: Id[];
  /** What is deleted. */
  deleted: Range[];
}

/** What `pending` holds. */
export interface Pending {
  /** Whether the commit counts. */
  decided: boolean;
  /** How many parts have the record; 0: it is in `pending` itself. */
  parts: number;
  record: Uint8Array;
}

const RANGE = 17;
const ID = 9;

export function encodePlan({ created, replaced, deleted }: Plan): Uint8Array {
  const bytes = new Uint8Array(12 + (created.length + deleted.length) * RANGE + replaced.length * ID);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const number = (value: number) => {
    view.setBigUint64(at, BigInt(value), true);
    at += 8;
  };
  const many = <T extends Id | Range>(list: readonly T[], write: (one: T) => void) => {
    view.setUint32(at, list.length, true);
    at += 4;
    for (const one of list) {
      view.setUint8(at++, one.space);
      write(one);
    }
  };
  const range = ({ from, end }: Range) => {
    number(from);
    number(end);
  };
  many(created, range);
  many(replaced, ({ id }) => number(id));
  many(deleted, range);
  return bytes;
}

export function decodePlan(bytes: Uint8Array): Plan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const number = () => {
    at += 8;
    return Number(view.getBigUint64(at - 8, true));
  };
  const many = <T>(read: (space: StoreSpace) => T): T[] => {
    const length = view.getUint32(at, true);
    at += 4;
    return Array.from({ length }, () => read(view.getUint8(at++) as StoreSpace));
  };
  const range = (space: StoreSpace) => ({ space, from: number(), end: number() });
  return { created: many(range), replaced: many((space) => ({ space, id: number() })), deleted: many(range) };
}

export function encodePending({ decided, parts, record }: Pending): Uint8Array {
  const bytes = new Uint8Array(5 + record.length);
  bytes[0] = decided ? 1 : 0;
  new DataView(bytes.buffer).setUint32(1, parts, true);
  bytes.set(record, 5);
  return bytes;
}

export function decodePending(bytes: Uint8Array): Pending {
  const parts = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1, true);
  return { decided: bytes[0] === 1, parts, record: bytes.subarray(5) };
}
