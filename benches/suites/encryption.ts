/** What encryption costs, on IndexedDB. */

import type { Encryption } from 'dynatab';
import { makeItems } from '../lib/items.js';
import { freshName, load, openDynatab, TABLE } from '../lib/peers.js';
import { figures, interleave, speedup, timed, type Report } from '../lib/rounds.js';

const BULK = 10_000;
const PUTS = 200;
const GETS = 4000;
const COLD = 100;

const NAMES = ['encrypted', 'plain'] as const;

export async function encryption(): Promise<Report[]> {
  const usages = ['encrypt', 'decrypt'] as const;
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, usages);
  const secret = { encrypted: { key } as Encryption, plain: undefined };
  const items = makeItems(0, BULK);
  const bulk = await interleave(
    NAMES.map((name) => ({
      name,
      async run() {
        const { db, doc } = await openDynatab({ name: freshName(), encryption: secret[name] });
        const sample = await timed(BULK, () => load(doc, items));
        await db.destroy();
        return sample;
      },
    })),
    9,
  );
  const names = { encrypted: freshName(), plain: freshName() };
  const open = (name: keyof typeof names) => openDynatab({ name: names[name], encryption: secret[name] });
  const bases = { encrypted: await open('encrypted'), plain: await open('plain') };
  for (const { doc } of Object.values(bases)) await load(doc, items);
  let next = BULK;
  const put = await interleave(
    NAMES.map((name) => ({
      name,
      run() {
        const more = makeItems((next += PUTS), PUTS);
        return timed(PUTS, async () => {
          for (const Item of more) await bases[name].doc.put({ TableName: TABLE, Item });
        });
      },
    })),
  );
  const gets = async (name: keyof typeof names, count: number) => {
    for (let k = 0; k < count; k++) {
      const { pk, sk } = items[(k * 7919) % BULK]!;
      if (!(await bases[name].doc.get({ TableName: TABLE, Key: { pk, sk } })).Item)
        throw new Error('no item');
    }
  };
  const hot = await interleave(
    NAMES.map((name) => ({ name, run: () => timed(GETS, () => gets(name, GETS)) })),
  );
  const cold = await interleave(
    NAMES.map((name) => ({
      name,
      async run() {
        await bases[name].db.close();
        bases[name] = await open(name);
        return timed(COLD, () => gets(name, COLD));
      },
    })),
    7,
  );
  await Promise.all(Object.values(bases).map(({ db }) => db.destroy()));
  const ratio = (samples: typeof bulk, atLeast?: number) =>
    speedup(samples, 'encrypted', 'plain', atLeast === undefined ? undefined : { atLeast });
  return [
    {
      bench: 'encryption, bulk',
      figures: figures(bulk, 'per second'),
      ratios: [ratio(bulk, 0.75)],
      notes: [],
    },
    {
      bench: 'encryption, awaited put',
      figures: figures(put, 'per second'),
      ratios: [ratio(put)],
      notes: [],
    },
    { bench: 'encryption, hot get', figures: figures(hot, 'us'), ratios: [ratio(hot, 1)], notes: [] },
    {
      bench: 'encryption, gets after opening',
      figures: figures(cold, 'us'),
      ratios: [ratio(cold)],
      notes: [`the first ${COLD} gets of a database that was opened just now, each of another block mostly`],
    },
  ];
}
