/** Opens the connection of a database: alone, or shared with other contexts. */

import { DatabaseLockedError, fromOpening } from '../errors/index.js';
import type { Connect } from '../link/link.js';
import { Moved } from '../link/moved.js';
import { Tabs } from '../link/tabs/tabs.js';
import { Connection } from './connection.js';
import { withKey, type KeyHolder } from './encryption.js';
import { engineOptions, hostOf, patiently } from './engine.js';
import type { OpenOptions, Runtime } from './options.js';
import { own, type Chosen } from './place.js';
import type { Usage } from './space.js';

/** A connection that is open, and how it ends. */
export interface Opened {
  connection: Connection;
  /** Has the key of the database, when it is encrypted. */
  keys: KeyHolder;
  /** Deletes what is stored; the connection was closed. */
  remove(): Promise<void>;
  /** Gives up what kept others out. */
  release(): void | Promise<void>;
  /** Bytes of the files or the store, where there are some. */
  usage?: (() => Usage | Promise<Usage>) | undefined;
  /** Waits for what a failed engine had under way. */
  quiet?: (() => Promise<void>) | undefined;
}

/**
 * The number by which the log knows the requests of a client. Where something is kept, calls in flight outlive an engine
 * that fails; in memory they do not, and need none.
 */
const clientNumber = (storage: Chosen['storage']) =>
  storage === 'memory' ? 0 : 1 + Math.floor(Math.random() * 2 ** 42);

/** A database that no other context may open meanwhile. */
export async function openAlone(chosen: Chosen, options: OpenOptions, runtime: Runtime): Promise<Opened> {
  const host = await hostOf(options, runtime);
  host.prepare(chosen.storage);
  const owned = await own(chosen, options, runtime).catch((error: unknown) => {
    host.end();
    throw fromOpening(error);
  });
  const { kept } = owned;
  const end = () => {
    host.end();
    return owned.release();
  };
  try {
    const settings = engineOptions(options, chosen, kept);
    const client = clientNumber(chosen.storage);
    const connect: Connect = async (events) => {
      const make = async () => {
        const engine = await host.open(settings, { ...events, seen: () => undefined });
        return engine.link(client, events);
      };
      return kept?.watch ? kept.watch(make, events) : make();
    };
    const quiet = kept && (() => kept.quiet());
    const connection = await patiently(() => Connection.open(connect, quiet));
    const usage = kept && (() => kept.usage());
    return { connection, keys: settings, remove: async () => kept?.clear(), release: end, usage, quiet };
  } catch (error) {
    await kept?.quiet();
    await end();
    throw fromOpening(error);
  }
}

/** A database of a browser, which any number of tabs and workers may have open. */
export async function openShared(chosen: Chosen, options: OpenOptions, runtime: Runtime): Promise<Opened> {
  const settings = engineOptions(options, chosen, undefined);
  const host = await hostOf(options, runtime);
  // Beside asking for the lock.
  host.prepare(chosen.storage);
  let tabs: Tabs | undefined;
  const release = () => {
    tabs?.close();
    host.end();
  };
  try {
    tabs = new Tabs({
      engine: settings,
      client: clientNumber(chosen.storage),
      host,
      broker: options.broker === undefined ? runtime.broker?.() : (options.broker ?? undefined),
    });
    const connect = withKey(tabs.connect, settings);
    const connection = await patiently(() => Connection.open(connect));
    return {
      connection,
      keys: settings,
      async remove() {
        await tabs!.expel();
        await host.destroy(settings);
      },
      release,
    };
  } catch (error) {
    release();
    if (error instanceof Moved)
      throw new DatabaseLockedError(`The database "${options.name}" cannot be opened: ${error.message}`);
    throw fromOpening(error);
  }
}
