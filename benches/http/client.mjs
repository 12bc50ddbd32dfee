// A client that costs little: requests made before, raw sockets, just enough of HTTP to find where an answer ends.

import { connect } from 'node:net';

/** The bytes of a request as an SDK sends it. */
export function encode({ target, body }, port) {
  const bytes = Buffer.from(body);
  const head = [
    'POST / HTTP/1.1',
    `host: 127.0.0.1:${port}`,
    'content-type: application/x-amz-json-1.0',
    `x-amz-target: DynamoDB_20120810.${target}`,
    'authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=x',
    'x-amz-date: 20260101T000000Z',
    'accept-encoding: identity',
    `content-length: ${bytes.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes]);
}

const END = Buffer.from('\r\n\r\n');
const LAST = Buffer.from('0\r\n\r\n');

/** A connection that is kept; `send` resolves with status and body. */
export async function open(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let waiting;
  let data = Buffer.alloc(0);
  let bodyAt = -1;
  let bodyEnd = -1;
  let status = 0;
  socket.on('error', (error) => waiting?.reject(error));
  let closed;
  socket.on('close', () => {
    closed = new Error('the server closed the connection');
    waiting?.reject(closed);
  });
  socket.on('data', (chunk) => {
    data = data.length ? Buffer.concat([data, chunk]) : chunk;
    if (bodyAt < 0) {
      const at = data.indexOf(END);
      if (at < 0) return;
      bodyAt = at + END.length;
      const head = data.latin1Slice(0, at);
      status = Number(head.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
      bodyEnd = length === undefined ? -1 : bodyAt + Number(length);
    }
    if (bodyEnd < 0 ? !data.subarray(-LAST.length).equals(LAST) : data.length < bodyEnd) return;
    const body = data.subarray(bodyAt);
    const { resolve } = waiting;
    waiting = undefined;
    data = Buffer.alloc(0);
    bodyAt = -1;
    resolve({ status, body });
  });
  return {
    send: (bytes) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed);
        waiting = { resolve, reject };
        socket.write(bytes);
      }),
    close() {
      waiting = undefined;
      socket.destroy();
    },
  };
}
