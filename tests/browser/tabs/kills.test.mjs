// Owners killed one after the other while their clients write: nothing is lost, nothing is done twice, and how long it takes
// until the next one answers.
//
// DYNATAB_HANDOVERS: how many for each way.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findBrowser } from '../../../scripts/lib/browser.mjs';
import { get, open, start, TABLE, WAYS } from './lib.mjs';

const HANDOVERS = Number(process.env.DYNATAB_HANDOVERS ?? 6);

/** Adds to a counter without pause until it is told to stop; keeps what was answered, and the longest that a call took. */
function write(TableName) {
  const { doc } = globalThis;
  const state = (globalThis.state = { counts: [], longest: 0, over: false });
  const one = async () => {
    const began = performance.now();
    const { Attributes } = await doc.update({
      TableName,
      Key: { id: 'n' },
      UpdateExpression: 'ADD n :one',
      ExpressionAttributeValues: { ':one': 1 },
      ReturnValues: 'ALL_NEW',
    });
    state.counts.push(Attributes.n);
    state.longest = Math.max(state.longest, performance.now() - began);
  };
  state.done = (async () => {
    while (!state.over) await one();
  })();
}

/** The longest call since it was last asked. */
const longest = (page) =>
  page.evaluate(() => {
    const { state } = globalThis;
    const { longest } = state;
    state.longest = 0;
    return longest;
  });

/** Who has the lock of a database, and who a tab is, as the browser names them. */
const holderOf = (page, name) =>
  page.evaluate(async (name) => {
    const { held } = await navigator.locks.query();
    return held.find((lock) => lock.name === `dynatab/${name}`)?.clientId;
  }, name);
const clientOf = (page) =>
  page.evaluate(() =>
    navigator.locks.request('me', async () => {
      const { held } = await navigator.locks.query();
      return held.find((lock) => lock.name === 'me').clientId;
    }),
  );

const counts = (page) =>
  page.evaluate(async () => {
    const { state } = globalThis;
    state.over = true;
    await state.done;
    return state.counts;
  });

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

for (const browser of ['chromium', 'firefox']) {
  for (const [way, options] of Object.entries(WAYS)) {
    describe(`${browser}, ${way}`, { skip: !findBrowser(browser) }, () => {
      test(`${HANDOVERS} owners go, and the others go on`, async (t) => {
        const site = await start(browser);
        t.after(() => site.stop());
        const join = async () => {
          const page = await site.tab();
          await open(page, 'kills', options);
          await page.evaluate(write, TABLE);
          return { page, client: await clientOf(page) };
        };
        const tabs = [await join(), await join(), await join()];
        const written = [];
        const took = [];
        for (let number = 0; number < HANDOVERS; number++) {
          await pause(20 + (number % 5) * 20);
          const holder = await holderOf(tabs[0].page, 'kills');
          const [owner] = tabs.splice(
            tabs.findIndex(({ client }) => client === holder),
            1,
          );
          for (const { page } of tabs) await longest(page);
          written.push(...(await owner.page.evaluate(() => globalThis.state.counts)));
          site.leaves(owner.page);
          if (browser === 'chromium' && number % 2) {
            const session = await owner.page.context().newCDPSession(owner.page);
            session.send('Page.crash').catch(() => undefined);
            await pause(50);
          }
          await owner.page.close();
          await pause(250);
          for (const { page } of tabs) took.push(await longest(page));
          assert.notEqual(await holderOf(tabs[0].page, 'kills'), holder);
          tabs.push(await join());
        }
        for (const { page } of tabs) written.push(...(await counts(page)));
        // Each addition tells the value it made: one that was lost, or done twice, would be told again.
        assert.equal(new Set(written).size, written.length, 'nothing is lost, and nothing done twice');
        assert.ok(Math.max(...written) <= (await get(tabs[0].page, 'n')));
        took.sort((a, b) => a - b);
        t.diagnostic(
          `${HANDOVERS} owners killed, ${written.length} writes acknowledged and 0 lost; ` +
            `the longest call took p50 ${at(took, 0.5).toFixed(0)} ms, p99 ${at(took, 0.99).toFixed(0)} ms`,
        );
        assert.deepEqual(site.complaints, []);
      });
    });
  }
}
