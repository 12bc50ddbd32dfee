/** The link to an engine in this context. */

import { needsMore, operationOf, OPERATIONS } from '../operations.js';
import type { VerifyReport } from '../types.js';
import type { Engine, EngineModule, EngineOptions, EngineProgress, EngineSettings } from '../wasm.js';
import type { Answer, Link, LinkEvents, WireRequest } from './link.js';

export class LocalLink implements Link {
  readonly settings: EngineSettings;
  private readonly module: EngineModule;
  private readonly engine: Engine;
  private readonly client: number;
  private readonly events: LinkEvents;
  private readonly unwatch: () => void;
  private gone = false;

  private constructor(
    module: EngineModule,
    engine: Engine,
    client: number,
    events: LinkEvents,
    unwatch: () => void,
  ) {
    this.module = module;
    this.engine = engine;
    this.client = client;
    this.events = events;
    this.unwatch = unwatch;
    this.settings = engine.settings();
  }

  /** Opens an engine; the log knows its requests by the number `client`, if it is not 0. A failure of the instance while it opens is told by `failed` as well as by what is thrown. */
  static async open(
    module: EngineModule,
    options: EngineOptions,
    client: number,
    events: LinkEvents,
  ): Promise<LocalLink> {
    let failure: Error | undefined;
    let link: LocalLink | undefined;
    const unwatch = module.watch((cause) => {
      // There may be no stack left: what throws here is told again.
      failure = cause;
      if (link) link.gone = true;
      events.failed(cause);
      unwatch();
    });
    try {
      const engine = await module.open(options, {
        settle: (id) => events.settle(id),
        event: (kind, detail) => events.event(kind, detail),
      });
      if (failure) throw failure;
      return (link = new LocalLink(module, engine, client, events, unwatch));
    } catch (error) {
      unwatch();
      throw error;
    }
  }

  call(operation: number, bytes: Uint8Array, length: number, id: number): boolean {
    if (this.module.whole || !needsMore(operation)) {
      this.put(bytes, length);
      return this.engine.call(operation, length, id, this.client) === 1;
    }
    const kept = bytes.slice(0, length);
    return this.later(id, () => this.call(operation, kept, length, id));
  }

  http(request: WireRequest, id: number): boolean {
    const { method, path, target, contentType, body } = request;
    const operation = target === undefined ? undefined : operationOf(target);
    if (operation && needsMore(OPERATIONS[operation]) && !this.module.whole)
      return this.later(id, () => this.http(request, id));
    const host = operation === 'DescribeEndpoints' ? request.host : undefined;
    this.put(body, body.length);
    return this.engine.http(method, path, target, contentType, host, body.length, id, this.client) === 1;
  }

  answer(): Answer {
    const start = this.engine.outputPtr();
    return { bytes: this.module.memory(), start, end: start + this.engine.outputLen() };
  }

  deleteExpired(): Promise<number> {
    return this.work(() => this.engine.deleteExpired());
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

  async close(): Promise<void> {
    await this.module.until(this.engine.close());
    this.gone = true;
    this.unwatch();
  }

  private put(bytes: Uint8Array, length: number): void {
    const at = this.engine.input(length);
    // The view is fetched after `input`, which may have grown the memory.
    this.module.memory().set(bytes.length === length ? bytes : bytes.subarray(0, length), at);
  }

  /** Asks once the second file is there. */
  private later(id: number, ask: () => boolean): false {
    void this.module.complete().then(
      () => {
        if (this.gone) return;
        try {
          if (ask()) this.events.settle(id);
        } catch (error) {
          // An engine that fails tells so, and the call is asked again.
          if (!this.gone) this.events.refuse(id, error);
        }
      },
      (error: unknown) => this.events.refuse(id, error),
    );
    return false;
  }

  /** Work whose code is in the second file. */
  private async work<T>(begin: () => Promise<T>): Promise<T> {
    await this.module.complete();
    return this.module.until(begin());
  }
}
