// The suite of tests/js in Chromium, on memory and on IndexedDB, over the built package.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { browserText } from '../js/lib/bundle.mjs';
import { launch, watch } from './browser.mjs';

test('the suite in Chromium', { timeout: 5 * 60_000 }, async (t) => {
  mkdirSync(join(ROOT, 'target'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, 'target/browser-suite-'));
  writeFileSync(join(folder, 'page.js'), await browserText('tests/js/page.ts'));
  writeFileSync(
    join(folder, 'index.html'),
    '<!doctype html><title>suite</title><link rel="icon" href="data:," />',
  );
  const server = await serveFiles({ '/': folder, '/dist/': join(ROOT, 'pkg/dist') });
  const browser = await launch();
  t.after(async () => {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const page = await browser.newPage();
  const complaints = watch(page);
  await page.goto(`${server.url}/`);
  const results = await page.evaluate(async () => {
    const { run } = await import('/page.js');
    await run('/dist/browser.js');
    return globalThis.results;
  });
  assert.ok(results.length > 0, 'no case ran');
  for (const { label, name, error } of results) {
    await t.test(`${label}: ${name}`, () => assert.equal(error, undefined));
  }
  assert.deepEqual(complaints, []);
});
