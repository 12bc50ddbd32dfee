/** PGlite on IndexedDB: the items as jsonb beside their keys. */

import { freshName } from '../lib/peers.js';
import { jsonable, type Peer } from './peer.js';

interface Database {
  exec(sql: string): Promise<unknown>;
  query<T>(sql: string, values?: unknown[]): Promise<{ rows: T[] }>;
  transaction(work: (transaction: Database) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const ROWS_A_STATEMENT = 500;

export function pglite(name: string, relaxedDurability: boolean): Peer {
  let db: Database;
  let base: string;
  return {
    name,
    async open() {
      // As it is published: it fetches its parts from beside itself.
      const url = '/pglite/index.js';
      const { PGlite } = (await import(url)) as {
        PGlite: { create(dir: string, options: object): Promise<Database> };
      };
      base = freshName();
      db = await PGlite.create(`idb://${base}`, { relaxedDurability });
      await db.exec('CREATE TABLE items (pk text, sk text, data jsonb, PRIMARY KEY (pk, sk))');
    },
    async bulk(items) {
      await db.transaction(async (transaction) => {
        for (let from = 0; from < items.length; from += ROWS_A_STATEMENT) {
          const rows = items.slice(from, from + ROWS_A_STATEMENT);
          const places = rows.map((_, i) => `($${i * 3 + 1}, $${i * 3 + 2}, $${i * 3 + 3})`).join(',');
          const values = rows.flatMap((item) => [item.pk, item.sk, JSON.stringify(jsonable(item))]);
          await transaction.query(`INSERT INTO items VALUES ${places}`, values);
        }
      });
    },
    async put(item) {
      await db.query(
        'INSERT INTO items VALUES ($1, $2, $3) ON CONFLICT (pk, sk) DO UPDATE SET data = EXCLUDED.data',
        [item.pk, item.sk, JSON.stringify(jsonable(item))],
      );
    },
    async get(pk, sk) {
      const { rows } = await db.query<{ data: object }>('SELECT data FROM items WHERE pk = $1 AND sk = $2', [
        pk,
        sk,
      ]);
      return rows[0]?.data;
    },
    async range(pk) {
      const { rows } = await db.query<{ data: object }>('SELECT data FROM items WHERE pk = $1 ORDER BY sk', [
        pk,
      ]);
      return rows.map(({ data }) => data);
    },
    async remove() {
      await db.close();
      indexedDB.deleteDatabase(`/pglite/${base}`);
    },
  };
}
