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

/** Asks until there is an answer. Puppeteer's own waiting evaluates text in the page, which its policy forbids. */
async function until(ask) {
  for (const end = Date.now() + 30_000; Date.now() < end;) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`it did not come: ${ask}`);
}

const find = (selector) => until(() => page.$(selector));
const press = async (name) => (await find(`aria/${name}[role="button"]`)).click();
const heading = (name) => find(`aria/${name}[role="heading"]`);

test('loads a design and runs one of its patterns', { timeout: 60_000 }, async () => {
  await press('Load Leaderboard');
  await heading('scores');
  await press('The best three of a game Query');
  await find('.cm-content');
  await press('Run');
  const text = await (await find('aria/Answer in JSON')).evaluate((e) => e.textContent);
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
  await until(() => page.evaluate(() => document.querySelectorAll('.results tbody tr').length === 24));
  assert.deepEqual(complaints, []);
});
