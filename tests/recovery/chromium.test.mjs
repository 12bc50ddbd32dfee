// The same in a page, on IndexedDB: transactions under way, connections that an engine left open.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { chromiumOptions, findBrowser, missingBrowser } from '../../scripts/lib/browser.mjs';
import { buildFaulty, FAIL_AS, FAULTY } from '../../scripts/lib/faulty.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { settled } from './script.mjs';

const skip = findBrowser('chromium') ? false : missingBrowser('chromium');
const ROUNDS = Number(process.env.DYNATAB_PAGE_ALLOCATIONS ?? 24);

/** In the page: what the tests ask for, and what nobody caught. */
const PAGE = `
import { open } from '/faulty/browser.js';
import { OPTIONS, run, settled } from '/test/script.mjs';
const problems = [];
addEventListener('error', (event) => problems.push(event.message));
addEventListener('unhandledrejection', (event) => problems.push(String(event.reason)));
let engine;
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...args) => {
  const made = await instantiate(...args);
  if (made.exports?.failAt) engine = made.exports;
  return made;
};
const fail = (n, as) => {
  engine.failAs.value = as;
  engine.failAt.value = n;
};
await (await open({ name: 'warm', storage: 'memory' })).close();
let count = 0;
Object.assign(globalThis, {
  open,
  fail,
  async attempt(n, as) {
    const name = 'script' + count++;
    const before = engine.allocations.value;
    let allocations;
    const told = await run({
      open,
      options: { name, storage: 'indexeddb' },
      arm: () => fail(n, as),
      disarm() {
        allocations = engine.allocations.value - before;
        fail(0, 0);
      },
    });
    const db = await settled(open({ name }), 'open to destroy');
    await settled(db.destroy(), 'destroy');
    return { ...told, allocations, problems };
  },
  /** A database is created, written, read and deleted while the n-th allocation fails. */
  async create(n, as) {
    const options = { ...OPTIONS, name: 'created' + count++, storage: 'indexeddb' };
    const { TableName } = OPTIONS.tables[0];
    const Item = { pk: 'a', sk: n };
    fail(n, as);
    // A failure under the creation of the table is its own.
    const opened = () => settled(open(options), 'open');
    const db = await opened().catch(opened);
    const doc = db.documentClient();
    const put = () => settled(doc.put({ TableName, Item }), 'put');
    await put().catch(put);
    const reached = engine.failAt.value === 0;
    fail(0, 0);
    const got = await settled(doc.get({ TableName, Key: Item, ConsistentRead: true }), 'get');
    await settled(db.destroy(), 'destroy');
    return { reached, got: got.Item, problems };
  },
  ready: true,
});
`;

// A page that hangs at each of them would take half an hour to say so.
describe('in Chromium', { skip, timeout: 10 * 60_000 }, () => {
  let folder;
  let server;
  let browser;
  let page;

  before(async () => {
    await buildFaulty();
    folder = mkdtempSync(path.join(tmpdir(), 'dynatab-recovery-page-'));
    mkdirSync(path.join(folder, 'profile'));
    writeFileSync(
      path.join(folder, 'index.html'),
      '<!doctype html><script type="module" src="page.mjs"></script>',
    );
    writeFileSync(path.join(folder, 'page.mjs'), PAGE);
    const test = path.dirname(fileURLToPath(import.meta.url));
    server = await serveFiles({ '/faulty/': path.join(ROOT, FAULTY), '/test/': test, '/': folder });
    browser = await chromium.launchPersistentContext(path.join(folder, 'profile'), chromiumOptions());
    page = await browser.newPage();
    await page.goto(`${server.url}/index.html`);
    await page.waitForFunction(() => globalThis.ready);
  });

  after(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the n-th allocation of a script fails', async (t) => {
    const attempt = (n, as) => page.evaluate(([n, as]) => globalThis.attempt(n, as), [n, as]);
    const { allocations, ...told } = await attempt(0, 0);
    assert.deepEqual(told, { refused: [], recovered: 0, problems: [] });
    const sums = { refused: 0, recovered: 0 };
    for (let i = 0; i < ROUNDS; i++) {
      const n = 1 + Math.floor(allocations * (i / ROUNDS) ** 2);
      const as = i % Object.keys(FAIL_AS).length;
      const { refused, recovered, problems } = await settled(attempt(n, as), `allocation ${n}, ${as}`);
      assert.deepEqual(problems, [], `allocation ${n}`);
      sums.refused += refused.length;
      sums.recovered += recovered;
    }
    t.diagnostic(`${allocations} allocations: ${JSON.stringify(sums)}`);
    assert.ok(sums.recovered > ROUNDS / 2 && sums.refused > 0, JSON.stringify(sums));
  });

  test('each of the first allocations of a database fails', async () => {
    for (let n = 1; n <= 120; n++) {
      const as = n % Object.keys(FAIL_AS).length;
      const create = page.evaluate(([n, as]) => globalThis.create(n, as), [n, as]);
      const told = await settled(create, `allocation ${n}, ${as}`);
      assert.deepEqual(told, { reached: true, got: { pk: 'a', sk: n }, problems: [] }, `allocation ${n}`);
    }
  });

  test('a database is deleted though an engine that failed left it open', async () => {
    const done = await page.evaluate(async () => {
      const tables = [
        {
          TableName: 'items',
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        },
      ];
      const db = await globalThis.open({ name: 'left open', tables });
      const doc = db.documentClient();
      const put = doc.put({ TableName: 'items', Item: { id: 'a' } });
      globalThis.fail(1, 1);
      await put;
      const recovered = new Promise((resolve) => db.on('recovered', resolve));
      globalThis.fail(1, 1);
      await doc.get({ TableName: 'items', Key: { id: 'a' } }).catch(() => undefined);
      await recovered;
      const { Item } = await doc.get({ TableName: 'items', Key: { id: 'a' } });
      await db.destroy();
      const names = (await indexedDB.databases()).map(({ name }) => name);
      return { Item, left: names.filter((name) => name.includes('left open')) };
    });
    assert.deepEqual(done, { Item: { id: 'a' }, left: [] });
  });
});
