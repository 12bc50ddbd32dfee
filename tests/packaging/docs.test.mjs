// The pages of the documentation: each example runs in the runtime its page is about, on the packed package. What
// `console.log` prints is what the comment behind it says.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { makeProfile, removeProfile } from '../browser/browser.mjs';
import { chromiumOptions } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';
import { PACKED } from '../../scripts/pack.mjs';
import { binary, output, workspace } from './lib.mjs';
import { SECRETS, signed, unsigned } from './signed.mjs';
import { worker } from './worker.mjs';

const space = workspace();
after(space.remove);

const examples = (page) =>
  [...readFileSync(join(ROOT, 'docs', page), 'utf8').matchAll(/^```js\n(.*?)^```$/gms)].map(
    ([, code]) => code,
  );
const promised = (code) => [...code.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said);
const lines = (text) => text.trim().split('\n');

/** Tests each example of a page by a function that gives what it printed, in lines. */
function each(page, run) {
  describe(page, () => {
    const found = examples(page);
    test('has examples', () => assert.ok(found.length > 0));
    found.forEach((code, at) =>
      test(`example ${at + 1}`, async () => {
        const file = join(space.folder, `${page}-${at}.mjs`);
        writeFileSync(file, code);
        assert.ok(promised(code).length > 0, 'it prints nothing');
        assert.deepEqual(await run(file), promised(code));
      }),
    );
  });
}

const { folder } = space;
each('node.md', async (file) => lines(await output(process.execPath, [file], folder)));
each('bun.md', async (file) => lines(await output(binary.bun(), [file], folder)));
each('deno.md', async (file) => {
  const isKv = readFileSync(file, 'utf8').includes("'dynatab/deno'");
  const flags = isKv ? ['--unstable-kv', `--allow-read=${folder}`, `--allow-write=${folder}`] : [];
  return lines(await output(binary.deno(), ['run', '--no-prompt', ...flags, file], folder));
});

/** In a page, on the package as it is. */
async function inChromium(file) {
  const dist = '/dynatab/pkg/dist';
  const imports = { dynatab: `${dist}/browser.js`, 'dynatab/inline': `${dist}/inline.js` };
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
  writeFileSync(join(folder, 'index.html'), `<!doctype html><link rel="icon" href="data:," />${map}`);
  const server = await serveFiles({ '/dynatab/': PACKED, '/': folder });
  const profile = makeProfile();
  const context = await chromium.launchPersistentContext(profile, chromiumOptions());
  try {
    const page = await context.newPage();
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    await page.goto(server.url);
    await page.evaluate((name) => import(`/${name}`), file.slice(folder.length + 1));
    return said;
  } finally {
    await context.close();
    await server.close();
    removeProfile(profile);
  }
}
each('browser.md', inChromium);
each('tabs.md', inChromium);
each('encryption.md', inChromium);

test('durable-objects.md', async () => {
  const [endpoint, object] = examples('durable-objects.md');
  const asked = async (code, className, bindings, use) => {
    const file = join(folder, `${className}.js`);
    writeFileSync(file, code);
    const told = { durableObjects: { DATABASES: { className, useSQLite: true } } };
    const miniflare = await worker(file, folder, bindings, { told });
    try {
      await use(String(await miniflare.ready));
    } finally {
      await miniflare.dispose();
    }
  };
  await asked(endpoint, 'Database', SECRETS, async (url) => {
    assert.deepEqual(await signed(`${url}music`), []);
    assert.match(await unsigned(`${url}music`), /^400 .*MissingAuthenticationTokenException/);
  });
  const front = `${object}
    export default { fetch: (request, env) => env.DATABASES.getByName('songs').fetch(request) };`;
  await asked(front, 'Songs', {}, async (url) => {
    assert.equal(await unsigned(url), '200 {"TableNames":[]}');
  });
});

test('workers.md', async () => {
  const [code] = examples('workers.md');
  const file = join(folder, 'documented.js');
  writeFileSync(file, code);
  const miniflare = await worker(file, folder, SECRETS);
  try {
    const url = String(await miniflare.ready);
    assert.deepEqual(await signed(url), []);
    assert.match(await unsigned(url), /^400 .*MissingAuthenticationTokenException/);
  } finally {
    await miniflare.dispose();
  }
});
