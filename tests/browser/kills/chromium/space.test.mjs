// A site of Chromium that has little space left, by a quota set low through the DevTools protocol: it is announced before
// the first write is refused. And persistence, granted through the protocol and not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromiumOptions } from '../../../../scripts/lib/browser.mjs';
import { launch, serveTestPages } from '../../browser.mjs';

const MIB = 1 << 20;

/** The page of these tests in a browser of its own, and what calls its functions. */
async function openPage(t, options) {
  const server = await serveTestPages();
  t.after(() => server.close());
  const { context, close } = await launch(options);
  t.after(close);
  const page = await context.newPage();
  await page.goto(`${server.url}/space.html`);
  await page.waitForFunction(() => 'fill' in globalThis);
  const devtools = await context.newCDPSession(page);
  const call = (name, ...given) =>
    page.evaluate(([name, given]) => globalThis[name](...given), [name, given]);
  return { call, devtools, origin: server.url };
}

test('little space is announced before the first write is refused', { timeout: 120_000 }, async (t) => {
  // By default Chromium tells sites that they have ten gigabytes left, whatever they have.
  const args = [...chromiumOptions().args, '--disable-features=StaticStorageQuota'];
  const { call, devtools, origin } = await openPage(t, { args });
  // Below one and a half times what is little: whatever a flush gives back, there is not enough again.
  const quota = 74 * MIB;
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: quota });
  await call('begin');
  assert.equal((await call('storage')).quota, quota);
  const heard = await call('fill', 300_000, 20);
  const refusal = heard.pop();
  assert.equal(refusal.refused, 'StorageFullException');
  assert.ok(heard.length >= 2, `heard ${JSON.stringify(heard)}, then ${JSON.stringify(refusal)}`);
  let [few, before] = [50 * MIB, Infinity];
  for (const { usage, quota: told, free, written } of heard) {
    assert.deepEqual([told, free], [quota, Math.max(0, quota - usage)]);
    assert.ok(free < few && free < before / 2, `${free} free were announced after ${before}`);
    assert.ok(written <= refusal.written);
    before = free;
  }
  // While there was plenty nothing was said, and when it was said there was room for more writes.
  const [{ free, written }] = heard;
  assert.ok(written > 3 * MIB, `${written} bytes were written when it was announced first`);
  assert.ok(free > 20 * MIB, `${free} bytes were free when it was announced first`);
  assert.ok(refusal.written - written > 5 * MIB, `${refusal.written - written} bytes were written after it`);
  t.diagnostic(
    heard.map(({ free, written }) => `${free} free after ${written}`).join('; ') +
      `; refused after ${refusal.written}`,
  );
});

test('where Chromium tells of ten gigabytes nothing is announced', { timeout: 120_000 }, async (t) => {
  const { call, devtools, origin } = await openPage(t);
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 20 * MIB });
  await call('begin');
  const { usage, quota } = await call('storage');
  assert.ok(quota - usage > 1 << 30, `${usage} of ${quota}`);
  const [{ refused }, ...more] = await call('fill', 300_000, 20);
  assert.deepEqual([refused, more], ['StorageFullException', []]);
});

test('persistence is what the browser grants, when it is asked', async (t) => {
  const { call, devtools, origin } = await openPage(t);
  assert.equal((await call('begin')).kind, 'best-effort');
  assert.equal((await call('storage')).persisted, false);
  const declined = await call('ask');
  assert.deepEqual([declined.answer, declined.kind], [false, 'best-effort']);
  await devtools.send('Browser.grantPermissions', { origin, permissions: ['durableStorage'] });
  const granted = await call('ask');
  assert.deepEqual(granted, {
    answer: true,
    kind: 'persistent',
    reason: 'the origin was granted persistent storage',
  });
  const { kind, persisted } = await call('storage');
  assert.deepEqual([kind, persisted], ['persistent', true]);
  await call('end');
});
