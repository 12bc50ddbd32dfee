// The main ways through the playground in another engine: a design, its patterns, a query, an edit, a reload.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { findBrowser } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';

let server;
let browser;
let page;
const complaints = [];
before(async () => {
  server = await serveFiles({ '/': join(ROOT, 'www/dist') });
  browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: findBrowser('firefox'),
    headless: true,
  });
  page = await browser.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(server.url);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const press = (name) => page.locator(`aria/${name}[role="button"]`).click();
const heading = (name) => page.waitForSelector(`aria/${name}[role="heading"]`);

test('loads a design and runs one of its patterns', { timeout: 60_000 }, async () => {
  await press('Load Leaderboard');
  await heading('scores');
  await press('The best three of a game Query');
  await page.waitForSelector('.cm-content');
  await press('Run');
  const text = await page
    .waitForSelector('aria/Answer in JSON')
    .then((pre) => pre.evaluate((e) => e.textContent));
  const { Items } = JSON.parse(text);
  const scores = Items.map(({ score }) => Number(score.N));
  assert.equal(scores.length, 3);
  assert.deepEqual(
    scores,
    scores.toSorted((a, b) => b - a),
  );
});

test('has it all after a reload', { timeout: 60_000 }, async () => {
  await page.goto(`${server.url}/#scores`);
  await page.reload();
  await heading('scores');
  await page.waitForFunction(() => document.querySelectorAll('.results tbody tr').length === 24);
  assert.deepEqual(complaints, []);
});
