// Space, over a browser that tells what a test wants: reports, persistence, and when it is announced that little is left.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { Database } from '../../../pkg/src/client/database.js';
import { Space, type Usage } from '../../../pkg/src/client/space.js';
import { OPERATIONS, type OperationName } from '../../../pkg/src/operations.js';
import type { LowSpace } from '../../../pkg/src/types.js';
import { FakeEngine } from './fake-engine.js';

const MIB = 1 << 20;
const GIB = 1 << 30;

/** What the browser tells. */
const origin = { usage: 0, quota: 10 * GIB, persisted: false, grants: true, looks: 0, asked: 0 };
const manager = {
  async estimate() {
    origin.looks++;
    return { usage: origin.usage, quota: origin.quota };
  },
  persisted: async () => origin.persisted,
  async persist() {
    origin.asked++;
    return (origin.persisted ||= origin.grants);
  },
};

const browser = (storage: unknown) =>
  Object.defineProperty(globalThis, 'navigator', { value: { storage }, configurable: true });
const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');

beforeEach(() => {
  Object.assign(origin, { usage: 0, quota: 10 * GIB, persisted: false, grants: true, looks: 0, asked: 0 });
  browser(manager);
});
afterEach(() => {
  mock.timers.reset();
  if (before) Object.defineProperty(globalThis, 'navigator', before);
  else Reflect.deleteProperty(globalThis, 'navigator');
});

async function setUp(storage: 'memory' | 'indexeddb' | 'files' = 'indexeddb', files?: () => Usage) {
  const engine = new FakeEngine();
  // Requests of the wire protocol stay without an answer.
  engine.http = () => 0;
  const connection = await engine.connect();
  const db = new Database({
    name: 'x',
    region: 'local',
    connection,
    keys: {},
    space: await Space.of(storage, 'asked for', files),
    remove: async () => undefined,
    released: () => undefined,
  });
  const doc = db.documentClient();
  return {
    db,
    connection,
    put: () => doc.put({ TableName: 't', Item: { id: 'a' } }),
    get: () => doc.get({ TableName: 't', Key: { id: 'a' } }),
  };
}

/** Lets so much time pass, and what comes of it happen. */
async function pass(milliseconds: number) {
  mock.timers.tick(milliseconds);
  await new Promise((done) => setImmediate(done));
}

/** A database whose writes and announcements are counted, on a clock of the test's own. */
async function listening(...given: Parameters<typeof setUp>) {
  mock.timers.enable({ apis: ['setTimeout'] });
  const made = await setUp(...given);
  const heard: LowSpace[] = [];
  made.db.on('space', (space) => heard.push(space));
  return {
    ...made,
    heard,
    /** Sets what is free, writes, and gives how often it was announced then. */
    async writeWith(free: number) {
      origin.usage = origin.quota - free;
      const count = heard.length;
      await made.put();
      await pass(100);
      await pass(30_000);
      return heard.length - count;
    },
  };
}

test('a browser is asked for usage, quota and persistence, each time', async () => {
  const { db } = await setUp();
  origin.usage = 5;
  assert.equal(db.persistence.kind, 'best-effort');
  assert.match(db.persistence.reason, /db\.requestPersistence\(\)/);
  const quota = 10 * GIB;
  assert.deepEqual(await db.storage(), { kind: 'best-effort', usage: 5, quota, persisted: false });
  // Granted by other means than ours, and taken back in the browser's settings.
  origin.persisted = true;
  assert.deepEqual(await db.storage(), { kind: 'persistent', usage: 5, quota, persisted: true });
  assert.equal(db.persistence.kind, 'persistent');
  origin.persisted = false;
  assert.equal((await db.storage()).kind, 'best-effort');
  assert.equal(db.persistence.kind, 'best-effort');
});

test('a browser that tells nothing, or fails, is no error', async () => {
  const fails = () => Promise.reject(new TypeError('opaque'));
  for (const storage of [undefined, {}, { estimate: fails, persisted: fails, persist: fails }]) {
    browser(storage);
    const { db } = await setUp();
    assert.deepEqual(await db.storage(), {
      kind: 'best-effort',
      usage: undefined,
      quota: undefined,
      persisted: undefined,
    });
    assert.equal(await db.requestPersistence(), false);
    assert.equal(db.persistence.kind, 'best-effort');
  }
});

test('persistence is asked for at the word of the application only, and tells what became of it', async () => {
  const { db } = await setUp();
  await db.storage();
  assert.equal(origin.asked, 0);
  origin.grants = false;
  assert.equal(await db.requestPersistence(), false);
  assert.equal(db.persistence.kind, 'best-effort');
  origin.grants = true;
  assert.equal(await db.requestPersistence(), true);
  assert.deepEqual(db.persistence, {
    kind: 'persistent',
    reason: 'the origin was granted persistent storage',
  });
  assert.equal(origin.asked, 2);
});

test('where only pages may ask, a worker is told what the origin has', async () => {
  browser({ ...manager, persist: undefined });
  const { db } = await setUp();
  assert.equal(await db.requestPersistence(), false);
  origin.persisted = true;
  assert.equal(await db.requestPersistence(), true);
  assert.equal(db.persistence.kind, 'persistent');
});

test('memory is never kept, files always are, and no browser is asked about either', async () => {
  const { db: memory, connection } = await setUp('memory');
  memory.on('space', () => assert.fail('memory has no quota'));
  assert.equal(connection.asked, undefined);
  assert.deepEqual(memory.persistence, { kind: 'memory', reason: 'asked for' });
  assert.deepEqual(await memory.storage(), { kind: 'memory' });
  assert.equal(await memory.requestPersistence(), false);
  const files = (await setUp('files', () => ({ usage: 7, quota: 9 }))).db;
  assert.deepEqual(files.persistence, { kind: 'persistent', reason: 'files' });
  assert.deepEqual(await files.storage(), { kind: 'persistent', usage: 7, quota: 9 });
  assert.equal(await files.requestPersistence(), true);
  assert.deepEqual([origin.asked, origin.looks], [0, 0]);
});

