// The files storage through the package: what it keeps, and from whom.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  compare,
  directory,
  DIST,
  dynatab,
  firstSeed,
  hasIndex,
  item,
  random,
  scan,
  start,
  TABLE,
  noise,
} from './lib.mjs';

const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url));

test('data survives closing and opening again', async (t) => {
  const dir = path.join(directory(t), 'not', 'there', 'yet');
  const open = () => dynatab.open({ name: 'db', storage: 'files', path: dir });
  let db = await open();
  assert.deepEqual(db.persistence, { kind: 'persistent', reason: 'files' });
  await db.client().createTable(TABLE);
  let doc = db.documentClient();
  await doc.put({
    TableName: 'load',
    Item: { id: 1, text: 'äöü', bytes: new Uint8Array([0, 255]), n: [1, null] },
  });
  await doc.put({ TableName: 'load', Item: { id: 2 } });
  await doc.delete({ TableName: 'load', Key: { id: 2 } });
  await db.close();
  for (let round = 0; round < 3; round++) {
    db = await open();
    doc = db.documentClient();
    const { Item } = await doc.get({ TableName: 'load', Key: { id: 1 } });
    assert.deepEqual(Item, { id: 1, text: 'äöü', bytes: new Uint8Array([0, 255]), n: [1, null] });
    assert.equal((await doc.get({ TableName: 'load', Key: { id: 2 } })).Item, undefined);
    assert.deepEqual((await db.client().listTables()).TableNames, ['load']);
    await db.close();
    assert.ok(!existsSync(path.join(dir, 'LOCK')));
  }
});

test('a second process is refused, and told who has the directory', async (t) => {
  const dir = directory(t);
  const db = await dynatab.open({ name: 'db', storage: 'files', path: dir });
  const script = `import(${JSON.stringify(pathToFileURL(path.join(DIST, 'node.js')).href)})
    .then((p) => p.open({ name: 'db', storage: 'files', path: ${JSON.stringify(dir)} }).then(
      (db) => db.close().then(() => 'opened'),
      (e) => e instanceof p.DatabaseLockedError && e.name + ': ' + e.message))
    .then(console.log);`;
  const other = () => spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout.trim();
  const holder = `process ${process.pid} on ${hostname()}`;
  const said = other();
  assert.ok(said.startsWith('DatabaseLockedError: ') && said.includes(holder), said);
  await db.close();
  assert.equal(other(), 'opened');
});

test('a damaged file is an error of its own, and is left as it is', async (t) => {
  const dir = directory(t);
  const open = () => dynatab.open({ name: 'db', storage: 'files', path: dir, tables: [TABLE] });
  const db = await open();
  for (let id = 0; id < 20; id++) await db.documentClient().put({ TableName: 'load', Item: { id } });
  await db.close();
  const file = path.join(dir, 'segment-0000000000000000');
  const bytes = readFileSync(file);
  bytes[100] ^= 1;
  writeFileSync(file, bytes);
  await assert.rejects(open(), { name: 'DatabaseDamagedError', message: /segment-0000000000000000/ });
  assert.deepEqual(readFileSync(file), bytes);
  bytes[100] ^= 1;
  writeFileSync(file, bytes);
  const again = await open();
  assert.equal((await scan(again.documentClient())).length, 20);
  await again.close();
});

test('dynatab verify says whether a directory is sound, and where it is not', async (t) => {
  const dir = directory(t);
  const verify = () =>
    spawnSync(process.execPath, [path.join(DIST, 'cli.js'), 'verify', '--dir', dir], { encoding: 'utf8' });
  const db = await dynatab.open({ name: 'db', storage: 'files', path: dir, tables: [TABLE] });
  // More than one segment, so that opening does not read all of the first.
  const text = noise(1, 390_000);
  for (let id = 0; id < 100; id++) await db.documentClient().put({ TableName: 'load', Item: { id, text } });
  await db.close();
  assert.ok(hasIndex(dir), 'no segment was full');
  const sound = verify();
  assert.equal(sound.status, 0, sound.stderr);
  assert.match(
    sound.stdout,
    /^1 tables, 100 items, 0 index entries; \d+ blocks of \d+ bytes read\nno problems\n$/,
  );
  const segments = readdirSync(dir).filter((name) => name.startsWith('segment-'));
  for (const name of segments.sort().slice(0, -1)) {
    const bytes = readFileSync(path.join(dir, name));
    // Much of it is of the log, which is no longer asked for.
    for (let at = 1_000_000; at < bytes.length; at += 50_000) bytes[at] ^= 1;
    writeFileSync(path.join(dir, name), bytes);
  }
  const damaged = verify();
  assert.equal(damaged.status, 1, damaged.stdout);
  assert.match(damaged.stdout, /^load: block \d+ is damaged: checksum differs$/m);
  assert.match(damaged.stdout, /^\d+ problems$/m);
  assert.equal(spawnSync(process.execPath, [path.join(DIST, 'cli.js'), 'verify']).status, 2);
});

