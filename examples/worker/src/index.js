// A whole DynamoDB endpoint in a Cloudflare Worker. It is in memory only: every isolate has a database of its own,
// which is gone when the isolate goes. Good for tests and for data that can be made again; not for data to keep.
import { open } from 'dynatab';

const CLOSED =
  'This endpoint has no access key. Set the secrets AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and sign requests with ' +
  'them, or set the variable DYNATAB_OPEN_TO_THE_WORLD to true to let whoever reaches it read and write everything.';

let database;

export default {
  async fetch(request, env) {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
    const accessKeys = accessKeyId && secretAccessKey ? [{ accessKeyId, secretAccessKey }] : undefined;
    if (!accessKeys && env.DYNATAB_OPEN_TO_THE_WORLD !== 'true') {
      // In the form of the service's errors, so that SDKs show the text.
      return Response.json({ __type: 'InternalServerError', message: CLOSED }, { status: 500 });
    }
    // Opened by the first request: outside of one a Worker has neither randomness nor timers.
    database ??= open({ name: 'edge', storage: 'memory' });
    return (await database).fetch(request, { accessKeys });
  },
};
