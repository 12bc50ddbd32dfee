// What is due is done although nobody calls: objects lose their timers, and have an alarm.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { workspace } from '../packaging/lib.mjs';
import { caller, told } from './client.mjs';
import { KINDS, objects } from './lib.mjs';

const TableName = 'things';
const sleep = (millis) => new Promise((done) => setTimeout(done, millis));
/** Seconds after which workerd ends an object that nobody calls. */
const EVICTED = 10;
/** Milliseconds that an alarm may be late here, and the sweep may take. */
const LATE = 2500;

/** Puts ten items of which nine expire in `seconds`; when that is. */
async function expiring(call, seconds) {
  const TimeToLiveSpecification = { AttributeName: 'ttl', Enabled: true };
  await call('UpdateTimeToLive', { TableName, TimeToLiveSpecification });
  const due = Math.floor(Date.now() / 1000) + seconds;
  for (let at = 0; at < 10; at++) {
    const ttl = at ? { ttl: { N: String(due) } } : {};
    await call('PutItem', { TableName, Item: { pk: { S: 'a' }, sk: { N: String(at) }, ...ttl } });
  }
  return due * 1000;
}

/** Waits until what was due is over, without a request, which would have it deleted too; what the alarm has seen. */
async function silence(miniflare, name, due) {
  await sleep(due + LATE - Date.now());
  const asked = Date.now();
  const seen = await told(miniflare, name, 'seen');
  assert.ok(seen?.at < asked, 'there was an alarm, and before we asked');
  return seen;
}

const bundling = { define: { VERSION: '1' } };

describe('alarms', { concurrency: true }, () => {
  for (const [kind, useSQLite] of KINDS) {
    test(`items expire although nobody calls, ${kind}`, async () => {
      const space = workspace();
      after(space.remove);
      const started = async () =>
        (await objects('database.ts', space.folder, 'Database', useSQLite, { bundling })).miniflare;
      let miniflare = await started();
      try {
        const due = await expiring(await caller(miniflare, 'awake'), 2);
        const set = await told(miniflare, 'awake', 'alarm');
        assert.ok(set >= due && set <= due + 2000, `the alarm is set for ${set - due} ms after it is due`);
        assert.equal((await silence(miniflare, 'awake', due)).items, 1);

        const evicted = await silence(
          miniflare,
          'evicted',
          await expiring(await caller(miniflare, 'evicted'), EVICTED + 3),
        );
        assert.equal(evicted.items, 1);
        assert.ok(evicted.number > 2, `object ${evicted.number} is one of the first two`);

        const later = await expiring(await caller(miniflare, 'restarted'), 3);
        await miniflare.dispose();
        miniflare = await started();
        assert.equal((await silence(miniflare, 'restarted', later + 1000)).items, 1);
      } finally {
        await miniflare.dispose();
      }
    });
  }

  test('work that an object left is done by the alarm of the next', async () => {
    const space = workspace();
    after(space.remove);
    const started = () => objects('database.ts', space.folder, 'Database', true, { bundling });
    let { miniflare, pid } = await started();
    try {
      const call = await caller(miniflare, 'left');
      // Noise, which is not compressed.
      const noise = () => ({ B: randomBytes(12_000).toString('base64') });
      const items = Array.from({ length: 25 }, (_, at) => ({
        pk: { S: 'a' },
        sk: { N: `${at}` },
        noise: noise(),
      }));
      await call('BatchWriteItem', {
        RequestItems: { [TableName]: items.map((Item) => ({ PutRequest: { Item } })) },
      });
      // Before the pause in which it would be flushed.
      process.kill(pid, 'SIGKILL');
      await miniflare.dispose();
      ({ miniflare, pid } = await started());
      const before = await told(miniflare, 'left', 'log');
      const alarm = await told(miniflare, 'left', 'alarm');
      assert.ok(alarm <= Date.now() + 30_000, `the alarm is set for ${alarm}`);
      await told(miniflare, 'left', 'ring');
      const log = await told(miniflare, 'left', 'log');
      assert.ok(before > 300_000 && log < 10_000, `${log} bytes of a log of ${before} are left`);
      assert.equal((await told(miniflare, 'left', 'seen')).items, 25);
    } finally {
      await miniflare.dispose();
    }
  });
});