test('little is a tenth of the quota, but at least 50 MiB and at most 1 GiB', async () => {
  for (const [quota, few] of [
    [80 * MIB, 50 * MIB],
    [500 * MIB, 50 * MIB],
    [2000 * MIB, 200 * MIB],
    [10 * GIB, GIB],
    [500 * GIB, GIB],
  ] as const) {
    origin.quota = quota;
    const { writeWith, heard } = await listening();
    assert.equal(await writeWith(few), 0, `${quota}: ${few} are enough`);
    assert.equal(await writeWith(few - 1), 1, `${quota}: ${few - 1} are few`);
    assert.deepEqual(heard, [{ usage: quota - few + 1, quota, free: few - 1 }]);
    mock.timers.reset();
  }
});

test('it is announced once, again when half of it is gone, and again after there was enough', async () => {
  const { writeWith, heard } = await listening();
  const told = [];
  // What a flush gives back, 1100 and 1535, is not enough.
  for (const free of [900, 800, 450, 449, 900, 300, 224, 1100, 200, 1535, 900, 1536, 900, 0, 0, 0])
    told.push(await writeWith(free * MIB));
  assert.deepEqual(told, [1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
  assert.equal(heard.at(-1)?.free, 0);
  // A browser may count more than it allows.
  await writeWith(2000 * MIB);
  assert.equal(await writeWith(-MIB), 1);
  assert.equal(heard.at(-1)?.free, 0);
});

test('it looks after writes only, and rests for thirty seconds', async () => {
  const { put, get, db } = await listening();
  await get();
  await db.client().query({ TableName: 't' });
  await db.client().scan({ TableName: 't' });
  await db.client().describeTable({ TableName: 't' });
  await db.client().batchGetItem({ RequestItems: {} });
  await pass(60_000);
  assert.equal(origin.looks, 0, 'reads');
  for (let i = 0; i < 5; i++) await put();
  await pass(100);
  assert.equal(origin.looks, 1, 'soon after a write');
  await put();
  await pass(29_900);
  assert.equal(origin.looks, 1, 'it rests');
  await pass(100);
  assert.equal(origin.looks, 2, 'the write in the rest is looked at after it');
  await pass(300_000);
  assert.equal(origin.looks, 2, 'without writes there is nothing to look at');
  await put();
  await pass(100);
  assert.equal(origin.looks, 3);
});

test('writes of the wire protocol count', async () => {
  const { connection } = await listening();
  const send = (name: string) => {
    const target = `DynamoDB_20120810.${name}`;
    connection.http({ method: 'POST', path: '/', target, body: new Uint8Array() }).catch(() => undefined);
  };
  send('GetItem');
  send('Nothing');
  await pass(100);
  assert.equal(origin.looks, 0);
  send('BatchWriteItem');
  await pass(100);
  assert.equal(origin.looks, 1);
});

test('nobody listens: nothing is looked at; who hears all events hears this one', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { db, put } = await setUp();
  db.on('recovered', () => undefined);
  origin.usage = origin.quota;
  await put();
  await pass(100);
  assert.equal(origin.looks, 0);
  const heard: unknown[] = [];
  db.on('event', (event) => heard.push(event));
  await put();
  await pass(100);
  const detail = { usage: origin.quota, quota: origin.quota, free: 0 };
  assert.deepEqual(heard, [{ kind: 'space', detail }]);
});

test('a closed database looks no more, also when it was about to', async () => {
  const { db, put, heard } = await listening();
  origin.usage = origin.quota;
  await put();
  await db.close();
  await pass(100);
  assert.equal(origin.looks, 0);
  mock.timers.reset();
  const other = await listening();
  await other.put();
  mock.timers.tick(100);
  await other.db.destroy();
  await pass(0);
  assert.deepEqual([heard, other.heard], [[], []]);
});

test('files announce what their disk has left; one that does not tell announces nothing', async () => {
  let told: Usage = { usage: 5, quota: undefined };
  const { put, heard } = await listening('files', () => told);
  await put();
  await pass(30_100);
  told = { usage: 5, quota: 9 };
  await put();
  await pass(30_100);
  assert.deepEqual(heard, [{ usage: 5, quota: 9, free: 4 }]);
});

test('a directory that cannot be read is no error of anybody', async () => {
  const { put, heard } = await listening('files', () => {
    throw new Error('EACCES');
  });
  await put();
  await pass(30_100);
  assert.deepEqual(heard, []);
});

test('what it waits for keeps no process alive', async () => {
  const { db, put } = await setUp();
  db.on('space', () => undefined);
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const count = timers();
  await put();
  assert.equal(timers(), count, 'before it looks');
  await new Promise((done) => setTimeout(done, 150));
  assert.equal(origin.looks, 1);
  assert.equal(timers(), count, 'while it rests');
  await db.close();
});

test('every operation is known to write or to read', async () => {
  const reads = /Get|^(Query|Scan|List|Describe)/;
  const { connection } = await listening();
  for (const operation of Object.keys(OPERATIONS) as OperationName[]) {
    const looks = origin.looks;
    connection.asked!(operation);
    await pass(30_100);
    assert.equal(origin.looks - looks, reads.test(operation) ? 0 : 1, operation);
    await pass(30_000);
  }
});
