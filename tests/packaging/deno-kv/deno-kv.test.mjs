// Databases in Deno KV: the packed package in the real Deno.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, test } from 'node:test';
import { binary, copy, output, program, report, workspace } from '../lib.mjs';
import { startWorker } from './worker.mjs';

const { folder, remove } = workspace();
after(remove);
const at = (name) => join(folder, name);
const last = (text) => JSON.parse(text.trimEnd().split('\n').at(-1));
const ALLOWED = ['run', '--no-prompt', `--allow-read=${folder}`, `--allow-write=${folder}`];
const run = (...args) => output(binary.deno(), [...ALLOWED, '--unstable-kv', ...args], folder);
copy('kv-worker.js', at('kv-worker.js'));

test('the limits are those that the store keeps to', async () => {
  copy('kv-limits.js', at('limits.js'));
  const { order, ...said } = last(await run('limits.js'));
  assert.deepEqual(order, [0, 9, 255, 300, 2 ** 53 - 1]);
  const refused = {
    'a value of 65,537 bytes': 'Value too large (max 65536 bytes)',
    'a key of 2,049 bytes': 'Key too large for write (max 2048 bytes)',
    '1,001 changes': 'Too many mutations (max 1000)',
    '819,201 bytes': 'Total mutation size too large (max 819200 bytes)',
    '11 keys at once': 'Too many ranges (max 10)',
  };
  for (const [what, answer] of Object.entries(said)) assert.equal(answer, refused[what] ?? 'taken', what);
  assert.equal(Object.keys(said).length, 13);
});

test('the contract of stores holds', async (t) => {
  await program('kv-contract.ts', at('contract.mjs'));
  await report(t, last(await run('contract.mjs', at('contract.kv'))), 36);
});

test('the suite in a Deno KV', async (t) => {
  await program('kv-suite.ts', at('suite.mjs'));
  await report(t, last(await run('suite.mjs', at('suite.kv'))));
});

test('without its flag it says which one, and nothing takes the place of the KV', async () => {
  writeFileSync(
    at('flag.mjs'),
    `import { open, StorageUnavailableError } from 'dynatab/deno';
    for (const storage of [undefined, 'deno-kv']) {
      const error = await open({ name: 'db', storage }).catch((error) => error);
      console.log(error instanceof StorageUnavailableError, error.message);
    }
    const db = await open({ name: 'db', storage: 'memory' });
    console.log(db.persistence.kind);`,
  );
  const said = await output(binary.deno(), [...ALLOWED, 'flag.mjs'], folder);
  assert.match(said, /^(?:true .*--unstable-kv.*\n){2}memory\n$/);
  writeFileSync(
    at('main.mjs'),
    `import { open } from 'dynatab';
    console.log((await open({ name: 'db', storage: 'deno-kv' }).catch((error) => error)).message);`,
  );
  assert.match(await run('main.mjs'), /import from "dynatab\/deno"/);
});

test(
  "a Deno.Kv is taken as Deno's types have it, and stays open; a program ends with a database open",
  { timeout: 60_000 },
  async () => {
    const program = `import { open, destroy, repair, serve, type DenoKv } from 'dynatab/deno';
    const kv: Deno.Kv = await Deno.openKv(${JSON.stringify(at('typed.kv'))});
    const structural: DenoKv = kv;
    const db = await open({ name: 'one', kv: structural, leaseSeconds: 3 });
    console.log(JSON.stringify(db.persistence), typeof serve);
    await db.close();
    console.log((await repair({ name: 'one', kv })).repaired);
    await destroy({ name: 'one', kv });
    const left = await Array.fromAsync(kv.list({ prefix: ['dynatab'] }));
    console.log(left.length);
    await open({ name: 'two', kv });
    console.log('done');`;
    writeFileSync(at('typed.ts'), program);
    await output(binary.deno(), ['check', '--unstable-kv', 'typed.ts'], folder);
    assert.equal(
      await run('typed.ts'),
      '{"kind":"persistent","reason":"Deno KV"} function\nfalse\n0\ndone\n',
    );
  },
);

