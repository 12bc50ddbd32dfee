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
      const { open } = await import('/dist/browser.js');
      try {
        globalThis.db = await open({ name, tables: [schema] });
        return { persistence: globalThis.db.persistence };
      } catch (error) {
        return { error: error.name, message: error.message };
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

test('one that holds the lock and does not answer is not waited for for ever', async () => {
  const page = await tab();
  await page.evaluate(async () => {
    await new Promise((held) => {
      void navigator.locks.request('dynatab/silent', () => {
        held();
        return new Promise(() => undefined);
      });
    });
  });
  const other = await tab();
  assert.equal((await openIn(other, 'silent')).error, undefined);
  await put(other, 'a');
  assert.equal(await count(other), 1);
  await page.close();
  await other.close();
});

test('what works on a closed database keeps others out meanwhile', async () => {
  const page = await tab();
  await openIn(page, 'kept');
  const refused = await page.evaluate(async () => {
    const { destroy, repair, DatabaseLockedError } = await import('/dist/browser.js');
    const results = await Promise.allSettled([destroy({ name: 'kept' }), repair({ name: 'kept' })]);
    return results.map(({ reason }) => reason instanceof DatabaseLockedError);
  });
  assert.deepEqual(refused, [true, true]);
  await put(page, 'a');
  assert.equal(await count(page), 1);
  await page.close();
});

const WITHOUT = {
  'Web Locks': () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
  BroadcastChannel: () => Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined }),
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

test('a worker whose script is not there is an error that names the fix', async () => {
  const page = await tab();
  const error = await page.evaluate(async () => {
    const { open, EngineLoadError } = await import('/dist/browser.js');
    const worker = () => new Worker('/absent.js', { type: 'module' });
    return open({ name: 'no worker', worker }).then(
      () => 'opened',
      (error) => (error instanceof EngineLoadError ? error.message : String(error)),
    );
  });
  assert.match(error, /worker\.js/);
  assert.match(error, /^The worker/);
  // Nothing is held.
  assert.equal((await openIn(page, 'no worker')).error, undefined);
  await page.close();
});
