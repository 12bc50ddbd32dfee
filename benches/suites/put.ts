/** Durable puts, each awaited before the next. */

import { makeItems, makeKey, makeValue, keyOf } from '../lib/items.js';
import { freshName, openDexie, openDynatab, TABLE } from '../lib/peers.js';
import { Raw, type Durability } from '../lib/raw.js';
import { figures, interleave, speedup, timed, type Alternative, type Report } from '../lib/rounds.js';

const COUNT = 200;

export async function put(): Promise<Report> {
  const raw = await Raw.open(freshName());
  const dexie = await openDexie(freshName());
  const bases = {
    relaxed: await openDynatab({ name: freshName() }),
    strict: await openDynatab({ name: freshName(), durability: 'strict' }),
  };
  let next = 0;
  const alternatives: Alternative[] = [];
  for (const durability of ['relaxed', 'strict'] as const) {
    alternatives.push({
      name: `dynatab ${durability}`,
      run() {
        const items = makeItems((next += COUNT), COUNT);
        const { doc } = bases[durability];
        return timed(COUNT, async () => {
          for (const Item of items) await doc.put({ TableName: TABLE, Item });
        });
      },
    });
    alternatives.push(rawPuts(raw, durability, () => (next += COUNT)));
  }
  alternatives.push({
    name: 'Dexie',
    run() {
      const from = (next += COUNT);
      const items = makeItems(from, COUNT);
      return timed(COUNT, async () => {
        for (let i = 0; i < COUNT; i++) await dexie.rows.put(items[i]!, keyOf(from + i));
      });
    },
  });
  const samples = await interleave(alternatives);
  await Promise.all([raw.remove(), dexie.db.delete(), bases.relaxed.db.destroy(), bases.strict.db.destroy()]);
  return {
    bench: 'put',
    figures: figures(samples, 'per second'),
    ratios: [
      speedup(samples, 'dynatab relaxed', 'raw relaxed', { atLeast: 1 }),
      speedup(samples, 'dynatab strict', 'raw strict', { atLeast: 1 }),
      speedup(samples, 'dynatab relaxed', 'Dexie'),
    ],
    notes: [`${COUNT} puts a round; raw: 600-byte value, 32-byte key, own transaction, explicit commit()`],
  };
}

export function rawPuts(raw: Raw, durability: Durability, claim: () => number): Alternative {
  return {
    name: `raw ${durability}`,
    run() {
      const from = claim();
      const rows = Array.from({ length: COUNT }, (_, i) => [makeKey(from + i), makeValue(from + i)] as const);
      return timed(COUNT, async () => {
        for (const [key, value] of rows) await raw.put(key, value, durability);
      });
    },
  };
}
