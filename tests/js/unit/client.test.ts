// The clients over a fake engine: what crosses the boundary, and what comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as low from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import * as own from '../../../pkg/src/public.js';
import { compare } from '../../../pkg/src/client/schema.js';
import { recognize } from '../../../pkg/src/client/commands.js';
import { FakeEngine } from './fake-engine.js';

async function setUp(storage: 'memory' | 'files' = 'memory') {
  const engine = new FakeEngine();
  engine.storage = storage;
  const connection = await engine.connect();
  return {
    engine,
    connection,
    doc: (options?: own.TranslateConfig) => new own.DocumentClient(connection, 'local', options),
    low: new own.Client(connection, 'local'),
  };
}

test('user data is marked and everything else is plain', async () => {
  const { engine, doc } = await setUp();
  await doc().update({
    TableName: 't',
    Key: { pk: 'a' },
    AttributeUpdates: { n: { Value: 5, Action: 'ADD' }, gone: { Action: 'DELETE' } },
    Expected: { x: { Value: null }, y: { AttributeValueList: [1, 'b'], ComparisonOperator: 'IN' } },
    ExpressionAttributeValues: { ':v': new Set(['s']) },
    ExpressionAttributeNames: { '#n': 'name' },
    ReturnValues: undefined,
  });
  assert.deepEqual(engine.requests, [
    {
      operation: 6,
      input: {
        TableName: 't',
        Key: { pk: { S: 'a' } },
        AttributeUpdates: { n: { Value: { N: '5' }, Action: 'ADD' }, gone: { Action: 'DELETE' } },
        Expected: {
          x: { Value: { NULL: true } },
          y: { AttributeValueList: [{ N: '1' }, { S: 'b' }], ComparisonOperator: 'IN' },
        },
        ExpressionAttributeValues: { ':v': { SS: ['s'] } },
        ExpressionAttributeNames: { '#n': 'name' },
      },
    },
  ]);
});

test('batches carry items inside lists and maps', async () => {
  const { engine, doc, low: client } = await setUp();
  await doc().batchWrite({
    RequestItems: { t: [{ PutRequest: { Item: { a: 1 } } }, { DeleteRequest: { Key: { a: 2 } } }] },
  });
  await doc().batchGet({ RequestItems: { t: { Keys: [{ a: 1 }], ConsistentRead: true } } });
  await client.batchGetItem({ RequestItems: { t: { Keys: [{ a: { N: '1' } }] } } });
  assert.deepEqual(
    engine.requests.map((r) => r.input),
    [
      {
        RequestItems: {
          t: [{ PutRequest: { Item: { a: { N: '1' } } } }, { DeleteRequest: { Key: { a: { N: '2' } } } }],
        },
      },
      { RequestItems: { t: { Keys: [{ a: { N: '1' } }], ConsistentRead: true } } },
      { RequestItems: { t: { Keys: [{ a: { N: '1' } }] } } },
    ],
  );
});

test('answers come back in the form of the client, dates as dates', async () => {
  const { engine, doc, low: client } = await setUp();
  engine.answer = () => ({
    output: { Item: { a: { N: '1.5' } }, Count: 3, CreationDateTime: 1700000000.5, ok: true },
  });
  const native = (await doc().get({ TableName: 't', Key: { a: 1 } })) as unknown as Record<string, unknown>;
  const attributes = (await client.getItem({ TableName: 't', Key: { a: { N: '1' } } })) as unknown as Record<
    string,
    unknown
  >;
  for (const [output, Item] of [
    [native, { a: 1.5 }],
    [attributes, { a: { N: '1.5' } }],
  ] as const) {
    const { $metadata, ...rest } = output;
    assert.deepEqual(rest, { Item, Count: 3, CreationDateTime: new Date(1700000000500), ok: true });
    const { requestId, ...metadata } = $metadata as { requestId: string };
    assert.deepEqual(metadata, { httpStatusCode: 200, attempts: 1, totalRetryDelay: 0 });
    assert.match(requestId, /^[A-Z0-9]{52}$/);
  }
  assert.notDeepEqual(native['$metadata'], attributes['$metadata']);
});

