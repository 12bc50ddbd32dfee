/** From nothing to the first durable write: PGlite on IndexedDB. */

import { report, ITEM } from './report.js';

await report(async () => {
  const url = '/pglite/index.js';
  const { PGlite } = (await import(url)) as {
    PGlite: {
      create(
        dir: string,
        options: object,
      ): Promise<{ query(sql: string, values?: unknown[]): Promise<unknown> }>;
    };
  };
  const db = await PGlite.create(`idb://first-${Date.now()}`, { relaxedDurability: true });
  await db.query('CREATE TABLE items (id text PRIMARY KEY, data jsonb)');
  await db.query('INSERT INTO items VALUES ($1, $2)', [ITEM.id, JSON.stringify(ITEM)]);
});
