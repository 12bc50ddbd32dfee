/** The simplest store of the kind that JavaScript brings: what the others are compared with. */

import {
  StoreFailure,
  type ExternalStore,
  type StoreSpace,
  type StoreWrite,
} from '../../../pkg/src/storage/external.js';

/** A store that keeps its values in memory. `values` may be given, and outlives it. */
export class MemoryStore implements ExternalStore {
  readonly values: Map<number, Uint8Array>[];
  private closed = false;

  constructor(values: Map<number, Uint8Array>[] = [new Map(), new Map(), new Map()]) {
    this.values = values;
  }

  async read(space: StoreSpace, ids: Float64Array): Promise<(Uint8Array | undefined)[]> {
    this.check();
    return Array.from(ids, (id) => this.values[space]!.get(id)?.slice());
  }

  async list(
    space: StoreSpace,
    from: number,
    to: number,
    limit: number,
  ): Promise<(readonly [number, Uint8Array])[]> {
    this.check();
    const ids = [...this.values[space]!.keys()].filter((id) => id >= from && id < to).sort((a, b) => a - b);
    return ids.slice(0, limit).map((id) => [id, this.values[space]!.get(id)!.slice()]);
  }

  async commit(writes: readonly StoreWrite[], _strict: boolean): Promise<void> {
    this.check();
    const next = this.values.map((values) => new Map(values));
    for (const write of writes) {
      const values = next[write[1]]!;
      switch (write[0]) {
        case 'add':
          if (values.has(write[2])) throw new StoreFailure('conflict', 'the value exists');
          values.set(write[2], write[3].slice());
          break;
        case 'put':
          values.set(write[2], write[3].slice());
          break;
        case 'delete':
          values.delete(write[2]);
          break;
        case 'deleteRange':
          for (const id of [...values.keys()]) if (id >= write[2] && id < write[3]) values.delete(id);
      }
    }
    next.forEach((values, space) => {
      this.values[space]!.clear();
      for (const [id, value] of values) this.values[space]!.set(id, value);
    });
  }

  async usage(): Promise<{ usage: number }> {
    this.check();
    let usage = 0;
    for (const values of this.values) for (const value of values.values()) usage += value.length;
    return { usage };
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  private check(): void {
    if (this.closed) throw new StoreFailure('closed', 'the store was closed');
  }
}
