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

interface Pending {
  settle(): void;
  reject(error: unknown): void;
}

type Listener = (detail: unknown) => void;

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

  private constructor(module: EngineModule) {
    this.module = module;
  }

  /** Opens an engine; `start` is given the callbacks it must be opened with. */
  static async open(
    module: EngineModule,
    start: (callbacks: EngineCallbacks) => Promise<Engine>,
  ): Promise<Connection> {
    const connection = new Connection(module);
    const engine = await start({
      settle: (id) => connection.settle(id),
      event: (kind, detail) => connection.event(kind, detail),
    });
    connection.engine = engine;
    connection.settings = engine.settings();
    return connection;
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
      const length = this.encode(operation, input, translation);
      const id = this.nextId++;
      const ready = this.run((engine) => engine.call(OPERATIONS[operation], length, id));
      if (ready === 1) return Promise.resolve(this.answer<O>(id, translation));
      return this.wait(id, signal, () => this.answer<O>(id, translation));
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
      this.copyIn(body, body.length);
      const id = this.nextId++;
      const host = operation === 'DescribeEndpoints' ? request.host : undefined;
      const ready = this.run((engine) =>
        engine.http(method, path, target, contentType, host, body.length, id),
      );
      if (ready === 1) return Promise.resolve(this.wireAnswer(id));
      return this.wait(id, signal, () => this.wireAnswer(id));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Deletes what has expired, now. */
  deleteExpired(): Promise<number> {
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

  /** Asks for a step of a dump or a load, whose code is in the second file. */
  async transfer<T>(ask: (engine: Engine) => Promise<T>): Promise<T> {
    this.check();
    await this.module.complete();
    return this.work(ask);
  }

  /** Work of the engine that is no operation. */
  private async work<T>(begin: (engine: Engine) => Promise<T>): Promise<T> {
    this.check();
    const id = this.nextId++;
    try {
      return await this.run(begin);
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
    const engine = this.engine;
    this.refusal ??= new DatabaseClosedException({ message: 'The database is closed' });
    try {
      await engine?.close();
    } finally {
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

  private encode(operation: OperationName, input: object, translation: Translation): number {
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
    this.copyIn(writer.bytes, writer.at);
    return writer.at;
  }

  private copyIn(bytes: Uint8Array, length: number): void {
    const at = this.run((engine) => engine.input(length));
    // The view is fetched after `input`, which may have grown the memory.
    this.module.memory().set(bytes.length === length ? bytes : bytes.subarray(0, length), at);
  }

  /** Enters the engine. When it fails there, its memory is not to be trusted any more. */
  private run<T>(enter: (engine: Engine) => T): T {
    const engine = this.engine;
    if (!engine) throw new DatabaseClosedException({ message: 'The database is closed' });
    try {
      return enter(engine);
    } catch (error) {
      this.fail(error);
      throw new InternalServerError({ message: `The engine failed: ${String(error)}`, cause: error });
    }
  }

  private fail(cause: unknown): void {
    if (this.refusal) return;
    this.refusal = new DatabaseClosedException({
      message: 'The engine failed earlier; open the database again',
      cause,
    });
    this.engine = undefined;
    this.rejectAll(this.refusal);
    this.emit('failed', String(cause));
  }

  private rejectAll(error: Error): void {
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const call of pending) call.reject(error);
  }

  private wait<O>(id: number, signal: AbortSignalLike | undefined, read: () => O): Promise<O> {
    return new Promise<O>((resolve, reject) => {
      const aborted = () => {
        this.pending.delete(id);
        reject(abortError(signal!));
      };
      const done = signal ? onAbort(signal, aborted) : () => undefined;
      this.pending.set(id, {
        settle() {
          done();
          try {
            resolve(read());
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
    if (!call) return;
    this.pending.delete(id);
    call.settle();
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
