/** Dexie, with the two parts of the key as its primary key. */

import { Dexie, type Table } from 'dexie';
import { freshName } from '../lib/peers.js';
import type { Peer } from './peer.js';

export function dexie(name: string, chromeTransactionDurability: 'relaxed' | 'strict'): Peer {
  let db: Dexie;
  let rows: Table<object, [string, string]>;
  return {
    name,
    async open() {
      db = new Dexie(freshName(), { chromeTransactionDurability });
      db.version(1).stores({ rows: '[pk+sk]' });
      await db.open();
      rows = db.table('rows');
    },
    bulk: async (items) => void (await rows.bulkPut(items)),
    put: async (item) => void (await rows.put(item)),
    get: (pk, sk) => rows.get([pk, sk]),
    range: (pk) => rows.where('[pk+sk]').between([pk, Dexie.minKey], [pk, Dexie.maxKey]).toArray(),
    remove: () => db.delete(),
  };
}
