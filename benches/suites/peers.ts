/** The same items through every database, in turns: in bulk, one by one, by key, by range. */

import { makeItems, PER_PARTITION, partitionOf } from '../lib/items.js';
import {
  figures,
  interleave,
  speedup,
  timed,
  timedFor,
  type Report,
  type Sample,
  type Target,
} from '../lib/rounds.js';
import { DEXIE, OURS, PEERS, PGLITE, RXDB, SQLITE } from '../peers/all.js';
import type { Peer } from '../peers/peer.js';

const COUNT = 10_000;
/** Items that are got again and again, and for how long a round. */
const HOT = 1000;
const GET_MS = 60;
const PUTS = 50;

/** Bulk into an empty database; what it leaves is measured by the others. */
async function loaded(make: () => Peer, items: ReturnType<typeof makeItems>): Promise<[Peer, Sample]> {
  const peer = make();
  await peer.open();
  return [peer, await timed(items.length, () => peer.bulk(items))];
}

export async function peers(): Promise<Report[]> {
  const items = makeItems(0, COUNT);
  const samples = new Map<string, Sample[]>();
  const ROUNDS = 3;
  const open: Peer[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const make of PEERS) {
      const [peer, sample] = await loaded(make, items);
      samples.set(peer.name, [...(samples.get(peer.name) ?? []), sample]);
      if (round === ROUNDS - 1) open.push(peer);
      else await peer.remove();
    }
  }
  const against = (samples: Map<string, Sample[]>, target?: Target) => [
    speedup(samples, OURS, SQLITE, target),
    speedup(samples, OURS, PGLITE, target),
    speedup(samples, OURS, DEXIE),
    speedup(samples, OURS, RXDB),
  ];
  const bulk: Report = {
    bench: 'peers: bulk of 10,000',
    figures: figures(samples, 'per second'),
    ratios: against(samples, { atLeast: 2 }),
    notes: ['making JSON is in it for PGlite and SQLite; dynatab takes 400 batchWrite of 25'],
  };

  const measure = (work: (peer: Peer) => Promise<Sample>, rounds: number) =>
    interleave(
      open.map((peer) => ({ name: peer.name, run: () => work(peer) })),
      rounds,
    );

  const gets = await measure(
    (peer) =>
      timedFor(GET_MS, async (k) => {
        const { pk, sk } = items[(k * 7919) % HOT]!;
        if (!(await peer.get(pk, sk))) throw new Error(`${peer.name} has no such item`);
      }),
    7,
  );
  const get: Report = {
    bench: 'peers: hot get',
    figures: figures(gets, 'us'),
    ratios: against(gets, { atLeast: 15 }),
    notes: ['each awaited; the result is an object'],
  };

  const ranges = await measure(async (peer) => {
    const pk = partitionOf(5000);
    return timed(1, async () => {
      const found = await peer.range(pk);
      if (found.length !== PER_PARTITION) throw new Error(`${peer.name} gave ${found.length} items`);
    });
  }, 9);
  const range: Report = {
    bench: 'peers: range of 1,000, hot',
    figures: figures(ranges, 'ms'),
    ratios: against(ranges, { atLeast: 1.5 }),
    notes: ['RxDB remembers the answer of a query that is asked again'],
  };

  let next = COUNT;
  const puts = await measure((peer) => {
    const fresh = makeItems((next += PUTS), PUTS);
    return timed(PUTS, async () => {
      for (const item of fresh) await peer.put(item);
    });
  }, 5);
  const put: Report = {
    bench: 'peers: durable put',
    figures: figures(puts, 'per second'),
    ratios: against(puts),
    notes: [
      'each awaited; FULL and strict flush, OFF and relaxed do not',
      'PGlite, relaxed, answers before anything is stored',
    ],
  };
  for (const peer of open) await peer.remove();
  return [bulk, get, range, put];
}
