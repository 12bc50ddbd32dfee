// Steps that are done again only when their inputs changed. A stamp is the hash of the inputs' contents, kept in
// target/stamps; a step is fresh when the stamp matches and its outputs are there.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './run.mjs';

const STAMPS = join(ROOT, 'target', 'stamps');

/** The files below a path of the project (or the path itself), sorted; installed packages are none of its. */
export function files(path, keep = () => true) {
  const full = join(ROOT, path);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [path];
  return readdirSync(full, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const child = `${path}/${entry.name}`;
      if (entry.isDirectory()) return files(child, keep);
      return keep(child) ? [child] : [];
    });
}

/** The hash of paths (folders are walked) and of extra strings. */
export function fingerprint(paths, extra = []) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((path) => files(path))) {
    const bytes = readFileSync(join(ROOT, path));
    hash.update(`${path}\0${bytes.length}\0`).update(bytes);
  }
  for (const text of extra) hash.update(`\0${text}`);
  return hash.digest('hex');
}

/** Whether step `name` was last done on this fingerprint and all of `outputs` are still there. */
export function fresh(name, print, outputs = []) {
  const stamp = join(STAMPS, name);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== print) return false;
  return outputs.every((path) => existsSync(join(ROOT, path)));
}

/** Does `work` unless the step is fresh; says whether it did. The stamp falls first, so a step that dies is redone. */
export async function step(name, { inputs, extra, outputs }, work) {
  const print = fingerprint(inputs, extra);
  if (fresh(name, print, outputs)) return false;
  mkdirSync(STAMPS, { recursive: true });
  rmSync(join(STAMPS, name), { force: true });
  await work();
  writeFileSync(join(STAMPS, name), print);
  return true;
}
