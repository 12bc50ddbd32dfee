// What becomes of calls in flight when the engine fails, in Node on files and in memory.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ROOT } from '../../scripts/lib/run.mjs';
import { allocations, directory, engine, fail, faulty, instances } from './lib.mjs';
import { limited } from './limited.mjs';

const TABLE = {
  TableName: 'items',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  BillingMode: 'PAY_PER_REQUEST',
};

const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

/** An open database on files, its client, and what it told. */
async function setUp(t, options = {}) {
  const where = { name: 'db', storage: 'files', path: directory(t), tables: [TABLE], ...options };
  const db = await faulty.open(where);
  const events = [];
  db.on('event', (event) => events.push(event));
  t.after(async () => {
    fail(0);
    await db.close();
    assert.deepEqual(unhandled, []);
  });
  return { db, doc: db.documentClient(), events, where };
}

const ADD = {
  TableName: 'items',
  Key: { id: 'counter' },
  UpdateExpression: 'ADD n :one',
  ExpressionAttributeValues: { ':one': 1 },
  ReturnValues: 'ALL_NEW',
};
const counted = async (doc) =>
  (await doc.get({ TableName: 'items', Key: { id: 'counter' }, ConsistentRead: true })).Item?.n;
const kinds = (events) => events.map(({ kind }) => kind);
const FAILED = { name: 'InternalServerError', message: /^The engine failed: RuntimeError: .*had \d+ bytes$/ };

describe('a call that fails', () => {
  test('is refused with the cause, and what follows is served', async (t) => {
    const { db, doc, events } = await setUp(t);
    await doc.put({ TableName: 'items', Item: { id: 'a', n: 1 } });
    fail(1, 'trap');
    await assert.rejects(doc.get({ TableName: 'items', Key: { id: 'a' } }), (error) => {
      assert.ok(
        error instanceof faulty.InternalServerError && error.cause instanceof WebAssembly.RuntimeError,
      );
      return FAILED.message.test(error.message);
    });
    assert.deepEqual((await doc.get({ TableName: 'items', Key: { id: 'a' } })).Item, { id: 'a', n: 1 });
    assert.deepEqual(kinds(events), ['recovered']);
    assert.match(events[0].detail, FAILED.message);
    assert.deepEqual((await db.verify()).problems, []);
  });

  test('takes nothing with it: calls in flight are answered, of other databases too', async (t) => {
    const one = await setUp(t);
    const other = await setUp(t, { name: 'other' });
    const put = (doc, i) => doc.put({ TableName: 'items', Item: { id: `p${i}`, text: 'x'.repeat(2000) } });
    const calls = [...Array(20).keys()].flatMap((i) => [
      put(one.doc, i),
      put(other.doc, i),
      one.doc.update(ADD),
    ]);
    calls.push(other.doc.scan({ TableName: 'items', ConsistentRead: true }));
    fail(1, 'trap');
    await assert.rejects(one.doc.get({ TableName: 'items', Key: { id: 'a' } }), FAILED);
    // Made while there is no engine.
    calls.push(one.doc.update(ADD), other.doc.update(ADD));
    await Promise.all(calls);
    assert.equal(await counted(one.doc), 21);
    assert.equal(await counted(other.doc), 1);
    const returned = await Promise.all(calls.filter((_, i) => i % 3 === 2 && i < 60));
    assert.deepEqual(
      returned.map(({ Attributes }) => Attributes.n),
      [...Array(20).keys()].map((i) => i + 1),
    );
    assert.deepEqual([kinds(one.events), kinds(other.events)], [['recovered'], ['recovered']]);
  });

  test('that uses up the stack is like any other', async (t) => {
    const { doc, events } = await setUp(t);
    const calls = [];
    const deeper = () => {
      calls.push(doc.update(ADD));
      deeper();
    };
    assert.throws(deeper, RangeError);
    const outcomes = await Promise.allSettled(calls);
    const answered = outcomes.filter(({ status }) => status === 'fulfilled').length;
    const n = await counted(doc);
    assert.ok(n >= answered && n <= calls.length, `${n} of ${answered} to ${calls.length}`);
    assert.ok(answered > 0 && !kinds(events).includes('failed'));
  });
});

