/** An engine in this context, and those whose calls it answers. */

import { needsMore, operationOf, OPERATIONS } from '../operations.js';
import type { VerifyReport } from '../types.js';
import type { Engine, EngineModule, EngineOptions, EngineProgress, EngineSettings } from '../wasm.js';
import type { Answer, WireRequest } from './link.js';
import { StorageFailedException } from '../errors/index.js';
import { Ended, Moved } from './moved.js';

/** What the engine tells a client. */
export interface Client {
  /** The number by which the log knows its requests. */
  readonly number: number;
  /** The answer of its pending call `id` can be read until this returns. */
  settle(id: number): void;
  /** Its pending call `id` cannot be answered. */
  refuse(id: number, error: unknown): void;
}

/** What the engine tells whoever opened it. */
export interface EngineEvents {
  event(kind: string, detail: string): void;
  /** It failed, and answers nothing any more. */
  failed(cause: Error): void;
}

export class SharedEngine {
  settings: EngineSettings;
  private readonly module: EngineModule;
  private readonly engine: Engine;
  private readonly clients: Map<number, Client>;
  private readonly unwatch: () => void;
  private readonly events: EngineEvents;
  /** It failed, was closed, or another owner has come. */
  private gone = false;
  private closing: Promise<void> | undefined;

  private constructor(
    module: EngineModule,
    engine: Engine,
    clients: Map<number, Client>,
    events: EngineEvents,
    unwatch: () => void,
    storage: EngineOptions['storage'],
  ) {
    this.module = module;
    this.engine = engine;
    this.clients = clients;
    this.events = events;
    this.unwatch = unwatch;
    this.settings = { ...engine.settings(), storage };
  }

  /** Opens it. A failure of the instance while it opens is told by `failed` as well as by what is thrown. */
  static async open(
    module: EngineModule,
    options: EngineOptions,
    events: EngineEvents,
  ): Promise<SharedEngine> {
    let failure: Error | undefined;
    let shared: SharedEngine | undefined;
    const clients = new Map<number, Client>();
    const unwatch = module.watch((cause) => {
      // There may be no stack left: what throws here is told again.
      failure = cause;
      if (shared) shared.gone = true;
      events.failed(cause);
      unwatch();
    });
    try {
      const { storage } = options;
      // The files of the origin private file system are files to the engine.
      const given = storage === 'opfs' && options.files ? { ...options, storage: 'files' as const } : options;
      const engine = await module.open(given, {
        settle: (id, client) => shared!.settle(id, client),
        event(kind, detail) {
          // Before the calls are refused that the store does not serve any more: they are asked of the next engine, or end.
          if (kind === 'gone') shared?.fail(new StorageFailedException({ message: detail }));
          else events.event(kind, detail);
          if (kind === 'evicted' || kind === 'versionchange') shared?.fail(new Ended(detail));
        },
      });
      if (failure) throw failure;
      return (shared = new SharedEngine(module, engine, clients, events, unwatch, storage));
    } catch (error) {
      unwatch();
      throw error;
    }
  }

  /** Whether it takes no more calls. */
  get isClosing(): boolean {
    return this.closing !== undefined || this.gone;
  }

  /**
   * Answers the calls of `client` from now on, also those it made as another of the same number, which is given. One that
   * is `remote` says what has arrived: see `received`.
   */
  join(client: Client, remote: boolean): Client | undefined {
    const { number } = client;
    const former = this.clients.get(number);
    this.clients.set(number, client);
    if (remote) this.engine.join(number);
    return former;
  }

  /** Does not answer it any more. It may come again, unless it has `ended`. */
  leave(client: Client, ended: boolean): void {
    const { number } = client;
    if (this.clients.get(number) !== client) return;
    this.clients.delete(number);
    if (ended && !this.isClosing) this.engine.leave(number);
  }

  /** Of a remote client, all answers with numbers lower than `below` have arrived. */
  received(client: Client, below: number): void {
    this.engine.received(client.number, below);
  }

  /** Calls from now on are answered when what they wrote outlasts the power, whoever makes them. */
  requireStrict(): void {
    this.engine.requireStrict();
    this.settings = { ...this.settings, durability: 'strict' };
  }

