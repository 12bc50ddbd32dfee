// The owner of a database goes, in every way that a tab can, and the others go on: each call is answered once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { add, get, open, range, start, WAYS } from './lib.mjs';

let site;
before(async () => {
  site = await start();
});
after(async () => {
  await site?.stop();
  assert.deepEqual(site?.complaints, []);
});

/** The commands of the DevTools protocol for a tab. */
const tools = (page) => page.context().newCDPSession(page);

/** Who holds the lock, as the browser names it. */
const holder = (page, name) =>
  page.evaluate(async (name) => {
    const { held } = await navigator.locks.query();
    return held.find((lock) => lock.name === `dynatab/${name}`)?.clientId;
  }, name);

/** How each goes; what it gives is done when the others have gone on. */
const LEAVING = {
  'is closed': (page) => void page.close(),
  'closes the database': (page) => void page.evaluate(() => globalThis.db.close()),
  async 'is loaded again'(page) {
    await page.reload();
  },
  async crashes(page) {
    (await tools(page)).send('Page.crash').catch(() => undefined);
  },
  async 'is frozen'(page) {
    await (await tools(page)).send('Page.setWebLifecycleState', { state: 'frozen' });
  },
  'does not come to itself'(page) {
    const busy = () => {
      for (const end = Date.now() + 4_000; Date.now() < end;);
    };
    page.evaluate(busy).catch(() => undefined);
  },
};

for (const [way, options] of Object.entries(WAYS)) {
  describe(way, () => {
    for (const [what, leave] of Object.entries(LEAVING)) {
      test(`the owner ${what} in the middle of calls, and each is answered once`, async () => {
        const name = `${what} ${way}`;
        const tabs = [await site.tab(), await site.tab(), await site.tab()];
        for (const page of tabs) await open(page, name, options);
        const [owner, ...others] = tabs;
        assert.deepEqual(await add(owner, 'n', 2), [1, 2]);
        const lanes = others.flatMap((page) => range(1, 4).map(() => add(page, 'n', 60)));
        await pause(30);
        const began = Date.now();
        await leave(owner);
        const counts = (await Promise.all(lanes)).flat().sort((a, b) => a - b);
        assert.deepEqual(counts, range(3, 482));
        // Two frozen seconds are allowed, and what the calls themselves take.
        assert.ok(Date.now() - began < 6_000);
        for (const page of others) assert.equal(await get(page, 'n'), 482);
        for (const page of tabs) await page.close().catch(() => undefined);
      });
    }
  });
}

test('an owner that slept cannot write, and goes on as a client with what it had in flight', async () => {
  const name = 'slept';
  const [owner, other] = [await site.tab(), await site.tab()];
  for (const page of [owner, other]) await open(page, name);
  await add(owner, 'n', 1);
  const before = await holder(other, name);
  // Its commits are on their way when it falls asleep, and more calls than go with them wait.
  const asleep = owner.evaluate(async () => {
    const call = () =>
      globalThis.doc.update({
        TableName: 'counters',
        Key: { id: 'n' },
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      });
    const calls = [call(), call()];
    await Promise.resolve();
    for (const end = Date.now() + 4_000; Date.now() < end;);
    calls.push(call(), call());
    return (await Promise.all(calls)).map(({ Attributes }) => Attributes.n);
  });
  await pause(100);
  const during = await add(other, 'n', 20);
  assert.notEqual(await holder(other, name), before, 'the lock was taken from it');
  const counts = [...(await asleep), ...during].sort((a, b) => a - b);
  assert.deepEqual(counts, range(2, 25));
  assert.deepEqual(await add(owner, 'n'), [26]);
  assert.deepEqual(await other.evaluate(async () => (await globalThis.db.verify()).problems), []);
  await owner.close();
  await other.close();
});

test('a frozen owner is one of the others when it goes on', async () => {
  const name = 'frozen';
  const [owner, other] = [await site.tab(), await site.tab()];
  for (const page of [owner, other]) await open(page, name);
  const session = await tools(owner);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  const began = Date.now();
  assert.deepEqual(await add(other, 'n'), [1]);
  assert.ok(Date.now() - began < 2_000, `it took ${Date.now() - began} ms`);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  assert.deepEqual(await add(owner, 'n'), [2]);
  assert.deepEqual(await add(other, 'n'), [3]);
  await owner.close();
  assert.deepEqual(await add(other, 'n'), [4]);
  await other.close();
});

test('an owner from which the lock was taken closes its files', async () => {
  const name = 'taken files';
  const [owner, other] = [await site.tab(), await site.tab()];
  for (const page of [owner, other]) await open(page, name, WAYS['on OPFS']);
  assert.deepEqual(await add(owner, 'n'), [1]);
  const before = await holder(other, name);
  const began = Date.now();
  await other.evaluate(
    (name) => navigator.locks.request(`dynatab/${name}`, { steal: true }, () => undefined),
    name,
  );
  assert.deepEqual(await add(other, 'n'), [2]);
  assert.deepEqual(await add(owner, 'n'), [3]);
  assert.notEqual(await holder(other, name), before);
  assert.ok(Date.now() - began < 4_000, `it took ${Date.now() - began} ms`);
  await owner.close();
  assert.deepEqual(await add(other, 'n'), [4]);
  await other.close();
});

test('a frozen owner ends the worker that has its files open, and begins another when it goes on', async () => {
  const name = 'frozen files';
  const options = WAYS['on OPFS'];
  const [owner, other] = [await site.tab(), await site.tab()];
  for (const page of [owner, other]) await open(page, name, options);
  assert.deepEqual(await add(owner, 'n'), [1]);
  let ended = false;
  const [worker] = owner.workers();
  worker.once('close', () => (ended = true));
  // A page that is seen is not told that it is frozen by the tools.
  const tell = (kind) => owner.evaluate((kind) => void document.dispatchEvent(new Event(kind)), kind);
  await tell('freeze');
  assert.deepEqual(await add(other, 'n'), [2]);
  for (let tries = 0; !ended; tries++) {
    assert.ok(tries < 40, 'its worker is there');
    await pause(50);
  }
  await tell('resume');
  assert.deepEqual(await add(owner, 'n'), [3]);
  await other.close();
  assert.deepEqual(await add(owner, 'n'), [4]);
  await owner.close();
});

test('a hidden owner hands over to a tab that is seen', async () => {
  const name = 'hidden';
  const [owner, other] = [await site.tab(), await site.tab()];
  for (const page of [owner, other]) await open(page, name);
  const before = await holder(other, name);
  const show = (page, state) =>
    page.evaluate((state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);
  const lanes = [add(owner, 'n', 300), add(other, 'n', 300)];
  await show(owner, 'hidden');
  const counts = (await Promise.all(lanes)).flat().sort((a, b) => a - b);
  assert.deepEqual(counts, range(1, 600));
  for (let tries = 0; (await holder(other, name)) === before; tries++) {
    assert.ok(tries < 40, 'nothing was handed over');
    await pause(50);
  }
  // Nobody is seen: it stays where it is.
  const seen = await holder(other, name);
  await show(other, 'hidden');
  await pause(600);
  assert.equal(await holder(other, name), seen);
  await show(owner, 'visible');
  for (let tries = 0; (await holder(other, name)) === seen; tries++) {
    assert.ok(tries < 40, 'it was not handed back');
    await pause(50);
  }
  assert.deepEqual(await add(other, 'n'), [601]);
  await owner.close();
  await other.close();
});
