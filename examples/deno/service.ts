// A small service of Deno's: songs over HTTP, in a table. Needs --allow-net and nothing else. It asks nobody who they are,
// so it listens on loopback.
import { open } from 'dynatab';

const db = await open({
  name: 'songs',
  tables: [
    {
      TableName: 'songs',
      KeySchema: [
        { AttributeName: 'artist', KeyType: 'HASH' },
        { AttributeName: 'title', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'artist', AttributeType: 'S' },
        { AttributeName: 'title', AttributeType: 'S' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    },
  ],
});
const songs = db.documentClient();

const server = Deno.serve({ hostname: '127.0.0.1', port: 0 }, async (request) => {
  const artist = decodeURIComponent(new URL(request.url).pathname.slice(1));
  if (request.method === 'PUT') {
    await songs.put({ TableName: 'songs', Item: { artist, ...(await request.json()) } });
    return new Response(null, { status: 204 });
  }
  const { Items } = await songs.query({
    TableName: 'songs',
    KeyConditionExpression: 'artist = :artist',
    ExpressionAttributeValues: { ':artist': artist },
  });
  return Response.json(Items);
});

Deno.addSignalListener('SIGINT', async () => {
  await server.shutdown();
  await db.close();
});
