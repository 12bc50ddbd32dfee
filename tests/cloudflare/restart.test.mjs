// A database outlives its object: workerd stopped, killed under load, and deployed anew.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { workspace } from '../packaging/lib.mjs';
import { caller, told } from './client.mjs';
import { Lanes } from './lanes.mjs';
import { KINDS, objects } from './lib.mjs';

/** Rounds of killing for each kind of object. */
const ROUNDS = Number(process.env.DYNATAB_OBJECT_KILLS ?? 4);
/** The longest time under load, in milliseconds. */
const LOAD = 900;

const version = (number) => ({ bundling: { define: { VERSION: String(number) } } });

for (const [kind, useSQLite] of KINDS) {
  const space = () => {
    const made = workspace();
    after(made.remove);
    return made.folder;
  };
  const started = (folder, number = 1) =>
    objects('database.ts', folder, 'Database', useSQLite, version(number));

  test(`what was acknowledged is there after a restart, ${kind}`, async () => {
    const folder = space();
    for (let round = 0; round < 3; round++) {
      const { miniflare } = await started(folder);
      try {
        const call = await caller(miniflare, 'restarts');
        const { Count } = await call('Scan', { TableName: 'things', Select: 'COUNT' });
        assert.equal(Count, round * 20);
        for (let at = 0; at < 20; at++) {
          const Item = { pk: { S: `r${round}` }, sk: { N: String(at) }, gk: { S: 'g' } };
          await call('PutItem', { TableName: 'things', Item });
        }
      } finally {
        await miniflare.dispose();
      }
    }
  });

  test(
    `killed under load, every acknowledged write is there, ${kind}`,
    { timeout: ROUNDS * 60_000 },
    async () => {
      const folder = space();
      const lanes = new Lanes(8);
      for (let round = 0; round <= ROUNDS; round++) {
        const { miniflare, pid } = await started(folder);
        try {
          const call = await caller(miniflare, 'kills');
          await lanes.compare(call, `round ${round}`);
          const { problems, items } = await told(miniflare, 'kills', 'verify');
          assert.deepEqual(problems, []);
          const { Count } = await call('Scan', { TableName: 'things', IndexName: 'byGk', Select: 'COUNT' });
          assert.equal(Count ?? 0, lanes.indexed, `round ${round}: entries of the index`);
          assert.equal(items, lanes.items);
          if (round === ROUNDS) break;
          const working = lanes.work(call);
          await new Promise((done) => setTimeout(done, 50 + Math.random() * LOAD));
          process.kill(pid, 'SIGKILL');
          await working;
        } finally {
          await miniflare.dispose();
        }
      }
      assert.ok(lanes.acknowledged > ROUNDS * 20, `only ${lanes.acknowledged} writes were acknowledged`);
      console.log(
        `# ${kind}: ${ROUNDS} kills, ${lanes.acknowledged} writes acknowledged, ${lanes.inFlight} in flight`,
      );
    },
  );

  test(`another version of the class opens what the one before wrote, ${kind}`, async () => {
    const folder = space();
    const Item = { pk: { S: 'a' }, sk: { N: '1' }, gk: { S: 'g' }, old: { S: 'value' } };
    const first = await started(folder, 1);
    try {
      const call = await caller(first.miniflare, 'upgrade');
      await call('PutItem', { TableName: 'things', Item });
      assert.equal(await told(first.miniflare, 'upgrade', 'version'), 1);
    } finally {
      await first.miniflare.dispose();
    }
    const second = await started(folder, 2);
    try {
      const call = await caller(second.miniflare, 'upgrade');
      assert.equal(await told(second.miniflare, 'upgrade', 'version'), 2);
      const { TableNames } = await call('ListTables', {});
      assert.deepEqual(TableNames, ['simple', 'things']);
      assert.deepEqual((await call('Scan', { TableName: 'things' })).Items, [Item]);
      assert.deepEqual((await told(second.miniflare, 'upgrade', 'verify')).problems, []);
    } finally {
      await second.miniflare.dispose();
    }
  });
}
