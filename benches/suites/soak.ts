/**
 * A million items with an index, loaded, changed, deleted and read with a cache of a ninth of them: what memory and space do
 * meanwhile.
 */

import { makeItems, partitionOf, sortKeyOf } from '../lib/items.js';
import { freshName, load, openDynatab, SCHEMA, TABLE } from '../lib/peers.js';
import { settled } from '../lib/quiet.js';
import { median, timed, type Figure, type Report } from '../lib/rounds.js';

const COUNT = 1_000_000;
const CACHE = 64 << 20;
const CHUNK = 10_000;
const IN_FLIGHT = 100;
const UPDATES = 50_000;
const DELETES = 100_000;
const READS = 100;
const INDEX = 'by-quantity';
/** Values of the attribute that the index is by. */
const QUANTITIES = 97;

/** The memories of the engines that this page has started. */
const memories: WebAssembly.Memory[] = [];
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = (async (...parameters: Parameters<typeof instantiate>) => {
  const made = await instantiate(...parameters);
  const { memory } = ((made as { instance?: WebAssembly.Instance }).instance ?? made).exports;
  if (memory instanceof WebAssembly.Memory) memories.push(memory);
  return made;
}) as typeof instantiate;

const MIB = 1 << 20;
const engine = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) / MIB;
const used = async () => ((await navigator.storage.estimate()).usage ?? 0) / MIB;

const start = (name: string) =>
  openDynatab({
    name,
    cacheBytes: CACHE,
    tables: [
      {
        ...SCHEMA,
        AttributeDefinitions: [
          ...SCHEMA.AttributeDefinitions,
          { AttributeName: 'quantity', AttributeType: 'N' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: INDEX,
            KeySchema: [{ AttributeName: 'quantity', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      },
    ],
  });

export async function soak(): Promise<Report> {
  const figures: Figure[] = [];
  const say = (name: string, unit: Figure['unit'], rounds: number[]) =>
    figures.push({
      name,
      unit,
      median: median(rounds),
      low: Math.min(...rounds),
      high: Math.max(...rounds),
      rounds,
    });
  const notes: string[] = [];
  const state = async (when: string) => {
    while (!(await quiet())) await new Promise((done) => setTimeout(done, 250));
    notes.push(
      `${when}: engine ${engine().toFixed(0)} MiB, space ${((await used()) - before).toFixed(0)} MiB`,
    );
    quiet = settled(3);
  };
  const before = await used();
  let quiet = settled(3);
  const name = freshName();
  let { db, doc } = await start(name);

  const loading = await timed(COUNT, async () => {
    for (let from = 0; from < COUNT; from += CHUNK) {
      await load(doc, makeItems(from, CHUNK), 64);
      if ((from + CHUNK) % (COUNT / 4) === 0)
        notes.push(`${from + CHUNK} loaded: engine ${engine().toFixed(0)} MiB`);
    }
  });
  say('load, batches of 25, 64 in flight', 'per second', [(COUNT / loading.ms) * 1000]);
  await state('once merged');

  let at = 0;
  const next = () => (at = (at + 618_033) % COUNT);
  const keyOf = (i: number) => ({ pk: partitionOf(i), sk: sortKeyOf(i) });
  const inFlight = async (count: number, work: () => Promise<unknown>) => {
    let left = count;
    const worker = async () => {
      while (left-- > 0) await work();
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  };
  const writing = async (label: string, count: number, work: () => Promise<unknown>) => {
    const { ms } = await timed(count, () => inFlight(count, work));
    say(`${label}, 100 in flight`, 'per second', [(count / ms) * 1000]);
    await state(`after ${count} of ${label}, once merged`);
  };
  await writing('UpdateItem', UPDATES, () =>
    doc.update({
      TableName: TABLE,
      Key: keyOf(next()),
      UpdateExpression: 'SET quantity = quantity + :one',
      ExpressionAttributeValues: { ':one': 1 },
    }),
  );
  const gone = new Set<number>();
  await writing('DeleteItem', DELETES, () => {
    const i = next();
    gone.add(i);
    return doc.delete({ TableName: TABLE, Key: keyOf(i) });
  });

  await db.close();
  const opening = await timed(1, async () => void ({ db, doc } = await start(name)));
  say('open', 'ms', [opening.ms]);
  const gets: number[] = [];
  for (let n = 0; n < READS; n++) {
    const i = next();
    let item: object | undefined;
    const { ms } = await timed(1, async () => {
      item = (await doc.get({ TableName: TABLE, Key: keyOf(i) })).Item;
    });
    if (!item === !gone.has(i)) throw new Error(`item ${i} is ${item ? 'there' : 'missing'}`);
    gets.push(ms);
  }
  say('GetItem, cold', 'ms', gets);
  const queries: number[] = [];
  for (let n = 0; n < READS / 10; n++) {
    let count = 0;
    const { ms } = await timed(1, async () => {
      const { Items } = await doc.query({
        TableName: TABLE,
        IndexName: INDEX,
        KeyConditionExpression: 'quantity = :q',
        ExpressionAttributeValues: { ':q': (n * 7) % QUANTITIES },
        Limit: 1000,
      });
      count = Items?.length ?? 0;
    });
    if (count !== 1000) throw new Error(`the index gave ${count} items`);
    queries.push(ms);
  }
  say('Query of 1,000 by the index, cold', 'ms', queries);
  await state('after reading');
  notes.push(`${COUNT} items of about 600 bytes, an index of keys beside; cache of ${CACHE / MIB} MiB`);
  await db.destroy();
  return { bench: 'soak', figures, ratios: [], notes };
}
