/**
 * Values under the keys of a Durable Object that has no SQLite: those of classes that were made before there was.
 *
 * What is written without a wait in between becomes durable at once or not at all, whatever its size. So a commit first
 * reads what it depends on, then writes everything in one turn. Commits that read wait for each other.
 */

import { StoreFailure, type ExternalStore, type StoreSpace, type StoreWrite } from '../external.js';
import { closed, failure } from './failure.js';
import type { DurableStorage } from './runtime.js';

/** Keys that a call may have. */
const MOST_KEYS = 128;
/** Digits of the largest id. */
const DIGITS = 14;
/** Above every id. */
const END = 2 ** 53;
/** The engine has a cache of its own, and calls of its own that go on meanwhile. */
const READING = { noCache: true, allowConcurrency: true };

const SPACES: readonly StoreSpace[] = [0, 1, 2];

export class KvStore implements ExternalStore {
  private readonly storage: DurableStorage;
  private readonly name: string;
  /** By space, an id from which on there is nothing: what is added there need not be looked for. */
  private readonly free: number[];
  /** The last commit that reads before it writes, until it has written. */
  private turn: Promise<unknown> | undefined;
  private isClosed = false;

  private constructor(storage: DurableStorage, name: string, free: number[]) {
    this.storage = storage;
    this.name = name;
    this.free = free;
  }

  /** `name`: only characters that a URL may have anywhere. */
  static async open(storage: DurableStorage, name: string): Promise<KvStore> {
    const store = new KvStore(storage, name, []);
    for (const space of SPACES) {
      const last = await storage.list({ ...store.range(space, 0, END), ...READING, reverse: true, limit: 1 });
      store.free.push(0);
      for (const key of last.keys()) store.free[space] = idOf(key) + 1;
    }
    return store;
  }

  async read(space: StoreSpace, ids: Float64Array): Promise<(Uint8Array | undefined)[]> {
    await this.begin();
    const keys = Array.from(ids, (id) => this.key(space, id));
    const found = await this.get(keys);
    return keys.map((key) => found.get(key));
  }

  async list(
    space: StoreSpace,
    from: number,
    to: number,
    limit: number,
  ): Promise<(readonly [number, Uint8Array])[]> {
    await this.begin();
    try {
      const found = await this.storage.list({ ...this.range(space, from, to), ...READING, limit });
      return Array.from(found, ([key, value]) => [idOf(key), value as Uint8Array]);
    } catch (error) {
      throw failure(error, 'aborted');
    }
  }

  async commit(writes: readonly StoreWrite[], strict: boolean): Promise<void> {
    if (this.isClosed) throw closed();
    if (this.turn || this.mustRead(writes)) await this.inTurn(writes);
    else await this.apply(writes, new Set());
    if (!strict) return;
    try {
      await this.storage.sync();
    } catch (error) {
      throw failure(error, 'unknown');
    }
  }

  /** The runtime does not tell, so all of it is read. */
  async usage(): Promise<{ usage: number }> {
    let usage = 0;
    for (const space of SPACES) {
      for (let from = 0; ;) {
        const found = await this.list(space, from, END, MOST_KEYS);
        for (const [id, value] of found) {
          usage += value.length;
          from = id + 1;
        }
        if (found.length < MOST_KEYS) break;
      }
    }
    return { usage };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.quiet();
  }

  /** Waits for what is under way. */
  async quiet(): Promise<void> {
    // Who waits for a commit is told of its failure.
    await this.turn?.catch(() => undefined);
    await this.storage.sync().catch(() => undefined);
  }

  /** Deletes the database. */
  async clear(): Promise<void> {
    await this.inTurn(SPACES.map((space) => ['deleteRange', space, 0, END] as const));
    await this.storage.sync();
  }

  /** What reads sees the commits that were made before. */
  private async begin(): Promise<void> {
    if (this.isClosed) throw closed();
    await this.turn?.catch(() => undefined);
  }

  private mustRead(writes: readonly StoreWrite[]): boolean {
    return writes.some(
      ([kind, space, id]) => kind === 'deleteRange' || (kind === 'add' && id < this.free[space]!),
    );
  }

