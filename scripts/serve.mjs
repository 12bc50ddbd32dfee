// Serves the DynamoDB endpoint: `npm run serve -- --port 8000`. Builds first, quietly, when something changed.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from './build.mjs';
import { main, ROOT } from './lib/run.mjs';
import { setup } from './setup.mjs';

await main(async () => {
  await setup();
  await build();
  const cli = join(ROOT, 'pkg/dist/cli.js');
  const child = spawn(process.execPath, [cli, 'serve', ...process.argv.slice(2)], { stdio: 'inherit' });
  // The child gets Ctrl-C from the terminal itself; what is sent to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('exit', (code, signal) => process.exit(code ?? (signal ? 0 : 1)));
});
