// The HTTP server over a database that only echoes.
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import type { Database } from '../../../pkg/src/client/database.js';
import { serve, type Served, type ServeOptions } from '../../../pkg/src/serve/serve.js';

const seen: { method: string; path: string; target?: string | undefined; body: string }[] = [];
const db = {
  async http(request: { method: string; path: string; target?: string; body: Uint8Array }) {
    seen.push({ ...request, body: Buffer.from(request.body).toString() });
    return {
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Buffer.from('{"ok":1}'),
    };
  },
} as unknown as Database;

const servers: Served[] = [];
async function start(options: Partial<ServeOptions> = {}): Promise<Served> {
  const served = await serve({ db, port: 0, ...options });
  servers.push(served);
  return served;
}
after(() => Promise.all(servers.map((s) => s.close())));

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}
function ask(served: Served, options: http.RequestOptions, body: string | Buffer = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: served.port, method: 'POST', ...options },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (c: Buffer) => chunks.push(c));
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
const json = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables' };

test('a request of the protocol reaches the database', async () => {
  const served = await start();
  assert.match(served.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const answer = await ask(served, { headers: json, path: '/?x=1' }, '{"a":1}');
  assert.equal(answer.status, 200);
  assert.equal(answer.body, '{"ok":1}');
  assert.equal(answer.headers['content-length'], '8');
  const { method, path, target, body } = seen.at(-1)!;
  assert.deepEqual([method, path, target, body], ['POST', '/', 'DynamoDB_20120810.ListTables', '{"a":1}']);
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
});

test('other content types and other hosts reach nothing', async () => {
  const served = await start();
  const before = seen.length;
  for (const type of ['text/plain', 'application/json', 'application/x-amz-json-1.00', '']) {
    assert.equal((await ask(served, { headers: { ...json, 'content-type': type } }, '{}')).status, 415, type);
  }
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example']) {
    assert.equal((await ask(served, { headers: { ...json, host } }, '{}')).status, 403, host);
  }
  assert.equal(seen.length, before);
  for (const host of ['localhost', 'LOCALHOST:8000', '127.0.0.1:1', '[::1]:5', 'dynamodb.localhost']) {
    assert.equal((await ask(served, { headers: { ...json, host } }, '{}')).status, 200, host);
  }
});

test('with a host given any Host header is accepted', async () => {
  const served = await start({ host: '127.0.0.1' });
  assert.equal((await ask(served, { headers: { ...json, host: 'db.example' } }, '{}')).status, 200);
});

test('a preflight is answered only when asked to', async () => {
  const closed = await start();
  const preflight = {
    method: 'OPTIONS',
    headers: { 'access-control-request-headers': 'x-amz-target,content-type', origin: 'http://a' },
  };
  assert.equal((await ask(closed, preflight)).headers['access-control-allow-origin'], undefined);
  const open = await start({ cors: 'http://a' });
  const answer = await ask(open, preflight);
  assert.equal(answer.status, 204);
  assert.equal(answer.headers['access-control-allow-origin'], 'http://a');
  assert.equal(answer.headers['access-control-allow-headers'], 'x-amz-target,content-type');
  assert.equal((await ask(open, { headers: json }, '{}')).headers['access-control-allow-origin'], 'http://a');
});

test('a body of more than 16 MB is refused, announced or not', async () => {
  const served = await start();
  const before = seen.length;
  const exact = Buffer.alloc(16 * 1024 * 1024, 0x20);
  assert.equal((await ask(served, { headers: json }, exact)).status, 200);
  assert.equal(seen.length, before + 1);
  const announced = await new Promise<string>((resolve, reject) => {
    const socket = connect(served.port, '127.0.0.1', () => {
      socket.write(
        `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: ${exact.length + 1}\r\n\r\n`,
      );
    });
    socket.once('data', (data) => (resolve(data.toString()), socket.destroy()));
    socket.once('error', reject);
  });
  assert.match(announced, /^HTTP\/1\.1 413 /);
  const chunked = await ask(
    served,
    { headers: { ...json, 'transfer-encoding': 'chunked' } },
    Buffer.concat([exact, Buffer.alloc(10)]),
  ).catch((e: NodeJS.ErrnoException) => e);
  // The server answers while the client still sends; some clients see only the closed connection.
  if ('status' in chunked) assert.equal(chunked.status, 413);
  else assert.match(String(chunked.code), /EPIPE|ECONNRESET/);
  assert.equal(seen.length, before + 1);
});

test('a taken port is an error', async () => {
  const served = await start();
  await assert.rejects(start({ port: served.port }), { code: 'EADDRINUSE' });
});

test('a path that is no URL is a path like another', async () => {
  const served = await start();
  for (const path of ['//', '/%zz?a=%']) {
    assert.equal((await ask(served, { headers: json, path }, '{}')).status, 200);
  }
});
