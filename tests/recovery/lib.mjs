// The package over an engine that fails when told, in Node.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildFaulty, FAIL_AS, FAULTY } from '../../scripts/lib/faulty.mjs';
import { ROOT } from '../../scripts/lib/run.mjs';

await buildFaulty();

/** Instances of the engine, as they are made. */
export const instances = [];
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...args) => {
  const made = await instantiate(...args);
  if (made.exports?.failAt) instances.push(made.exports);
  return made;
};

export const faulty = await import(pathToFileURL(path.join(ROOT, FAULTY, 'node.js')).href);

/** The instance that runs. */
export const engine = () => instances.at(-1);

/** Lets the `n`th allocation from now fail; 0 for none. */
export function fail(n, as = 'refused') {
  engine().failAs.value = FAIL_AS[as];
  engine().failAt.value = n;
}

/** How many there were since the instance was made. */
export const allocations = () => engine().allocations.value;

/** A folder that goes when the test ends. */
export function directory(t) {
  const made = mkdtempSync(path.join(tmpdir(), 'dynatab-recovery-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return path.join(made, 'db');
}
