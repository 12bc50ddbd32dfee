// The cost of the codec beside structuredClone, JSON and the SDK's marshalling, ns per item of 12 attributes.
import { Decoder } from '../../../pkg/src/codec/decode.js';
import { encodeItem } from '../../../pkg/src/codec/encode.js';
import { Writer } from '../../../pkg/src/codec/writer.js';

const N = 512;
const items = Array.from({ length: N }, (_, i) => ({
  pk: `customer#${100000 + i}`,
  sk: `order#2024-03-${10 + (i % 20)}T12:34:56.789Z`,
  name: `Customer Name ${i}`,
  email: `customer${i}@example.com`,
  amount: 1234.5 + i,
  quantity: i,
  active: i % 2 === 0,
  note: 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt',
  tags: new Set(['red', 'green', 'blue']),
  address: {
    street: `${i} Main Street`,
    city: 'Springfield',
    zip: '12345',
    geo: { lat: 12.34567, lon: -98.76543 },
  },
  lines: [
    { sku: `SKU-${i}`, n: 1, price: 9.99 },
    { sku: `SKU-${i + 1}`, n: 2, price: 19.99 },
  ],
  blob: new Uint8Array(32).fill(i),
}));

const w = new Writer(64 * 1024);
const decoder = new Decoder();
const memory = new WebAssembly.Memory({ initial: 64 });
const view = new Uint8Array(memory.buffer);
const offsets: number[] = [];
let end = 0;
for (const item of items) {
  w.reset();
  encodeItem(w, item);
  view.set(w.bytes.subarray(0, w.at), end);
  offsets.push(end);
  end += w.at;
}
offsets.push(end);

const cases: Record<string, (i: number) => unknown> = {
  structuredClone: (i) => structuredClone(items[i]),
  encode: (i) => {
    w.at = 0;
    encodeItem(w, items[i]!);
    return w.at;
  },
  'encode and copy to wasm memory': (i) => {
    w.at = 0;
    encodeItem(w, items[i]!);
    view.set(w.bytes.subarray(0, w.at), 2_000_000);
    return w.at;
  },
  decode: (i) => decoder.document(view, offsets[i]!, offsets[i + 1]!, true),
  'decode to AttributeValues': (i) => decoder.document(view, offsets[i]!, offsets[i + 1]!, false),
};

export function run(): { bytes: number; ns: Record<string, number> } {
  const ns: Record<string, number> = {};
  const rounds: Record<string, number[]> = {};
  let sink: unknown;
  for (let round = 0; round < 11; round++) {
    for (const [name, body] of Object.entries(cases)) {
      const start = performance.now();
      for (let k = 0; k < 8; k++) for (let i = 0; i < N; i++) sink = body(i);
      (rounds[name] ??= []).push(((performance.now() - start) * 1e6) / (8 * N));
    }
  }
  for (const [name, list] of Object.entries(rounds)) ns[name] = Math.round(list.sort((a, b) => a - b)[5]!);
  if (sink === 1) throw new Error();
  return { bytes: Math.round(end / N), ns };
}

const result = run();
const text = JSON.stringify(
  {
    ...result,
    ratio: (
      (result.ns['encode and copy to wasm memory']! + result.ns['decode']!) /
      result.ns['structuredClone']!
    ).toFixed(2),
  },
  null,
  1,
);
if (typeof document === 'undefined') console.log(text);
else ((document.title = 'done'), (document.body.textContent = text));
