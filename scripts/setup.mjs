// Installs what the build needs beside Node and rustup: npm packages from the lock file, the wasm target, and the
// wasm-bindgen command of exactly the version in Cargo.toml. Does nothing, fast, when all is there.

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure, main, npm, output, ROOT, run } from './lib/run.mjs';
import { step } from './lib/stamp.mjs';

const TARGET = 'wasm32-unknown-unknown';
const EXE = process.platform === 'win32' ? '.exe' : '';

/** Where built tools are kept for every clone of this user. */
function toolCache() {
  if (process.env.DYNATAB_TOOLS) return process.env.DYNATAB_TOOLS;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'dynatab', 'tools');
}

/** Where a version of a tool is kept. */
export const tool = (name, version) => join(toolCache(), `${name}-${version}`);

/** The wasm-bindgen version that Cargo.toml pins. */
function bindgenVersion() {
  const manifest = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8');
  const version = /^wasm-bindgen = "=([\d.]+)"$/m.exec(manifest)?.[1];
  if (!version) throw new Failure('Cargo.toml does not pin wasm-bindgen as `wasm-bindgen = "=X.Y.Z"`');
  return version;
}

/** The path of the wasm-bindgen command. */
export function bindgenPath() {
  return join(tool('wasm-bindgen', bindgenVersion()), 'bin', `wasm-bindgen${EXE}`);
}

function checkNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Failure(`dynatab needs Node 20 or newer; this is ${process.versions.node}`);
}

async function setupPackages() {
  await step(
    'npm',
    { inputs: ['package-lock.json'], outputs: ['node_modules/.package-lock.json'] },
    async () => {
      console.log('setup: npm packages from the lock file');
      // No package needs its install script: esbuild and typescript carry their programs in packages of their own.
      await npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
    },
  );
}

async function setupRust() {
  await step(
    'rust-target',
    { inputs: ['scripts/setup.mjs'], extra: [process.env.RUSTUP_TOOLCHAIN ?? ''] },
    async () => {
      if (!output('cargo', ['--version'])) {
        throw new Failure(
          'cargo is not found. Install Rust with rustup (its home page is rustup.rs), open a new shell, try again.',
        );
      }
      const sysroot = output('rustc', ['--print', 'sysroot']) ?? '';
      if (existsSync(join(sysroot, 'lib', 'rustlib', TARGET))) return;
      if (!output('rustup', ['--version'])) {
        throw new Failure(
          `the Rust target ${TARGET} is missing and rustup is not found to add it; install Rust with rustup.`,
        );
      }
      console.log(`setup: the Rust target ${TARGET}`);
      await run('rustup', ['target', 'add', TARGET]);
    },
  );
}

/** Whether the standard library can be compiled along with the engine. */
export function hasStdSource() {
  const sysroot = output('rustc', ['--print', 'sysroot']);
  return sysroot !== undefined && existsSync(join(sysroot, 'lib/rustlib/src/rust/library/std'));
}

async function setupStdSource() {
  const inputs = ['scripts/setup.mjs'];
  await step('rust-src', { inputs, extra: [process.env.RUSTUP_TOOLCHAIN ?? ''] }, async () => {
    if (hasStdSource() || !output('rustup', ['--version'])) return;
    console.log("setup: the standard library's source");
    // The build does without it, and says so.
    await run('rustup', ['component', 'add', 'rust-src']).catch(() => undefined);
  });
}

async function setupBindgen() {
  const path = bindgenPath();
  if (existsSync(path)) return;
  const version = bindgenVersion();
  console.log(`setup: wasm-bindgen ${version}, built once and kept in ${toolCache()} (a few minutes)`);
  // Without --locked: the lock file of that release names a version that its registry no longer has.
  const root = tool('wasm-bindgen', version);
  await run('cargo', ['install', 'wasm-bindgen-cli', '--version', version, '--root', root, '--quiet'], {
    env: { ...process.env, CARGO_TARGET_DIR: join(ROOT, 'target', 'tools') },
  });
  if (!existsSync(path)) throw new Failure(`cargo install ended well, but ${path} is not there`);
}

/** Makes the machine ready to build. */
export async function setup() {
  checkNode();
  await setupPackages();
  await setupRust();
  await setupStdSource();
  await setupBindgen();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main(setup);
