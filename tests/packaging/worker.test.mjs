// The packed package in workerd, bundled as wrangler does it: the wasm stays a module of its own.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { build } from 'esbuild';
import { ROOT } from '../../scripts/lib/run.mjs';
import { PACKED } from '../../scripts/pack.mjs';
import { report, require, workspace } from './lib.mjs';

const { Miniflare } = require('miniflare');
const space = workspace();
after(space.remove);

/** A Worker of this module; `dynatab` is found as an application beside the installed package finds it. */
async function worker(entry) {
  const outfile = join(space.folder, 'worker.mjs');
  await build({
    entryPoints: [join(ROOT, entry)],
    tsconfigRaw: {},
    nodePaths: [join(PACKED, '..')],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm'],
    logLevel: 'warning',
  });
  return new Miniflare({
    compatibilityDate: '2026-04-01',
    host: '127.0.0.1',
    port: 0,
    modules: [
      { type: 'ESModule', path: 'worker.mjs', contents: readFileSync(outfile, 'utf8') },
      {
        type: 'CompiledWasm',
        path: 'engine.wasm',
        contents: readFileSync(join(PACKED, 'pkg/dist/engine.wasm')),
      },
    ],
  });
}

test('the suite in a Worker', async (t) => {
  const miniflare = await worker('tests/packaging/programs/worker.ts');
  try {
    const answer = await miniflare.dispatchFetch('http://worker/');
    assert.equal(answer.status, 200);
    await report(t, await answer.json());
  } finally {
    await miniflare.dispose();
  }
});

test("the example is a whole endpoint for an unmodified client of AWS's", async () => {
  const miniflare = await worker('examples/worker/src/index.js');
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
