// An engine that traps in an object: the object goes on, and no other object notices.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { buildFaulty, FAULTY } from '../../scripts/lib/faulty.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { workspace } from '../packaging/lib.mjs';
import { caller, told } from './client.mjs';
import { KINDS, objects } from './lib.mjs';

await buildFaulty();
const dist = join(ROOT, FAULTY);
const bundling = { alias: { 'dynatab/cloudflare': join(dist, 'cloudflare.js') } };

for (const [kind, useSQLite] of KINDS) {
  test(`an engine that traps is replaced, ${kind}`, async () => {
    const space = workspace();
    after(space.remove);
    const { miniflare } = await objects('faulty.ts', space.folder, 'Database', useSQLite, { dist, bundling });
    try {
      const one = await caller(miniflare, 'one');
      const two = await caller(miniflare, 'two');
      const put = (call, id) => call('PutItem', { TableName: 'simple', Item: { id: { S: id } } });
      await put(one, 'before');
      await put(two, 'before');
      assert.deepEqual(await told(miniflare, 'one', 'state'), { recovered: 0, instances: 2 });

      await told(miniflare, 'one', 'trap');
      const ids = Array.from({ length: 40 }, (_, at) => `i${at}`);
      const outcomes = await Promise.allSettled(ids.map((id) => put(one, id)));
      // The call under which it failed is refused; those in flight are answered all the same.
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      assert.ok(refused.length <= 1, `${refused.length} calls were refused`);
      for (const { reason } of refused) assert.match(reason.message, /InternalServerError The engine failed/);

      const { Items } = await one('Scan', { TableName: 'simple', ConsistentRead: true });
      const found = new Set(Items.map(({ id }) => id.S));
      ids.forEach((id, at) =>
        assert.ok(outcomes[at].status === 'rejected' || found.has(id), `${id} is lost`),
      );
      assert.ok(found.has('before'));
      assert.deepEqual((await told(miniflare, 'one', 'verify')).problems, []);
      assert.deepEqual(await told(miniflare, 'one', 'state'), { recovered: 1, instances: 3 });

      await put(two, 'after');
      assert.equal((await told(miniflare, 'two', 'state')).recovered, 0);
    } finally {
      await miniflare.dispose();
    }
  });
}
