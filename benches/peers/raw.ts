/** IndexedDB by hand: native objects under keys of two parts. */

import { freshName } from '../lib/peers.js';
import { Raw, type Durability } from '../lib/raw.js';
import type { Peer } from './peer.js';

const ROWS_A_TRANSACTION = 1000;

export function raw(name: string, durability: Durability): Peer {
  let store: Raw;
  return {
    name,
    open: async () => void (store = await Raw.open(freshName())),
    async bulk(items) {
      for (let from = 0; from < items.length; from += ROWS_A_TRANSACTION) {
        const rows = items.slice(from, from + ROWS_A_TRANSACTION);
        await store.putAll(
          rows.map((item) => [[item.pk, item.sk], item]),
          durability,
        );
      }
    },
    put: (item) => store.put([item.pk, item.sk], item, durability),
    get: async (pk, sk) => (await store.get([pk, sk])) as object | undefined,
    range: async (pk) => (await store.getAll(IDBKeyRange.bound([pk], [pk, []]), 1000)) as object[],
    remove: () => store.remove(),
  };
}
