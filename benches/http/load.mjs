// The load, in a process of its own: for each message asks a server for some time, and says how often it was answered.

import { encode, open } from './client.mjs';

/** Asks `port` on some connections for about `ms`. */
async function measure({ port, requests, connections, ms }) {
  const encoded = requests.map((request) => encode(request, port));
  const open_ = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const start = performance.now();
  let count = 0;
  const work = async (connection) => {
    while (performance.now() - start < ms) {
      const { status, body } = await connection.send(encoded[count++ % encoded.length]);
      if (status !== 200) throw new Error(`${status}: ${body}`);
    }
  };
  await Promise.all(open_.map(work));
  const sample = { ms: performance.now() - start, count };
  for (const connection of open_) connection.close();
  return sample;
}

process.on('message', async (message) => {
  try {
    process.send({ sample: await measure(message) });
  } catch (error) {
    process.send({ error: String(error) });
  }
});
