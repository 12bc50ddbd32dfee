/** dynatab and SQLite on the origin private file system, called from the page. */

import { makeItem, makeItems } from '../lib/items.js';
import { figures, interleave, speedup, timed, type Report } from '../lib/rounds.js';
import { dynatab } from '../peers/dynatab.js';
import type { Peer } from '../peers/peer.js';
import { sqlite } from '../peers/sqlite.js';

const BULK = 10_000;
const PUTS = 100;
const GETS = 1000;

/** Equal flush policies, side by side. */
const PAIRS = [
  ['strict', 'FULL'],
  ['relaxed', 'OFF'],
] as const;

const ours = (durability: string) => `dynatab, OPFS ${durability}`;
const theirs = (synchronous: string) => `sqlite-wasm, OPFS ${synchronous}`;

export async function opfs(): Promise<Report[]> {
  const make: (() => Peer)[] = PAIRS.flatMap(([durability, synchronous]) => [
    () => dynatab(ours(durability), { storage: 'opfs', durability }),
    () => sqlite(theirs(synchronous), synchronous),
  ]);
  const items = makeItems(0, BULK);
  const open: Peer[] = [];
  for (const peer of make) {
    const made = peer();
    await made.open();
    await made.bulk(items);
    open.push(made);
  }
  let next = BULK;
  const puts = await interleave(
    open.map((peer) => ({
      name: peer.name,
      run() {
        const items = makeItems((next += PUTS), PUTS);
        return timed(PUTS, async () => {
          for (const item of items) await peer.put(item);
        });
      },
    })),
  );
  const gets = await interleave(
    open.map((peer) => ({
      name: peer.name,
      run: () =>
        timed(GETS, async () => {
          for (let k = 0; k < GETS; k++) {
            const { pk, sk } = items[(k * 7919) % BULK]!;
            if (!(await peer.get(pk, sk))) throw new Error('no item');
          }
        }),
    })),
  );
  const { pk, sk } = makeItem(7);
  for (const peer of open) {
    const found = (await peer.get(pk, sk)) as { sk?: string } | undefined;
    if (found?.sk !== sk) throw new Error(`${peer.name} gave another item`);
    await peer.remove();
  }
  const bulks = await interleave(
    make.map((peer) => ({
      name: peer().name,
      async run() {
        const made = peer();
        await made.open();
        const sample = await timed(BULK, () => made.bulk(items));
        await made.remove();
        return sample;
      },
    })),
    5,
  );
  const report = (
    bench: string,
    samples: typeof puts,
    unit: 'per second' | 'us',
    atLeast: number,
  ): Report => ({
    bench: `opfs ${bench}`,
    figures: figures(samples, unit),
    ratios: PAIRS.map(([durability, synchronous]) =>
      speedup(samples, ours(durability), theirs(synchronous), { atLeast }),
    ),
    notes: [],
  });
  return [
    report('put', puts, 'per second', 1),
    report('get', gets, 'us', 2),
    report('bulk', bulks, 'per second', 2),
  ];
}
