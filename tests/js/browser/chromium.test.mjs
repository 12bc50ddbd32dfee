// The suite in Chromium, on memory and on IndexedDB, over the built browser entry and the inline one.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromiumOptions, findBrowser, missingBrowser } from '../../../scripts/lib/browser.mjs';
import { serveFiles } from '../../../scripts/lib/static.mjs';
import { browserText, load, ROOT } from '../lib/bundle.mjs';

const skip = findBrowser('chromium') ? false : missingBrowser('chromium');
const { suite } = await load('tests/js/suite/index.ts');
const POLICY = "script-src 'self' 'wasm-unsafe-eval'";

describe('suite in Chromium', { skip }, () => {
  let folder;
  let server;
  let browser;
  let page;
  const problems = [];

  /** A new page of the site; what it complains about fails the suite. */
  async function openPage(file = 'index.html') {
    const opened = await browser.newPage();
    opened.on('pageerror', (error) => problems.push(String(error)));
    await opened.goto(`${server.url}/${file}`);
    return opened;
  }

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'dynatab-page-'));
    mkdirSync(path.join(folder, 'profile'));
    // A strict policy: the package needs one word of it.
    const html = (policy) =>
      `<!doctype html><meta http-equiv="Content-Security-Policy" content="${policy}"><title>suite</title>`;
    writeFileSync(path.join(folder, 'index.html'), html(POLICY));
    writeFileSync(path.join(folder, 'strict.html'), html("script-src 'self'"));
    writeFileSync(path.join(folder, 'suite.js'), await browserText('tests/js/browser/page.ts'));
    server = await serveFiles({ '/dist/': path.join(ROOT, 'pkg/dist'), '/': folder });
    // A profile of its own on disk: without one, storage is that of a private window.
    browser = await chromium.launchPersistentContext(path.join(folder, 'profile'), chromiumOptions());
    page = await openPage();
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
    assert.deepEqual(problems, []);
  });

  test('every case on memory, on IndexedDB, and encrypted', async (t) => {
    const results = await page.evaluate(async () => {
      const { run } = await import('/suite.js');
      await run('/dist/browser.js');
      return globalThis.results;
    });
    assert.equal(results.length, suite.length * 3);
    for (const { label, name, error } of results) {
      await t.test(`${label}: ${name}`, () => assert.equal(error, undefined, error));
    }
  });

  test('acknowledged writes survive a closed page', async () => {
    const options = { name: 'survivor' };
    const first = await openPage();
    const count = await first.evaluate(async (options) => {
      const { open } = await import('/dist/browser.js');
      const db = await open({
        ...options,
        tables: [
          {
            TableName: 'simple',
            KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          },
        ],
      });
      const doc = db.documentClient();
      let acknowledged = 0;
      for (; acknowledged < 40; acknowledged++) {
        await doc.put({ TableName: 'simple', Item: { id: `w${acknowledged}` } });
      }
      return acknowledged;
    }, options);
    // No db.close(): the page simply goes.
    await first.close();
    const second = await openPage();
    const found = await second.evaluate(async (options) => {
      const { open } = await import('/dist/browser.js');
      const db = await open(options);
      const { Count } = await db.documentClient().scan({ TableName: 'simple' });
      const { kind } = db.persistence;
      await db.destroy();
      return { Count, kind };
    }, options);
    assert.equal(found.Count, count);
    assert.notEqual(found.kind, 'memory');
    await second.close();
  });

  test('nothing of an encrypted database can be read in IndexedDB', async () => {
    const opened = await openPage();
    const found = await opened.evaluate(async () => {
      const word = 'Zauberwort';
      const { open } = await import('/dist/browser.js');
      const bytes = (of) => new Uint8Array(of.buffer ?? of, of.byteOffset ?? 0, of.byteLength);
      const text = new TextDecoder('latin1');
      const found = [];
      for (const encryption of [undefined, { passphrase: 'geheim' }]) {
        const name = `secret ${encryption !== undefined}`;
        const db = await open({ name, encryption, cacheBytes: 2 << 20 });
        const TableName = `${word}-table`;
        await db
          .client()
          .createTable({
            TableName,
            BillingMode: 'PAY_PER_REQUEST',
            KeySchema: [{ AttributeName: word, KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: word, AttributeType: 'S' }],
          });
        const noise = () => String.fromCharCode(...crypto.getRandomValues(new Uint8Array(3000)));
        // More than the memory table takes; what is noise is not compressed.
        for (let i = 0; i < 60; i++) {
          const puts = Array.from({ length: 25 }, (_, at) => ({
            PutRequest: { Item: { [word]: `${word} ${i} ${at}`, value: word + noise() } },
          }));
          await db.documentClient().batchWrite({ RequestItems: { [TableName]: puts } });
        }
        await db.close();
        const full = (await indexedDB.databases()).find((known) => known.name.endsWith(name)).name;
        const raw = await new Promise((done, failed) => {
          const opening = indexedDB.open(full);
          opening.onsuccess = () => done(opening.result);
          opening.onerror = () => failed(opening.error);
        });
        const values = [];
        for (const store of raw.objectStoreNames) {
          const reading = raw.transaction(store).objectStore(store).getAll();
          await new Promise((done) => (reading.onsuccess = done));
          values.push(...reading.result.map((value) => text.decode(bytes(value))));
        }
        raw.close();
        found.push([
          values.length > 20,
          values.some((value) => value.includes(word)),
          values.filter((value) => value.startsWith('DE\x01')).length >= values.length - 1,
        ]);
      }
      return found;
    });
    assert.deepEqual(found, [
      [true, true, false],
      [true, false, true],
    ]);
    await opened.close();
  });

  test('the second file comes once an item has expired, and without it nothing expires', async () => {
    /** Opens the database at a second of its own clock, and waits until it has so many items. */
    const at = async (second, wanted, more) => {
      const opened = await openPage();
      const fetched = [];
      opened.on('request', (request) => fetched.push(new URL(request.url()).pathname));
      const found = await opened.evaluate(
        async ([second, wanted, more]) => {
          const { open } = await import('/dist/browser.js');
          let now = 1_800_000_000_000;
          const db = await open({
            name: 'expiring',
            now: () => now,
            sweepSeconds: 1,
            ...(more && { more: new URL(more, location.href) }),
          });
          const doc = db.documentClient();
          const TableName = 'simple';
          if (second === 0) {
            await db
              .client()
              .createTable({
                TableName,
                KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
                AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
                BillingMode: 'PAY_PER_REQUEST',
              });
            const TimeToLiveSpecification = { Enabled: true, AttributeName: 'expires' };
            await db.client().updateTimeToLive({ TableName, TimeToLiveSpecification });
            await db.deleteExpired();
            for (const [id, life] of [
              ['a', 100],
              ['b', 200],
              ['c', 900],
            ])
              await doc.put({ TableName, Item: { id, expires: now / 1000 + life } });
          }
          // The first calls find nothing to do; then the clock moves.
          const count = async () => (await doc.scan({ TableName, ConsistentRead: true })).Count;
          await count();
          now += second * 1000;
          for (let tries = 0; (await count()) > wanted && tries < 100; tries++)
            await new Promise((done) => setTimeout(done, 10));
          const left = await count();
          const told = await db.deleteExpired().catch((error) => error.name);
          await db.close();
          return [left, told];
        },
        [second, wanted, more],
      );
      await opened.close();
      return [...found, fetched.filter((path) => path.endsWith('more.wasm') || path === more)];
    };
    const more = ['/dist/engine.more.wasm'];
    assert.deepEqual(await at(0, 3), [3, 0, more]);
    const [left, told, asked] = await at(150, 2, '/missing.wasm');
    assert.deepEqual([left, told, asked[0]], [3, 'EngineLoadError', '/missing.wasm']);
    assert.deepEqual(await at(150, 2), [2, 0, more]);
    assert.deepEqual(await at(250, 1), [1, 0, more]);
  });

  test('the inline entry fetches nothing', async () => {
    const inline = await openPage();
    const fetched = [];
    inline.on('request', (request) => fetched.push(new URL(request.url()).pathname));
    const names = await inline.evaluate(async () => {
      const { open } = await import('/dist/inline.js');
      const db = await open({ name: 'inline', storage: 'memory' });
      return (await db.client().listTables()).TableNames;
    });
    assert.deepEqual(names, []);
    assert.deepEqual(fetched, ['/dist/inline.js']);
    await inline.close();
  });

  test('a wasm that is not there, is a page, or is forbidden is explained', async () => {
    const explain = (opened, wasm) =>
      opened.evaluate(async (wasm) => {
        const { open } = await import('/dist/browser.js');
        const options = wasm ? { wasm: new URL(wasm, location.href) } : {};
        return open({ name: 'x', storage: 'memory', ...options }).catch(
          (error) => `${error.name}: ${error.message}`,
        );
      }, wasm);
    const opened = await openPage();
    assert.match(
      await explain(opened, '/missing.wasm'),
      /^EngineLoadError: .*answered 404.*open\(\{ wasm: url \}\)/,
    );
    assert.match(await explain(opened, '/index.html'), /^EngineLoadError: .*is not a wasm file/);
    await opened.close();
    const strict = await openPage('strict.html');
    assert.match(await explain(strict), /^EngineLoadError: .*'wasm-unsafe-eval'/);
    await strict.close();
  });
});
