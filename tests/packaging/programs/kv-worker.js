// A process that has a database in a Deno KV and does as it is told, a line of JSON at a time: `[what, ...arguments]`. Answers
// with a line for each: `[what, result]`, or `[what, { error, message }]`.
import process from 'node:process';
import * as dynatab from 'dynatab/deno';

const decoder = new TextDecoder();
const [kv, leaseSeconds] = process.argv.slice(2);
const options = { name: 'db', kv, leaseSeconds: Number(leaseSeconds) };
const say = (...words) => console.log(JSON.stringify(words));
const TableName = 'load';
let db;

/** What an item holds follows from its key and version, so that a mixture shows. */
function textOf(id, version) {
  const times = version % 10 < 3 ? 30_000 : version % 400;
  if (version % 2) return `${id}.${version};`.repeat(times);
  // Noise, which is not compressed.
  let state = id * 7919 + version;
  const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0).toString(36);
  return Array.from({ length: times }, next).join('');
}

const does = {
  async open() {
    db = await dynatab.open({
      ...options,
      tables: [
        {
          TableName,
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [
            { AttributeName: 'id', AttributeType: 'N' },
            { AttributeName: 'half', AttributeType: 'N' },
          ],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'byHalf',
              KeySchema: [{ AttributeName: 'half', KeyType: 'HASH' }],
              Projection: { ProjectionType: 'ALL' },
            },
          ],
          BillingMode: 'PAY_PER_REQUEST',
        },
      ],
      cacheBytes: 2 << 20,
    });
    db.on('failed', (why) => say('failed', why));
    return db.persistence;
  },
  async put(id, version) {
    const Item = { id, version, half: id >> 1, text: textOf(id, version) };
    await db.documentClient().put({ TableName, Item });
  },
  async get(id) {
    return (await db.documentClient().get({ TableName, Key: { id } })).Item?.version;
  },
  /** Writes to keys of its own in each of so many lanes until it is killed; with `watches`, says when a commit is halfway. */
  async load(lanes, keys, from, watches) {
    if (watches) void watch();
    let version = from;
    const lane = async (first) => {
      for (let id = first; ; id = id + lanes < keys ? id + lanes : first) {
        const mine = version++;
        await does.put(id, mine);
        say('wrote', id, mine);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
  },
  /** All versions by their keys; what does not fit together is said. */
  async check() {
    const doc = db.documentClient();
    const versions = [];
    const wrong = [];
    for (const scanned of [{ TableName }, { TableName, IndexName: 'byHalf' }]) {
      const found = new Map();
      let ExclusiveStartKey;
      do {
        const page = await doc.scan({ ...scanned, ExclusiveStartKey });
        for (const { id, version, text } of page.Items) {
          if (found.has(id)) wrong.push(`key ${id} comes twice`);
          if (text !== textOf(id, version)) wrong.push(`key ${id} holds what nobody wrote`);
          found.set(id, version);
        }
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey);
      versions.push([...found].sort(([a], [b]) => a - b));
    }
    const [table, index] = versions;
    if (JSON.stringify(table) !== JSON.stringify(index)) wrong.push('the index differs from the table');
    const { problems } = await db.verify();
    for (const { problem } of problems) wrong.push(problem);
    return { table, wrong };
  },
  /** Whether a commit of several operations was under way when the last owner died. */
  async pending() {
    using raw = await Deno.openKv(kv);
    return (await raw.get(['dynatab', 'db', 'pending'])).versionstamp !== null;
  },
  usage: async () => (await db.storage()).usage,
  close: () => db.close(),
};

/** Says it whenever a commit of several operations is under way. */
async function watch() {
  const raw = await Deno.openKv(kv);
  for (;;) {
    if ((await raw.get(['dynatab', 'db', 'pending'])).versionstamp !== null) say('halfway');
    await new Promise((done) => setTimeout(done));
  }
}

let rest = '';
for await (const chunk of process.stdin) {
  const lines = (rest + decoder.decode(chunk)).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const [what, ...given] = JSON.parse(line);
    does[what](...given).then(
      (result) => say(what, result ?? null),
      (error) => say(what, { error: error.name, message: error.message }),
    );
  }
}