test('two processes cannot both own a database, and the next one has it as soon as it is closed', async () => {
  const kv = at('two.kv');
  const [one, two] = [startWorker(folder, kv, 2), startWorker(folder, kv, 2)];
  const answers = await Promise.all([one.ask('open'), two.ask('open')]);
  const owners = answers.filter(({ kind }) => kind === 'persistent');
  assert.equal(owners.length, 1, JSON.stringify(answers));
  const [owner, other] = answers[0].kind ? [one, two] : [two, one];
  const refused = answers.find(({ kind }) => !kind);
  assert.equal(refused.error, 'DatabaseLockedError');
  assert.match(refused.message, /in use by another process/);
  // Also later, for longer than a lease.
  await pause(2500);
  assert.equal((await other.ask('open')).error, 'DatabaseLockedError');
  assert.equal(await owner.ask('put', 1, 7), null);
  assert.ok((await owner.ask('usage')) > 0);
  await owner.ask('close');
  const start = Date.now();
  assert.equal((await other.ask('open')).kind, 'persistent');
  assert.ok(Date.now() - start < 1500, 'it waited for a lease that was given up');
  assert.equal(await other.ask('get', 1), 7);
  // One that ends without closing is waited for.
  assert.equal(await other.end(), 0);
  assert.equal((await owner.ask('open')).kind, 'persistent');
  assert.equal(await owner.ask('get', 1), 7);
  await owner.end();
});

test('an owner that was stopped while another came cannot write, nor read what was, and says why', async () => {
  const kv = at('stopped.kv');
  const heard = [];
  const former = startWorker(folder, kv, 1, (...said) => heard.push(said));
  const next = startWorker(folder, kv, 1);
  try {
    assert.equal((await former.ask('open')).kind, 'persistent');
    for (let id = 0; id < 20; id++) assert.equal(await former.ask('put', id, 1), null);
    for (let tries = 1; ; tries++) {
      // Until nothing but its lease is written.
      await pause(500 + 70 * tries);
      former.kill('SIGSTOP');
      const opening = next.ask('open');
      const opened = await Promise.race([opening, pause(8000)]);
      if (opened) {
        assert.equal(opened.kind, 'persistent', JSON.stringify(opened));
        break;
      }
      // It was stopped in the middle of a write, which has the file of the KV locked.
      assert.ok(tries < 5, 'the next one does not open');
      former.kill('SIGCONT');
      assert.equal((await opening).error, 'DatabaseLockedError');
    }
    for (let id = 0; id < 20; id++) assert.equal(await next.ask('put', id, 2), null);
    // They are there when it goes on.
    const asked = [former.ask('put', 3, 3), former.ask('get', 3), former.ask('check')];
    former.kill('SIGCONT');
    for (const answer of await Promise.all(asked)) {
      assert.equal(answer.error, 'DatabaseClosedException', JSON.stringify(answer));
      assert.match(answer.message, /another process has taken the database "db"/);
    }
    assert.equal((await former.ask('put', 3, 4)).error, 'DatabaseClosedException');
    assert.ok(heard.some(([what, why]) => what === 'failed' && /another process has taken/.test(why)));
    // It takes nothing back, neither when it is closed.
    assert.equal((await former.ask('open')).error, 'DatabaseLockedError');
    await former.ask('close');
    assert.equal(await next.ask('put', 4, 5), null);
    const { table, wrong } = await next.ask('check');
    assert.deepEqual(wrong, []);
    assert.deepEqual(
      table.map(([, version]) => version),
      Array.from({ length: 20 }, (_, id) => (id === 4 ? 5 : 2)),
    );
    await next.ask('close');
    assert.equal((await former.ask('open')).kind, 'persistent');
    assert.equal(await former.ask('get', 4), 5);
  } finally {
    former.kill('SIGKILL');
    await next.end();
  }
});

test('a damaged database is found by verifying, and repaired', async () => {
  writeFileSync(
    at('damaged.mjs'),
    `import { open, repair } from 'dynatab/deno';
    const kv = await Deno.openKv(':memory:');
    const TableName = 'songs';
    const tables = [{
      TableName,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
      BillingMode: 'PAY_PER_REQUEST',
    }];
    let db = await open({ name: 'db', kv, tables });
    for (let id = 0; id < 400; id++)
      await db.documentClient().put({ TableName, Item: { id, bytes: crypto.getRandomValues(new Uint8Array(50_000)) } });
    await db.close();
    const blocks = await Array.fromAsync(kv.list({ prefix: ['dynatab', 'db', 1] }));
    for (const { key, value } of blocks.filter((_, at) => at % 40 === 7)) {
      value[value.length >> 1] ^= 1;
      await kv.set(key, value);
    }
    db = await open({ name: 'db', kv });
    const found = (await db.verify()).problems;
    await db.close();
    const { repaired, items } = await repair({ name: 'db', kv });
    db = await open({ name: 'db', kv });
    const left = (await db.verify()).problems;
    console.log(JSON.stringify({ blocks: blocks.length, found, repaired, items, left }));
    await db.close();`,
  );
  const { blocks, found, repaired, items, left } = last(await run('damaged.mjs'));
  assert.ok(blocks > 50 && found.length > 0, `${blocks} blocks, ${JSON.stringify(found)}`);
  assert.match(found[0].problem, /damaged/);
  assert.deepEqual([repaired, left], [true, []]);
  assert.ok(items > 300 && items <= 400, `${items} of 400 are left`);
});
