/** `open`, `destroy` and `repair`, given what differs between runtimes. */

import { fromOpening, StorageUnavailableError } from '../errors/index.js';
import { hasHandles } from '../storage/opfs/handles.js';
import { repairFiles } from '../link/host/repair-files.js';
import type { RepairReport } from '../types.js';
import type { EngineModule, EngineOptions } from '../wasm.js';
import { Database } from './database.js';
import { engineOptions, load, patiently, startWorker } from './engine.js';
import { load as loadDump } from './load.js';
import { Client } from './low-level-client.js';
import { openAlone, openShared } from './opening.js';
import type { DestroyOptions, Kept, OpenOptions, RepairOptions, Runtime } from './options.js';
import { choose, own, type Chosen, type Owned } from './place.js';
import { ensureTables } from './schema.js';
import { Space } from './space.js';

export type { DestroyOptions, Kept, OpenOptions, RepairOptions, Runtime } from './options.js';

function checkName(options: { name: string }): void {
  if (typeof options !== 'object' || typeof options.name !== 'string' || options.name === '') {
    throw new TypeError('name: a non-empty string is needed');
  }
}

/** Makes the `open` of a runtime. */
export function opener(runtime: Runtime): (options: OpenOptions) => Promise<Database> {
  return async (options) => {
    checkName(options);
    const chosen = choose(options, runtime, !options.worker && !runtime.worker);
    try {
      return await openOn(chosen, options, runtime);
    } catch (error) {
      const fallsBack = (options.storage ?? 'auto') === 'auto' && chosen.storage === 'indexeddb';
      if (!fallsBack || !(error instanceof StorageUnavailableError)) throw error;
      // Private windows and pages without Web Locks: nothing can be kept, and `db.persistence` says so.
      return openOn({ storage: 'memory', reason: error.message }, options, runtime);
    }
  };
}

async function openOn(chosen: Chosen, options: OpenOptions, runtime: Runtime): Promise<Database> {
  const isShared = chosen.storage === 'indexeddb' || chosen.storage === 'opfs';
  const opened = await (isShared ? openShared : openAlone)(chosen, options, runtime);
  const { connection } = opened;
  try {
    const { region, storage } = connection.settings;
    if (options.load !== undefined) await loadDump(connection, options.load, options.progress);
    if (options.tables) await ensureTables(new Client(connection, region), options.tables);
    return new (runtime.Database ?? Database)({
      name: options.name,
      region,
      connection,
      keys: opened.keys,
      space: await Space.of(storage, chosen.reason, opened.usage),
      remove: opened.remove,
      released: opened.release,
    });
  } catch (error) {
    await connection.close().catch(() => undefined);
    await opened.quiet?.();
    await opened.release();
    throw fromOpening(error);
  }
}

/** Owns the storage and loads the engine, one beside the other. */
async function prepare(
  chosen: Chosen,
  options: DestroyOptions,
  runtime: Runtime,
): Promise<[Owned, EngineModule]> {
  const owning = own(chosen, options, runtime);
  try {
    // Both are waited for, so that a lock that is had is given up when there is no engine.
    const [owned, module] = await Promise.allSettled([owning, load(options, runtime)]);
    if (owned.status === 'rejected') throw owned.reason;
    if (module.status === 'rejected') {
      await owned.value.release();
      throw module.reason;
    }
    return [owned.value, module.value];
  } catch (error) {
    throw fromOpening(error);
  }
}

async function remove(module: EngineModule, settings: EngineOptions, kept: Kept | undefined): Promise<void> {
  if (kept) await kept.clear();
  else if (settings.storage !== 'memory') await module.destroy(settings);
}

/** Makes the `destroy` of a runtime: deletes a database that is not open. */
export function destroyer(runtime: Runtime): (options: DestroyOptions) => Promise<void> {
  return async (options) => {
    checkName(options);
    const chosen = choose(options, runtime, false);
    if (chosen.storage === 'memory') return;
    if (chosen.storage === 'opfs') return destroyOpfs(chosen, options, runtime);
    const [owned, module] = await prepare(chosen, options, runtime);
    try {
      await remove(module, engineOptions(options, chosen, owned.kept), owned.kept);
    } catch (error) {
      throw fromOpening(error);
    } finally {
      await owned.release();
    }
  };
}

async function destroyOpfs(chosen: Chosen, options: DestroyOptions, runtime: Runtime): Promise<void> {
  try {
    const { removeFiles } = await runtime.opfs!();
    const owned = await own(chosen, options, runtime);
    await removeFiles(options.name).finally(() => owned.release());
  } catch (error) {
    throw fromOpening(error);
  }
}

/**
 * Makes the `repair` of a runtime: what can be read of a database that is not open becomes a new one in its place, when
 * anything is wrong with it. Nothing of the old one is touched before all of the new one is written, so there has to be space for both.
 */
export function repairer(runtime: Runtime): (options: RepairOptions) => Promise<RepairReport> {
  return async (options) => {
    checkName(options);
    const chosen = choose(options, runtime, !runtime.worker);
    if (chosen.storage === 'memory') {
      throw new StorageUnavailableError(
        'a database in memory ends with its process; there is none to repair',
      );
    }
    const [owned, module] = await prepare(chosen, options, runtime);
    try {
      await module.complete();
      const settings = engineOptions(options, chosen, owned.kept);
      if (chosen.storage === 'opfs') return await repairOpfs(module, settings, options, runtime);
      return await patiently(() => module.repair(settings));
    } catch (error) {
      throw fromOpening(error);
    } finally {
      await owned.kept?.quiet();
      await owned.release();
    }
  };
}

async function repairOpfs(
  module: EngineModule,
  settings: EngineOptions,
  options: RepairOptions,
  runtime: Runtime,
): Promise<RepairReport> {
  if (hasHandles()) return repairFiles(module, settings, await runtime.opfs!());
  const worker = await startWorker(options, runtime);
  try {
    return (await worker.ask(['repair', worker.number(), settings])) as RepairReport;
  } finally {
    worker.end();
  }
}
