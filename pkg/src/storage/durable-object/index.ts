/** Databases in the storage of a Durable Object, by name; each has one owner. */

import type { Kept } from '../../client/options.js';
import { DatabaseLockedError } from '../../errors/index.js';
import { KvStore } from './kv-store.js';
import type { DurableStorage } from './runtime.js';
import { SqlStore } from './sql-store.js';
import { Wake } from './wake.js';

/** What is open, by the storage. An object is in one place only, and its runtime sees to that. */
const open = /* @__PURE__ */ new WeakMap<DurableStorage, Set<string>>();
/** Keys have two kilobytes. */
const MOST_CHARACTERS = 1000;

/** Says what the engine asks to be called at: the object's alarm, a function's way, or nothing. */
export type Alarm = boolean | ((at: number) => void);

/** Opens a database for one owner. */
export async function openStorage(storage: DurableStorage, name: string, alarm: Alarm): Promise<Kept> {
  const key = encodeURIComponent(name);
  if (key.length > MOST_CHARACTERS) throw new TypeError('name: too long for a Durable Object');
  let names = open.get(storage);
  if (!names) open.set(storage, (names = new Set()));
  if (names.has(key)) throw new DatabaseLockedError(`The database "${name}" is open in this object`);
  names.add(key);
  const release = () => void names.delete(key);
  try {
    const wakeAt = await waker(storage, alarm);
    const sql = hasSql(storage);
    const store = sql ? new SqlStore(storage, key) : await KvStore.open(storage, key);
    return {
      engine: wakeAt ? { store, wakeAt } : { store },
      quiet: () => store.quiet(),
      // Without SQLite nothing tells but reading everything, which is paid for.
      usage: () => (sql ? store.usage() : {}),
      async clear() {
        await store.clear();
        if (alarm === true) await storage.deleteAlarm();
      },
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

async function waker(storage: DurableStorage, alarm: Alarm): Promise<((at: number) => void) | undefined> {
  if (typeof alarm !== 'boolean') return alarm;
  if (!alarm) return undefined;
  const wake = await Wake.of(storage);
  return (at) => wake.set(at);
}

/** Other errors are none of the class's kind: with keys in place of tables, what is there would not be found. */
function hasSql(storage: DurableStorage): boolean {
  try {
    storage.sql.exec('SELECT 1');
    return true;
  } catch (error) {
    if (error instanceof Error && /SQL is not enabled/.test(error.message)) return false;
    throw error;
  }
}
