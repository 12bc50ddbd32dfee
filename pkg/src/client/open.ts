/** `open` and `destroy`, given what differs between runtimes. */

import { fromOpening, StorageUnavailableError } from '../errors/index.js';
import { LocalLink } from '../link/local.js';
import { own as ownByLock } from '../storage/web-lock.js';
import type { CreateTableInput, Progress, RepairReport } from '../types.js';
import { loadEngine, type EngineModule, type EngineOptions, type WasmSource } from '../wasm.js';
import { Connection } from './connection.js';
import { Database } from './database.js';
import { load as loadDump, type DumpSource } from './load.js';
import { Client } from './low-level-client.js';
import { ensureTables } from './schema.js';
import { Space, type Usage } from './space.js';

/** Options of `open`. */
export interface OpenOptions {
  /** Names the database within its origin or directory. */
  name: string;
  /** Tables to create when absent; existing ones are compared, and a difference is a `SchemaMismatchError`. */
  tables?: readonly CreateTableInput[] | undefined;
  /**
   * Where the data lives. `auto` (the default) takes files when `path` is given, IndexedDB where there is one and
   * memory where there is none or the browser forbids it; `db.persistence` says what it became. An IndexedDB that is
   * there but fails to open is a `StorageFailedException`.
   */
  storage?: 'auto' | 'memory' | 'indexeddb' | 'files' | undefined;
  /** The directory of the `files` storage. */
  path?: string | undefined;
  /**
   * What an acknowledged write has survived. `relaxed`: the death of the tab and of the browser, not of the power.
   * `strict`: that too. Default: `strict` on files, `relaxed` elsewhere.
   */
  durability?: 'relaxed' | 'strict' | undefined;
  /** Upper bound of the block cache in bytes; 32 MiB when left out, and never below 2 MiB. */
  cacheBytes?: number | undefined;
  /** The region in ARNs; `local` when left out. */
  region?: string | undefined;
  /** The account in ARNs: twelve digits. */
  accountId?: string | undefined;
  /**
   * The clock: milliseconds since 1970. For tests; times and expiry follow it, and what has expired goes at the first
   * call after the clock has moved, or at `db.deleteExpired()`.
   */
  now?: (() => number) | undefined;
  /**
   * How long changes of tables take, in milliseconds, as far as statuses tell: a table is CREATING, UPDATING or DELETING
   * so long, and until `updateTimeToLive` is over a second UpdateTimeToLive is refused. Zero when left out.
   */
  delays?:
    | {
        createTable?: number | undefined;
        updateTable?: number | undefined;
        deleteTable?: number | undefined;
        updateTimeToLive?: number | undefined;
      }
    | undefined;
  /** Least time between two searches for expired items, in seconds; 60 when left out. */
  sweepSeconds?: number | undefined;
  /**
   * A dump that `db.dump()` made, to fill the database with: a Blob, bytes, a stream of bytes or a Response. The database
   * must have no tables (`DatabaseNotEmptyError`); a dump that is damaged, cut off, none, or of a later version is a
   * `DumpError`. All of it is there when `open` resolves, and nothing of it when it rejects.
   */
  load?: DumpSource | undefined;
  /** Called while `load` is read: items and bytes so far, and how many the dump says it has. */
  progress?: ((done: Progress) => void) | undefined;
  /** The engine's code, when the package shall not find it itself. */
  wasm?: WasmSource | undefined;
  /**
   * The engine's second file, `engine.more.wasm`, when the package shall not find it itself. It is loaded with the first
   * call that needs it: transactions, PartiQL, UpdateTable, tags, time to live, streams; with the `files` storage; to
   * delete a database of IndexedDB; and once items have expired.
   */
  more?: WasmSource | undefined;
}

/** Identifies a database for `destroy`. */
export type DestroyOptions = Pick<OpenOptions, 'name' | 'storage' | 'path' | 'wasm' | 'more'>;

/** Identifies a database for `repair`. */
export type RepairOptions = DestroyOptions & Pick<OpenOptions, 'cacheBytes'>;

/** What a runtime brings along. */
export interface Runtime {
  /** The engine's code when the caller gives none. */
  wasm(): WasmSource | Promise<WasmSource>;
  /** Its second file. */
  more(): WasmSource | Promise<WasmSource>;
  /** File primitives and a lock for a directory; absent where there are no files. */
  files?(path: string): Promise<Files>;
}

/** An opened directory, locked. */
export interface Files {
  primitives: unknown;
  /** Waits for what an engine that failed had under way, and closes what it had open. */
  quiet(): Promise<void>;
  /** What is in it, and what may be. */
  usage(): Usage;
  /** Deletes what is in it. */
  clear(): void;
  release(): void;
}

interface Chosen {
  storage: 'memory' | 'indexeddb' | 'files';
  reason: string;
}

function choose(options: DestroyOptions, runtime: Runtime): Chosen {
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
        `storage: unknown value ${String(asked)}; use "auto", "memory", "indexeddb" or "files"`,
      );
  }
}