test('a pending call settles by its id, in any order', async () => {
  const { engine, doc } = await setUp();
  engine.answer = (_, input: { Key: { a: { N: string } } }) => ({ output: { Item: input.Key }, later: true });
  const calls = [1, 2, 3].map((a) => doc().get({ TableName: 't', Key: { a } }));
  engine.later.reverse();
  while (engine.later.length) engine.settleNext();
  assert.deepEqual(
    (await Promise.all(calls)).map((o) => o.Item),
    [{ a: 1 }, { a: 2 }, { a: 3 }],
  );
});

test('errors are of the class of their name', async () => {
  const { engine, doc } = await setUp();
  engine.answer = () => ({
    error: {
      name: 'ConditionalCheckFailedException',
      message: 'The conditional request failed',
      status: 400,
      Item: { a: { N: '1' } },
    },
  });
  const failed = await doc()
    .put({ TableName: 't', Item: {} })
    .catch((e: unknown) => e);
  assert.ok(failed instanceof own.ConditionalCheckFailedException);
  assert.ok(failed instanceof own.DynatabServiceException);
  assert.ok(failed instanceof Error);
  assert.equal(failed.name, 'ConditionalCheckFailedException');
  assert.equal(failed.message, 'The conditional request failed');
  assert.equal(failed.$fault, 'client');
  assert.equal(failed.$metadata.httpStatusCode, 400);
  assert.deepEqual(failed.Item, { a: { N: '1' } });
  assert.match(String(failed.stack), /ConditionalCheckFailedException|client\.test/);

  engine.answer = () => ({ error: { name: 'StorageFullException', message: 'm', status: 507 } });
  const full = await doc()
    .put({ TableName: 't', Item: {} })
    .catch((e: unknown) => e);
  assert.ok(full instanceof own.StorageFullException && full.$fault === 'server');

  engine.answer = () => ({ error: { name: '__proto__', message: 'm', status: 400 } });
  const odd = await doc()
    .put({ TableName: 't', Item: {} })
    .catch((e: unknown) => e);
  assert.ok(odd instanceof own.DynatabServiceException && odd.name === '__proto__');
});

test("an error constructed by hand works like the SDK's", () => {
  const error = new own.ResourceNotFoundException({ message: 'm', $metadata: {} });
  assert.equal(error.name, 'ResourceNotFoundException');
  assert.equal(error.message, 'm');
  assert.ok(!((error as unknown) instanceof own.ResourceInUseException));
  assert.equal(own.ResourceNotFoundException.name, 'ResourceNotFoundException');
});

test('marshalling errors reject and reach no engine', async () => {
  const { engine, doc, low: client } = await setUp();
  await assert.rejects(doc().put({ TableName: 't', Item: { a: { b: undefined } } }), /removeUndefinedValues/);
  await assert.rejects(
    client.putItem({ TableName: 't', Item: { a: { S: 5 as never } } }),
    (e) =>
      e instanceof own.SerializationException && e.message === 'NUMBER_VALUE cannot be converted to String',
  );
  const loop: unknown[] = [];
  loop.push(loop);
  await assert.rejects(doc().put({ TableName: 't', Item: { loop } }), own.ValidationException);
  const cycle: Record<string, unknown> = {};
  cycle['cycle'] = cycle;
  await assert.rejects(doc().put(cycle as never), own.ValidationException);
  assert.equal(engine.requests.length, 0);
  await doc({ marshallOptions: { removeUndefinedValues: true } }).put({
    TableName: 't',
    Item: { a: { b: undefined } },
  });
  assert.deepEqual(engine.requests[0]!.input, { TableName: 't', Item: { a: { M: {} } } });
});