describe('a callback that fails', () => {
  test('leaves a write that the log holds: it is answered, once', async (t) => {
    const { doc, events } = await setUp(t);
    await doc.update(ADD);
    const call = doc.update(ADD);
    // It is written already; what hears of its end fails.
    fail(1, 'trap');
    assert.deepEqual((await call).Attributes, { id: 'counter', n: 2 });
    assert.equal(await counted(doc), 2);
    assert.deepEqual(kinds(events), ['recovered']);
  });

  test('leaves requests of the wire protocol, which are answered in their form', async (t) => {
    const { db, doc, events } = await setUp(t);
    await doc.update(ADD);
    const body = JSON.stringify({
      ...ADD,
      Key: { id: { S: 'counter' } },
      ExpressionAttributeValues: { ':one': { N: '1' } },
    });
    const headers = {
      'x-amz-target': 'DynamoDB_20120810.UpdateItem',
      'content-type': 'application/x-amz-json-1.0',
    };
    const call = db.http({
      method: 'POST',
      path: '/',
      target: headers['x-amz-target'],
      contentType: headers['content-type'],
      body: new TextEncoder().encode(body),
    });
    fail(1, 'trap');
    const answer = await call;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.0');
    assert.equal(JSON.parse(Buffer.from(answer.body)).Attributes.n.N, '2');
    const sdk = db.handler().handle({ method: 'POST', path: '/', headers, body });
    fail(1, 'refused');
    assert.equal((await sdk).response.statusCode, 200);
    const fetched = db.fetch(new Request('http://localhost/', { method: 'POST', headers, body }));
    await new Promise(setImmediate);
    fail(1, 'overflow');
    assert.equal((await fetched).status, 200);
    assert.equal(await counted(doc), 4);
    assert.ok(
      events.length >= 2 && kinds(events).every((kind) => kind === 'recovered'),
      kinds(events).join(),
    );
  });

  test('leaves a batch and a transaction, which are answered once', async (t) => {
    const { doc } = await setUp(t);
    await doc.update(ADD);
    const { Key, ReturnValues: _, ...add } = ADD;
    for (const [number, begin] of [
      () =>
        doc.transactWrite({ TransactItems: [{ Update: { Key, ...add } }], ReturnConsumedCapacity: 'TOTAL' }),
      () =>
        doc.batchExecuteStatement({
          Statements: [{ Statement: "UPDATE items SET n = n + 1 WHERE id = 'counter' RETURNING ALL NEW *" }],
        }),
      () => doc.batchWrite({ RequestItems: { items: [{ PutRequest: { Item: { id: 'in a batch' } } }] } }),
    ].entries()) {
      // The second file is there already; else the call has not begun.
      await doc.batchExecuteStatement({ Statements: [{ Statement: "SELECT * FROM items WHERE id = 'x'" }] });
      await doc.put({ TableName: 'items', Item: { id: 'one by one' } });
      const call = begin();
      fail(1, 'trap');
      const answer = await call;
      if (number === 0) assert.equal(answer.ConsumedCapacity[0].CapacityUnits, 2);
      if (number === 1) assert.deepEqual(answer.Responses[0].Item, { id: 'counter', n: 3 });
      if (number === 2) assert.deepEqual(answer.UnprocessedItems, {});
    }
    assert.equal(await counted(doc), 3);
  });

  test('leaves a call that was aborted alone', async (t) => {
    const { doc } = await setUp(t);
    await doc.update(ADD);
    const controller = new AbortController();
    const call = doc.update(ADD, { abortSignal: controller.signal });
    fail(1, 'trap');
    controller.abort();
    await assert.rejects(call, { name: 'AbortError' });
    const n = await counted(doc);
    assert.ok(n === 1 || n === 2, `${n}`);
  });

  test('while the database closes: what is in flight is answered, and the lock is free', async (t) => {
    const { db, doc, where } = await setUp(t);
    await doc.update(ADD);
    const call = doc.update(ADD);
    const closing = db.close();
    fail(1, 'trap');
    assert.equal((await call).Attributes.n, 2);
    await closing;
    await assert.rejects(doc.update(ADD), { name: 'DatabaseClosedException' });
    const again = await faulty.open(where);
    assert.equal(await counted(again.documentClient()), 2);
    await again.close();
  });
});

describe('what cannot go on', () => {
  test('a dump, a load and a verification are refused, and can be begun again', async (t) => {
    const { db, doc } = await setUp(t);
    for (let i = 0; i < 50; i++)
      await doc.put({ TableName: 'items', Item: { id: `${i}`, text: 'x'.repeat(50_000) } });
    const bytes = new Uint8Array(await new Response(db.dump()).arrayBuffer());
    const reader = db.dump({ compression: 'none' }).getReader();
    assert.ok((await reader.read()).value.length > 0);
    fail(1, 'trap');
    await assert.rejects(doc.get({ TableName: 'items', Key: { id: '1' } }), FAILED);
    // The next part is not that of another dump.
    await assert.rejects(async () => {
      while (!(await reader.read()).done);
    }, FAILED);
    const verification = db.verify();
    const rejected = assert.rejects(verification, FAILED);
    await new Promise(setImmediate);
    fail(1, 'trap');
    await rejected;
    assert.deepEqual((await db.verify()).problems, []);

    const load = { name: 'loaded', storage: 'files', path: directory(t), load: bytes };
    let failing = true;
    await assert.rejects(
      faulty.open({
        ...load,
        progress: () => {
          if (failing) fail(20, 'trap');
          failing = false;
        },
      }),
      FAILED,
    );
    fail(0);
    const loaded = await faulty.open(load);
    const { Count } = await loaded.documentClient().scan({ TableName: 'items', Select: 'COUNT' });
    assert.ok(Count > 0);
    await loaded.close();
  });

  test('a database in memory says that it is lost, and opens again', async (t) => {
    const { db, doc, events, where } = await setUp(t, { storage: 'memory', path: undefined });
    await doc.put({ TableName: 'items', Item: { id: 'a' } });
    fail(1, 'trap');
    await assert.rejects(doc.get({ TableName: 'items', Key: { id: 'a' } }), FAILED);
    await assert.rejects(doc.get({ TableName: 'items', Key: { id: 'a' } }), {
      name: 'DatabaseClosedException',
      message: /a database in memory is lost with it; open it again/,
    });
    assert.deepEqual(kinds(events), ['failed']);
    await db.close();
    const again = await faulty.open(where);
    assert.equal((await again.documentClient().scan({ TableName: 'items' })).Count, 0);
    await again.close();
  });

  test('an engine that fails again and again is given up; the database can be opened again', async (t) => {
    const { db, doc, events, where } = await setUp(t);
    await doc.update(ADD);
    const call = doc.update(ADD);
    const { push } = instances;
    // Each new one fails as it opens.
    instances.push = (made) => {
      push.call(instances, made);
      fail(5, 'trap');
    };
    t.after(() => delete instances.push);
    fail(1, 'trap');
    await assert.rejects(call, {
      name: 'DatabaseClosedException',
      message: 'The engine failed earlier; open the database again',
    });
    delete instances.push;
    assert.deepEqual(kinds(events), ['failed']);
    await assert.rejects(doc.update(ADD), { name: 'DatabaseClosedException' });
    await db.close();
    fail(0);
    const again = await faulty.open(where);
    assert.equal(await counted(again.documentClient()), 2);
    await again.close();
  });
});

