/** What `open`, `destroy` and `repair` are given: by the application, and by the runtime. */

import type { Link, LinkEvents } from '../link/link.js';
import type { CreateTableInput, Progress } from '../types.js';
import type { Encryption } from '../storage/keyring.js';
import type { EngineOptions, StorageKind, WasmSource } from '../wasm.js';
import type { Database } from './database.js';
import type { DumpSource } from './load.js';
import type { Usage } from './space.js';

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
   * `opfs` is the origin private file system of a browser. Only dedicated workers can use it: elsewhere one that has the
   * files, and nothing else, is started, unless with `worker: true` the engine is in one anyway.
   */
  storage?: 'auto' | StorageKind | undefined;
  /** The directory of the `files` storage. */
  path?: string | undefined;
  /**
   * What an acknowledged write has survived. `relaxed`: the death of the tab and of the browser, not of the power.
   * `strict`: that too. Default: `strict` on files, `relaxed` elsewhere.
   */
  durability?: 'relaxed' | 'strict' | undefined;
  /**
   * Encrypts what is kept, with AES-GCM of Web Crypto, by the key or the passphrase given here: everything but the number and
   * the sizes of values. It is decided when the database is made; without the key it is not opened (`EncryptionKeyError`). A
   * key that is lost takes the data with it. In memory nothing is kept, and nothing encrypted.
   */
  encryption?: Encryption | undefined;
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
export type RepairOptions = DestroyOptions & Pick<OpenOptions, 'cacheBytes' | 'encryption'>;

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
  /** Opens a directory; absent where there are no files. */
  files?(path: string): Promise<Kept>;
  /** What the memory of the engine ends with, where databases are not to share one; absent: with the process. */
  owner?: object;
  /** What `open` gives. */
  Database?: typeof Database;
  /** A store of the runtime's own, which `auto` takes when there is one. */
  external?: External;
  /** What the storage `opfs` needs; absent where there is no origin private file system. */
  opfs?(): Promise<typeof import('../entry/opfs.js')>;
}

/** A store that only this runtime has. */
export interface External {
  storage: Exclude<StorageKind, 'memory' | 'indexeddb' | 'files' | 'opfs'>;
  /** Why `auto` takes it. */
  reason: string;
  /** Opens it for one owner: a `DatabaseLockedError` when there is another. */
  open(options: DestroyOptions): Promise<Kept>;
}

/** An opened directory or store that has no other owner. */
export interface Kept {
  /** What the engine reaches it by. */
  engine: Pick<EngineOptions, 'files' | 'store' | 'wakeAt'>;
  /** Waits for what an engine that failed had under way, and closes what it had open. */
  quiet(): Promise<void>;
  /** What is in it, and what may be. */
  usage(): Usage | Promise<Usage>;
  /** Deletes what is in it. */
  clear(): void | Promise<void>;
  release(): void | Promise<void>;
  /** Makes a link and watches over it, where another may come to own what this is. */
  watch?(make: () => Promise<Link>, events: LinkEvents): Promise<Link>;
}
