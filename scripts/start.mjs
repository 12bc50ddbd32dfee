// Sets up, builds, then serves the page and the endpoint until Ctrl-C.
// `npm start -- --port 4000 --endpoint-port 8001` chooses other ports; a port that is taken is said so.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.mjs';
import { elapsed, Failure, main, ROOT } from './lib/run.mjs';
import { serveFiles } from './lib/static.mjs';
import { setup } from './setup.mjs';

/** The page's server; a taken port is a message, not a stack. */
async function servePage(port) {
  try {
    return await serveFiles({ '/': join(ROOT, 'www/dist') }, port);
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Failure(`port ${port} is taken; choose another with: npm start -- --port ${port + 1}`);
  }
}

/** Starts the endpoint in a process of its own; resolves once it said that it listens. */
function serveEndpoint(port) {
  const cli = join(ROOT, 'pkg/dist/cli.js');
  const args = [cli, 'serve', '--port', String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (chunk) => {
      said += chunk;
      const url = /listening on (\S+)/.exec(said)?.[1];
      if (url) resolve(url);
    });
    child.once('exit', () =>
      reject(
        new Failure(
          `the endpoint did not start on port ${port}; choose another with: npm start -- --endpoint-port ${port + 1}`,
        ),
      ),
    );
  });
}

await main(async () => {
  const options = {
    port: { type: 'string', default: '5173' },
    'endpoint-port': { type: 'string', default: '8000' },
  };
  const { values } = parseArgs({ options });
  const start = Date.now();
  await setup();
  const ran = await build();
  if (ran.length) console.log(`built ${ran.join(', ')} in ${elapsed(start)}`);
  if (!existsSync(join(ROOT, 'www/dist/main.js')))
    throw new Failure('the page is not built: www/src/main.ts is missing');
  const page = await servePage(Number(values.port));
  const endpoint = await serveEndpoint(Number(values['endpoint-port']));
  console.log(`page      ${page.url}`);
  console.log(`endpoint  ${endpoint}`);
  console.log('Ctrl-C ends both.');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(0));
});
