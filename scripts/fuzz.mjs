// Feeds a part of the engine inputs that cargo-fuzz makes up: `npm run fuzz -- NAME [seconds]`, ten minutes when nothing
// is said. A panic, more than 10 seconds or 2 GB for one input are failures, and the input is kept in fuzz/artifacts;
// `npm run fuzz -- NAME FILE` tries it again. Inputs that reach something new stay in fuzz/corpus, the fewest that do.
//
// The engine has no unsafe code, so there is no address sanitizer, and twice as many inputs.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, main, ROOT, run, runCode } from './lib/run.mjs';
import { tool } from './setup.mjs';

const VERSION = '0.13.2';
const FOLDER = join(ROOT, 'fuzz');

/** The targets, with the most bytes of an input. */
const TARGETS = { dump: 8192, expression: 4096, item: 8192, partiql: 8192, request: 16384 };
const LIMITS = ['-timeout=10', '-rss_limit_mb=2048'];

/** Installs cargo-fuzz; gives its path. */
async function setupTool() {
  const root = tool('cargo-fuzz', VERSION);
  const path = join(root, 'bin', 'cargo-fuzz');
  if (!existsSync(path)) {
    console.log(`setup: cargo-fuzz ${VERSION}, built once (a minute)`);
    await run(
      'cargo',
      ['install', 'cargo-fuzz', '--version', VERSION, '--locked', '--root', root, '--quiet'],
      { env: { ...process.env, CARGO_TARGET_DIR: join(ROOT, 'target', 'tools') } },
    );
  }
  return path;
}

/** Writes the seeds where there is no corpus yet. */
async function seed(name) {
  const corpus = join(FOLDER, 'corpus', name);
  if (existsSync(corpus) && readdirSync(corpus).length > 0) return corpus;
  const args = ['run', '--quiet', '--manifest-path', join(FOLDER, 'Cargo.toml'), '--example', 'seeds'];
  await run('cargo', [...args, '--', join(FOLDER, 'corpus'), name]);
  return corpus;
}

await main(async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const [name, second = '600'] = positionals;
  const length = TARGETS[name];
  if (!length)
    throw new Failure(`npm run fuzz -- NAME [seconds]; names are ${Object.keys(TARGETS).join(', ')}`);
  const cargoFuzz = await setupTool();
  // Coverage needs options of the compiler that only this lets a stable one take.
  const env = { ...process.env, RUSTC_BOOTSTRAP: '1' };
  const fuzz = (command, inputs, options) => {
    const args = ['fuzz', command, '--fuzz-dir', FOLDER, '--sanitizer', 'none', name, ...inputs];
    return runCode(cargoFuzz, [...args, '--', ...LIMITS, ...options], { env });
  };
  const seconds = Number(second);
  if (Number.isNaN(seconds)) {
    if ((await fuzz('run', [second], [])) !== 0) throw new Failure(`${second} fails`);
    return;
  }
  const corpus = await seed(name);
  const options = [
    `-max_len=${length}`,
    `-max_total_time=${seconds}`,
    `-dict=${join(FOLDER, 'dictionaries', `${name}.dict`)}`,
    '-print_final_stats=1',
  ];
  const code = await fuzz('run', [corpus], options);
  if (code !== 0) throw new Failure(`${name}: an input fails; it is in fuzz/artifacts/${name}`);
  if ((await fuzz('cmin', [corpus], [])) !== 0) throw new Failure(`${corpus} cannot be minimised`);
});
