// A Worker in workerd, bundled as wrangler does it: the wasm stays a module of its own.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { PACKED } from '../../scripts/pack.mjs';
import { require } from './lib.mjs';

const { Miniflare } = require('miniflare');

/**
 * The Worker of a module; `dynatab` is found as an application beside the installed package finds it. `bindings` are its
 * secrets and variables. `told` is what else miniflare is told, `bundling` what else esbuild is; the engine is in `dist`.
 */
export async function worker(
  entry,
  folder,
  bindings = {},
  { told = {}, bundling = {}, dist = join(PACKED, 'pkg/dist') } = {},
) {
  const outfile = join(folder, 'worker.mjs');
  await build({
    entryPoints: [entry],
    tsconfigRaw: {},
    nodePaths: [join(PACKED, '..')],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['*.wasm', 'cloudflare:*'],
    ...bundling,
    logLevel: 'warning',
  });
  const wasm = (path) => ({ type: 'CompiledWasm', path, contents: readFileSync(join(dist, path)) });
  return new Miniflare({
    compatibilityDate: '2026-04-01',
    host: '127.0.0.1',
    port: 0,
    bindings,
    ...told,
    modules: [
      { type: 'ESModule', path: 'worker.mjs', contents: readFileSync(outfile, 'utf8') },
      wasm('engine.wasm'),
      wasm('engine.more.wasm'),
    ],
  });
}
