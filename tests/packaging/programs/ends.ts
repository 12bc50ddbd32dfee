// A program that leaves a database open in which something will expire: it ends all the same.
import { open } from 'dynatab';

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
// The first search is over, and the timer set for what expires.
await new Promise((done) => setTimeout(done, 500));
console.log('done');
