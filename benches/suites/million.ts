/** A database far larger than its cache: loading, merging, cold keys, beside rows in IndexedDB. */

import {
  makeItem,
  makeItems,
  makeKey,
  makeValue,
  partitionOf,
  PER_PARTITION,
  sortKeyOf,
} from '../lib/items.js';
import { freshName, load, openDynatab, TABLE, type Dynatab } from '../lib/peers.js';
import { idle, settled, watch, type Held } from '../lib/quiet.js';
import { Raw } from '../lib/raw.js';
import {
  delay,
  figures,
  interleave,
  median,
  speedup,
  timed,
  type Alternative,
  type Figure,
  type Ratio,
  type Report,
  type Sample,
} from '../lib/rounds.js';

const CHUNK = 10_000;
const BATCH = 100;
const IN_FLIGHT = 100;
const GETS = 300;
const ROUNDS = 3;
/** Longer than the engine waits for the application to pause, before it does what it put off. */
const IDLE_MS = 400;
/** No work that nobody asked for may hold the page longer, in milliseconds. */
const QUIET_MS = 8;

/** The next of so many keys in an order that has none, which no round sees twice. */
function scattered(count: number): () => number {
  const step = Math.round(count * 0.618034) | 1;
  let at = 0;
  return () => (at = (at + step) % count);
}

const keyOf = (i: number) => ({ pk: partitionOf(i), sk: sortKeyOf(i) });

