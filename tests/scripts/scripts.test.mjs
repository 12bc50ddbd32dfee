// The tool chain's own pieces: counting tests, stamps, the file server.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, relative } from 'node:path';
import { after, before, test } from 'node:test';
import { addCounts, cargoCounts, cargoFailures, closingLine, tapCounts } from '../../scripts/lib/counts.mjs';
import { markdown } from '../../benches/report/markdown.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';
import { fingerprint, fresh } from '../../scripts/lib/stamp.mjs';
import { serveFiles } from '../../scripts/lib/static.mjs';

let folder;
before(() => {
  mkdirSync(join(ROOT, 'target'), { recursive: true });
  folder = mkdtempSync(join(ROOT, 'target', 'scripts-test-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('counts of several cargo binaries add up', () => {
  const text =
    'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\nx\ntest result: FAILED. 2 passed; 4 failed; 0 ignored; 0';
  assert.deepEqual(cargoCounts(text), { passed: 5, failed: 4, skipped: 1 });
});

test('output without a result counts as no run at all', () => {
  assert.equal(cargoCounts('error: could not compile'), undefined);
  assert.equal(tapCounts('TAP version 13\n'), undefined);
});

test('a cancelled test is a failed one, a todo a skipped one', () => {
  const text =
    '# tests 9\n# suites 0\n# pass 4\n# fail 1\n# cancelled 1\n# skipped 2\n# todo 1\n# duration_ms 5\n';
  assert.deepEqual(tapCounts(text), { passed: 4, failed: 2, skipped: 3 });
});

test('what cargo says of failures is kept without the rest', () => {
  const text = [
    'running 2 tests',
    'failures:\n\n---- a stdout ----\nassertion failed\n\nfailures:\n    a\n',
    'test result: FAILED. 1 passed; 1 failed; 0 ignored',
    'running 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored',
  ].join('\n');
  assert.match(cargoFailures(text), /^\n---- a stdout ----\nassertion failed\n/);
  assert.doesNotMatch(cargoFailures(text), /running|result/);
  assert.equal(cargoFailures('test result: ok. 1 passed; 0 failed; 0 ignored'), '');
});

test('a test that failed is told with the tests it is in and its error, and no other is', () => {
  const file = join(folder, 'fails.test.mjs');
  const told = join(folder, 'told.txt');
  writeFileSync(
    file,
    `import { describe, test } from 'node:test';
     describe('outer', () => {
       test('middle', async (t) => {
         await t.test('right', () => {});
         await t.test('inner', () => { throw new Error('the reason'); });
       });
     });`,
  );
  const reporter = `--test-reporter=${join(ROOT, 'scripts/lib/failures.mjs')}`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test', reporter, `--test-reporter-destination=${told}`, file];
  assert.throws(() => execFileSync(process.execPath, args, { env, stdio: 'ignore' }));
  const text = readFileSync(told, 'utf8');
  assert.match(text, /^outer > middle > inner \(.*fails\.test\.mjs\)\n {4}Error: the reason\n/);
  assert.equal(text.match(/^\S/gm).length, 1);
});

test('the closing line has the plain form', () => {
  const total = addCounts({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 0, skipped: 0 });
  assert.equal(closingLine(total), '11 passed, 2 failed, 3 skipped');
});

test('a fingerprint follows contents, names and extras, not times', () => {
  const place = relative(ROOT, folder).replaceAll('\\', '/');
  writeFileSync(join(folder, 'a'), 'one');
  const first = fingerprint([place]);
  writeFileSync(join(folder, 'a'), 'one');
  assert.equal(fingerprint([place]), first);
  assert.notEqual(fingerprint([place], ['x']), first);
  writeFileSync(join(folder, 'a'), 'two');
  assert.notEqual(fingerprint([place]), first);
  writeFileSync(join(folder, 'a'), 'one');
  writeFileSync(join(folder, 'b'), '');
  assert.notEqual(fingerprint([place]), first);
});

test('a step that never ran is not fresh', () => {
  assert.equal(fresh('no-such-step', 'x'), false);
});

/** The status line of a raw request, whose path no client has tidied. */
function rawStatus(port, path) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.end(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    );
    let text = '';
    socket.on('data', (chunk) => (text += chunk));
    socket.once('close', () => resolve(text.split('\r\n')[0]));
    socket.once('error', reject);
  });
}

test('the file server serves its folders and nothing above them', async () => {
  writeFileSync(join(folder, 'index.html'), '<p>page');
  writeFileSync(join(folder, 'engine.wasm'), 'x');
  const server = await serveFiles({ '/': folder });
  try {
    const page = await fetch(`${server.url}/`);
    assert.equal(await page.text(), '<p>page');
    assert.equal((await fetch(`${server.url}/engine.wasm`)).headers.get('content-type'), 'application/wasm');
    assert.equal((await fetch(`${server.url}/absent`)).status, 404);
    assert.equal((await fetch(`${server.url}/`, { method: 'POST' })).status, 405);
    for (const path of ['/../../package.json', '/%2e%2e/%2e%2e/package.json', '/%', '/a%00']) {
      assert.match(await rawStatus(server.port, path), /404/, path);
    }
  } finally {
    await server.close();
  }
});

test('a page of benchmarks keeps what was not measured again', () => {
  const figure = (median) => ({ name: 'x', unit: 'ms', median, low: 1, high: 9 });
  const report = (bench, median) => ({ bench, figures: [figure(median)], ratios: [], notes: [] });
  const meta = (command) => ({
    command,
    date: '2026-01-02T03:04',
    cores: 2,
    load: [0.5],
    software: ['Node'],
  });
  const whole = markdown([report('one', 2), report('two', 3)], meta('all'));
  const part = markdown([report('two', 4), report('three', 5)], meta('some'), whole);
  assert.equal(part.split('## ').length, 4);
  assert.match(part, /^# Benchmarks\n\n`all`/);
  assert.match(part, /## one\n\n\| *\|[^]*2\.00 ms[^]*## two\n\n`some`[^]*4\.00 ms[^]*## three\n\n`some`/);
  assert.ok(!part.includes('3.00 ms'));
  assert.equal(markdown([report('two', 4), report('three', 5)], meta('some'), part), part);
});
