// Processes killed at random while they write: every acknowledged write is there afterwards, the database is sound, and
// its index is its table. DYNATAB_KV_KILLS says how many.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { after, test } from 'node:test';
import { firstSeed, random } from '../../files/lib.mjs';
import { copy, workspace } from '../lib.mjs';
import { startWorker } from './worker.mjs';

const { folder, remove } = workspace();
after(remove);
copy('kv-worker.js', join(folder, 'kv-worker.js'));

const KILLS = Number(process.env.DYNATAB_KV_KILLS ?? 6);
const LEASE_SECONDS = 0.3;
const [LANES, KEYS] = [8, 120];

test(`a process that is killed loses no acknowledged write, ${KILLS} times`, async (t) => {
  const kv = join(folder, 'kills.kv');
  const first = firstSeed();
  const acknowledged = new Map();
  let [version, total, halfway] = [1, 0, 0];
  for (let round = 0; round < KILLS; round++) {
    const what = `round ${round}, DYNATAB_SEED=${first}`;
    const next = random(first + round);
    // Some are killed in the middle of opening, some in the middle of a large commit, others anywhere.
    const kind = ['halfway', 'opening', 'anywhere', 'halfway', 'anywhere'][round % 5];
    const until = kind === 'opening' ? 0 : 1 + next(kind === 'halfway' ? 400 : 1500);
    let count = 0;
    let reached;
    const enough = new Promise((resolve) => (reached = resolve));
    const worker = startWorker(folder, kv, LEASE_SECONDS, (said, id, written) => {
      if (said === 'halfway' && count >= until) worker.kill('SIGKILL');
      if (said === 'halfway') return;
      if (said !== 'wrote') throw new Error(`${what}: ${said} ${id}`);
      acknowledged.set(id, written);
      version = Math.max(version, written + 100);
      total++;
      if (++count === until) reached();
    });
    const opening = worker.ask('open');
    if (until > 0) {
      const opened = await opening;
      assert.equal(opened.kind, 'persistent', `${what}: ${JSON.stringify(opened)}`);
      worker.tell('load', LANES, KEYS, version, kind === 'halfway');
      await enough;
    } else opening.catch(() => undefined);
    if (kind !== 'halfway') {
      await pause(until > 0 ? next(30) : next(1000));
      worker.kill('SIGKILL');
    }
    assert.equal(await worker.ended, 'SIGKILL', what);

    const reader = startWorker(folder, kv, LEASE_SECONDS);
    if (await reader.ask('pending')) halfway++;
    const opened = await reader.ask('open');
    assert.equal(opened.kind, 'persistent', `${what}: ${JSON.stringify(opened)}`);
    const { table, wrong } = await reader.ask('check');
    assert.deepEqual(wrong, [], what);
    const found = new Map(table);
    for (const [id, written] of acknowledged)
      assert.ok(
        found.get(id) >= written,
        `${what}: ${written} of key ${id} was acknowledged, ${found.get(id)} is there`,
      );
    // What was under way may have arrived; the next write of a key builds on it.
    for (const [id, written] of found) {
      acknowledged.set(id, written);
      version = Math.max(version, written + 1);
    }
    await reader.ask('close');
    assert.equal(await reader.end(), 0);
    t.diagnostic(`${what}: ${count} acknowledged, ${table.length} keys`);
  }
  t.diagnostic(
    `${KILLS} kills, ${total} acknowledged writes, ${halfway} in the middle of a large commit, DYNATAB_SEED=${first}`,
  );
  assert.ok(acknowledged.size > 0);
  // Each of them nearly always comes in time.
  if (KILLS >= 20) assert.ok(halfway > KILLS / 5, `only ${halfway} in the middle of a large commit`);
});
