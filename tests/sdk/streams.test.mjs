// The SDK's client of streams, over HTTP and in the process, and its commands through ours.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescribeEndpointsCommand, DynamoDBClient, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ListStreamsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb-streams';
import { credentials, dynatab, TABLE } from './lib.mjs';

const NOON = Date.UTC(2026, 0, 1, 12);

const doors = {
  serve: async (db) => {
    const served = await dynatab.serve({ db, port: 0 });
    return { config: { endpoint: served.url }, close: () => served.close() };
  },
  requestHandler: async (db) => ({ config: { requestHandler: db.handler() }, close: async () => undefined }),
};

for (const [name, start] of Object.entries(doors)) {
  test(`a stream is read over ${name}`, async () => {
    let now = NOON;
    const db = await dynatab.open({ name: `streams-${name}`, storage: 'memory', now: () => now });
    const door = await start(db);
    const client = new DynamoDBStreamsClient({
      region: 'local',
      credentials,
      maxAttempts: 1,
      ...door.config,
    });
    try {
      const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' };
      await db.client().createTable({ ...TABLE, StreamSpecification });
      const doc = db.documentClient();
      for (let sk = 0; sk < 5; sk++) {
        await doc.put({ TableName: TABLE.TableName, Item: { pk: 'a', sk, status: 'new' } });
        now += 1000;
      }
      const { Streams } = await client.send(new ListStreamsCommand({ TableName: TABLE.TableName }));
      const { StreamArn } = Streams[0];
      const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
      assert.deepEqual(StreamDescription.CreationRequestDateTime, new Date(NOON));
      const { ShardId } = StreamDescription.Shards[0];
      const from = async (more) =>
        (await client.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...more }))).ShardIterator;
      const ShardIterator = await from({ ShardIteratorType: 'TRIM_HORIZON' });
      const { Records, NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }));
      assert.deepEqual(
        Records.map(({ dynamodb }) => dynamodb.NewImage.sk.N),
        ['0', '1', '2', '3', '4'],
      );
      assert.deepEqual(Records[3].dynamodb.ApproximateCreationDateTime, new Date(NOON + 3000));
      // The same command through our own client.
      const own = await db.client().send(new GetRecordsCommand({ ShardIterator }));
      assert.deepEqual(own.Records, Records);
      now += 16 * 60 * 1000;
      const late = client.send(new GetRecordsCommand({ ShardIterator: NextShardIterator }));
      await assert.rejects(late, ExpiredIteratorException);
      const missing = new DescribeStreamCommand({ StreamArn: StreamArn.replace('2026', '2025') });
      await assert.rejects(client.send(missing), ResourceNotFoundException);
    } finally {
      client.destroy();
      await door.close();
      await db.close();
    }
  });
}

test('a client that looks for its endpoint stays with it', async () => {
  const db = await dynatab.open({ name: 'endpoints', storage: 'memory' });
  const served = await dynatab.serve({ db, port: 0 });
  const client = new DynamoDBClient({ region: 'local', credentials, endpoint: served.url });
  try {
    const { Endpoints } = await client.send(new DescribeEndpointsCommand({}));
    assert.deepEqual(Endpoints, [{ Address: new URL(served.url).host, CachePeriodInMinutes: 1440 }]);
    await db.client().createTable(TABLE);
    const specification = { Enabled: true, AttributeName: 'expires' };
    const input = { TableName: TABLE.TableName, TimeToLiveSpecification: specification };
    const { TimeToLiveSpecification } = await client.send(new UpdateTimeToLiveCommand(input));
    assert.deepEqual(TimeToLiveSpecification, specification);
  } finally {
    client.destroy();
    await served.close();
    await db.close();
  }
});
