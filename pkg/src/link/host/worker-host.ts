/** An owner's engine in a worker of its own: what it does there costs the page's thread nothing. */

import { EngineLoadError, InternalServerError } from '../../errors/index.js';
import type { EngineOptions, EngineSettings } from '../../wasm.js';
import type { Link, LinkEvents } from '../link.js';
import { Moved } from '../moved.js';
import { PortLink } from '../port/port-link.js';
import { errorOf, VERSION, type PortLike } from '../port/protocol.js';
import type { EngineHost, HostedEngine, HostEvents } from './engine-host.js';
import type { FromWorker, ToWorker } from './messages.js';

/** `start` starts a worker that runs `worker.js`; `wasm` and `more` are what `open` was given. */
export function workerHost(start: () => Worker, wasm: unknown, more: unknown): EngineHost {
  let running: Running | undefined;
  let nextNumber = 1;
  const ready = (): Running => {
    if (running?.isGone) running = undefined;
    return (running ??= new Running(start(), wasm, more));
  };
  return {
    prepare: () => void ready(),
    open: (options, events) => WorkerEngine.open(ready(), nextNumber++, options, events),
    destroy: async (options) => void (await ready().ask(['destroy', nextNumber++, plain(options)])),
    end() {
      running?.end();
      running = undefined;
    },
  };
}

/** Options without what cannot leave the context. */
function plain({ complete: _, ...options }: EngineOptions): EngineOptions {
  return options;
}

type Asking = Extract<ToWorker, ['open' | 'close' | 'destroy', ...unknown[]]>;

/** A worker, and who waits for what in it. */
class Running {
  isGone = false;
  private heard = false;
  private readonly worker: Worker;
  private readonly asked = new Map<
    number,
    { done(settings: EngineSettings | undefined): void; failed(error: Error): void }
  >();
  private readonly engines = new Map<number, WorkerEngine>();

  constructor(worker: Worker, wasm: unknown, more: unknown) {
    this.worker = worker;
    worker.onmessage = ({ data }) => this.hear(data as FromWorker);
    worker.onerror = (event) => {
      event.preventDefault?.();
      this.lost(event.message);
    };
    this.say(['code', wasm, more]);
  }

  say(message: ToWorker, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }

  ask(message: Asking): Promise<EngineSettings | undefined> {
    return new Promise((done, failed) => {
      this.asked.set(message[1], { done, failed });
      this.say(message);
    });
  }

  add(number: number, engine: WorkerEngine): void {
    this.engines.set(number, engine);
  }

  remove(number: number): void {
    this.engines.delete(number);
  }

  end(): void {
    this.isGone = true;
    this.worker.terminate();
  }

  private lost(message: string | undefined): void {
    // One that never said a word was not found, or is none.
    const cause = this.heard
      ? new InternalServerError({ message: `The worker of the database failed: ${message}` })
      : new EngineLoadError(
          `The worker of the database could not be started${message ? `: ${message}` : ''}. Pass what starts ` +
            `worker.js of this package: open({ worker: () => new Worker(url, { type: 'module' }) })`,
        );
    this.end();
    for (const { failed } of this.asked.values()) failed(cause);
    for (const engine of this.engines.values()) engine.events.failed(cause);
  }

  private hear(message: FromWorker): void {
    this.heard = true;
    const [kind, number] = message;
    if (kind === 'done' || kind === 'refused') {
      const asked = this.asked.get(number);
      this.asked.delete(number);
      if (kind === 'done') asked?.done(message[2]);
      else asked?.failed(errorOf(message[2], message[3]));
      return;
    }
    const engine = this.engines.get(number);
    if (kind === 'event') engine?.events.event(message[2], message[3]);
    else if (kind === 'failed') {
      const [, , text, moved] = message;
      engine?.events.failed(moved ? new Moved(text) : new InternalServerError({ message: text }));
    } else if (engine) {
      engine.hasSuccessor = message[2];
      engine.events.seen();
    }
  }
}

class WorkerEngine implements HostedEngine {
  settings!: EngineSettings;
  isClosing = false;
  hasSuccessor = false;
  readonly events: HostEvents;
  private readonly running: Running;
  private readonly number: number;

  private constructor(running: Running, number: number, events: HostEvents) {
    this.running = running;
    this.number = number;
    this.events = events;
  }

  static async open(
    running: Running,
    number: number,
    options: EngineOptions,
    events: HostEvents,
  ): Promise<WorkerEngine> {
    const engine = new WorkerEngine(running, number, events);
    running.add(number, engine);
    try {
      engine.settings = (await running.ask(['open', number, plain(options)]))!;
      return engine;
    } catch (error) {
      running.remove(number);
      throw error;
    }
  }

  async link(client: number, events: LinkEvents): Promise<Link> {
    const { port1, port2 } = new MessageChannel();
    this.running.say(['serve', this.number, port2], [port2]);
    const { durability } = this.settings;
    const link = await PortLink.join(
      port1,
      { version: VERSION, client, durability, visible: false },
      // The worker goes with this context, and is asked for nothing else.
      { ...events, silent: () => undefined, take: () => undefined },
    );
    const leave = link.close.bind(link);
    link.close = async () => {
      await leave();
      await this.close();
    };
    return link;
  }

  serve(port: PortLike): void {
    if (port instanceof MessagePort) return this.running.say(['serve', this.number, port], [port]);
    // One that only this context has is passed on.
    const { port1, port2 } = new MessageChannel();
    this.running.say(['serve', this.number, port2], [port2]);
    port.onmessage = ({ data }) => {
      port1.postMessage(data);
      if ((data as unknown[])[0] === 'leave') port.close();
    };
    port1.onmessage = ({ data }) => {
      port.postMessage(data);
      if ((data as unknown[])[0] === 'gone') port.close();
    };
  }

  appoint(): void {
    this.running.say(['appoint', this.number]);
  }

  drop(cause?: string): void {
    this.running.say(['drop', this.number, cause]);
    this.running.remove(this.number);
  }

  async close(): Promise<void> {
    this.isClosing = true;
    await this.running.ask(['close', this.number]);
  }
}
