/** The calls of a Deno KV that are made, each tried again while another connection has the file locked. */

import type { Change } from './atomic.js';
import type { Span } from './keys.js';
import { LISTED, type DenoKv, type KvCheck, type KvEntry, type KvKey } from './kv.js';

/** How long a file that is locked is tried again, in milliseconds, and the longest pause between. */
const PATIENCE = 10_000;
const PAUSE = 30;

/** SQLite says this at once when waiting could last for ever, and nothing has happened then. */
export const isLocked = (error: unknown) => /database (?:table )?is locked/i.test((error as Error)?.message);

/** Makes a call again while the file is locked. */
export async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + PATIENCE; ;) {
    try {
      return await call();
    } catch (error) {
      if (!isLocked(error) || performance.now() > end) throw error;
      await new Promise((done) => setTimeout(done, Math.random() * PAUSE));
    }
  }
}

export class Calls {
  private readonly kv: DenoKv;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor(kv: DenoKv) {
    this.kv = kv;
  }

  /** The entries of up to ten keys, as they are at one moment. */
  read(keys: readonly KvKey[]): Promise<KvEntry[]> {
    return this.watched(() => this.kv.getMany(keys));
  }

  /** The first entries of a span. */
  list(span: Span, limit: number): Promise<KvEntry[]> {
    return this.watched(async () => {
      const entries: KvEntry[] = [];
      const options = { limit, batchSize: Math.min(limit, LISTED) };
      for await (const entry of this.kv.list(span, options)) entries.push(entry);
      return entries;
    });
  }

  /** Makes changes together, if all checks hold: then their versionstamp is given. */
  commit(checks: readonly KvCheck[], changes: readonly Change[]): Promise<string | undefined> {
    return this.watched(async () => {
      const atomic = this.kv.atomic();
      for (const check of checks) atomic.check(check);
      for (const { key, value, absent } of changes) {
        if (absent) atomic.check({ key, versionstamp: null });
        if (value === null) atomic.delete(key);
        else if (value !== undefined) atomic.set(key, value);
      }
      const result = await atomic.commit();
      return result.ok ? result.versionstamp : undefined;
    });
  }

  /** Waits for what is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.underWay);
  }

  private watched<T>(call: () => Promise<T>): Promise<T> {
    const made = patiently(call);
    this.underWay.add(made);
    const over = () => void this.underWay.delete(made);
    made.then(over, over);
    return made;
  }
}
