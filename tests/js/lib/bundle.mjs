// TypeScript tests as modules: Node 20 reads none, so esbuild bundles them first. Packages stay imports.
import { build } from 'esbuild';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const OPTIONS = { bundle: true, format: 'esm', target: 'es2022', sourcemap: 'inline', logLevel: 'warning' };

/** Imports a TypeScript file of the project; its tests register with the runner that imports it. */
export async function load(file) {
  // Below the project, so that packages are found.
  mkdirSync(path.join(ROOT, 'target'), { recursive: true });
  const folder = mkdtempSync(path.join(ROOT, 'target/js-test-'));
  try {
    const outfile = path.join(folder, 'bundle.mjs');
    await build({
      ...OPTIONS,
      entryPoints: [path.join(ROOT, file)],
      outfile,
      platform: 'node',
      packages: 'external',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A TypeScript file of the project as the text of a module for browsers. */
export async function browserText(file) {
  const made = await build({
    ...OPTIONS,
    entryPoints: [path.join(ROOT, file)],
    platform: 'browser',
    write: false,
  });
  return made.outputFiles[0].text;
}
