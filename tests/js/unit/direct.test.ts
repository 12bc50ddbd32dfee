// Requests that are answered past node:http, and what makes a connection node:http's.
import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Database } from '../../../pkg/src/client/database.js';
import { parse } from '../../../pkg/src/serve/direct.js';
import { serve, type Served } from '../../../pkg/src/serve/serve.js';

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Answers a request with its own body, after so many milliseconds as it says. */
const db = {
  async http({ body }: { body: Uint8Array }) {
    const text = Buffer.from(body).toString();
    const wait = Number(/^wait (\d+)/.exec(text)?.[1] ?? 0);
    if (wait) await pause(wait);
    if (text === 'fail') throw new Error('the engine is gone');
    const length = Number(/^long (\d+)/.exec(text)?.[1] ?? 0);
    const answer = length ? Buffer.alloc(length, 'x') : Buffer.from(text);
    return { status: 200, headers: { 'content-type': 'application/x-amz-json-1.0' }, body: answer };
  },
} as unknown as Database;

const servers: Served[] = [];
const sockets: Socket[] = [];
async function start(): Promise<Served> {
  const served = await serve({ db, port: 0 });
  servers.push(served);
  return served;
}
after(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all(servers.map((served) => served.close()));
});

const head = (body: string, more = '') =>
  `POST / HTTP/1.1\r\nHost: localhost:1\r\nContent-Type: application/x-amz-json-1.0\r\n${more}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
const request = (body: string, more = '') => head(body, more) + body;

/** A connection that reads answers one by one. */
async function open(served: Served) {
  const socket = connect(served.port, '127.0.0.1');
  sockets.push(socket);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let data = '';
  let closed = false;
  let changed = () => {};
  socket.on('data', (chunk) => ((data += chunk.toString('latin1')), changed()));
  socket.on('close', () => ((closed = true), changed()));
  return {
    socket,
    closed: async () => {
      while (!closed) await new Promise<void>((resolve) => (changed = resolve));
    },
    /** The first line of what comes next, which ends with an empty one. */
    async line(): Promise<string> {
      while (!data.includes('\r\n\r\n')) await new Promise<void>((resolve) => (changed = resolve));
      const text = data.slice(0, data.indexOf('\r\n'));
      data = data.slice(data.indexOf('\r\n\r\n') + 4);
      return text;
    },
    /** The next answer; `http` says that node:http gave it, which tells how long it keeps a connection. */
    async answer(): Promise<{ status: number; http: boolean; body: string; head: string }> {
      for (;;) {
        const end = data.indexOf('\r\n\r\n');
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(data.slice(0, end))?.[1]);
        if (end >= 0 && data.length >= end + 4 + length) {
          const text = data.slice(0, end);
          const body = data.slice(end + 4, end + 4 + length);
          data = data.slice(end + 4 + length);
          const status = Number(text.slice(9, 12));
          return { status, http: /\r\n(keep-alive: timeout|transfer)/i.test(text), body, head: text };
        }
        if (closed) throw new Error(`closed after ${JSON.stringify(data)}`);
        await new Promise<void>((resolve) => (changed = resolve));
      }
    },
  };
}

test('plain requests are answered one after the other on a connection', async () => {
  const { socket, answer } = await open(await start());
  for (const body of ['a', 'äöü', 'x'.repeat(20_000)]) {
    socket.write(request(body));
    const { status, http, body: text, head } = await answer();
    assert.deepEqual([status, http], [200, false]);
    assert.equal(Buffer.from(text, 'latin1').toString(), body);
    assert.match(head, /\r\ndate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    assert.match(head, /\r\nconnection: keep-alive$/);
  }
  socket.write(request('long 300000'));
  assert.equal((await answer()).body.length, 300_000);
});

test('answers come in the order of their requests', async () => {
  const { socket, answer } = await open(await start());
  socket.write(request('wait 50 first'));
  await pause(10);
  socket.write(request('second'));
  await pause(10);
  socket.write(request('third'));
  assert.equal((await answer()).body, 'wait 50 first');
  assert.equal((await answer()).body, 'second');
  assert.equal((await answer()).body, 'third');
  // At once in one write.
  socket.write(request('wait 20 a') + request('b') + request('c'));
  for (const body of ['wait 20 a', 'b', 'c']) assert.equal((await answer()).body, body);
});

const UNUSUAL: Record<string, (socket: Socket) => Promise<unknown> | void> = {
  'a body that comes later': async (socket) => {
    socket.write(head('body'));
    await pause(20);
    socket.write('body');
  },
  'a head in two parts': async (socket) => {
    const text = request('body');
    socket.write(text.slice(0, 30));
    await pause(20);
    socket.write(text.slice(30));
  },
  'a body in chunks': (socket) => {
    socket.write(
      'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
    );
  },
  'a packed body': (socket) => {
    const body = gzipSync('body');
    socket.write(
      Buffer.concat([
        Buffer.from(
          `POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`,
        ),
        body,
      ]),
    );
  },
  'a query in its path': (socket) => {
    socket.write(request('body').replace('POST / ', 'POST /?a=1 '));
  },
};
for (const [what, send] of Object.entries(UNUSUAL)) {
  test(`${what} is for node:http, and the connection stays there`, async () => {
    const { socket, answer } = await open(await start());
    socket.write(request('before'));
    assert.equal((await answer()).http, false);
    await send(socket);
    const { status, http, body } = await answer();
    assert.deepEqual([status, http, body], [200, true, 'body']);
    socket.write(request('after'));
    const later = await answer();
    assert.deepEqual([later.http, later.body], [true, 'after']);
  });
}

test('refusals are those of node:http', async () => {
  const served = await start();
  const statusOf = async (text: string) => {
    const { socket, line } = await open(served);
    socket.write(text);
    const status = Number((await line()).slice(9, 12));
    socket.destroy();
    return status;
  };
  assert.equal(await statusOf(request('x').replace('localhost:1', 'evil.example')), 403);
  assert.equal(await statusOf(request('x').replace('application/x-amz-json-1.0', 'text/plain')), 415);
  assert.equal(await statusOf(request('x').replace('Host:', 'Host :')), 400);
  assert.equal(await statusOf('nonsense\r\n\r\n'), 400);
  assert.equal(await statusOf(request('fail')), 500);
  assert.equal(await statusOf(request('x', 'Content-Length: 2\r\n')), 400);
});

test('a client that waits for leave to send is given it', async () => {
  const { socket, answer, line } = await open(await start());
  socket.write(head('body', 'Expect: 100-continue\r\n'));
  assert.match(await line(), /^HTTP\/1\.1 100 /);
  socket.write('body');
  assert.equal((await answer()).body, 'body');
});

test('a connection that its client ends is ended, after the answer', async () => {
  const { socket, answer, closed } = await open(await start());
  socket.end(request('wait 30 last'));
  assert.equal((await answer()).body, 'wait 30 last');
  await closed();
});

test('close waits for an answer under way and ends silent connections', async () => {
  const served = await serve({ db, port: 0 });
  const busy = await open(served);
  const idle = await open(served);
  idle.socket.write(request('x'));
  await idle.answer();
  busy.socket.write(request('wait 60 busy'));
  await pause(20);
  const start_ = performance.now();
  await Promise.all([served.close(), idle.closed()]);
  const { body, head } = await busy.answer();
  assert.equal(body, 'wait 60 busy');
  assert.match(head, /\r\nconnection: close$/);
  assert.ok(performance.now() - start_ < 1500, 'it waited for its last resort');
});

test('a client that goes in the middle is forgotten', async () => {
  const served = await start();
  const gone = await open(served);
  gone.socket.write(request('wait 40 gone'));
  await pause(10);
  gone.socket.resetAndDestroy();
  await pause(60);
  const { socket, answer } = await open(served);
  socket.write(request('still here'));
  assert.equal((await answer()).body, 'still here');
});

test('only what is plain from its first byte to its last is read', () => {
  const plain = Buffer.from(request('{}', 'X-Amz-Target: T\r\n'));
  const { host, contentType, target, body } = parse(plain)!;
  assert.deepEqual(
    [host, contentType, target, Buffer.from(body).toString()],
    ['localhost:1', 'application/x-amz-json-1.0', 'T', '{}'],
  );
  // A byte more or less, anywhere: another request, or none.
  for (let at = 0; at < plain.length; at++) {
    const shorter = Buffer.concat([plain.subarray(0, at), plain.subarray(at + 1)]);
    const found = parse(shorter);
    if (found) assert.notDeepEqual(shorter, plain);
    assert.equal(parse(plain.subarray(0, at)), undefined, `cut at ${at}`);
  }
  for (const more of [
    'Connection: close\r\n',
    'Connection: keep-alive, upgrade\r\n',
    'Transfer-Encoding: identity\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
    'Trailer: a\r\n',
    'Host: localhost\r\n',
    'Content-Length: 2\r\n',
    'X-Amz-Target: a\r\nx-amz-target: b\r\n',
    ' folded\r\n',
    'a b: c\r\n',
    ': none\r\n',
    'no colon\r\n',
    '\n',
    'a: b\n\r\n',
  ]) {
    assert.equal(parse(Buffer.from(request('{}', more))), undefined, more);
  }
  assert.ok(
    parse(Buffer.from(request('{}', 'Connection: keep-alive\r\nAmz-Sdk-Request: attempt=1; max=3\r\n'))),
  );
  assert.equal(parse(Buffer.from(`${request('{}')}x`)), undefined);
  assert.equal(parse(Buffer.from(request('{}').replace('POST', 'PUT'))), undefined);
  assert.equal(parse(Buffer.from(request('{}').replace('HTTP/1.1', 'HTTP/1.0'))), undefined);
  assert.equal(parse(Buffer.from(request('{}').replace('Length: 2', 'Length: 0x2'))), undefined);
});
