/** An owner's engine in its own context. */

import type { EngineModule, EngineOptions, EngineSettings } from '../../wasm.js';
import type { Link, LinkEvents } from '../link.js';
import { PortHost, type Court } from '../port/port-host.js';
import { VERSION, type Joining, type PortLike } from '../port/protocol.js';
import { SharedEngine } from '../shared-engine.js';
import type { EngineHost, HostedEngine, HostEvents } from './engine-host.js';
import { localLink } from './local-link.js';

/** `load` gives the engine's code. */
export function localHost(load: () => Promise<EngineModule>): EngineHost {
  return {
    prepare: () => void load().catch(() => undefined),
    open: (options, events) => LocalEngine.open(load, options, events),
    destroy: async (options) => (await load()).destroy(options),
    end: () => undefined,
  };
}

class LocalEngine implements HostedEngine, Court {
  private readonly engine: SharedEngine;
  private readonly hosts: Set<PortHost>;
  private readonly events: HostEvents;

  private constructor(engine: SharedEngine, hosts: Set<PortHost>, events: HostEvents) {
    this.engine = engine;
    this.hosts = hosts;
    this.events = events;
  }

  static async open(
    load: () => Promise<EngineModule>,
    options: EngineOptions,
    events: HostEvents,
  ): Promise<LocalEngine> {
    const hosts = new Set<PortHost>();
    const module = await load();
    // The code of files is in the second file.
    if (options.storage === 'files') await module.complete();
    const complete = async () => (await load()).complete();
    const engine = await SharedEngine.open(
      module,
      { ...options, complete },
      {
        event(kind, detail) {
          events.event(kind, detail);
          for (const host of hosts) host.event(kind, detail);
        },
        failed: (cause) => events.failed(cause),
      },
    );
    return new LocalEngine(engine, hosts, events);
  }

  get settings(): EngineSettings {
    return this.engine.settings;
  }

  get isClosing(): boolean {
    return this.engine.isClosing;
  }

  get hasSuccessor(): boolean {
    return this.seenHost() !== undefined;
  }

  async link(number: number, events: LinkEvents): Promise<Link> {
    return localLink(this.engine, number, events);
  }

  serve(port: PortLike): void {
    this.hosts.add(new PortHost(this.engine, port, this));
  }

  appoint(): void {
    this.seenHost()?.take();
  }

  drop(cause?: string): void {
    for (const host of [...this.hosts]) host.end(cause);
  }

  close(): Promise<void> {
    return this.engine.close();
  }

  admit({ version, region, accountId }: Joining): readonly [string, string] | undefined {
    if (version !== VERSION) return ['version', String(VERSION)];
    const { settings } = this;
    const differs = (name: string, asked: string | undefined, is: string) =>
      asked !== undefined && asked !== is
        ? (['TypeError', `${name}: another tab or worker has this database open with "${is}"`] as const)
        : undefined;
    return differs('region', region, settings.region) ?? differs('accountId', accountId, settings.accountId);
  }

  left(host: PortHost): void {
    this.hosts.delete(host);
  }

  seen(): void {
    this.events.seen();
  }

  private seenHost(): PortHost | undefined {
    return [...this.hosts].find((host) => host.visible);
  }
}
