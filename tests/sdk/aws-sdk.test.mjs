// Unmodified AWS SDK clients: over HTTP against `serve`, and in the process through `db.handler()`.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DuplicateItemException,
  DynamoDB,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand as LowQueryCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  TransactionCanceledException,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import {
  BatchExecuteStatementCommand,
  BatchGetCommand,
  BatchWriteCommand,
  DeleteCommand,
  DynamoDBDocument,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetCommand,
  NumberValue,
  paginateQuery,
  paginateScan,
  PutCommand,
  QueryCommand,
  ScanCommand,
  TransactGetCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { credentials, dynatab, TABLE } from './lib.mjs';

const doors = {
  serve: async (db) => {
    const served = await dynatab.serve({ db, port: 0 });
    return { config: { endpoint: served.url }, close: () => served.close() };
  },
  requestHandler: async (db) => ({ config: { requestHandler: db.handler() }, close: async () => undefined }),
};

for (const [name, start] of Object.entries(doors)) {
  describe(`AWS SDK over ${name}`, () => {
    let db;
    let door;
    let client;
    let doc;
    const TableName = TABLE.TableName;

    before(async () => {
      db = await dynatab.open({ name: `sdk-${name}`, storage: 'memory' });
      door = await start(db);
      client = new DynamoDBClient({ region: 'local', credentials, maxAttempts: 1, ...door.config });
      doc = DynamoDBDocumentClient.from(client);
      await client.send(new CreateTableCommand(TABLE));
      await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName });
    });

    after(async () => {
      client.destroy();
      await door.close();
      await db.close();
    });

    test('tables', async () => {
      const { Table } = await client.send(new DescribeTableCommand({ TableName }));
      assert.equal(Table.TableStatus, 'ACTIVE');
      assert.ok(Table.CreationDateTime instanceof Date);
      assert.deepEqual((await client.send(new ListTablesCommand({}))).TableNames, [TableName]);
      await assert.rejects(client.send(new CreateTableCommand(TABLE)), ResourceInUseException);
      await client.send(new CreateTableCommand({ ...TABLE, TableName: 'brief' }));
      await client.send(new DeleteTableCommand({ TableName: 'brief' }));
      await waitUntilTableNotExists({ client, maxWaitTime: 10, minDelay: 1 }, { TableName: 'brief' });
      await assert.rejects(
        client.send(new DescribeTableCommand({ TableName: 'brief' })),
        ResourceNotFoundException,
      );
    });

    test('items of every type', async () => {
      const Item = {
        pk: 'types',
        sk: 1,
        text: 'grüße 😀',
        big: 12345678901234567890n,
        half: 0.5,
        yes: true,
        nothing: null,
        bytes: new Uint8Array([0, 255]),
        list: [1, [2], { three: 3 }],
        map: { nested: { deep: 'x' } },
        strings: new Set(['a', 'b']),
        numbers: new Set([1, 2]),
        binaries: new Set([new Uint8Array([1])]),
      };
      await doc.send(new PutCommand({ TableName, Item }));
      const { Item: back, $metadata } = await doc.send(
        new GetCommand({ TableName, Key: { pk: 'types', sk: 1 } }),
      );
      assert.equal($metadata.httpStatusCode, 200);
      assert.ok($metadata.requestId.length > 10);
      assert.deepEqual([...back.bytes], [0, 255]);
      assert.deepEqual(
        [...back.binaries].map((b) => [...b]),
        [[1]],
      );
      for (const member of ['bytes', 'binaries']) (delete back[member], delete Item[member]);
      assert.deepEqual(back, Item);
      await doc.send(
        new PutCommand({
          TableName,
          Item: {
            pk: 'exact',
            sk: NumberValue.from('1.25'),
            n: NumberValue.from('0.12345678901234567890123456789'),
          },
        }),
      );
      const low = await client.send(
        new GetItemCommand({ TableName, Key: { pk: { S: 'exact' }, sk: { N: '1.250' } } }),
      );
      assert.deepEqual(low.Item.n, { N: '0.12345678901234567890123456789' });
    });

    test('updates, deletes and old values', async () => {
      const Key = { pk: 'u', sk: 1 };
      const { Attributes } = await doc.send(
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression: 'SET #s = :s ADD n :one',
          ExpressionAttributeNames: { '#s': 'status' },
          ExpressionAttributeValues: { ':s': 'new', ':one': 1 },
          ReturnValues: 'ALL_NEW',
        }),
      );
      assert.deepEqual(Attributes, { ...Key, status: 'new', n: 1 });
      const deleted = await doc.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }));
      assert.deepEqual(deleted.Attributes, { ...Key, status: 'new', n: 1 });
      assert.equal((await doc.send(new GetCommand({ TableName, Key }))).Item, undefined);
    });

    test("errors are the SDK's own classes", async () => {
      await doc.send(new PutCommand({ TableName, Item: { pk: 'c', sk: 1, n: 1 } }));
      const error = await doc
        .send(
          new PutCommand({
            TableName,
            Item: { pk: 'c', sk: 1 },
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        )
        .catch((e) => e);
      assert.ok(error instanceof ConditionalCheckFailedException);
      assert.equal(error.message, 'The conditional request failed');
      assert.deepEqual(error.Item, { pk: { S: 'c' }, sk: { N: '1' }, n: { N: '1' } });
      await assert.rejects(
        doc.send(new GetCommand({ TableName: 'nowhere', Key: { pk: 'a' } })),
        ResourceNotFoundException,
      );
      await assert.rejects(doc.send(new GetCommand({ TableName, Key: { pk: 'a' } })), {
        name: 'ValidationException',
        message: 'The provided key element does not match the schema',
      });
      // Our own client says the same.
      const own = await db
        .documentClient()
        .get({ TableName, Key: { pk: 'a' } })
        .catch((e) => e);
      assert.equal(own.message, 'The provided key element does not match the schema');
    });

    test('batches, queries, scans and pages', async () => {
      const put = (sk) => ({ PutRequest: { Item: { pk: 'q', sk, status: sk % 2 ? 'odd' : 'even' } } });
      const { UnprocessedItems } = await doc.send(
        new BatchWriteCommand({
          RequestItems: { [TableName]: Array.from({ length: 25 }, (_, i) => put(i)) },
        }),
      );
      assert.deepEqual(UnprocessedItems, {});
      const query = {
        TableName,
        KeyConditionExpression: 'pk = :p AND sk BETWEEN :a AND :b',
        ExpressionAttributeValues: { ':p': 'q', ':a': 5, ':b': 9 },
      };
      assert.deepEqual(
        (await doc.send(new QueryCommand(query))).Items.map((i) => i.sk),
        [5, 6, 7, 8, 9],
      );
      const found = [];
      for await (const page of paginateQuery({ client: doc, pageSize: 2 }, query))
        found.push(...page.Items.map((i) => i.sk));
      assert.deepEqual(found, [5, 6, 7, 8, 9]);
      const index = await doc.send(
        new QueryCommand({
          TableName,
          IndexName: 'byStatus',
          KeyConditionExpression: '#s = :s',
          ExpressionAttributeNames: { '#s': 'status' },
          ExpressionAttributeValues: { ':s': 'odd' },
          Select: 'COUNT',
        }),
      );
      assert.equal(index.Count, 12);
      let scanned = 0;
      for await (const page of paginateScan(
        { client: doc, pageSize: 7 },
        { TableName, FilterExpression: 'attribute_exists(#s)', ExpressionAttributeNames: { '#s': 'status' } },
      ))
        scanned += page.Count;
      assert.equal(scanned, 25);
      assert.ok((await doc.send(new ScanCommand({ TableName, Limit: 1 }))).LastEvaluatedKey);
      const got = await doc.send(
        new BatchGetCommand({
          RequestItems: {
            [TableName]: {
              Keys: [
                { pk: 'q', sk: 1 },
                { pk: 'q', sk: 99 },
              ],
            },
          },
        }),
      );
      assert.deepEqual(got.Responses[TableName], [{ pk: 'q', sk: 1, status: 'odd' }]);
      const low = await client.send(
        new BatchGetItemCommand({
          RequestItems: { [TableName]: { Keys: [{ pk: { S: 'q' }, sk: { N: '2' } }] } },
        }),
      );
      assert.deepEqual(low.Responses[TableName], [{ pk: { S: 'q' }, sk: { N: '2' }, status: { S: 'even' } }]);
    });

    test('statements', async () => {
      const Statement = `INSERT INTO "${TableName}" VALUE {'pk': 'ql', 'sk': ?, 'tags': ?}`;
      for (const sk of [1, 2]) {
        await doc.send(new ExecuteStatementCommand({ Statement, Parameters: [sk, new Set(['a'])] }));
      }
      const twice = await doc
        .send(new ExecuteStatementCommand({ Statement, Parameters: [1, null] }))
        .catch((error) => error);
      assert.ok(twice instanceof DuplicateItemException);
      const select = {
        Statement: `SELECT * FROM "${TableName}" WHERE pk = ? ORDER BY sk DESC`,
        Parameters: ['ql'],
      };
      const run = (input) => doc.send(new ExecuteStatementCommand(input));
      const first = await run({ ...select, Limit: 1 });
      assert.deepEqual(first.Items, [{ pk: 'ql', sk: 2, tags: new Set(['a']) }]);
      const rest = await run({ ...select, NextToken: first.NextToken });
      assert.deepEqual(rest.Items, [{ pk: 'ql', sk: 1, tags: new Set(['a']) }]);
      const update = (sk) =>
        `UPDATE "${TableName}" SET n = 5 WHERE pk = 'ql' AND sk = ${sk} RETURNING MODIFIED NEW *`;
      const { Responses } = await doc.send(
        new BatchExecuteStatementCommand({ Statements: [1, 3].map((sk) => ({ Statement: update(sk) })) }),
      );
      assert.deepEqual(Responses, [
        { TableName, Item: { n: 5 } },
        { TableName, Error: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' } },
      ]);
      const transact = (...statements) =>
        doc.send(
          new ExecuteTransactionCommand({
            TransactStatements: statements.map((Statement) => ({ Statement })),
          }),
        );
      const error = await transact(
        `DELETE FROM "${TableName}" WHERE pk = 'ql' AND sk = 1`,
        `EXISTS(SELECT * FROM "${TableName}" WHERE pk = 'ql' AND sk = 2 AND n = 5)`,
      ).catch((refused) => refused);
      assert.ok(error instanceof TransactionCanceledException);
      assert.deepEqual(
        error.CancellationReasons.map(({ Code }) => Code),
        ['None', 'ConditionalCheckFailed'],
      );
      const read = await transact(`SELECT n FROM "${TableName}" WHERE pk = 'ql' AND sk = 1`);
      assert.deepEqual(read.Responses, [{ Item: { n: 5 } }]);
    });

    test('transactions', async () => {
      const put = (sk, more = {}) => ({ Put: { TableName, Item: { pk: 'tx', sk, ...more } } });
      await doc.send(new TransactWriteCommand({ TransactItems: [put(1, { tags: new Set(['a']) }), put(2)] }));
      const { Responses } = await doc.send(
        new TransactGetCommand({
          TransactItems: [1, 2, 3].map((sk) => ({ Get: { TableName, Key: { pk: 'tx', sk } } })),
        }),
      );
      assert.deepEqual(Responses, [
        { Item: { pk: 'tx', sk: 1, tags: new Set(['a']) } },
        { Item: { pk: 'tx', sk: 2 } },
        {},
      ]);
      const error = await doc
        .send(
          new TransactWriteCommand({
            TransactItems: [
              put(3),
              {
                ConditionCheck: {
                  TableName,
                  Key: { pk: 'tx', sk: 2 },
                  ConditionExpression: 'attribute_not_exists(pk)',
                  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
                },
              },
            ],
          }),
        )
        .catch((caught) => caught);
      assert.ok(error instanceof TransactionCanceledException);
      assert.equal(
        error.message,
        'Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]',
      );
      assert.deepEqual(error.CancellationReasons, [
        { Code: 'None' },
        {
          Code: 'ConditionalCheckFailed',
          Message: 'The conditional request failed',
          Item: { pk: { S: 'tx' }, sk: { N: '2' } },
        },
      ]);
      const once = { ClientRequestToken: 'once', TransactItems: [put(4)] };
      await doc.send(new TransactWriteCommand(once));
      await doc.send(new TransactWriteCommand(once));
      await assert.rejects(doc.send(new TransactWriteCommand({ ...once, TransactItems: [put(5)] })), {
        name: 'IdempotentParameterMismatchException',
      });
    });

    test('the aggregated clients', async () => {
      const aggregated = new DynamoDB({ region: 'local', credentials, ...door.config });
      await aggregated.putItem({ TableName, Item: { pk: { S: 'agg' }, sk: { N: '1' } } });
      const document = DynamoDBDocument.from(aggregated);
      assert.deepEqual((await document.get({ TableName, Key: { pk: 'agg', sk: 1 } })).Item, {
        pk: 'agg',
        sk: 1,
      });
      aggregated.destroy();
    });

    test('an aborted request rejects', async () => {
      const controller = new AbortController();
      controller.abort();
      await assert.rejects(
        client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'x' }, sk: { N: '1' } } }), {
          abortSignal: controller.signal,
        }),
        { name: 'AbortError' },
      );
    });

    test("commands of the SDK sent to our clients give what the SDK's clients give", async () => {
      await doc.send(new PutCommand({ TableName, Item: { pk: 'same', sk: 1, s: new Set(['a']) } }));
      const strip = ({ $metadata, ...rest }) => rest;
      for (const [theirs, ours, command] of [
        [doc, db.documentClient(), () => new GetCommand({ TableName, Key: { pk: 'same', sk: 1 } })],
        [
          doc,
          db.documentClient(),
          () =>
            new QueryCommand({
              TableName,
              KeyConditionExpression: 'pk = :p',
              ExpressionAttributeValues: { ':p': 'same' },
            }),
        ],
        [
          doc,
          db.documentClient(),
          () =>
            new LowQueryCommand({
              TableName,
              KeyConditionExpression: 'pk = :p',
              ExpressionAttributeValues: { ':p': { S: 'same' } },
            }),
        ],
        [
          client,
          db.client(),
          () => new GetItemCommand({ TableName, Key: { pk: { S: 'same' }, sk: { N: '1' } } }),
        ],
        [client, db.client(), () => new DescribeTableCommand({ TableName })],
      ]) {
        assert.deepEqual(strip(await ours.send(command())), strip(await theirs.send(command())));
      }
    });
  });
}
