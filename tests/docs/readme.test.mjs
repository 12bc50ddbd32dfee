// Runs the JavaScript examples of the documentation as they stand. A `console.log(...)` with a comment behind it must
// print what the comment says.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import assert from 'node:assert/strict';
import test from 'node:test';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
mkdirSync(join(ROOT, 'tests/artifacts'), { recursive: true });

/** The blocks of a Markdown file that are JavaScript. */
function examples(text) {
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map((match) => match[1]);
}

/** What the comments behind `console.log` promise, in order. */
function promised(code) {
  return [...code.matchAll(/^console\.log\(.*\);? \/\/ (.*)$/gm)].map((match) => match[1]);
}

for (const file of ['README.md', 'docs/dump.md']) {
  const found = examples(readFileSync(join(ROOT, file), 'utf8'));
  test(`${file} has examples`, () => assert.ok(found.length > 0));
  found.forEach((code, number) => {
    test(`${file}, example ${number + 1}`, () => {
      // Inside the repository, so that 'dynatab' is this package.
      const folder = mkdtempSync(join(ROOT, 'tests/artifacts/docs-'));
      try {
        const script = join(folder, 'example.mjs');
        writeFileSync(script, code);
        const run = spawnSync(process.execPath, [script], { encoding: 'utf8', timeout: 60_000 });
        assert.equal(run.status, 0, run.stderr);
        assert.deepEqual(run.stdout.trim().split('\n'), promised(code));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}
