// Who owns a browser database, and what becomes of one where the browser lacks what it needs.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, serveTestPages } from './browser.mjs';

let server;
let browser;
before(async () => {
  server = await serveTestPages();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const SCHEMA = {
  TableName: 'things',
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
};

/** A new tab. */
async function tab(init) {
  const page = await browser.context.newPage();
  if (init) await page.addInitScript(init);
  await page.goto(`${server.url}/blank.html`);
  return page;
}

/** Opens a database in a tab and keeps it there; gives its persistence, or the error. */
const openIn = (page, name, schema = SCHEMA) =>
  page.evaluate(
    async ([name, schema]) => {
      const { open, DatabaseLockedError } = await import('/dist/browser.js');
      try {
        globalThis.db = await open({ name, tables: [schema] });
        return { persistence: globalThis.db.persistence };
      } catch (error) {
        return { error: error.name, message: error.message, typed: error instanceof DatabaseLockedError };
      }
    },
    [name, schema],
  );

const put = (page, id) =>
  page.evaluate(
    async (id) => void (await globalThis.db.documentClient().put({ TableName: 'things', Item: { id } })),
    id,
  );
const count = (page) =>
  page.evaluate(async () => (await globalThis.db.documentClient().scan({ TableName: 'things' })).Count);
const close = (page) => page.evaluate(() => globalThis.db.close());

test('a second tab is refused with a typed error, and let in once the first is gone', async () => {
  const first = await tab();
  const second = await tab();
  const opened = await openIn(first, 'one');
  assert.notEqual(opened.persistence.kind, 'memory');
  assert.ok(opened.persistence.reason.length > 0);
  await put(first, 'a');
  const refused = await openIn(second, 'one');
  assert.equal(refused.error, 'DatabaseLockedError');
  assert.equal(refused.typed, true);
  assert.match(refused.message, /one/);
  assert.equal((await openIn(second, 'another')).error, undefined, 'another name is free');
  await close(second);
  await close(first);
  assert.equal((await openIn(second, 'one')).error, undefined);
  assert.equal(await count(second), 1);

  // A tab that goes without a word gives the database up too.
  await second.close();
  const again = await openIn(first, 'one');
  assert.equal(again.error, undefined);
  assert.equal(await count(first), 1);
});

test('an owner that is on its way out is waited for', async () => {
  const page = await tab();
  // What a page that is being reloaded does: its lock outlives it by a moment.
  await page.evaluate(async () => {
    await new Promise((held) => {
      void navigator.locks.request('dynatab/leaving', () => {
        held();
        return new Promise((gone) => setTimeout(gone, 150));
      });
    });
  });
  assert.equal((await openIn(page, 'leaving')).error, undefined);
  await page.close();
});

test('a second open in the same tab is refused too, and leaves the first usable', async () => {
  const page = await tab();
  await openIn(page, 'twice');
  const refused = await page.evaluate(async () => {
    const { open } = await import('/dist/browser.js');
    return open({ name: 'twice' }).then(
      () => 'opened',
      (error) => error.name,
    );
  });
  assert.equal(refused, 'DatabaseLockedError');
  await put(page, 'a');
  assert.equal(await count(page), 1);
});

const WITHOUT = {
  'Web Locks': () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
  IndexedDB: () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }),
};
for (const [missing, init] of Object.entries(WITHOUT)) {
  test(`without ${missing} nothing is persisted, and the database says so`, async () => {
    const page = await tab(init);
    const { persistence, error, message } = await openIn(page, 'lacking');
    assert.equal(error, undefined, message);
    assert.equal(persistence.kind, 'memory');
    assert.match(persistence.reason, new RegExp(missing.replace('Web ', ''), 'i'));
    await put(page, 'a');
    assert.equal(await count(page), 1);
    await page.reload();
    await openIn(page, 'lacking');
    assert.equal(await count(page), 0);
  });
}

/** Lets IndexedDB refuse to open, `times` times, with the error that Chromium has after a crash or with another. */
const refuseToOpen = ([times, name]) => {
  const real = IDBFactory.prototype.open;
  IDBFactory.prototype.open = function (...parameters) {
    if (times-- <= 0) return real.apply(this, parameters);
    const error = new DOMException('Internal error opening backing store for indexedDB.open.', name);
    const request = { error, result: undefined, transaction: null };
    setTimeout(() => request.onerror?.(Object.assign(new Event('error'), { request })));
    return request;
  };
};

test('a database that cannot be opened for a moment is tried again', async () => {
  const page = await tab();
  await openIn(page, 'flaky');
  await put(page, 'a');
  await page.reload();
  await page.evaluate(refuseToOpen, [3, 'UnknownError']);
  const { persistence, message } = await openIn(page, 'flaky');
  assert.equal(persistence?.kind, 'best-effort', message);
  assert.equal(await count(page), 1);
  await page.close();
});

test('a database that cannot be opened is an error, never an empty one in memory', async () => {
  const page = await tab();
  await page.evaluate(refuseToOpen, [Infinity, 'UnknownError']);
  const opened = await openIn(page, 'broken');
  assert.equal(opened.error, 'StorageFailedException');
  assert.match(opened.message, /Internal error opening backing store/);
  // Nothing is held: once the browser is well again, so is the database.
  await page.reload();
  assert.equal((await openIn(page, 'broken')).persistence?.kind, 'best-effort');
  await page.close();
});

test('where the browser forbids storage nothing is persisted, and the database says so', async () => {
  const page = await tab();
  await page.evaluate(refuseToOpen, [Infinity, 'SecurityError']);
  const { persistence } = await openIn(page, 'forbidden');
  assert.equal(persistence?.kind, 'memory');
  assert.match(persistence.reason, /SecurityError/);
  await page.close();
});
