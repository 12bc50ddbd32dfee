// The suite over the packed package in Node, by import and by require, in Deno without a permission, and in Bun.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { binary, copy, output, program, report, workspace } from './lib.mjs';

const last = (text) => JSON.parse(text.trimEnd().split('\n').at(-1));

describe('the packed package', () => {
  const { folder, remove } = workspace();
  const at = (name) => join(folder, name);
  const run = async (t, command, args) => report(t, last(await output(command, args, folder)));
  let made;
  const programs = () =>
    (made ??= Promise.all([
      program('suite.ts', at('suite.mjs')),
      program('files.ts', at('files.mjs')),
      program('suite-cases.ts', at('cases.mjs')),
      program('ends.ts', at('ends.mjs')),
      copy('require.cjs', at('require.cjs')),
    ]));

  test('in Node, imported', async (t) => {
    await programs();
    await run(t, process.execPath, ['suite.mjs']);
  });

  test('in Node, required', async (t) => {
    await programs();
    await run(t, process.execPath, ['require.cjs']);
  });

  test('in Node, on files', async (t) => {
    await programs();
    await run(t, process.execPath, ['files.mjs', at('node-files')]);
  });

  test('in Deno, without a permission', async (t) => {
    await programs();
    await run(t, binary.deno(), ['run', '--no-prompt', 'suite.mjs']);
  });

  test('in Deno, on files, with the permission for them', async (t) => {
    await programs();
    const place = at('deno-files');
    // Deno may look into it, not beside it, so it is there before.
    mkdirSync(place);
    const allowed = [`--allow-read=${place}`, `--allow-write=${place}`];
    await run(t, binary.deno(), ['run', '--no-prompt', ...allowed, 'files.mjs', place]);
  });

  test('in Bun', async (t) => {
    await programs();
    await run(t, binary.bun(), ['suite.mjs']);
  });

  test('in Bun, on files', async (t) => {
    await programs();
    await run(t, binary.bun(), ['files.mjs', at('bun-files')]);
  });

  for (const [name, command, args] of [
    ['Node', () => process.execPath, []],
    ['Deno', binary.deno, ['run', '--no-prompt', `--allow-read=${folder}`, `--allow-write=${folder}`]],
    ['Bun', binary.bun, []],
  ]) {
    test(`a program in ${name} ends, whatever comes later`, { timeout: 60_000 }, async () => {
      await programs();
      const start = Date.now();
      assert.match(await output(command(), [...args, 'ends.mjs', at(`${name}-ends`)], folder), /^done$/m);
      // The next look at the space would come after thirty seconds.
      assert.ok(Date.now() - start < 25_000, 'it waited for something');
    });
  }

  test('leaves nothing behind', remove);
});
