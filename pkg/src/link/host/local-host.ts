/** An owner's engine in its own context. */

import type { EngineModule, EngineOptions, EngineSettings } from '../../wasm.js';
import type { Link, LinkEvents } from '../link.js';
import { PortHost, type Court } from '../port/port-host.js';
import { VERSION, type Joining, type PortLike } from '../port/protocol.js';
import { SharedEngine } from '../shared-engine.js';
import type { EngineHost, HostedEngine, HostEvents } from './engine-host.js';
import { InternalServerError } from '../../errors/index.js';
import { filesTaken } from '../moved.js';
import { localLink } from './local-link.js';
import type { OpfsAccess } from './opfs-access.js';
import type { Places } from './opfs-place.js';

/** `load` gives the engine's code, `opfs` what the storage of that name needs. */
export function localHost(load: () => Promise<EngineModule>, opfs: OpfsAccess | undefined): EngineHost {
  let places: Places | undefined;
  const files = async (): Promise<Places> => {
    const { Places } = await opfs!.files();
    return (places ??= new Places(opfs!.worker));
  };
  const prepare: EngineHost['prepare'] = (storage) => {
    // What files need is in the second file.
    const loading = storage === 'opfs' ? load().then((module) => module.complete()) : load();
    loading.catch(() => undefined);
    if (storage === 'opfs')
      files()
        .then((places) => places.prepare())
        .catch(() => undefined);
  };
  return {
    prepare,
    async open(options, events) {
      if (options.storage !== 'opfs') return LocalEngine.open(load, options, events, () => undefined);
      // Beside the files.
      prepare(options.storage);
      let lost: Error | undefined;
      let engine: LocalEngine | undefined;
      const place = await (
        await files()
      ).open(options.name, (cause) => {
        lost = cause === undefined ? filesTaken() : new InternalServerError({ message: cause });
        engine?.fail(lost);
      });
      try {
        engine = await LocalEngine.open(load, { ...options, ...place.engine }, events, place.release);
      } catch (error) {
        throw lost ?? error;
      }
      if (lost) engine.fail(lost);
      return engine;
    },
    async destroy(options) {
      if (options.storage === 'opfs') await (await opfs!.files()).removeFiles(options.name);
      else await (await load()).destroy(options);
    },
    end: () => places?.end(),
  };
}

class LocalEngine implements HostedEngine, Court {
  private readonly engine: SharedEngine;
  private readonly hosts: Set<PortHost>;
  private readonly events: HostEvents;
  private readonly release: () => void;

  private constructor(engine: SharedEngine, hosts: Set<PortHost>, events: HostEvents, release: () => void) {
    this.engine = engine;
    this.hosts = hosts;
    this.events = events;
    this.release = release;
  }

  /** `release` gives up what was opened for the engine. */
  static async open(
    load: () => Promise<EngineModule>,
    options: EngineOptions,
    events: HostEvents,
    release: () => void,
  ): Promise<LocalEngine> {
    const hosts = new Set<PortHost>();
    try {
      const module = await load();
      // The code of files, of external stores and of encryption is in the second file.
      if (options.files !== undefined || options.store !== undefined || options.encryption)
        await module.complete();
      const complete = async () => (await load()).complete();
      const engine = await SharedEngine.open(
        module,
        { ...options, complete },
        {
          event(kind, detail) {
            events.event(kind, detail);
            for (const host of hosts) host.event(kind, detail);
          },
          failed(cause) {
            // The next one opens it again.
            release();
            events.failed(cause);
          },
        },
      );
      return new LocalEngine(engine, hosts, events, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** It is of no use any more: what is in flight is asked of the next. */
  fail(cause: Error): void {
    this.engine.fail(cause);
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
    const link = localLink(this.engine, number, events);
    link.close = () => this.close();
    return link;
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

  async close(): Promise<void> {
    try {
      await this.engine.close();
    } finally {
      this.release();
    }
  }

  admit({ version, storage, durability, region, accountId }: Joining): readonly [string, string] | undefined {
    if (version !== VERSION) return ['version', String(VERSION)];
    const { settings } = this;
    const differs = (name: string, asked: string | undefined, is: string) =>
      asked !== undefined && asked !== is
        ? (['TypeError', `${name}: another tab or worker has this database open with "${is}"`] as const)
        : undefined;
    const refused =
      differs('storage', storage, settings.storage) ??
      differs('region', region, settings.region) ??
      differs('accountId', accountId, settings.accountId);
    // One that relies on strict commits must not be told of a write that the power may still take.
    if (!refused && durability === 'strict' && settings.durability === 'relaxed') this.engine.requireStrict();
    return refused;
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
