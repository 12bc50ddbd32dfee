/**
 * Commits that are more than one atomic operation takes.
 *
 * Values of new ids are written first, where they will stay, and those that replace others beside; a record says which,
 * so that an opening after a crash takes them away again. One small operation then decides: the record is gone, or says
 * what is still to be done. That is done before anything else is read or written, by the next opening if need be.
 */

import { StoreFailure } from '../external.js';
import { portions, type Change } from './atomic.js';
import type { Calls } from './calls.js';
import { failureOf } from './failure.js';
import type { Keys, Span } from './keys.js';
import { LISTED, READS, VALUE, type KvKey } from './kv.js';
import type { Lease } from './lease.js';
import { idsOf, runsOf, type Id, type Net, type Put, type Range } from './net.js';
import { decodePending, decodePlan, encodePending, encodePlan, type Plan } from './record.js';

/** Ids of a range that are deleted without looking which of them are there: to look would read their values. */
export const DENSE = 10_000;

/** What a recovery found of a commit of several parts: none, one that did not count, one that does. */
export type Found = 'nothing' | 'undone' | 'done';

interface Planned extends Plan {
  values: { created: Put[]; replaced: Put[] };
  /** The record, where it is too long for one value. */
  chunks: Uint8Array[];
  pending(decided: boolean): Uint8Array;
  /** There is more to do once it is decided. */
  goesOn: boolean;
}

export class Parts {
  private readonly kv: Calls;
  private readonly keys: Keys;
  private readonly lease: Lease;

  constructor(kv: Calls, keys: Keys, lease: Lease) {
    this.kv = kv;
    this.keys = keys;
    this.lease = lease;
  }

  /**
   * Commits all or nothing. `recover` is asked when something failed; whether it has to be asked again before anything
   * else is what this gives. @throws StoreFailure `unknown` only when `recover` failed.
   */
  async commit(net: Net, recover: () => Promise<Found>): Promise<'whole' | 'unfinished'> {
    const planned = await this.plan(net).catch((error: unknown) => {
      throw failureOf(error, 'aborted');
    });
    let asked = false;
    try {
      await this.prepare(planned);
      asked = true;
      await this.lease.commit([
        { key: this.keys.pending, value: planned.goesOn ? planned.pending(true) : null },
      ]);
    } catch (error) {
      const failure = failureOf(error, asked ? 'unknown' : 'aborted');
      if (failure.kind === 'closed') throw failure;
      const found = await recover().catch(() => undefined);
      if (!asked) throw failure;
      if (found === undefined) throw new StoreFailure('unknown', failure.message, { cause: error });
      if (found === (planned.goesOn ? 'done' : 'nothing')) return 'whole';
      throw failure.kind === 'unknown' ? new StoreFailure('aborted', failure.message) : failure;
    }
    try {
      await this.finish(planned);
      return 'whole';
    } catch {
      // It counts, whoever does the rest.
      return 'unfinished';
    }
  }

