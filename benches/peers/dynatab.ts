/** dynatab, in memory and on IndexedDB. */

import type { OpenOptions } from 'dynatab';
import { freshName, load, openDynatab, TABLE, type Dynatab } from '../lib/peers.js';
import type { Peer } from './peer.js';

export function dynatab(name: string, options: Partial<OpenOptions>): Peer {
  let base: Dynatab;
  return {
    name,
    open: async () => void (base = await openDynatab({ ...options, name: freshName() })),
    bulk: (items) => load(base.doc, items),
    put: async (Item) => void (await base.doc.put({ TableName: TABLE, Item })),
    get: async (pk, sk) => (await base.doc.get({ TableName: TABLE, Key: { pk, sk } })).Item,
    async range(pk) {
      const { Items } = await base.doc.query({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
      });
      return Items ?? [];
    },
    remove: () => base.db.destroy(),
  };
}
