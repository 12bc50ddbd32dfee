/** The store in a Deno KV: the contract, what a crash or a failing call leaves of a commit, and who owns a database. */

import assert from 'node:assert/strict';
import test from 'node:test';

import { Calls } from '../../../pkg/src/storage/deno-kv/calls.js';
import { Keys } from '../../../pkg/src/storage/deno-kv/keys.js';
import { Lease } from '../../../pkg/src/storage/deno-kv/lease.js';
import { openDenoKv } from '../../../pkg/src/storage/deno-kv/open.js';
import { DenoKvStore } from '../../../pkg/src/storage/deno-kv/store.js';
import type { StoreSpace, StoreWrite } from '../../../pkg/src/storage/external.js';
import { CONTRACT } from '../stores/contract.js';
import { MemoryStore } from '../stores/memory-store.js';
import { FakeData, FakeKv, FAULTS, type Fault } from '../stores/fake-kv.js';

/** The shortest lease there is, in milliseconds. */
const PERIOD = 200;

/** A store whose lease needs no renewal while a test runs. */
async function opened(kv: FakeKv, period = 3_600_000): Promise<{ store: DenoKvStore; lease: Lease }> {
  const keys = new Keys('db');
  const calls = new Calls(kv);
  const lease = await Lease.take(calls, keys, period);
  return { store: new DenoKvStore(calls, keys, lease), lease };
}

/** An owner that died is none. */
function bury(data: FakeData): void {
  for (const [text, { key }] of data.entries)
    if (key[2] === 'owner' || key[2] === 'lease') data.entries.delete(text);
}

for (const [name, run] of Object.entries(CONTRACT)) {
  test(`in a Deno KV: ${name}`, async () => {
    const { store, lease } = await opened(new FakeKv());
    await run(store);
    await lease.release();
  });
}

test('a name that no key has room for is refused', async () => {
  const kv = new FakeKv();
  await assert.rejects(openDenoKv({ name: 'ü'.repeat(1100), kv }), { name: 'TypeError', message: /^name: / });
  const kept = await openDenoKv({ name: 'ü\0'.repeat(490), kv });
  const { store } = kept.engine;
  const value = new Uint8Array(64_000);
  const writes = Array.from({ length: 1500 }, (_, id): StoreWrite => [
    'put',
    1,
    id,
    id % 99 ? new Uint8Array(1) : value,
  ]);
  await store!.commit(writes, true);
  assert.equal((await store!.list(1, 0, 2000, 2000)).length, 1500);
  await store!.commit(
    writes.slice(0, 700).map(([, space, id]): StoreWrite => ['delete', space, id as number]),
    true,
  );
  assert.equal((await store!.list(1, 0, 2000, 2000)).length, 800);
  await kept.release();
});

test('any number of adds is one commit', async () => {
  const { store, lease } = await opened(new FakeKv());
  let next = 0;
  for (const count of [8, 9, 10, 11, 40, 1200]) {
    const adds = Array.from({ length: count }, (_, at): StoreWrite => [
      'add',
      0,
      next + at,
      Uint8Array.of(1),
    ]);
    await store.commit(adds, true);
    await assert.rejects(store.commit([...adds.slice(1), ['put', 2, 1, bytes(1, 1)]], true), {
      kind: 'conflict',
    });
    next += count;
    assert.equal((await store.list(0, 0, 10_000, 10_000)).length, next);
  }
  assert.deepEqual(await store.list(2, 0, 9, 9), []);
  await lease.release();
});

test('a read that is under way sees nothing of a commit that is undone', async () => {
  const values = (from: number, length: number) =>
    Array.from({ length: 300 }, (_, at): StoreWrite => ['put', 1, from + at, bytes(length, 1)]);
  for (let commits = 0; ; commits++) {
    const kv = new FakeKv();
    const { store, lease } = await opened(kv);
    await store.commit(values(0, 1), true);
    [kv.failAt, kv.fault] = [kv.commits + commits, 'lost'];
    const listing = store.list(1, 0, 10_000, 10_000);
    const isKept = await store
      .commit(values(1000, 50_000), true)
      .then(...([() => true, () => false] as const));
    assert.equal((await listing).length, 300);
    await lease.release();
    if (isKept) break;
  }
});

