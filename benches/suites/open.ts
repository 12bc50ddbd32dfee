/** Opening a database of 200,000 items beside an empty one, in a browser that is already warm. */

import { open as openDatabase } from 'dynatab';
import { makeItems, partitionOf, sortKeyOf } from '../lib/items.js';
import { freshName, load, openDynatab, TABLE } from '../lib/peers.js';
import { delay, figures, interleave, timed, type Alternative, type Report } from '../lib/rounds.js';

const COUNT = 200_000;
const CHUNK = 10_000;

export async function open(): Promise<Report> {
  const [empty, full] = [freshName(), freshName()];
  await (await openDynatab({ name: empty })).db.close();
  const start = performance.now();
  const { db, doc } = await openDynatab({ name: full });
  for (let from = 0; from < COUNT; from += CHUNK) await load(doc, makeItems(from, CHUNK), 64);
  const loaded = performance.now() - start;
  await db.close();
  const closed = performance.now() - start - loaded;

  const opening = (name: string, label: string): Alternative => ({
    name: label,
    async run() {
      let db: Awaited<ReturnType<typeof openDatabase>> | undefined;
      const sample = await timed(1, async () => {
        db = await openDatabase({ name });
      });
      await db!.close();
      return sample;
    },
  });
  const firstGet = (name: string, label: string): Alternative => ({
    name: label,
    async run(round) {
      let db: Awaited<ReturnType<typeof openDatabase>> | undefined;
      const i = (round * 7919) % COUNT;
      const sample = await timed(1, async () => {
        db = await openDatabase({ name });
        await db.documentClient().get({ TableName: TABLE, Key: { pk: partitionOf(i), sk: sortKeyOf(i) } });
      });
      await db!.close();
      return sample;
    },
  });
  const samples = await interleave(
    [
      opening(empty, 'open, empty'),
      opening(full, 'open, 200,000 items'),
      firstGet(empty, 'open and get, empty'),
      firstGet(full, 'open and get, 200,000 items'),
    ],
    15,
  );
  for (const name of [empty, full]) await (await openDatabase({ name })).destroy();
  return {
    bench: 'open',
    figures: figures(samples, 'ms'),
    ratios: [
      delay(samples, 'open, 200,000 items', 'open, empty', { atMost: 10 }),
      delay(samples, 'open and get, 200,000 items', 'open and get, empty'),
    ],
    notes: [
      `loading took ${(loaded / 1000).toFixed(1)} s (${Math.round(COUNT / (loaded / 1000))} items/s, making them included), closing ${(closed / 1000).toFixed(2)} s`,
    ],
  };
}
