// The line between pages and the test: WebSockets, because they work alike in every browser, and what was sent on one
// arrives though its page has gone.

import { WebSocketServer } from 'ws';

/** Resolves with a line that pages can connect to. */
export async function openLine() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const expected = new Map();
  server.on('connection', (socket, request) => {
    socket.on('error', () => socket.terminate());
    const answer = expected.get(request.url.slice(1));
    if (answer) answer(socket);
    else socket.terminate();
  });
  let tokens = 0;
  return {
    port: server.address().port,
    /**
     * A place for one page: each time it connects, `met` is given the connection. Gives the token to connect with.
     */
    expect(met) {
      const token = `page${++tokens}`;
      expected.set(token, met);
      return token;
    },
    async close() {
      for (const socket of server.clients) socket.terminate();
      await new Promise((done) => server.close(done));
    },
  };
}