test('the entries are those that FORMAT-deno-kv.md tells of', async () => {
  const kv = new FakeKv();
  const { store, lease } = await opened(kv, 70_000);
  await store.commit([['put', 1, 258, Uint8Array.of(5, 6)]], true);
  const found = () => [...kv.data.entries.values()].map(({ key, value }) => [key.join(' '), value.join(' ')]);
  const id = /^1((?: \d+){16})$/.exec(found()[0]![1]!)![1]!.slice(1);
  assert.deepEqual(found(), [
    ['dynatab db owner', `1 ${id}`],
    ['dynatab db lease', `${id} 112 17 1 0 1 0 0 0 0 0 0 0`],
    ['dynatab db 1 258', '5 6'],
  ]);

  const puts = Array.from({ length: 1000 }, (_, at): StoreWrite => ['put', 2, 1 + at, Uint8Array.of(7)]);
  const writes: StoreWrite[] = [...puts, ['put', 1, 258, Uint8Array.of(8)], ['deleteRange', 0, 3, 772]];
  const left = async (calls: number) => {
    const { kv, store } = await begun([['put', 1, 258, Uint8Array.of(5, 6)]]);
    kv.dieAt = kv.calls + calls;
    await store.commit(writes, true).catch(() => undefined);
    return kv.calls > kv.dieAt ? kv.data.entries : undefined;
  };
  // Until it is decided, and then.
  const record =
    '1 0 0 0 2 1 0 0 0 0 0 0 0 233 3 0 0 0 0 0 0 1 0 0 0 1 2 1 0 0 0 0 0 0 1 0 0 0 0 3 0 0 0 0 0 0 0 4 3 0 0 0 0 0 0';
  const seen = new Set<string>();
  for (let calls = 100; ; calls++) {
    const entries = await left(calls);
    if (!entries) break;
    const value = (...key: (string | number)[]) =>
      [...entries.values()]
        .find((entry) => entry.key.join() === ['dynatab', 'db', ...key].join())
        ?.value.join(' ');
    const pending = value('pending');
    if (pending === undefined) continue;
    seen.add(pending);
    if (value('part', 0) !== undefined) assert.equal(value('part', 0), '8');
  }
  assert.deepEqual([...seen], [`0 0 0 0 0 ${record}`, `1 0 0 0 0 ${record}`]);
  await lease.release();
});

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
/** What is there before each of the commits below. */
const BEFORE: StoreWrite[] = [
  ['add', 0, 1, bytes(3, 1)],
  ...Array.from({ length: 30 }, (_, id): StoreWrite => ['put', 1, id, bytes(30_000, 1)]),
  ['put', 2, 1, bytes(100, 1)],
];
const COMMITS: Record<string, StoreWrite[]> = {
  'one operation': [
    ['add', 0, 2, bytes(10, 2)],
    ['put', 2, 1, bytes(10, 2)],
    ['delete', 1, 3],
    ['deleteRange', 1, 5, 9],
  ],
  'new values': Array.from({ length: 40 }, (_, id): StoreWrite => ['put', 1, 100 + id, bytes(64_000, 2)]),
  'new values, an add and values that are replaced': [
    ['add', 0, 2, bytes(10, 2)],
    ...Array.from({ length: 40 }, (_, id): StoreWrite => ['put', 1, 10 + id, bytes(64_000, 2)]),
    ['put', 2, 1, bytes(9, 2)],
  ],
  'replaced values': Array.from({ length: 30 }, (_, id): StoreWrite => ['put', 1, id, bytes(64_000, 2)]),
  'wide ranges beside values within them': [
    ['deleteRange', 1, 0, 8_000],
    ...Array.from({ length: 20 }, (_, id): StoreWrite => ['put', 1, 3 * id, bytes(50_000, 2)]),
    ['add', 0, 2, bytes(10, 2)],
    ['deleteRange', 1, 45, 2 ** 64],
  ],
  'a record of several values': [
    ...Array.from({ length: 4_000 }, (_, id): StoreWrite => ['put', 2, 10 + 2 * id, bytes(2, 2)]),
    ['put', 2, 1, bytes(1, 2)],
  ],
};

/** What a plain store holds after commits, in the words of `FakeData.content`. */
async function contentAfter(...commits: StoreWrite[][]): Promise<string[]> {
  const plain = new MemoryStore();
  for (const commit of commits) await plain.commit(commit, true);
  const data = new FakeData();
  plain.values.forEach((values, space) => {
    for (const [id, value] of values)
      data.apply([], [[new Keys('db').value(space as StoreSpace, id), value]]);
  });
  return data.content();
}

