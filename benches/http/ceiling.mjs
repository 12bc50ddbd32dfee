// What Node itself can do: reads and parses each request, and answers what dynatab answered to one like it.

import { createServer } from 'node:http';

/** Answers by target; the parent sends them. */
let answers = {};
process.on('message', (message) => {
  answers = Object.fromEntries(
    Object.entries(message).map(([target, { headers, body }]) => [
      target,
      { headers, body: Buffer.from(body, 'base64') },
    ]),
  );
});

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const parsed = JSON.parse(Buffer.concat(chunks).toString());
    const target = request.headers['x-amz-target'].split('.')[1];
    // What tells one measured operation from another of its kind.
    const { headers, body } = answers[`${target} ${parsed.Limit ?? ''}`] ?? answers[target] ?? {};
    response.writeHead(200, {
      'content-type': 'application/x-amz-json-1.0',
      ...headers,
      'content-length': body?.length ?? 2,
    });
    response.end(body ?? '{}');
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
