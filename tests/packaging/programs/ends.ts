// A program that leaves databases open, one in which something will expire, and one in the folder that the last argument
// names, whose space is looked at: it ends all the same.
import { open } from 'dynatab';
import process from 'node:process';

const path = process.argv.at(-1)!;
const TableName = 'sessions';
const db = await open({
  name: 'ends',
  tables: [
    {
      TableName,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
    },
  ],
});
await db
  .client()
  .updateTimeToLive({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' } });
const expires = Math.floor(Date.now() / 1000) + 600;
await db.documentClient().put({ TableName, Item: { id: 'a', expires } });
const kept = await open({
  name: 'kept',
  path,
  tables: [
    {
      TableName,
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    },
  ],
});
kept.on('space', () => undefined);
await kept.documentClient().put({ TableName, Item: { id: 'a' } });
// The first search is over, and the timer set for what expires; the space was looked at, and rests.
await new Promise((done) => setTimeout(done, 500));
console.log('done');
