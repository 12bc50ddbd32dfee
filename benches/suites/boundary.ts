/** An item's way from a JavaScript object into the engine's memory and back, beside one structuredClone of it. */

import { Decoder } from '../../pkg/src/codec/decode.js';
import { encodeItem } from '../../pkg/src/codec/encode.js';
import { Writer } from '../../pkg/src/codec/writer.js';
import { makeItems } from '../lib/items.js';
import { freshName, openDynatab, TABLE } from '../lib/peers.js';
import { cost, figures, interleave, timed, type Alternative, type Report } from '../lib/rounds.js';

const ITEMS = 512;
const PASSES = 8;
const COUNT = ITEMS * PASSES;

export async function boundary(): Promise<Report> {
  const items = makeItems(0, ITEMS);
  const writer = new Writer();
  const decoder = new Decoder();
  const view = new Uint8Array(new WebAssembly.Memory({ initial: 64 }).buffer);
  const offsets = [0];
  for (const item of items) {
    writer.reset();
    encodeItem(writer, item);
    const at = offsets.at(-1)!;
    view.set(writer.bytes.subarray(0, writer.at), at);
    offsets.push(at + writer.at);
  }
  const scratch = offsets.at(-1)!;
  const bytes = Math.round(scratch / ITEMS);

  const { db, doc } = await openDynatab({ name: freshName(), storage: 'memory' });
  const keys = items.map(({ pk, sk }) => ({ pk, sk }));
  for (const Item of items) await doc.put({ TableName: TABLE, Item });
  const missing = items.map(({ pk, sk }) => ({ pk, sk: `${sk}?` }));

  let sink: unknown;
  const loop = (name: string, body: (i: number) => unknown): Alternative => ({
    name,
    run: () =>
      timed(COUNT, () => {
        for (let pass = 0; pass < PASSES; pass++) for (let i = 0; i < ITEMS; i++) sink = body(i);
      }),
  });
  const awaited = (name: string, body: (i: number) => Promise<unknown>): Alternative => ({
    name,
    run: () =>
      timed(COUNT, async () => {
        for (let pass = 0; pass < PASSES; pass++) for (let i = 0; i < ITEMS; i++) sink = await body(i);
      }),
  });
  const samples = await interleave([
    loop('structuredClone', (i) => structuredClone(items[i])),
    loop('encode', (i) => {
      writer.reset();
      encodeItem(writer, items[i]!);
      view.set(writer.bytes.subarray(0, writer.at), scratch);
    }),
    loop('decode', (i) => decoder.document(view, offsets[i]!, offsets[i + 1]!, true)),
    awaited('put', (i) => doc.put({ TableName: TABLE, Item: items[i]! })),
    awaited('get', (i) => doc.get({ TableName: TABLE, Key: keys[i]! })),
    awaited('get of nothing', (i) => doc.get({ TableName: TABLE, Key: missing[i]! })),
  ]);
  if (sink === undefined) throw new Error('nothing was measured');
  await db.close();
  return {
    bench: 'boundary',
    figures: figures(samples, 'ns'),
    ratios: [
      cost(samples, ['encode', 'decode'], 'structuredClone', { atMost: 1 }),
      cost(samples, ['put', 'get'], 'structuredClone'),
    ],
    notes: [
      `items of ${bytes} bytes encoded; encode ends in wasm memory, decode starts there`,
      'put and get are whole awaited calls on a database in memory: request, checks, storing and answer included',
    ],
  };
}
