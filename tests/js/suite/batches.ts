import { equal, rejects, withTables, type Case } from './harness.js';

export const batches: Case[] = [
  withTables('a batch writes and gets across tables', async (doc) => {
    const written = await doc.batchWrite({
      RequestItems: {
        simple: Array.from({ length: 10 }, (_, i) => ({ PutRequest: { Item: { id: `b${i}`, n: i } } })),
        things: [{ PutRequest: { Item: { pk: 'p', sk: 1 } } }],
      },
    });
    equal(written.UnprocessedItems, {});
    const got = await doc.batchGet<{ n?: number; pk?: string }>({
      RequestItems: {
        simple: { Keys: [{ id: 'b1' }, { id: 'b7' }, { id: 'none' }], ProjectionExpression: 'n' },
        things: { Keys: [{ pk: 'p', sk: 1 }], ConsistentRead: true },
      },
    });
    equal(got.Responses?.['simple']?.map((i) => i.n).sort(), [1, 7]);
    equal(got.Responses?.['things'], [{ pk: 'p', sk: 1 }]);
    equal(got.UnprocessedKeys, {});
    await doc.batchWrite({
      RequestItems: {
        simple: [{ DeleteRequest: { Key: { id: 'b1' } } }, { PutRequest: { Item: { id: 'b7' } } }],
      },
    });
    equal((await doc.get({ TableName: 'simple', Key: { id: 'b1' } })).Item, undefined);
    equal((await doc.get({ TableName: 'simple', Key: { id: 'b7' } })).Item, { id: 'b7' });
  }),

  withTables('a batch has limits', async (doc) => {
    const puts = (n: number, same = false) =>
      Array.from({ length: n }, (_, i) => ({ PutRequest: { Item: { id: same ? 'x' : `i${i}` } } }));
    await doc.batchWrite({ RequestItems: { simple: puts(25) } });
    await rejects(doc.batchWrite({ RequestItems: { simple: puts(26) } }), 'ValidationException');
    await rejects(
      doc.batchWrite({ RequestItems: { simple: puts(2, true) } }),
      'ValidationException',
      'Provided list of item keys contains duplicates',
    );
    await rejects(doc.batchWrite({ RequestItems: {} }), 'ValidationException');
    await rejects(doc.batchWrite({ RequestItems: { nowhere: puts(1) } }), 'ResourceNotFoundException');
    const keys = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `i${i}` }));
    equal(
      (await doc.batchGet({ RequestItems: { simple: { Keys: keys(100) } } })).Responses?.['simple']?.length,
      25,
    );
    await rejects(doc.batchGet({ RequestItems: { simple: { Keys: keys(101) } } }), 'ValidationException');
  }),

  withTables('a thousand writes at once all land', async (doc) => {
    await Promise.all(
      Array.from({ length: 1000 }, (_, i) => doc.put({ TableName: 'simple', Item: { id: `k${i}`, i } })),
    );
    let count = 0;
    let ExclusiveStartKey: Record<string, unknown> | undefined;
    do {
      const page = await doc.scan({ TableName: 'simple', ExclusiveStartKey });
      count += page.Count ?? 0;
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    equal(count, 1000);
  }),

  withTables('writes to one item happen one after another', async (doc) => {
    await Promise.all(
      Array.from({ length: 200 }, () =>
        doc.update({
          TableName: 'simple',
          Key: { id: 'counter' },
          UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': 1 },
        }),
      ),
    );
    equal((await doc.get({ TableName: 'simple', Key: { id: 'counter' }, ConsistentRead: true })).Item, {
      id: 'counter',
      n: 200,
    });
  }),
];
