/** An owner's engine in a worker of its own: what it does there costs the page's thread nothing. */

import { InternalServerError, StorageFailedException } from '../../errors/index.js';
import type { EngineOptions, EngineSettings } from '../../wasm.js';
import type { Link, LinkEvents } from '../link.js';
import { endOf } from '../moved.js';
import { PortLink } from '../port/port-link.js';
import { VERSION, type PortLike } from '../port/protocol.js';
import { ContextWorker, type Inmate } from './context-worker.js';
import type { EngineHost, HostedEngine, HostEvents } from './engine-host.js';

/** `start` starts a worker that runs `worker.js`; `wasm` and `more` are what `open` was given. */
export function workerHost(start: () => Worker, wasm: unknown, more: unknown): EngineHost {
  let running: ContextWorker | undefined;
  const ready = (): ContextWorker => {
    if (running?.isGone) running = undefined;
    return (running ??= new ContextWorker(start(), wasm, more));
  };
  return {
    prepare: (storage) => ready().say(['prepare', 0, storage]),
    open: (options, events) => WorkerEngine.open(ready(), options, events),
    async destroy(options) {
      const worker = ready();
      await worker.ask(['destroy', worker.number(), plain(options)]);
    },
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

class WorkerEngine implements HostedEngine, Inmate {
  settings!: EngineSettings;
  isClosing = false;
  hasSuccessor = false;
  private readonly events: HostEvents;
  private readonly running: ContextWorker;
  private readonly number: number;

  private constructor(running: ContextWorker, number: number, events: HostEvents) {
    this.running = running;
    this.number = number;
    this.events = events;
  }

  static async open(
    running: ContextWorker,
    options: EngineOptions,
    events: HostEvents,
  ): Promise<WorkerEngine> {
    const number = running.number();
    const engine = new WorkerEngine(running, number, events);
    running.add(number, engine);
    try {
      engine.settings = (await running.ask(['open', number, plain(options)])) as EngineSettings;
      return engine;
    } catch (error) {
      running.remove(number);
      throw error;
    }
  }

  hear(message: Parameters<Inmate['hear']>[0]): void {
    if (message[0] === 'event') this.events.event(message[2], message[3]);
    else if (message[0] === 'failed') {
      const [, , text, name] = message;
      const ended = endOf(name, text);
      if (ended) this.events.failed(ended);
      else if (name === 'StorageFailedException')
        this.events.failed(new StorageFailedException({ message: text }));
      else this.events.failed(new InternalServerError({ message: text }));
    } else {
      this.hasSuccessor = message[2];
      this.events.seen();
    }
  }

  lost(cause: Error): void {
    this.events.failed(cause);
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