test('a getter that calls the client corrupts nothing', async () => {
  const { engine, doc } = await setUp();
  let inner: Promise<unknown> | undefined;
  const item = {
    before: 'b'.repeat(100),
    get tricky() {
      inner ??= doc().put({ TableName: 'inner', Item: { x: 'y'.repeat(5000) } });
      return 'value';
    },
    after: 'a',
  };
  await doc().put({ TableName: 'outer', Item: item });
  await inner;
  assert.deepEqual(
    engine.requests.map((r) => r.input),
    [
      { TableName: 'inner', Item: { x: { S: 'y'.repeat(5000) } } },
      {
        TableName: 'outer',
        Item: { before: { S: 'b'.repeat(100) }, tricky: { S: 'value' }, after: { S: 'a' } },
      },
    ],
  );
});

test('a getter that throws leaves the client usable', async () => {
  const { engine, doc } = await setUp();
  const item = {
    a: 1,
    get bad(): never {
      throw new RangeError('mine');
    },
  };
  await assert.rejects(doc().put({ TableName: 't', Item: item }), RangeError);
  await doc().put({ TableName: 't', Item: { a: 2 } });
  assert.deepEqual(engine.requests[0]!.input, { TableName: 't', Item: { a: { N: '2' } } });
});

test('a wrapNumbers function may call the client', async () => {
  const { engine, doc } = await setUp();
  engine.answer = (_, input: { Key: unknown }) => ({ output: { Item: input.Key as object } });
  const client = doc({
    unmarshallOptions: {
      wrapNumbers(text) {
        void doc().get({ TableName: 't', Key: { other: 'z'.repeat(50) } });
        return `n${text}`;
      },
    },
  });
  const { Item } = await client.get({ TableName: 't', Key: { a: 1, b: 'text', c: 2 } });
  assert.deepEqual(Item, { a: 'n1', b: 'text', c: 'n2' });
});

test('an aborted call rejects with AbortError', async () => {
  const { engine, doc } = await setUp();
  const early = AbortSignal.abort(new Error('why'));
  await assert.rejects(doc().get({ TableName: 't', Key: {} }, { abortSignal: early }), {
    name: 'AbortError',
  });
  assert.equal(engine.requests.length, 0);
  engine.answer = () => ({ output: {}, later: true });
  const controller = new AbortController();
  const call = doc().get({ TableName: 't', Key: {} }, { abortSignal: controller.signal });
  controller.abort();
  await assert.rejects(call, { name: 'AbortError' });
  engine.settleNext();
  engine.answer = () => ({ output: { Count: 1 } });
  assert.equal((await doc().query({ TableName: 't' })).Count, 1);
});

/** Until what was begun has had its turns. */
const turns = () => new Promise((done) => setTimeout(done, 1));

test('calls in flight are asked again in their order, by their numbers', async () => {
  const { engine, connection, doc } = await setUp('files');
  engine.answer = () => ({ output: {}, later: true });
  const keys = [1, 2, 3];
  const get = (id: number, options?: own.CallOptions) => doc().get({ TableName: 't', Key: { id } }, options);
  const calls = keys.map((id) => get(id));
  const aborted = new AbortController();
  const given = get(4, { abortSignal: aborted.signal });
  // What the caller does with its input afterwards is no matter.
  const input = { TableName: 't', Key: { id: 5 } };
  calls.push(doc().get(input));
  input.Key.id = 6;
  const events: unknown[] = [];
  connection.on('event', (event) => events.push(event));
  const failing = connection.http({ method: 'POST', path: '/', body: new Uint8Array(1) });
  // Made while there is no engine; its answer is there at once.
  engine.answer = (_, { Key }: { Key: { id: object } }) => ({
    output: { Item: { got: Key.id } },
    later: false,
  });
  calls.push(get(7));
  aborted.abort();
  await assert.rejects(failing, own.InternalServerError);
  await assert.rejects(given, { name: 'AbortError' });
  const answers = await Promise.all(calls);
  assert.deepEqual(
    answers.map(({ Item }) => Item),
    [1, 2, 3, 5, 7].map((id) => ({ got: id })),
  );
  const [before, after] = [engine.ids.slice(0, 5), engine.ids.slice(5)];
  assert.deepEqual(after.slice(0, 4), [before[0], before[1], before[2], before[4]]);
  assert.ok(after[4]! > before[4]!);
  assert.equal(new Set(engine.clients).size, 1);
  assert.notEqual(engine.clients[0], 0);
  assert.equal(engine.opened, 2);
  await null;
  assert.deepEqual(events, [{ kind: 'recovered', detail: 'The engine failed: RuntimeError: unreachable' }]);
});

