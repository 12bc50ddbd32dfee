/** 10,000 items into an empty database. */

import { makeItems, makeKey, makeValue } from '../lib/items.js';
import { dexieKeys, freshName, load, openDexie, openDynatab } from '../lib/peers.js';
import { Raw } from '../lib/raw.js';
import { figures, interleave, speedup, timed, type Report } from '../lib/rounds.js';

const COUNT = 10_000;
const PER_TRANSACTION = 1000;

export async function bulk(): Promise<Report> {
  const items = makeItems(0, COUNT);
  const keys = dexieKeys(0, COUNT);
  const rows = items.map((_, i) => [makeKey(i), makeValue(i)] as const);
  const samples = await interleave(
    [
      {
        name: 'dynatab batchWrite',
        async run() {
          const { db, doc } = await openDynatab({ name: freshName() });
          const sample = await timed(COUNT, () => load(doc, items));
          await db.destroy();
          return sample;
        },
      },
      {
        name: 'Dexie bulkPut',
        async run() {
          const { db, rows } = await openDexie(freshName());
          const sample = await timed(COUNT, () => rows.bulkPut(items, keys));
          await db.delete();
          return sample;
        },
      },
      {
        name: 'raw, 1,000 a transaction',
        async run() {
          const raw = await Raw.open(freshName());
          const sample = await timed(COUNT, async () => {
            for (let from = 0; from < COUNT; from += PER_TRANSACTION) {
              await raw.putAll(rows.slice(from, from + PER_TRANSACTION), 'relaxed');
            }
          });
          await raw.remove();
          return sample;
        },
      },
    ],
    7,
  );
  return {
    bench: 'bulk',
    figures: figures(samples, 'per second'),
    ratios: [
      speedup(samples, 'dynatab batchWrite', 'Dexie bulkPut', { atLeast: 5 }),
      speedup(samples, 'dynatab batchWrite', 'raw, 1,000 a transaction'),
    ],
    notes: [
      'batchWrite of 25, all in flight; both write native objects of 12 attributes, raw writes 600 bytes a row',
    ],
  };
}
