// `dynatab dump` and `dynatab load`: files, pipes, locks, and what is left when something goes wrong.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { directory, DIST, dynatab, item, ROOT, scan, startServer, TABLE } from './lib.mjs';

const CLI = path.join(DIST, 'cli.js');

/** Runs a command to its end. */
function run(args, options = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    maxBuffer: 1 << 26,
    ...options,
  });
  return { status, stdout, stderr: stderr.toString() };
}

const open = (dir, more) => dynatab.open({ name: 'dynatab', path: dir, ...more });

async function fill(dir, count = 30) {
  const db = await open(dir, { tables: [TABLE] });
  const doc = db.documentClient();
  await Promise.all(
    Array.from({ length: count }, (_, id) => doc.put({ TableName: 'load', Item: item(id, 1) })),
  );
  await db.close();
}

async function items(dir) {
  const db = await open(dir);
  const found = await scan(db.documentClient());
  await db.close();
  return found;
}

test('a database goes to a file and back, and through a pipe', async (t) => {
  const dir = directory(t);
  const file = path.join(path.dirname(dir), 'db.dump');
  await fill(dir);
  const wanted = await items(dir);
  const dumped = run(['dump', '--dir', dir, '--out', file]);
  assert.deepEqual([dumped.status, dumped.stderr], [0, '']);
  assert.equal(dumped.stdout.toString(), `dumped 30 items to ${file}\n`);
  assert.ok(!existsSync(`${file}.partial`) && !existsSync(path.join(dir, 'LOCK')));

  const piped = run(['dump', '--dir', dir]);
  assert.deepEqual([piped.status, piped.stderr], [0, '']);
  const unpacked = gunzipSync(piped.stdout);
  assert.ok(unpacked.length > piped.stdout.length);

  const loads = [
    [[file], {}],
    [['-'], { input: piped.stdout }],
    [[], { input: unpacked }],
  ];
  for (const [from, options] of loads) {
    const to = directory(t);
    const loaded = run(['load', '--dir', to, ...from], options);
    assert.deepEqual([loaded.status, loaded.stderr], [0, ''], loaded.stderr);
    assert.equal(loaded.stdout.toString(), `loaded 30 items into ${to}\n`);
    assert.deepEqual(await items(to), wanted);
    // Again it is not empty.
    const again = run(['load', '--dir', to, ...from], options);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /^dynatab: a dump is loaded into an empty database only/);
    assert.deepEqual(await items(to), wanted);
  }
});

test('a file that is no whole dump leaves no directory behind, and takes none away', async (t) => {
  const dir = directory(t);
  await fill(dir);
  const dump = run(['dump', '--dir', dir]).stdout;
  const file = path.join(path.dirname(dir), 'wrong');
  const cases = [
    [dump.subarray(0, dump.length / 2), /^dynatab: the dump is damaged or cut off: it cannot be unpacked/],
    [gunzipSync(dump).subarray(0, 70_000), /^dynatab: the dump is cut off: it ends after 70000 bytes/],
    [gzipSync('no dump'), /^dynatab: this is no dump of dynatab\n$/],
    ['', /^dynatab: the dump is empty/],
  ];
  for (const [bytes, message] of cases) {
    writeFileSync(file, bytes);
    const to = directory(t);
    const made = run(['load', '--dir', to, file]);
    assert.equal(made.status, 1);
    assert.match(made.stderr, message);
    assert.ok(!existsSync(to), 'the directory was made for nothing');
    mkdirSync(to);
    writeFileSync(path.join(to, 'mine'), 'mine');
    assert.equal(run(['load', '--dir', to, file]).status, 1);
    assert.equal(readFileSync(path.join(to, 'mine'), 'utf8'), 'mine');
    const db = await open(to);
    assert.deepEqual((await db.client().listTables()).TableNames, []);
    await db.close();
  }
});

test('a directory that a server has is refused, and so is one without a database', async (t) => {
  const dir = directory(t);
  await fill(dir, 3);
  const file = path.join(path.dirname(dir), 'db.dump');
  assert.equal(run(['dump', '--dir', dir, '--out', file]).status, 0);
  const server = await startServer(process.execPath, [CLI, 'serve', '--port', '0', '--dir', dir]);
  for (const args of [
    ['dump', '--dir', dir, '--out', `${file}2`],
    ['load', '--dir', dir, file],
  ]) {
    const refused = run(args);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /^dynatab: .*(in use|locked|open)/);
  }
  assert.ok(!existsSync(`${file}2`) && !existsSync(`${file}2.partial`));
  server.child.kill('SIGTERM');
  assert.equal(await server.ended, 0);

  const nothing = directory(t);
  const missing = run(['dump', '--dir', nothing, '--out', `${file}2`]);
  assert.deepEqual([missing.status, missing.stderr], [1, `dynatab: there is no database in ${nothing}\n`]);
  assert.ok(!existsSync(nothing), 'none is made');
  const absent = run(['load', '--dir', nothing, `${file}3`]);
  assert.equal(absent.status, 1);
  assert.match(absent.stderr, /^dynatab: ENOENT/);
  assert.ok(!existsSync(nothing));
  const elsewhere = run(['dump', '--dir', dir, '--out', path.join(nothing, 'x')]);
  assert.equal(elsewhere.status, 1);
  assert.match(elsewhere.stderr, /^dynatab: ENOENT/);
});

