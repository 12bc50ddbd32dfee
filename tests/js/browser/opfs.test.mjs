// The origin private file system, in Chromium and in Firefox: the suite in a worker, and what pages are told.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { findBrowser, firefoxOptions, missingBrowser } from '../../../scripts/lib/browser.mjs';
import { serveFiles } from '../../../scripts/lib/static.mjs';
import { launch } from '../../browser/browser.mjs';
import { browserText, load, ROOT } from '../lib/bundle.mjs';

const { suite } = await load('tests/js/suite/index.ts');

for (const kind of ['chromium', 'firefox']) {
  describe(`opfs in ${kind}`, { skip: findBrowser(kind) ? false : missingBrowser(kind) }, () => {
    let folder;
    let server;
    let browser;
    let page;

    before(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'dynatab-opfs-'));
      writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>opfs</title>');
      writeFileSync(path.join(folder, 'suite.js'), await browserText('tests/js/browser/page.ts'));
      writeFileSync(path.join(folder, 'suite-worker.js'), await browserText('tests/js/browser/worker.ts'));
      server = await serveFiles({ '/dist/': path.join(ROOT, 'pkg/dist'), '/': folder });
      browser = await (kind === 'chromium' ? launch() : puppeteer.launch(firefoxOptions()));
      page = await (browser.context ?? browser).newPage();
      await page.goto(`${server.url}/index.html`);
    });

    after(async () => {
      await browser?.close();
      await server?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs a function in a dedicated worker of the page. */
    const inWorker = (task) =>
      page.evaluate((text) => {
        const dist = JSON.stringify(new URL('/dist/browser.js', location.href).href);
        // What rejects while a module is evaluated is no `error` event of its worker: it is sent as well.
        const script = `
          import(${dist}).then(${text}).then(
            (found) => postMessage({ found }),
            (error) => postMessage({ error: String(error?.stack ?? error) }),
          );`;
        const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
        const worker = new Worker(url, { type: 'module' });
        return new Promise((done, failed) => {
          worker.onmessage = ({ data }) =>
            'error' in data ? failed(new Error(data.error)) : done(data.found);
          worker.onerror = ({ message }) => failed(new Error(message));
        }).finally(() => worker.terminate());
      }, String(task));

    test('every case', async (t) => {
      const results = await page.evaluate(
        () =>
          new Promise((done, failed) => {
            const worker = new Worker('/suite-worker.js', { type: 'module' });
            worker.onmessage = ({ data }) => done(data);
            worker.onerror = ({ message }) => failed(new Error(message));
          }),
      );
      assert.equal(results.length, suite.length);
      for (const { name, error } of results) await t.test(name, () => assert.equal(error, undefined, error));
    });

    test('every case in a page, whose files a worker has', async (t) => {
      const results = await page.evaluate(async () => {
        const { run } = await import('/suite.js');
        await run('/dist/browser.js', 'opfs');
        return globalThis.results;
      });
      assert.equal(results.length, suite.length);
      for (const { name, error } of results) await t.test(name, () => assert.equal(error, undefined, error));
    });

    test('a worker that fails with the files is replaced, and calls in flight are answered once', async () => {
      const found = await page.evaluate(async () => {
        const { open } = await import('/dist/browser.js');
        const started = [];
        const { Worker } = globalThis;
        globalThis.Worker = class extends Worker {
          constructor(...parameters) {
            super(...parameters);
            started.push(this);
          }
        };
        try {
          const table = {
            TableName: 'counters',
            BillingMode: 'PAY_PER_REQUEST',
            KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          };
          const db = await open({ name: 'mortal', storage: 'opfs', tables: [table] });
          const told = [];
          db.on('recovered', (cause) => told.push(cause));
          const add = () =>
            db
              .documentClient()
              .update({
                TableName: 'counters',
                Key: { id: 'a' },
                UpdateExpression: 'ADD n :one',
                ExpressionAttributeValues: { ':one': 1 },
                ReturnValues: 'ALL_NEW',
              });
          const counts = [];
          for (let round = 0; round < 5; round++) {
            const adding = Array.from({ length: 20 }, add);
            const worker = started.at(-1);
            worker.terminate();
            worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
            counts.push(...(await Promise.all(adding)).map(({ Attributes }) => Attributes.n));
          }
          const { problems } = await db.verify();
          await db.destroy();
          return { counts, problems, told, started: started.length };
        } finally {
          globalThis.Worker = Worker;
        }
      });
      assert.deepEqual(
        found.counts.sort((a, b) => a - b),
        Array.from({ length: 100 }, (_, at) => at + 1),
      );
      assert.deepEqual(found.problems, []);
      assert.equal(found.started, 6);
      assert.ok(found.told.length === 5 && found.told[0].includes('out of memory'), found.told.join());
    });

    test('a database is there and gone again', async () => {
      const found = await page.evaluate(async () => {
        const { destroy, open } = await import('/dist/browser.js');
        const options = { name: 'page', storage: 'opfs' };
        const told = ({ name, message }) => `${name}: ${message}`;
        const db = await open({ ...options, worker: true });
        const busy = await destroy(options).catch(told);
        const { kind } = db.persistence;
        const { usage } = await db.storage();
        await db.close();
        const databases = async () => {
          const root = await navigator.storage.getDirectory();
          const names = [];
          for await (const name of (await root.getDirectoryHandle('dynatab')).keys()) names.push(name);
          return names.includes('page');
        };
        const before = await databases();
        await destroy(options);
        // There is nothing to delete any more.
        await destroy(options);
        return { busy, kind, usage, there: [before, await databases()] };
      });
      assert.match(found.busy, /^DatabaseLockedError/);
      assert.equal(found.kind, 'best-effort');
      assert.ok(found.usage > 0);
      assert.deepEqual(found.there, [true, false]);
    });

    test('a damaged file is found, and repaired', async () => {
      const found = await inWorker(async ({ open, repair }) => {
        const options = { name: 'damaged', storage: 'opfs' };
        const told = ({ name }) => name;
        const table = {
          TableName: 'items',
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        };
        const db = await open({ ...options, tables: [table], durability: 'strict' });
        await db.documentClient().put({ TableName: 'items', Item: { id: 'a' } });
        await db.close();
        const root = await navigator.storage.getDirectory();
        const directory = await (await root.getDirectoryHandle('dynatab')).getDirectoryHandle('damaged');
        const file = await (await directory.getFileHandle('0')).createSyncAccessHandle();
        for (const at of [9, 4096 + 9]) file.write(new Uint8Array([0xff]), { at });
        file.close();
        const refused = await open(options).catch(told);
        const { repaired, problems } = await repair(options);
        const again = await open(options);
        const { TableNames } = await again.client().listTables();
        await again.destroy();
        return { refused, repaired, problems, TableNames };
      });
      assert.deepEqual(found, {
        refused: 'DatabaseDamagedError',
        repaired: true,
        problems: [{ problem: 'the header of file 0 cannot be read' }],
        TableNames: [],
      });
    });

    test('flushes and merges make files and give them back, and all is there again', async () => {
      const found = await inWorker(async ({ open }) => {
        const options = { name: 'large', storage: 'opfs' };
        const table = {
          TableName: 'items',
          BillingMode: 'PAY_PER_REQUEST',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        };
        const db = await open({ ...options, tables: [table] });
        const doc = db.documentClient();
        // Noise, which is not compressed.
        const bytes = () => crypto.getRandomValues(new Uint8Array(65_000));
        // Over and over the same keys: segments die.
        for (let i = 0; i < 1500; i += 25)
          await Promise.all(
            Array.from({ length: 25 }, (_, n) =>
              doc.put({ TableName: 'items', Item: { id: `k${(i + n) % 100}`, n: i + n, bytes: bytes() } }),
            ),
          );
        await db.close();
        const root = await navigator.storage.getDirectory();
        const directory = await (await root.getDirectoryHandle('dynatab')).getDirectoryHandle('large');
        const sizes = [];
        for await (const file of directory.values()) sizes.push((await file.getFile()).size);
        const again = await open(options);
        const { problems, items } = await again.verify();
        const { Item } = await again.documentClient().get({ TableName: 'items', Key: { id: 'k99' } });
        await again.destroy();
        return { problems, items, n: Item.n, used: sizes.reduce((a, b) => a + b), files: sizes.length };
      });
      const { used, files, ...rest } = found;
      assert.deepEqual(rest, { problems: [], items: 100, n: 1499 });
      // Of the 195 MB that were written, to the log and to blocks.
      assert.ok(used < 130e6 && files < 16, `${used} bytes in ${files} files`);
    });
  });
}
