// What a page writes while it waits to be killed, as a pure function of seed, round, lane and number: the page and the
// test that judges it both know every write, so nothing but "lane, number" has to leave the page.
//
// A lane makes one operation after the other, each awaited, on keys of its own. What it leaves behind is therefore the
// result of its first so-and-so many operations: at least those that were acknowledged, at most those that were
// announced. Only a batch may be there in part.

/** Tables, and who writes them: `things` all lanes but those of transactions, which keep two tables alike. */
export const TABLES = { things: 'things', left: 'left', right: 'right' };
export const INDEX = 'by-group';
export const GROUPS = 8;

const table = (TableName, more = {}) => ({
  TableName,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  ...more,
});

export const SCHEMAS = [
  table(TABLES.things, {
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'group', AttributeType: 'S' },
      { AttributeName: 'version', AttributeType: 'N' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: INDEX,
        KeySchema: [
          { AttributeName: 'group', KeyType: 'HASH' },
          { AttributeName: 'version', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  }),
  table(TABLES.left),
  table(TABLES.right),
];

const lanes = (kind, count) => Array.from({ length: count }, (_, at) => ({ kind, name: `${kind}${at}` }));

/** Sixteen that put at once, and the others beside them. */
export const LANES = [
  ...lanes('put', 16),
  ...lanes('count', 3),
  ...lanes('pair', 3),
  ...lanes('come-and-go', 2),
  ...lanes('batch', 2),
];

/** Keys of a lane. */
const KEYS = { put: 40, count: 3, pair: 12, 'come-and-go': 20, batch: 120 };
/** Items of a batch: with their sizes below, fifteen batches are more than the memory table holds. */
const BATCH = 25;

/** Small, quick and the same everywhere: numbers below a bound. */
export function generator(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const mix = (...parts) =>
  [...parts.join(' ')].reduce((sum, char) => (Math.imul(sum, 31) + char.charCodeAt(0)) | 0, 7);

/** The number of an operation as a version: later rounds are higher. */
const versionOf = (round, number) => round * 1e6 + number;

/**
 * Operation `number` (from 1) of a lane: its `writes`, each of one item. `effect` is `put`, `set` (an update of all
 * attributes), `add` (one more in a counter) or `delete`.
 */
export function operation(seed, round, lane, number) {
  const { kind, name } = LANES[lane];
  const random = generator(mix(seed, round, name, number));
  const version = versionOf(round, number);
  const key = () => `${name}-${random(KEYS[kind])}`;
  const write = (effect, id = key(), table = TABLES.things) => ({ table, id, effect, version });
  switch (kind) {
    case 'put':
      return {
        kind,
        writes: [write(['put', 'put', 'put', 'put', 'put', 'set', 'set', 'delete'][random(8)])],
      };
    case 'count':
      return { kind, writes: [write('add')] };
    case 'pair': {
      const id = key();
      const effect = ['add', 'add', 'put', 'delete'][random(4)];
      return { kind, writes: [write(effect, id, TABLES.left), write(effect, id, TABLES.right)] };
    }
    case 'come-and-go': {
      // Each item goes with the operation after the one that brought it, but for every third.
      const id = `${name}-${Math.ceil(number / 2) % KEYS[kind]}`;
      const stays = Math.ceil(number / 2) % 3 === 0;
      return { kind, writes: [write(number % 2 || stays ? 'put' : 'delete', id)] };
    }
    case 'batch': {
      const first = random(KEYS[kind]);
      const ids = Array.from({ length: BATCH }, (_, at) => `${name}-${(first + at) % KEYS[kind]}`);
      return { kind, writes: ids.map((id) => write(random(6) ? 'put' : 'delete', id)) };
    }
  }
}

/** The whole item follows from its key, version and count: what is read back can be checked to the last byte. */
export function make(id, version, count) {
  const random = generator(mix(id, version));
  // Some are longer than what a block takes of one item.
  const long = id.startsWith('batch') ? random(2) === 0 : random(24) === 0;
  const words = Array.from({ length: 5 + random(20) }, () => random(1 << 30).toString(36)).join(' ');
  const length = long ? 8000 + random(12_000) : random(1000);
  let text = words.repeat(Math.ceil(length / words.length));
  // Half of them are noise, which is not compressed.
  if (random(2) === 0) for (text = words; text.length < length;) text += random(1 << 30).toString(36);
  const item = { id, version, group: `g${random(GROUPS)}`, text, deep: { n: [version, null, id] } };
  if (count) item.count = count;
  return item;
}

/** The attributes of an item but its key and its count. */
export function attributes(id, version) {
  const { id: _, ...rest } = make(id, version);
  return rest;
}
