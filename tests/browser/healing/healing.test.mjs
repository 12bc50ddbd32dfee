// Connections to IndexedDB that are lost in the ways of all browsers: what was acknowledged is there, what was in flight is
// answered once, and who listens is told.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { findBrowser, missingBrowser } from '../../../scripts/lib/browser.mjs';
import { add, get, open, range, start, TABLE } from '../tabs/lib.mjs';
import { faults } from './faults.mjs';

/** Begins to note what `db` tells. */
const listen = (page) =>
  page.evaluate(() => {
    globalThis.events = [];
    globalThis.db.on('event', ({ kind }) => globalThis.events.push(kind));
  });
const told = (page) => page.evaluate(() => globalThis.events);
const strike = (page, fault) => page.evaluate((fault) => void globalThis.faults.strike(fault), fault);
const struck = (page) => page.evaluate(() => globalThis.faults.state.struck);

/** The counts of a database, from what is stored: opened without faults. */
async function stored(site, name, ids) {
  const page = await site.tab();
  await open(page, name);
  const counts = [];
  for (const id of ids) counts.push(await get(page, id));
  const { problems } = await page.evaluate(() => globalThis.db.verify());
  assert.deepEqual(problems, []);
  await page.close();
  return counts;
}

for (const browser of ['chromium', 'firefox']) {
  describe(`healing in ${browser}`, { skip: findBrowser(browser) ? false : missingBrowser(browser) }, () => {
    let site;
    before(async () => {
      site = await start(browser);
    });
    after(async () => {
      await site.stop();
      assert.deepEqual(site.complaints, []);
    });

    for (const kind of ['closed', 'dead', 'unknown', 'aborted', 'applied']) {
      test(`a connection that is lost under writes: ${kind}`, async () => {
        const page = await site.tab(faults);
        const name = `writes ${kind}`;
        await open(page, name);
        await listen(page);
        const lanes = ['a', 'b', 'c'];
        for (let round = 0; round < 6; round++) {
          await strike(page, { kind, after: round % 3 });
          const counts = await Promise.all(lanes.map((id) => add(page, id, 10)));
          const expected = range(round * 10 + 1, round * 10 + 10);
          assert.deepEqual(counts, [expected, expected, expected]);
        }
        assert.deepEqual(await struck(page), Array(6).fill(kind));
        const events = await told(page);
        const of = (kind) => events.filter((told) => told === kind).length;
        assert.ok(of('reconnected') >= 6 && of('connectionlost') >= 6, events.join());
        await page.close();
        assert.deepEqual(await stored(site, name, lanes), [60, 60, 60]);
      });
    }

    for (const kind of ['closed', 'dead', 'unknown', 'aborted']) {
      test(`a connection that is lost under reads: ${kind}`, async () => {
        const page = await site.tab(faults);
        const name = `reads ${kind}`;
        await open(page, name);
        await page.evaluate(async (TableName) => {
          // Noise, which is not compressed.
          const text = () => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(3000)));
          for (let i = 0; i < 2000; i += 100)
            await Promise.all(
              Array.from({ length: 100 }, (_, n) =>
                globalThis.doc.put({ TableName, Item: { id: `i${i + n}`, text: text() } }),
              ),
            );
          await globalThis.db.close();
        }, TABLE);
        // The smallest cache: most items are read from the storage.
        await open(page, name, { cacheBytes: 2 << 20 });
        for (let round = 0; round < 4; round++) {
          await strike(page, { kind, mode: 'readonly', after: round });
          const missing = await page.evaluate(
            async ([TableName, round]) => {
              let missing = 0;
              for (let i = 0; i < 60; i++) {
                const Key = { id: `i${(i * 331 + round * 83) % 2000}` };
                const { Item } = await globalThis.doc.get({ TableName, Key });
                if (Item?.text.length !== 3000) missing++;
              }
              return missing;
            },
            [TABLE, round],
          );
          assert.equal(missing, 0);
        }
        assert.deepEqual(await struck(page), Array(4).fill(kind));
        await page.close();
      });
    }

    test('a storage that says nothing any more is given up after ten seconds', async () => {
      const silent = async (mode) => {
        const page = await site.tab(faults);
        const name = `silent ${mode}`;
        await open(page, name);
        await add(page, 'a', 3);
        await listen(page);
        await strike(page, { kind: 'silent', mode });
        const began = Date.now();
        // Verification reads past the cache.
        const reading = mode === 'readonly' && page.evaluate(() => globalThis.db.verify());
        assert.deepEqual(await add(page, 'a', 3), [4, 5, 6]);
        if (reading) assert.deepEqual((await reading).problems, []);
        assert.ok(Date.now() - began > 9_000);
        assert.deepEqual(await struck(page), ['silent']);
        assert.ok((await told(page)).includes('reconnected'));
        await page.close();
        assert.deepEqual(await stored(site, name, ['a']), [6]);
      };
      await Promise.all([silent('readwrite'), silent('readonly')]);
    });

    test('a storage that is away for some seconds is waited for', async () => {
      const page = await site.tab(faults);
      await open(page, 'away');
      await add(page, 'a', 2);
      await listen(page);
      await page.evaluate(() => {
        globalThis.faults.state.openings = 10;
        globalThis.faults.strike({ kind: 'unknown' });
      });
      assert.deepEqual(await add(page, 'a', 2), [3, 4]);
      const events = await told(page);
      assert.ok(events.includes('connectionlost') && events.includes('recovered'), events.join());
      await page.close();
      assert.deepEqual(await stored(site, 'away', ['a']), [4]);
    });

    test('a storage that stays away ends the database, and says so', async () => {
      const page = await site.tab(faults);
      await open(page, 'gone');
      await add(page, 'a', 2);
      await listen(page);
      await page.evaluate(() => {
        globalThis.faults.state.openings = Infinity;
        globalThis.faults.strike({ kind: 'dead' });
      });
      const error = await page.evaluate(
        (TableName) =>
          globalThis.doc
            .put({ TableName, Item: { id: 'b' } })
            .catch(({ name, cause }) => [name, cause?.name]),
        TABLE,
      );
      assert.deepEqual(error, ['DatabaseClosedException', 'StorageFailedException']);
      assert.equal((await told(page)).at(-1), 'failed');
      await page.close();
      assert.deepEqual(await stored(site, 'gone', ['a']), [2]);
    });

    test('a write that the storage refuses is refused, and nothing of it is kept', async () => {
      const page = await site.tab(faults);
      await open(page, 'refused');
      await add(page, 'a', 2);
      await strike(page, { kind: 'refused' });
      const error = await page.evaluate(
        (TableName) => globalThis.doc.put({ TableName, Item: { id: 'b' } }).catch(({ name }) => name),
        TABLE,
      );
      assert.equal(error, 'StorageFailedException');
      assert.equal(await get(page, 'b'), undefined);
      assert.deepEqual(await add(page, 'a', 1), [3]);
      await page.close();
      assert.deepEqual(await stored(site, 'refused', ['a', 'b']), [3, undefined]);
    });

    test('what the site deletes by itself is closed in all tabs, and no empty database takes its place', async () => {
      const [owner, other, third] = [await site.tab(), await site.tab(), await site.tab()];
      for (const page of [owner, other]) {
        await open(page, 'deleted');
        await listen(page);
      }
      await add(other, 'a', 2);
      await third.evaluate(() =>
        new Promise((done, failed) => {
          const deleting = indexedDB.deleteDatabase('dynatab/deleted');
          deleting.onsuccess = done;
          deleting.onerror = failed;
        }).then(() => undefined),
      );
      for (const page of [owner, other]) {
        const error = await page.evaluate(
          (TableName) => globalThis.doc.put({ TableName, Item: { id: 'b' } }).catch(({ name }) => name),
          TABLE,
        );
        assert.equal(error, 'DatabaseClosedException');
        assert.equal((await told(page)).at(-1), 'failed');
      }
      assert.ok((await told(owner)).includes('versionchange'));
      const names = await third.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
      assert.ok(!names.includes('dynatab/deleted'));
      // The application may begin anew.
      await open(owner, 'deleted');
      assert.deepEqual(await add(owner, 'a', 1), [1]);
      await Promise.all([owner, other, third].map((page) => page.close()));
    });

    test('what the browser evicts is closed, and said', { skip: browser !== 'chromium' }, async () => {
      const page = await site.tab();
      await open(page, 'evicted');
      await listen(page);
      await add(page, 'a', 2);
      const session = await page.context().newCDPSession(page);
      const origin = new URL(page.url()).origin;
      await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
      const error = await page.evaluate(
        (TableName) => globalThis.doc.put({ TableName, Item: { id: 'b' } }).catch(({ name }) => name),
        TABLE,
      );
      assert.equal(error, 'DatabaseClosedException');
      const events = await told(page);
      assert.ok(events.includes('connectionlost') && events.includes('evicted'), events.join());
      assert.equal(events.at(-1), 'failed');
      await page.close();
    });
  });
}
