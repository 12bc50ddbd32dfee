/**
 * One open engine and the calls in flight on it.
 *
 * A request is encoded completely before the engine is touched, and an answer is decoded completely before anything
 * of the user's runs, so that getters, `wrapNumbers` functions and event listeners may call the client.
 */

import { Decoder } from '../codec/decode.js';
import { NestingError } from '../codec/encode.js';
import { TypeMismatch } from '../codec/encode-attribute.js';
import type { MarshallOptions, UnmarshallOptions } from '../codec/options.js';
import * as tag from '../codec/tag.js';
import { Writer } from '../codec/writer.js';
import {
  abortError,
  ConditionalCheckFailedException,
  DatabaseClosedException,
  fromEngine,
  fromTransfer,
  InternalServerError,
  SerializationException,
  TransactionCanceledException,
  ValidationException,
} from '../errors/index.js';
import type {
  AbortSignalLike,
  AttributeMap,
  CallOptions,
  CancellationReason,
  MetadataBearer,
  VerifyReport,
} from '../types.js';
import type { Engine, EngineCallbacks, EngineModule, EngineSettings } from '../wasm.js';
import { needsMore, OPERATIONS, operationOf, requestShape, type OperationName } from './operations.js';
import { encodeRequest } from './request.js';

/** How a call reads its input and writes its output. */
export interface Translation {
  /** Native values, or attribute values. */
  native: boolean;
  marshall?: MarshallOptions | undefined;
  unmarshall?: UnmarshallOptions | undefined;
}

/** An answer of the wire protocol. */
export interface WireAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** A request of the wire protocol. */
export interface WireRequest {
  method: string;
  path: string;
  target?: string | undefined;
  contentType?: string | undefined;
  /** Where the request came to: what DescribeEndpoints tells. */
  host?: string | undefined;
  body: Uint8Array;
}

/** A request, as it is asked again when the engine fails before it is answered. */
interface Request<T> {
  id: number;
  /** Asks the engine, whose input buffer holds the bytes; 1: the answer is there. */
  ask(engine: Engine): number;
  read(): T;
}

interface Pending extends Request<unknown> {
  bytes: Uint8Array;
  /** How often the engine has had it. */
  sent: number;
  settle(): void;
  reject(error: unknown): void;
}

/** A request that was with the engine at so many failures may be what makes it fail. */
const MOST_SENT = 3;
/** Bytes of requests that are asked again before their answers are waited for. */
const WINDOW = 1 << 20;
/** Failures in a row, without an answer between, after which nothing is tried again. */
const MOST_FAILURES = 5;

type Listener = (detail: unknown) => void;
type Start = (callbacks: EngineCallbacks) => Promise<Engine>;

export class Connection {
  private readonly module: EngineModule;
  private engine: Engine | undefined;
  /** What the engine was opened as. */
  settings!: EngineSettings;
  private readonly pending = new Map<number, Pending>();
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly writer = new Writer();
  private writing = false;
  private decoder = new Decoder();
  private decoding = false;
  private nextId = 1;
  private readonly idPrefix = randomId();
  private refusal: Error | undefined;
  private closing: Promise<void> | undefined;
  private readonly start: Start;
  /** Waits for what a failed engine had under way at the store. */
  private readonly quiet: () => Promise<void>;
  private readonly unwatch: () => void;
  /** The last failure of the engine, and whether that was since it was last opened. */
  private lastFailure: Error | undefined;
  private lost = false;
  /** Failures since the last answer. */
  private failures = 0;
  private recovering: Promise<void> | undefined;
  /** Goes on with what waits for an answer or a failure. */
  private wake: (() => void) | undefined;
  /** Transfers of lower numbers were begun with an engine that failed. */
  private firstTransfer = 0;

  private constructor(module: EngineModule, start: Start, quiet: () => Promise<void>) {
    this.module = module;
    this.start = start;
    this.quiet = quiet;
    this.unwatch = module.watch((failure) => this.failed(failure));
  }

  /** Opens an engine; `start` is given the callbacks it must be opened with. */
  static async open(
    module: EngineModule,
    start: Start,
    quiet: () => Promise<void> = async () => undefined,
  ): Promise<Connection> {
    const connection = new Connection(module, start, quiet);
    try {
      // Another database's failure is none of this one's, nor is its own that does not come again.
      await connection.begin().catch(async (error: unknown) => {
        if (error !== connection.lastFailure) throw error;
        await quiet();
        return connection.begin();
      });
    } catch (error) {
      connection.unwatch();
      throw error;
    }
    return connection;
  }

