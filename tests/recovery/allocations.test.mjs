// The n-th allocation of a script fails: every n with DYNATAB_ALLOCATIONS=all, else some of them.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { allocations, engine, fail, faulty, instances } from './lib.mjs';
import { run } from './script.mjs';

/** A disk in memory, where there is one: what is tested is not the disk. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

/** Allocations when the script had ended. */
let last;

async function attempt(n, as) {
  const folder = mkdtempSync(path.join(PLACE, 'dynatab-allocations-'));
  const arm = () => fail(n, as);
  const disarm = () => {
    last = allocations();
    fail(0);
  };
  try {
    const options = { storage: 'files', path: path.join(folder, 'db') };
    const told = await run({ open: faulty.open, options, arm, disarm });
    assert.deepEqual(unhandled, [], 'an unhandled rejection');
    return told;
  } catch (error) {
    throw new Error(`allocation ${n}, ${as}: ${error.message}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('the n-th allocation of a script fails', async (t) => {
  const warm = await faulty.open({ name: 'warm', storage: 'memory' });
  await warm.close();
  const before = allocations();
  assert.deepEqual(await attempt(0, 'refused'), { refused: [], recovered: 0 });
  const count = last - before;
  t.diagnostic(`${count} allocations`);
  const all = process.env.DYNATAB_ALLOCATIONS === 'all';
  const rounds = all ? count : Number(process.env.DYNATAB_ALLOCATIONS ?? 150);
  const sums = { failed: 0, refused: 0, recovered: 0 };
  for (let i = 0; i < rounds; i++) {
    // The early ones are those of opening; later ones repeat each other.
    const n = all ? i + 1 : 1 + Math.floor(count * (i / rounds) ** 2);
    const as = all ? 'refused' : ['refused', 'trap', 'overflow'][i % 3];
    const made = instances.length;
    const { refused, recovered } = await attempt(n, as);
    sums.failed += instances.length - made;
    sums.refused += refused.length;
    sums.recovered += recovered;
    // What failed is let go.
    instances.splice(0, instances.length - 1);
    if (i % 500 === 499) t.diagnostic(`${i + 1} of ${rounds}: ${JSON.stringify(sums)}`);
  }
  t.diagnostic(JSON.stringify(sums));
  assert.ok(sums.failed > rounds * 0.8, `only ${sums.failed} of ${rounds} failed`);
  assert.ok(engine(), 'an instance runs');
});
