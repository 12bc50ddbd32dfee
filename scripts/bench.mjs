// Measures dynatab beside raw IndexedDB and Dexie in one page of the machine's Chromium, in turns, and prints what
// matters as ratios: `npm run bench` for all, `npm run bench -- put get` for some. The figures also go to
// target/bench/results.json. Nothing fails here: timings depend on the machine and on what else it does.
//
// `--profile` prints the hottest functions too, and writes a CPU profile for the developer tools of a browser. It takes
// the engine as rustc left it, since the names of its functions are gone from the optimised one.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from './build.mjs';
import { chromiumOptions } from './lib/browser.mjs';
import { elapsed, Failure, main, ROOT } from './lib/run.mjs';
import { hottest } from './lib/profile.mjs';
import { serveFiles } from './lib/static.mjs';
import { setup } from './setup.mjs';

const NAMES = ['put', 'concurrent', 'bulk', 'get', 'boundary', 'open', 'range', 'size'];
const OUT = join(ROOT, 'target/bench');
const BUDGET = 180 * 1024;

/** The page with everything it measures; dynatab as the package ships it. */
async function bundle(profile) {
  const esbuild = await import('esbuild');
  mkdirSync(OUT, { recursive: true });
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: ['benches/page.ts'],
    outfile: join(OUT, 'page.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'warning',
    alias: { dynatab: join(ROOT, 'pkg/dist/browser.js') },
    tsconfigRaw: {},
  });
  copyFileSync(
    join(ROOT, profile ? 'pkg/wasm/dynatab_bg.wasm' : 'pkg/dist/engine.wasm'),
    join(OUT, 'engine.wasm'),
  );
  writeFileSync(
    join(OUT, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><title>bench</title><script type="module" src="page.js"></script>',
  );
}

/** Significant digits for a person. */
function show(value) {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function print({ bench, figures, ratios, notes }) {
  console.log(`\n${bench}`);
  for (const { name, unit, median, low, high } of figures) {
    console.log(
      `  ${name.padEnd(34)}${show(median).padStart(10)} ${unit.padEnd(11)} ${show(low)} to ${show(high)}`,
    );
  }
  for (const { what, median, low, high, target, met } of ratios) {
    const judged = target ? `  target: ${target}  ${met ? 'met' : 'NOT MET'}` : '';
    console.log(`  ${what.padEnd(58)}${show(median).padStart(8)}  (${show(low)} to ${show(high)})${judged}`);
  }
  for (const note of notes) console.log(`  ${note}`);
}

/** Size of the main browser entry, as `scripts/size.mjs` judges it. */
function size() {
  const files = ['pkg/dist/browser.js', 'pkg/dist/engine.wasm'];
  const kib = (bytes) => bytes / 1024;
  const figures = files.map((path) => {
    const gzip = kib(gzipSync(readFileSync(join(ROOT, path)), { level: 9 }).length);
    return { name: path, unit: 'KiB gzip', median: gzip, low: gzip, high: gzip, rounds: [gzip] };
  });
  const total = figures.reduce((sum, { median }) => sum + median, 0);
  const target = `at most ${kib(BUDGET)}`;
  const ratio = {
    what: 'together, KiB gzip',
    median: total,
    low: total,
    high: total,
    target,
    met: total <= kib(BUDGET),
  };
  return { bench: 'size', figures, ratios: [ratio], notes: [] };
}

async function profiled(page, name, work) {
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: 200 });
  await session.send('Profiler.start');
  const report = await work();
  const { profile } = await session.send('Profiler.stop');
  writeFileSync(join(OUT, `${name}.cpuprofile`), JSON.stringify(profile));
  for (const line of hottest(profile)) console.log(line);
  return report;
}

/** Runs benches in one page, telling `each` report as it comes. */
async function inChromium(names, profile, each) {
  const { chromium } = await import('playwright-core');
  const server = await serveFiles({ '/': OUT });
  const data = mkdtempSync(join(tmpdir(), 'dynatab-bench-'));
  let context;
  try {
    context = await chromium.launchPersistentContext(data, chromiumOptions());
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(`page: ${error.message}`));
    page.on('console', (message) => console.log(`page: ${message.text()}`));
    await page.goto(`${server.url}/`);
    await page.waitForFunction(() => 'runBench' in window);
    for (const name of names) {
      const work = () => page.evaluate((name) => window.runBench(name), name);
      try {
        each(await (profile ? profiled(page, name, work) : work()));
      } catch (error) {
        console.log(`\n${name}\n  could not be measured: ${error.message}`);
      }
    }
    return context.browser()?.version() ?? '';
  } finally {
    await context?.close();
    await server.close();
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  }
}

await main(async () => {
  const start = Date.now();
  const args = process.argv.slice(2);
  const profile = args.includes('--profile');
  const asked = args.filter((arg) => arg !== '--profile');
  const unknown = asked.find((name) => !NAMES.includes(name));
  if (unknown) throw new Failure(`no bench is called ${unknown}; there are: ${NAMES.join(', ')}`);
  const names = asked.length ? NAMES.filter((name) => asked.includes(name)) : NAMES;
  await setup();
  await build();
  await bundle(profile);
  const reports = [];
  const each = (report) => {
    reports.push(report);
    print(report);
  };
  const load = loadavg().map((value) => Number(value.toFixed(2)));
  const inPage = names.filter((name) => name !== 'size');
  if (inPage.length) await inChromium(inPage, profile, each);
  if (names.includes('size')) each(size());
  const results = { date: new Date().toISOString(), cores: cpus().length, load, reports };
  writeFileSync(join(OUT, 'results.json'), `${JSON.stringify(results, null, 1)}\n`);
  const judged = reports.flatMap(({ ratios }) => ratios).filter(({ met }) => met !== undefined);
  const met = judged.filter(({ met }) => met).length;
  console.log(`\n${met} of ${judged.length} targets met; medians of rounds in turns, ${elapsed(start)}`);
});
