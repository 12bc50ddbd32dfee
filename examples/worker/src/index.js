// A whole DynamoDB endpoint in a Cloudflare Worker. It is in memory only: every isolate has a database of its own,
// which is gone when the isolate goes. Good for tests and for data that can be made again; not for data to keep.
import { open } from 'dynatab';

let database;

export default {
  async fetch(request) {
    // Opened by the first request: outside of one a Worker has neither randomness nor timers.
    database ??= open({ name: 'edge', storage: 'memory' });
    const db = await database;
    return db.fetch(request);
  },
};
