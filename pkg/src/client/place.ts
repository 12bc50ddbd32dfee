/** Where a database is to live, and what keeps others out of it. */

import { StorageUnavailableError } from '../errors/index.js';
import { Exchange } from '../link/tabs/exchange.js';
import { own as ownByLock } from '../storage/web-lock.js';
import type { DestroyOptions, Files, Runtime } from './options.js';

export interface Chosen {
  storage: 'memory' | 'indexeddb' | 'files' | 'opfs';
  reason: string;
}

/** With `handles`, files are to be opened in this context. */
export function choose(options: DestroyOptions, runtime: Runtime, handles: boolean): Chosen {
  const asked = options.storage ?? 'auto';
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
      if (hasIndexedDb) return { storage: 'indexeddb', reason: 'the runtime has IndexedDB' };
      return {
        storage: 'memory',
        reason: runtime.files ? 'no path was given' : 'the runtime has no IndexedDB',
      };
    default:
      throw new TypeError(
        `storage: unknown value ${String(asked)}; use "auto", "memory", "indexeddb", "files" or "opfs"`,
      );
  }
}

function checkOpfs(runtime: Runtime, handles: boolean): void {
  if (!runtime.opfs || !globalThis.navigator?.storage?.getDirectory)
    throw new StorageUnavailableError(
      'storage "opfs": there is no origin private file system here; browsers have one on https and on localhost',
    );
  if (handles && !('FileSystemSyncAccessHandle' in globalThis))
    throw new StorageUnavailableError(
      'storage "opfs": only dedicated workers can use it: pass worker: true to open(), or call this in one',
    );
}

export interface Owned {
  files?: Files;
  release(): void;
}

/** Takes what keeps others out of a database that is not shared. */
export async function own(chosen: Chosen, options: DestroyOptions, runtime: Runtime): Promise<Owned> {
  switch (chosen.storage) {
    case 'files': {
      const files = await runtime.files!(options.path!);
      return { files, release: () => files.release() };
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
