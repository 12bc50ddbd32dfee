// The quota of a site in Chromium, set low through the DevTools protocol. DYNATAB_FULL says how often it runs full.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromiumOptions } from '../../../../scripts/lib/browser.mjs';
import { launch, serveTestPages } from '../../browser.mjs';
import { generator } from '../../pages/kills/plan.js';
import { asked } from '../lib/campaign.mjs';
import { runFull } from '../lib/full.mjs';

const { rounds, seed } = asked('DYNATAB_FULL', 1);
const MIB = 1 << 20;

test(`Chromium's storage runs full ${rounds} times`, { timeout: 3600_000 }, async (t) => {
  const random = generator(seed);
  const server = await serveTestPages();
  t.after(() => server.close());
  // By default it tells sites that they have ten gigabytes left, whatever they have.
  const { args } = chromiumOptions();
  for (let round = 1; round <= rounds; round++) {
    const { context, close } = await launch({ args: [...args, '--disable-features=StaticStorageQuota'] });
    try {
      const page = await context.newPage();
      await page.goto(`${server.url}/kills/full.html`);
      await page.waitForFunction(() => 'check' in globalThis);
      const devtools = await context.newCDPSession(page);
      const setQuota = (quotaSize) =>
        devtools.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize });
      const quota = (4 + random(20)) * MIB;
      await setQuota(quota);
      const durability = round % 2 ? 'relaxed' : 'strict';
      const { count, items, restless, refusal } = await runFull({
        call: (name, ...given) => page.evaluate(([name, given]) => globalThis[name](...given), [name, given]),
        shut: () => setQuota(MIB),
        lift: () => setQuota(quota + 100 * MIB),
        durability,
        // What it reckons with lags behind here, too: now and then a small write still fits.
        firm: false,
      });
      assert.equal(refusal.quota, quota, 'the error has the quota that was set');
      console.log(
        `Chromium full, seed ${seed}, round ${round}: ${quota / MIB} MiB, ${durability}, ${count} writes acknowledged, then ` +
          `"${refusal.message}"; ${restless} transactions in 8 s while full; ${items} items at last`,
      );
    } finally {
      await close();
    }
  }
});
