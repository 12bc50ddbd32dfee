// A whole DynamoDB endpoint in Deno, in memory, for what is signed with the access key of its environment:
//
//   AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... deno serve --allow-env endpoint.ts
//
// `deno serve` listens for everybody, so without a key it does not start, unless it is told to be open.
import { open } from 'dynatab';

const accessKeyId = Deno.env.get('AWS_ACCESS_KEY_ID');
const secretAccessKey = Deno.env.get('AWS_SECRET_ACCESS_KEY');
const accessKeys = accessKeyId && secretAccessKey ? [{ accessKeyId, secretAccessKey }] : undefined;
if (!accessKeys && Deno.env.get('DYNATAB_OPEN_TO_THE_WORLD') !== 'true') {
  throw new Error(
    'This endpoint has no access key. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and sign requests with them, or ' +
      'set DYNATAB_OPEN_TO_THE_WORLD to true to let whoever reaches it read and write everything.',
  );
}

const db = await open({ name: 'edge', storage: 'memory' });

export default { fetch: (request: Request) => db.fetch(request, { accessKeys }) };