test('a database in memory has no client of its own', async () => {
  const { engine, doc } = await setUp();
  await doc().get({ TableName: 't', Key: {} });
  assert.deepEqual(engine.clients, [0]);
});

test('a call that was there at three failures is refused, and the others go on', async () => {
  const { engine, doc } = await setUp('files');
  engine.answer = () => ({ output: {}, later: true });
  const old = doc().get({ TableName: 't', Key: { id: 1 } });
  for (let i = 0; i < 2; i++) {
    engine.fail('again');
    await turns();
  }
  const young = doc().get({ TableName: 't', Key: { id: 2 } });
  const refused = assert.rejects(old, { name: 'InternalServerError', message: /RuntimeError: again/ });
  engine.fail('again');
  await refused;
  engine.settleNext();
  engine.later.splice(0, engine.later.length - 1);
  engine.settleNext();
  assert.deepEqual((await young).Item, undefined);
});

test('an error on the way into the engine is no failure of it', async () => {
  const { engine, connection, doc } = await setUp('files');
  engine.http = () => {
    throw new TypeError('no string');
  };
  await assert.rejects(connection.http({ method: 'POST', path: '/', body: new Uint8Array(1) }), TypeError);
  assert.equal((await doc().get({ TableName: 't', Key: {} })).Item, undefined);
  assert.equal(engine.opened, 1);
});

test('failures without an answer between end it', async () => {
  const { engine, connection, doc } = await setUp('files');
  const failures: unknown[] = [];
  connection.on('failed', (cause) => failures.push(cause));
  for (let i = 0; i < 5; i++) {
    engine.fail('again');
    await turns();
    if (i === 2) await doc().get({ TableName: 't', Key: {} });
  }
  await doc().get({ TableName: 't', Key: {} });
  for (let i = 0; i < 6; i++) {
    assert.equal(failures.length, 0);
    engine.fail('again');
    await turns();
  }
  assert.equal(failures.length, 1);
  await assert.rejects(doc().get({ TableName: 't', Key: {} }), own.DatabaseClosedException);
  await connection.close();
});

test('an engine in memory that traps is not used again', async () => {
  const { engine, connection, doc } = await setUp();
  engine.answer = () => ({ output: {}, later: true });
  const waiting = doc().get({ TableName: 't', Key: {} });
  const events: unknown[] = [];
  connection.on('event', (event) => events.push(event));
  await assert.rejects(
    connection.http({ method: 'POST', path: '/', body: new Uint8Array(1) }),
    own.InternalServerError,
  );
  await assert.rejects(waiting, own.DatabaseClosedException);
  await assert.rejects(doc().get({ TableName: 't', Key: {} }), own.DatabaseClosedException);
  assert.equal((events[0] as { kind: string }).kind, 'failed');
});

test('a closed database refuses calls', async () => {
  const { engine, connection, doc } = await setUp();
  await connection.close();
  await connection.close();
  assert.ok(engine.closed);
  await assert.rejects(doc().get({ TableName: 't', Key: {} }), own.DatabaseClosedException);
});