/** Opens what is left, which clears it up; gives what is there then. */
async function reopened(data: FakeData): Promise<string[]> {
  bury(data);
  const { store, lease } = await opened(new FakeKv(data));
  await store.read(0, Float64Array.of(1));
  await lease.release();
  return data.content();
}

async function begun(before = BEFORE): Promise<{ kv: FakeKv; store: DenoKvStore; lease: Lease }> {
  const kv = new FakeKv();
  const { store, lease } = await opened(kv);
  await store.commit(before, true);
  return { kv, store, lease };
}

for (const [name, writes] of Object.entries(COMMITS)) {
  test(`a process that dies at any call leaves all or nothing: ${name}`, async () => {
    const [before, after] = [await contentAfter(BEFORE), await contentAfter(BEFORE, writes)];
    const seen = { before: 0, after: 0 };
    for (let calls = 0; ; calls++) {
      const { kv, store, lease } = await begun();
      kv.dieAt = kv.calls + calls;
      const isKept = await store.commit(writes, true).then(...([() => true, () => false] as const));
      // A commit that ended did so before the death; what was still to be done is done by the next one.
      const isOver = kv.calls < kv.dieAt;
      const left = await reopened(kv.data);
      const isAfter = left.join('\n') === after.join('\n');
      if (!isAfter) assert.deepEqual(left, before, `dead at call ${calls}`);
      if (isKept) assert.ok(isAfter, `acknowledged, and dead at call ${calls}`);
      seen[isAfter ? 'after' : 'before']++;
      kv.dieAt = 0;
      await lease.release();
      if (isOver) break;
    }
    assert.ok(seen.before > 0 && seen.after > 0, JSON.stringify(seen));
  });

  for (const fault of FAULTS) {
    test(`a call that fails (${fault}) leaves all or nothing: ${name}`, async () => {
      const [before, after] = [await contentAfter(BEFORE), await contentAfter(BEFORE, writes)];
      for (let commits = 0; ; commits++) {
        if (await failing(writes, { fault, commits, before, after })) break;
      }
    });
  }
}

/** Commits while the commit of Deno KV after so many fails; whether none failed any more. */
async function failing(
  writes: StoreWrite[],
  { fault, commits, before, after }: { fault: Fault; commits: number; before: string[]; after: string[] },
): Promise<boolean> {
  const what = `${fault} at commit ${commits}`;
  const { kv, store, lease } = await begun();
  [kv.failAt, kv.fault] = [kv.commits + commits, fault];
  const outcome = await store.commit(writes, true).then(
    () => 'kept',
    (error: { kind?: string }) => error.kind,
  );
  const isOver = kv.commits <= kv.failAt;
  kv.failAt = Infinity;
  // What is seen now stays so, also when the call that was late arrives.
  const seen = (await store.list(2, 1, 2, 1))[0]![1].length;
  for (const arrive of kv.underWay) arrive();
  await store.commit([], true);
  const content = kv.data.content();
  const isAfter = content.join('\n') === after.join('\n');
  if (!isAfter) assert.deepEqual(content, before, what);
  if (outcome === 'kept') assert.ok(isAfter, `${what}: acknowledged`);
  else if (outcome === 'aborted' || outcome === 'full') assert.ok(!isAfter, `${what}: refused as ${outcome}`);
  else assert.equal(outcome, 'unknown', what);
  if (outcome === 'full') assert.equal(fault, 'full');
  if (fault === 'locked') assert.equal(outcome, 'kept');
  assert.equal((await store.list(2, 1, 2, 1))[0]![1].length, seen, what);
  // It goes on.
  await store.commit([['put', 0, 77, bytes(1, 7)]], true);
  assert.deepEqual((await store.read(0, Float64Array.of(77)))[0], bytes(1, 7));
  await lease.release();
  return isOver;
}

test('a database has one owner at a time', async () => {
  const data = new FakeData();
  const open = (name = 'db') => openDenoKv({ name, kv: new FakeKv(data), leaseSeconds: PERIOD / 1000 });
  const first = await open();
  await assert.rejects(open(), { name: 'DatabaseLockedError', message: /by this process/ });
  const other = await open('another');
  await Promise.all([first.release(), other.release()]);
  const [one, two] = await Promise.allSettled([open(), open()]);
  const statuses = [one.status, two.status].sort();
  assert.deepEqual(statuses, ['fulfilled', 'rejected']);
  for (const { value } of [one, two] as { value?: { release(): unknown } }[]) await value?.release();
  assert.deepEqual([...data.entries.keys()], []);
});

