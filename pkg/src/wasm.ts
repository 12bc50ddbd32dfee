/**
 * The engine as the rest of the package sees it. The only module that touches generated code.
 */

import { bind } from '../wasm/dynatab.js';
import { EngineLoadError, InternalServerError } from './errors/index.js';
import { unlock, type Encryption } from './storage/keyring.js';
import type { ExternalStore } from './storage/external.js';
import type { Question } from './storage/remote/messages.js';
import type { RepairReport, VerifyReport } from './types.js';

/** Called by the engine. */
export interface EngineCallbacks {
  /** The answer of the pending call `id` of `client` stands in the output buffer until this returns. */
  settle(id: number, client: number): void;
  /** Something the application may want to know. */
  event(kind: string, detail: string): void;
}

/** Where a database is kept. */
export type StorageKind = 'memory' | 'indexeddb' | 'files' | 'opfs' | 'durable-object' | 'deno-kv';

export interface EngineOptions {
  name: string;
  /** The engine itself knows `opfs` as `files`. */
  storage: StorageKind;
  durability?: 'relaxed' | 'strict' | 'memory';
  cacheBytes?: number;
  files?: unknown;
  /** What the storages `durable-object` and `deno-kv` keep values in. */
  store?: ExternalStore;
  /** Not for what is in memory. */
  encryption?: Encryption;
  region?: string;
  accountId?: string;
  now?: () => number;
  sweepSeconds?: number;
  delays?: object;
  /** Loads the second file; the engine asks for it when items have expired. */
  complete?: () => Promise<void>;
  /** Where timers are lost: has `attend` called at this time, or earlier. */
  wakeAt?: (millis: number) => void;
}

/** What a database was opened as, with what is taken where nothing was said. */
export interface EngineSettings {
  storage: StorageKind;
  durability: 'relaxed' | 'strict' | 'memory';
  region: string;
  accountId: string;
  /** Whether what is kept is encrypted. */
  encrypted: boolean;
}

/** Items, bytes, how many of both are expected; and the part of a dump. */
export type EngineProgress = readonly [
  items: number,
  bytes: number,
  totalItems: number,
  totalBytes: number,
  part?: Uint8Array,
];

/** One open database inside the engine. */
export interface Engine {
  /** A place of at least `length` bytes for a request; the memory's buffer may change. */
  input(length: number): number;
  /**
   * 1: the answer is in the output buffer. 0: `settle(id, client)` comes later. A call that comes again after another
   * opening is answered as it was, if the log holds what it wrote; numbers of one client only grow. The log tells nothing of
   * the calls of client 0.
   */
  call(operation: number, length: number, id: number, client: number): number;
  http(
    method: string,
    path: string,
    target: string | undefined,
    contentType: string | undefined,
    host: string | undefined,
    length: number,
    id: number,
    client: number,
  ): number;
  /**
   * A client in another context: answers to what it writes are remembered until it has them, by this owner and the next
   * ones, each of which it joins before its calls.
   */
  join(client: number): void;
  /** None of its calls will come again. */
  leave(client: number): void;
  /** It has all answers to calls of lower numbers than `below`. */
  received(client: number, below: number): void;
  /** Commits from now on are strict, also of an engine that was opened relaxed. */
  requireStrict(): void;
  /** Whether another owner has come: what is in flight, and what it was told since, counts there. */
  isFenced(): boolean;
  outputPtr(): number;
  outputLen(): number;
  settings(): EngineSettings;
  deleteExpired(): Promise<number>;
  /** Does what is due, and resolves when that is done. In the second file. */
  attend(): Promise<void>;
  /** The next part of dump `id`; the first call begins it and gives no bytes. Nothing: it is complete. */
  dump(id: number): Promise<EngineProgress | undefined>;
  /** Gives a part to load `id`, which begins with its first; without a part, the dump is complete. */
  load(id: number, part?: Uint8Array): Promise<EngineProgress>;
  /** Gives up a dump or a load. */
  abandon(id: number): Promise<void>;
  /** The keyring of an encrypted database. In the second file, as are the two below. */
  keyring(): Promise<Uint8Array> | undefined;
  /** Replaces it: the present one and, as long, the next. */
  rekey(change: Uint8Array): Promise<void> | undefined;
  verify(): Promise<VerifyReport>;
  close(): Promise<void>;
}

/**
 * The engine is two files. What few call is in the second, which is loaded when it is first asked for: a call that
 * needs it before it is there is a trap.
 *
 * Databases share one instance, unless their runtime gives each one of its own. When it fails, all of them go on with a
 * fresh one.
 */
