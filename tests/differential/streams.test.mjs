// The same random writes to dynatab and to DynamoDB Local: their streams have the same records, in each view.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from './lib/generate.mjs';
import { item } from './lib/normal.mjs';
import { missing, peer, send, start } from './lib/peers.mjs';

const SEED = Number(process.env.DYNATAB_SEED ?? 1);
const WRITES = 400;
const VIEWS = ['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY'];

const TABLE = {
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'N' },
  ],
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
};

/** A write that both accept, often one that changes nothing. */
function write(random) {
  const key = () => ({ pk: { S: random.pick(['a', 'b', 'é']) }, sk: { N: String(random.below(3) - 1) } });
  const put = () => ({
    ...key(),
    ...(random.chance(60) ? { n: { N: random.pick(['1', '2', '1.50', '1e10']) } } : {}),
    ...(random.chance(40) ? { tags: { SS: random.pick([['x'], ['y', 'x'], ['x', 'y']]) } } : {}),
    ...(random.chance(30)
      ? { deep: { M: { l: { L: [{ NULL: true }, { B: 'AQI=' }, { BOOL: true }] } } } }
      : {}),
  });
  // Not REMOVE alone: on an item that is not there DynamoDB Local makes one of it.
  const update = () => ({
    Key: key(),
    UpdateExpression: random.pick(['SET n = :n', 'ADD n :n', 'SET n = :n REMOVE tags']),
    ExpressionAttributeValues: { ':n': { N: random.pick(['1', '2']) } },
  });
  /** Several items, no key twice. */
  const several = (make, keyOf) => {
    const made = new Map();
    for (let left = 1 + random.below(4); left > 0; left--) {
      const one = make();
      made.set(JSON.stringify(item({ pk: keyOf(one).pk, sk: keyOf(one).sk })), one);
    }
    return [...made.values()];
  };
  const TableName = 'streamed';
  switch (random.below(6)) {
    case 0:
    case 1:
      return ['PutItem', { TableName, Item: put() }];
    case 2:
      return ['UpdateItem', { TableName, ...update() }];
    case 3:
      return ['DeleteItem', { TableName, Key: key() }];
    case 4: {
      const requests = several(
        () => (random.chance(60) ? { PutRequest: { Item: put() } } : { DeleteRequest: { Key: key() } }),
        (one) => one.PutRequest?.Item ?? one.DeleteRequest.Key,
      );
      return ['BatchWriteItem', { RequestItems: { [TableName]: requests } }];
    }
    default: {
      const actions = several(
        () =>
          random.pick([
            () => ({ Put: { TableName, Item: put() } }),
            () => ({ Update: { TableName, ...update() } }),
            () => ({ Delete: { TableName, Key: key() } }),
          ])(),
        (one) => one.Put?.Item ?? (one.Update ?? one.Delete).Key,
      );
      return ['TransactWriteItems', { TransactItems: actions }];
    }
  }
}

/** All that a table's stream tells. */
async function records(port, TableName) {
  const ask = async (operation, input) => {
    const { error, message, body } = await send(port, operation, input, 'DynamoDBStreams');
    assert.equal(error, undefined, message);
    return body;
  };
  const { Streams } = await ask('ListStreams', { TableName });
  const { StreamArn } = Streams[0];
  const { StreamDescription } = await ask('DescribeStream', { StreamArn });
  const found = [];
  for (const { ShardId } of StreamDescription.Shards) {
    const place = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    let { ShardIterator } = await ask('GetShardIterator', place);
    while (ShardIterator) {
      const { Records, NextShardIterator } = await ask('GetRecords', { ShardIterator });
      found.push(...Records);
      ShardIterator = Records.length > 0 ? NextShardIterator : undefined;
    }
  }
  return found.map(({ eventName, dynamodb }) => {
    const { Keys, NewImage, OldImage, SizeBytes, StreamViewType } = dynamodb;
    const image = (data) => data && item(data);
    return {
      eventName,
      Keys: item(Keys),
      New: image(NewImage),
      Old: image(OldImage),
      SizeBytes,
      StreamViewType,
    };
  });
}

for (const [number, StreamViewType] of VIEWS.entries()) {
  test(`streams of ${StreamViewType} as DynamoDB Local has them`, { timeout: 120_000 }, async (t) => {
    if (missing(t, 'DynamoDB Local')) return;
    const seed = SEED + number;
    t.diagnostic(`seed ${seed}, ${WRITES} writes`);
    const ours = await start(peer('dynatab'));
    let theirs;
    try {
      theirs = await start(peer('DynamoDB Local'));
      const ports = [ours.port, theirs.port];
      const StreamSpecification = { StreamEnabled: true, StreamViewType };
      for (const port of ports) {
        await send(port, 'CreateTable', { ...TABLE, TableName: 'streamed', StreamSpecification });
      }
      const random = new Random(seed);
      for (let left = WRITES; left > 0; left--) {
        const [operation, input] = write(random);
        for (const port of ports) {
          const { error, message } = await send(port, operation, input);
          assert.equal(error, undefined, `${operation} ${JSON.stringify(input)}: ${message}`);
        }
      }
      const [one, other] = await Promise.all(ports.map((port) => records(port, 'streamed')));
      assert.ok(one.length > WRITES / 4);
      // Between items there is no order.
      const byItem = (list) => {
        const items = {};
        for (const record of list) (items[JSON.stringify(record.Keys)] ??= []).push(record);
        return items;
      };
      assert.deepEqual(byItem(one), byItem(other));
    } finally {
      await theirs?.stop();
      await ours.stop();
    }
  });
}
