// Durable Objects in workerd, as miniflare starts it: on a folder that outlives it, and killed when told.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { worker } from '../packaging/worker.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Both kinds of objects that Cloudflare has. */
export const KINDS = [
  ['SQLite', true],
  ['key-value', false],
];

/**
 * A Worker of `programs` and its class of objects, which has its storage below `folder` and is bound under `more.name`,
 * or its own. `more` is also what else `worker` is told.
 */
export function objects(program, folder, className, useSQLite, more = {}) {
  // One after the other, so that it is known who started what.
  const started = starting.then(() => start(program, folder, className, useSQLite, more));
  starting = started.catch(() => undefined);
  return started;
}

let starting = Promise.resolve();

async function start(program, folder, className, useSQLite, more) {
  const before = new Set(children());
  const told = {
    durableObjects: { [more.name ?? className]: { className, useSQLite } },
    durableObjectsPersist: stored(folder),
  };
  const miniflare = await worker(join(HERE, 'programs', program), folder, more.bindings, { ...more, told });
  await miniflare.ready;
  const started = children().filter((pid) => !before.has(pid));
  if (started.length !== 1) throw new Error(`miniflare started ${started.length} processes`);
  return { miniflare, pid: started[0] };
}

/** Where objects are stored. */
export const stored = (folder) => join(folder, 'objects');

/** Processes that this one started. */
function children() {
  const listed = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  return listed
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, name]) => Number(parent) === process.pid && /workerd/.test(name ?? ''))
    .map(([pid]) => Number(pid));
}

/** Asks a Worker for JSON. */
export async function ask(miniflare, path, body) {
  const answer = await miniflare.dispatchFetch(`http://worker${path}`, {
    method: 'POST',
    body: JSON.stringify(body ?? null),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}
