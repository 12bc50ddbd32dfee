// Measures dynatab beside what people would take otherwise, in turns, and prints what matters as ratios:
// `npm run bench` for all, `npm run bench -- put get` for some. The figures also go to target/bench, as results.json and
// as a page, report.html; with `--write` to docs/benchmarks.md too. Nothing fails here: timings depend on the machine
// and on what else it does.
//
// `--profile` prints the hottest functions too, and writes a CPU profile for the developer tools of a browser. It takes
// the engine with the names of its functions, which are gone from the packed one.

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from './build.mjs';
import { chromiumOptions } from './lib/browser.mjs';
import { elapsed, Failure, main, ROOT, run } from './lib/run.mjs';
import { hottest } from './lib/profile.mjs';
import { serveFiles } from './lib/static.mjs';
import { durableObject } from '../benches/durable-object/run.mjs';
import { first } from '../benches/first/run.mjs';
import { http } from '../benches/http/run.mjs';
import { inProcess } from '../benches/http/in-process.mjs';
import { memory } from '../benches/memory/run.mjs';
import { native } from '../benches/native/run.mjs';
import { markdown } from '../benches/report/markdown.mjs';
import { page as reportPage } from '../benches/report/page.mjs';
import { figure as show } from '../benches/report/words.mjs';
import { serve } from '../benches/serve.mjs';
import { tabs } from '../benches/tabs/run.mjs';
import { buildNamed } from './lib/named.mjs';
import { install } from './lib/packages.mjs';
import { installPeer } from './lib/peers.mjs';
import { setup } from './setup.mjs';

/** What runs in one page of Chromium. */
const IN_PAGE = [
  'put',
  'concurrent',
  'bulk',
  'get',
  'boundary',
  'open',
  'range',
  'transactions',
  'load',
  'large',
  'million',
  'soak',
  'peers',
  'opfs',
  'encryption',
];
/** What runs elsewhere. */
const OTHERS = {
  memory: ownPages,
  first,
  tabs,
  http: () => http(console.log),
  process: () => inProcess(console.log),
  serve,
  'durable-object': durableObject,
  native,
  size: () => [size()],
};
const NAMES = [...IN_PAGE, ...Object.keys(OTHERS)];
const OUT = join(ROOT, 'target/bench');
const BUDGET = 180 * 1024;

