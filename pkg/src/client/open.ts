/** `open` and `destroy`, given what differs between runtimes. */

import { DatabaseLockedError, fromOpening, StorageUnavailableError } from '../errors/index.js';
import type { Connect } from '../link/link.js';
import { Exchange } from '../link/tabs/exchange.js';
import type { EngineHost } from '../link/host/engine-host.js';
import { localHost, type Opfs } from '../link/host/local-host.js';
import { workerHost } from '../link/host/worker-host.js';
import { Moved } from '../link/moved.js';
import { Tabs } from '../link/tabs/tabs.js';
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
   *
   * `opfs` is the origin private file system of a browser: with `worker: true`, or in a dedicated worker; elsewhere it is a
   * `StorageUnavailableError`.
   */
  storage?: 'auto' | 'memory' | 'indexeddb' | 'files' | 'opfs' | undefined;
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
   * call that needs it: transactions, PartiQL, UpdateTable, tags, time to live, streams; with the storages `files` and `opfs`; to
   * delete a database of IndexedDB; and once items have expired.
   */
  more?: WasmSource | undefined;
  /**
   * In browsers: the engine runs in a worker of its own, so that its work costs the page's thread nothing; each call takes a
   * tenth of a millisecond longer. A function starts a worker that runs `worker.js` of this package, when the package
   * shall not find it itself.
   */
  worker?: boolean | (() => Worker) | undefined;
  /**
   * In browsers: where `broker.js` of this package is, when the package shall not find it itself. It is a SharedWorker that
   * connects the tabs of an origin to each other. With `null`, or where there are no SharedWorkers, they speak over a
   * BroadcastChannel, which is slower.
   */
  broker?: URL | string | null | undefined;
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
  /** Starts the worker that has the engine when `open` is told to. */
  worker?(): Worker;
  /** The script of the SharedWorker that connects the tabs of an origin. */
  broker?(): URL | string;
  /** File primitives and a lock for a directory; absent where there are no files. */
  files?(path: string): Promise<Files>;
  /** What the storage `opfs` needs; absent where there is no origin private file system. */
  opfs?(): Promise<Opfs>;
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
  storage: 'memory' | 'indexeddb' | 'files' | 'opfs';
  reason: string;
}

