// Two tabs on one database: what a call costs the one that does not own it, for each way between them.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { spread } from '../lib/spread.mjs';

const ROUNDS = 7;
const WAYS = {
  'over a port': {},
  'over a BroadcastChannel': { broker: null },
  'over a port, engine in a worker': { worker: true },
};

/** Runs in a tab: opens the database. */
async function open([name, options]) {
  const { open } = await import('/dist/browser.js');
  const db = await open({
    name,
    tables: [
      {
        TableName: 'items',
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      },
    ],
    ...options,
  });
  globalThis.doc = db.documentClient();
  await globalThis.doc.put({ TableName: 'items', Item: { id: 'a', text: 'x'.repeat(500), list: [1, 2, 3] } });
}

/** Runs in a tab: gets one after the other, gets of 32 at once, puts one after the other. */
async function round() {
  const { doc } = globalThis;
  const get = () => doc.get({ TableName: 'items', Key: { id: 'a' } });
  // Clocks of pages are coarse: twenty calls at a time.
  const times = [];
  for (let i = 0; i < 50; i++) {
    const began = performance.now();
    for (let n = 0; n < 20; n++) await get();
    times.push((performance.now() - began) / 20);
  }
  const micros = times.sort((a, b) => a - b)[25] * 1_000;
  const COUNT = 16_000;
  let left = COUNT;
  const began = performance.now();
  const lane = async () => {
    while (left-- > 0) await get();
  };
  await Promise.all(Array.from({ length: 32 }, lane));
  const perSecond = COUNT / ((performance.now() - began) / 1_000);
  const start = performance.now();
  for (let i = 0; i < 200; i++)
    await doc.put({ TableName: 'items', Item: { id: `p${i}`, text: 'x'.repeat(500) } });
  return { micros, perSecond, put: (performance.now() - start) / 200 };
}

export async function tabs() {
  const { chromium } = await import('playwright-core');
  const mounts = { '/': join(ROOT, 'tests/browser/pages'), '/dist/': join(ROOT, 'pkg/dist') };
  const server = await serveFiles(mounts, 0);
  const data = mkdtempSync(join(tmpdir(), 'dynatab-tabs-'));
  const context = await chromium.launchPersistentContext(data, chromiumOptions());
  const pairs = [];
  try {
    for (const [way, options] of Object.entries(WAYS)) {
      const pair = { way, owner: [], client: [] };
      for (const role of ['owner', 'client']) {
        const page = await context.newPage();
        await page.goto(`${server.url}/blank.html`);
        await page.evaluate(open, [way, options]);
        pair[`${role}Page`] = page;
      }
      pairs.push(pair);
    }
    for (let i = 0; i <= ROUNDS; i++) {
      for (const pair of pairs) {
        for (const role of ['owner', 'client']) {
          const page = pair[`${role}Page`];
          await page.bringToFront();
          const sample = await page.evaluate(round);
          // The first round warms up.
          if (i > 0) pair[role].push(sample);
        }
      }
    }
  } finally {
    await context.close();
    await server.close();
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
  const figure = (name, unit, rounds) => ({ name, unit, ...spread(rounds), rounds });
  const figures = pairs.flatMap(({ way, owner, client }) =>
    [
      ['the owner', owner],
      ['another tab', client],
    ].flatMap(([who, samples]) => [
      figure(
        `get, ${who}, ${way}`,
        'µs',
        samples.map(({ micros }) => micros),
      ),
      figure(
        `gets of 32 at once, ${who}, ${way}`,
        'per second',
        samples.map(({ perSecond }) => perSecond),
      ),
      figure(
        `awaited put, ${who}, ${way}`,
        'ms',
        samples.map(({ put }) => put),
      ),
    ]),
  );
  const [port] = pairs;
  const get = spread(port.client.map(({ micros }) => micros));
  const many = spread(port.client.map(({ perSecond }) => perSecond));
  return [
    {
      bench: 'two tabs on one database',
      figures,
      ratios: [
        { what: 'get from another tab over a port, µs', ...get, target: 'under 150', met: get.median < 150 },
        {
          what: 'gets of 32 at once from another tab over a port',
          ...many,
          target: 'at least 20,000',
          met: many.median >= 20_000,
        },
      ],
      notes: ['a hot item of 500 bytes; the time of a get is the median of fifty times twenty'],
    },
  ];
}