test('dynatab repair saves what can be read of a damaged directory', async (t) => {
  const dir = directory(t);
  const command = (name) =>
    spawnSync(process.execPath, [path.join(DIST, 'cli.js'), name, '--dir', dir], { encoding: 'utf8' });
  const open = () => dynatab.open({ name: 'db', storage: 'files', path: dir, tables: [TABLE] });
  const db = await open();
  const text = noise(1, 100_000);
  const item = (id) => ({ id, text: text + id });
  for (let id = 0; id < 400; id++) await db.documentClient().put({ TableName: 'load', Item: item(id) });
  await db.close();
  const nothing = command('repair');
  assert.equal(nothing.status, 0, nothing.stderr);
  assert.equal(nothing.stdout, 'no problems; nothing was written\n');

  // The index of the files, and some of what the blocks hold.
  const damage = (name, from, step) => {
    const bytes = readFileSync(path.join(dir, name));
    for (let at = from; at < bytes.length; at += step) bytes[at] ^= 1;
    writeFileSync(path.join(dir, name), bytes);
  };
  for (const name of readdirSync(dir)) {
    if (name.startsWith('index-')) damage(name, 20, 1e9);
    if (name.startsWith('segment-')) damage(name, 1_000_000, 3_000_000);
  }
  await assert.rejects(open(), { name: 'DatabaseDamagedError', message: /repair/ });
  assert.equal(command('verify').status, 1);
  const mended = command('repair');
  assert.equal(mended.status, 0, mended.stderr);
  assert.match(mended.stdout, /^repaired: \d+ items are left, \d+ were damaged themselves$/m);
  const sound = command('verify');
  assert.equal(sound.status, 0, sound.stdout);
  const again = await open();
  const items = await scan(again.documentClient());
  assert.ok(items.length > 300 && items.length < 400, `${items.length} of 400 are left`);
  for (const { id, text } of items) assert.equal(text, item(id).text);
  await again.close();
  assert.equal(command('repair').stdout, 'no problems; nothing was written\n');
});

test('a process killed in the middle of a load loses no acknowledged write', async (t) => {
  const dir = directory(t);
  const first = firstSeed();
  const acknowledged = new Map();
  let version = 1;
  for (let round = 0; round < 10; round++) {
    const seed = first + round;
    const next = random(seed);
    const until = 20 + next(300);
    const delay = next(20);
    const durability = round % 2 ? 'relaxed' : 'strict';
    let count = 0;
    const { child, ended } = start(process.execPath, [LOAD, dir, durability, String(version)], (line) => {
      const [id, written] = line.split(' ').map(Number);
      acknowledged.set(id, written);
      version = Math.max(version, written + 100);
      if (++count === until) setTimeout(() => child.kill('SIGKILL'), delay);
    });
    assert.equal(await ended, 'SIGKILL');
    const db = await dynatab.open({ name: 'db', path: dir });
    const items = await scan(db.documentClient());
    const what = `round ${round}, DYNATAB_SEED=${first}`;
    compare(items, acknowledged, what);
    t.diagnostic(`${what}: ${durability}, ${count} acknowledged, ${items.length} keys`);
    await db.close();
  }
  assert.ok(hasIndex(dir), 'no segment was full');
});

test('a mistyped directory is not taken for a sound database', (t) => {
  const dir = path.join(directory(t), 'nowhere');
  for (const command of ['verify', 'repair', 'dump']) {
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [path.join(DIST, 'cli.js'), command, '--dir', dir],
      { encoding: 'utf8' },
    );
    assert.deepEqual([status, stdout, stderr], [1, '', `dynatab: there is no database in ${dir}\n`], command);
    assert.ok(!existsSync(dir), `${command} made one`);
  }
});
