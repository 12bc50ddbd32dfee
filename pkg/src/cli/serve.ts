/** `dynatab serve`: a DynamoDB endpoint on this machine. */

import type { AccessKey } from '../node.js';
import { isLoopback } from './loopback.js';
import { secret } from './secret.js';
import { UsageError, type Package } from './usage.js';

export const USAGE = `dynatab serve [--port 8000] [--host ADDRESS] [--dir PATH] [--cors ORIGIN]
                     [--signed | --open-to-the-world]

  --port   where to listen; 0 takes any free port
  --host   the address to listen on (127.0.0.1); given, any Host header is accepted. One that others reach needs
           --signed or --open-to-the-world
  --dir    keep the data in this directory; without it, in memory
  --cors   let pages of this origin call
  --signed answer only what is signed with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment
  --open-to-the-world
           let whoever reaches --host read and write everything
`;

export const OPTIONS = {
  port: { type: 'string', default: '8000' },
  host: { type: 'string' },
  dir: { type: 'string' },
  cors: { type: 'string' },
  signed: { type: 'boolean', default: false },
  'open-to-the-world': { type: 'boolean', default: false },
} as const;

interface Values {
  port: string;
  host?: string;
  dir?: string;
  cors?: string;
  signed: boolean;
  'open-to-the-world': boolean;
}

/** Serves until a signal ends it. */
export async function run(values: Values, { open, serve }: Package): Promise<void> {
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError(`not a port: ${values.port}`);

  const { host } = values;
  if (host !== undefined && !isLoopback(host) && !values.signed && !values['open-to-the-world']) {
    throw new UsageError(
      `--host ${host} lets others call: add --signed, to answer only what is signed with AWS_ACCESS_KEY_ID and ` +
        'AWS_SECRET_ACCESS_KEY of the environment, or --open-to-the-world, to let whoever reaches it read and write everything',
    );
  }
  const accessKeys = values.signed ? [accessKey()] : undefined;
  const db = await open({
    name: 'dynatab',
    storage: values.dir === undefined ? 'memory' : 'files',
    path: values.dir,
    ...secret(),
  });
  const served = await serve({ db, port, host, cors: values.cors, accessKeys }).catch(
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
