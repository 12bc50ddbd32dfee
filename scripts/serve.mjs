// Serves the DynamoDB endpoint: `npm run serve -- --port 8000`. Builds first, quietly, when something changed.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { main, ROOT } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  await setup();
  await build();
  const cli = join(ROOT, 'pkg/dist/cli.js');
  // In this process: another one would take longer to start than all the rest.
  process.argv.splice(1, 1, cli, 'serve');
  await import(pathToFileURL(cli).href);
});