  private async inTurn(writes: readonly StoreWrite[]): Promise<void> {
    const before = this.turn;
    const mine = (async () => {
      await before?.catch(() => undefined);
      const there = await this.existing(writes);
      // From here on nothing waits until all is written.
      return { written: this.apply(writes, there) };
    })();
    this.turn = mine;
    try {
      await (
        await mine
      ).written;
    } finally {
      if (this.turn === mine) this.turn = undefined;
    }
  }

  /** Which of the keys that matter to `writes` are there. */
  private async existing(writes: readonly StoreWrite[]): Promise<Set<string>> {
    const there = new Set<string>();
    const added: string[] = [];
    for (const [kind, space, id, more] of writes) {
      if (kind === 'add' && id < this.free[space]!) added.push(this.key(space, id));
      if (kind !== 'deleteRange') continue;
      const end = Math.min(more as number, this.free[space]!);
      for (let from = id; from < end;) {
        // Values come along; so many are a few megabytes.
        const found = await this.storage
          .list({ ...this.range(space, from, end), ...READING, limit: MOST_KEYS })
          .catch((error: unknown) => {
            throw failure(error, 'aborted');
          });
        for (const key of found.keys()) {
          there.add(key);
          from = idOf(key) + 1;
        }
        if (found.size < MOST_KEYS) break;
      }
    }
    for (const key of (await this.get(added)).keys()) there.add(key);
    return there;
  }

  /** Writes within the call; nothing when it throws. What it gives resolves when more can be written. */
  private apply(writes: readonly StoreWrite[], there: ReadonlySet<string>): Promise<unknown> {
    // Of keys that are written more than once the last write counts.
    const last = new Map<string, Uint8Array | undefined>();
    const free = [...this.free];
    for (const [kind, space, id, more] of writes) {
      const key = this.key(space, id);
      if (kind === 'deleteRange') {
        const end = this.key(space, Math.min(more as number, END));
        for (const each of [...there, ...last.keys()])
          if (each >= key && each < end) last.set(each, undefined);
        continue;
      }
      if (kind === 'add' && (last.has(key) ? last.get(key) : there.has(key)))
        throw new StoreFailure('conflict', 'the value exists');
      last.set(key, kind === 'delete' ? undefined : alone(more as Uint8Array));
      free[space] = Math.max(free[space]!, id + 1);
    }
    const calls: Promise<unknown>[] = [];
    const puts = [...last].filter(([, value]) => value !== undefined);
    const gone = [...last.keys()].filter((key) => last.get(key) === undefined);
    for (const some of parts(puts)) calls.push(this.storage.put(Object.fromEntries(some), { noCache: true }));
    for (const some of parts(gone)) calls.push(this.storage.delete(some, { noCache: true }));
    free.forEach((id, space) => (this.free[space] = id));
    return Promise.all(calls).catch((error: unknown) => {
      throw failure(error, 'unknown');
    });
  }

  private async get(keys: readonly string[]): Promise<Map<string, Uint8Array>> {
    try {
      const found = await Promise.all(parts(keys).map((some) => this.storage.get(some, READING)));
      return new Map(found.flatMap((some) => [...some] as [string, Uint8Array][]));
    } catch (error) {
      throw failure(error, 'aborted');
    }
  }

  /** Keys sort as spaces and ids do. */
  private key(space: StoreSpace, id: number): string {
    return `dynatab/${this.name}/${space}${id.toString(16).padStart(DIGITS, '0')}`;
  }

  private range(space: StoreSpace, from: number, to: number): { start: string; end: string } {
    return { start: this.key(space, from), end: this.key(space, Math.min(to, END)) };
  }
}

const idOf = (key: string) => parseInt(key.slice(-DIGITS), 16);

function parts<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / MOST_KEYS);
  return Array.from({ length: count }, (_, at) => all.slice(at * MOST_KEYS, (at + 1) * MOST_KEYS));
}

/** Of a view the runtime would keep the whole buffer. */
const alone = (value: Uint8Array) => (value.byteLength === value.buffer.byteLength ? value : value.slice());
