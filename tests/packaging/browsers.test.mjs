// The suite over the packed package in pages: Chromium, Firefox, and WebKit where its driver is.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { makeProfile, removeProfile } from '../browser/browser.mjs';
import { chromiumOptions, findBrowser, missingBrowser, missingWebKit } from '../../scripts/lib/browser.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { PACKED } from '../../scripts/pack.mjs';
import { program, report, workspace } from './lib.mjs';
import { openWebKit } from './webkit.mjs';

const POLICY = "script-src 'self' 'wasm-unsafe-eval'";

/** Counts what the package asks of the page before and after `open`. */
const WATCH = `
  globalThis.seen = { streaming: 0, buffered: 0, timers: 0, fetches: 0, storage: 0 };
  const count = (object, name, key) => {
    const own = object?.[name];
    // What is compiled already is not compiled again.
    const counts = (given) => !(given instanceof WebAssembly.Module);
    if (own) object[name] = function (...args) { seen[key] += counts(args[0]); return own.apply(this, args); };
  };
  count(WebAssembly, 'instantiateStreaming', 'streaming');
  count(WebAssembly, 'compileStreaming', 'streaming');
  count(WebAssembly, 'instantiate', 'buffered');
  count(WebAssembly, 'compile', 'buffered');
  count(globalThis, 'setTimeout', 'timers');
  count(globalThis, 'fetch', 'fetches');
  count(IDBFactory.prototype, 'open', 'storage');`;

let server;
let space;
before(async () => {
  space = workspace();
  await program('page.ts', join(space.folder, 'page.js'), { platform: 'browser' });
  const map = JSON.stringify({ imports: { dynatab: '/dynatab/pkg/dist/browser.js' } });
  writeFileSync(join(space.folder, 'map.html'), `<!doctype html><script type="importmap">${map}</script>`);
  // A policy forbids the map, which is written in the page.
  writeFileSync(
    join(space.folder, 'policy.html'),
    `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><title>policy</title>`,
  );
  writeFileSync(join(space.folder, 'watch.js'), WATCH);
  server = await serveFiles({ '/dynatab/': PACKED, '/': space.folder });
});
after(async () => {
  await server?.close();
  space?.remove();
});

const missing = (kind) => (findBrowser(kind) ? undefined : missingBrowser(kind));

const runSuite = async () => (await import('/page.js')).run();

/** What an import of the package does, and what an opening does. */
const runWatched = async () => {
  await import('/watch.js');
  const { open } = await import('/dynatab/pkg/dist/browser.js');
  await Promise.resolve();
  const imported = { ...globalThis.seen };
  const db = await open({ name: 'watched' });
  const opened = { ...globalThis.seen };
  await db.destroy();
  return { imported, opened };
};

/** The tests of one browser; `page` opens a page at a path and evaluates a function in it. */
function inBrowser(name, missing, openBrowser) {
  // A person may lack a browser; where nobody reads what was skipped, that is a failure.
  const skip = process.env.CI === 'true' ? false : missing;
  describe(name, { skip: skip ?? false }, () => {
    let browser;
    before(async () => (browser = await openBrowser()));
    after(() => browser?.close());

    test('the suite', async (t) => {
      await report(t, await browser.evaluate(`${server.url}/map.html`, runSuite), 80);
    });

    test('an import does nothing, and the wasm is compiled while it streams', async () => {
      const { imported, opened } = await browser.evaluate(`${server.url}/policy.html`, runWatched);
      assert.deepEqual(imported, { streaming: 0, buffered: 0, timers: 0, fetches: 0, storage: 0 });
      assert.equal(opened.streaming, 1);
      assert.equal(opened.buffered, 0);
      assert.equal(opened.fetches, 1);
    });
  });
}

inBrowser('Chromium', missing('chromium'), async () => {
  const profile = makeProfile();
  const context = await chromium.launchPersistentContext(profile, chromiumOptions());
  return {
    async evaluate(url, work) {
      const page = await context.newPage();
      await page.goto(url);
      return page.evaluate(work);
    },
    async close() {
      await context.close();
      removeProfile(profile);
    },
  };
});

inBrowser('Firefox', missing('firefox'), async () => {
  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findBrowser('firefox'),
    headless: true,
    protocolTimeout: 300_000,
  });
  return {
    async evaluate(url, work) {
      const page = await browser.newPage();
      await page.goto(url);
      return page.evaluate(work);
    },
    close: () => browser.close(),
  };
});

inBrowser('WebKit', missingWebKit(), openWebKit);
