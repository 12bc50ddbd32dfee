// The engine with the names of its functions, and its browser entry, for profiles: as the package has it, but for the
// names that are shortened there.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMON, COMPILED, FEATURES } from '../build.mjs';
import { bindGlue } from './glue.mjs';
import { ROOT, run } from './run.mjs';

/** A module with nothing in it. */
const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** Makes browser.js and engine.wasm in `folder`. The engine is not split: its second file is empty. */
export async function buildNamed(folder) {
  mkdirSync(folder, { recursive: true });
  const glue = await bindGlue(COMPILED, folder);
  const optimise = ['-Oz', '--one-caller-inline-max-function-size=0', '--low-memory-unused', '-g'];
  const wasmOpt = join(ROOT, 'node_modules/binaryen/bin/wasm-opt');
  const from = [join(folder, 'dynatab_bg.wasm'), '-o', join(folder, 'engine.wasm')];
  await run(process.execPath, [wasmOpt, ...from, ...FEATURES.map((name) => `--enable-${name}`), ...optimise]);
  writeFileSync(join(folder, 'engine.more.wasm'), EMPTY);
  const esbuild = await import('esbuild');
  await esbuild.build({
    ...COMMON,
    minify: false,
    entryPoints: ['pkg/src/entry/browser.ts'],
    outfile: join(folder, 'browser.js'),
    plugins: [
      {
        name: 'glue',
        setup(build) {
          build.onResolve({ filter: /wasm\/dynatab\.js$/ }, () => ({ path: glue }));
        },
      },
    ],
  });
}
