// The Worker in front of the databases, as the example has it: what it answers, and what it refuses.

import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { after, test } from 'node:test';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { workspace } from '../packaging/lib.mjs';
import { CREDENTIALS, OPEN, SECRETS, signed, unsigned } from '../packaging/signed.mjs';
import { objects, stored } from './lib.mjs';

const EXAMPLE = '../../../examples/durable-object/src/index.js';

/** Runs `use` with the address of a Worker, and the number of objects that there are. */
async function withWorker(program, bindings, use, told = {}) {
  const space = workspace();
  after(space.remove);
  const { folder } = space;
  const [name, className] = program === EXAMPLE ? ['DATABASES', 'Database'] : ['Database', 'Database'];
  const { miniflare } = await objects(program, folder, className, true, { bindings, name, ...told });
  const files = () =>
    existsSync(stored(folder)) ? readdirSync(stored(folder), { recursive: true }).map(String) : [];
  // The runtime's own file of alarms has a name, objects have a number.
  const count = () => files().filter((file) => /[0-9a-f]{64}\.sqlite$/.test(file)).length;
  try {
    return await use(String(await miniflare.ready), count);
  } finally {
    await miniflare.dispose();
  }
}

const client = (endpoint, credentials = CREDENTIALS) =>
  new DynamoDB({ endpoint, region: 'local', credentials, maxAttempts: 1 });

test('each name is a database for an unmodified client of AWS', async () => {
  await withWorker(EXAMPLE, SECRETS, async (url, count) => {
    const music = client(`${url}music`);
    const other = client(`${url}Other.db_1/`);
    const Item = { artist: { S: 'Nina Simone' }, song: { S: 'Sinnerman' } };
    await music.putItem({ TableName: 'songs', Item });
    assert.deepEqual((await music.getItem({ TableName: 'songs', Key: Item })).Item, Item);
    assert.deepEqual((await music.scan({ TableName: 'songs' })).Items, [Item]);
    assert.deepEqual((await other.scan({ TableName: 'songs' })).Items, []);
    const missing = other.scan({ TableName: 'films' });
    await assert.rejects(missing, { name: 'ResourceNotFoundException' });
    assert.equal(count(), 2);
    // Bodies may be packed, and more than one request at once be under way.
    await Promise.all(
      Array.from({ length: 30 }, (_, at) =>
        music.putItem({
          TableName: 'songs',
          Item: { ...Item, song: { S: `${at}` }, text: { S: 'x'.repeat(20_000) } },
        }),
      ),
    );
    assert.equal((await music.scan({ TableName: 'songs', Select: 'COUNT' })).Count, 31);
    music.destroy();
    other.destroy();
  });
});

test('what is not signed is refused, and makes no object', async () => {
  await withWorker(EXAMPLE, SECRETS, async (url, count) => {
    assert.match(await unsigned(`${url}music`), /^400 .*MissingAuthenticationTokenException/);
    const guesses = [
      { ...CREDENTIALS, secretAccessKey: 'another' },
      { ...CREDENTIALS, accessKeyId: 'AKIDANOTHER' },
    ];
    const names = [];
    for (const credentials of guesses) {
      const guessing = client(`${url}music`, credentials);
      names.push(await guessing.listTables({}).catch((error) => error.name));
      guessing.destroy();
    }
    assert.deepEqual(names, ['InvalidSignatureException', 'UnrecognizedClientException']);
    // Not an operation, not a call of the API at all.
    const unknown = { method: 'POST', headers: { 'x-amz-target': 'DynamoDB_20120810.Nothing' }, body: '{}' };
    for (const [path, init] of [
      ['music', unknown],
      ['music', undefined],
      ['', undefined],
    ]) {
      const answer = await fetch(`${url}${path}`, init);
      assert.match(`${answer.status} ${await answer.text()}`, /^400 .*UnknownOperationException/);
    }
    assert.equal(count(), 0);
    // The same Worker makes one for who has the key.
    assert.deepEqual(await signed(`${url}music`), ['songs']);
    assert.equal(count(), 1);
  });
});

test('a path that names no database is told what to do', async () => {
  await withWorker(EXAMPLE, SECRETS, async (url, count) => {
    for (const path of ['', 'a~b', 'x'.repeat(256)]) {
      await assert.rejects(
        signed(`${url}${path}`),
        /Which database\? Give the endpoint its name as the path/,
      );
    }
    assert.equal(count(), 0);
  });
});

test('without a key nothing is answered, unless it is said that all may come', async () => {
  const text = /^500 .*AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.* DYNATAB_OPEN_TO_THE_WORLD to true/;
  const { AWS_ACCESS_KEY_ID } = SECRETS;
  const empty = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: '' };
  for (const bindings of [{}, { AWS_ACCESS_KEY_ID }, empty, { DYNATAB_OPEN_TO_THE_WORLD: '1' }]) {
    await withWorker(EXAMPLE, bindings, async (url, count) => {
      assert.match(await unsigned(`${url}music`), text, JSON.stringify(bindings));
      await assert.rejects(signed(`${url}music`), /has no access key/);
      assert.equal(count(), 0);
    });
  }
  await withWorker(EXAMPLE, OPEN, async (url) => {
    assert.equal(await unsigned(`${url}music`), '200 {"TableNames":["songs"]}');
  });
  // A key is a key: what says that there need be none does not take it away.
  await withWorker(EXAMPLE, { ...SECRETS, ...OPEN }, async (url) => {
    assert.match(await unsigned(`${url}music`), /^400 .*MissingAuthenticationTokenException/);
  });
});

test('a key of one database opens no other', async () => {
  await withWorker('keys.ts', {}, async (url, count) => {
    const tables = async (name, accessKeyId, secretAccessKey) => {
      const asking = client(`${url}${name}`, { accessKeyId, secretAccessKey });
      try {
        return (await asking.listTables({})).TableNames;
      } catch (error) {
        return error.name;
      } finally {
        asking.destroy();
      }
    };
    assert.deepEqual(await tables('music', 'MUSIC', 'secret of music'), []);
    assert.equal(await tables('films', 'MUSIC', 'secret of music'), 'UnrecognizedClientException');
    assert.equal(count(), 1);
    assert.deepEqual(await tables('films', 'ALL', 'secret of all'), []);
    assert.equal(await tables('films', 'ALL', 'secret of music'), 'InvalidSignatureException');
    assert.equal(count(), 2);
  });
});

test('a binding that is missing is named', async () => {
  await withWorker(
    EXAMPLE,
    SECRETS,
    async (url) => {
      await assert.rejects(signed(`${url}music`), /no binding DATABASES.*durable_objects/);
    },
    { name: 'ELSEWHERE' },
  );
});
