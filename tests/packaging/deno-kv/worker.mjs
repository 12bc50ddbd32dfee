// Processes of Deno that have a database in one Deno KV.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { binary } from '../lib.mjs';

/** The longest that an answer may take, in milliseconds. */
const PATIENCE = 60_000;

/** Starts `kv-worker.js`, which is in `folder`, on the KV in file `kv`; `heard` gets what it says unasked. */
export function startWorker(folder, kv, leaseSeconds, heard = () => undefined) {
  if (!existsSync(kv) && !kv.startsWith(folder)) throw new Error(`${kv} is not in ${folder}`);
  const allowed = ['--unstable-kv', '--no-prompt', `--allow-read=${folder}`, `--allow-write=${folder}`];
  const { PATH, HOME } = process.env;
  const child = spawn(binary.deno(), ['run', ...allowed, 'kv-worker.js', kv, String(leaseSeconds)], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH, HOME, NO_COLOR: '1' },
  });
  const waiting = new Map();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const [what, ...said] = JSON.parse(line);
      const next = waiting.get(what)?.shift();
      if (next) next(said[0]);
      else heard(what, ...said);
    }
  });
  // One that was killed is asked no more.
  child.stdin.on('error', () => undefined);
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  return {
    child,
    ended,
    kill: (signal) => child.kill(signal),
    /** Asks for something; what it answers. */
    ask(what, ...given) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`no answer to ${what} in ${PATIENCE} ms`)), PATIENCE);
        const done = (said) => {
          clearTimeout(timer);
          resolve(said);
        };
        waiting.set(what, [...(waiting.get(what) ?? []), done]);
        child.stdin.write(`${JSON.stringify([what, ...given])}\n`);
      });
    },
    /** Asks for what is never answered. */
    tell: (what, ...given) => void child.stdin.write(`${JSON.stringify([what, ...given])}\n`),
    /** Ends it. */
    async end() {
      child.stdin.end();
      return ended;
    },
  };
}
