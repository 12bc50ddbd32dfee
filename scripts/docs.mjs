// Makes the reference of the package's API, target/reference, from the types and comments of pkg/src.

import { join } from 'node:path';
import { install } from './lib/packages.mjs';
import { main, ROOT, run } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  await setup();
  await install('docs/reference');
  const typedoc = join(ROOT, 'docs/reference/node_modules/typedoc/bin/typedoc');
  const options = [
    ['--entryPoints', 'pkg/src/entry/node.ts'],
    ['--tsconfig', 'tsconfig.json'],
    ['--out', 'target/reference'],
    ['--name', 'dynatab'],
    ['--readme', 'README.md'],
    ['--excludeInternal', 'true'],
    ['--excludePrivate', 'true'],
    // Links to the source would need a place to link to.
    ['--disableSources', 'true'],
    ['--treatWarningsAsErrors', 'true'],
  ];
  await run(process.execPath, [typedoc, ...options.flat()]);
  console.log(join(ROOT, 'target/reference/index.html'));
});
