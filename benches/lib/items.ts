/** The items that are measured: 12 attributes of every common type, about 600 bytes. */

const NOTES = [
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore',
  'Magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo',
  'Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur, excepteur',
];
const COLOURS = ['red', 'green', 'blue', 'yellow', 'black', 'white'];

export interface Item {
  pk: string;
  sk: string;
  [name: string]: unknown;
}

/** Item number `i`; every 1,000 in a row share a partition key. */
export function makeItem(i: number): Item {
  const blob = new Uint8Array(32);
  for (let k = 0; k < blob.length; k++) blob[k] = (i * 31 + k * 97) & 0xff;
  return {
    pk: partitionOf(i),
    sk: sortKeyOf(i),
    name: `Customer Name ${i}`,
    email: `customer${i}@example.com`,
    amount: 1234.5 + (i % 1000) / 8,
    quantity: i % 97,
    active: i % 2 === 0,
    note: NOTES[i % NOTES.length],
    tags: new Set([COLOURS[i % 6], COLOURS[(i + 1) % 6], COLOURS[(i + 2) % 6]]),
    address: {
      street: `${i % 500} Main Street`,
      city: 'Springfield',
      zip: String(10000 + (i % 80000)),
      geo: { lat: 12.34567, lon: -98.76543 },
    },
    lines: [
      { sku: `SKU-${i}`, n: 1, price: 9.99 },
      { sku: `SKU-${i + 1}`, n: 2, price: 19.99 },
    ],
    blob,
  };
}

export const PER_PARTITION = 1000;

export function partitionOf(i: number): string {
  return `customer#${String(Math.floor(i / PER_PARTITION)).padStart(6, '0')}`;
}

export function sortKeyOf(i: number): string {
  return `order#${String(i).padStart(10, '0')}`;
}

export function makeItems(from: number, count: number): Item[] {
  return Array.from({ length: count }, (_, i) => makeItem(from + i));
}

/** The name of item `i` where one key has to do: 32 characters. */
export function keyOf(i: number): string {
  return `${partitionOf(i)}|${sortKeyOf(i)}`;
}

const VALUE_BYTES = 600;
const noise = new Uint8Array(VALUE_BYTES + 256);

/** The value of row `i` of a raw store: 600 bytes that do not compress. */
export function makeValue(i: number): Uint8Array {
  if (noise[0] === 0 && noise[1] === 0) crypto.getRandomValues(noise);
  const value = noise.slice(i % 256, (i % 256) + VALUE_BYTES);
  new DataView(value.buffer).setUint32(0, i);
  return value;
}

/** The key of row `i` of a raw store: 32 bytes. */
export function makeKey(i: number): ArrayBuffer {
  const key = new ArrayBuffer(32);
  // Spread over the key space, as hashed keys are.
  new DataView(key).setUint32(0, Math.imul(i, 0x9e3779b1));
  new DataView(key).setUint32(28, i);
  return key;
}
