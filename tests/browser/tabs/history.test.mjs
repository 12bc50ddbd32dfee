// Random operations of many tabs that come and go, and whether there is an order in which one after the other explains
// every answer: items by themselves, and transactions over several.
//
// DYNATAB_TABS_OPERATIONS: how many operations for each way; DYNATAB_MOST_TABS: how many tabs at most; DYNATAB_SEED: where random
// numbers begin.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { findBrowser } from '../../../scripts/lib/browser.mjs';
import { explain } from './explain.mjs';
import { open, start, WAYS } from './lib.mjs';

const OPERATIONS = Number(process.env.DYNATAB_TABS_OPERATIONS ?? 1_000);
const MOST_TABS = Number(process.env.DYNATAB_MOST_TABS ?? 5);
const SEED = Number(process.env.DYNATAB_SEED ?? 1);
/** Counters that are added to, and accounts that money is moved between. */
const COUNTERS = 4;
const ACCOUNTS = 5;
const MONEY = 100;

/** Numbers from 0 to 1 that a seed repeats. */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** Runs in a tab: lanes of operations, each told to the test before the next begins. */
function work({ TableName, lanes, seed, tab, counters, accounts }) {
  const { doc } = globalThis;
  const now = () => performance.timeOrigin + performance.now();
  let state = seed;
  const below = (n) => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * n);
  };
  const counter = () => ({ id: `counter ${below(counters)}` });
  const account = (n) => ({ id: `account ${n}` });
  const operations = {
    async add() {
      const Key = counter();
      const answer = await doc.update({
        TableName,
        Key,
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      });
      return { kind: 'add', item: Key.id, value: answer.Attributes.n };
    },
    async read() {
      const Key = counter();
      const answer = await doc.get({ TableName, Key, ConsistentRead: true });
      return { kind: 'read', item: Key.id, value: answer.Item?.n ?? 0 };
    },
    async move() {
      const [from, by] = [below(accounts), 1 + below(5)];
      const to = (from + 1 + below(accounts - 1)) % accounts;
      const update = (n, sign) => ({
        Update: {
          TableName,
          Key: account(n),
          UpdateExpression: `SET n = n ${sign} :by`,
          ...(sign === '-' && { ConditionExpression: 'n >= :by' }),
          ExpressionAttributeValues: { ':by': by },
        },
      });
      try {
        await doc.transactWrite({ TransactItems: [update(from, '-'), update(to, '+')] });
        return { kind: 'move', from, to, by };
      } catch (error) {
        if (error.name !== 'TransactionCanceledException') throw error;
        return { kind: 'refused', from, by };
      }
    },
    async sum() {
      const TransactItems = Array.from({ length: accounts }, (_, n) => ({
        Get: { TableName, Key: account(n) },
      }));
      const { Responses } = await doc.transactGet({ TransactItems });
      return { kind: 'sum', values: Responses.map(({ Item }) => Item.n) };
    },
  };
  const kinds = ['add', 'add', 'add', 'read', 'read', 'move', 'move', 'sum'];
  const lane = async (number) => {
    while (!globalThis.over) {
      const start = now();
      const done = await operations[kinds[below(kinds.length)]]();
      await globalThis.report({ ...done, start, end: now(), lane: `${tab}/${number}` });
    }
  };
  globalThis.lanes = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
}

async function run(t, browserName, options, name) {
  const site = await start(browserName);
  t.after(() => site.stop());
  const random = randomFrom(SEED);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const history = [];
  const tabs = new Map();
  let next = 0;
  const join = async () => {
    const number = next++;
    const page = await site.tab();
    await page.exposeFunction('report', (entry) => void history.push(entry));
    await open(page, name, options);
    const lanes = 1 + Math.floor(random() * 4);
    const plan = {
      TableName: 'counters',
      lanes,
      seed: SEED * 1_000 + number,
      tab: number,
      counters: COUNTERS,
      accounts: ACCOUNTS,
    };
    await page.evaluate(work, plan);
    tabs.set(number, { page, lanes });
  };
  /** Ways for a tab to go. What it had in flight, one call for each lane, may have been carried out or not. */
  const leaves = {
    close: (page) => page.close(),
    async reload(page) {
      await page.reload();
    },
    async crash(page) {
      if (browserName !== 'chromium') return page.close();
      (await page.context().newCDPSession(page)).send('Page.crash').catch(() => undefined);
      await pause(20);
      await page.close();
    },
    async freeze(page) {
      if (browserName !== 'chromium') return page.close();
      const session = await page.context().newCDPSession(page);
      await session.send('Page.setWebLifecycleState', { state: 'frozen' });
      await pause(random() * 1_000);
      await session.send('Page.setWebLifecycleState', { state: 'active' });
      return true;
    },
  };
  const first = await site.tab();
  await open(first, name, options);
  await first.evaluate(
    async ([accounts, n]) => {
      for (let i = 0; i < accounts; i++)
        await globalThis.doc.put({ TableName: 'counters', Item: { id: `account ${i}`, n } });
    },
    [ACCOUNTS, MONEY],
  );
  await first.close();
  let unknown = 0;
  let gone = 0;
  while (history.length < OPERATIONS) {
    const many = 2 + Math.floor(random() * (MOST_TABS - 1));
    while (tabs.size < many) await join();
    await pause(50 + random() * 250);
    const [number, { page, lanes }] = pick([...tabs]);
    const way = pick(Object.keys(leaves));
    // Firefox cannot be told to freeze a page: it is closed.
    if (way !== 'freeze' || browserName !== 'chromium') site.leaves(page);
    const stays = await leaves[way](page);
    if (stays) continue;
    if (!page.isClosed()) await page.close().catch(() => undefined);
    tabs.delete(number);
    unknown += lanes;
    gone++;
  }
  for (const { page } of tabs.values()) {
    await page.evaluate(() => {
      globalThis.over = true;
      return globalThis.lanes;
    });
  }
  const [{ page }] = tabs.values();
  const final = await page.evaluate(async () => {
    const { Items } = await globalThis.doc.scan({ TableName: 'counters', ConsistentRead: true });
    return Object.fromEntries(Items.map(({ id, n }) => [id, n]));
  });
  const { problems } = await page.evaluate(() => globalThis.db.verify());
  return { history, final, problems, unknown, gone, complaints: site.complaints };
}

for (const browserName of ['chromium', 'firefox']) {
  describe(browserName, { skip: !findBrowser(browserName) }, () => {
    for (const [way, options] of Object.entries(WAYS)) {
      test(`${way}: there is an order that explains every answer`, async (t) => {
        const { history, final, problems, unknown, gone, complaints } = await run(
          t,
          browserName,
          options,
          `history ${way}`,
        );
        assert.deepEqual(problems, []);
        assert.deepEqual(complaints, []);
        const found = explain(history, final, { unknown, accounts: ACCOUNTS, money: MONEY });
        t.diagnostic(
          `${history.length} operations, ${gone} tabs went, ${found} calls of theirs were carried out`,
        );
      });
    }
  });
}
