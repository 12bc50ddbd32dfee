/** A range of 1,000 items, from memory and after opening anew. */

import { makeItems, makeKey, makeValue, partitionOf, PER_PARTITION } from '../lib/items.js';
import { freshName, load, openDynatab, TABLE, type Dynatab } from '../lib/peers.js';
import { Raw } from '../lib/raw.js';
import { figures, interleave, speedup, timed, type Alternative, type Report } from '../lib/rounds.js';

const ITEMS = 20_000;

export async function range(): Promise<Report> {
  const items = makeItems(0, ITEMS);
  const name = freshName();
  let dynatab = await openDynatab({ name });
  await load(dynatab.doc, items, 64);
  const raw = await Raw.open(freshName());
  const objects = await Raw.open(freshName());
  for (let from = 0; from < ITEMS; from += 1000) {
    const chunk = items.slice(from, from + 1000);
    await raw.putAll(
      chunk.map((_, i) => [makeKey(from + i), makeValue(from + i)]),
      'relaxed',
    );
    await objects.putAll(
      chunk.map((item, i) => [makeKey(from + i), item]),
      'relaxed',
    );
  }
  const query = async ({ doc }: Dynatab, i: number) => {
    const { Items, LastEvaluatedKey } = await doc.query({
      TableName: TABLE,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': partitionOf(i) },
    });
    if (Items?.length !== PER_PARTITION || LastEvaluatedKey)
      throw new Error(`a query gave ${Items?.length} items`);
  };
  const rows = (name: string, raw: Raw): Alternative => ({
    name,
    run: () =>
      timed(1, async () => {
        if ((await raw.getAll(undefined, PER_PARTITION)).length !== PER_PARTITION)
          throw new Error('rows are missing');
      }),
  });
  const samples = await interleave([
    {
      name: 'dynatab, hot',
      async run() {
        await query(dynatab, 5000);
        return timed(1, () => query(dynatab, 5000));
      },
    },
    {
      name: 'dynatab, after opening',
      async run(round) {
        await dynatab.db.close();
        dynatab = await openDynatab({ name });
        return timed(1, () => query(dynatab, ((round * 7) % (ITEMS / PER_PARTITION)) * PER_PARTITION));
      },
    },
    rows('raw getAll, 600 bytes', raw),
    rows('raw getAll, native objects', objects),
  ]);
  await Promise.all([dynatab.db.destroy(), raw.remove(), objects.remove()]);
  return {
    bench: 'range',
    figures: figures(samples, 'ms'),
    ratios: [
      speedup(samples, 'dynatab, hot', 'raw getAll, 600 bytes', { atLeast: 4 }),
      speedup(samples, 'dynatab, after opening', 'raw getAll, 600 bytes', { atLeast: 2 }),
      speedup(samples, 'dynatab, hot', 'raw getAll, native objects'),
    ],
    notes: ['1,000 items of a table of 20,000 as native objects, in one answer'],
  };
}
