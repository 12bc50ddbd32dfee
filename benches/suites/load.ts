/** 100,000 items into an empty database, on the disk when the last call returns. */

import { makeItems } from '../lib/items.js';
import { figures, interleave, speedup, timed, type Alternative, type Report } from '../lib/rounds.js';
import { dexie } from '../peers/dexie.js';
import { dynatab } from '../peers/dynatab.js';
import type { Peer } from '../peers/peer.js';
import { raw } from '../peers/raw.js';
import { SQLITE } from '../peers/all.js';
import { sqlite } from '../peers/sqlite.js';

const COUNT = 100_000;
const OURS = 'dynatab, IndexedDB strict';
const IN_WORKER = 'dynatab in a worker, strict';
const DEXIE = 'Dexie, strict';
const RAW = 'raw IndexedDB, strict';

export async function load(): Promise<Report> {
  const items = makeItems(0, COUNT);
  const loading = (name: string, make: (name: string) => Peer): Alternative => ({
    name,
    async run() {
      const peer = make(name);
      await peer.open();
      const sample = await timed(COUNT, () => peer.bulk(items));
      await peer.remove();
      return sample;
    },
  });
  const samples = await interleave(
    [
      loading(OURS, (name) => dynatab(name, { durability: 'strict' })),
      loading(IN_WORKER, (name) => dynatab(name, { durability: 'strict', worker: true })),
      loading(DEXIE, (name) => dexie(name, 'strict')),
      loading(SQLITE, (name) => sqlite(name, 'FULL')),
      loading(RAW, (name) => raw(name, 'strict')),
    ],
    3,
  );
  return {
    bench: 'load of 100,000',
    figures: figures(samples, 'per second'),
    ratios: [
      speedup(samples, OURS, DEXIE, { atLeast: 5 }),
      speedup(samples, OURS, SQLITE, { atLeast: 2 }),
      speedup(samples, IN_WORKER, SQLITE),
      speedup(samples, OURS, RAW),
    ],
    notes: [
      'making JSON is in it for SQLite; dynatab takes 4,000 batchWrite of 25, all in flight; these items are compressed to a seventh',
    ],
  };
}
