/**
 * The wire protocol over HTTP, for SDKs of any language.
 *
 * Credentials are checked when access keys are given, and otherwise not, so the server is careful who can reach it: it
 * listens on the loopback interface, takes
 * only requests addressed to it by a loopback name (a page that rebinds its DNS name to 127.0.0.1 is refused), and
 * only bodies of the protocol's content type, which a page of another origin cannot send without being allowed to.
 */

import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { unpacked } from '../client/body.js';
import type { WireRequest } from '../link/link.js';
import type { Database } from '../client/database.js';
import { answerSigned, type AccessKey } from '../client/signature.js';
import { direct } from './direct.js';

export interface ServeOptions {
  db: Database;
  /** 8000 when left out; 0 takes any free port. */
  port?: number | undefined;
  /** The address to listen on; given, any Host header is accepted. Where others reach it, give `accessKeys` too. */
  host?: string | undefined;
  /** The origin that pages may call from; none when left out. */
  cors?: string | undefined;
  /** Only requests signed with one of these are answered; without the option, whoever signed them. */
  accessKeys?: readonly AccessKey[] | undefined;
}

export interface Served {
  readonly url: string;
  readonly port: number;
  /** Stops taking requests and waits for those being answered. The database stays open. */
  close(): Promise<void>;
}

/** DynamoDB takes requests of up to 16 MB. */
const MAX_BODY = 16 * 1024 * 1024;
const CONTENT_TYPE = /^application\/x-amz-json-1\.[01]\s*(;|$)/i;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|[a-z0-9-]+\.localhost)(:\d+)?$/i;

/** Serves a database; resolves when it listens. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { db, cors } = options;
  let connections = 0;
  const soon = together(() => connections > 1);
  const server = http.createServer((request, response) => {
    answer(db, options, request, response, soon).catch((error: unknown) => {
      if (!response.headersSent) refuse(response, cors, 500, 'InternalServerError', String(error));
      else response.destroy();
    });
  });
  // Signatures are checked below.
  const plain = options.accessKeys
    ? undefined
    : direct(server, {
        accepts: (host, contentType) => accepts(options, host) && CONTENT_TYPE.test(contentType),
        answer: (request) => db.http(request),
        soon,
        headers: corsHeaders(cors),
      });
  server.on('connection', (socket) => {
    connections++;
    socket.once('close', () => connections--);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 8000, options.host ?? '127.0.0.1', resolve);
  });
  const { port, address, family } = server.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${name}:${port}`,
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
        plain?.close();
        // A client that keeps its connection busy or half-open does not hold us up for ever.
        setTimeout(() => {
          server.closeAllConnections();
          plain?.destroy();
        }, 2000).unref();
      }),
  };
}

async function answer(
  db: Database,
  options: ServeOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  soon: Soon,
): Promise<void> {
  const { cors } = options;
  if (!accepts(options, request.headers.host ?? '')) {
    refuse(response, cors, 403, 'AccessDeniedException', 'The Host header names another machine');
    return;
  }
  const method = request.method ?? 'GET';
  if (method === 'OPTIONS' && cors !== undefined) {
    response.writeHead(204, {
      ...corsHeaders(cors),
      'access-control-allow-methods': 'POST, GET, OPTIONS',
      'access-control-allow-headers': request.headers['access-control-request-headers'] ?? '*',
      'access-control-max-age': '600',
    });
    response.end();
    return;
  }
  const contentType = request.headers['content-type'];
  if (method === 'POST' && !CONTENT_TYPE.test(contentType ?? '')) {
    refuse(
      response,
      cors,
      415,
      'UnknownOperationException',
      'The content type is not application/x-amz-json-1.0',
    );
    return;
  }
  const body = await read(request);
  if (!body) {
    response.setHeader('connection', 'close');
    refuse(response, cors, 413, 'RequestEntityTooLargeException', 'The request is larger than 16 MB');
    return;
  }
  const header = (name: string) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  };
  const { path, query } = partsOf(request.url ?? '/');
  const wire = {
    method,
    path,
    target: header('x-amz-target'),
    contentType,
    host: request.headers.host,
    body,
  };
  const run = async (asked: WireRequest) =>
    db.http({ ...asked, body: await unpacked(asked.body, header('content-encoding')) });
  const { accessKeys } = options;
  const made = accessKeys ? await answerSigned({ ...wire, query, header }, accessKeys, run) : await run(wire);
  soon(() => {
    response.writeHead(made.status, {
      ...made.headers,
      'content-length': made.body.length,
      ...corsHeaders(cors),
    });
    response.end(made.body);
  });
}

/** Whether the server may be called by this name. */
const accepts = ({ host }: ServeOptions, name: string) => host !== undefined || LOOPBACK.test(name);

type Soon = (write: () => void) => void;

/**
 * Where there are several connections, answers leave together once each that had something to say was heard: a client
 * that waits on all of them is woken once and not by each.
 */
function together(several: () => boolean): Soon {
  let ready: (() => void)[] = [];
  const flush = () => {
    const now = ready;
    ready = [];
    for (const write of now) write();
  };
  return (write) => {
    if (!several()) return write();
    if (ready.length === 0) setImmediate(flush);
    ready.push(write);
  };
}

/** Path and query of a request line, whatever they are: nothing here is a reason to fail. */
function partsOf(url: string): { path: string; query: string } {
  const at = url.indexOf('?');
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at + 1) };
}

/** The body; undefined when it is too large. */
function read(request: http.IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length']) > MAX_BODY) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > MAX_BODY) {
        request.pause();
        resolve(undefined);
      } else chunks.push(chunk);
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    request.on('error', reject);
  });
}

function corsHeaders(cors: string | undefined): Record<string, string> {
  if (cors === undefined) return {};
  return {
    'access-control-allow-origin': cors,
    'access-control-expose-headers': 'x-amzn-requestid, x-amz-crc32',
    vary: 'origin',
  };
}

function refuse(
  response: http.ServerResponse,
  cors: string | undefined,
  status: number,
  name: string,
  message: string,
): void {
  const body = JSON.stringify({ __type: `com.amazon.coral.service#${name}`, message });
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...corsHeaders(cors) });
  response.end(body);
}
