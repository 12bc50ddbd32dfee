import { equal, rejects, withTables, type Case } from './harness.js';

export const transactions: Case[] = [
  withTables('a transaction happens as a whole', async (doc) => {
    await doc.put({ TableName: 'simple', Item: { id: 'stock', left: 2 } });
    const order = (id: string) =>
      doc.transactWrite({
        TransactItems: [
          {
            Update: {
              TableName: 'simple',
              Key: { id: 'stock' },
              UpdateExpression: 'SET #left = #left - :one',
              ConditionExpression: '#left > :none',
              ExpressionAttributeNames: { '#left': 'left' },
              ExpressionAttributeValues: { ':one': 1, ':none': 0 },
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          {
            Put: {
              TableName: 'things',
              Item: { pk: 'order', sk: Number(id), tags: new Set(['new']) },
              ConditionExpression: 'attribute_not_exists(pk)',
            },
          },
        ],
      });
    await order('1');
    await order('2');
    const cancelled = await rejects(order('3'), 'TransactionCanceledException');
    equal((cancelled as { CancellationReasons?: unknown }).CancellationReasons, [
      {
        Code: 'ConditionalCheckFailed',
        Message: 'The conditional request failed',
        Item: { id: { S: 'stock' }, left: { N: '0' } },
      },
      { Code: 'None' },
    ]);
    const twice = await rejects(order('2'), 'TransactionCanceledException');
    equal(
      (twice as { CancellationReasons?: { Code?: string }[] }).CancellationReasons?.map(({ Code }) => Code),
      ['ConditionalCheckFailed', 'ConditionalCheckFailed'],
    );
    const read = await doc.transactGet({
      TransactItems: [
        { Get: { TableName: 'simple', Key: { id: 'stock' } } },
        { Get: { TableName: 'things', Key: { pk: 'order', sk: 2 }, ProjectionExpression: 'tags' } },
        { Get: { TableName: 'things', Key: { pk: 'order', sk: 3 } } },
      ],
    });
    equal(read.Responses, [{ Item: { id: 'stock', left: 0 } }, { Item: { tags: new Set(['new']) } }, {}]);
  }),

  withTables('a transaction with a token happens once', async (doc) => {
    const add = (by: number) =>
      doc.transactWrite({
        ClientRequestToken: 'a-token',
        ReturnConsumedCapacity: 'TOTAL',
        TransactItems: [
          {
            Update: {
              TableName: 'simple',
              Key: { id: 'sum' },
              UpdateExpression: 'ADD n :by',
              ExpressionAttributeValues: { ':by': by },
            },
          },
        ],
      });
    const [first, second] = await Promise.all([add(5), add(5)]);
    equal(first.ConsumedCapacity, [{ TableName: 'simple', CapacityUnits: 2, WriteCapacityUnits: 2 }]);
    equal(second.ConsumedCapacity, [{ TableName: 'simple', CapacityUnits: 2, ReadCapacityUnits: 2 }]);
    await rejects(add(6), 'IdempotentParameterMismatchException');
    equal((await doc.get({ TableName: 'simple', Key: { id: 'sum' }, ConsistentRead: true })).Item, {
      id: 'sum',
      n: 5,
    });
  }),

  withTables('transactions that overlap come one after the other', async (doc) => {
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((id) => doc.put({ TableName: 'simple', Item: { id, n: 100 } })));
    const move = (from: string, to: string, n: number) =>
      doc.transactWrite({
        TransactItems: [
          {
            Update: {
              TableName: 'simple',
              Key: { id: from },
              UpdateExpression: 'ADD n :n',
              ExpressionAttributeValues: { ':n': -n },
            },
          },
          {
            Update: {
              TableName: 'simple',
              Key: { id: to },
              UpdateExpression: 'ADD n :n',
              ExpressionAttributeValues: { ':n': n },
            },
          },
        ],
      });
    const sum = async () => {
      const { Responses = [] } = await doc.transactGet<{ n: number }>({
        TransactItems: names.map((id) => ({ Get: { TableName: 'simple', Key: { id } } })),
      });
      return Responses.reduce((total, { Item }) => total + (Item?.n ?? 0), 0);
    };
    const sums: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await move(names[i % 4]!, names[(i + 1 + (i % 3)) % 4]!, i);
        sums.push(await sum());
      }),
    );
    equal(new Set(sums), new Set([400]));
  }),
];
