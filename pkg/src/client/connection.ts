/**
 * An open database and the calls in flight on it, over a link to the engine. A link that fails is made again, and what was
 * in flight is sent again.
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
import type { Connect, Link, WireAnswer, WireRequest } from '../link/link.js';
import { Ended, Moved } from '../link/moved.js';
import type { EngineSettings } from '../wasm.js';
import { OPERATIONS, operationOf, requestShape, type OperationName } from '../operations.js';
import { encodeRequest } from './request.js';

/** How a call reads its input and writes its output. */
export interface Translation {
  /** Native values, or attribute values. */
  native: boolean;
  marshall?: MarshallOptions | undefined;
  unmarshall?: UnmarshallOptions | undefined;
}

/** A request, as it is asked again when the engine fails before it is answered. */
interface Request<T> {
  id: number;
  /** True: the answer is there. */
  ask(link: Link, bytes: Uint8Array, length: number): boolean;
  read(): T;
}

interface Pending extends Request<unknown> {
  bytes: Uint8Array;
  /** When it was first sent; 0: not yet. */
  sentAt: number;
  /** How many engines have failed that had it. */
  failures: number;
  settle(): void;
  reject(error: unknown): void;
}

/** A request that was with the engine at so many failures may be what makes it fail. */
const MOST_SENT = 3;
/** An owner keeps the answers of requests that may come again for ten minutes; after half of it they do not come again. */
const REMEMBERED = 5 * 60_000;
/** Bytes of requests that are asked again before their answers are waited for. */
const WINDOW = 1 << 20;
/** Failures in a row, without an answer between, after which nothing is tried again. */
const MOST_FAILURES = 5;
/** A browser's storage may be away for longer: with the pauses between, so many tries take some twenty seconds. */
const MOST_FAILURES_OF_STORAGE = 10;

type Listener = (detail: unknown) => void;

export class Connection {
  private link: Link | undefined;
  /** Told of each operation before it runs, where somebody wants to know. */
  asked: ((operation: OperationName) => void) | undefined;
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
  private readonly connect: Connect;
  /** Waits for what a failed engine had under way at the store. */
  private readonly quiet: () => Promise<void>;
  /** The last failure, and whether that was since the link was last made. */
  private lastFailure: Error | undefined;
  private lost = false;
  /** Failures since the last answer. */
  private failures = 0;
  private recovering: Promise<void> | undefined;
  /** Goes on with what waits for an answer or a failure. */
  private wake: (() => void) | undefined;
  /** Transfers of lower numbers were begun with an engine that failed. */
  private firstTransfer = 0;

  private constructor(connect: Connect, quiet: () => Promise<void>) {
    this.connect = connect;
    this.quiet = quiet;
  }

  /** Opens a database; `connect` makes the link, and again each time it fails. */
  static async open(
    connect: Connect,
    quiet: () => Promise<void> = async () => undefined,
  ): Promise<Connection> {
    const connection = new Connection(connect, quiet);
    for (let again = false; ; again = true) {
      try {
        await connection.begin();
        return connection;
      } catch (error) {
        // Who has the database now is asked next, if it is there for all. Another database's failure is none of this
        // one's, nor is its own that does not come again.
        const moved = error instanceof Moved && error.cause === undefined;
        const passes = moved || (error === connection.lastFailure && !again);
        if (!passes) throw error;
        await quiet();
      }
    }
  }

