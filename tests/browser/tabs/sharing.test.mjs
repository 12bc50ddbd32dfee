// Several tabs on one database, each as if it had it alone.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findBrowser } from '../../../scripts/lib/browser.mjs';
import { add, get, open, range, start, TABLE, WAYS } from './lib.mjs';

const PLACES = ['chromium', 'firefox'].flatMap((browser) =>
  Object.entries(WAYS).map(([way, options]) => ({ browser, way, options })),
);
const sites = {};
const siteOf = async (browser) => (sites[browser] ??= await start(browser));
after(async () => {
  for (const site of Object.values(sites)) {
    await site.stop();
    assert.deepEqual(site.complaints, []);
  }
});

for (const { browser, way, options } of PLACES) {
  describe(`${browser}, ${way}`, { skip: !findBrowser(browser) }, () => {
    const name = `shared ${way}`;
    let first;
    let second;
    before(async () => {
      const site = await siteOf(browser);
      first = await site.tab();
      second = await site.tab();
      assert.equal(await open(first, name, options), 'best-effort');
      assert.equal(await open(second, name, options), 'best-effort');
    });
    after(async () => {
      await first.close();
      await second.close();
    });

    test('what one writes the other reads', async () => {
      assert.deepEqual(await add(first, 'a', 3), [1, 2, 3]);
      assert.deepEqual(await add(second, 'a', 3), [4, 5, 6]);
      assert.equal(await get(first, 'a'), 6);
      assert.equal(await get(second, 'a'), 6);
    });

    test('errors are what they are in one tab', async () => {
      const errors = await second.evaluate(async (TableName) => {
        const module = await import('/dist/browser.js');
        const put = (more) => globalThis.doc.put({ TableName, Item: { id: 'a' }, ...more });
        const failing = [
          put({
            ConditionExpression: 'attribute_not_exists(id)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
          globalThis.doc.get({ TableName: 'absent', Key: { id: 'a' } }),
          globalThis.doc.transactWrite({
            TransactItems: [
              {
                ConditionCheck: {
                  TableName,
                  Key: { id: 'a' },
                  ConditionExpression: 'attribute_not_exists(id)',
                },
              },
            ],
          }),
        ];
        const results = await Promise.allSettled(failing);
        return results.map(({ reason }) => [
          reason.name,
          reason instanceof module[reason.name],
          reason.$metadata.httpStatusCode,
          reason.Item?.n.N ?? reason.CancellationReasons?.[0].Code,
        ]);
      }, TABLE);
      assert.deepEqual(errors, [
        ['ConditionalCheckFailedException', true, 400, '6'],
        ['ResourceNotFoundException', true, 400, undefined],
        ['TransactionCanceledException', true, 400, 'ConditionalCheckFailed'],
      ]);
    });

    test('calls of one tab take effect in their order', async () => {
      const last = await second.evaluate(async (TableName) => {
        const { doc } = globalThis;
        const puts = Array.from({ length: 200 }, (_, n) => doc.put({ TableName, Item: { id: 'order', n } }));
        const read = doc.get({ TableName, Key: { id: 'order' }, ConsistentRead: true });
        await Promise.all(puts);
        return (await read).Item.n;
      }, TABLE);
      assert.equal(last, 199);
      assert.equal(await get(first, 'order'), 199);
    });

    test('large items and answers, the wire, a dump and a verification pass too', async () => {
      const found = await second.evaluate(async (TableName) => {
        const { db, doc } = globalThis;
        const Item = { id: 'large', blob: new Uint8Array(300_000).fill(7) };
        await doc.put({ TableName, Item });
        const { Items } = await doc.scan({
          TableName,
          FilterExpression: 'id = :id',
          ExpressionAttributeValues: { ':id': 'large' },
        });
        const response = await db.fetch(
          new Request('http://localhost/', {
            method: 'POST',
            headers: {
              'x-amz-target': 'DynamoDB_20120810.ListTables',
              'content-type': 'application/x-amz-json-1.0',
            },
            body: '{}',
          }),
        );
        const tables = await response.json();
        const dump = new Uint8Array(await new Response(db.dump()).arrayBuffer());
        const { problems, items } = await db.verify();
        return {
          length: Items[0].blob.length,
          seven: Items[0].blob[299_999],
          tables,
          dump: dump.length > 500,
          problems,
          items,
        };
      }, TABLE);
      const { items, ...rest } = found;
      assert.deepEqual(rest, {
        length: 300_000,
        seven: 7,
        tables: { TableNames: [TABLE] },
        dump: true,
        problems: [],
      });
      assert.ok(items >= 3);
    });

    test('many calls at once are answered each', async () => {
      const before = await get(first, 'many');
      assert.equal(before, undefined);
      const lanes = [first, second].flatMap((page) => range(1, 8).map(() => add(page, 'many', 25)));
      const counts = (await Promise.all(lanes)).flat().sort((a, b) => a - b);
      assert.deepEqual(counts, range(1, 400));
    });

    test('a call that is given up is not waited for', async () => {
      const error = await second.evaluate(async (TableName) => {
        const control = new AbortController();
        const call = globalThis.doc.put(
          { TableName, Item: { id: 'given up' } },
          { abortSignal: control.signal },
        );
        control.abort();
        return call.then(
          () => 'answered',
          ({ name }) => name,
        );
      }, TABLE);
      assert.equal(error, 'AbortError');
      assert.deepEqual(await add(second, 'after', 1), [1]);
    });

    test('the owner closes and the other goes on; the database is there for the next one', async () => {
      await first.evaluate(() => globalThis.db.close());
      assert.deepEqual(await add(second, 'a', 2), [7, 8]);
      assert.equal(await open(first, name, options), 'best-effort');
      assert.deepEqual(await add(first, 'a', 1), [9]);
    });

    test('a storage that is not the owner’s is refused in words', async () => {
      const { storage = 'indexeddb' } = options;
      const other = storage === 'opfs' ? 'indexeddb' : 'opfs';
      await assert.rejects(
        open(first, name, { ...options, worker: true, storage: other }),
        new RegExp(`storage: another tab or worker.*"${storage}"`),
      );
    });

    test('a region that is not the owner’s is refused in words', async () => {
      await assert.rejects(
        open(first, name, { ...options, region: 'eu-central-1' }),
        /another tab or worker.*"local"/,
      );
    });

    test('one deletes it: the others are told, and it is empty for the next', async () => {
      const told = second.evaluate(() => new Promise((done) => globalThis.db.on('failed', done)));
      await first.evaluate(() => globalThis.db.destroy());
      assert.match(await told, /deleted by another tab/);
      await assert.rejects(add(second, 'a'), /DatabaseClosedException.*deleted by another tab/);
      assert.equal(await open(second, name, options), 'best-effort');
      assert.equal(await get(second, 'a'), undefined);
    });
  });
}

test('two databases of one tab, and one database twice in it', async () => {
  const page = await (await siteOf('chromium')).tab();
  const counts = await page.evaluate(async (TableName) => {
    const { open } = await import('/dist/browser.js');
    const schema = {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    };
    const [one, other, again] = [
      await open({ name: 'one', tables: [schema] }),
      await open({ name: 'other', tables: [schema] }),
      await open({ name: 'one' }),
    ];
    await one.documentClient().put({ TableName, Item: { id: 'a' } });
    const counts = [];
    for (const db of [one, other, again]) counts.push((await db.documentClient().scan({ TableName })).Count);
    for (const db of [one, other, again]) await db.close();
    return counts;
  }, TABLE);
  assert.deepEqual(counts, [1, 0, 1]);
  await page.close();
});

test('a worker of the application opens it too', async () => {
  const page = await (await siteOf('chromium')).tab();
  await open(page, 'in a worker');
  await add(page, 'a', 2);
  const count = await page.evaluate(async (TableName) => {
    const script = `
      import { open } from ${JSON.stringify(new URL('/dist/browser.js', location.href).href)};
      const db = await open({ name: 'in a worker' });
      const { Attributes } = await db.documentClient().update({
        TableName: ${JSON.stringify(TableName)}, Key: { id: 'a' }, UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': 1 }, ReturnValues: 'ALL_NEW',
      });
      postMessage(Attributes.n);
    `;
    const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), {
      type: 'module',
    });
    return new Promise((done, failed) => {
      worker.onmessage = ({ data }) => done(data);
      worker.onerror = ({ message }) => failed(new Error(message));
    });
  }, TABLE);
  assert.equal(count, 3);
  assert.deepEqual(await add(page, 'a'), [4]);
  await page.close();
});