/** With `handles`, files are to be opened in this context. */
function choose(options: DestroyOptions, runtime: Runtime, handles: boolean): Chosen {
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

/**
 * The number by which the log knows the requests of a client. Where something is kept, calls in flight outlive an engine
 * that fails; in memory they do not, and need none.
 */
const clientNumber = (storage: Chosen['storage']) =>
  storage === 'memory' ? 0 : 1 + Math.floor(Math.random() * 2 ** 42);

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
    const chosen = choose(options, runtime, !options.worker);
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

/** A connection that is open, and how it ends. */
interface Opened {
  connection: Connection;
  /** Deletes what is stored; the connection was closed. */
  remove(): Promise<void>;
  /** Gives up what kept others out. */
  release(): void;
  /** Bytes of the files, where there are some. */
  usage?: (() => Usage) | undefined;
  /** Waits for what a failed engine had under way. */
  quiet?: (() => Promise<void>) | undefined;
}

async function openOn(chosen: Chosen, options: OpenOptions, runtime: Runtime): Promise<Database> {
  const isShared = chosen.storage === 'indexeddb' || chosen.storage === 'opfs';
  const opened = await (isShared ? openShared : openAlone)(chosen, options, runtime);
  const { connection } = opened;
  try {
    const { region, storage } = connection.settings;
    if (options.load !== undefined) await loadDump(connection, options.load, options.progress);
    if (options.tables) await ensureTables(new Client(connection, region), options.tables);
    return new Database({
      name: options.name,
      region,
      connection,
      space: await Space.of(storage, chosen.reason, opened.usage),
      remove: opened.remove,
      released: opened.release,
    });
  } catch (error) {
    await connection.close().catch(() => undefined);
    await opened.quiet?.();
    opened.release();
    throw fromOpening(error);
  }
}

/** A database that no other context may open meanwhile. */
async function openAlone(chosen: Chosen, options: OpenOptions, runtime: Runtime): Promise<Opened> {
  const host = await hostOf(options, runtime);
  host.prepare();
  const owned = await own(chosen, options, runtime).catch((error: unknown) => {
    host.end();
    throw fromOpening(error);
  });
  const { files } = owned;
  const end = () => {
    host.end();
    owned.release();
  };
  try {
    const settings = engineOptions(options, chosen, files);
    const client = clientNumber(chosen.storage);
    const connect: Connect = async (events) => {
      const engine = await host.open(settings, { ...events, seen: () => undefined });
      return engine.link(client, events);
    };
    const quiet = files && (() => files.quiet());
    const connection = await patiently(() => Connection.open(connect, quiet));
    const usage = files && (() => files.usage());
    return { connection, remove: async () => files?.clear(), release: end, usage, quiet };
  } catch (error) {
    await files?.quiet();
    end();
    throw fromOpening(error);
  }
}

/** A database of a browser, which any number of tabs and workers may have open. */
async function openShared(chosen: Chosen, options: OpenOptions, runtime: Runtime): Promise<Opened> {
  const settings = engineOptions(options, chosen, undefined);
  const host = await hostOf(options, runtime);
  // Beside asking for the lock.
  host.prepare();
  const tabs = new Tabs({
    engine: settings,
    client: clientNumber(chosen.storage),
    host,
    broker: options.broker === undefined ? runtime.broker?.() : (options.broker ?? undefined),
  });
  const release = () => {
    tabs.close();
    host.end();
  };
  try {
    const connection = await patiently(() => Connection.open(tabs.connect));
    return {
      connection,
      async remove() {
        await tabs.expel();
        await host.destroy(settings);
      },
      release,
    };
  } catch (error) {
    release();
    if (error instanceof Moved)
      throw new DatabaseLockedError(`The database "${options.name}" cannot be opened: ${error.message}`);
    throw fromOpening(error);
  }
}

/** Where the engine is to run. */
async function hostOf(options: OpenOptions, runtime: Runtime): Promise<EngineHost> {
  const { worker } = options;
  if (!worker) return localHost(() => load(options, runtime), runtime.opfs?.bind(runtime));
  if (options.now) throw new TypeError('now: a clock cannot be given to an engine in a worker');
  const start = typeof worker === 'function' ? worker : runtime.worker?.bind(runtime);
  if (!start || options.path !== undefined || options.storage === 'files')
    throw new TypeError('worker: an engine in a worker is for browsers; leave the option out here');
  return workerHost(start, await portable(options.wasm), await portable(options.more));
}

/** What a worker can be told of where code is. */
async function portable(source: WasmSource | undefined): Promise<unknown> {
  if (typeof source === 'string' || source instanceof URL) return new URL(source, location.href).href;
  if (typeof Request === 'function' && source instanceof Request) return source.url;
  if (typeof Response === 'function' && source instanceof Response) return source.arrayBuffer();
  return source;
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
    const chosen = choose(options, runtime, false);
    if (chosen.storage === 'memory') return;
    if (chosen.storage === 'opfs') return destroyOpfs(chosen, options, runtime);
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
    const chosen = choose(options, runtime, true);
    if (chosen.storage === 'memory') {
      throw new StorageUnavailableError(
        'a database in memory ends with its process; there is none to repair',
      );
    }
    const [owned, module] = await prepare(chosen, options, runtime);
    try {
      await module.complete();
      const settings = engineOptions(options, chosen, owned.files);
      if (chosen.storage === 'opfs') return await repairOpfs(module, settings, runtime);
      return await patiently(() => module.repair(settings));
    } catch (error) {
      throw fromOpening(error);
    } finally {
      await owned.files?.quiet();
      owned.release();
    }
  };
}

async function repairOpfs(
  module: EngineModule,
  settings: EngineOptions,
  runtime: Runtime,
): Promise<RepairReport> {
  const { openFiles } = await runtime.opfs!();
  const pool = await openFiles(settings.name, true);
  try {
    const report = await module.repair({ ...settings, storage: 'files', files: pool.primitives });
    for (const problem of pool.discard()) {
      report.repaired = true;
      report.problems.push({ problem });
    }
    return report;
  } finally {
    pool.release();
  }
}
