/** Puts an example into the database. Tables that are there stay as they are, with the items they have. */

import type { Database } from 'dynatab';
import { createTable, describe } from '../database.js';
import { call } from './call.js';
import type { Example } from './example.js';

const BATCH = 25;

export async function loadExample(db: Database, { tables }: Example): Promise<void> {
  for (const { create, items } of tables) {
    if (await describe(db.client(), create.TableName)) continue;
    await createTable(db.client(), create);
    for (let from = 0; from < items.length; from += BATCH) {
      const puts = items.slice(from, from + BATCH).map((Item) => ({ PutRequest: { Item } }));
      const { ok, body } = await call(
        db,
        'BatchWriteItem',
        JSON.stringify({ RequestItems: { [create.TableName]: puts }, ReturnConsumedCapacity: 'TOTAL' }),
      );
      if (!ok) throw new Error(String(body['message']));
    }
  }
}
