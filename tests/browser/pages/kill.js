// The page of the kill test: `work` writes as fast as it can until it dies, `inspect` reads everything back.

import { open } from '/dist/browser.js';

const TABLE = 'load';
const INDEX = 'by-group';
const GROUPS = 8;
/** Keys that are written over and over. */
const KEYS = 4000;

const SCHEMA = {
  TableName: TABLE,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
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
};

/** Small, quick and the same everywhere. */
function generator(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The whole item follows from its key and version: what is read back can be checked to the last byte. */
function make(id, version) {
  const random = generator([...id].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), version));
  const words = Array.from({ length: 20 + random(60) }, () => random(1 << 30).toString(36));
  return {
    id,
    version,
    group: `g${random(GROUPS)}`,
    words,
    text: words.join(' '),
    deep: { n: [version, null, id] },
  };
}

/** The owner before this page may have died a moment ago. Nothing but IndexedDB will do: memory would lose it all. */
async function openPatiently(options) {
  for (let tries = 0; ; tries++) {
    try {
      return await open({ storage: 'indexeddb', ...options });
    } catch (error) {
      if (error.name !== 'DatabaseLockedError' || tries === 100) throw error;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Writes until the page dies. Every acknowledged write is told: `p id version` or `d id`. */
globalThis.work = async (name, seed, round) => {
  const tell = globalThis.tell;
  try {
    const db = await openPatiently({ name, tables: [SCHEMA] });
    const documents = db.documentClient();
    const random = generator(seed);
    const busy = new Set();
    let counter = 0;

    /** A key that no other lane is writing. */
    const take = () => {
      for (;;) {
        const id = `k${random(KEYS)}`;
        if (busy.has(id)) continue;
        busy.add(id);
        return id;
      }
    };
    const next = () => round * 1e6 + ++counter;

    const single = async () => {
      for (;;) {
        const item = make(take(), next());
        await documents.put({ TableName: TABLE, Item: item });
        tell(`p ${item.id} ${item.version}`);
        busy.delete(item.id);
      }
    };
    const batches = async () => {
      for (;;) {
        const items = Array.from({ length: 25 }, () => make(take(), next()));
        const requests = items.map((Item) => ({ PutRequest: { Item } }));
        const output = await documents.batchWrite({ RequestItems: { [TABLE]: requests } });
        const left = new Set(output.UnprocessedItems?.[TABLE]?.map((request) => request.PutRequest.Item.id));
        const done = items.filter((item) => !left.has(item.id));
        tell(done.map((item) => `p ${item.id} ${item.version}`).join('\n'));
        for (const item of items) busy.delete(item.id);
      }
    };
    const deletes = async () => {
      for (;;) {
        const item = make(`d${next()}`, next());
        await documents.put({ TableName: TABLE, Item: item });
        // Every third stays, so that lost deletes and lost puts both show.
        if (counter % 3 === 0) continue;
        await documents.delete({ TableName: TABLE, Key: { id: item.id } });
        tell(`d ${item.id}`);
      }
    };
    const updates = async () => {
      for (;;) {
        const { id, version, ...rest } = make(take(), next());
        const names = Object.keys(rest);
        await documents.update({
          TableName: TABLE,
          Key: { id },
          UpdateExpression: `SET version = :version, ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
          ExpressionAttributeValues: Object.fromEntries(
            [...names, 'version'].map((name) => [`:${name}`, { version, ...rest }[name]]),
          ),
        });
        tell(`p ${id} ${version}`);
        busy.delete(id);
      }
    };
    await Promise.all([
      single(),
      single(),
      single(),
      single(),
      updates(),
      updates(),
      batches(),
      batches(),
      deletes(),
    ]);
  } catch (error) {
    tell(`e ${error.name}: ${error.message}`);
  }
};

/** Text that is equal for equal items, whatever order their attributes come in. */
const canonical = (value) =>
  JSON.stringify(value, (_, one) =>
    one && typeof one === 'object' && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort())
      : one,
  );

async function everything(read, input) {
  const items = [];
  for (let from; ;) {
    const output = await read({ ...input, ExclusiveStartKey: from });
    items.push(...output.Items);
    from = output.LastEvaluatedKey;
    if (!from) return items;
  }
}

/** Reads the table and its index: versions by key, and what is wrong. */
globalThis.inspect = async (name) => {
  const start = performance.now();
  const db = await openPatiently({ name });
  const opened = performance.now() - start;
  // Says of a loss whether the browser still had what we wrote.
  const databases = (await indexedDB.databases()).map((one) => one.name);
  const found = { versions: [], problems: [], opened, databases };
  try {
    if (!(await db.client().listTables()).TableNames.includes(TABLE)) return found;
    const documents = db.documentClient();
    const items = await everything((input) => documents.scan(input), {
      TableName: TABLE,
      ConsistentRead: true,
    });
    const table = new Map(items.map((item) => [item.id, canonical(item)]));
    if (table.size !== items.length)
      found.problems.push(`the scan gave ${items.length - table.size} items twice`);
    for (const item of items) {
      found.versions.push([item.id, item.version]);
      if (canonical(make(item.id, item.version)) !== table.get(item.id)) {
        found.problems.push(`${item.id} is not as it was written: ${JSON.stringify(item).slice(0, 300)}`);
      }
    }
    let indexed = 0;
    for (let group = 0; group < GROUPS; group++) {
      const entries = await everything((input) => documents.query(input), {
        TableName: TABLE,
        IndexName: INDEX,
        KeyConditionExpression: '#group = :group',
        ExpressionAttributeNames: { '#group': 'group' },
        ExpressionAttributeValues: { ':group': `g${group}` },
      });
      indexed += entries.length;
      for (const [at, entry] of entries.entries()) {
        if (at && entry.version < entries[at - 1].version)
          found.problems.push(`${entry.id} is out of order in its index`);
        if (table.get(entry.id) !== canonical(entry)) {
          found.problems.push(`${entry.id} version ${entry.version} in the index is not what the table has`);
        }
      }
    }
    if (indexed !== items.length)
      found.problems.push(`the table has ${items.length} items, its index ${indexed}`);
  } finally {
    await db.close();
  }
  return found;
};
