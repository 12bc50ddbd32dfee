// The file primitives and the lock of a directory.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, test } from 'node:test';
import { DatabaseLockedError } from '../../../pkg/src/errors/index.js';
import { openDirectory } from '../../../pkg/src/storage/node-fs.js';

const made: string[] = [];
function directory(): string {
  const dir = fs.mkdtempSync(path.join(tmpdir(), 'dynatab-fs-'));
  made.push(dir);
  return dir;
}
afterEach(() => {
  for (const dir of made.splice(0)) fs.rmSync(dir, { recursive: true, force: true });
});

test('files are written, read, cut and renamed', async () => {
  const {
    engine: { files: f },
    release,
  } = openDirectory(path.join(directory(), 'new', 'deep'));
  f.mkdir('runs');
  const handle = f.open('runs/a');
  assert.equal(f.append(handle, new Uint8Array([1, 2, 3])), 0);
  assert.equal(f.append(handle, new Uint8Array([4])), 3);
  f.writeAt(handle, 1, new Uint8Array([9]));
  await f.sync(handle);
  assert.deepEqual([...f.readAt(handle, 0, 10)], [1, 9, 3, 4]);
  assert.deepEqual([...f.readAt(handle, 3, 1)], [4]);
  assert.deepEqual([...f.readAt(handle, 4, 5)], []);
  f.truncate(handle, 2);
  assert.equal(f.size(handle), 2);
  f.close(handle);
  f.rename('runs/a', 'runs/b');
  await f.syncDirectory('runs');
  assert.deepEqual(f.list('runs'), ['b']);
  assert.deepEqual(f.list('nowhere'), []);
  assert.ok(f.exists('runs/b') && !f.exists('runs/a'));
  f.remove('runs/b');
  f.remove('runs/b');
  assert.deepEqual(f.list('runs'), []);
  assert.deepEqual(f.list(''), ['runs']);
  assert.throws(() => f.open('../outside'), /outside/);
  release();
});

test('usage is what all files have together, quota what the disk has free beside', () => {
  const dir = directory();
  const {
    engine: { files: f },
    usage,
    release,
  } = openDirectory(dir);
  const empty = usage();
  f.mkdir('deep/er');
  for (const [name, length] of [
    ['a', 3],
    ['deep/b', 5000],
    ['deep/er/c', 70_000],
  ] as const) {
    const handle = f.open(name);
    f.append(handle, new Uint8Array(length));
    f.close(handle);
  }
  const full = usage();
  assert.equal(full.usage - empty.usage, 75_003);
  assert.equal(empty.usage, fs.statSync(path.join(dir, 'LOCK')).size);
  // Others write on the same disk.
  const { bavail, bsize } = fs.statfsSync(dir);
  assert.ok(Math.abs(full.quota! - full.usage - bavail * bsize) < 1 << 30, `${full.quota}`);
  release();
});

test('a second opener is refused until the first releases', () => {
  const dir = directory();
  const first = openDirectory(dir);
  assert.throws(() => openDirectory(dir), DatabaseLockedError);
  first.release();
  first.release();
  openDirectory(dir).release();
  assert.deepEqual(fs.readdirSync(dir), []);
});

test('a lock of another living process is respected, one of a dead process taken over', () => {
  const dir = directory();
  const file = path.join(dir, 'LOCK');
  fs.writeFileSync(file, JSON.stringify({ pid: process.ppid, started: '', host: hostname() }));
  assert.throws(() => openDirectory(dir), /in use by process \d+/);

  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  fs.writeFileSync(file, JSON.stringify({ pid: dead, started: '', host: hostname() }));
  fs.writeFileSync(`${file}.takeover`, JSON.stringify({ pid: dead, started: '', host: hostname() }));
  openDirectory(dir).release();

  // The number was given to another process since.
  if (process.platform === 'linux') {
    fs.writeFileSync(file, JSON.stringify({ pid: process.ppid, started: '1', host: hostname() }));
    openDirectory(dir).release();
  }

  fs.writeFileSync(file, 'garbage');
  openDirectory(dir).release();

  fs.writeFileSync(file, JSON.stringify({ pid: 1, started: '', host: 'elsewhere' }));
  assert.throws(() => openDirectory(dir), /elsewhere/);
});
