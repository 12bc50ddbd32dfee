// Killing the page, or the whole browser, in the middle of a load: no acknowledged write is lost, nothing is half there.
//
// One database lives through all rounds. DYNATAB_KILL_ROUNDS and DYNATAB_SEED say how many rounds and which; a run
// with the seed of another chooses the same moments, though what the page has done by then differs.

import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { launchKillable, makeProfile, removeProfile, serveTestPages } from './browser.mjs';

const QUICK = 5;
const FULL = 60;
const rounds = Number(process.env.DYNATAB_KILL_ROUNDS ?? (process.env.DYNATAB_QUICK ? QUICK : FULL));
const seed = Number(process.env.DYNATAB_SEED ?? randomInt(2 ** 31));

/** How a round ends. */
const ENDS = {
  async close({ page }) {
    await page.close({ runBeforeUnload: false });
  },
  async crash({ session }) {
    // The command is never answered: its renderer is gone.
    await Promise.race([session.send('Page.crash').catch(() => undefined), pause(2000)]);
  },
  async reload({ page }) {
    await page.goto('about:blank');
  },
  async kill({ browser }) {
    await browser.kill();
  },
};
const ORDER = ['crash', 'close', 'kill', 'crash', 'reload', 'kill'];

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Deterministic numbers below a bound, from the seed. */
function generator(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test(
  `acknowledged writes survive ${rounds} deaths of the page or the browser`,
  { timeout: 20 * 60_000 },
  async (t) => {
    console.log(`seed ${seed}, ${rounds} rounds`);
    const random = generator(seed);
    const profile = makeProfile();
    const server = await serveTestPages();
    let browser = await launchKillable(profile);
    t.after(async () => {
      await browser.kill();
      await server.close();
      removeProfile(profile);
    });

    const openPage = async () => {
      const page = await browser.context.newPage();
      await page.goto(`${server.url}/kill.html`);
      await page.waitForFunction(() => 'inspect' in globalThis);
      return page;
    };

    /** What must be there: versions by key. */
    const expected = new Map();
    const deleted = new Set();
    let acknowledged = 0;

    for (let round = 1; round <= rounds; round++) {
      const end = ORDER[(round - 1) % ORDER.length];
      const page = await openPage();
      const session = await browser.context.newCDPSession(page);
      const failures = [];
      let told = 0;
      let first;
      const working = new Promise((resolve) => (first = resolve));
      await session.send('Runtime.enable');
      await session.send('Runtime.addBinding', { name: 'tell' });
      session.on('Runtime.bindingCalled', ({ payload }) => {
        for (const line of payload.split('\n')) {
          const [kind, id, version] = line.split(' ');
          if (kind === 'p') expected.set(id, Number(version));
          else if (kind === 'd') deleted.add(id);
          else failures.push(line);
          told++;
        }
        first();
      });
      page
        .evaluate(
          ([name, seed, round]) => void globalThis.work(name, seed, round),
          ['kill', seed + round, round],
        )
        .catch(() => {});
      // Most die in the middle of the load, some while the database opens and recovers.
      if (random(8) > 0) await Promise.race([working, pause(15_000)]);
      const moment = random(round % 4 === 0 ? 1200 : 250);
      await pause(moment);
      await ENDS[end]({ page, session, browser });
      if (end === 'kill') browser = await launchKillable(profile);
      assert.deepEqual(failures, [], `round ${round}: the page met an error`);
      acknowledged += told;

      const reader = await openPage();
      const { versions, problems, opened, databases } = await reader.evaluate(
        (name) => globalThis.inspect(name),
        'kill',
      );
      await reader.close();
      const where = `seed ${seed}, round ${round} (${end} after ${moment} ms)`;
      assert.deepEqual(problems.slice(0, 5), [], `${where}: ${problems.length} problems`);
      const found = new Map(versions);
      const lost = [...expected].filter(([id, version]) => !(found.get(id) >= version) && !deleted.has(id));
      assert.deepEqual(
        lost.slice(0, 5),
        [],
        `${where}: ${lost.length} acknowledged writes are lost; the browser had ${databases.join(', ') || 'no database'}`,
      );
      const back = [...deleted].filter((id) => found.has(id));
      assert.deepEqual(back.slice(0, 5), [], `${where}: ${back.length} deleted items are back`);
      // What was there after recovery stays, acknowledged or not.
      expected.clear();
      for (const [id, version] of versions) expected.set(id, version);
      console.log(
        `round ${round}: ${end} after ${moment} ms, ${told} acknowledged, ${versions.length} items, reopened in ${opened.toFixed(0)} ms`,
      );
    }
    console.log(`${acknowledged} writes acknowledged in ${rounds} rounds`);
    assert.ok(
      acknowledged > rounds * 20,
      `only ${acknowledged} writes were acknowledged: the page hardly ran`,
    );
  },
);
