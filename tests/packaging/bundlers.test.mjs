// A small application through bundlers as they come, without a setting for the package: it works, and has one engine.

import assert from 'node:assert/strict';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { makeProfile, removeProfile } from '../browser/browser.mjs';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { require, workspace } from './lib.mjs';

const APP = fileURLToPath(new URL('app', import.meta.url));
const PAGE =
  '<!doctype html><link rel="icon" href="data:," /><script type="module" src="./main.js"></script>';

let space;
let profile;
let context;
before(async () => {
  space = workspace();
  cpSync(APP, space.folder, { recursive: true });
  writeFileSync(join(space.folder, 'index.html'), PAGE);
  profile = makeProfile();
  context = await chromium.launchPersistentContext(profile, chromiumOptions());
});
after(async () => {
  await context?.close();
  removeProfile(profile);
  space?.remove();
});

/** What a built application shows, twice: the second visit finds what the first one kept. */
async function visit(folder, engines) {
  const emitted = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.wasm'));
  assert.equal(emitted.length, engines, `engines: ${emitted}`);
  const server = await serveFiles({ '/': folder });
  const page = await context.newPage();
  try {
    for (const expected of ['seen 1', 'seen 2']) {
      await page.goto(`${server.url}/`);
      await page.waitForFunction(() => document.title !== '');
      assert.equal(await page.title(), expected);
    }
  } finally {
    await page.close();
    await server.close();
  }
}

/** A folder for what a bundler makes. */
const made = (name) => join(space.folder, `dist-${name}`);

test('Vite', async () => {
  const vite = await import(require.resolve('vite'));
  const { folder: root } = space;
  await vite.build({ root, configFile: false, logLevel: 'warn', build: { outDir: made('vite') } });
  await visit(made('vite'), 2);
});

test('webpack', async () => {
  const webpack = require('webpack');
  const compiler = webpack({
    mode: 'production',
    context: space.folder,
    entry: './main.js',
    output: { path: made('webpack'), filename: 'main.js' },
    // What it says of sizes is no fault.
    performance: { hints: false },
  });
  const stats = await new Promise((resolve, reject) =>
    compiler.run((error, stats) => (error ? reject(error) : resolve(stats))),
  );
  assert.equal(stats.hasErrors() || stats.hasWarnings(), false, stats.toString());
  writeFileSync(join(made('webpack'), 'index.html'), PAGE);
  await visit(made('webpack'), 2);
});

for (const [name, engines] of [
  ['slim', 2],
  ['inline', 0],
]) {
  test(`esbuild, ${name}`, async () => {
    const { warnings } = await build({
      absWorkingDir: space.folder,
      entryPoints: [{ in: `${name}.js`, out: 'main' }],
      outdir: made(name),
      bundle: true,
      format: 'esm',
      loader: { '.wasm': 'file' },
      logLevel: 'silent',
    });
    assert.deepEqual(warnings, []);
    writeFileSync(join(made(name), 'index.html'), PAGE);
    await visit(made(name), engines);
  });
}
