// Packages that only some suites and benches need: each such folder has a package.json and a lock file of its own, so
// that building and starting does not wait for them.

import { join } from 'node:path';
import { npm, ROOT } from './run.mjs';
import { step } from './stamp.mjs';

/** Installs the packages of `folder` from its lock file, unless they are there. */
export async function install(folder) {
  const inputs = [`${folder}/package-lock.json`];
  const outputs = [`${folder}/node_modules/.package-lock.json`];
  await step(`npm-${folder.replaceAll('/', '-')}`, { inputs, outputs }, async () => {
    console.log(`setup: npm packages of ${folder}`);
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    await npm(['ci', ...quiet], { cwd: join(ROOT, folder) });
  });
}
