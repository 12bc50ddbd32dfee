// What a page holds in memory with 10,000 items in its database, each database in a browser of its own: the process of
// the page, and all processes of the browser together, for storage costs memory outside the page too.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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

/** MiB that a process has for itself. Linux only. */
function own(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = (kind) => Number(new RegExp(`^${kind}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
  return (kib('Private_Dirty') + kib('Private_Clean') + kib('Swap')) / 1024;
}

/** MiB of the page's process and of all. */
async function look(browser, session) {
  await session.send('HeapProfiler.collectGarbage');
  await new Promise((done) => setTimeout(done, 500));
  const { processInfo } = await browser.send('SystemInfo.getProcessInfo');
  const sum = (list) => list.reduce((total, { id }) => total + own(id), 0);
  return { page: sum(processInfo.filter(({ type }) => type === 'renderer')), browser: sum(processInfo) };
}

async function measure(url, name) {
  const { chromium } = await import('playwright-core');
  const profile = mkdtempSync(join(tmpdir(), 'dynatab-memory-'));
  const context = await chromium.launchPersistentContext(profile, chromiumOptions());
  try {
    const page = await context.newPage();
    await page.goto(`${url}/`);
    await page.waitForFunction(() => 'useDatabase' in window);
    const session = await context.newCDPSession(page);
    const browser = await context.browser().newBrowserCDPSession();
    const before = await look(browser, session);
    await page.evaluate((name) => window.useDatabase(name), name);
    const after = await look(browser, session);
    return { page: after.page - before.page, browser: after.browser - before.browser };
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `url` is of the page of benches. */
export async function memory(url) {
  if (process.platform !== 'linux') return [];
  const found = new Map(NAMES.map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of NAMES) found.get(name).push(await measure(url, name));
  }
  const rounds = (name, of) => found.get(name).map((sample) => sample[of]);
  const figures = NAMES.flatMap((name) =>
    ['page', 'browser'].map((of) => ({
      name: `${name}, ${of}`,
      unit: 'MiB',
      ...spread(rounds(name, of)),
      rounds: rounds(name, of),
    })),
  );
  const ratios = ['sqlite-wasm, OPFS FULL', 'PGlite, IndexedDB relaxed', 'Dexie, relaxed'].map((peer) => ({
    what: `${OURS} / ${peer}, browser`,
    ...spread(rounds(OURS, 'browser').map((mib, round) => mib / rounds(peer, 'browser')[round])),
  }));
  return [
    {
      bench: 'memory: 10,000 items',
      figures,
      ratios,
      notes: [
        'what processes have for themselves after the items were written, 1,000 got and a range read, less what they had on the same page before: the process of the page, and the whole browser',
      ],
    },
  ];
}
