// Bundles tests/js/*.test.ts and runs them with node:test; extra arguments choose files by a part of their name.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const chosen = process.argv.slice(2);
const names = readdirSync(here).filter((f) => f.endsWith('.test.ts') && (chosen.length === 0 || chosen.some((c) => f.includes(c))));
// Beside the tests, so that the packages left external are found.
const out = mkdtempSync(path.join(here, '.run-'));
let status = 1;
try {
  await build({
    entryPoints: names.map((f) => path.join(here, f)),
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const files = names.map((f) => path.join(out, f.replace(/\.ts$/, '.mjs')));
  status = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
process.exit(status);
