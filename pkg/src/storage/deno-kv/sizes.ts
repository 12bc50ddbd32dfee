/** How many bytes the values have. Deno KV does not tell, so they are counted once somebody asks, and kept count of then. */

import type { StoreSpace } from '../external.js';
import type { Net } from './net.js';

export class Sizes {
  private readonly spaces = [0, 1, 2].map(() => new Map<number, number>());
  private readonly each: number;
  bytes = 0;

  /** `each`: the bytes of a key. */
  constructor(each: number) {
    this.each = each;
  }

  /** A value that is there. */
  set(space: StoreSpace, id: number, length: number): void {
    this.delete(space, id);
    this.spaces[space]!.set(id, length + this.each);
    this.bytes += length + this.each;
  }

  /** What a commit did. */
  note({ puts, ranges }: Net): void {
    for (const { space, from, end } of ranges) {
      if (end - from > this.spaces[space]!.size) {
        for (const id of this.spaces[space]!.keys()) if (from <= id && id < end) this.delete(space, id);
      } else for (let id = from; id < end; id++) this.delete(space, id);
    }
    for (const { space, id, value } of puts) this.set(space, id, value.length);
  }

  private delete(space: StoreSpace, id: number): void {
    this.bytes -= this.spaces[space]!.get(id) ?? 0;
    this.spaces[space]!.delete(id);
  }
}
