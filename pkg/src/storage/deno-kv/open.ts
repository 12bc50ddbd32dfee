/** Opens the store of a database in a Deno KV, for one owner. */

import type { Kept } from '../../client/options.js';
import {
  DatabaseDamagedError,
  DatabaseLockedError,
  StorageFailedException,
  StorageUnavailableError,
} from '../../errors/index.js';
import { Calls, patiently } from './calls.js';
import { failureOf } from './failure.js';
import { Keys } from './keys.js';
import type { DenoKv } from './kv.js';
import { Lease } from './lease.js';
import { DenoKvStore } from './store.js';
import { watched } from './watch.js';

/** What a database is opened with beside what all are. */
export interface DenoKvOptions {
  /** A `Deno.Kv`, which stays open; or what `Deno.openKv` is given: a path or URL, nothing for the KV of the script. */
  kv?: DenoKv | string | undefined;
  /**
   * How long a process that died without closing the database keeps the next one waiting, in seconds; 10 when left out.
   * The owner renews its lease four times in that. One that is stopped for longer loses the database to whoever wants it.
   */
  leaseSeconds?: number | undefined;
}

const LEASE_SECONDS = 10;

export async function openDenoKv(options: DenoKvOptions & { name: string }): Promise<Kept> {
  const keys = new Keys(options.name);
  const { leaseSeconds = LEASE_SECONDS } = options;
  if (!(leaseSeconds >= 0.2 && leaseSeconds <= 3600))
    throw new TypeError('leaseSeconds: a number from 0.2 to 3600 is needed');
  return begin(options, keys, Math.round(leaseSeconds * 1000));
}

async function begin(options: DenoKvOptions, keys: Keys, period: number): Promise<Kept> {
  const { kv, close } = await opened(options.kv);
  const calls = new Calls(kv);
  try {
    const lease = await Lease.take(calls, keys, period).catch((error: unknown) => {
      if (error instanceof DatabaseLockedError || error instanceof DatabaseDamagedError) throw error;
      throw new StorageFailedException({ message: failureOf(error, 'aborted').message, cause: error });
    });
    const store = new DenoKvStore(calls, keys, lease);
    let releasing: Promise<void> | undefined;
    return {
      engine: { store },
      watch: (make, events) => watched(make, events, lease),
      quiet: () => store.idle(),
      usage: () => store.usage(),
      async clear() {
        if (!releasing) return clear(new DenoKvStore(calls, keys, lease), lease);
        // It was closed before, and perhaps opened by another since.
        const again = await begin(options, keys, period);
        await Promise.resolve(again.clear()).finally(() => again.release());
      },
      release: () => (releasing ??= lease.release().finally(close)),
    };
  } catch (error) {
    // To close it would wait for a call that is not answered, with the whole thread.
    void calls.idle().then(close);
    throw error;
  }
}

/** Deletes all values in one commit, which an opening after a crash ends. */
async function clear(store: DenoKvStore, lease: Lease): Promise<void> {
  const all = ([0, 1, 2] as const).map((space) => ['deleteRange', space, 0, Infinity] as const);
  try {
    await store.commit(all, true);
  } catch (error) {
    const { message } = error as Error;
    if (lease.ended !== undefined) throw new DatabaseLockedError(message, { cause: error });
    throw new StorageFailedException({ message, cause: error });
  }
}

/** The KV, and what closes it if it was opened here. */
async function opened(given: DenoKvOptions['kv']): Promise<{ kv: DenoKv; close(): void }> {
  if (given !== undefined && typeof given !== 'string') {
    if (typeof given?.atomic !== 'function') throw new TypeError('kv: a Deno.Kv or a text is needed');
    return { kv: given, close: () => undefined };
  }
  const { Deno } = globalThis as { Deno?: { openKv?(path?: string): Promise<DenoKv> } };
  const { openKv } = Deno ?? {};
  if (!openKv)
    throw new StorageUnavailableError(
      Deno
        ? 'storage "deno-kv": Deno has its KV only when it is started with --unstable-kv, or with "unstable": ["kv"] in deno.json'
        : 'storage "deno-kv": this runtime is not Deno; pass a KV as open({ kv })',
    );
  const kv = await patiently(() => openKv(given));
  return { kv, close: () => kv.close() };
}
