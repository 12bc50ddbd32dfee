// Format, lints and types: what to run before a commit. Under a minute when warm.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build.mjs';
import { elapsed, Failure, main, ROOT, runCode } from './lib/run.mjs';
import { setup } from './setup.mjs';

const node = (path, ...args) => [process.execPath, [join(ROOT, 'node_modules', path), ...args]];
const projects = ['tsconfig.json', 'www/tsconfig.json', 'tests/types/tsconfig.json', 'tests/tsconfig.json'];

const CHECKS = [
  ['rust format', 'cargo', ['fmt', '--check']],
  ['rust lints', 'cargo', ['clippy', '--quiet', '--all-targets', '--', '-D', 'warnings']],
  [
    'rust lints, wasm',
    'cargo',
    ['clippy', '--quiet', '--lib', '--target', 'wasm32-unknown-unknown', '--', '-D', 'warnings'],
  ],
  ['format', ...node('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
  ...projects
    .filter((project) => existsSync(join(ROOT, project)))
    .map((project) => [`types, ${project}`, ...node('typescript/bin/tsc', '--noEmit', '-p', project)]),
];

await main(async () => {
  await setup();
  // The types of the generated glue are part of the program that tsc checks.
  if (!existsSync(join(ROOT, 'pkg/wasm/dynatab.d.ts'))) await build();
  const failed = [];
  for (const [name, command, args] of CHECKS) {
    const start = Date.now();
    const ok = (await runCode(command, args)) === 0;
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${elapsed(start)})`);
    if (!ok) failed.push(name);
  }
  if (failed.length)
    throw new Failure(`check failed: ${failed.join('; ')}. \`npm run format\` mends formats.`);
});