  private async begin(): Promise<void> {
    this.lost = false;
    let own: Link | undefined;
    // What a link that is none any more still says is not heard.
    const current = () => own !== undefined && own === this.link;
    const link = await this.connect({
      settle: (id) => current() && this.settle(id),
      refuse: (id, error) => current() && this.refuse(id, error),
      event: (kind, detail) => this.event(kind, detail),
      failed: (cause) => {
        if (this.link === own) this.failed(cause);
      },
    });
    if (this.lost) throw this.lastFailure;
    own = this.link = link;
    this.settings ??= link.settings;
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
      this.asked?.(operation);
      const { bytes, at: length } = this.encode(operation, input, translation);
      const id = this.nextId++;
      const number = OPERATIONS[operation];
      const ask = (link: Link, bytes: Uint8Array, length: number) => link.call(number, bytes, length, id);
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
      const { body, target } = request;
      const operation = this.asked && target !== undefined ? operationOf(target) : undefined;
      if (operation) this.asked?.(operation);
      const id = this.nextId++;
      const ask = (link: Link, body: Uint8Array) => link.http({ ...request, body }, id);
      const read = () => this.wireAnswer(id);
      return this.send({ id, ask, read }, body, body.length, signal);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  /** Deletes what has expired, now. */
  deleteExpired(): Promise<number> {
    return this.work((link) => link.deleteExpired());
  }

  /** Does what is due: for runtimes that lose timers, whose links can. */
  attend(): Promise<void> {
    return this.work((link) => link.attend!());
  }

  /** Checks all that is stored. */
  verify(): Promise<VerifyReport> {
    return this.work((link) => link.verify());
  }

  /** Asks something of the link that is no operation. */
  ask<T>(question: (link: Link) => Promise<T>): Promise<T> {
    return this.work(question);
  }

  /** A number that no other call or transfer has. */
  ticket(): number {
    return this.nextId++;
  }

  /** Asks for a step of dump or load `id`. */
  transfer<T>(id: number, ask: (link: Link) => Promise<T>): Promise<T> {
    return this.work(ask, id);
  }

  /** Work of the engine that is no operation. It is not begun again when the engine fails. */
  private async work<T>(begin: (link: Link) => Promise<T>, transfer?: number): Promise<T> {
    await this.recovering;
    this.check();
    const id = this.nextId++;
    try {
      if (transfer !== undefined && transfer < this.firstTransfer) throw this.lastFailure;
      return await this.run(begin);
    } catch (error) {
      if (error instanceof Moved) {
        // A dump or a load has state that the owner before had; the rest is begun again with the next one.
        if (transfer === undefined) return this.work(begin);
        const message = 'Another tab or worker owns the database now: begin again';
        throw new InternalServerError({ message, cause: error });
      }
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
        const { link } = this;
        try {
          if (link) await this.run((link) => link.close());
        } catch (error) {
          if (error !== this.lastFailure) throw error;
        }
      } while (this.recovering);
    } finally {
      this.link = undefined;
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

  /** Asks; whether the answer is there. */
  private begun(request: Request<unknown>, bytes: Uint8Array, length: number): boolean {
    return this.run((link) => request.ask(link, bytes, length));
  }

  /** Uses the link. One that failed at that is not used again. */
  private run<T>(use: (link: Link) => T): T {
    const { link } = this;
    if (!link) throw new DatabaseClosedException({ message: 'The database is closed' });
    try {
      return use(link);
    } catch (error) {
      throw this.link ? error : this.lastFailure;
    }
  }

  /** The link failed, under a call of this database or elsewhere. */
  private failed(failure: Error): void {
    this.lastFailure = failure;
    this.lost = true;
    this.firstTransfer = this.nextId;
    // Before that, who opens is told by what opening throws.
    if (!this.link) return;
    this.wake?.();
    // There may be no stack left: what throws here is told again, and comes before any change.
    const recovering = this.recovering ?? Promise.resolve().then(() => this.recover());
    this.recovering = recovering;
    this.link = undefined;
  }

  /** Makes another link, to a fresh engine on what is durable, and settles what was in flight. */
  private async recover(): Promise<void> {
    let cause: unknown = this.lastFailure;
    for (;;) {
      const moved = cause instanceof Moved;
      await this.quiet();
      const isStorage = (cause as Error | undefined)?.name === 'StorageFailedException';
      const most = isStorage ? MOST_FAILURES_OF_STORAGE : MOST_FAILURES;
      const isOver = cause instanceof Ended || (!moved && ++this.failures > most);
      if (isOver || (!moved && this.settings.storage === 'memory')) {
        this.recovering = undefined;
        return this.giveUp(cause);
      }
      try {
        await this.begin();
        if (!moved) this.emit('recovered', this.lastFailure!.message);
        if (await this.resume(moved)) return;
        cause = this.lastFailure;
      } catch (error) {
        cause = error;
        if (moved && cause instanceof Moved) continue;
        // The store may need a moment, or the memory of the instance before be still there.
        await new Promise((done) => setTimeout(done, 10 << this.failures));
      }
    }
  }

  /**
   * Asks what was in flight again, in the order of the calls and by their numbers: what the log holds of them is answered
   * and not done again. Calls that are made meanwhile come last. False: the engine failed again.
   */
  private async resume(moved: boolean): Promise<boolean> {
    let bytes = 0;
    for (const [id, call] of this.pending) {
      if (!this.link) return false;
      try {
        if (call.sentAt && !moved && ++call.failures >= MOST_SENT) throw this.lastFailure;
        if (call.sentAt && Date.now() - call.sentAt > REMEMBERED) throw unknown();
        call.sentAt ||= Date.now();
        if (this.begun(call, call.bytes, call.bytes.length)) this.settle(id);
      } catch (error) {
        this.pending.delete(id);
        call.reject(error);
      }
      bytes += call.bytes.length;
      if (bytes < WINDOW) continue;
      // So many at once may have been what the memory could not hold.
      while (this.link && this.pending.has(id)) await new Promise<void>((done) => (this.wake = done));
      bytes = 0;
    }
    if (!this.link) return false;
    this.recovering = undefined;
    return true;
  }

  private giveUp(cause: unknown): void {
    this.refusal ??= new DatabaseClosedException({
      message:
        cause instanceof Ended
          ? cause.message
          : this.settings.storage === 'memory'
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
    if (!waits && this.begun(request, bytes, length)) return Promise.resolve(request.read());
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
        sentAt: waits ? 0 : Date.now(),
        failures: 0,
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

  private refuse(id: number, error: unknown): void {
    const call = this.pending.get(id);
    this.pending.delete(id);
    call?.reject(error);
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
    let { bytes, start, end } = this.link!.answer();
    this.failures = 0;
    const requestId = this.requestId(id);
    if (bytes[start] !== 0) throw this.failure(bytes, start + 1, end, requestId);
    if (typeof translation.unmarshall?.wrapNumbers === 'function') {
      // The user's function may call us, and the answer to that may come into the same place.
      bytes = bytes.slice(start, end);
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
    const { bytes, start, end } = this.link!.answer();
    this.failures = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
    const typeLength = view.getUint8(6);
    const contentType = String.fromCharCode(...bytes.subarray(start + 7, start + 7 + typeLength));
    return {
      status: view.getUint16(0, true),
      headers: {
        'content-type': contentType,
        'x-amz-crc32': String(view.getUint32(2, true)),
        'x-amzn-requestid': this.requestId(id),
      },
      body: bytes.slice(start + 7 + typeLength, end),
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

/** A request that came again too late might be carried out twice. */
function unknown(): Error {
  return new InternalServerError({
    message:
      'It is not known whether the request was carried out: this context was stopped while it waited for the answer',
  });
}

function randomId(): string {
  let text = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(40))) text += (byte % 36).toString(36);
  return text.toUpperCase();
}