export interface EngineModule {
  open(options: EngineOptions, callbacks: EngineCallbacks): Promise<Engine>;
  /** In the second file, which it loads. */
  destroy(options: EngineOptions): Promise<void>;
  /** In the second file. */
  repair(options: EngineOptions): Promise<RepairReport>;
  /** Opens a store of files alone, for an engine elsewhere; gives what answers for it. In the second file, which it loads. */
  storage(files: unknown): Promise<(question: Question) => Promise<unknown>>;
  /** Whether the second file is there. */
  readonly whole: boolean;
  /** Loads the second file. */
  complete(): Promise<void>;
  /** The engine's memory as bytes; a new view whenever the memory has grown. */
  memory(): Uint8Array;
  /** What an engine promised, or the failure of the instance, in which promises settle no more. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Tells of failures of the instance, as they happen; gives what ends that. */
  watch(told: (failure: Error) => void): () => void;
}

/** Where the engine's code comes from. */
export type WasmSource = URL | string | Request | Response | ArrayBuffer | Uint8Array | WebAssembly.Module;

/** Where the code of the engine comes from: its two files. */
export interface WasmSources {
  wasm(): WasmSource | Promise<WasmSource>;
  more(): WasmSource | Promise<WasmSource>;
}

const loading = /* @__PURE__ */ new WeakMap<object, Promise<EngineModule>>();

/**
 * Loads the engine once per page or process, or per `owner`, where its memory is to end with one; a failed load is tried
 * again by the next call.
 */
export function loadEngine(sources: WasmSources, owner: object = loading): Promise<EngineModule> {
  let module = loading.get(owner);
  if (!module) {
    module = instantiate(sources).catch((error: unknown) => {
      loading.delete(owner);
      throw error;
    });
    loading.set(owner, module);
  }
  return module;
}

/** An instance of both files. */
interface Instance {
  database: Pick<EngineModule, 'open' | 'destroy' | 'repair' | 'storage'>;
  exports: { memory: WebAssembly.Memory };
  view: Uint8Array;
  whole?: Promise<void> | undefined;
  isWhole?: boolean;
}

/** A failed instance that cannot have so many pages more has failed for want of them. */
const PAGES = 256;

async function instantiate(sources: WasmSources): Promise<EngineModule> {
  const first = await compiled(sources, 'wasm');
  let second: WebAssembly.Module | undefined;
  let instance: Instance | undefined;
  let renewing: Promise<void> | undefined;
  let failure: Error;
  const watchers = new Set<(failure: Error) => void>();

  const start = async (): Promise<void> => {
    let made: Instance | undefined;
    let own: Error | undefined;
    let untold: typeof watchers | undefined;
    // Called again when it throws, as it does where no stack is left.
    const glue = bind((cause, memory) => {
      let message = `The engine failed: ${String(cause)}. Its memory had ${memory.buffer.byteLength} bytes`;
      try {
        memory.grow(PAGES);
      } catch {
        message += ' and could not grow: a lower cacheBytes leaves more room';
      }
      failure = own ??= new InternalServerError({ message, cause });
      // Until it is asked for, the stack of an error holds the instance whose frames are in it, and its memory.
      void [own.stack, (cause as Error | undefined)?.stack];
      if (instance === made) instance = undefined;
      // Timers may hold this function for long, and it is not to hold the memory.
      made = undefined;
      untold ??= new Set(watchers);
      for (const told of untold) {
        told(own);
        untold.delete(told);
      }
    });
    const { exports } = await WebAssembly.instantiate(first, glue.imports());
    glue.start(exports);
    const { memory } = exports as Instance['exports'];
    made = {
      database: glue.Database as Instance['database'],
      exports: exports as Instance['exports'],
      view: new Uint8Array(memory.buffer),
    };
    if (second) await complete(made);
    instance = made;
  };

  const renewed = (): Promise<void> => (renewing ??= start().finally(() => (renewing = undefined)));

  /** Asks the instance, a fresh one after a failure. Nothing may come between having it and asking it. */
  const ask = async <T>(question: (database: Instance['database']) => Promise<T>): Promise<T> => {
    while (!instance) await renewed();
    try {
      return until(question(instance.database));
    } catch (error) {
      throw instance ? error : failure;
    }
  };

  const complete = (of: Instance): Promise<void> => {
    const load = async () => {
      try {
        second ??= await compiled(sources, 'more');
        // Its imports are the exports of the first file, by names that no two builds share.
        await WebAssembly.instantiate(second, { '': of.exports as unknown as WebAssembly.ModuleImports });
        of.isWhole = true;
      } catch (error) {
        of.whole = undefined;
        throw explained(error, 'more');
      }
    };
    return (of.whole ??= load());
  };

  const until = <T>(promise: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      watchers.add(reject);
      void promise.then(resolve, reject).then(() => watchers.delete(reject));
    });

  try {
    await start();
  } catch (error) {
    throw explained(error, 'wasm');
  }
  const module: EngineModule = {
    open: (options, callbacks) => ask((database) => database.open(unlocking(options), callbacks)),
    async destroy(options) {
      await module.complete();
      return ask((database) => database.destroy(options));
    },
    async storage(files) {
      await module.complete();
      const answers = await ask((database) => database.storage(files));
      return (question) => until(answers(question));
    },
    repair: (options) => ask((database) => database.repair(unlocking(options))),
    get whole() {
      return instance?.isWhole === true;
    },
    async complete() {
      while (!instance) await renewed();
      return complete(instance);
    },
    memory() {
      const { exports, view } = instance!;
      return view.buffer === exports.memory.buffer
        ? view
        : (instance!.view = new Uint8Array(exports.memory.buffer));
    },
    until,
    watch(told) {
      watchers.add(told);
      return () => void watchers.delete(told);
    },
  };
  return module;
}

