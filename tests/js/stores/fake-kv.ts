// A Deno KV in memory with the limits that the real one has, whose changing calls can fail in each way there is.
import type { DenoKv, KvAtomic, KvCheck, KvEntry, KvKey } from '../../../pkg/src/storage/deno-kv/kv.js';

/**
 * How a commit fails: `lost` on its way there; `answer lost` on its way back; `late`: it arrives when the test says so;
 * `full`: there is no space; `locked`: another has the file.
 */
export type Fault = 'lost' | 'answer lost' | 'late' | 'full' | 'locked';
export const FAULTS: Fault[] = ['lost', 'answer lost', 'late', 'full', 'locked'];

/** A key as text in the order of keys. */
function textOf(key: KvKey): string {
  return key
    .map((part) => (typeof part === 'string' ? `s${part}\0` : `t${part.toString().padStart(17, '0')}\0`))
    .join('');
}

/** The bytes of a key, as Deno KV counts them. */
const bytesOf = (key: KvKey) =>
  key.reduce<number>(
    (sum, part) => sum + (typeof part === 'string' ? new TextEncoder().encode(part).length + 2 : 9),
    0,
  );

/** What outlives a process. */
export class FakeData {
  readonly entries = new Map<string, { key: KvKey; value: Uint8Array; versionstamp: string }>();
  private version = 0;

  apply(checks: readonly KvCheck[], changes: readonly [KvKey, Uint8Array | null][]): string | undefined {
    const holds = checks.every(
      ({ key, versionstamp }) => (this.entries.get(textOf(key))?.versionstamp ?? null) === versionstamp,
    );
    if (!holds) return undefined;
    const versionstamp = (++this.version).toString(16).padStart(20, '0');
    for (const [key, value] of changes) {
      if (value) this.entries.set(textOf(key), { key, value, versionstamp });
      else this.entries.delete(textOf(key));
    }
    return versionstamp;
  }

  /** The entries as texts, but for who owns what. */
  content(): string[] {
    return [...this.entries.values()]
      .filter(({ key }) => key[2] !== 'owner' && key[2] !== 'lease')
      .map(({ key, value }) => `${key.join('/')} ${value.length} ${value.subarray(0, 8).join()}`)
      .sort();
  }
}

export class FakeKv implements DenoKv {
  readonly data: FakeData;
  /** Commits so far. */
  commits = 0;
  /** Calls so far, of any kind. */
  calls = 0;
  /** The commit that fails, and how. */
  failAt = Infinity;
  fault: Fault = 'lost';
  /** From this call on the process is dead: nothing is done, and no call ends well. */
  dieAt = Infinity;
  /** Told when it dies. */
  died: (() => void) | undefined;
  /** What is on its way still. */
  readonly underWay: (() => void)[] = [];
  closed = false;
  /** Called before each call, with its number. */
  meanwhile: ((call: number) => void) | undefined;
  beforeCommit: (() => void) | undefined;
  /** Where the test began to count. */
  begun = 0;

  constructor(data = new FakeData()) {
    this.data = data;
  }

  async getMany(keys: readonly KvKey[]): Promise<KvEntry[]> {
    this.call();
    if (keys.length > 10) throw new TypeError('Too many ranges (max 10)');
    await null;
    return keys.map((key) => {
      const entry = this.data.entries.get(textOf(key));
      return entry ? { ...entry, value: entry.value.slice() } : { key, value: null, versionstamp: null };
    });
  }

  async *list(
    { start, end }: { start: KvKey; end: KvKey },
    { limit, batchSize }: { limit: number; batchSize: number },
  ): AsyncGenerator<KvEntry> {
    if (batchSize > 500) throw new TypeError('Too many entries (max 500)');
    let from = textOf(start);
    for (let left = limit; left > 0;) {
      this.call();
      const found = [...this.data.entries.keys()].filter((text) => from <= text && text < textOf(end)).sort();
      const batch = found.slice(0, Math.min(batchSize, left));
      await null;
      for (const text of batch) yield { ...this.data.entries.get(text)! };
      left -= batch.length;
      if (batch.length < batchSize) return;
      from = `${batch.at(-1)}\0`;
    }
  }

  atomic(): KvAtomic {
    const checks: KvCheck[] = [];
    const changes: [KvKey, Uint8Array | null][] = [];
    const made: KvAtomic = {
      check(...more) {
        checks.push(...more);
        return made;
      },
      set(key, value) {
        if (!(value instanceof Uint8Array)) throw new Error('only bytes are kept here');
        if (value.length > 65_536) throw new TypeError('Value too large (max 65536 bytes)');
        changes.push([key, value.slice()]);
        return made;
      },
      delete(key) {
        changes.push([key, null]);
        return made;
      },
      commit: async () => {
        this.beforeCommit?.();
        this.call();
        const at = this.commits++;
        checkLimits(checks, changes);
        const apply = () => this.data.apply(checks, changes);
        // Whether it arrives before or after other calls that are under way is not told.
        await null;
        if (at === this.failAt) this.fail(apply);
        const versionstamp = apply();
        return versionstamp === undefined ? { ok: false } : { ok: true, versionstamp };
      },
    };
    return made;
  }

  close(): void {
    this.closed = true;
  }

  private fail(apply: () => unknown): never {
    if (this.fault === 'full') throw new TypeError('database or disk is full');
    if (this.fault === 'locked') throw new TypeError('database is locked');
    if (this.fault === 'answer lost') apply();
    if (this.fault === 'late') this.underWay.push(apply);
    throw new TypeError('connection reset');
  }

  private call(): void {
    if (this.closed) throw new Error('Bad resource ID');
    this.meanwhile?.(this.calls);
    if (this.calls++ < this.dieAt) return;
    this.died?.();
    throw new Error('the process is dead');
  }
}

function checkLimits(checks: readonly KvCheck[], changes: readonly [KvKey, Uint8Array | null][]): void {
  // The lowest that any Deno KV has.
  if (checks.length > 10) throw new TypeError('Too many checks (max 10)');
  if (changes.length > 1000) throw new TypeError('Too many mutations (max 1000)');
  const keys = [...checks.map(({ key }) => key), ...changes.map(([key]) => key)].map(bytesOf);
  if (keys.some((bytes) => bytes > 2048)) throw new TypeError('Key too large for write (max 2048 bytes)');
  const keyBytes = keys.reduce((sum, bytes) => sum + bytes, 0);
  if (keyBytes > 81_920) throw new TypeError('Total key size too large (max 81920 bytes)');
  const values = changes.reduce((sum, [, value]) => sum + (value?.length ?? 0), 0);
  if (2 * keyBytes + values > 819_200)
    throw new TypeError('Total mutation size too large (max 819200 bytes)');
}
