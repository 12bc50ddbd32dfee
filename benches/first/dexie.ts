/** From nothing to the first durable write: Dexie. */

import { Dexie } from 'dexie';
import { report, ITEM } from './report.js';

await report(async () => {
  const db = new Dexie(`first-${Date.now()}`);
  db.version(1).stores({ items: 'id' });
  await db.table('items').put(ITEM);
});
