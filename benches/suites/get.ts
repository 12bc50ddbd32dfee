/** Gets by key of items that were read before. */

import { keyOf, makeItem, makeItems, makeKey, makeValue } from '../lib/items.js';
import { dexieKeys, freshName, load, openDexie, openDynatab, TABLE } from '../lib/peers.js';
import { Raw } from '../lib/raw.js';
import { figures, interleave, speedup, timed, type Report } from '../lib/rounds.js';

const ITEMS = 2000;
const SLOW = 200;
const FAST = 4000;

export async function get(): Promise<Report> {
  const items = makeItems(0, ITEMS);
  const { db, doc } = await openDynatab({ name: freshName() });
  await load(doc, items);
  const raw = await Raw.open(freshName());
  await raw.putAll(
    items.map((_, i) => [makeKey(i), makeValue(i)]),
    'relaxed',
  );
  const objects = await Raw.open(freshName());
  await objects.putAll(
    items.map((item, i) => [makeKey(i), item]),
    'relaxed',
  );
  const dexie = await openDexie(freshName());
  await dexie.rows.bulkPut(items, dexieKeys(0, ITEMS));

  const keys = items.map(({ pk, sk }) => ({ pk, sk }));
  const rawKeys = items.map((_, i) => makeKey(i));
  const at = (k: number) => (k * 7919) % ITEMS;
  const rows = (name: string, raw: Raw) => ({
    name,
    run: () =>
      timed(SLOW, async () => {
        for (let k = 0; k < SLOW; k++)
          if ((await raw.get(rawKeys[at(k)]!)) === undefined) throw new Error('no row');
      }),
  });
  const samples = await interleave([
    {
      name: 'dynatab',
      run: () =>
        timed(FAST, async () => {
          for (let k = 0; k < FAST; k++) {
            const { Item } = await doc.get({ TableName: TABLE, Key: keys[at(k)]! });
            if (Item === undefined) throw new Error('no item');
          }
        }),
    },
    rows('raw, 600 bytes', raw),
    rows('raw, native object', objects),
    {
      name: 'Dexie',
      run: () =>
        timed(SLOW, async () => {
          for (let k = 0; k < SLOW; k++) if (!(await dexie.rows.get(keyOf(at(k))))) throw new Error('no row');
        }),
    },
  ]);
  const { Item } = await doc.get({ TableName: TABLE, Key: keys[7]! });
  if (sorted(Item) !== sorted(makeItem(7))) throw new Error('a get gave another item');
  await Promise.all([db.destroy(), raw.remove(), objects.remove(), dexie.db.delete()]);
  return {
    bench: 'get',
    figures: figures(samples, 'us'),
    ratios: [
      speedup(samples, 'dynatab', 'raw, 600 bytes', { atLeast: 30 }),
      speedup(samples, 'dynatab', 'raw, native object'),
      speedup(samples, 'dynatab', 'Dexie'),
    ],
    notes: ['every get is awaited; dynatab and the objects give a native object of 12 attributes'],
  };
}

/** A text of an item that does not depend on the order of its members. */
function sorted(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) => {
    if (value instanceof Set) return [...value].sort();
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