test('mistakes are told with the usage of the command', () => {
  const usage = 'usage: dynatab serve.*dynatab dump --dir.*dynatab load --dir';
  const cases = [
    [['dump'], 'dump needs --dir\n'],
    [['dump', '--dir', 'x', 'y'], "Unexpected argument 'y'"],
    [['dump', '--directory', 'x'], "Unknown option '--directory'"],
    [['load', 'x'], 'load needs --dir\n'],
    [['load', '--dir', 'x', 'y', 'z'], 'unexpected argument: z\n'],
    [['undump'], 'unknown command: undump\n'],
  ];
  for (const [args, message] of cases) {
    const wrong = run(args, { cwd: ROOT });
    assert.equal(wrong.status, 2, args.join(' '));
    assert.match(wrong.stderr, new RegExp(`^dynatab: ${message}.*${usage}`, 's'));
  }
  for (const command of ['dump', 'load']) {
    const help = run([command, '--help']);
    assert.equal(help.status, 0);
    assert.match(help.stdout.toString(), new RegExp(`^usage: dynatab .*dynatab ${command} --dir`, 's'));
  }
});

/** Starts a command; `ended` settles with its exit code or signal. */
function launch(args) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => undefined);
  return { child, ended: new Promise((done) => child.on('exit', (code, signal) => done(code ?? signal))) };
}

const wait = (millis) => new Promise((done) => setTimeout(done, millis));

test('a command that is interrupted leaves nothing', async (t) => {
  const dir = directory(t);
  const db = await open(dir, { tables: [TABLE] });
  const doc = db.documentClient();
  for (let id = 0; id < 30; id++) {
    // Nothing that packs well: a pipe that nobody reads shall be full.
    await doc.put({ TableName: 'load', Item: { id, bytes: randomBytes(300_000) } });
  }
  await db.close();
  const dump = run(['dump', '--dir', dir]).stdout;
  assert.ok(dump.length > 9_000_000);

  const to = directory(t);
  const load = launch(['load', '--dir', to]);
  // The rest never comes.
  load.child.stdin.write(dump.subarray(0, dump.length / 2));
  while (!existsSync(path.join(to, 'LOCK'))) await wait(10);
  await wait(200);
  load.child.kill('SIGINT');
  assert.equal(await load.ended, 130);
  assert.ok(!existsSync(to));

  // Nobody reads the pipe.
  const stuck = launch(['dump', '--dir', dir]);
  while (!existsSync(path.join(dir, 'LOCK'))) await wait(5);
  await wait(300);
  stuck.child.kill('SIGTERM');
  assert.equal(await stuck.ended, 'SIGTERM');

  const file = path.join(path.dirname(dir), 'db.dump');
  const dumping = launch(['dump', '--dir', dir, '--out', file]);
  while (!existsSync(`${file}.partial`)) await wait(1);
  dumping.child.kill('SIGTERM');
  const code = await dumping.ended;
  // It may have been quicker.
  assert.ok(code === 143 || code === 0, String(code));
  assert.ok(!existsSync(`${file}.partial`) && !existsSync(path.join(dir, 'LOCK')));
  assert.equal(existsSync(file), code === 0);
});

test('a process that is killed in the middle of a load leaves an empty database', async (t) => {
  const dir = directory(t);
  await fill(dir, 60);
  const dump = gunzipSync(run(['dump', '--dir', dir]).stdout);
  for (const share of [0.1, 0.5, 0.99]) {
    const to = directory(t);
    const { child, ended } = launch(['load', '--dir', to]);
    await new Promise((done) => child.stdin.write(dump.subarray(0, dump.length * share), done));
    await wait(100);
    child.kill('SIGKILL');
    assert.equal(await ended, 'SIGKILL');
    const size = () => readdirSync(to).filter((name) => name.startsWith('segment-')).length;
    assert.ok(size() > 0, 'it had begun');
    const again = run(['load', '--dir', to], { input: dump });
    assert.deepEqual([again.status, again.stderr], [0, '']);
    assert.deepEqual(await items(to), await items(dir));
  }
});

test('the commands open an encrypted directory with the passphrase of the environment', async (t) => {
  const dir = directory(t);
  const [file, copy] = ['db.dump', 'copy'].map((name) => path.join(path.dirname(dir), name));
  await fill(dir);
  assert.equal(run(['dump', '--dir', dir, '--out', file]).status, 0);
  const env = { ...process.env, DYNATAB_PASSPHRASE: 'geheim' };
  assert.equal(run(['load', '--dir', copy, file], { env }).status, 0);
  const refused = run(['verify', '--dir', copy]);
  assert.deepEqual([refused.status, /the database is encrypted/.test(refused.stderr)], [1, true]);
  const wrong = run(['dump', '--dir', dir, '--out', file], { env });
  assert.deepEqual([wrong.status, /is not encrypted/.test(wrong.stderr)], [1, true]);
  assert.match(run(['verify', '--dir', copy], { env }).stdout.toString(), /30 items.*\nno problems/);
  assert.match(run(['repair', '--dir', copy], { env }).stdout.toString(), /nothing was written/);
  const again = run(['dump', '--dir', copy], { env });
  assert.equal(again.status, 0);
  const db = await open(directory(t), { load: again.stdout });
  assert.equal((await scan(db.documentClient())).length, 30);
  await db.close();
});
