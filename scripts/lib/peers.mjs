// Other implementations that are no npm packages: each is made once, kept beside the other tools, and left out, with
// the reason, where it cannot be made.

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tool } from '../setup.mjs';
import { elapsed, ROOT, run } from './run.mjs';

const WINDOWS = process.platform === 'win32';
const EXE = WINDOWS ? '.exe' : '';

/** A program of a crate, built without what it does not need to serve. */
function crate(name, version, program, features) {
  const root = tool(name, version);
  const switches = ['--no-default-features', '--features', features.join(',')];
  return {
    what: `${name} ${version}`,
    root,
    program: join(root, 'bin', `${program}${EXE}`),
    fix: 'cargo, a C compiler and crates.io have to be there',
    make: () =>
      run(
        'cargo',
        ['install', name, '--version', version, '--locked', '--root', root, ...switches, '--quiet'],
        { env: { ...process.env, CARGO_TARGET_DIR: join(ROOT, 'target', 'tools') } },
      ),
  };
}

/** A program of Python in an environment of its own, of exactly the versions in `tests/differential/python`. */
function python(name, program) {
  const list = join(ROOT, 'tests/differential/python', `${name}.txt`);
  const version = new RegExp(`^${name}==(.+)$`, 'm').exec(readFileSync(list, 'utf8'))[1];
  const root = tool(name, version);
  const bin = join(root, WINDOWS ? 'Scripts' : 'bin');
  return {
    what: `${name} ${version}`,
    root,
    program: join(bin, `${program}${EXE}`),
    fix: 'python3 with venv and pip (python3-venv on Debian) and pypi.org have to be there',
    async make() {
      await run(WINDOWS ? 'python' : 'python3', ['-m', 'venv', root]);
      const quiet = ['--quiet', '--disable-pip-version-check', '--no-compile'];
      await run(join(bin, `python${EXE}`), ['-m', 'pip', 'install', ...quiet, '--requirement', list]);
    },
  };
}

/** How each is made, and its program. */
const PEERS = {
  dynoxide: crate('dynoxide-rs', '3.2.0', 'dynoxide', ['native-sqlite', 'http-server', 'cli']),
  moto: python('moto', 'moto_server'),
  ministack: python('ministack', 'ministack'),
};

/** The program of a peer. */
export const peerProgram = (name) => PEERS[name].program;

/** Makes a peer unless it is there; where that fails it says so, and the next run tries again. */
export async function installPeer(name) {
  const { what, root, program, make } = PEERS[name];
  if (existsSync(program)) return;
  const start = Date.now();
  console.log(`setup: ${what}, made once and kept in ${root} (minutes)`);
  try {
    await make();
    console.log(`setup: ${what} took ${elapsed(start)}`);
  } catch (error) {
    console.log(error.message);
    rmSync(root, { recursive: true, force: true });
  }
}

/** Why a peer cannot be had and what mends that, or undefined. */
export function missingPeer(name) {
  const { what, program, fix } = PEERS[name];
  if (existsSync(program)) return undefined;
  return `${what} could not be made: ${fix}; \`npm test -- differential\` tries again and says what failed`;
}
