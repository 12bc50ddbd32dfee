// The packed package in workerd, bundled as wrangler does it: the wasm stays a module of its own.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ROOT } from '../../scripts/lib/run.mjs';
import { report, workspace } from './lib.mjs';
import { CREDENTIALS, OPEN, SECRETS, signed, unsigned } from './signed.mjs';
import { worker } from './worker.mjs';

const space = workspace();
after(space.remove);
const started = (entry, bindings) => worker(join(ROOT, entry), space.folder, bindings);
const EXAMPLE = 'examples/worker/src/index.js';

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
  const miniflare = await started(EXAMPLE, SECRETS);
  const client = new DynamoDBClient({
    endpoint: String(await miniflare.ready),
    region: 'local',
    credentials: CREDENTIALS,
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

test('the example answers only what is signed, and without a key only says what to set', async () => {
  const asked = async (bindings) => {
    const miniflare = await started(EXAMPLE, bindings);
    try {
      const url = String(await miniflare.ready);
      const said = await signed(url).catch((error) => `${error.name} ${error.message}`);
      return [said, await unsigned(url)];
    } finally {
      await miniflare.dispose();
    }
  };
  const [tables, refused] = await asked(SECRETS);
  assert.deepEqual(tables, []);
  assert.match(refused, /^400 .*MissingAuthenticationTokenException/);
  // Whoever guesses a secret is no further than others.
  const [guessed] = await asked({ ...SECRETS, AWS_SECRET_ACCESS_KEY: 'another' });
  assert.match(guessed, /^InvalidSignatureException /);

  const { AWS_ACCESS_KEY_ID } = SECRETS;
  const text = /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.* DYNATAB_OPEN_TO_THE_WORLD to true/;
  const empty = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: '' };
  for (const bindings of [{}, { AWS_ACCESS_KEY_ID }, empty, { DYNATAB_OPEN_TO_THE_WORLD: '1' }]) {
    for (const said of await asked(bindings)) assert.match(said, text, JSON.stringify(bindings));
    assert.match((await asked(bindings))[1], /^500 /);
  }
  assert.deepEqual(await asked(OPEN), [[], '200 {"TableNames":[]}']);
  // A key is a key: what says that there need be none does not take it away.
  assert.match((await asked({ ...SECRETS, ...OPEN }))[1], /^400 /);
});