  private async begin(): Promise<void> {
    this.lost = false;
    const engine = await this.start({
      settle: (id) => this.settle(id),
      event: (kind, detail) => this.event(kind, detail),
    });
    if (this.lost) throw this.lastFailure;
    this.engine = engine;
    this.settings ??= engine.settings();
  }

  /** Runs an operation. */
  call<O extends MetadataBearer>(
    operation: OperationName,
    input: object,
    translation: Translation,
    options?: CallOptions,
  ): Promise<O> {
    const signal = options?.abortSignal;
    try {
      if (signal?.aborted) throw abortError(signal);
      this.check();
      if (needsMore(operation) && !this.module.whole) {
        return this.module.complete().then(() => this.call<O>(operation, input, translation, options));
      }
      const { bytes, at: length } = this.encode(operation, input, translation);
      const id = this.nextId++;
      const ask = (engine: Engine) => engine.call(OPERATIONS[operation], length, id);
      const read = () => this.answer<O>(id, translation);
      return this.send({ id, ask, read }, bytes, length, signal);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Answers a request of the wire protocol. */
  http(request: WireRequest, options?: CallOptions): Promise<WireAnswer> {
    const signal = options?.abortSignal;
    try {
      if (signal?.aborted) throw abortError(signal);
      this.check();
      const { method, path, target, contentType, body } = request;
      const operation = target === undefined ? undefined : operationOf(target);
      if (operation && needsMore(operation) && !this.module.whole) {
        return this.module.complete().then(() => this.http(request, options));
      }
      const id = this.nextId++;
      const host = operation === 'DescribeEndpoints' ? request.host : undefined;
      const ask = (engine: Engine) => engine.http(method, path, target, contentType, host, body.length, id);
      const read = () => this.wireAnswer(id);
      return this.send({ id, ask, read }, body, body.length, signal);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Deletes what has expired, now. */
  async deleteExpired(): Promise<number> {
    if (!this.module.whole) await this.module.complete();
    return this.work((engine) => engine.deleteExpired());
  }

  /** Checks all that is stored. */
  async verify(): Promise<VerifyReport> {
    if (!this.module.whole) await this.module.complete();
    return this.work((engine) => engine.verify());
  }

  /** A number that no other call or transfer has. */
  ticket(): number {
    return this.nextId++;
  }

  /** Asks for a step of dump or load `id`, whose code is in the second file. */
  async transfer<T>(id: number, ask: (engine: Engine) => Promise<T>): Promise<T> {
    this.check();
    await this.module.complete();
    return this.work(ask, id);
  }

  /** Work of the engine that is no operation. It is not begun again when the engine fails. */
  private async work<T>(begin: (engine: Engine) => Promise<T>, transfer?: number): Promise<T> {
    await this.recovering;
    this.check();
    const id = this.nextId++;
    try {
      if (transfer !== undefined && transfer < this.firstTransfer) throw this.lastFailure;
      return await this.module.until(this.run(begin));
    } catch (error) {
      const { name, message } = error as Error;
      throw fromTransfer(error) ?? fromEngine(name, message, 503, this.requestId(id));
    }
  }

  /** Waits for what is in flight, then closes. Calls that follow are refused. */
  close(): Promise<void> {
    this.closing ??= this.shut();
    return this.closing;
  }

  on(kind: string, listener: Listener): () => void {
    let set = this.listeners.get(kind);
    if (!set) this.listeners.set(kind, (set = new Set()));
    set.add(listener);
    return () => void set.delete(listener);
  }

  /** Tells the listeners of `kind`, and those of `event` about every kind; never from inside the engine. */
  emit(kind: string, detail: unknown): void {
    for (const [name, argument] of [
      [kind, detail],
      ['event', { kind, detail }],
    ] as const) {
      for (const listener of this.listeners.get(name) ?? []) {
        queueMicrotask(() => {
          try {
            listener(argument);
          } catch (error) {
            // A listener's fault is reported as any uncaught error is, and fails no call.
            setTimeout(() => {
              throw error;
            });
          }
        });
      }
    }
  }

  private async shut(): Promise<void> {
    this.refusal ??= new DatabaseClosedException({ message: 'The database is closed' });
    try {
      do {
        await this.recovering;
        // What is in flight is answered, if need be by another engine.
        const { engine } = this;
        try {
          if (engine) await this.module.until(this.run((engine) => engine.close()));
        } catch (error) {
          if (error !== this.lastFailure) throw error;
        }
      } while (this.recovering);
    } finally {
      this.unwatch();
      this.engine = undefined;
      this.rejectAll(this.refusal);
    }
  }

  private check(): void {
    // A fresh error each time: it carries the caller's stack.
    if (this.refusal) {
      throw new DatabaseClosedException({ message: this.refusal.message, cause: this.refusal.cause });
    }
  }

  private encode(operation: OperationName, input: object, translation: Translation): Writer {
    // A getter of the input may have called us while we were encoding: leave that request's bytes alone.
    const shared = !this.writing;
    const writer = shared ? this.writer : new Writer();
    writer.reset();
    if (shared) this.writing = true;
    try {
      encodeRequest(writer, input, requestShape(operation), translation);
    } catch (error) {
      if (error instanceof NestingError)
        throw new ValidationException({ message: error.message, cause: error });
      if (error instanceof TypeMismatch)
        throw new SerializationException({ message: error.message, cause: error });
      throw error;
    } finally {
      if (shared) this.writing = false;
    }
    return writer;
  }

  /** Asks the engine; whether the answer is there. */
  private ask(request: Request<unknown>, bytes: Uint8Array, length: number): boolean {
    return this.run((engine) => {
      const at = engine.input(length);
      // The view is fetched after `input`, which may have grown the memory.
      this.module.memory().set(bytes.length === length ? bytes : bytes.subarray(0, length), at);
      return request.ask(engine) === 1;
    });
  }

  /** Enters the engine. One that failed there is not entered again. */
  private run<T>(enter: (engine: Engine) => T): T {
    const { engine } = this;
    if (!engine) throw new DatabaseClosedException({ message: 'The database is closed' });
    try {
      return enter(engine);
    } catch (error) {
      throw this.engine ? error : this.lastFailure;
    }
  }

  /** The engine failed, under a call of this database or elsewhere. */
  private failed(failure: Error): void {
    this.lastFailure = failure;
    this.lost = true;
    this.firstTransfer = this.nextId;
    // Before that, who opens is told by what opening throws.
    if (!this.engine) return;
    this.wake?.();
    // There may be no stack left: what throws here is told again, and comes before any change.
    const recovering = this.recovering ?? Promise.resolve().then(() => this.recover());
    this.recovering = recovering;
    this.engine = undefined;
  }

  /** Opens a fresh engine on what is durable, and settles what was in flight. */
  private async recover(): Promise<void> {
    let cause: unknown = this.lastFailure;
    for (;;) {
      await this.quiet();
      if (this.settings.storage === 'memory' || ++this.failures > MOST_FAILURES) {
        this.recovering = undefined;
        return this.giveUp(cause);
      }
      try {
        await this.begin();
        this.emit('recovered', this.lastFailure!.message);
        if (await this.resume()) return;
      } catch (error) {
        cause = error;
        // The store may need a moment, or the memory of the instance before be still there.
        await new Promise((done) => setTimeout(done, 10 << this.failures));
      }
    }
  }

  /**
   * Asks what was in flight again, in the order of the calls and by their numbers: what the log holds of them is answered
   * and not done again. Calls that are made meanwhile come last. False: the engine failed again.
   */
  private async resume(): Promise<boolean> {
    let bytes = 0;
    for (const [id, call] of this.pending) {
      if (!this.engine) return false;
      try {
        if (call.sent++ >= MOST_SENT) throw this.lastFailure;
        if (this.ask(call, call.bytes, call.bytes.length)) this.settle(id);
      } catch (error) {
        this.pending.delete(id);
        call.reject(error);
      }
      bytes += call.bytes.length;
      if (bytes < WINDOW) continue;
      // So many at once may have been what the memory could not hold.
      while (this.engine && this.pending.has(id)) await new Promise<void>((done) => (this.wake = done));
      bytes = 0;
    }
    if (!this.engine) return false;
    this.recovering = undefined;
    return true;
  }

  private giveUp(cause: unknown): void {
    this.refusal ??= new DatabaseClosedException({
      message:
        this.settings.storage === 'memory'
          ? 'The engine failed, and a database in memory is lost with it; open it again'
          : 'The engine failed earlier; open the database again',
      cause,
    });
    this.rejectAll(this.refusal);
    this.emit('failed', String(cause));
  }

  private rejectAll(error: Error): void {
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const call of pending) call.reject(error);
  }

  private send<T>(
    request: Request<T>,
    bytes: Uint8Array,
    length: number,
    signal: AbortSignalLike | undefined,
  ): Promise<T> {
    const waits = this.recovering !== undefined;
    if (!waits && this.ask(request, bytes, length)) return Promise.resolve(request.read());
    return new Promise<T>((resolve, reject) => {
      const { id } = request;
      const aborted = () => {
        this.pending.delete(id);
        reject(abortError(signal!));
      };
      const done = signal ? onAbort(signal, aborted) : () => undefined;
      this.pending.set(id, {
        ...request,
        bytes: bytes.slice(0, length),
        sent: waits ? 0 : 1,
        settle() {
          done();
          try {
            resolve(request.read());
          } catch (error) {
            reject(error as Error);
          }
        },
        reject(error) {
          done();
          reject(error as Error);
        },
      });
    });
  }

  private settle(id: number): void {
    const call = this.pending.get(id);
    // Aborted calls are not waited for any more.
    this.pending.delete(id);
    call?.settle();
    this.wake?.();
  }

  private event(kind: string, detail: string): void {
    let parsed: unknown = detail;
    if (/^[[{]/.test(detail)) {
      try {
        parsed = JSON.parse(detail);
      } catch {
        // A text that only looks like JSON stays a text.
      }
    }
    this.emit(kind, parsed);
  }

  /** Decodes the output buffer: the output, or the error it holds, thrown. */
  private answer<O extends MetadataBearer>(id: number, translation: Translation): O {
    const engine = this.engine!;
    const memory = this.module.memory();
    this.failures = 0;
    let start = engine.outputPtr();
    let end = start + engine.outputLen();
    const requestId = this.requestId(id);
    if (memory[start] !== 0) throw this.failure(memory, start + 1, end, requestId);
    let bytes = memory;
    if (typeof translation.unmarshall?.wrapNumbers === 'function') {
      // The user's function may call us, and the engine would answer into the same buffer.
      bytes = memory.slice(start, end);
      end -= start;
      start = 0;
    }
    const output = this.decode(bytes, start + 1, end, translation) as O;
    output.$metadata = { httpStatusCode: 200, requestId, attempts: 1, totalRetryDelay: 0 };
    return output;
  }

  private decode(bytes: Uint8Array, start: number, end: number, translation: Translation): unknown {
    const shared = !this.decoding;
    const decoder = shared ? this.decoder : new Decoder();
    if (shared) this.decoding = true;
    try {
      return decoder.document(bytes, start, end, translation.native, translation.unmarshall);
    } finally {
      if (shared) this.decoding = false;
    }
  }

  private failure(bytes: Uint8Array, start: number, end: number, requestId: string): Error {
    if (bytes[start] !== tag.MAP)
      return new InternalServerError({ message: 'The engine gave no error document' });
    const document = this.decode(bytes, start, end, { native: false }) as {
      name: string;
      message?: string;
      status?: number;
      Item?: AttributeMap;
      CancellationReasons?: CancellationReason[];
    };
    const error = fromEngine(document.name, document.message ?? '', document.status ?? 400, requestId);
    if (document.Item && error instanceof ConditionalCheckFailedException) error.Item = document.Item;
    if (error instanceof TransactionCanceledException)
      error.CancellationReasons = document.CancellationReasons;
    return error;
  }

  private wireAnswer(id: number): WireAnswer {
    const engine = this.engine!;
    const memory = this.module.memory();
    this.failures = 0;
    const start = engine.outputPtr();
    const view = new DataView(memory.buffer, start, engine.outputLen());
    const typeLength = view.getUint8(6);
    const contentType = String.fromCharCode(...memory.subarray(start + 7, start + 7 + typeLength));
    return {
      status: view.getUint16(0, true),
      headers: {
        'content-type': contentType,
        'x-amz-crc32': String(view.getUint32(2, true)),
        'x-amzn-requestid': this.requestId(id),
      },
      body: memory.slice(start + 7 + typeLength, start + view.byteLength),
    };
  }

  /** Unique and shaped like DynamoDB's: 52 characters of A-Z and 0-9. Digits at the end are the cheapest to make. */
  private requestId(id: number): string {
    return this.idPrefix + (1e11 + id);
  }
}

/** Listens for an abort; gives what ends that. Signals that are no event targets have one listener only. */
function onAbort(signal: AbortSignalLike, listener: () => void): () => void {
  if ('addEventListener' in signal) {
    const target = signal as AbortSignal;
    target.addEventListener('abort', listener, { once: true });
    return () => target.removeEventListener('abort', listener);
  }
  signal.onabort = listener;
  return () => (signal.onabort = null);
}

function randomId(): string {
  let text = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(40))) text += (byte % 36).toString(36);
  return text.toUpperCase();
}
