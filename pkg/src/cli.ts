/** The command `dynatab`: an endpoint on this machine, and databases to files and back. */

import { parseArgs } from 'node:util';
import { dumpCommand, DUMP_USAGE } from './cli-dump.js';
import { loadCommand, LOAD_USAGE } from './cli-load.js';
import { UsageError } from './cli-usage.js';
import { open, serve, type AccessKey } from './node.js';

const SERVE_USAGE = `usage: dynatab serve [--port 8000] [--host ADDRESS] [--dir PATH] [--cors ORIGIN] [--signed]

  --port   where to listen; 0 takes any free port
  --host   the address to listen on (127.0.0.1); given, any Host header is accepted
  --dir    keep the data in this directory; without it, in memory
  --cors   let pages of this origin call
  --signed answer only what is signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment
`;

/** Commands that come to an end; each gives its exit code. */
const COMMANDS: Record<string, { run: (args: string[]) => Promise<number>; usage: string }> = {
  dump: { run: dumpCommand, usage: DUMP_USAGE },
  load: { run: loadCommand, usage: LOAD_USAGE },
};

const [asked = '', ...args] = process.argv.slice(2);
const command = Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined;
const USAGE =
  command?.usage ?? [SERVE_USAGE, ...Object.values(COMMANDS).map(({ usage }) => usage)].join('\n');

async function main(): Promise<void> {
  if (command) process.exitCode = await command.run(args);
  else await serveCommand();
}

async function serveCommand(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '8000' },
      host: { type: 'string' },
      dir: { type: 'string' },
      cors: { type: 'string' },
      signed: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const [command = 'serve', ...rest] = positionals;
  if (values.help) {
    process.stdout.write(USAGE);
    return;
  }
  const port = Number(values.port);
  if (command !== 'serve' || rest.length > 0)
    throw new UsageError(`unknown command: ${positionals.join(' ')}`);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError(`not a port: ${values.port}`);

  const accessKeys = values.signed ? [accessKey()] : undefined;
  const db = await open({
    name: 'dynatab',
    storage: values.dir === undefined ? 'memory' : 'files',
    path: values.dir,
  });
  const served = await serve({ db, port, host: values.host, cors: values.cors, accessKeys }).catch(
    async (error: unknown) => {
      await db.close();
      throw error;
    },
  );
  console.log(`listening on ${served.url}`);

  let stopping = false;
  const stop = () => {
    // The second signal does not wait.
    if (stopping) process.exit(130);
    stopping = true;
    served
      .close()
      .then(() => db.close())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** The key of the environment: what stands in an argument is read by everybody on the machine. */
function accessKey(): AccessKey {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey)
    throw new UsageError('--signed: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set');
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
}

main().catch((error: unknown) => {
  const usage =
    error instanceof UsageError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(`dynatab: ${error instanceof Error ? error.message : String(error)}`);
  if (usage) console.error(USAGE);
  process.exit(usage ? 2 : 1);
});
