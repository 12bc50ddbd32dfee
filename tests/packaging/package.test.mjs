// What is in the package, and what the judges of packages say of it.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { PACKED, tarball } from '../../scripts/pack.mjs';
import { output, require, waitsAtTopLevel } from './lib.mjs';

const manifest = JSON.parse(readFileSync(join(PACKED, 'package.json'), 'utf8'));
const files = readdirSync(PACKED, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name));
const text = (path) => readFileSync(path, 'utf8');

/** Every JavaScript file that an entry of the package names. */
function entries(exports = manifest.exports) {
  if (typeof exports === 'string') return /\.c?js$/.test(exports) ? [join(PACKED, exports)] : [];
  return [...new Set(Object.values(exports).flatMap(entries))];
}

test('every file that the manifest names is there', () => {
  const named = [];
  const walk = (value) =>
    typeof value === 'string' ? named.push(value) : Object.values(value).forEach(walk);
  walk([manifest.exports, manifest.types, manifest.bin]);
  assert.ok(named.length > 10);
  for (const path of named) assert.ok(files.includes(join(PACKED, path)), `${path} is missing`);
});

test('the engine is there once, and as text only in the inline entry', () => {
  assert.deepEqual(
    files.filter((path) => path.endsWith('.wasm')).sort(),
    ['engine.more.wasm', 'engine.wasm'].map((name) => join(PACKED, 'pkg/dist', name)),
  );
  // The beginning of every wasm file in base64.
  const carriers = files.filter((path) => /\.c?js$/.test(path) && text(path).includes('AGFzbQ'));
  assert.deepEqual(
    carriers.sort(),
    ['cjs', 'js'].map((kind) => join(PACKED, `pkg/dist/inline.${kind}`)),
  );
  assert.doesNotMatch(
    text(join(PACKED, 'pkg/dist/slim.js')),
    /new URL\(.\.\/engine/,
    'slim refers to no wasm',
  );
});

test('no entry waits at its top level', async () => {
  const modules = entries().filter((path) => path.endsWith('.js'));
  assert.ok(modules.length >= 6);
  for (const path of modules) {
    assert.equal(await waitsAtTopLevel(text(path)), false, `${path} has a top-level await`);
  }
});

test('no package is needed beside it', () => {
  assert.deepEqual(Object.keys(manifest.dependencies ?? {}), []);
});

test('publint finds nothing', async () => {
  const { publint } = await import(require.resolve('publint'));
  const { messages } = await publint({ pkgDir: PACKED, strict: true });
  assert.deepEqual(messages, []);
});

test('are the types wrong? no', async () => {
  const attw = join(dirname(require.resolve('@arethetypeswrong/cli/package.json')), 'dist/index.js');
  // The resolution from before exports maps finds the main entry only; wasm has no types, nor have scripts that export nothing.
  // Deno, where alone `dynatab/deno` is of use, requires no modules.
  const what = [
    '--profile',
    'node16',
    '--exclude-entrypoints',
    'engine.wasm',
    'engine.more.wasm',
    'worker.js',
    'broker.js',
    'deno',
    'cloudflare',
    '--no-definitely-typed',
  ];
  const said = await output(process.execPath, [attw, tarball(), ...what], PACKED);
  assert.match(said, /"dynatab\/slim"/, 'it looked');
  // Workers are modules.
  const workers = ['--profile', 'esm-only', '--entrypoints', 'cloudflare', '--no-definitely-typed'];
  assert.match(
    await output(process.execPath, [attw, tarball(), ...workers], PACKED),
    /"dynatab\/cloudflare"/,
    'it looked',
  );
});
