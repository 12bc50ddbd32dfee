/** Where a database is to live, and what keeps others out of it. */

import { StorageUnavailableError } from '../errors/index.js';
import { hasHandles } from '../storage/opfs/handles.js';
import { Exchange } from '../link/tabs/exchange.js';
import { own as ownByLock } from '../storage/web-lock.js';
import type { StorageKind } from '../wasm.js';
import type { DestroyOptions, Kept, Runtime } from './options.js';

/** Entries of the package that bring a store along. */
const ENTRIES = { 'durable-object': 'cloudflare', 'deno-kv': 'deno' };

export interface Chosen {
  storage: StorageKind;
  reason: string;
}

/** With `handles`, files are to be opened in this context. */
export function choose(options: DestroyOptions, runtime: Runtime, handles: boolean): Chosen {
  const asked = options.storage ?? 'auto';
  const { external } = runtime;
  const hasIndexedDb = typeof indexedDB !== 'undefined';
  switch (asked) {
    case 'memory':
      return { storage: 'memory', reason: 'asked for' };
    case 'indexeddb':
      if (!hasIndexedDb)
        throw new StorageUnavailableError('storage "indexeddb": this runtime has no IndexedDB');
      return { storage: 'indexeddb', reason: 'asked for' };
    case 'files':
      if (!runtime.files) throw new StorageUnavailableError('storage "files": this runtime has no files');
      if (!options.path) throw new TypeError('storage "files" needs a path');
      return { storage: 'files', reason: 'asked for' };
    case 'opfs':
      checkOpfs(runtime, handles);
      return { storage: 'opfs', reason: 'asked for' };
    case 'auto':
      if (options.path !== undefined) {
        if (!runtime.files) throw new StorageUnavailableError('path: this runtime has no files');
        return { storage: 'files', reason: 'a path was given' };
      }
      if (external) return { storage: external.storage, reason: external.reason };
      if (hasIndexedDb) return { storage: 'indexeddb', reason: 'the runtime has IndexedDB' };
      return {
        storage: 'memory',
        reason: runtime.files ? 'no path was given' : 'the runtime has no IndexedDB',
      };
    case 'durable-object':
    case 'deno-kv':
      if (external?.storage !== asked) {
        throw new StorageUnavailableError(
          `storage "${asked}": import from "dynatab/${ENTRIES[asked]}" where there is one`,
        );
      }
      return { storage: asked, reason: 'asked for' };
    default:
      throw new TypeError(
        `storage: unknown value ${String(asked)}; use "auto", "memory", "indexeddb", "files", "opfs", "durable-object" or "deno-kv"`,
      );
  }
}

function checkOpfs(runtime: Runtime, handles: boolean): void {
  if (!runtime.opfs || !globalThis.navigator?.storage?.getDirectory)
    throw new StorageUnavailableError(
      'storage "opfs": there is no origin private file system here; browsers have one on https and on localhost',
    );
  if (handles && !hasHandles())
    throw new StorageUnavailableError(
      'storage "opfs": only dedicated workers can use it: pass worker: true to open(), or call this in one',
    );
}

export interface Owned {
  kept?: Kept;
  release(): void | Promise<void>;
}

/** Takes what keeps others out of a database that is not shared. */
export async function own(chosen: Chosen, options: DestroyOptions, runtime: Runtime): Promise<Owned> {
  switch (chosen.storage) {
    case 'files': {
      const kept = await runtime.files!(options.path!);
      return { kept, release: () => kept.release() };
    }
    case 'durable-object':
    case 'deno-kv': {
      const kept = await runtime.external!.open(options);
      return { kept, release: () => kept.release() };
    }
    case 'indexeddb':
    case 'opfs': {
      const release = await ownByLock(options.name);
      // Tabs that open the database meanwhile wait.
      const exchange = new Exchange(options.name, undefined, {
        found: (port) => port.close(),
        opening: () => undefined,
        ended: () => undefined,
      });
      exchange.open();
      return {
        release() {
          exchange.close();
          release();
        },
      };
    }
    case 'memory':
      return { release: () => undefined };
  }
}
