// What a page holds in memory with 10,000 items in its database, each database in a browser of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { spread } from '../lib/spread.mjs';

const ROUNDS = 3;
const OURS = 'dynatab, IndexedDB relaxed';
const NAMES = [
  OURS,
  'dynatab, memory',
  'raw IndexedDB, relaxed',
  'Dexie, relaxed',
  'RxDB, Dexie storage',
  'PGlite, IndexedDB relaxed',
  'sqlite-wasm, OPFS FULL',
];
/** Only pages that are isolated may ask what they hold. */
export const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

async function measure(url, name) {
  const { chromium } = await import('playwright-core');
  const profile = mkdtempSync(join(tmpdir(), 'dynatab-memory-'));
  const options = chromiumOptions();
  // Otherwise it waits for the next collection of garbage.
  options.args.push('--enable-blink-features=ForceEagerMeasureMemory');
  const context = await chromium.launchPersistentContext(profile, options);
  try {
    const page = await context.newPage();
    await page.goto(`${url}/`);
    await page.waitForFunction(() => 'memoryOf' in window);
    return (await page.evaluate((name) => window.memoryOf(name), name)) / (1 << 20);
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `url` is of the page of benches, served as `ISOLATED` says. */
export async function memory(url) {
  const rounds = new Map(NAMES.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of NAMES) rounds.get(name).push(await measure(url, name));
  }
  const figures = NAMES.map((name) => ({
    name,
    unit: 'MiB',
    ...spread(rounds.get(name)),
    rounds: rounds.get(name),
  }));
  const ratios = ['sqlite-wasm, OPFS FULL', 'PGlite, IndexedDB relaxed', 'Dexie, relaxed'].map((peer) => ({
    what: `${OURS} / ${peer}`,
    ...spread(rounds.get(OURS).map((mib, round) => mib / rounds.get(peer)[round])),
  }));
  return [
    {
      bench: 'memory: a page with 10,000 items',
      figures,
      ratios,
      notes: [
        'what performance.measureUserAgentSpecificMemory counts after the items were written, 1,000 got and a range read, less what the page had before',
        "a browser's own process, where IndexedDB keeps its caches, is not in it",
      ],
    },
  ];
}
