/**
 * Who owns a database: one opening at a time, as long as it renews its lease.
 *
 * No clock is compared with another's. Who wants a database that has an owner watches the lease: when it is renewed, the
 * owner lives; when it stays as it is for as long as the owner has promised to renew it, the owner is taken for dead. That
 * may be wrong of one that was stopped. So each write checks the entry of the owner in the same atomic operation, and it
 * is that entry which a new owner replaces.
 */

import { DatabaseDamagedError, DatabaseLockedError } from '../../errors/index.js';
import { StoreFailure } from '../external.js';
import type { Change } from './atomic.js';
import type { Calls } from './calls.js';
import { failureOf } from './failure.js';
import type { Keys } from './keys.js';
import type { KvEntry } from './kv.js';

const VERSION = 1;
const ID_BYTES = 16;
/** Looks at a lease before its owner is taken for dead; and how often it is renewed meanwhile, at the least. */
const LOOKS = 12;
const RENEWALS = 4;
/** How long an opening waits for the KV to answer, in milliseconds. */
const ANSWER = 15_000;

/** Openings of this process by their ids, with what ends when one on its way out is gone. */
const own = new Map<string, Promise<void> | undefined>();

const hex = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const clocks = () => [performance.now(), Date.now()] as const;
const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));
/** The id in an owner's entry. */
const idOf = ({ value }: KvEntry) =>
  value instanceof Uint8Array ? hex(value.subarray(1, 1 + ID_BYTES)) : undefined;

export class Lease {
  private readonly kv: Calls;
  private readonly keys: Keys;
  private readonly period: number;
  private readonly id = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  private readonly name = hex(this.id);
  /** Of the owner's entry. */
  private stamp = '';
  /** When it was last renewed, by both clocks: one stands still while the machine sleeps, the other may be set back. */
  private renewed: readonly [number, number] | undefined;
  private renewals = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  /** Why it is no more. */
  ended: string | undefined;
  /** Told when another has taken it. */
  told: ((why: string) => void) | undefined;

  private constructor(kv: Calls, keys: Keys, period: number) {
    this.kv = kv;
    this.keys = keys;
    this.period = period;
  }

  /** Takes it for `period` milliseconds from each renewal. @throws DatabaseLockedError while another lives. */
  static async take(kv: Calls, keys: Keys, period: number): Promise<Lease> {
    const lease = new Lease(kv, keys, period);
    for (;;) {
      const asked = kv.read([keys.format, keys.owner, keys.lease]);
      const [format, owner, renewed] = (await soon(asked, keys.name)) as [KvEntry, KvEntry, KvEntry];
      if (format.versionstamp !== null)
        throw new DatabaseDamagedError(
          `The database "${keys.name}" cannot be opened: a later version of this package wrote it`,
        );
      if (owner.versionstamp !== null && !(await lease.outlives(owner, renewed))) continue;
      if (await lease.become(owner, renewed)) return lease;
    }
  }

  /** Whether nobody can have taken it by now. */
  get isSure(): boolean {
    if (!this.renewed) return false;
    const [steady, wall] = this.renewed;
    return performance.now() < steady + this.period && Date.now() < wall + this.period;
  }

  /** Makes sure of it. @throws StoreFailure */
  async confirm(): Promise<void> {
    if (this.isSure) return;
    await this.renew().catch((error: unknown) => {
      throw failureOf(error, 'aborted');
    });
    if (!this.isSure) throw new StoreFailure('aborted', 'Deno KV took too long to renew the lease');
  }

  /**
   * Makes changes of one portion, as long as it is the owner. @throws StoreFailure `conflict` when what must be absent is
   * there, `closed` when there is another owner; and what Deno KV throws, after which they may be made or not.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    this.check();
    const { stamp } = this;
    if (await this.guarded(changes)) return;
    await this.look();
    if (stamp === this.stamp && changes.some(({ absent }) => absent))
      throw new StoreFailure('conflict', 'an added value exists');
    throw new StoreFailure('aborted', 'Deno KV did not take a change');
  }

  /** Whether an entry of the owner, as it was read, is this one's. @throws StoreFailure `closed` */
  mustBeMine(owner: KvEntry): void {
    if (idOf(owner) !== this.name) this.lose();
    this.check();
  }

  /** What was sent before and is still on its way does not count from here on. */
  async restamp(): Promise<void> {
    for (;;) {
      this.check();
      const stamp = await this.guarded([{ key: this.keys.owner, value: this.entry() }]);
      if (stamp !== undefined) {
        this.stamp = stamp;
        return;
      }
      await this.look();
    }
  }

