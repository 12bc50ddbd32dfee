// A script of operations under which the engine fails, and what must hold then: every promise settles; what was
// acknowledged is there, once; what was refused is absent or whole; and only the call that failed itself is refused.
// It runs in Node and in pages.

/** No promise may take so long, in milliseconds. */
const LIMIT = 20_000;

const TABLE = 'items';
const KEY = {
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

export const OPTIONS = {
  name: 'script',
  cacheBytes: 1 << 20,
  tables: [
    {
      TableName: TABLE,
      ...KEY,
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-kind',
          KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
      AttributeDefinitions: [...KEY.AttributeDefinitions, { AttributeName: 'kind', AttributeType: 'S' }],
    },
  ],
};

/** A promise that has to settle. */
export async function settled(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: it hangs`)), LIMIT);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const item = (pk, sk, length) => ({ pk, sk, kind: `k${sk % 5}`, text: `${pk}/${sk};`.repeat(length / 8) });
const numbers = (count) => Array.from({ length: count }, (_, i) => i);

class Script {
  constructor(open, options) {
    this.open = open;
    this.options = options;
    this.db = undefined;
    this.doc = undefined;
    /** Texts of what was refused. */
    this.refused = [];
    this.recovered = 0;
    /** Items that were put: as they are, and whether that was acknowledged. */
    this.puts = new Map();
    /** Counters by name: additions acknowledged and refused, and what was returned. */
    this.counters = new Map();
  }

  check(holds, what) {
    if (!holds) throw new Error(what);
  }

  /** What `call` gives; nothing when it is refused as a failing engine refuses. */
  async attempt(what, call) {
    try {
      return { value: await settled(call(), what) };
    } catch (error) {
      this.check(
        error.name === 'InternalServerError' && error.message.startsWith('The engine failed: '),
        `${what}: ${error.stack}`,
      );
      this.refused.push(what);
      return undefined;
    }
  }

  async start() {
    const open = () => this.open(this.options);
    const opened = (await this.attempt('open', open)) ?? (await this.attempt('open again', open));
    this.check(opened, 'it does not open');
    this.db = opened.value;
    this.doc = this.db.documentClient();
    this.db.on('recovered', () => this.recovered++);
    this.db.on('failed', (cause) => this.refused.push(`failed: ${cause}`));
  }

  async close() {
    await settled(this.db.close(), 'close');
  }

  note(made, acknowledged) {
    this.puts.set(`${made.pk}/${made.sk}`, { made, acknowledged });
  }

  async put(made) {
    const answer = await this.attempt('put', () => this.doc.put({ TableName: TABLE, Item: made }));
    this.note(made, answer !== undefined);
  }

  async add(name) {
    const counter = this.counters.get(name) ?? { added: 0, refused: 0, values: new Set() };
    this.counters.set(name, counter);
    const answer = await this.attempt(`add to ${name}`, () =>
      this.doc.update({
        TableName: TABLE,
        Key: { pk: 'counter', sk: name },
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'UPDATED_NEW',
        ReturnConsumedCapacity: 'TOTAL',
      }),
    );
    if (!answer) return void counter.refused++;
    const { n } = answer.value.Attributes;
    this.check(!counter.values.has(n), `counter ${name} was ${n} twice`);
    counter.values.add(n);
    counter.added++;
  }

  async transact(number) {
    const made = item('transaction', number, 100);
    const name = 1_000_000;
    const counter = this.counters.get(name) ?? { added: 0, refused: 0, values: new Set() };
    this.counters.set(name, counter);
    const answer = await this.attempt('transaction', () =>
      this.doc.transactWrite({
        TransactItems: [
          { Put: { TableName: TABLE, Item: made } },
          {
            Update: {
              TableName: TABLE,
              Key: { pk: 'counter', sk: name },
              UpdateExpression: 'ADD n :one',
              ExpressionAttributeValues: { ':one': 1 },
            },
          },
        ],
      }),
    );
    this.note(made, answer !== undefined);
    if (answer) counter.added++;
    else counter.refused++;
  }

  async batch(number) {
    const made = numbers(25).map((sk) => item(`batch ${number}`, sk, 16_000));
    const requests = made.map((Item) => ({ PutRequest: { Item } }));
    const answer = await this.attempt('batch', () =>
      this.doc.batchWrite({ RequestItems: { [TABLE]: requests } }),
    );
    for (const one of made) this.note(one, answer !== undefined);
  }

  async statements(names) {
    const counters = names.map((name) => {
      const counter = this.counters.get(name) ?? { added: 0, refused: 0, values: new Set() };
      this.counters.set(name, counter);
      return counter;
    });
    const answer = await this.attempt('statements', () =>
      this.doc.batchExecuteStatement({
        Statements: names.map((name) => ({
          Statement: `UPDATE "${TABLE}" SET n = n + 1 WHERE pk = 'counter' AND sk = ? RETURNING ALL NEW *`,
          Parameters: [name],
        })),
      }),
    );
    for (const [i, counter] of counters.entries()) {
      if (!answer) counter.refused++;
      else if (answer.value.Responses[i].Error === undefined) counter.added++;
    }
  }

  async query(pk, least) {
    const answer = await this.attempt('query', () =>
      this.doc.query({
        TableName: TABLE,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
      }),
    );
    if (!answer) return;
    this.check(answer.value.Count >= least, `query of ${pk}: ${answer.value.Count} of ${least}`);
  }

  /** All items; nothing when a page was refused. */
  async scan() {
    const items = [];
    let ExclusiveStartKey;
    do {
      const page = await this.attempt('scan', () =>
        this.doc.scan({ TableName: TABLE, ExclusiveStartKey, ConsistentRead: true }),
      );
      if (!page) return undefined;
      items.push(...page.value.Items);
      ExclusiveStartKey = page.value.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return items;
  }

  acknowledged(pk) {
    return [...this.puts.values()].filter(({ made, acknowledged }) => made.pk === pk && acknowledged).length;
  }

  /** Compares what is stored with what was done. */
  compare(items) {
    const found = new Map(items.map((stored) => [`${stored.pk}/${stored.sk}`, stored]));
    this.check(found.size === items.length, 'a key comes twice');
    for (const [key, { made, acknowledged }] of this.puts) {
      const stored = found.get(key);
      this.check(stored || !acknowledged, `${key} was acknowledged and is gone`);
      if (stored) this.check(stored.text === made.text && stored.kind === made.kind, `${key} is not whole`);
    }
    for (const [name, { added, refused, values }] of this.counters) {
      const n = found.get(`counter/${name}`)?.n ?? 0;
      this.check(
        n >= added && n <= added + refused,
        `counter ${name}: ${n}, ${added} added, ${refused} refused`,
      );
      for (const value of values) this.check(value <= n, `counter ${name}: ${n}, and ${value} was returned`);
    }
    const transactions = items.filter(({ pk }) => pk === 'transaction').length;
    const counted = found.get('counter/1000000')?.n ?? 0;
    this.check(transactions === counted, `${transactions} transactions, ${counted} counted`);
  }

  async run(size) {
    await this.start();
    await this.attempt('create', () => this.db.client().createTable({ TableName: 'second', ...KEY }));
    for (const sk of numbers(3)) await this.put(item('alone', sk, 100));
    await Promise.all([
      ...numbers(20).map((sk) => this.put(item('together', sk, 1000))),
      ...numbers(20).map((sk) => this.add(sk)),
    ]);
    await this.query('together', this.acknowledged('together'));
    await Promise.all([this.transact(0), this.add(0), this.query('alone', 0), this.transact(1)]);
    for (const i of numbers(size))
      await Promise.all([this.batch(3 * i), this.batch(3 * i + 1), this.batch(3 * i + 2)]);
    const before = [...this.puts.values()].filter(({ acknowledged }) => acknowledged).length;
    const scanned = await this.scan();
    if (scanned) this.check(scanned.length >= before, `${scanned.length} of ${before} scanned`);
    await Promise.all([
      ...numbers(20).map((sk) => this.add(sk)),
      this.query('batch 0', this.acknowledged('batch 0')),
    ]);
    await this.statements(numbers(10));
    const closing = [this.add(1), this.add(2), this.close()];
    await Promise.all(closing);
    await this.start();
    await Promise.all(numbers(20).map((sk) => this.add(sk)));
    await this.close();
  }
}

/**
 * Runs the script while the engine fails as `arm` made it, and checks what is left after `disarm`. Gives what was refused.
 */
export async function run({ open, options, arm, disarm, size = 4 }) {
  const script = new Script(open, { ...OPTIONS, ...options });
  arm();
  await script.run(size);
  disarm();
  script.check(script.refused.length <= 1, `refused: ${script.refused.join('; ')}`);
  script.check(script.recovered <= 1, `it recovered ${script.recovered} times`);
  await script.start();
  const { problems } = await settled(script.db.verify(), 'verify');
  script.check(problems.length === 0, JSON.stringify(problems));
  script.compare(await script.scan());
  await script.close();
  return { refused: script.refused, recovered: script.recovered };
}
