// Tabs of one browser on one database, in Chromium and in Firefox.

import puppeteer from 'puppeteer-core';
import { firefoxOptions } from '../../../scripts/lib/browser.mjs';
import { launch, serveTestPages } from '../browser.mjs';

/** The ways between tabs: ports of the SharedWorker, a BroadcastChannel, and ports into a worker that has the engine; and OPFS. */
export const WAYS = {
  'through the broker': {},
  'over a BroadcastChannel': { broker: null },
  'with the engine in a worker': { worker: true },
  'on OPFS': { worker: true, storage: 'opfs' },
  'on OPFS, with the engine in the page': { storage: 'opfs' },
};

export const TABLE = 'counters';
const SCHEMA = {
  TableName: TABLE,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
};

/** A browser, a site and what opens tabs of it. */
export async function start(name = 'chromium') {
  const server = await serveTestPages();
  const browser = name === 'chromium' ? await launch() : await firefox();
  const complaints = [];
  const gone = new Set();
  return {
    complaints,
    /** What a tab that is going complains about is none of anybody's. */
    leaves: (page) => gone.add(page),
    /** A new tab; `init` runs in it before anything else. */
    async tab(init) {
      const page = await (browser.context ?? browser).newPage();
      page.on('pageerror', (error) => gone.has(page) || complaints.push(String(error)));
      if (init) await (page.addInitScript ?? page.evaluateOnNewDocument).call(page, init);
      await page.goto(`${server.url}/blank.html`);
      return page;
    },
    async stop() {
      await browser.close();
      await server.close();
    },
  };
}

const firefox = () => puppeteer.launch(firefoxOptions());

/** Opens a database in a tab as `db`, `doc`; an error is thrown here. */
export const open = (page, name, options = {}) =>
  page.evaluate(
    async ([name, options, schema]) => {
      const { open } = await import('/dist/browser.js');
      globalThis.db = await open({ name, tables: [schema], ...options });
      globalThis.doc = globalThis.db.documentClient();
      return globalThis.db.persistence.kind;
    },
    [name, options, SCHEMA],
  );

/** Adds one to the counter so often, one after the other; gives the counts that were answered. */
export const add = (page, id, times = 1) =>
  page.evaluate(
    async ([TableName, id, times]) => {
      const counts = [];
      for (let i = 0; i < times; i++) {
        const { Attributes } = await globalThis.doc.update({
          TableName,
          Key: { id },
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': 1 },
          ReturnValues: 'ALL_NEW',
        });
        counts.push(Attributes.n);
      }
      return counts;
    },
    [TABLE, id, times],
  );

export const get = (page, id) =>
  page.evaluate(
    async ([TableName, id]) =>
      (await globalThis.doc.get({ TableName, Key: { id }, ConsistentRead: true })).Item?.n,
    [TABLE, id],
  );

/** From one number to another. */
export const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