/** An owner in another process: this one knows nothing of it but its entries. */
class Stranger {
  private readonly data: FakeData;
  private count = 0;

  constructor(data: FakeData, id = 9) {
    this.data = data;
    data.apply([], [[['dynatab', 'db', 'owner'], Uint8Array.of(1, ...bytes(16, id))]]);
    this.renew();
  }

  renew(): void {
    const lease = new Uint8Array(28).fill(9, 0, 16);
    const view = new DataView(lease.buffer);
    view.setUint32(16, PERIOD, true);
    view.setUint32(20, ++this.count, true);
    this.data.apply([], [[['dynatab', 'db', 'lease'], lease]]);
  }

  leave(): void {
    bury(this.data);
  }
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

test('an owner elsewhere that renews its lease keeps others out', async () => {
  const kv = new FakeKv();
  const stranger = new Stranger(kv.data);
  const timer = setInterval(() => stranger.renew(), PERIOD / 4);
  const start = performance.now();
  try {
    await assert.rejects(openDenoKv({ name: 'db', kv, leaseSeconds: 100 }), {
      name: 'DatabaseLockedError',
      message: /"db" is in use by another process/,
    });
    assert.ok(performance.now() - start < PERIOD, 'it waited longer than it had to');
  } finally {
    clearInterval(timer);
  }
});

test('an owner elsewhere that is dead is waited for as long as it promised, one that leaves is not', async () => {
  const kv = new FakeKv();
  new Stranger(kv.data);
  const start = performance.now();
  const kept = await openDenoKv({ name: 'db', kv, leaseSeconds: 100 });
  const took = performance.now() - start;
  assert.ok(took >= PERIOD && took < 4 * PERIOD, `${took} ms`);
  await kept.release();

  const stranger = new Stranger(kv.data);
  const opening = openDenoKv({ name: 'db', kv, leaseSeconds: 100 });
  await pause(PERIOD / 4);
  stranger.leave();
  await (await opening).release();

  // One that renews its lease at the last moment was not dead.
  const slow = new Stranger(kv.data);
  kv.beforeCommit = () => {
    kv.beforeCommit = undefined;
    slow.renew();
  };
  const again = performance.now();
  await (await openDenoKv({ name: 'db', kv, leaseSeconds: 100 })).release();
  assert.ok(performance.now() - again >= 2 * PERIOD, 'it was taken from one that lives');

  // Another that comes first keeps it.
  new Stranger(kv.data);
  const late = openDenoKv({ name: 'db', kv });
  await pause(PERIOD / 4);
  new Stranger(kv.data, 8);
  await assert.rejects(late, { name: 'DatabaseLockedError' });
});

test('an owner that was replaced writes and reads nothing, and says why', async () => {
  for (const writes of Object.values(COMMITS)) {
    // At any call of a commit.
    for (let calls = 0; ; calls += 3) {
      const { kv, store, lease } = await begun();
      const told: string[] = [];
      lease.told = (why) => told.push(why);
      let since: string | undefined;
      kv.meanwhile = (at) => {
        if (at !== kv.begun + calls) return;
        new Stranger(kv.data);
        since = all(kv.data);
      };
      kv.begun = kv.calls;
      const outcome = await store.commit(writes, true).then(
        () => 'kept',
        (error: { kind: string }) => error.kind,
      );
      if (since === undefined) {
        assert.equal(outcome, 'kept');
        await lease.release();
        break;
      }
      for (const call of [
        store.read(0, Float64Array.of(1)),
        store.list(0, 0, 9, 9),
        store.commit(BEFORE, true),
      ])
        await assert.rejects(call, {
          kind: 'closed',
          message: /another process has taken the database "db"/,
        });
      assert.equal(told.length, 1);
      assert.ok(outcome === 'closed' || outcome === 'kept', outcome);
      assert.ok(!lease.isSure);
      await assert.rejects(lease.confirm(), { kind: 'closed' });
      await lease.release();
      assert.equal(all(kv.data), since, "it changed what is another owner's");
    }
  }
});

/** All entries as a text. */
const all = (data: FakeData) =>
  [...data.entries].map(([text, { versionstamp }]) => `${text} ${versionstamp}`).join();

test('an owner that cannot renew its lease is sure of nothing until it can', async () => {
  const kv = new FakeKv();
  const { store, lease } = await opened(kv, PERIOD);
  assert.ok(lease.isSure);
  await pause(2 * PERIOD);
  assert.ok(lease.isSure, 'it was not renewed');
  kv.dieAt = 0;
  await pause(2 * PERIOD);
  assert.ok(!lease.isSure);
  await assert.rejects(lease.confirm(), { kind: 'aborted', message: /the process is dead/ });
  kv.dieAt = Infinity;
  await lease.confirm();
  assert.ok(lease.isSure);
  await store.commit([['put', 0, 1, bytes(1, 1)]], true);
  await lease.release();
});

test('an owner whose machine slept is sure of nothing, whichever clock tells', async (t) => {
  const { lease } = await opened(new FakeKv());
  for (const clock of [performance, Date]) {
    const { now } = clock;
    t.mock.method(clock, 'now', () => now.call(clock) + 3_600_001);
    assert.ok(!lease.isSure);
    await lease.confirm();
    assert.ok(lease.isSure);
    t.mock.restoreAll();
    await lease.confirm();
  }
  await lease.release();
});

test('a renewal finds out that another has come', async () => {
  const kv = new FakeKv();
  const { lease } = await opened(kv, PERIOD);
  const told = new Promise((resolve) => (lease.told = resolve));
  new Stranger(kv.data);
  // The timer of renewals keeps no process alive.
  const alive = setTimeout(() => undefined, 60_000);
  assert.match((await told) as string, /because this one had not renewed its lease for 0.2 seconds/);
  clearTimeout(alive);
});

test('what a later version keeps otherwise is not opened', async () => {
  const kv = new FakeKv();
  kv.data.apply([], [[['dynatab', 'db', 'format'], Uint8Array.of(2)]]);
  await assert.rejects(openDenoKv({ name: 'db', kv }), {
    name: 'DatabaseDamagedError',
    message: /later version/,
  });
});

test('a KV that fails while it is asked for the owner is an error of the storage', async () => {
  const kv = new FakeKv();
  kv.dieAt = 0;
  await assert.rejects(openDenoKv({ name: 'db', kv }), {
    name: 'StorageFailedException',
    message: /the process is dead/,
  });
});

test('a KV that does not answer is not waited for without end, and closed when it does', async (t) => {
  const kv = new FakeKv();
  let answer: ((entries: never[]) => void) | undefined;
  kv.getMany = () => new Promise((resolve) => (answer = resolve));
  const runtime = globalThis as { Deno?: unknown };
  runtime.Deno = { openKv: async () => kv };
  t.after(() => delete runtime.Deno);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const opening = openDenoKv({ name: 'db' });
  while (!answer) await null;
  t.mock.timers.tick(15_000);
  await assert.rejects(opening, { name: 'DatabaseLockedError', message: /"db".* does not answer/ });
  assert.ok(!kv.closed, 'to close it would wait');
  answer([]);
  await new Promise(setImmediate);
  assert.ok(kv.closed);
});

test('options that mean nothing are refused', async () => {
  for (const leaseSeconds of [0, -1, NaN, 1e6])
    await assert.rejects(openDenoKv({ name: 'db', kv: new FakeKv(), leaseSeconds }), {
      name: 'TypeError',
      message: /^leaseSeconds: /,
    });
  await assert.rejects(openDenoKv({ name: 'db', kv: 5 as never }), { name: 'TypeError', message: /^kv: / });
  await assert.rejects(openDenoKv({ name: 'db' }), {
    name: 'StorageUnavailableError',
    message: /this runtime is not Deno/,
  });
});

test('a database is deleted all or nothing', async () => {
  const before = await contentAfter(BEFORE);
  const seen = { before: 0, nothing: 0 };
  for (let calls = 0; ; calls++) {
    const { kv, lease } = await begun();
    for (let at = 0; at < 6; at++) kv.data.apply([], [[new Keys('db').value(1, 2 ** 52 + at), bytes(1, 1)]]);
    await lease.release();
    const kept = await openDenoKv({ name: 'db', kv });
    kv.dieAt = kv.calls + calls;
    const isDone = await Promise.resolve(kept.clear()).then(...([() => true, () => false] as const));
    const isOver = kv.calls < kv.dieAt;
    kv.dieAt = 0;
    await kept.release();
    const left = (await reopened(kv.data)).filter((line) => !/\/4503599627370\d+ /.test(line));
    seen[left.length > 0 ? 'before' : 'nothing']++;
    if (left.length > 0) assert.deepEqual(left, before);
    assert.ok(left.length === 0 || !isDone);
    if (isOver) break;
  }
  assert.ok(seen.before > 0 && seen.nothing > 0, JSON.stringify(seen));
});
