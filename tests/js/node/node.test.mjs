// The suite in Node, on memory and on files, over the built package.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { load, ROOT } from '../lib/bundle.mjs';

const dist = path.join(ROOT, 'pkg/dist');
assert.ok(existsSync(path.join(dist, 'node.js')), 'the package is not built: npm run build');
const pkg = await import(pathToFileURL(path.join(dist, 'node.js')).href);
const { suite } = await load('tests/js/suite/index.ts');

const folder = mkdtempSync(path.join(tmpdir(), 'dynatab-suite-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);

const environments = [
  { label: 'memory', persistent: false, fresh: () => ({ name: `m${count++}`, storage: 'memory' }) },
  {
    label: 'files',
    persistent: true,
    fresh: () => ({ name: 'db', storage: 'files', path: path.join(folder, `f${count++}`) }),
  },
  {
    label: 'files',
    encrypted: true,
    persistent: true,
    fresh: () => ({
      name: 'db',
      storage: 'files',
      path: path.join(folder, `e${count++}`),
      encryption: { key },
    }),
  },
];

for (const env of environments) {
  describe(`suite on ${env.label}${env.encrypted ? ', encrypted' : ''}`, () => {
    for (const { name, run } of suite) test(name, () => run({ pkg, env }));
  });
}

test('nothing of an encrypted database can be read in its files', async () => {
  const word = 'Zauberwort';
  for (const encryption of [undefined, { key }, { passphrase: 'geheim' }]) {
    const dir = path.join(folder, `secret${count++}`);
    const db = await pkg.open({ name: word, path: dir, encryption, cacheBytes: 2 << 20 });
    const client = db.client();
    await client.createTable({
      TableName: `${word}-table`,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: word, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: word, AttributeType: 'S' }],
      Tags: [{ Key: word, Value: word }],
    });
    // More than the memory table takes, so that blocks are written and merged; noise, which is not compressed.
    for (let i = 0; i < 120; i++) {
      const puts = Array.from({ length: 25 }, (_, at) => ({
        PutRequest: {
          Item: { [word]: `${word} ${i} ${at}`, value: word + randomBytes(2_400).toString('base64') },
        },
      }));
      await db.documentClient().batchWrite({ RequestItems: { [`${word}-table`]: puts } });
    }
    const problems = (await db.verify()).problems;
    await db.close();
    assert.deepEqual(problems, []);
    const files = readdirSync(dir).map((name) => readFileSync(path.join(dir, name)));
    assert.ok(files.reduce((sum, file) => sum + file.length, 0) > 8e6);
    const found = files.some((file) => file.includes(word));
    assert.equal(found, encryption === undefined);
  }
});

test('the CommonJS entry opens a database', async () => {
  const cjs = createRequire(import.meta.url)(path.join(dist, 'node.cjs'));
  const db = await cjs.open({ name: 'cjs', storage: 'memory' });
  assert.deepEqual((await db.client().listTables()).TableNames, []);
  await db.close();
});

test('the inline entry needs no file beside it', async () => {
  const inline = await import(pathToFileURL(path.join(dist, 'inline.js')).href);
  const db = await inline.open({ name: 'inline', storage: 'memory' });
  assert.deepEqual((await db.client().listTables()).TableNames, []);
  await db.close();
});

test('the slim entry takes the engine it is given, and says so without', async () => {
  const slim = await import(pathToFileURL(path.join(dist, 'slim.js')).href);
  await assert.rejects(slim.open({ name: 's', storage: 'memory' }), { name: 'EngineLoadError' });
  const db = await slim.open({
    name: 's',
    storage: 'memory',
    wasm: readFileSync(path.join(dist, 'engine.wasm')),
  });
  await db.close();
});

test('the dump that version 1 of the format made is loaded', async () => {
  const golden = (name) => readFileSync(path.join(ROOT, 'tests/golden', name));
  const wanted = JSON.parse(golden('version-1.json').toString());
  for (const { fresh } of environments) {
    for (const load of [golden('version-1.dump'), gzipSync(golden('version-1.dump'))]) {
      const db = await pkg.open({ ...fresh(), load });
      const low = db.client();
      for (const name of ['empty', 'music', 'plain']) {
        const { Items } = await low.scan({ TableName: name });
        const { Table } = await low.describeTable({ TableName: name });
        assert.equal(Items.length, wanted[`"${name}"`].items.length);
        assert.equal(Table.TableId, wanted[`"${name}"`].table.TableId);
      }
      await db.destroy();
    }
  }
});

test('a second process is refused the directory of the first', async () => {
  const dir = path.join(folder, 'locked');
  const db = await pkg.open({ name: 'db', storage: 'files', path: dir });
  const script = `import(${JSON.stringify(pathToFileURL(path.join(dist, 'node.js')).href)})
    .then((p) => p.open({ name: 'db', path: ${JSON.stringify(dir)} }))
    .then(() => console.log('opened'), (e) => console.log(e.name));`;
  const other = () => spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim();
  assert.equal(other(), 'DatabaseLockedError');
  await db.close();
  assert.equal(other(), 'opened');
});

test('acknowledged writes survive a killed process', async () => {
  const dir = path.join(folder, 'killed');
  const script = `import(${JSON.stringify(pathToFileURL(path.join(dist, 'node.js')).href)}).then(async (p) => {
    const db = await p.open({ name: 'db', path: ${JSON.stringify(dir)}, tables: [{ TableName: 'simple',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }], AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }] }] });
    const doc = db.documentClient();
    for (let i = 0; ; i++) {
      await Promise.all([0, 1, 2].map((k) => doc.put({ TableName: 'simple', Item: { id: 'w' + i + '-' + k } })));
      console.log(i);
    }
  });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise((resolve) => {
    child.stdout.on('data', (data) => {
      said += data;
      if (said.split('\n').length > 30) child.kill('SIGKILL');
    });
    child.on('close', resolve);
  });
  const acknowledged = said.split('\n').slice(0, -1).length;
  assert.ok(acknowledged >= 29);
  const db = await pkg.open({ name: 'db', path: dir });
  const doc = db.documentClient();
  for (let i = 0; i < acknowledged; i++) {
    for (const k of [0, 1, 2]) {
      const { Item } = await doc.get({ TableName: 'simple', Key: { id: `w${i}-${k}` } });
      assert.ok(Item, `write ${i}-${k} was acknowledged and is lost`);
    }
  }
  await db.close();
});

test('the command line serves, and closes on SIGTERM', async () => {
  const child = spawn(
    process.execPath,
    [path.join(dist, 'cli.js'), 'serve', '--port', '0', '--dir', path.join(folder, 'served')],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const url = await new Promise((resolve) => {
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
      const found = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(said);
      if (found) resolve(found[1]);
    });
  });
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' },
    body: '{}',
  });
  assert.deepEqual(await answer.json(), { TableNames: [] });
  assert.ok(existsSync(path.join(folder, 'served', 'LOCK')));
  child.kill('SIGTERM');
  assert.equal(await new Promise((resolve) => child.on('exit', resolve)), 0);
  assert.ok(!existsSync(path.join(folder, 'served', 'LOCK')));
  const wrong = spawnSync(process.execPath, [path.join(dist, 'cli.js'), 'serve', '--port', 'x'], {
    encoding: 'utf8',
  });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /not a port: x\n\nusage:|not a port: x\nusage:/);
});
