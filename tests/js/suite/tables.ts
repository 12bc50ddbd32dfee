import { equal, ok, rejects, SIMPLE, TABLE, withDatabase, type Case } from './harness.js';

export const tables: Case[] = [
  withDatabase('a table is created, described, listed and deleted', async (db) => {
    const client = db.client();
    const { TableDescription, $metadata } = await client.createTable(TABLE);
    equal($metadata.httpStatusCode, 200);
    equal(TableDescription?.TableName, 'things');
    ok(TableDescription?.CreationDateTime instanceof Date, 'CreationDateTime is a Date');
    ok(Math.abs(Date.now() - +TableDescription.CreationDateTime) < 60_000, 'created now');
    const { Table } = await client.describeTable({ TableName: 'things' });
    equal(Table?.TableStatus, 'ACTIVE');
    equal(Table?.KeySchema, TABLE.KeySchema);
    equal(Table?.ItemCount, 0);
    equal(Table?.BillingModeSummary?.BillingMode, 'PAY_PER_REQUEST');
    equal(
      Table?.GlobalSecondaryIndexes?.map((i) => i.IndexName),
      ['byGk'],
    );
    equal(Table?.LocalSecondaryIndexes?.[0]?.Projection, { ProjectionType: 'KEYS_ONLY' });
    ok(
      /^arn:aws:dynamodb:[a-z0-9-]+:\d{12}:table\/things$/.test(Table?.TableArn ?? ''),
      `ARN ${Table?.TableArn}`,
    );
    equal((await client.listTables()).TableNames, ['things']);
    equal((await client.deleteTable({ TableName: 'things' })).TableDescription?.TableName, 'things');
    equal((await client.listTables({})).TableNames, []);
    await rejects(
      client.describeTable({ TableName: 'things' }),
      'ResourceNotFoundException',
      'Requested resource not found: Table: things not found',
    );
  }),

  withDatabase('tables are listed by name, in pages', async (db) => {
    const client = db.client();
    for (const name of ['ccc', 'aaa', 'bbb']) await client.createTable({ ...SIMPLE, TableName: name });
    const first = await client.listTables({ Limit: 2 });
    equal(first.TableNames, ['aaa', 'bbb']);
    equal(first.LastEvaluatedTableName, 'bbb');
    const rest = await client.listTables({ ExclusiveStartTableName: 'bbb' });
    equal(rest.TableNames, ['ccc']);
    equal(rest.LastEvaluatedTableName, undefined);
  }),

  withDatabase('tags are of letters, digits and spaces of every script', async (db) => {
    const tagged = (Key: string) => ({ ...SIMPLE, Tags: [{ Key, Value: Key }] });
    const every = 'aZ09_.:/=+-@\u00e9\u6771 \u0663\u00bd\u2163\t\u00a0\u3000\ud835\udc00';
    const made = await db.client().createTable(tagged(every));
    const ResourceArn = made.TableDescription?.TableArn ?? '';
    equal((await db.client().listTagsOfResource({ ResourceArn })).Tags, tagged(every).Tags);
    for (const other of ['a?', '\u20ac', '\ud83d\ude00', '\u0000']) {
      await rejects(
        db.client().createTable({ ...tagged(other), TableName: 'other' }),
        'ValidationException',
        `The Tag Key provided is invalid, Key: ${other}`,
      );
    }
  }),

  withDatabase('a table cannot be created twice', async (db) => {
    await db.client().createTable(SIMPLE);
    await rejects(db.client().createTable(SIMPLE), 'ResourceInUseException', 'Table already exists: simple');
  }),

  withDatabase('a wrong table definition is refused', async (db) => {
    const client = db.client();
    await rejects(client.createTable({ ...SIMPLE, TableName: 'a b c' }), 'ValidationException');
    await rejects(client.createTable({ ...SIMPLE, AttributeDefinitions: [] }), 'ValidationException');
    await rejects(
      client.createTable({ ...SIMPLE, KeySchema: [{ AttributeName: 'id', KeyType: 'NONE' as never }] }),
      'ValidationException',
    );
    equal((await client.listTables()).TableNames, []);
  }),

  withDatabase('an index is added to a table with items, and deleted', async (db) => {
    const client = db.client();
    await client.createTable(SIMPLE);
    const documents = db.documentClient();
    await Promise.all(
      Array.from({ length: 300 }, (_, i) =>
        documents.put({ TableName: 'simple', Item: { id: `i${i}`, owner: `o${i % 3}` } }),
      ),
    );
    const { TableDescription } = await client.updateTable({
      TableName: 'simple',
      AttributeDefinitions: [{ AttributeName: 'owner', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-owner',
            KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        },
      ],
    });
    equal(TableDescription?.TableStatus, 'UPDATING');
    equal(TableDescription?.GlobalSecondaryIndexes?.[0]?.IndexStatus, 'CREATING');
    const index = async () =>
      (await client.describeTable({ TableName: 'simple' })).Table?.GlobalSecondaryIndexes?.[0];
    // What is written meanwhile is in it too.
    await documents.put({ TableName: 'simple', Item: { id: 'later', owner: 'o1' } });
    while ((await index())?.IndexStatus === 'CREATING') await new Promise((done) => setTimeout(done, 5));
    equal((await index())?.ItemCount, 301);
    const { Count } = await documents.query({
      TableName: 'simple',
      IndexName: 'by-owner',
      KeyConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: { ':owner': 'o1' },
    });
    equal(Count, 101);
    await client.updateTable({
      TableName: 'simple',
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-owner' } }],
    });
    equal(await index(), undefined);
  }),

  withDatabase('settings and tags of a table are changed', async (db) => {
    const client = db.client();
    await client.createTable(SIMPLE);
    const ProvisionedThroughput = { ReadCapacityUnits: 3, WriteCapacityUnits: 4 };
    await client.updateTable({ TableName: 'simple', BillingMode: 'PROVISIONED', ProvisionedThroughput });
    const { Table } = await client.describeTable({ TableName: 'simple' });
    equal(Table?.ProvisionedThroughput?.ReadCapacityUnits, 3);
    ok(
      Table?.BillingModeSummary?.LastUpdateToPayPerRequestDateTime instanceof Date,
      'the time of being paid per request is a Date',
    );
    await rejects(
      client.updateTable({ TableName: 'simple', ProvisionedThroughput }),
      'ValidationException',
      /will not change/,
    );
    const ResourceArn = Table?.TableArn;
    await client.tagResource({ ResourceArn, Tags: [{ Key: 'team', Value: 'blue' }] });
    equal((await client.listTagsOfResource({ ResourceArn })).Tags, [{ Key: 'team', Value: 'blue' }]);
    await client.untagResource({ ResourceArn, TagKeys: ['team'] });
    equal((await client.listTagsOfResource({ ResourceArn })).Tags, []);
    equal((await client.describeLimits()).TableMaxReadCapacityUnits, 40_000);
  }),

  {
    name: 'the tables option creates once and compares after',
    async run({ pkg, env }) {
      const options = { ...env.fresh(), tables: [TABLE, SIMPLE] };
      const db = await pkg.open(options);
      equal((await db.client().listTables()).TableNames, ['simple', 'things']);
      if (env.persistent) {
        await db.close();
        const again = await pkg.open(options);
        await again.close();
        const other = {
          ...SIMPLE,
          KeySchema: [{ AttributeName: 'other', KeyType: 'HASH' as const }],
          AttributeDefinitions: [{ AttributeName: 'other', AttributeType: 'N' as const }],
        };
        const error = await rejects(pkg.open({ ...options, tables: [other] }), 'SchemaMismatchError');
        ok(error instanceof pkg.SchemaMismatchError, 'is a SchemaMismatchError');
        equal(error.table, 'simple');
        equal(error.differences, [
          'key schema: expected other HASH, found id HASH',
          'attribute definitions: expected other N, found id S',
        ]);
        const last = await pkg.open(options);
        await last.destroy();
      } else {
        await db.destroy();
      }
    },
  },
];
