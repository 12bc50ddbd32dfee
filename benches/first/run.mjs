// A new page in a running browser, from the beginning of its navigation to the first acknowledged write: with an empty
// HTTP cache, and with one that has everything.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { spread } from '../lib/spread.mjs';

const ROUNDS = 9;
/** The entry of each page, and how often it is asked. */
const PAGES = { dynatab: ROUNDS, dexie: ROUNDS, sqlite: ROUNDS, pglite: 3 };
const NAMES = { dynatab: 'dynatab', dexie: 'Dexie', sqlite: 'sqlite-wasm, OPFS', pglite: 'PGlite, relaxed' };

async function bundle(out) {
  const esbuild = await import('esbuild');
  mkdirSync(out, { recursive: true });
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: [...Object.keys(PAGES), 'sqlite-first'].map((name) => `benches/first/${name}.ts`),
    outdir: out,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
    alias: { dynatab: join(ROOT, 'pkg/dist/browser.js') },
    tsconfigRaw: {},
  });
  for (const name of Object.keys(PAGES)) {
    const html = `<!doctype html><link rel="icon" href="data:," /><script type="module" src="/${name}.js"></script>`;
    writeFileSync(join(out, `${name}.html`), html);
  }
}

export async function first() {
  const { chromium } = await import('playwright-core');
  const out = join(ROOT, 'target/bench/first');
  await bundle(out);
  const packages = join(ROOT, 'benches/node_modules');
  const mounts = {
    '/': out,
    '/engine.wasm': join(ROOT, 'pkg/dist/engine.wasm'),
    '/pglite/': join(packages, '@electric-sql/pglite/dist'),
    '/sqlite/': join(packages, '@sqlite.org/sqlite-wasm/dist'),
  };
  const server = await serveFiles(mounts, 0, { cache: 'max-age=3600' });
  const data = mkdtempSync(join(tmpdir(), 'dynatab-first-'));
  const context = await chromium.launchPersistentContext(data, chromiumOptions());
  const samples = { empty: new Map(), full: new Map() };
  try {
    // The browser runs: a page has been here before.
    const keeper = await context.newPage();
    await keeper.goto(`${server.url}/dexie.html`);
    const visit = async (name, empty) => {
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      if (empty) await session.send('Network.clearBrowserCache');
      await page.goto(`${server.url}/${name}.html`);
      await page.waitForFunction(() => 'first' in globalThis);
      const { first, script } = await page.evaluate(() => ({
        first: globalThis.first,
        script: globalThis.script,
      }));
      await page.close();
      if (typeof first !== 'number') throw new Error(`${name}: ${first}`);
      return { navigation: first, script: first - script };
    };
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, rounds] of Object.entries(PAGES)) {
        if (round >= rounds) continue;
        for (const [cache, list] of Object.entries(samples)) {
          list.set(name, [...(list.get(name) ?? []), await visit(name, cache === 'empty')]);
        }
      }
    }
  } finally {
    await context.close();
    await server.close();
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
  const report = (cache, words, most) => {
    const list = samples[cache];
    const times = (name, from) => list.get(name).map((sample) => sample[from]);
    const figures = [...list.keys()].flatMap((name) =>
      ['script', 'navigation'].map((from) => {
        const rounds = times(name, from);
        return { name: `${NAMES[name]}, from ${from}`, unit: 'ms', ...spread(rounds), rounds };
      }),
    );
    const ours = spread(times('dynatab', 'script'));
    const rounds = times('dynatab', 'script').map((ms, i) => times('sqlite', 'script')[i] / ms);
    const beside = spread(rounds);
    return {
      bench: `first durable write of a new page, ${words}`,
      figures,
      ratios: [
        { what: 'dynatab, ms', ...ours, target: `under ${most}`, met: ours.median < most },
        { what: 'dynatab / sqlite-wasm', ...beside, target: 'at least 2', met: beside.median >= 2 },
      ],
      notes: [
        "from the start of the page's script, its imports not counted, and from the start of the navigation",
      ],
    };
  };
  return [report('empty', 'empty HTTP cache', 60), report('full', 'cached', 25)];
}