/** The page with everything it measures; dynatab as the package ships it. */
async function bundle(profile) {
  const esbuild = await import('esbuild');
  mkdirSync(OUT, { recursive: true });
  const named = join(OUT, 'named');
  if (profile) await buildNamed(named);
  const dist = profile ? named : join(ROOT, 'pkg/dist');
  await esbuild.build({
    absWorkingDir: ROOT,
    entryPoints: { page: 'benches/page.ts', 'sqlite-worker': 'benches/peers/sqlite-worker.ts' },
    outdir: OUT,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
    logLevel: 'warning',
    alias: { dynatab: join(dist, 'browser.js') },
    tsconfigRaw: {},
  });
  for (const name of ['engine.wasm', 'engine.more.wasm', 'worker.js', 'broker.js']) {
    if (existsSync(join(dist, name))) copyFileSync(join(dist, name), join(OUT, name));
  }
  writeFileSync(
    join(OUT, 'index.html'),
    '<!doctype html><link rel="icon" href="data:,"><title>bench</title><script type="module" src="page.js"></script>',
  );
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

/** The entries as they are downloaded, and what a page of each peer downloads. */
function size() {
  const modules = 'benches/node_modules';
  const sizes = {
    dynatab: ['pkg/dist/browser.js', 'pkg/dist/engine.wasm'],
    Dexie: [`${modules}/dexie/dist/modern/dexie.min.mjs`],
    'sqlite-wasm': ['index.mjs', 'sqlite3.wasm'].map(
      (name) => `${modules}/@sqlite.org/sqlite-wasm/dist/${name}`,
    ),
    PGlite: ['pglite.wasm', 'pglite.data', 'index.js'].map(
      (name) => `${modules}/@electric-sql/pglite/dist/${name}`,
    ),
  };
  const packers = {
    raw: (bytes) => bytes,
    gzip: (bytes) => gzipSync(bytes, { level: 9 }),
    brotli: (bytes) => brotliCompressSync(bytes),
  };
  const figures = Object.entries(sizes).flatMap(([name, paths]) =>
    Object.entries(packers).map(([packer, pack]) => {
      const kib = paths.reduce((sum, path) => sum + pack(readFileSync(join(ROOT, path))).length / 1024, 0);
      return { name: `${name}, ${packer}`, unit: 'KiB', median: kib, low: kib, high: kib, rounds: [kib] };
    }),
  );
  const { median } = figures.find(({ name }) => name === 'dynatab, gzip');
  const most = BUDGET / 1024;
  const ratio = { what: 'dynatab, KiB gzip', median, low: median, high: median, target: `at most ${most}` };
  return { bench: 'size', figures, ratios: [{ ...ratio, met: median <= most }], notes: [] };
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

/** Serves the page of benches. */
function servePage() {
  const packages = join(ROOT, 'benches/node_modules');
  return serveFiles({
    '/': OUT,
    '/pglite/': join(packages, '@electric-sql/pglite/dist'),
    '/sqlite/': join(packages, '@sqlite.org/sqlite-wasm/dist'),
  });
}

/** What pages of their own hold. */
async function ownPages() {
  const server = await servePage();
  try {
    return await memory(server.url);
  } finally {
    await server.close();
  }
}

/** Runs benches in one page, telling `each` report as it comes. */
async function inChromium(names, profile, each) {
  const { chromium } = await import('playwright-core');
  const server = await servePage();
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
        const reports = await (profile ? profiled(page, name, work) : work());
        for (const report of [reports].flat()) each(report);
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
  const { values, positionals: asked } = parseArgs({
    options: { profile: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const unknown = asked.find((name) => !NAMES.includes(name));
  if (unknown) throw new Failure(`no bench is called ${unknown}; there are: ${NAMES.join(', ')}`);
  const names = asked.length ? NAMES.filter((name) => asked.includes(name)) : NAMES;
  await setup();
  await build();
  await install('benches');
  if (names.includes('http') || names.includes('process')) await installPeer('dynoxide');
  await bundle(values.profile);
  const reports = [];
  const each = (report) => {
    reports.push(report);
    print(report);
  };
  const load = loadavg().map((value) => Number(value.toFixed(2)));
  const software = [`Node ${process.versions.node}`];
  const inPage = names.filter((name) => IN_PAGE.includes(name));
  if (inPage.length) software.push(`Chromium ${await inChromium(inPage, values.profile, each)}`);
  for (const name of names.filter((name) => name in OTHERS))
    for (const report of await OTHERS[name]()) each(report);
  const command = ['npm run bench', ...(asked.length ? ['--', ...asked] : [])].join(' ');
  const meta = { command, date: new Date().toISOString(), cores: cpus().length, load, software };
  writeFileSync(join(OUT, 'results.json'), `${JSON.stringify({ ...meta, reports }, null, 1)}\n`);
  writeFileSync(join(OUT, 'report.html'), reportPage(reports, meta));
  if (values.write) {
    const path = join(ROOT, 'docs/benchmarks.md');
    writeFileSync(path, markdown(reports, meta, asked.length ? readFileSync(path, 'utf8') : undefined));
  }
  const judged = reports.flatMap(({ ratios }) => ratios).filter(({ met }) => met !== undefined);
  const met = judged.filter(({ met }) => met).length;
  console.log(`\n${met} of ${judged.length} targets met; medians of rounds in turns, ${elapsed(start)}`);
  console.log(`as a page: ${join(OUT, 'report.html')}`);
});