function engineOptions(options: OpenOptions, chosen: Chosen, files: Files | undefined): EngineOptions {
  const durability =
    chosen.storage === 'memory'
      ? 'memory'
      : (options.durability ?? (chosen.storage === 'files' ? 'strict' : 'relaxed'));
  const made: EngineOptions = { name: options.name, storage: chosen.storage, durability };
  if (options.cacheBytes !== undefined) made.cacheBytes = options.cacheBytes;
  if (options.region !== undefined) made.region = options.region;
  if (options.accountId !== undefined) made.accountId = options.accountId;
  if (options.now !== undefined) made.now = options.now;
  if (options.delays !== undefined) made.delays = options.delays;
  if (options.sweepSeconds !== undefined) made.sweepSeconds = options.sweepSeconds;
  if (files) made.files = files.primitives;
  return made;
}

function checkName(options: { name: string }): void {
  if (typeof options !== 'object' || typeof options.name !== 'string' || options.name === '') {
    throw new TypeError('name: a non-empty string is needed');
  }
}

function load(options: DestroyOptions, runtime: Runtime): Promise<EngineModule> {
  const { wasm, more } = options;
  return loadEngine({
    wasm: wasm === undefined ? () => runtime.wasm() : () => wasm,
    more: more === undefined ? () => runtime.more() : () => more,
  });
}

/** What keeps other owners out, and the files where there are some. */
/** Pauses before another try, in milliseconds. */
const PAUSES = [25, 50, 100, 200, 400, 800];

/**
 * Tries again what the browser refused for no reason of the database's. Chromium does so for a moment after a crash:
 * `UnknownError: Internal error opening backing store for indexedDB.open`.
 */
async function patiently<T>(task: () => Promise<T>): Promise<T> {
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

interface Owned {
  files?: Files;
  release(): void;
}

async function own(chosen: Chosen, options: DestroyOptions, runtime: Runtime): Promise<Owned> {
  switch (chosen.storage) {
    case 'files': {
      const files = await runtime.files!(options.path!);
      return { files, release: () => files.release() };
    }
    case 'indexeddb':
      return { release: await ownByLock(options.name) };
    case 'memory':
      return { release: () => undefined };
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
      owned.value.release();
      throw module.reason;
    }
    return [owned.value, module.value];
  } catch (error) {
    throw fromOpening(error);
  }
}

/** Makes the `open` of a runtime. */
export function opener(runtime: Runtime): (options: OpenOptions) => Promise<Database> {
  return async (options) => {
    checkName(options);
    const chosen = choose(options, runtime);
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
  const [owned, module] = await prepare(chosen, options, runtime);
  let connection: Connection | undefined;
  try {
    const settings = engineOptions(options, chosen, owned.files);
    settings.complete = () => module.complete();
    // Where something is kept, calls in flight outlive an engine that fails.
    const client = chosen.storage === 'memory' ? 0 : 1 + Math.floor(Math.random() * 2 ** 42);
    if (owned.files) await module.complete();
    connection = await patiently(() =>
      Connection.open(
        (events) => LocalLink.open(module, settings, client, events),
        owned.files && (() => owned.files!.quiet()),
      ),
    );
    const { region, storage } = connection.settings;
    if (options.load !== undefined) await loadDump(connection, options.load, options.progress);
    if (options.tables) await ensureTables(new Client(connection, region), options.tables);
    return new Database({
      name: options.name,
      region,
      connection,
      space: await Space.of(storage, chosen.reason, owned.files && (() => owned.files!.usage())),
      remove: () => remove(module, settings, owned.files),
      released: () => owned.release(),
    });
  } catch (error) {
    await connection?.close().catch(() => undefined);
    await owned.files?.quiet();
    owned.release();
    throw fromOpening(error);
  }
}

async function remove(
  module: EngineModule,
  settings: EngineOptions,
  files: Files | undefined,
): Promise<void> {
  if (files) files.clear();
  else if (settings.storage !== 'memory') await module.destroy(settings);
}

/** Makes the `destroy` of a runtime: deletes a database that is not open. */
export function destroyer(runtime: Runtime): (options: DestroyOptions) => Promise<void> {
  return async (options) => {
    checkName(options);
    const chosen = choose(options, runtime);
    if (chosen.storage === 'memory') return;
    const [owned, module] = await prepare(chosen, options, runtime);
    try {
      await remove(module, engineOptions(options, chosen, owned.files), owned.files);
    } catch (error) {
      throw fromOpening(error);
    } finally {
      owned.release();
    }
  };
}

/**
 * Makes the `repair` of a runtime: what can be read of a database that is not open becomes a new one in its place, when
 * anything is wrong with it. Nothing of the old one is touched before all of the new one is written, so there has to be space for both.
 */
export function repairer(runtime: Runtime): (options: RepairOptions) => Promise<RepairReport> {
  return async (options) => {
    checkName(options);
    const chosen = choose(options, runtime);
    if (chosen.storage === 'memory') {
      throw new StorageUnavailableError(
        'a database in memory ends with its process; there is none to repair',
      );
    }
    const [owned, module] = await prepare(chosen, options, runtime);
    try {
      await module.complete();
      return await patiently(() => module.repair(engineOptions(options, chosen, owned.files)));
    } catch (error) {
      throw fromOpening(error);
    } finally {
      await owned.files?.quiet();
      owned.release();
    }
  };
}
