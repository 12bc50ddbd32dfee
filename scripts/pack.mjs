// Packs the package as it would be published and installs it into a fresh project, target/pack/project, where tests
// use it as an application does. Done again only when what is published has changed.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { main, npm, ROOT } from './lib/run.mjs';
import { step } from './lib/stamp.mjs';
import { setup } from './setup.mjs';

const FOLDER = join(ROOT, 'target/pack');

/** The fresh project that has the packed package installed. */
export const PROJECT = join(FOLDER, 'project');

/** The packed package as it is installed there. */
export const PACKED = join(PROJECT, 'node_modules/dynatab');

/** The tarball. */
export function tarball() {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return join(FOLDER, `${name}-${version}.tgz`);
}

/** Packs and installs the package, which has been built. */
export async function pack() {
  const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const inputs = [...files, 'package.json', 'scripts/pack.mjs'];
  return step('pack', { inputs, outputs: ['target/pack/project/node_modules/dynatab'] }, async () => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(PROJECT, { recursive: true });
    const quiet = ['--ignore-scripts', '--loglevel=error'];
    await npm(['pack', '--silent', '--pack-destination', FOLDER, ...quiet], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    writeFileSync(
      join(PROJECT, 'package.json'),
      '{ "name": "project", "private": true, "type": "module" }\n',
    );
    const install = ['install', ...quiet, '--no-audit', '--no-fund', '--silent', tarball()];
    await npm(install, { cwd: PROJECT });
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(async () => {
    await setup();
    await build();
    await pack();
    console.log(tarball());
  });
}
