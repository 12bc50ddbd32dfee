// `dynatab serve --dir`, from the AWS SDK.
import assert from 'node:assert/strict';
import { DynamoDB } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocument } from '@aws-sdk/lib-dynamodb';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  compare,
  directory,
  DIST,
  firstSeed,
  hasIndex,
  item,
  KEYS,
  LANES,
  random,
  ROOT,
  scan,
  startServer,
  TABLE,
} from './lib.mjs';

const CLI = path.join(DIST, 'cli.js');

function connect(endpoint) {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'y' };
  const client = new DynamoDB({ endpoint, region: 'local', credentials, maxAttempts: 1 });
  return { client, doc: DynamoDBDocument.from(client) };
}

/** What a request that nobody signed is answered. */
async function unsigned(url) {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    body: '{}',
  });
  return answer.json();
}

test('npm run serve says where it listens, keeps the data in the directory, and closes on SIGTERM', async (t) => {
  const dir = directory(t);
  for (let round = 0; round < 2; round++) {
    // The group is the test's own: npm and what it starts.
    const server = await startServer('npm', ['run', '--silent', 'serve', '--', '--port', '0', '--dir', dir], {
      cwd: ROOT,
      detached: true,
    });
    try {
      const { client, doc } = connect(server.url);
      if (round === 0) {
        await client.createTable(TABLE);
        await doc.put({ TableName: 'load', Item: { id: 7, text: 'kept' } });
      }
      assert.deepEqual((await doc.get({ TableName: 'load', Key: { id: 7 } })).Item, { id: 7, text: 'kept' });
      client.destroy();
    } finally {
      process.kill(-server.child.pid, 'SIGTERM');
    }
    await server.ended;
    assert.ok(!existsSync(path.join(dir, 'LOCK')), 'it did not close the database');
  }
});

test('serve --signed takes the key of the environment, and only what is signed with it', async (t) => {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y', AWS_SESSION_TOKEN: '' };
  const server = await startServer(process.execPath, [CLI, 'serve', '--port', '0', '--signed'], { env });
  t.after(() => server.child.kill());
  const { client } = connect(server.url);
  assert.deepEqual((await client.listTables({})).TableNames, []);
  client.destroy();
  assert.match((await unsigned(server.url)).__type, /MissingAuthenticationTokenException$/);
  const without = spawnSync(process.execPath, [CLI, 'serve', '--port', '0', '--signed'], {
    env: { PATH: process.env.PATH },
    encoding: 'utf8',
  });
  assert.equal(without.status, 2);
  assert.match(without.stderr, /AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set/);
});

test('serve on an address that others reach starts only with --signed or --open-to-the-world', async (t) => {
  const env = { PATH: process.env.PATH };
  const refused = (host, ...more) =>
    spawnSync(process.execPath, [CLI, 'serve', '--port', '0', '--host', host, ...more], {
      env,
      encoding: 'utf8',
      timeout: 20_000,
    });
  for (const host of ['0.0.0.0', '::', '', '10.0.0.1', 'db.example', '127.0.0.1.example']) {
    const { status, stderr, stdout } = refused(host);
    assert.deepEqual([status, stdout], [2, ''], host);
    assert.match(stderr, /--host .*--signed.*AWS_ACCESS_KEY_ID.*--open-to-the-world/, host);
  }
  // With --signed the key is missing, which is another error.
  assert.match(refused('0.0.0.0', '--signed').stderr, /^dynatab: --signed: AWS_ACCESS_KEY_ID and/);

  // A name of loopback that is not taken for one, so that no test listens for the world.
  const host = '127.1';
  assert.match(refused(host).stderr, /--open-to-the-world/);
  const started = async (more, options) => {
    const server = await startServer(process.execPath, [CLI, 'serve', '--port', '0', ...more], options);
    t.after(() => server.child.kill());
    return server.url;
  };
  assert.deepEqual(await unsigned(await started(['--host', host, '--open-to-the-world'])), {
    TableNames: [],
  });
  const keys = { ...env, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'y' };
  const closed = await started(['--host', host, '--signed'], { env: keys });
  assert.match((await unsigned(closed)).__type, /MissingAuthenticationTokenException$/);
  const { client } = connect(closed);
  assert.deepEqual((await client.listTables({})).TableNames, []);
  client.destroy();
  // Loopback needs neither.
  for (const own of [[], ['--host', '127.0.0.1']])
    assert.deepEqual(await unsigned(await started(own)), { TableNames: [] });
});

test('a server killed in the middle of a load loses no acknowledged write', async (t) => {
  const dir = directory(t);
  const first = firstSeed();
  const acknowledged = new Map();
  let version = 1;
  for (let round = 0; round <= 10; round++) {
    const server = await startServer(process.execPath, [CLI, 'serve', '--port', '0', '--dir', dir]);
    const { client, doc } = connect(server.url);
    const what = `round ${round}, DYNATAB_SEED=${first}`;
    if (round === 0) await client.createTable(TABLE);
    compare(await scan(doc), acknowledged, what);
    if (round < 10) {
      const next = random(first + round);
      const until = 20 + next(200);
      const delay = next(20);
      let count = 0;
      let killed = false;
      const lane = async (from) => {
        for (let id = from; !killed; id = id + LANES < KEYS ? id + LANES : from) {
          const mine = version++;
          try {
            await doc.put({ TableName: TABLE.TableName, Item: item(id, mine) });
          } catch (error) {
            if (!killed) throw error;
            return;
          }
          acknowledged.set(id, mine);
          if (++count === until) {
            setTimeout(() => {
              killed = true;
              server.child.kill('SIGKILL');
            }, delay);
          }
        }
      };
      await Promise.all(Array.from({ length: LANES }, (_, from) => lane(from)));
      assert.equal(await server.ended, 'SIGKILL');
      t.diagnostic(`${what}: ${count} acknowledged`);
    } else {
      server.child.kill('SIGTERM');
      assert.equal(await server.ended, 0);
    }
    client.destroy();
  }
  assert.ok(hasIndex(dir), 'no segment was full');
});
