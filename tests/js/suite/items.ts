import { equal, ok, rejects, same, withTables, type Case } from './harness.js';

export const items: Case[] = [
  withTables('an item is put, got, replaced and deleted', async (doc) => {
    const TableName = 'simple';
    const Key = { id: 'a' };
    equal((await doc.get({ TableName, Key })).Item, undefined);
    const { $metadata, ...rest } = await doc.put({ TableName, Item: { id: 'a', n: 1 } });
    equal(rest, {});
    equal($metadata.attempts, 1);
    equal((await doc.get({ TableName, Key })).Item, { id: 'a', n: 1 });
    equal((await doc.get({ TableName, Key, ConsistentRead: true })).Item, { id: 'a', n: 1 });
    equal((await doc.put({ TableName, Item: { id: 'a', m: 2 }, ReturnValues: 'ALL_OLD' })).Attributes, {
      id: 'a',
      n: 1,
    });
    equal((await doc.get({ TableName, Key })).Item, { id: 'a', m: 2 });
    equal((await doc.delete({ TableName, Key, ReturnValues: 'ALL_OLD' })).Attributes, { id: 'a', m: 2 });
    equal((await doc.delete({ TableName, Key, ReturnValues: 'ALL_OLD' })).Attributes, undefined);
    equal((await doc.get({ TableName, Key })).Item, undefined);
  }),

  withTables('every type of value comes back as it went in', async (doc, db) => {
    const Item = {
      id: 'types',
      empty: '',
      text: 'grüße 😀 \u0000 \ufeff',
      long: 'x'.repeat(5000) + 'ü'.repeat(3000),
      zero: 0,
      negative: -1,
      fraction: 0.1,
      tiny: 1e-130,
      huge: 1.5e120,
      safe: Number.MAX_SAFE_INTEGER,
      least: Number.MIN_SAFE_INTEGER,
      yes: true,
      no: false,
      nothing: null,
      bytes: new Uint8Array([0, 127, 128, 255]),
      noBytes: new Uint8Array(0),
      list: [1, 'a', null, [true, {}], []],
      map: { a: { b: { c: [1] } }, '': undefined as unknown },
      strings: new Set(['b', 'a', 'ü']),
      numbers: new Set([3, -1, 2.5]),
      binaries: new Set([new Uint8Array([2]), new Uint8Array([1, 0])]),
    };
    delete (Item.map as Record<string, unknown>)[''];
    // Beyond safe integers numbers are bigints, as with the SDK.
    const huge = { ...Item, huge: undefined as unknown };
    delete huge.huge;
    await doc.put({ TableName: 'simple', Item: huge });
    equal((await doc.get({ TableName: 'simple', Key: { id: 'types' } })).Item, huge);
    const imprecise = db.documentClient({ marshallOptions: { allowImpreciseNumbers: true } });
    await imprecise.put({ TableName: 'simple', Item: { id: 'huge', huge: 1.5e30 } });
    equal((await doc.get({ TableName: 'simple', Key: { id: 'huge' } })).Item?.['huge'], 15n * 10n ** 29n);
  }),

  withTables('big numbers keep every digit', async (doc, db, { pkg }) => {
    const text = '12345678901234567890123456789012345678';
    await doc.put({
      TableName: 'simple',
      Item: {
        id: 'n',
        big: BigInt(text),
        value: pkg.NumberValue.from(`0.${text}`),
        set: new Set([1n, BigInt(text)]),
      },
    });
    const { Item } = await db.client().getItem({ TableName: 'simple', Key: { id: { S: 'n' } } });
    equal(Item?.['big'], { N: text });
    equal(Item?.['value'], { N: `0.${text}` });
    equal((await doc.get({ TableName: 'simple', Key: { id: 'n' } })).Item?.['big'], BigInt(text));
    const wrapped = db.documentClient({ unmarshallOptions: { wrapNumbers: true } });
    const value = (await wrapped.get({ TableName: 'simple', Key: { id: 'n' } })).Item?.['value'];
    ok(value instanceof pkg.NumberValue, 'a NumberValue');
    equal(value.toString(), `0.${text}`);
    const called = db.documentClient({ unmarshallOptions: { wrapNumbers: (n) => `<${n}>` } });
    equal((await called.get({ TableName: 'simple', Key: { id: 'n' } })).Item?.['big'], `<${text}>`);
  }),

  withTables('numbers are compared and written in their plain form', async (_doc, db) => {
    const client = db.client();
    const numbers: [string, string][] = [
      ['007', '7'],
      ['-0', '0'],
      ['1.50', '1.5'],
      ['1e3', '1000'],
      ['1E-3', '0.001'],
      ['+5', '5'],
      ['.5', '0.5'],
    ];
    for (const [sent, stored] of numbers) {
      await client.putItem({ TableName: 'simple', Item: { id: { S: 'x' }, n: { N: sent } } });
      equal(
        (await client.getItem({ TableName: 'simple', Key: { id: { S: 'x' } } })).Item?.['n'],
        { N: stored },
        sent,
      );
    }
  }),

  withTables('names that mean something to JavaScript are data', async (doc, db) => {
    const Item = JSON.parse(
      '{"id":"proto","__proto__":{"polluted":true},"constructor":{"prototype":1},"hasOwnProperty":"x"}',
    ) as Record<string, unknown>;
    await doc.put({ TableName: 'simple', Item });
    const back = (await doc.get({ TableName: 'simple', Key: { id: 'proto' } })).Item!;
    ok(Object.getPrototypeOf(back) === Object.prototype, 'the prototype is untouched');
    ok(same(back, Item), `same data, got ${JSON.stringify(back)}`);
    equal(Object.keys(back).sort(), ['__proto__', 'constructor', 'hasOwnProperty', 'id']);
    ok(({} as { polluted?: unknown }).polluted === undefined, 'nothing is polluted');
    const low = (await db.client().getItem({ TableName: 'simple', Key: { id: { S: 'proto' } } })).Item!;
    equal(Object.getOwnPropertyDescriptor(low, '__proto__')?.value, { M: { polluted: { BOOL: true } } });
    const { Items } = await doc.scan({
      TableName: 'simple',
      ProjectionExpression: '#p',
      ExpressionAttributeNames: { '#p': '__proto__' },
    });
    equal(Object.keys(Items![0]!), ['__proto__']);
  }),

  withTables('a surrogate without its partner becomes a question mark', async (doc) => {
    await doc.put({ TableName: 'simple', Item: { id: 's', bad: 'a\ud83dz', good: '😀' } });
    equal((await doc.get({ TableName: 'simple', Key: { id: 's' } })).Item, {
      id: 's',
      bad: 'a?z',
      good: '😀',
    });
  }),

  withTables('values that are no attribute values are refused before anything happens', async (doc, db) => {
    const put = (value: unknown) => doc.put({ TableName: 'simple', Item: { id: 'x', value } });
    await rejects(put(NaN), 'Error', 'Special numeric value NaN is not allowed');
    await rejects(put(2 ** 53), 'Error', /greater than Number.MAX_SAFE_INTEGER/);
    await rejects(put({ a: undefined }), 'Error', /removeUndefinedValues/);
    await rejects(put(new Set()), 'Error', 'Pass a non-empty set, or options.convertEmptyValues=true.');
    await rejects(put(new Date()), 'Error', /Unsupported type passed/);
    equal((await doc.scan({ TableName: 'simple' })).Count, 0);
    const lax = db.documentClient({
      marshallOptions: {
        removeUndefinedValues: true,
        convertEmptyValues: true,
        convertClassInstanceToMap: true,
      },
    });
    class Point {
      x = 1;
      y = '';
    }
    await lax.put({
      TableName: 'simple',
      Item: { id: 'x', a: { b: undefined }, c: new Set(), d: new Point() },
    });
    equal((await doc.get({ TableName: 'simple', Key: { id: 'x' } })).Item, {
      id: 'x',
      a: {},
      c: null,
      d: { x: 1, y: null },
    });
  }),

  withTables('an item has a size and a depth it may not pass', async (doc) => {
    const put = (value: unknown) => doc.put({ TableName: 'simple', Item: { id: 'x', value } });
    await put('x'.repeat(400 * 1024 - 8));
    await rejects(
      put('x'.repeat(400 * 1024)),
      'ValidationException',
      'Item size has exceeded the maximum allowed size',
    );
    const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
    await put(nested(30));
    await rejects(put(nested(40)), 'ValidationException', /Nesting Levels have exceeded supported limits/);
    await rejects(put(nested(2000)), 'ValidationException', /Nesting Levels have exceeded supported limits/);
  }),

  withTables('keys are checked', async (doc, db) => {
    await rejects(
      doc.put({ TableName: 'simple', Item: { n: 1 } }),
      'ValidationException',
      'One or more parameter values were invalid: Missing the key id in the item',
    );
    await rejects(
      doc.put({ TableName: 'simple', Item: { id: 1 } }),
      'ValidationException',
      'One or more parameter values were invalid: Type mismatch for key id expected: S actual: N',
    );
    await rejects(
      doc.put({ TableName: 'simple', Item: { id: '' } }),
      'ValidationException',
      /empty string value\. Key: id/,
    );
    await rejects(
      doc.get({ TableName: 'simple', Key: { id: 1 } }),
      'ValidationException',
      'The provided key element does not match the schema',
    );
    await rejects(doc.get({ TableName: 'things', Key: { pk: 'a' } }), 'ValidationException');
    await rejects(
      doc.get({ TableName: 'nowhere', Key: { pk: 'a' } }),
      'ResourceNotFoundException',
      'Requested resource not found',
    );
    await rejects(
      db.client().putItem({ TableName: 'simple', Item: { id: { S: 'a' }, v: {} as never } }),
      'ValidationException',
      /AttributeValue is empty/,
    );
    await rejects(
      db.client().putItem({ TableName: 'simple', Item: { id: { S: 'a' }, v: { S: 'a', N: '1' } as never } }),
      'ValidationException',
      /more than one datatypes/,
    );
    await rejects(
      db.client().putItem({ TableName: 'simple', Item: { id: { S: 'a' }, v: { NULL: false } } }),
      'ValidationException',
      /Null attribute value types must have the value of true/,
    );
    await rejects(
      db.client().putItem({ TableName: 'simple', Item: { id: { S: 'a' }, v: { SS: ['a', 'a'] } } }),
      'ValidationException',
      /contains duplicates/,
    );
    await rejects(
      db.client().putItem({ TableName: 'simple', Item: { id: { S: 'a' }, v: { N: 'x' } } }),
      'ValidationException',
      /cannot be converted to a numeric value: x/,
    );
  }),

  withTables('a failed condition is its own error and may carry the item', async (doc, _db, { pkg }) => {
    await doc.put({ TableName: 'simple', Item: { id: 'c', n: 1 } });
    const put = doc.put({
      TableName: 'simple',
      Item: { id: 'c' },
      ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    const error = await rejects(put, 'ConditionalCheckFailedException', 'The conditional request failed');
    ok(error instanceof pkg.ConditionalCheckFailedException, 'its class');
    ok(error instanceof pkg.DynatabServiceException, 'its base class');
    equal(error.$fault, 'client');
    equal(error.$metadata.httpStatusCode, 400);
    // As in the SDK: still attribute values.
    equal(error.Item, { id: { S: 'c' }, n: { N: '1' } });
    const bare = await rejects(
      doc.delete({
        TableName: 'simple',
        Key: { id: 'c' },
        ConditionExpression: 'n = :two',
        ExpressionAttributeValues: { ':two': 2 },
      }),
      'ConditionalCheckFailedException',
    );
    equal(bare['Item'], undefined);
    equal((await doc.get({ TableName: 'simple', Key: { id: 'c' } })).Item, { id: 'c', n: 1 });
  }),

  withTables('an update changes, adds and removes', async (doc) => {
    const TableName = 'simple';
    const Key = { id: 'u' };
    const made = await doc.update({
      TableName,
      Key,
      UpdateExpression: 'SET #n = :one, l = :list, m = :map, s = if_not_exists(s, :text) ADD tags :tags',
      ExpressionAttributeNames: { '#n': 'number' },
      ExpressionAttributeValues: {
        ':one': 1,
        ':list': ['a'],
        ':map': { x: 1 },
        ':text': 't',
        ':tags': new Set(['a']),
      },
      ReturnValues: 'ALL_NEW',
    });
    equal(made.Attributes, { id: 'u', number: 1, l: ['a'], m: { x: 1 }, s: 't', tags: new Set(['a']) });
    const changed = await doc
      .update({
        TableName,
        Key,
        UpdateExpression:
          'SET #n = #n + :one, l = list_append(l, :more), m.y = :one, l[0] = :first REMOVE s ADD tags :tags DELETE none :tags',
        ExpressionAttributeNames: { '#n': 'number' },
        ExpressionAttributeValues: { ':one': 1, ':more': ['b'], ':first': 'z', ':tags': new Set(['b']) },
        ReturnValues: 'UPDATED_NEW',
      })
      .catch((e: Error) => e);
    // list_append and l[0] overlap: DynamoDB refuses both in one expression.
    ok(changed instanceof Error && changed.name === 'ValidationException', 'overlapping paths are refused');
    const after = await doc.update({
      TableName,
      Key,
      UpdateExpression: 'SET #n = #n + :one, l = list_append(l, :more), m.y = :one REMOVE s ADD tags :tags',
      ExpressionAttributeNames: { '#n': 'number' },
      ExpressionAttributeValues: { ':one': 1, ':more': ['b'], ':tags': new Set(['b']) },
      ReturnValues: 'ALL_NEW',
    });
    equal(after.Attributes, {
      id: 'u',
      number: 2,
      l: ['a', 'b'],
      m: { x: 1, y: 1 },
      tags: new Set(['a', 'b']),
    });
    const old = await doc.update({
      TableName,
      Key,
      UpdateExpression: 'SET m.y = :v DELETE tags :a',
      ExpressionAttributeValues: { ':v': 5, ':a': new Set(['a', 'b']) },
      ReturnValues: 'UPDATED_OLD',
    });
    equal(old.Attributes, { m: { y: 1 }, tags: new Set(['a', 'b']) });
    equal((await doc.get({ TableName, Key })).Item?.['tags'], undefined);
    await rejects(
      doc.update({
        TableName,
        Key,
        UpdateExpression: 'SET id = :v',
        ExpressionAttributeValues: { ':v': 'x' },
      }),
      'ValidationException',
      /Cannot update attribute id\. This attribute is part of the key/,
    );
  }),

  withTables('the parameters from before expressions', async (doc) => {
    const TableName = 'simple';
    await doc.put({ TableName, Item: { id: 'l', n: 1 }, Expected: { id: { Exists: false } } });
    await rejects(
      doc.put({ TableName, Item: { id: 'l' }, Expected: { n: { Value: 2 } } }),
      'ConditionalCheckFailedException',
    );
    const { Attributes } = await doc.update({
      TableName,
      Key: { id: 'l' },
      AttributeUpdates: {
        n: { Action: 'ADD', Value: 4 },
        tags: { Value: new Set(['a']) },
        gone: { Action: 'DELETE' },
      },
      Expected: { n: { ComparisonOperator: 'BETWEEN', AttributeValueList: [0, 2] } },
      ReturnValues: 'ALL_NEW',
    });
    equal(Attributes, { id: 'l', n: 5, tags: new Set(['a']) });
    equal((await doc.get({ TableName, Key: { id: 'l' }, AttributesToGet: ['n'] })).Item, { n: 5 });
    await doc.put({ TableName: 'things', Item: { pk: 'p', sk: 1, n: 1 } });
    await doc.put({ TableName: 'things', Item: { pk: 'p', sk: 2 } });
    const { Items } = await doc.query({
      TableName: 'things',
      KeyConditions: {
        pk: { ComparisonOperator: 'EQ', AttributeValueList: ['p'] },
        sk: { ComparisonOperator: 'LT', AttributeValueList: [5] },
      },
      QueryFilter: { n: { ComparisonOperator: 'NOT_NULL' } },
    });
    equal(Items, [{ pk: 'p', sk: 1, n: 1 }]);
    await rejects(
      doc.scan({ TableName, ScanFilter: {}, FilterExpression: 'a = b' }),
      'ValidationException',
      /both expression and non-expression parameters/,
    );
  }),

  withTables('consumed capacity is reported when asked for', async (doc) => {
    const put = await doc.put({
      TableName: 'simple',
      Item: { id: 'c', s: 'x'.repeat(1500) },
      ReturnConsumedCapacity: 'TOTAL',
    });
    equal(put.ConsumedCapacity, { TableName: 'simple', CapacityUnits: 2 });
    const got = await doc.get({ TableName: 'simple', Key: { id: 'c' }, ReturnConsumedCapacity: 'TOTAL' });
    equal(got.ConsumedCapacity, { TableName: 'simple', CapacityUnits: 0.5 });
  }),
];