test('a function of the application may call, and that call fail, while an answer is read', async (t) => {
  const { db, doc } = await setUp(t);
  await doc.update(ADD);
  const inner = [];
  const reading = db.documentClient({
    unmarshallOptions: {
      wrapNumbers: (text) => {
        fail(1, 'trap');
        inner.push(doc.update(ADD));
        fail(0);
        return Number(text);
      },
    },
  });
  const outer = reading.update(ADD);
  assert.equal((await outer).Attributes.n, 2);
  assert.equal(inner.length, 1);
  await assert.rejects(inner[0], FAILED);
  assert.equal(await counted(doc), 2);
});

test('a memory that cannot grow is told by its size, and what was acknowledged is there', async (t) => {
  const dist = path.join(ROOT, 'pkg/dist');
  // A module of its own has an engine of its own.
  const { open } = await import(`${pathToFileURL(path.join(dist, 'node.js')).href}?limited`);
  const wasm = limited(readFileSync(path.join(dist, 'engine.wasm')), 80 << 20);
  const where = { name: 'small', path: directory(t), tables: [TABLE], wasm, cacheBytes: 64 << 20 };
  const db = await open(where);
  const doc = db.documentClient();
  const events = [];
  db.on('event', (event) => events.push(event));
  const text = 'x'.repeat(390_000);
  const calls = [...Array(400).keys()].map((i) =>
    doc.put({ TableName: 'items', Item: { id: `${i}`, text } }).then(
      () => ({ i }),
      (error) => ({ i, error }),
    ),
  );
  const outcomes = await Promise.all(calls);
  const refused = outcomes.filter(({ error }) => error);
  assert.ok(refused.length > 0 && refused.length < 40, `${refused.length} refused`);
  for (const { error } of refused) {
    assert.equal(error.name, 'InternalServerError');
    assert.match(error.message, /Its memory had \d{8} bytes and could not grow: a lower cacheBytes/);
  }
  assert.ok(events.length > 0 && kinds(events).every((kind) => kind === 'recovered'), kinds(events).join());
  await db.close();
  const again = await open({ ...where, cacheBytes: 1 << 20 });
  for (const { i, error } of outcomes) {
    if (error) continue;
    const { Item } = await again.documentClient().get({ TableName: 'items', Key: { id: `${i}` } });
    assert.equal(Item?.text.length, text.length, `${i}`);
  }
  assert.deepEqual((await again.verify()).problems, []);
  await again.close();
});

test('an instance that failed is let go with its memory, though its error is kept', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const { doc } = await setUp(t);
  const memories = [];
  const errors = [];
  for (let i = 0; i < 4; i++) {
    memories.push(new WeakRef(engine().memory));
    fail(1, 'trap');
    await doc.get({ TableName: 'items', Key: { id: 'a' } }).catch((error) => errors.push(error));
    await doc.put({ TableName: 'items', Item: { id: 'a' } });
    instances.splice(0, instances.length - 1);
  }
  for (let i = 0; i < 3; i++) {
    await new Promise((done) => setTimeout(done, 20));
    collect();
  }
  assert.equal(errors.length, 4);
  // The stack may still hold the last one.
  const held = memories.filter((memory) => memory.deref()).length;
  assert.ok(held <= 1, `${held} are held`);
});

test('nothing of what makes it fail is in the package', () => {
  const names = (file) =>
    WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(path.join(ROOT, file)))).map(
      ({ name }) => name,
    );
  assert.ok(names('target/faulty/engine.wasm').includes('failAt'));
  assert.ok(!names('pkg/dist/engine.wasm').includes('failAt'));
  assert.ok(allocations() > 0);
});
