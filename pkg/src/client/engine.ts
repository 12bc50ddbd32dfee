/** The engine of a database: its options, its code, and where it runs. */

import type { EngineHost } from '../link/host/engine-host.js';
import { localHost } from '../link/host/local-host.js';
import type { OpfsAccess } from '../link/host/opfs-access.js';
import { ContextWorker, portable } from '../link/host/context-worker.js';
import { workerHost } from '../link/host/worker-host.js';
import { checkEncryption } from '../storage/keyring.js';
import { loadEngine, type EngineModule, type EngineOptions } from '../wasm.js';
import type { DestroyOptions, Kept, OpenOptions, Runtime } from './options.js';
import type { Chosen } from './place.js';

export function engineOptions(options: OpenOptions, chosen: Chosen, kept: Kept | undefined): EngineOptions {
  const durability =
    chosen.storage === 'memory' ? 'memory' : (options.durability ?? (kept ? 'strict' : 'relaxed'));
  const made: EngineOptions = { name: options.name, storage: chosen.storage, durability };
  if (options.cacheBytes !== undefined) made.cacheBytes = options.cacheBytes;
  if (options.encryption !== undefined) {
    checkEncryption(options.encryption);
    made.encryption = options.encryption;
  }
  if (options.region !== undefined) made.region = options.region;
  if (options.accountId !== undefined) made.accountId = options.accountId;
  if (options.now !== undefined) made.now = options.now;
  if (options.delays !== undefined) made.delays = options.delays;
  if (options.sweepSeconds !== undefined) made.sweepSeconds = options.sweepSeconds;
  return { ...made, ...kept?.engine };
}

export function load(options: DestroyOptions, runtime: Runtime): Promise<EngineModule> {
  const { wasm, more } = options;
  const sources = {
    wasm: wasm === undefined ? () => runtime.wasm() : () => wasm,
    more: more === undefined ? () => runtime.more() : () => more,
  };
  return loadEngine(sources, runtime.owner);
}

/** Pauses before another try, in milliseconds. */
const PAUSES = [25, 50, 100, 200, 400, 800];

/**
 * Tries again what the browser refused for no reason of the database's. Chromium does so for a moment after a crash:
 * `UnknownError: Internal error opening backing store for indexedDB.open`.
 */
export async function patiently<T>(task: () => Promise<T>): Promise<T> {
  for (const pause of PAUSES) {
    try {
      return await task();
    } catch (error) {
      if ((error as Error)?.name !== 'StorageFailedException') throw error;
      await new Promise((done) => setTimeout(done, pause));
    }
  }
  return task();
}

/** Where the engine is to run. */
export async function hostOf(options: OpenOptions, runtime: Runtime): Promise<EngineHost> {
  const { worker } = options;
  if (!worker) {
    const opfs: OpfsAccess | undefined = runtime.opfs && { files: runtime.opfs.bind(runtime) };
    if (opfs && runtime.worker) opfs.worker = () => startWorker(options, runtime);
    return localHost(() => load(options, runtime), opfs);
  }
  if (options.now) throw new TypeError('now: a clock cannot be given to an engine in a worker');
  const start = typeof worker === 'function' ? worker : runtime.worker?.bind(runtime);
  if (!start || options.path !== undefined || options.storage === 'files')
    throw new TypeError('worker: an engine in a worker is for browsers; leave the option out here');
  return workerHost(start, await portable(options.wasm), await portable(options.more));
}

/** Starts the worker of a context. */
export async function startWorker({ wasm, more }: DestroyOptions, runtime: Runtime): Promise<ContextWorker> {
  return new ContextWorker(runtime.worker!(), await portable(wasm), await portable(more));
}