test('listeners run outside the engine and may throw', async () => {
  const { engine, connection } = await setUp();
  const seen: unknown[] = [];
  const off = connection.on('storage', (detail) => seen.push(detail));
  connection.on('event', (event) => seen.push(event));
  engine.callbacks.event('storage', '{"free":1}');
  assert.deepEqual(seen, []);
  await null;
  assert.deepEqual(seen, [{ free: 1 }, { kind: 'storage', detail: { free: 1 } }]);
  off();
  engine.callbacks.event('storage', 'text');
  await null;
  assert.deepEqual(seen.slice(2), [{ kind: 'storage', detail: 'text' }]);
});

test('commands are recognized whatever their class is called', () => {
  const input = { TableName: 't' } as never;
  for (const [command, operation, native] of [
    [new lib.PutCommand(input), 'PutItem', true],
    [new lib.QueryCommand(input), 'Query', true],
    [new lib.BatchWriteCommand(input), 'BatchWriteItem', true],
    [new low.PutItemCommand(input), 'PutItem', false],
    [new low.ScanCommand(input), 'Scan', false],
    [new low.CreateTableCommand(input), 'CreateTable', false],
    [new own.UpdateCommand(input), 'UpdateItem', true],
    [new own.QueryItemsCommand(input), 'Query', false],
    [new own.ListTablesCommand({}), 'ListTables', false],
  ] as const) {
    const found = recognize(command);
    assert.deepEqual([found.operation, found.native], [operation, native]);
    // As a minifier would name it; a schema or a tag is enough.
    const renamed = Object.create(
      Object.create(Object.getPrototypeOf(command), { constructor: { value: class a {} } }),
      Object.getOwnPropertyDescriptors(command),
    );
    assert.deepEqual([recognize(renamed).operation, recognize(renamed).native], [operation, native]);
  }
  // Releases of the SDK before schemas.
  for (const [Old, operation, native] of [
    [class PutItemCommand {}, 'PutItem', false],
    [class GetCommand {}, 'GetItem', true],
    [class QueryCommand {}, 'Query', undefined],
  ] as const) {
    assert.deepEqual(recognize(new Old()), { operation, input: {}, native });
  }
  assert.throws(
    () => recognize(new low.DescribeBackupCommand({ BackupArn: 'x' })),
    /no operation DescribeBackup/,
  );
  assert.throws(() => recognize({}), TypeError);
});

test('paginators follow the key to the last page', async () => {
  const { engine, doc, low: client } = await setUp();
  engine.answer = (_, input: { ExclusiveStartKey?: { n: { N: string } }; Limit?: number }) => {
    const n = Number(input.ExclusiveStartKey?.n.N ?? 0) + 1;
    return {
      output: {
        Count: n,
        Limit: input.Limit,
        ...(n < 3 ? { LastEvaluatedKey: { n: { N: String(n) } } } : {}),
      },
    };
  };
  const input = { TableName: 't' };
  const counts: unknown[] = [];
  for await (const page of own.paginateQuery({ client: doc(), pageSize: 7 }, input))
    counts.push([page.Count, (page as { Limit?: number }).Limit]);
  for await (const page of own.paginateScan({ client, startingToken: { n: { N: '1' } } }, input))
    counts.push(page.Count);
  assert.deepEqual(counts, [[1, 7], [2, 7], [3, 7], 2, 3]);
  assert.deepEqual(input, { TableName: 't' });
});

test('a table of another schema is told apart by name', () => {
  const wanted = {
    TableName: 't',
    KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' as const }],
    AttributeDefinitions: [{ AttributeName: 'a', AttributeType: 'S' as const }],
  };
  assert.deepEqual(compare(wanted, { ...wanted }), []);
  assert.deepEqual(
    compare(wanted, {
      KeySchema: [{ AttributeName: 'b', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'b', AttributeType: 'N' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'i',
          KeySchema: [{ AttributeName: 'b', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    }),
    [
      'key schema: expected a HASH, found b HASH',
      'attribute definitions: expected a S, found b N',
      'global index i: expected none, found b HASH projecting ALL',
    ],
  );
});
