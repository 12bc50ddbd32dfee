/** `open`, `destroy` and `repair` inside a Durable Object. */

import module from './engine.wasm';
import more from './engine.more.wasm';
import { Database } from '../client/database.js';
import {
  destroyer,
  opener,
  repairer,
  type DestroyOptions,
  type OpenOptions,
  type RepairOptions,
  type Runtime,
} from '../client/open.js';
import { openStorage, type Alarm } from '../storage/durable-object/index.js';
import type { DurableState, DurableStorage } from '../storage/durable-object/runtime.js';
import type { RepairReport } from '../types.js';

/** Names a database within its object; `dynatab` when left out. */
type Named<T> = Omit<T, 'name' | 'path'> & { name?: string | undefined };

/** Options of `open` in a Durable Object. `strict` is the default durability. */
export interface DurableOptions extends Omit<Named<OpenOptions>, 'worker' | 'broker'> {
  /**
   * Objects lose their timers when they are not called for a while. True: the object's alarm is set for the next time when
   * something is to be done, and the object's `alarm()` has to call `db.alarm()`. Where the object has other uses for its
   * one alarm, a function is told the time in milliseconds since 1970, and sees to it that `db.alarm()` is called then or
   * earlier. False, which is the default: there are only timers, and what they did not come to is done after the next
   * request. A `DynatabDatabase` has true.
   */
  alarm?: Alarm | undefined;
}

/** A database in a Durable Object. */
export class DurableDatabase extends Database {
  /**
   * Does what is due: deletes expired items, forgets old records of streams, flushes, merges, fills indexes. To be called
   * by the object's `alarm()`; resolves when it is done.
   */
  alarm(): Promise<void> {
    return this.connection.attend();
  }
}

type Context = DurableState | DurableStorage;

const NAME = 'dynatab';

function runtimeOf(given: Context, alarm: Alarm): Runtime {
  const storage = 'storage' in given ? given.storage : given;
  return {
    wasm: () => module as WebAssembly.Module,
    more: () => more as WebAssembly.Module,
    // An object ends without a word, and its engine's memory is to go with it.
    owner: {},
    Database: DurableDatabase,
    external: {
      storage: 'durable-object',
      reason: 'the object has storage',
      open: ({ name }) => openStorage(storage, name, alarm),
    },
  };
}

/** Opens a database in the storage of a Durable Object (`ctx`, or `ctx.storage`), creating it when it is not there. */
export async function open(ctx: Context, options: DurableOptions = {}): Promise<DurableDatabase> {
  const { alarm = false, name = NAME, ...others } = options;
  // Alarms know nothing of a clock of the application's own.
  const opens = opener(runtimeOf(ctx, options.now ? false : alarm));
  return (await opens({ ...others, name })) as DurableDatabase;
}

/** Deletes a database that is not open. */
export function destroy(ctx: Context, options: Named<DestroyOptions> = {}): Promise<void> {
  return destroyer(runtimeOf(ctx, false))({ ...options, name: options.name ?? NAME });
}

/** Repairs a database that is not open, if anything is wrong with it. */
export function repair(ctx: Context, options: Named<RepairOptions> = {}): Promise<RepairReport> {
  return repairer(runtimeOf(ctx, false))({ ...options, name: options.name ?? NAME });
}
