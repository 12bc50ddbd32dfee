// Two versions of the package that do not understand each other, in two tabs of one origin.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import * as esbuild from 'esbuild';
import { ROOT } from '../../../scripts/lib/run.mjs';
import { COMMON } from '../../../scripts/build.mjs';
import { serveFiles } from '../../../scripts/lib/static.mjs';
import { launch } from '../browser.mjs';
import { add, get, open } from './lib.mjs';

let folder;
let server;
let browser;

/** The package as it is, with a protocol of a later version. */
async function buildNext(to) {
  const later = {
    name: 'later',
    setup(build) {
      build.onLoad({ filter: /port\/protocol\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        const contents = text.replace(
          /const VERSION = (\d+);/,
          (_, version) => `const VERSION = ${Number(version) + 1};`,
        );
        assert.notEqual(contents, text);
        return { contents, loader: 'ts' };
      });
    },
  };
  await esbuild.build({
    ...COMMON,
    entryPoints: ['pkg/src/entry/browser.ts'],
    outfile: join(to, 'browser.js'),
    plugins: [...COMMON.plugins, later],
  });
  for (const name of ['engine.wasm', 'engine.more.wasm', 'broker.js'])
    cpSync(join(ROOT, 'pkg/dist', name), join(to, name));
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dynatab-next-'));
  await buildNext(folder);
  server = await serveFiles({ '/': join(ROOT, 'tests/browser/pages'), '/dist/': join(ROOT, 'pkg/dist') });
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A tab of the site, with one version of the package below /dist/. */
async function tab(next) {
  const page = await browser.context.newPage();
  if (next)
    await page.route('**/dist/*', async (route) => {
      const name = new URL(route.request().url()).pathname.split('/').at(-1);
      const contentType = name.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
      await route.fulfill({ body: readFileSync(join(folder, name)), contentType });
    });
  await page.goto(`${server.url}/blank.html`);
  return page;
}

test('the later one takes the database, and the earlier is told to load the page again', async () => {
  const earlier = await tab(false);
  await open(earlier, 'versions');
  assert.deepEqual(await add(earlier, 'n', 3), [1, 2, 3]);
  const told = earlier.evaluate(() => new Promise((done) => globalThis.db.on('failed', done)));
  const later = await tab(true);
  await open(later, 'versions');
  assert.equal(await get(later, 'n'), 3);
  assert.match(await told, /later version of this package: load this page again/);
  await assert.rejects(add(earlier, 'n'), /DatabaseClosedException.*load this page again/);
  assert.deepEqual(await add(later, 'n', 2), [4, 5]);

  // Nor can one be opened beside it; once it is closed, it can.
  const another = await tab(false);
  await assert.rejects(open(another, 'versions'), /DatabaseLockedError.*load this page again/);
  await later.close();
  await open(another, 'versions');
  assert.deepEqual(await add(another, 'n'), [6]);
  await another.close();
  await earlier.close();
});