/** What the engine is given: not the application's key, but what opens the database's own with it. */
function unlocking({ encryption, ...options }: EngineOptions): EngineOptions {
  if (!encryption || options.storage === 'memory') return options;
  return { ...options, unlock: (keyring?: Uint8Array) => unlock(encryption, keyring) } as EngineOptions;
}

/**
 * When a file that the network failed to bring is asked for again, in milliseconds. Firefox ends the fetches of a page
 * before it leaves it: what they fail with is not to be the answer to calls of other tabs, which the next owner carries out.
 */
const AGAIN = [100, 400];

/** One of the files as code that can be instantiated again and again. */
async function compiled(sources: WasmSources, option: Option): Promise<WebAssembly.Module> {
  let first: unknown;
  for (const wait of [...AGAIN, 0]) {
    try {
      const code = await readable(await sources[option](), option);
      if (code instanceof WebAssembly.Module) return code;
      const streams = typeof Response === 'function' && code instanceof Response;
      return await (streams ? WebAssembly.compileStreaming(code) : WebAssembly.compile(code as BufferSource));
    } catch (error) {
      first ??= error;
      // What a network fails with is a TypeError, of the request and of the stream.
      if (!(error instanceof TypeError)) break;
      if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  throw explained(first, option);
}

/** Streams when the server names the type, reads first when it does not. */
async function readable(
  source: WasmSource,
  option: Option,
): Promise<Response | BufferSource | WebAssembly.Module> {
  if (source instanceof WebAssembly.Module || source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return source as BufferSource | WebAssembly.Module;
  }
  let response: Response;
  let from: string;
  if (typeof Response === 'function' && source instanceof Response) {
    response = source;
    from = source.url;
  } else {
    from = source instanceof URL || typeof source === 'string' ? String(source) : (source as Request).url;
    response = await fetch(source as URL | string | Request);
  }
  if (!response.ok) {
    throw new EngineLoadError(
      `The engine's wasm was not found: ${from} answered ${response.status}. ${hint(option)}`,
    );
  }
  const streams = typeof WebAssembly.compileStreaming === 'function';
  if (streams && response.headers.get('content-type')?.startsWith('application/wasm')) return response;
  const bytes = await response.arrayBuffer();
  const magic = new Uint8Array(bytes, 0, Math.min(4, bytes.byteLength));
  if (magic[0] !== 0 || magic[1] !== 0x61 || magic[2] !== 0x73 || magic[3] !== 0x6d) {
    throw new EngineLoadError(`${from} is not a wasm file (a page in its place?). ${hint(option)}`);
  }
  return bytes;
}

/** The option of `open` that says where one of the files is. */
type Option = 'wasm' | 'more';

const hint = (option: Option) =>
  `Pass its place as open({ ${option}: url }), or import from "dynatab/inline", which carries the wasm inside.`;

function explained(error: unknown, option: Option): unknown {
  if (error instanceof EngineLoadError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/unsafe-eval|Content Security Policy/i.test(message)) {
    return new EngineLoadError(
      `The page's Content-Security-Policy forbids WebAssembly: add 'wasm-unsafe-eval' to its script-src. (${message})`,
      { cause: error },
    );
  }
  if (/disallowed by embedder/i.test(message)) {
    return new EngineLoadError(
      `This runtime compiles no wasm from bytes: pass an imported WebAssembly.Module as open({ ${option}: module }). (${message})`,
      { cause: error },
    );
  }
  if (error instanceof WebAssembly.LinkError) {
    return new EngineLoadError(`engine.wasm and engine.more.wasm are of different versions. (${message})`, {
      cause: error,
    });
  }
  return new EngineLoadError(`The engine could not be loaded: ${message}. ${hint(option)}`, { cause: error });
}
