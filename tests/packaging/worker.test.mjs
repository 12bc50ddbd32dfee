// The packed package in workerd, bundled as wrangler does it: the wasm stays a module of its own.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ROOT } from '../../scripts/lib/run.mjs';
import { report, workspace } from './lib.mjs';
import { worker } from './worker.mjs';

const space = workspace();
after(space.remove);
const started = (entry) => worker(join(ROOT, entry), space.folder);

test('the suite in a Worker', async (t) => {
  const miniflare = await started('tests/packaging/programs/worker.ts');
  try {
    const answer = await miniflare.dispatchFetch('http://worker/');
    assert.equal(answer.status, 200);
    await report(t, await answer.json());
  } finally {
    await miniflare.dispose();
  }
});

test("the example is a whole endpoint for an unmodified client of AWS's", async () => {
  const miniflare = await started('examples/worker/src/index.js');
  const client = new DynamoDBClient({
    endpoint: String(await miniflare.ready),
    region: 'local',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    maxAttempts: 1,
  });
  try {
    await client.send(
      new CreateTableCommand({
        TableName: 'things',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
    const Item = { id: { S: 'a' }, n: { N: '1' } };
    await client.send(new PutItemCommand({ TableName: 'things', Item }));
    const found = await client.send(new GetItemCommand({ TableName: 'things', Key: { id: Item.id } }));
    assert.deepEqual(found.Item, Item);
  } finally {
    client.destroy();
    await miniflare.dispose();
  }
});
