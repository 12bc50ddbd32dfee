// What Lighthouse says of the playground. Its performance is a timing, so it is printed and not judged here; a shift of
// the layout is none, and is.

import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { chromium } from 'playwright-core';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';

const LEAST = 0.95;

let server;
let browser;
let port;
before(async () => {
  server = await serveFiles({ '/': join(ROOT, 'www/dist') });
  port = await new Promise((resolve) => {
    const socket = createServer().listen(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
  const options = chromiumOptions();
  browser = await chromium.launch({ ...options, args: [...options.args, `--remote-debugging-port=${port}`] });
});
after(async () => {
  await browser?.close();
  await server?.close();
});

for (const [device, config] of [
  ['desktop', desktopConfig],
  ['phone', undefined],
]) {
  test(`on a ${device}`, { timeout: 120_000 }, async (t) => {
    const options = {
      port,
      output: 'json',
      onlyCategories: ['performance', 'accessibility', 'best-practices'],
    };
    const { lhr } = await lighthouse(`${server.url}/`, options, config);
    const { performance, accessibility, 'best-practices': practices } = lhr.categories;
    const numeric = (id) => lhr.audits[id].numericValue;
    t.diagnostic(
      `performance ${performance.score * 100}, first contentful paint ${Math.round(numeric('first-contentful-paint'))} ms, ` +
        `largest ${Math.round(numeric('largest-contentful-paint'))} ms`,
    );
    const failed = ({ auditRefs }) =>
      auditRefs
        .filter(({ id, weight }) => weight > 0 && lhr.audits[id].score !== null && lhr.audits[id].score < 1)
        .map(({ id }) => id);
    assert.ok(accessibility.score >= LEAST, `accessibility ${accessibility.score}: ${failed(accessibility)}`);
    assert.ok(practices.score >= LEAST, `best practices ${practices.score}: ${failed(practices)}`);
    const shifts = (lhr.audits['layout-shifts'].details?.items ?? []).map(({ node }) => node?.snippet);
    assert.equal(numeric('cumulative-layout-shift'), 0, `shifted: ${shifts}`);
  });
}
