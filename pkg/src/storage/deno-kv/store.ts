/** A store in a Deno KV. Commits and the beginnings of reads pass through one queue, in the order of the calls. */

import { StoreFailure, type ExternalStore, type StoreSpace, type StoreWrite } from '../external.js';
import { portions, type Change } from './atomic.js';
import type { Calls } from './calls.js';
import { failureOf } from './failure.js';
import { IDS, type Keys } from './keys.js';
import { CHANGES, LISTED, READS, type KvEntry } from './kv.js';
import type { Lease } from './lease.js';
import { idsOf, netOf, runsOf, type Net, type Range } from './net.js';
import { DENSE, Parts, type Found } from './parts.js';
import { Sizes } from './sizes.js';

type Listed = (readonly [id: number, value: Uint8Array])[];

export class DenoKvStore implements ExternalStore {
  private readonly kv: Calls;
  private readonly keys: Keys;
  private readonly lease: Lease;
  private readonly parts: Parts;
  /** Ends when all that was asked so far has had its turn. */
  private turn: Promise<unknown> = Promise.resolve();
  private readonly reads = new Set<Promise<unknown>>();
  /** What an owner before left, or a call of this one that failed, has still to be cleared up. */
  private isWhole = false;
  private closed = false;
  private sizes: Sizes | undefined;
  private counted: Promise<void> | undefined;

  constructor(kv: Calls, keys: Keys, lease: Lease) {
    this.kv = kv;
    this.keys = keys;
    this.lease = lease;
    this.parts = new Parts(kv, keys, lease);
  }

  async read(space: StoreSpace, ids: Float64Array): Promise<(Uint8Array | undefined)[]> {
    const asked = Array.from(ids, (id) => this.keys.value(space, id));
    return this.reading(async () => {
      const answers: Promise<KvEntry[]>[] = [];
      // Who is asked for what an owner sees must be the owner then.
      for (let at = 0; at < asked.length; at += READS - 1)
        answers.push(this.kv.read([this.keys.owner, ...asked.slice(at, at + READS - 1)]));
      return (await Promise.all(answers)).flatMap(([owner, ...found]) => {
        this.lease.mustBeMine(owner!);
        return found.map(valueOf);
      });
    });
  }

  async list(space: StoreSpace, from: number, to: number, limit: number): Promise<Listed> {
    return this.reading(async () => {
      const listed = await this.page(space, from, to, limit);
      const [owner] = await this.kv.read([this.keys.owner]);
      this.lease.mustBeMine(owner!);
      return listed;
    });
  }

  async commit(writes: readonly StoreWrite[], _strict: boolean): Promise<void> {
    this.check();
    return this.queued(async () => {
      await this.recovered();
      const net = netOf(writes);
      try {
        await this.take(net);
        this.sizes?.note(net);
      } catch (error) {
        const failure = failureOf(error, 'unknown');
        // What was sent may be on its way still; nothing is read before that is over.
        if (failure.kind === 'unknown') this.doubt();
        throw failure;
      }
    });
  }