  /** Gives it up. */
  release(): Promise<void> {
    clearInterval(this.timer);
    if (this.ended !== undefined) return own.get(this.name) ?? Promise.resolve();
    this.ended = 'the database was closed';
    this.renewed = undefined;
    const { owner, lease } = this.keys;
    const leaving = this.guarded([owner, lease].map((key) => ({ key, value: null })))
      // Who finds it waits as for one that died.
      .then(...[() => undefined, () => undefined])
      .finally(() => own.delete(this.name));
    own.set(this.name, leaving);
    return leaving;
  }

  /** Waits for the end of the owner; false: there may be another one by now. */
  private async outlives(owner: KvEntry, renewed: KvEntry): Promise<boolean> {
    const { kv, keys } = this;
    const id = idOf(owner) ?? '';
    const locked = (how: string) =>
      new DatabaseLockedError(`The database "${keys.name}" is in use by ${how}`);
    if (own.has(id)) {
      const leaving = own.get(id);
      if (!leaving) throw locked('this process');
      await leaving;
      return false;
    }
    const { value } = renewed;
    const promised =
      value instanceof Uint8Array
        ? new DataView(value.buffer, value.byteOffset).getUint32(ID_BYTES, true)
        : this.period;
    // Each look comes after a timer of its own, so that a machine that slept has not seen the owner miss its renewals.
    for (let looks = 0; looks < LOOKS; looks++) {
      await pause(promised / (LOOKS - 1));
      const [nowOwner, nowRenewed] = (await kv.read([keys.owner, keys.lease])) as [KvEntry, KvEntry];
      if (nowOwner.versionstamp === null) return false;
      if (idOf(nowOwner) !== id) throw locked('another process, which has just taken it');
      if (nowRenewed.versionstamp !== renewed.versionstamp || nowOwner.versionstamp !== owner.versionstamp)
        throw locked('another process: it renewed its lease while this one waited');
    }
    return true;
  }

  /** Replaces the owner, and its lease, as they were seen; whether they still were so. */
  private async become(owner: KvEntry, renewed: KvEntry): Promise<boolean> {
    const { kv, keys } = this;
    const sent = clocks();
    const stamp = await kv.commit(
      [
        { key: keys.owner, versionstamp: owner.versionstamp },
        { key: keys.lease, versionstamp: renewed.versionstamp },
      ],
      [
        { key: keys.owner, value: this.entry() },
        { key: keys.lease, value: this.renewal() },
      ],
    );
    if (stamp === undefined) return false;
    this.stamp = stamp;
    this.renewed = sent;
    own.set(this.name, undefined);
    this.timer = setInterval(() => void this.renew().catch(() => undefined), this.period / RENEWALS);
    letEnd(this.timer);
    return true;
  }

  private async renew(): Promise<void> {
    this.check();
    const sent = clocks();
    const stamp = await this.guarded([{ key: this.keys.lease, value: this.renewal() }]);
    if (stamp !== undefined) this.renewed = sent;
    else await this.look();
  }

  /** Looks who the owner is. */
  private async look(): Promise<void> {
    const [owner] = await this.kv.read([this.keys.owner]).catch((error: unknown) => {
      throw failureOf(error, 'aborted');
    });
    this.mustBeMine(owner!);
    this.stamp = owner!.versionstamp!;
  }

  private lose(): void {
    if (this.ended !== undefined) return;
    clearInterval(this.timer);
    own.delete(this.name);
    this.renewed = undefined;
    this.ended = `another process has taken the database "${this.keys.name}", because this one had not renewed its lease for ${this.period / 1000} seconds; open it again`;
    this.told?.(this.ended);
  }

  private check(): void {
    if (this.ended !== undefined) throw new StoreFailure('closed', this.ended);
  }

  /** Makes changes while this is the owner; gives their versionstamp if it is. */
  private guarded(changes: readonly Change[]): Promise<string | undefined> {
    return this.kv.commit([{ key: this.keys.owner, versionstamp: this.stamp }], changes);
  }

  private entry(): Uint8Array {
    return Uint8Array.of(VERSION, ...this.id);
  }

  private renewal(): Uint8Array {
    const bytes = new Uint8Array(ID_BYTES + 12);
    bytes.set(this.id);
    const view = new DataView(bytes.buffer);
    view.setUint32(ID_BYTES, this.period, true);
    view.setBigUint64(ID_BYTES + 4, BigInt(++this.renewals), true);
    return bytes;
  }
}

/** Waits for an answer, but not for ever: Deno waits for a file that a process has locked as long as that does. */
async function soon<T>(answer: Promise<T>, name: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const why = `The database "${name}" cannot be opened: Deno KV does not answer, as when a process was stopped that has its file locked`;
    timer = setTimeout(() => reject(new DatabaseLockedError(why)), ANSWER);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** A timer that keeps no process alive. Those of Node are objects, of older Deno numbers. */
function letEnd(timer: ReturnType<typeof setInterval>): void {
  if (timer.unref) timer.unref();
  else (globalThis as { Deno?: { unrefTimer(timer: unknown): void } }).Deno?.unrefTimer(timer);
}
