// The quota of a site in Firefox: it takes a fifth of what a preference says that all sites have. It cannot be changed
// while Firefox runs; space is taken and given back by another database of the site.

import { test } from 'node:test';
import { makeProfile, removeProfile, serveTestPages } from '../../browser.mjs';
import { runFull } from '../lib/full.mjs';
import { startFirefox } from '../lib/firefox.mjs';

test("Firefox's storage runs full", { timeout: 300_000 }, async (t) => {
  const server = await serveTestPages();
  t.after(() => server.close());
  const profile = makeProfile();
  const { browser, stop } = await startFirefox(profile, {
    // In KiB.
    'dom.quotaManager.temporaryStorage.fixedLimit': 200 * 1024,
  });
  t.after(async () => {
    await stop();
    removeProfile(profile);
  });
  const page = await browser.newPage();
  await page.goto(`${server.url}/kills/full.html`);
  await page.waitForFunction(() => 'check' in globalThis);
  const call = (name, ...given) => page.evaluate((name, given) => globalThis[name](...given), name, given);
  await call('ballast', 10 << 20);
  const { count, items, restless, refusal } = await runFull({
    call,
    shut: async () => undefined,
    lift: () => call('unload'),
    durability: 'strict',
    firm: false,
  });
  console.log(
    `Firefox full: ${count} writes acknowledged, then "${refusal.message}"; ${restless} transactions in 8 s while full; ` +
      `${items} items at last`,
  );
});