  async usage(): Promise<{ usage: number }> {
    this.check();
    for (;;) {
      this.counted ??= this.count();
      await this.counted.catch((error: unknown) => {
        this.counted = undefined;
        throw error;
      });
      if (this.sizes) return { usage: this.sizes.bytes };
      this.counted = undefined;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.idle();
  }

  /** Waits for what is under way. */
  async idle(): Promise<void> {
    await this.turn;
    await Promise.allSettled(this.reads);
  }

  /** Writes what a commit comes to, in one operation if it fits. */
  private async take({ puts, ranges, absent }: Net): Promise<void> {
    const net: Net = { puts, ranges: await this.narrowed(ranges), absent };
    const changes = this.changesOf(net);
    const needed = changes && [...portions(changes, this.keys.bytes)];
    // Every operation of Deno KV is on the disk when it ends, so that there is nothing to wait for beside.
    if (needed?.length === 0) return;
    if (needed?.length === 1) return this.lease.commit(needed[0]!);
    // A read that is under way sees nothing of it before it is decided.
    await Promise.allSettled(this.reads);
    const left = await this.parts.commit(net, () => {
      this.doubt();
      return this.recovered();
    });
    if (left === 'unfinished') this.doubt();
  }

  /** The changes of a commit, unless they are too many. */
  private changesOf({ puts, ranges, absent }: Net): Change[] | undefined {
    const deleted = ranges.reduce((sum, { from, end }) => sum + end - from, 0);
    if (puts.length + deleted > CHANGES) return undefined;
    const changes = new Map<string, Change>();
    const change = (space: StoreSpace, id: number, more: Omit<Change, 'key'>) => {
      const text = `${space}/${id}`;
      changes.set(text, { key: this.keys.value(space, id), ...changes.get(text), ...more });
    };
    for (const range of ranges) for (const { space, id } of idsOf(range)) change(space, id, { value: null });
    for (const { space, id, value } of puts) change(space, id, { value });
    for (const { space, id } of absent) change(space, id, { absent: true });
    return [...changes.values()];
  }

  /** Ranges as what is there of them, where they are wide and little is. */
  private async narrowed(ranges: readonly Range[]): Promise<Range[]> {
    const made: Range[] = [];
    for (const range of ranges) {
      const { space, from, end } = range;
      if (end - from <= DENSE) {
        made.push(range);
        continue;
      }
      const found = await this.page(space, from, end, LISTED).catch((error: unknown) => {
        throw failureOf(error, 'aborted');
      });
      if (found.length < LISTED) made.push(...runsOf(found.map(([id]) => ({ space, id }))));
      else made.push(range);
    }
    return made;
  }

  private async page(space: StoreSpace, from: number, to: number, limit: number): Promise<Listed> {
    const end = Math.min(to, IDS);
    if (from >= end || limit <= 0) return [];
    const entries = await this.kv.list(this.keys.values(space, from, end), limit);
    return entries.map((entry) => [entry.key.at(-1) as number, valueOf(entry)!]);
  }

  /** Lists everything, a page at each turn, so that commits go on between. */
  private async count(): Promise<void> {
    const sizes = new Sizes(this.keys.bytes);
    this.sizes = sizes;
    for (const space of [0, 1, 2] as const) {
      for (let from = 0; from < IDS && this.sizes === sizes;) {
        from = await this.queued(async () => {
          await this.recovered();
          const page = await this.page(space, from, IDS, LISTED).catch((error: unknown) => {
            throw failureOf(error, 'aborted');
          });
          for (const [id, { length }] of page) sizes.set(space, id, length);
          return page.length < LISTED ? IDS : page.at(-1)![0] + 1;
        });
      }
    }
  }

  /** Begins to read when what was asked before has had its turn; what comes later does not wait. */
  private async reading<T>(read: () => Promise<T>): Promise<T> {
    this.check();
    const { under } = await this.queued(async () => {
      await this.recovered();
      const under = read().catch((error: unknown) => {
        throw failureOf(error, 'aborted');
      });
      this.reads.add(under);
      const over = () => void this.reads.delete(under);
      under.then(over, over);
      return { under };
    });
    return under;
  }

  private queued<T>(task: () => Promise<T>): Promise<T> {
    const run = this.turn.then(task);
    this.turn = run.catch(() => undefined);
    return run;
  }

  /** Clears up what is left. @throws StoreFailure */
  private async recovered(): Promise<Found> {
    if (this.isWhole) return 'nothing';
    try {
      await this.lease.restamp();
      const found = await this.parts.recover();
      this.isWhole = true;
      return found;
    } catch (error) {
      throw failureOf(error, 'aborted');
    }
  }

  private doubt(): void {
    this.isWhole = false;
    this.sizes = undefined;
  }

  private check(): void {
    if (this.closed) throw new StoreFailure('closed', 'the store was closed');
  }
}

function valueOf({ value, versionstamp }: KvEntry): Uint8Array | undefined {
  if (versionstamp === null) return undefined;
  if (value instanceof Uint8Array) return value;
  throw new StoreFailure('aborted', 'Deno KV holds something else under a key of the database');
}
