/**
 * Values in the tables of a Durable Object that is backed by SQLite: a table for each space, with the id as its rowid, so
 * that a frame of the log is appended to one page.
 *
 * All is done within the call, so calls need no order of their own. What was written leaves the object's memory at the end
 * of the turn, whole or not at all; `sync` waits for that.
 */

import type { ExternalStore, StoreSpace, StoreWrite } from '../external.js';
import { closed, failure } from './failure.js';
import type { DurableStorage, Sql } from './runtime.js';

/** What Cloudflare lets one object hold. */
const QUOTA = 10e9;
/** Above every id. */
const END = 2 ** 53;

interface Statements {
  create: string;
  read: string;
  list: string;
  add: string;
  put: string;
  delete: string;
  deleteRange: string;
  drop: string;
}

function statements(table: string): Statements {
  return {
    create: `CREATE TABLE IF NOT EXISTS ${table} (id INTEGER PRIMARY KEY, value BLOB NOT NULL)`,
    read: `SELECT value FROM ${table} WHERE id = ?`,
    list: `SELECT id, value FROM ${table} WHERE id >= ? AND id < ? ORDER BY id LIMIT ?`,
    add: `INSERT INTO ${table} VALUES (?, ?)`,
    put: `INSERT OR REPLACE INTO ${table} VALUES (?, ?)`,
    delete: `DELETE FROM ${table} WHERE id = ?`,
    deleteRange: `DELETE FROM ${table} WHERE id >= ? AND id < ?`,
    drop: `DROP TABLE IF EXISTS ${table}`,
  };
}

export class SqlStore implements ExternalStore {
  private readonly storage: DurableStorage;
  private readonly sql: Sql;
  private readonly spaces: readonly Statements[];
  private isClosed = false;

  /** `name` is one of a key: only characters that a URL may have anywhere. */
  constructor(storage: DurableStorage, name: string) {
    this.storage = storage;
    this.sql = storage.sql;
    // SQLite takes names for the same that differ in their case only.
    const own = name.replace(/[A-Z]/g, (letter) => `^${letter.toLowerCase()}`);
    this.spaces = ['log', 'blocks', 'meta'].map((space) => statements(`"dynatab/${own}/${space}"`));
    for (const { create } of this.spaces) this.sql.exec(create);
  }

  async read(space: StoreSpace, ids: Float64Array): Promise<(Uint8Array | undefined)[]> {
    const { read } = this.check(space);
    return tried(() =>
      Array.from(ids, (id) => {
        for (const [value] of this.sql.exec(read, id).raw()) return new Uint8Array(value as ArrayBuffer);
        return undefined;
      }),
    );
  }

  async list(
    space: StoreSpace,
    from: number,
    to: number,
    limit: number,
  ): Promise<(readonly [number, Uint8Array])[]> {
    const { list } = this.check(space);
    return tried(() =>
      Array.from(this.sql.exec(list, from, Math.min(to, END), limit).raw(), ([id, value]) => [
        id as number,
        new Uint8Array(value as ArrayBuffer),
      ]),
    );
  }

  async commit(writes: readonly StoreWrite[], strict: boolean): Promise<void> {
    this.check(0);
    const [first] = writes;
    // One statement is all or nothing by itself.
    if (writes.length === 1) tried(() => this.write(first!));
    else if (first)
      tried(() => this.storage.transactionSync(() => writes.forEach((write) => this.write(write))));
    if (strict) await this.sync();
  }

  async usage(): Promise<{ usage: number; quota: number }> {
    this.check(0);
    return { usage: this.sql.databaseSize, quota: QUOTA };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.quiet();
  }

  /** Waits for what is under way. */
  async quiet(): Promise<void> {
    // Who waits for a commit is told of its failure.
    await this.storage.sync().catch(() => undefined);
  }

  /** Deletes the database. */
  async clear(): Promise<void> {
    this.storage.transactionSync(() => {
      for (const { drop } of this.spaces) this.sql.exec(drop);
    });
    await this.storage.sync();
  }

  private write([kind, space, id, more]: StoreWrite): void {
    const { [kind]: statement } = this.spaces[space]!;
    if (kind === 'delete') this.sql.exec(statement, id);
    else if (kind === 'deleteRange') this.sql.exec(statement, id, Math.min(more as number, END));
    else this.sql.exec(statement, id, more);
  }

  private async sync(): Promise<void> {
    try {
      await this.storage.sync();
    } catch (error) {
      throw failure(error, 'unknown');
    }
  }

  private check(space: StoreSpace): Statements {
    if (this.isClosed) throw closed();
    return this.spaces[space]!;
  }
}

/** A statement or a transaction that throws has done nothing. */
function tried<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failure(error, 'aborted');
  }
}