/** Does `work` `count` times, so many at once. */
async function inFlight(count: number, work: () => Promise<unknown>): Promise<void> {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

function one(name: string, unit: Figure['unit'], value: number): Figure {
  return { name, unit, median: value, low: value, high: value, rounds: [value] };
}

function quiet(name: string, { gaps, longTasks, longest, events, ms }: Held): Report {
  const worst = Math.max(0, ...gaps);
  const over = gaps.filter((gap) => gap > QUIET_MS).length;
  const ratio: Ratio = {
    what: 'longest hold, ms',
    median: worst,
    low: worst,
    high: worst,
    target: `at most ${QUIET_MS}`,
    met: worst <= QUIET_MS,
  };
  return {
    bench: name,
    figures: [
      one('longest hold of the page', 'ms', worst),
      one('median of holds of 2 ms and more', 'ms', gaps.length ? median(gaps) : 0),
    ],
    ratios: [ratio],
    notes: [
      `${(ms / 1000).toFixed(1)} s watched: ${gaps.length} holds of 2 ms and more, ${over} of more than ${QUIET_MS} ms; ${longTasks} long tasks by the browser's count (the longest ${longest.toFixed(0)} ms), ${events.length} slow events`,
    ],
  };
}

/** 1,000,000 items with a cache of 64 MiB. */
export const million = () => larger('million', 1_000_000, 30_000, 64 << 20);

/** A tenth of that, to see in two minutes what a change does. */
export const large = () => larger('large', 100_000, 10_000, 6 << 20);

async function larger(
  title: string,
  count: number,
  writesARound: number,
  cacheBytes: number,
): Promise<Report[]> {
  const name = freshName();
  const before = (await navigator.storage.estimate()).usage ?? 0;
  let dynatab = await openDynatab({ name, cacheBytes });
  const loading = await timed(count, async () => {
    for (let from = 0; from < count; from += CHUNK) await load(dynatab.doc, makeItems(from, CHUNK), 64);
  });
  const merging = await watch(settled(3));
  const space = ((await navigator.storage.estimate()).usage ?? 0) - before;

  const raw = await Raw.open(freshName());
  for (let from = 0; from < count; from += 1000) {
    const rows = Array.from({ length: 1000 }, (_, i) => [makeKey(from + i), makeValue(from + i)] as const);
    await raw.putAll(rows, 'relaxed');
  }

  const next = scattered(count);
  const put = (doc: Dynatab['doc']) => {
    const i = next();
    return doc.put({ TableName: TABLE, Item: { ...makeItem(i), quantity: i } });
  };
  const update = (doc: Dynatab['doc']) =>
    doc.update({
      TableName: TABLE,
      Key: keyOf(next()),
      UpdateExpression: 'SET quantity = quantity + :one',
      ExpressionAttributeValues: { ':one': 1 },
    });
  /** Samples until the merges are over that a round of writes leaves behind. */
  const merged = new Map<string, Sample[]>();
  const writing = (name: string, write: () => Promise<unknown>): Alternative => ({
    name,
    async run(round) {
      const start = performance.now();
      const sample = await timed(writesARound, () => inFlight(writesARound, write));
      const ms = (await idle(IDLE_MS)) - start;
      const label = `${name}, until all is merged`;
      if (round > 0) merged.set(label, [...(merged.get(label) ?? []), { ...sample, ms }]);
      return sample;
    },
  });
  const writes = await interleave(
    [
      writing('UpdateItem, 100 in flight', () => update(dynatab.doc)),
      writing('PutItem, 100 in flight', () => put(dynatab.doc)),
      {
        name: 'raw overwrites, 100 a transaction',
        async run() {
          const sample = await timed(writesARound, async () => {
            for (let from = 0; from < writesARound; from += BATCH) {
              const rows = Array.from({ length: BATCH }, () => {
                const i = next();
                return [makeKey(i), makeValue(i)] as const;
              });
              await raw.putAll(rows, 'relaxed');
            }
          });
          await idle(IDLE_MS);
          return sample;
        },
      },
    ],
    ROUNDS,
  );
  const remerging = await watch(settled(3));

  const gets: Alternative[] = [
    {
      name: 'GetItem, cold keys',
      run: () =>
        timed(GETS, async () => {
          for (let n = 0; n < GETS; n++) {
            if (!(await dynatab.doc.get({ TableName: TABLE, Key: keyOf(next()) })).Item)
              throw new Error('an item is missing');
          }
        }),
    },
    {
      name: 'raw get, cold keys',
      run: () =>
        timed(GETS, async () => {
          for (let n = 0; n < GETS; n++) {
            if (!(await raw.get(makeKey(next())))) throw new Error('a row is missing');
          }
        }),
    },
  ];
  const reads = await interleave(gets, 5);
  const ranges = await interleave(
    [
      {
        name: 'Query of 1,000, cold',
        run: () =>
          timed(1, async () => {
            const { Items } = await dynatab.doc.query({
              TableName: TABLE,
              KeyConditionExpression: 'pk = :pk',
              ExpressionAttributeValues: { ':pk': partitionOf(next()) },
            });
            if (Items?.length !== PER_PARTITION) throw new Error(`a query gave ${Items?.length} items`);
          }),
      },
      {
        name: 'raw getAll of 1,000, cold',
        run: () =>
          timed(1, async () => {
            const rows = await raw.getAll(IDBKeyRange.lowerBound(makeKey(next())), 900);
            if (rows.length === 0) throw new Error('no rows');
          }),
      },
    ],
    9,
  );
  await dynatab.db.close();
  const empty = freshName();
  await (await openDynatab({ name: empty })).db.close();
  const opening = (name: string, label: string): Alternative => ({
    name: label,
    async run() {
      let opened: Dynatab | undefined;
      const sample = await timed(1, async () => {
        opened = await openDynatab({ name, cacheBytes });
      });
      await opened!.db.close();
      return sample;
    },
  });
  const opens = await interleave([opening(empty, 'open, empty'), opening(name, 'open, full')], 9);
  dynatab = await openDynatab({ name, cacheBytes });
  await Promise.all([dynatab.db.destroy(), raw.remove()]);
  const mib = (bytes: number) => (bytes / (1 << 20)).toFixed(0);
  return [
    {
      bench: `${title}: load`,
      figures: figures(new Map([['dynatab batchWrite', [loading]]]), 'per second'),
      ratios: [],
      notes: [
        `${count} items of about 600 bytes; ${mib(space)} MiB once merged; cache of ${mib(cacheBytes)} MiB`,
      ],
    },
    quiet(`${title}: merging after the load`, merging),
    {
      bench: `${title}: writes`,
      figures: [...figures(writes, 'per second'), ...figures(merged, 'per second')],
      ratios: [
        speedup(writes, 'UpdateItem, 100 in flight', 'raw overwrites, 100 a transaction', { atLeast: 0.6 }),
        speedup(writes, 'PutItem, 100 in flight', 'raw overwrites, 100 a transaction', { atLeast: 3 }),
      ],
      notes: [
        `${writesARound} a round, keys uniform over all, merging beside; both relaxed; a round begins when all is merged`,
      ],
    },
    quiet(`${title}: merging after the writes`, remerging),
    {
      bench: `${title}: reads`,
      figures: [...figures(reads, 'us'), ...figures(ranges, 'ms')],
      ratios: [
        speedup(reads, 'GetItem, cold keys', 'raw get, cold keys', { atLeast: 0.5 }),
        speedup(ranges, 'Query of 1,000, cold', 'raw getAll of 1,000, cold', { atLeast: 2 }),
      ],
      notes: ['each awaited; keys uniform over all'],
    },
    {
      bench: `${title}: open`,
      figures: figures(opens, 'ms'),
      ratios: [delay(opens, 'open, full', 'open, empty', { atMost: 10 })],
      notes: [],
    },
  ];
}