  /** Asks with the bytes from `start` to `end`. True: the answer is there. Otherwise the client is told. */
  call(
    client: Client,
    operation: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    id: number,
  ): boolean {
    // It is asked again elsewhere. One that failed is entered, since who asks may not have been told.
    if (this.closing) return false;
    if (this.module.whole || !needsMore(operation)) {
      this.put(bytes, start, end);
      return this.engine.call(operation, end - start, id, client.number) === 1 && !this.isFenced();
    }
    const kept = bytes.slice(start, end);
    return this.later(client.number, id, () => this.call(client, operation, kept, 0, kept.length, id));
  }

  http(client: Client, request: WireRequest, id: number): boolean {
    const { method, path, target, contentType, body } = request;
    if (this.closing) return false;
    const operation = target === undefined ? undefined : operationOf(target);
    if (operation && needsMore(OPERATIONS[operation]) && !this.module.whole)
      return this.later(client.number, id, () => this.http(client, request, id));
    const host = operation === 'DescribeEndpoints' ? request.host : undefined;
    this.put(body, 0, body.length);
    const { number } = client;
    const ready = this.engine.http(method, path, target, contentType, host, body.length, id, number);
    return ready === 1 && !this.isFenced();
  }

  /** The answer that is there. */
  answer(): Answer {
    const start = this.engine.outputPtr();
    return { bytes: this.module.memory(), start, end: start + this.engine.outputLen() };
  }

  deleteExpired(): Promise<number> {
    return this.work(() => this.engine.deleteExpired());
  }

  attend(): Promise<void> {
    return this.work(() => this.engine.attend());
  }

  verify(): Promise<VerifyReport> {
    return this.work(() => this.engine.verify());
  }

  dump(id: number): Promise<EngineProgress | undefined> {
    return this.work(() => this.engine.dump(id));
  }

  load(id: number, part?: Uint8Array): Promise<EngineProgress> {
    return this.work(() => this.engine.load(id, part));
  }

  abandon(id: number): Promise<void> {
    return this.work(() => this.engine.abandon(id));
  }

  keyring(): Promise<Uint8Array> {
    return this.work(() => this.engine.keyring()!);
  }

  rekey(change: Uint8Array): Promise<void> {
    return this.work(() => this.engine.rekey(change)!);
  }

  /** Waits for what was asked, then closes. */
  close(): Promise<void> {
    return (this.closing ??= this.shut());
  }

  private async shut(): Promise<void> {
    await this.module.until(this.engine.close());
    this.gone = true;
    this.unwatch();
  }

  private settle(id: number, client: number): void {
    if (!this.gone && !this.isFenced()) this.clients.get(client)?.settle(id);
  }

  /** Whether another owner has come. Then nobody is told what this one says: it is asked again there. */
  private isFenced(): boolean {
    // Files have a lock that nobody takes from its holder, and in the origin private file system they are one.
    if (this.settings.storage !== 'indexeddb' || !this.engine.isFenced()) return false;
    this.fail(new Moved('another owner has come'));
    return true;
  }

  /** Ends it, though its code has not failed. */
  fail(cause: Error): void {
    if (this.gone) return;
    this.gone = true;
    this.unwatch();
    this.events.failed(cause);
    // What it still does is nobody's any more.
    void this.engine.close().catch(() => undefined);
  }

  private put(bytes: Uint8Array, start: number, end: number): void {
    const at = this.engine.input(end - start);
    // The view is fetched after `input`, which may have grown the memory.
    const whole = start === 0 && end === bytes.length;
    this.module.memory().set(whole ? bytes : bytes.subarray(start, end), at);
  }

  /** Asks once the second file is there. */
  private later(number: number, id: number, ask: () => boolean): false {
    // The client may have come again meanwhile.
    const client = () => this.clients.get(number);
    void this.module.complete().then(
      () => {
        if (this.gone) return;
        try {
          if (ask()) client()?.settle(id);
        } catch (error) {
          // An engine that fails tells so, and the call is asked again.
          if (!this.gone) client()?.refuse(id, error);
        }
      },
      (error: unknown) => client()?.refuse(id, error),
    );
    return false;
  }

  /** Work whose code is in the second file. */
  private async work<T>(begin: () => Promise<T>): Promise<T> {
    await this.module.complete();
    return this.module.until(begin());
  }
}
