// Streams of changes and time to live.
import { equal, rejects, SIMPLE, withDatabase, type Case } from './harness.js';
import type * as api from '../../../pkg/src/index.js';

/** All records of a table's newest stream. */
async function records(db: api.Database, TableName: string): Promise<api.StreamRecord[]> {
  const client = db.client();
  const { Table } = await client.describeTable({ TableName });
  const StreamArn = Table!.LatestStreamArn;
  const { StreamDescription } = await client.describeStream({ StreamArn });
  const found: api.StreamRecord[] = [];
  for (const { ShardId } of StreamDescription!.Shards!) {
    let { ShardIterator } = await client.getShardIterator({
      StreamArn,
      ShardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    while (ShardIterator) {
      const { Records, NextShardIterator } = await client.getRecords({ ShardIterator });
      found.push(...Records!);
      ShardIterator = Records!.length > 0 ? NextShardIterator : undefined;
    }
  }
  return found;
}

const STREAMED: api.CreateTableInput = {
  ...SIMPLE,
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
};

/** Noon, and a clock that the case sets. */
const NOON = Date.UTC(2026, 0, 1, 12);
let now = NOON;

export const changes: Case[] = [
  withDatabase(
    'a stream tells each change once and in order',
    async (db) => {
      const doc = db.documentClient();
      await doc.put({ TableName: 'simple', Item: { id: 'a', n: 1 } });
      await doc.put({ TableName: 'simple', Item: { id: 'a', n: 1 } });
      await doc.update({
        TableName: 'simple',
        Key: { id: 'a' },
        UpdateExpression: 'ADD n :one',
        ExpressionAttributeValues: { ':one': 1 },
      });
      await doc.delete({ TableName: 'simple', Key: { id: 'a' } });
      const found = await records(db, 'simple');
      equal(
        found.map(({ eventName, dynamodb }) => ({
          eventName,
          old: dynamodb!.OldImage?.['n'],
          new: dynamodb!.NewImage?.['n'],
        })),
        [
          { eventName: 'INSERT', old: undefined, new: { N: '1' } },
          { eventName: 'MODIFY', old: { N: '1' }, new: { N: '2' } },
          { eventName: 'REMOVE', old: { N: '2' }, new: undefined },
        ],
      );
      equal(found[0]!.dynamodb!.Keys, { id: { S: 'a' } });
      equal(found[0]!.dynamodb!.ApproximateCreationDateTime instanceof Date, true);
      const { Streams } = await db.client().listStreams();
      equal(Streams!.length, 1);
      const { StreamArn } = Streams![0]!;
      const { StreamDescription } = await db.client().describeStream({ StreamArn });
      const { ShardIterator } = await db
        .client()
        .getShardIterator({
          StreamArn,
          ShardId: StreamDescription!.Shards![0]!.ShardId,
          ShardIteratorType: 'AT_TIMESTAMP',
          Timestamp: new Date(Date.now() + 1000),
        });
      equal((await db.client().getRecords({ ShardIterator })).Records, []);
      await rejects(db.client().getRecords({ ShardIterator: 'nonsense' }), 'ValidationException');
    },
    { tables: [STREAMED] },
  ),

  {
    name: 'a stream and its records outlive a reload',
    async run({ pkg, env }) {
      if (!env.persistent) return;
      const options = env.fresh();
      const first = await pkg.open({ ...options, tables: [STREAMED] });
      const doc = first.documentClient();
      for (let n = 0; n < 5; n++) await doc.put({ TableName: 'simple', Item: { id: 'a', n } });
      const before = await records(first, 'simple');
      await first.close();
      const again = await pkg.open(options);
      try {
        await again.documentClient().put({ TableName: 'simple', Item: { id: 'a', n: 5 } });
        const after = await records(again, 'simple');
        equal(after.slice(0, 5), before);
        equal(after[5]!.dynamodb!.OldImage, { id: { S: 'a' }, n: { N: '4' } });
        equal(after.length, 6);
      } finally {
        await again.destroy();
      }
    },
  },

  withDatabase(
    'items expire by a clock of the application',
    async (db) => {
      now = NOON;
      const doc = db.documentClient();
      const client = db.client();
      await client.updateTimeToLive({
        TableName: 'simple',
        TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
      });
      equal((await client.describeTimeToLive({ TableName: 'simple' })).TimeToLiveDescription, {
        TimeToLiveStatus: 'ENABLED',
        AttributeName: 'expires',
      });
      const count = async () => (await doc.scan({ TableName: 'simple', ConsistentRead: true })).Count;
      for (let n = 0; n < 10; n++) {
        await doc.put({ TableName: 'simple', Item: { id: String(n), expires: NOON / 1000 + n } });
      }
      await doc.put({ TableName: 'simple', Item: { id: 'kept', expires: String(NOON / 1000) } });
      equal(await db.deleteExpired(), 0);
      now = NOON + 5000;
      equal(await db.deleteExpired(), 5);
      equal(await count(), 6);
      const expired = (await records(db, 'simple')).filter(({ eventName }) => eventName === 'REMOVE');
      equal(
        expired.map(({ userIdentity }) => userIdentity),
        Array(5).fill({ PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' }),
      );
      // The others go by themselves, once a call sees that the clock has moved far.
      now = NOON + 600_000;
      for (let tries = 0; (await count()) !== 1; tries++) {
        if (tries > 500) throw new Error('nothing expires by itself');
        await new Promise((done) => setTimeout(done, 5));
      }
    },
    { tables: [STREAMED], now: () => now },
  ),

  {
    name: 'a clock that tells nonsense loses nothing',
    async run({ pkg, env }) {
      for (const told of [Infinity, 1e300, NaN, -1]) {
        const options = { ...env.fresh(), now: () => told };
        const first = await pkg.open({ ...options, tables: [STREAMED], delays: { updateTable: 1e300 } });
        await first.documentClient().put({ TableName: 'simple', Item: { id: 'a' } });
        await first.close();
        const again = await pkg.open({ ...options, tables: [STREAMED] });
        try {
          const { Item } = await again.documentClient().get({ TableName: 'simple', Key: { id: 'a' } });
          equal(Item, env.persistent ? { id: 'a' } : undefined);
        } finally {
          await again.destroy();
        }
      }
    },
  },

  withDatabase(
    'items expire by the clock of the platform',
    async (db) => {
      const doc = db.documentClient();
      await db
        .client()
        .updateTimeToLive({
          TableName: 'simple',
          TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
        });
      await doc.put({ TableName: 'simple', Item: { id: 'a', expires: Math.floor(Date.now() / 1000) } });
      const get = () => doc.get({ TableName: 'simple', Key: { id: 'a' }, ConsistentRead: true });
      for (let tries = 0; (await get()).Item; tries++) {
        if (tries > 200) throw new Error('it did not expire');
        await new Promise((done) => setTimeout(done, 50));
      }
    },
    { tables: [SIMPLE], sweepSeconds: 0.1 },
  ),

  withDatabase(
    'changes of tables take as long as they are told to',
    async (db) => {
      now = NOON;
      const client = db.client();
      const status = async () => (await client.describeTable({ TableName: 'simple' })).Table!.TableStatus;
      await client.createTable(SIMPLE);
      equal(await status(), 'CREATING');
      await rejects(
        client.getItem({ TableName: 'simple', Key: { id: { S: 'a' } } }),
        'ResourceNotFoundException',
      );
      now += 500;
      equal(await status(), 'ACTIVE');
      await client.deleteTable({ TableName: 'simple' });
      equal(await status(), 'DELETING');
      now += 500;
      await rejects(status(), 'ResourceNotFoundException');
    },
    { now: () => now, delays: { createTable: 500, deleteTable: 500 } },
  ),

  withDatabase('the endpoint is where the request came to', async (db) => {
    const { Endpoints } = await db.client().describeEndpoints();
    equal(Endpoints, [{ Address: 'localhost', CachePeriodInMinutes: 1440 }]);
    const response = await db.fetch(
      new Request('http://tables.example:8123/', {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': 'DynamoDB_20120810.DescribeEndpoints',
        },
        body: '{}',
      }),
    );
    equal(await response.json(), {
      Endpoints: [{ Address: 'tables.example:8123', CachePeriodInMinutes: 1440 }],
    });
  }),

  withDatabase('streams are a service of their own on the wire', async (db) => {
    const ask = async (target: string) => {
      const response = await db.fetch(
        new Request('http://localhost/', {
          method: 'POST',
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target },
          body: '{}',
        }),
      );
      const body = (await response.json()) as { __type?: string };
      return body.__type?.split('#')[1] ?? body;
    };
    equal(await ask('DynamoDBStreams_20120810.ListStreams'), { Streams: [] });
    equal(await ask('DynamoDB_20120810.ListStreams'), 'UnknownOperationException');
    equal(await ask('DynamoDBStreams_20120810.ListTables'), 'UnknownOperationException');
  }),
];
