/** From nothing to the first durable write: dynatab. */

import { open } from 'dynatab';
import { report, ITEM } from './report.js';

await report(async () => {
  const db = await open({
    name: `first-${Date.now()}`,
    tables: [
      {
        TableName: 'items',
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      },
    ],
  });
  await db.documentClient().put({ TableName: 'items', Item: ITEM });
});