  /** Ends what was begun: a commit that was decided is done, one that was not is undone. */
  async recover(): Promise<Found> {
    const { kv, keys, lease } = this;
    const [pending] = await kv.read([keys.pending]);
    if (!pending || pending.versionstamp === null) {
      await this.clean();
      return 'nothing';
    }
    const { decided, parts, record } = decodePending(pending.value as Uint8Array);
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.partsFrom(0, parts)) chunks.push(chunk);
    const plan = decodePlan(parts > 0 ? joined(chunks) : record);
    if (decided) {
      const { replaced } = plan;
      let at = 0;
      let some: Change[] = [];
      for await (const value of this.partsFrom(parts, replaced.length)) {
        const { space, id } = replaced[at++]!;
        some.push({ key: keys.value(space, id), value });
        if (some.length < READS) continue;
        await this.write(some);
        some = [];
      }
      await this.write(some);
    }
    for (const range of decided ? plan.deleted : plan.created) await this.remove(range);
    await lease.commit([{ key: keys.pending, value: null }]);
    await this.clean();
    return decided ? 'done' : 'undone';
  }

  private async plan({ puts, ranges, absent }: Net): Promise<Planned> {
    const there = await this.existing([...puts, ...absent]);
    if (absent.some((id) => there.has(textOf(id))))
      throw new StoreFailure('conflict', 'an added value exists');
    const replaced = puts.filter((put) => there.has(textOf(put)));
    const created = puts.filter((put) => !there.has(textOf(put)));
    const plan: Plan = { created: runsOf(created), replaced, deleted: ranges };
    const record = encodePlan(plan);
    const chunks: Uint8Array[] = [];
    if (record.length > VALUE)
      for (let at = 0; at < record.length; at += VALUE) chunks.push(record.subarray(at, at + VALUE));
    return {
      ...plan,
      values: { created, replaced },
      chunks,
      goesOn: replaced.length + ranges.length > 0,
      pending: (decided) =>
        encodePending({
          decided,
          parts: chunks.length,
          record: chunks.length > 0 ? new Uint8Array() : record,
        }),
    };
  }

  /** Writes what nobody reads yet. */
  private async prepare({ values, chunks, pending }: Planned): Promise<void> {
    const { keys } = this;
    const parts = [...chunks, ...values.replaced.map(({ value }) => value)];
    await this.write(parts.map((value, at) => ({ key: keys.part(at), value })));
    if (values.created.length === 0) return;
    await this.write([{ key: keys.pending, value: pending(false) }, ...this.sets(values.created)]);
  }

  /** Does what is still to be done of a commit that was decided. */
  private async finish({ values, chunks, deleted, goesOn }: Planned): Promise<void> {
    const { keys, lease } = this;
    if (!goesOn) {
      await this.write(chunks.map((_, at) => ({ key: keys.part(at), value: null })));
      return;
    }
    await this.write(this.sets(values.replaced));
    for (const range of deleted) await this.remove(range);
    await lease.commit([{ key: keys.pending, value: null }]);
    const parts = chunks.length + values.replaced.length;
    await this.write(Array.from({ length: parts }, (_, at) => ({ key: keys.part(at), value: null })));
  }

  private sets(puts: readonly Put[]): Change[] {
    return puts.map(({ space, id, value }) => ({ key: this.keys.value(space, id), value }));
  }

  /** Writes in as many operations as it takes, one after the other. */
  private async write(changes: readonly Change[]): Promise<void> {
    for (const portion of portions(changes, this.keys.bytes)) await this.lease.commit(portion);
  }

  private async remove(range: Range): Promise<void> {
    const { keys } = this;
    const { space, from, end } = range;
    const gone = ({ space, id }: Id): Change => ({ key: keys.value(space, id), value: null });
    if (end - from <= DENSE) return this.write(Array.from(idsOf(range), gone));
    await this.empty(keys.values(space, from, end));
  }

  /** Takes away the parts that are left. */
  private clean(): Promise<void> {
    return this.empty(this.keys.parts);
  }

  private async empty(span: Span): Promise<void> {
    for (;;) {
      const found = await this.kv.list(span, LISTED);
      await this.write(found.map(({ key }) => ({ key: key as KvKey, value: null })));
      if (found.length < LISTED) return;
    }
  }

  /** Which of the ids have values. */
  private async existing(ids: readonly Id[]): Promise<Set<string>> {
    const found = new Set<string>();
    for (let at = 0; at < ids.length; at += READS - 1) {
      const asked = ids.slice(at, at + READS - 1);
      const keys = asked.map(({ space, id }) => this.keys.value(space, id));
      const [owner, ...entries] = await this.kv.read([this.keys.owner, ...keys]);
      this.lease.mustBeMine(owner!);
      entries.forEach(({ versionstamp }, one) => {
        if (versionstamp !== null) found.add(textOf(asked[one]!));
      });
    }
    return found;
  }

  /** So many parts from number `first` on. */
  private async *partsFrom(first: number, count: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < count; at += READS) {
      const length = Math.min(READS, count - at);
      const asked = Array.from({ length }, (_, one) => this.keys.part(first + at + one));
      for (const { value } of await this.kv.read(asked)) {
        if (!(value instanceof Uint8Array))
          throw new StoreFailure('aborted', 'a part of a commit is missing');
        yield value;
      }
    }
  }
}

const textOf = ({ space, id }: Id) => `${space}/${id}`;

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
