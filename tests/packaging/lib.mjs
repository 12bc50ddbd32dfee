// The suite, run by programs in runtimes of their own beside the installed package.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { ROOT } from '../../scripts/lib/run.mjs';
import { PROJECT } from '../../scripts/pack.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
export const require = createRequire(import.meta.url);

/** A folder inside the project that has the package installed; `remove` ends it. */
export function workspace() {
  const folder = mkdtempSync(join(PROJECT, 'run-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Bundles a program of this folder; the package stays an import, unless `more` says otherwise. */
export async function program(name, outfile, more = {}) {
  await build({
    entryPoints: [join(HERE, 'programs', name)],
    outfile,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    external: ['dynatab', 'dynatab/*', 'node:*'],
    logLevel: 'warning',
    absWorkingDir: ROOT,
    // What the type checker is told of the package must not reach the bundle.
    tsconfigRaw: {},
    ...more,
  });
}

/** Copies a program that is to run as it stands. */
export const copy = (name, outfile) => copyFileSync(join(HERE, 'programs', name), outfile);

/** Runs a command to its end in `cwd`; what it printed on stdout. Fails on any other exit code than 0. */
export async function output(command, args, cwd) {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (data) => (said[stream] += data));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  assert.equal(code, 0, `${command} ${args.join(' ')} ended with ${code}\n${said.stderr}\n${said.stdout}`);
  return said.stdout;
}

/** Each result of the suite as a test of its own. */
export async function report(t, results, atLeast = 40) {
  assert.ok(results.length >= atLeast, `only ${results.length} cases ran`);
  for (const { label, name, error } of results) {
    await t.test(`${label}: ${name}`, () => assert.equal(error, undefined, error));
  }
}

/** The program of an npm package, without the launcher that its install script would have made. */
export const binary = {
  deno: () => require.resolve(`@deno/${platform('glibc')}/deno`),
  bun: () => require.resolve(`@oven/bun-${platform()}/bin/bun`),
};

function platform(libc = '') {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  return [os, process.arch, os === 'linux' ? libc : ''].filter(Boolean).join('-');
}

/** Whether a module awaits outside of every function: then it cannot be made a script. */
export async function waitsAtTopLevel(contents) {
  try {
    await transform(contents.replace(/^import source /gm, 'import '), { format: 'cjs' });
    return false;
  } catch (error) {
    if (/top-level await/i.test(error.message)) return true;
    throw error;
  }
}
