// The storage of a Durable Object, with SQLite or without: what is written in one turn becomes durable at once, turn after turn.
import type { DurableStorage, Sql } from '../../../pkg/src/storage/durable-object/runtime.js';

/** Rows of tables; a class without SQLite has one. */
type Tables = Map<string, Map<string | number, Uint8Array>>;
type Change = (tables: Tables) => void;

const KEYS = 'keys';

/** What outlives a process. */
export class FakeDisk {
  tables: Tables = new Map();
  /** What was written since the last `sync`, by turns. */
  turns: Change[][] = [];

  /** The object is gone; of what was not synced there are the first `kept` turns. */
  crash(kept: number): void {
    for (const change of this.turns.slice(0, kept).flat()) change(this.tables);
    this.turns = [];
  }

  *bytes(): Iterable<Uint8Array> {
    for (const table of this.tables.values()) yield* table.values();
  }
}

/** An object that runs. */
export class FakeDurable implements DurableStorage {
  /** Calls so far, and the one at which it dies: nothing is done from then on, and nothing answered. */
  calls = 0;
  dieAt = Infinity;
  died: (() => void) | undefined;
  private readonly disk: FakeDisk;
  private readonly hasSql: boolean;
  /** What a call sees. */
  private view: Tables;
  private turn: Change[] | undefined;

  constructor(disk: FakeDisk, hasSql: boolean) {
    this.disk = disk;
    this.hasSql = hasSql;
    this.view = copy(disk.tables);
  }

  get(keys: string[]) {
    return this.answer(() => {
      if (keys.length > 128) throw new Error('Maximum number of keys is 128.');
      const table = this.table(KEYS);
      return new Map(keys.filter((key) => table.has(key)).map((key) => [key, table.get(key)!.slice()]));
    });
  }

  list({ start = '', end = '\uffff', reverse = false, limit = Infinity } = {}) {
    return this.answer(() => {
      const found = [...this.table(KEYS)].filter(
        ([key]) => start <= (key as string) && (key as string) < end,
      );
      found.sort(([a], [b]) => (a < b === reverse ? 1 : -1));
      return new Map(found.slice(0, limit).map(([key, value]) => [key as string, value.slice()]));
    });
  }

  put(entries: Record<string, unknown>) {
    return this.answer(() => {
      if (Object.keys(entries).length > 128) throw new Error('Maximum number of pairs is 128.');
      const rows = Object.entries(entries).map(
        ([key, value]) => [key, (value as Uint8Array).slice()] as const,
      );
      this.change((tables) => rows.forEach(([key, value]) => tableOf(tables, KEYS).set(key, value)));
    });
  }

  delete(keys: string[]) {
    return this.answer(() => {
      this.change((tables) => keys.forEach((key) => tableOf(tables, KEYS).delete(key)));
      return keys.length;
    });
  }

  sync(): Promise<void> {
    const ending = this.answer(() => this.disk.turns.length);
    return ending.then(
      (count) =>
        new Promise((done) =>
          setImmediate(() => {
            if (this.calls > this.dieAt) return;
            for (const change of this.disk.turns.splice(0, count).flat()) change(this.disk.tables);
            done();
          }),
        ),
    );
  }

  transactionSync<T>(closure: () => T): T {
    this.call();
    const [view, turn] = [copy(this.view), this.turn?.length ?? 0];
    try {
      return closure();
    } catch (error) {
      this.view = view;
      this.turn?.splice(turn);
      throw error;
    }
  }

  getAlarm = async () => null;
  setAlarm = async () => undefined;
  deleteAlarm = async () => undefined;

  get sql(): Sql {
    if (!this.hasSql) throw new Error('SQL is not enabled for this Durable Object class.');
    return {
      databaseSize: 0,
      exec: (query, ...bindings) => {
        const rows = this.exec(query, bindings);
        return { raw: () => rows };
      },
    };
  }

  /** The statements that the store has. */
  private exec(query: string, bindings: unknown[]): unknown[][] {
    this.call();
    const [, name = ''] = /"([^"]*)"/.exec(query) ?? [];
    const [first, second, limit = Infinity] = bindings as [number, number, number?];
    const within = (rows: ReadonlyMap<string | number, Uint8Array>) =>
      [...rows.keys()].filter((id) => first <= (id as number) && (id as number) < second);
    switch (query.replace(/"[^"]*"/, 'T')) {
      case 'SELECT 1':
        return [[1]];
      case 'CREATE TABLE IF NOT EXISTS T (id INTEGER PRIMARY KEY, value BLOB NOT NULL)':
        this.change((tables) => tableOf(tables, name));
        return [];
      case 'SELECT value FROM T WHERE id = ?': {
        const value = this.table(name).get(first);
        return value ? [[value.slice().buffer]] : [];
      }
      case 'SELECT id, value FROM T WHERE id >= ? AND id < ? ORDER BY id LIMIT ?': {
        const rows = this.table(name);
        const ids = within(rows).sort((a, b) => (a as number) - (b as number));
        return ids.slice(0, limit).map((id) => [id, rows.get(id)!.slice().buffer]);
      }
      case 'INSERT INTO T VALUES (?, ?)':
        if (this.table(name).has(first))
          throw new Error('UNIQUE constraint failed: id: SQLITE_CONSTRAINT_PRIMARYKEY');
        this.set(name, first, bindings[1] as Uint8Array);
        return [];
      case 'INSERT OR REPLACE INTO T VALUES (?, ?)':
        this.set(name, first, bindings[1] as Uint8Array);
        return [];
      case 'DELETE FROM T WHERE id = ?':
        this.change((tables) => tableOf(tables, name).delete(first));
        return [];
      case 'DELETE FROM T WHERE id >= ? AND id < ?': {
        const ids = within(this.table(name));
        this.change((tables) => ids.forEach((id) => tableOf(tables, name).delete(id)));
        return [];
      }
      case 'DROP TABLE IF EXISTS T':
        this.change((tables) => tables.delete(name));
        return [];
      default:
        throw new Error(`a statement that the fake does not know: ${query}`);
    }
  }

  private set(name: string, id: number, value: Uint8Array): void {
    const own = value.slice();
    this.change((tables) => tableOf(tables, name).set(id, own));
  }

  private table(name: string) {
    return tableOf(this.view, name);
  }

  private change(change: Change): void {
    change(this.view);
    if (!this.turn) {
      const turn: Change[] = (this.turn = []);
      this.disk.turns.push(turn);
      queueMicrotask(() => (this.turn = undefined));
    }
    this.turn.push(change);
  }

  private call(): void {
    if (this.calls++ < this.dieAt) return;
    this.died?.();
    throw new Error('the object is gone');
  }

  /** Done within the call, and answered later; never by an object that is gone. */
  private answer<T>(work: () => T): Promise<T> {
    try {
      this.call();
    } catch {
      return new Promise(() => undefined);
    }
    try {
      const value = work();
      return Promise.resolve().then(() => (this.calls > this.dieAt ? new Promise(() => undefined) : value));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

function tableOf(tables: Tables, name: string): Map<string | number, Uint8Array> {
  let table = tables.get(name);
  if (!table) tables.set(name, (table = new Map()));
  return table;
}

const copy = (tables: Tables): Tables => new Map([...tables].map(([name, rows]) => [name, new Map(rows)]));
