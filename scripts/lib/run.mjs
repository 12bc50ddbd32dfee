// Running other programs: what they print is shown, and a failure is one clear line and exit code 1.

import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

const WINDOWS = process.platform === 'win32';

/** A failure whose message is all a person needs; printed without a stack. */
export class Failure extends Error {}

/** Runs a script's body; a failure ends the process with code 1. */
export async function main(body) {
  try {
    await body();
  } catch (error) {
    process.stderr.write(`\n${error instanceof Failure ? error.message : (error?.stack ?? error)}\n`);
    process.exit(1);
  }
}

/** Starts a program in the project's root with its output shown; resolves with its exit code. */
export function runCode(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', ...options });
    child.once('error', (error) => reject(new Failure(`${command} cannot be started: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? (signal ? 128 : 1)));
  });
}

/** Like {@link runCode}; anything but exit code 0 is a {@link Failure}. */
export async function run(command, args, options = {}) {
  const code = await runCode(command, args, options);
  if (code !== 0) throw new Failure(`${command} ${args.slice(0, 3).join(' ')} failed with exit code ${code}`);
}

/** What a program prints, or undefined when it is missing or fails. */
export function output(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** npm, the same way on every system. */
export const npm = (args, options) => run(WINDOWS ? 'npm.cmd' : 'npm', args, { shell: WINDOWS, ...options });

/** Minutes and seconds since `start`, for a person. */
export function elapsed(start) {
  const seconds = (Date.now() - start) / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
