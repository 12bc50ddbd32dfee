// Independent implementations of DynamoDB from the registries, each started by one call.

import { SERVERS, start } from '../../../benches/http/servers.mjs';
import { missingPeer, peerProgram } from '../../../scripts/lib/peers.mjs';

export { start };

// dynalite has no transactions and no PartiQL, and ends when a path is the operand of begins_with or IN and nothing is
// there. dynoxide refuses EXISTS wherever it is. moto and ministack take what is not there for equal to itself, and read
// too little of PartiQL to be asked: no OR beside keys, no sets in conditions, no paths.
const LACKS = {
  dynalite: { transactions: false, pathOperands: false, statements: false },
  dynoxide: { exists: false },
  moto: { pathOperands: false, statements: false },
  ministack: { pathOperands: false, statements: false },
};

/** Those that are not measured: of Python, and slow. */
const OTHERS = [
  {
    name: 'moto',
    missing: () => missingPeer('moto'),
    command: (port) => [peerProgram('moto'), ['--host', '127.0.0.1', '--port', port]],
  },
  {
    name: 'ministack',
    missing: () => missingPeer('ministack'),
    // Without the listeners of services that are none of our concern.
    command: (port) => [
      peerProgram('ministack'),
      [],
      {
        BIND_HOST: '127.0.0.1',
        GATEWAY_PORT: port,
        IOT_MTLS_ENABLED: '0',
        SFTP_ENABLED: '0',
        LOG_LEVEL: 'ERROR',
      },
    ],
  },
];

/** By the name the benchmarks use, with what must not be asked of it. */
export const peer = (name) => ({
  ...[...SERVERS, ...OTHERS].find((server) => server.name === name),
  ...LACKS[name],
});

/**
 * Whether a peer cannot be had: then test `t` is skipped with the reason and what mends it. In CI it fails, so that no
 * peer vanishes unseen.
 */
export function missing(t, name) {
  const reason = peer(name).missing?.();
  if (reason === undefined) return false;
  if (process.env.CI === 'true') throw new Error(`${name}: ${reason}`);
  t.skip(`${name}: ${reason}`);
  return true;
}

/** Sends AWS JSON; the name of the error without its namespace, and the body. */
export async function send(port, operation, input, service = 'DynamoDB') {
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${service}_20120810.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  // Where a server fails it may answer with a page for a person.
  const isPage = !response.ok && text.startsWith('<');
  const body = text && !isPage ? JSON.parse(text) : {};
  const error = response.ok ? undefined : String(body.__type ?? response.status).replace(/^.*#/, '');
  return { error, message: body.message ?? body.Message ?? '', body };
}
