/**
 * Space: what the place of a database uses, whether the browser keeps it, and the word that little is left.
 *
 * It knows no engine: a browser is asked about the whole origin, which is what has a quota, and the files storage about
 * its directory and its disk.
 */

import type { StorageReport } from '../types.js';
import type { Connection } from './connection.js';
import type { OperationName } from '../operations.js';
import type { StorageKind } from '../wasm.js';

/** Bytes of a directory: those in it, and those that may be. */
export type Usage = Pick<StorageReport, 'usage' | 'quota'>;

/** Milliseconds from a write that ends a rest to the look it gives rise to: what is written with it is stored by then. */
const SOON = 100;
/** Least milliseconds between two looks. Each asks another process of the browser, or every file for its size. */
const REST = 30_000;
/** A merge writes some tens of megabytes before it gives back what it replaces: with less, the next one may fail. */
const LEAST = 50 << 20;
/**
 * The fastest loads write 0.9 GB of items between two looks, so that with this much there is a look in time. Nor is it
 * more, because Chromium tells sites that ten gigabytes are left, which would be little of what a large site uses.
 */
const MOST = 1 << 30;

/** Free bytes below which they are few: a tenth, within the bounds above. */
const few = (quota: number) => Math.min(Math.max(quota / 10, LEAST), MOST);

/** Operations that write. Not by a pattern: V8 ends the process when it compiles one with hardly any stack left. */
const WRITES: ReadonlySet<OperationName> = /* @__PURE__ */ new Set([
  'CreateTable',
  'DeleteTable',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
  'UpdateTable',
  'TagResource',
  'UntagResource',
  'ExecuteStatement',
  'BatchExecuteStatement',
  'ExecuteTransaction',
  'UpdateTimeToLive',
]);

/** How the data is kept. */
export interface Persistence {
  /** `persistent`: until deleted. `best-effort`: the browser may evict it when space is short. `memory`: until closed. */
  kind: 'persistent' | 'best-effort' | 'memory';
  /** Why it is so. */
  reason: string;
}

const GRANTED: Persistence = { kind: 'persistent', reason: 'the origin was granted persistent storage' };
/** Storages that no browser evicts, for a person. */
const NAMES: Partial<Record<StorageKind, string>> = {
  'durable-object': 'Durable Object storage',
  'deno-kv': 'Deno KV',
};
const EVICTABLE: Persistence = {
  kind: 'best-effort',
  reason: 'the browser may evict the origin when space is short; db.requestPersistence() asks it not to',
};

export class Space {
  /** As it was when the browser was last asked. */
  persistence: Persistence;
  /** Asks the directory or the store; absent in memory and in a browser. */
  private readonly files: (() => Usage | Promise<Usage>) | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** There were writes since the last look. */
  private wrote = false;
  /** Free bytes when they were last announced to be few; not since there were enough. */
  private announced = Infinity;
  private ended = false;

  private constructor(persistence: Persistence, files?: () => Usage | Promise<Usage>) {
    this.persistence = persistence;
    this.files = files;
  }

  /** The space of what was opened on `storage`, which is why it is in memory for `reason`. */
  static async of(
    storage: StorageKind,
    reason: string,
    files: (() => Usage | Promise<Usage>) | undefined,
  ): Promise<Space> {
    if (storage === 'memory') return new Space({ kind: 'memory', reason });
    if (files) return new Space({ kind: 'persistent', reason: NAMES[storage] ?? storage }, files);
    const space = new Space(EVICTABLE);
    await space.persisted();
    return space;
  }

  async report(): Promise<StorageReport> {
    const { kind } = this.persistence;
    if (kind === 'memory') return { kind };
    if (this.files) return { kind, ...(await this.files()) };
    const persisted = await this.persisted();
    const { usage, quota } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
    return { kind: this.persistence.kind, usage, quota, persisted };
  }

  /** Asks the browser to keep the origin; whether the database is kept. */
  async ask(): Promise<boolean> {
    if (this.persistence.kind !== 'memory' && !this.files) {
      // An error is a refusal. What became of it is asked below: another page may have been granted it.
      await navigator.storage?.persist?.().catch(() => false);
      await this.persisted();
    }
    return this.persistence.kind === 'persistent';
  }

  /** From now on looks at the space after writes, and announces as `space` that little is left. */
  watch(connection: Connection): void {
    // Deno KV tells no quota, and what is used only by counting.
    if (this.persistence.kind === 'memory' || this.persistence.reason === NAMES['deno-kv']) return;
    connection.asked ??= (operation) => {
      if (this.wrote || !WRITES.has(operation)) return;
      this.timer ??= later(() => this.turn(connection), SOON);
      this.wrote = true;
    };
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
  }

  /** A rest is over: after writes it looks, and rests again. */
  private turn(connection: Connection): void {
    this.timer = this.wrote ? later(() => this.turn(connection), REST) : undefined;
    // Where nothing can be told, nothing is announced.
    if (this.wrote) this.look(connection).catch(() => undefined);
    this.wrote = false;
  }

  private async look(connection: Connection): Promise<void> {
    const { usage, quota } = await this.report();
    if (usage === undefined || quota === undefined || this.ended) return;
    const free = Math.max(0, quota - usage);
    // A flush gives back megabytes that the next writes take again: that alone is no recovery.
    if (free >= few(quota) * 1.5) this.announced = Infinity;
    else if (free < Math.min(few(quota), this.announced / 2)) {
      this.announced = free;
      connection.emit('space', { usage, quota, free });
    }
  }

  /** What the browser says of the origin, which others may have asked for; nothing where it does not say. */
  private async persisted(): Promise<boolean | undefined> {
    const persisted = await navigator.storage?.persisted?.().catch(() => undefined);
    if (persisted !== undefined) this.persistence = persisted ? GRANTED : EVICTABLE;
    return persisted;
  }
}

/** A timer that keeps no process alive. Those of Node are objects, of older Deno numbers. */
function later(run: () => void, milliseconds: number): ReturnType<typeof setTimeout> {
  const timer = setTimeout(run, milliseconds);
  if (timer.unref) timer.unref();
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer);
  return timer;
}
