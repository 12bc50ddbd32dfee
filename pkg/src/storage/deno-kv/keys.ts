/** The keys of a database: all that begin with `dynatab` and its name (FORMAT-deno-kv.md). */

import type { StoreSpace } from '../external.js';
import { KEY, type KvKey } from './kv.js';

const PREFIX = 'dynatab';
/** What a key has beside the name, in the bytes that Deno KV makes of it: texts have two more than their own, numbers are nine. */
const BESIDE = 32;
/** Ids are lower. */
export const IDS = 2 ** 53;

export interface Span {
  start: KvKey;
  end: KvKey;
}

export class Keys {
  readonly name: string;
  /** Bytes of each key, or a few more. */
  readonly bytes: number;
  /** Who may write. It changes with the owner. */
  readonly owner: KvKey;
  /** Of a later version that keeps a database otherwise. */
  readonly format: KvKey;
  /** Renewed by the owner as long as it lives. */
  readonly lease: KvKey;
  /** What a commit of several parts has begun, or still has to do. */
  readonly pending: KvKey;
  /** Values of such a commit that nobody reads yet. */
  readonly parts: Span;

  constructor(name: string) {
    this.name = name;
    // A zero in a text takes two bytes.
    this.bytes = new TextEncoder().encode(name.replaceAll('\0', '\0\0')).length + BESIDE;
    if (this.bytes > KEY)
      throw new TypeError(`name: at most ${KEY - BESIDE} bytes fit into a key of Deno KV`);
    this.format = [PREFIX, name, 'format'];
    this.owner = [PREFIX, name, 'owner'];
    this.lease = [PREFIX, name, 'lease'];
    this.pending = [PREFIX, name, 'pending'];
    this.parts = { start: this.part(0), end: this.part(IDS) };
  }

  value(space: StoreSpace, id: number): KvKey {
    return [PREFIX, this.name, space, id];
  }

  values(space: StoreSpace, from: number, end: number): Span {
    return { start: this.value(space, from), end: this.value(space, end) };
  }

  part(number: number): KvKey {
    return [PREFIX, this.name, 'part', number];
  }
}
