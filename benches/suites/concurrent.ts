/** Durable puts by 32 writers at once, beside raw puts one after another. */

import { makeItems } from '../lib/items.js';
import { freshName, openDynatab, TABLE } from '../lib/peers.js';
import { Raw } from '../lib/raw.js';
import { figures, interleave, speedup, timed, type Alternative, type Report } from '../lib/rounds.js';
import { rawPuts } from './put.js';

const WRITERS = 32;
const EACH = 100;
const COUNT = WRITERS * EACH;

export async function concurrent(): Promise<Report> {
  const raw = await Raw.open(freshName());
  const bases = {
    relaxed: await openDynatab({ name: freshName() }),
    strict: await openDynatab({ name: freshName(), durability: 'strict' }),
  };
  let next = 0;
  const alternatives: Alternative[] = [];
  for (const durability of ['relaxed', 'strict'] as const) {
    alternatives.push({
      name: `dynatab ${durability}, 32 writers`,
      run() {
        const items = makeItems((next += COUNT), COUNT);
        const { doc } = bases[durability];
        const writer = async (_: unknown, at: number) => {
          for (let i = at; i < COUNT; i += WRITERS) await doc.put({ TableName: TABLE, Item: items[i]! });
        };
        return timed(COUNT, () => Promise.all(Array.from({ length: WRITERS }, writer)));
      },
    });
    alternatives.push(rawPuts(raw, durability, () => (next += COUNT)));
  }
  const samples = await interleave(alternatives);
  await Promise.all([raw.remove(), bases.relaxed.db.destroy(), bases.strict.db.destroy()]);
  return {
    bench: 'concurrent',
    figures: figures(samples, 'per second'),
    ratios: [
      speedup(samples, 'dynatab relaxed, 32 writers', 'raw relaxed', { atLeast: 12 }),
      speedup(samples, 'dynatab strict, 32 writers', 'raw strict', { atLeast: 12 }),
    ],
    notes: ['raw: one writer that awaits each put'],
  };
}
