// The size budget of the main browser entry: its JavaScript and the wasm, as a user downloads them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { STD } from './build.mjs';
import { Failure, main, ROOT } from './lib/run.mjs';

/** Gzip bytes that the two files together are meant to have. */
const AIM = 180 * 1024;
/** What they may have; by the standard library inside. With the shipped one the engine is not split: all is in one file. */
const BUDGETS = { own: 262 * 1024, shipped: 320 * 1024 };
const BUDGET = BUDGETS[readFileSync(join(ROOT, STD), 'utf8')];
const ENTRY = ['pkg/dist/browser.js', 'pkg/dist/engine.wasm'];

/** Raw, gzip and brotli bytes of a file. */
function measure(path) {
  const bytes = readFileSync(join(ROOT, path));
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli.length };
}

const row = (name, cells) =>
  console.log(name.padEnd(24) + cells.map((cell) => String(cell).padStart(12)).join(''));
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`;

await main(() => {
  row('', ['raw', 'gzip', 'brotli']);
  const total = { raw: 0, gzip: 0, brotli: 0 };
  for (const path of ENTRY) {
    const size = measure(path);
    row(path, Object.values(size).map(kib));
    for (const key of Object.keys(total)) total[key] += size[key];
  }
  row('together', Object.values(total).map(kib));
  row('pkg/dist/engine.more.wasm', Object.values(measure('pkg/dist/engine.more.wasm')).map(kib));
  if (total.gzip > BUDGET)
    throw new Failure(`the browser entry is ${kib(total.gzip)} gzip, over its budget of ${kib(BUDGET)}`);
  console.log(`within the budget of ${kib(BUDGET)} gzip; the aim is ${kib(AIM)}`);
});
