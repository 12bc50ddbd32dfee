import type { DocumentClient } from '../../../pkg/src/index.js';
import { equal, ok, rejects, withTables, type Case } from './harness.js';

const TableName = 'things';

async function fill(doc: DocumentClient, count = 20): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, i) =>
      doc.put({
        TableName,
        Item: {
          pk: i % 2 ? 'odd' : 'even',
          sk: i,
          gk: `g${i % 3}`,
          ...(i % 4 ? {} : { lk: `l${String(99 - i)}` }),
          text: `item ${i}`,
        },
      }),
    ),
  );
}

export const queries: Case[] = [
  withTables('a query gives the sort keys in order, forwards and backwards', async (doc) => {
    await fill(doc);
    const input = {
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': 'even' },
    };
    const up = await doc.query<{ sk: number }>(input);
    equal(
      up.Items?.map((i) => i.sk),
      [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
    );
    equal([up.Count, up.ScannedCount, up.LastEvaluatedKey], [10, 10, undefined]);
    const down = await doc.query<{ sk: number }>({ ...input, ScanIndexForward: false, Limit: 3 });
    equal(
      down.Items?.map((i) => i.sk),
      [18, 16, 14],
    );
    equal(down.LastEvaluatedKey, { pk: 'even', sk: 14 });
  }),

  withTables('key conditions choose a range', async (doc) => {
    await fill(doc);
    const range = async (condition: string, values: object) =>
      (
        await doc.query<{ sk: number }>({
          TableName,
          KeyConditionExpression: `pk = :p AND ${condition}`,
          ExpressionAttributeValues: { ':p': 'odd', ...values },
        })
      ).Items?.map((i) => i.sk);
    equal(await range('sk = :a', { ':a': 5 }), [5]);
    equal(await range('sk < :a', { ':a': 5 }), [1, 3]);
    equal(await range('sk <= :a', { ':a': 5 }), [1, 3, 5]);
    equal(await range('sk > :a', { ':a': 15 }), [17, 19]);
    equal(await range('sk >= :a', { ':a': 15.5 }), [17, 19]);
    equal(await range('sk BETWEEN :a AND :b', { ':a': 3, ':b': 8 }), [3, 5, 7]);
    equal(await range('sk = :a', { ':a': 500 }), []);
  }),

  withTables('numbers are in the order of numbers', async (doc) => {
    const numbers = [-1e20, -100.5, -100, -1, -1e-10, 0, 1e-10, 0.5, 1, 2, 10, 99.9, 100, 1e15];
    const send = [...numbers].reverse();
    for (const n of send)
      await doc.put({
        TableName,
        Item: { pk: 'n', sk: Number.isSafeInteger(n) || Math.abs(n) < 2 ** 53 ? n : BigInt(n) },
      });
    const { Items } = await doc.query<{ sk: number | bigint }>({
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': 'n' },
    });
    equal(
      Items?.map((i) => Number(i.sk)),
      numbers,
    );
  }),

  withTables('pages join without a gap or a double', async (doc, _db, { pkg }) => {
    await fill(doc, 25);
    for (const pageSize of [1, 2, 3, 7, 13, 100]) {
      const found: number[] = [];
      for await (const page of pkg.paginateQuery<{ sk: number }>(
        { client: doc, pageSize },
        { TableName, KeyConditionExpression: 'pk = :p', ExpressionAttributeValues: { ':p': 'even' } },
      )) {
        ok((page.Items?.length ?? 0) <= pageSize, 'no page is larger than asked for');
        found.push(...(page.Items ?? []).map((i) => i.sk));
      }
      equal(
        found,
        Array.from({ length: 13 }, (_, i) => 2 * i),
        `pages of ${pageSize}`,
      );
      const scanned = new Set<number>();
      let count = 0;
      for await (const page of pkg.paginateScan<{ sk: number }>({ client: doc, pageSize }, { TableName })) {
        for (const item of page.Items ?? []) scanned.add(item.sk);
        count += page.Count ?? 0;
      }
      equal([scanned.size, count], [25, 25], `scan pages of ${pageSize}`);
    }
  }),

  withTables('a page ends at one megabyte', async (doc) => {
    for (let i = 0; i < 6; i++)
      await doc.put({ TableName, Item: { pk: 'big', sk: i, s: 'x'.repeat(300_000) } });
    const first = await doc.query({
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': 'big' },
    });
    equal([first.Count, first.LastEvaluatedKey], [4, { pk: 'big', sk: 3 }]);
    const rest = await doc.query({
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': 'big' },
      ExclusiveStartKey: first.LastEvaluatedKey,
    });
    equal([rest.Count, rest.LastEvaluatedKey], [2, undefined]);
  }),

  withTables('a filter hides and a projection cuts', async (doc) => {
    await fill(doc);
    const filtered = await doc
      .query<{ text: string }>({
        TableName,
        KeyConditionExpression: 'pk = :p',
        FilterExpression: 'contains(#t, :one) AND NOT sk IN (:a, :b)',
        ProjectionExpression: '#t',
        ExpressionAttributeNames: { '#t': 'text' },
        ExpressionAttributeValues: { ':p': 'odd', ':one': '1', ':a': 1, ':b': 11 },
      })
      .catch((e: Error) => e);
    // sk is a key of the table: a Query's filter may not name it.
    ok(filtered instanceof Error && filtered.name === 'ValidationException', 'a filter on a key is refused');
    const good = await doc.query({
      TableName,
      KeyConditionExpression: 'pk = :p',
      FilterExpression: 'contains(#t, :one) AND attribute_exists(gk) AND size(#t) > :n',
      ProjectionExpression: '#t',
      ExpressionAttributeNames: { '#t': 'text' },
      ExpressionAttributeValues: { ':p': 'odd', ':one': '1', ':n': 6 },
    });
    equal(good.Items, [
      { text: 'item 11' },
      { text: 'item 13' },
      { text: 'item 15' },
      { text: 'item 17' },
      { text: 'item 19' },
    ]);
    equal(good.ScannedCount, 10);
    const counted = await doc.query({
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': 'odd' },
      Select: 'COUNT',
    });
    equal([counted.Items, counted.Count], [undefined, 10]);
  }),

  withTables('indexes are queried and follow their items', async (doc) => {
    await fill(doc);
    const byGk = (g: string) =>
      doc.query<{ sk: number }>({
        TableName,
        IndexName: 'byGk',
        KeyConditionExpression: 'gk = :g',
        ExpressionAttributeValues: { ':g': g },
      });
    equal(
      (await byGk('g0')).Items?.map((i) => i.sk).sort((a, b) => a - b),
      [0, 3, 6, 9, 12, 15, 18],
    );
    const local = await doc.query({
      TableName,
      IndexName: 'byLk',
      KeyConditionExpression: 'pk = :p AND begins_with(lk, :l)',
      ExpressionAttributeValues: { ':p': 'even', ':l': 'l9' },
    });
    equal(local.Items, [
      { pk: 'even', sk: 8, lk: 'l91' },
      { pk: 'even', sk: 4, lk: 'l95' },
      { pk: 'even', sk: 0, lk: 'l99' },
    ]);
    await doc.update({
      TableName,
      Key: { pk: 'even', sk: 0 },
      UpdateExpression: 'SET gk = :g REMOVE lk',
      ExpressionAttributeValues: { ':g': 'moved' },
    });
    equal(
      (await byGk('moved')).Items?.map((i) => i.sk),
      [0],
    );
    equal((await byGk('g0')).Count, 6);
    equal((await doc.scan({ TableName, IndexName: 'byLk' })).Count, 4);
    await doc.delete({ TableName, Key: { pk: 'even', sk: 0 } });
    equal((await byGk('moved')).Count, 0);
    await rejects(
      doc.query({
        TableName,
        IndexName: 'nope',
        KeyConditionExpression: 'gk = :g',
        ExpressionAttributeValues: { ':g': 'x' },
      }),
      'ValidationException',
      'The table does not have the specified index: nope',
    );
  }),

  withTables('parallel segments share the table out', async (doc) => {
    for (let i = 0; i < 40; i++) await doc.put({ TableName: 'simple', Item: { id: `id${i}` } });
    const all: unknown[] = [];
    for (let Segment = 0; Segment < 4; Segment++)
      all.push(
        ...((await doc.scan({ TableName: 'simple', TotalSegments: 4, Segment })).Items ?? []).map(
          (i) => i['id'],
        ),
      );
    equal([all.length, new Set(all).size], [40, 40]);
  }),

  withTables("a wrong expression is refused in the service's words", async (doc) => {
    const scan = (FilterExpression: string, extra: object = {}) =>
      doc.scan({ TableName, FilterExpression, ...extra });
    await rejects(
      scan('a = '),
      'ValidationException',
      /^Invalid FilterExpression: Syntax error; token: "<EOF>"/,
    );
    await rejects(
      scan('a = :x'),
      'ValidationException',
      'Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: :x',
    );
    await rejects(
      scan('#a = :x', { ExpressionAttributeValues: { ':x': 1 } }),
      'ValidationException',
      'Invalid FilterExpression: An expression attribute name used in the document path is not defined; attribute name: #a',
    );
    await rejects(
      scan('size = :x', { ExpressionAttributeValues: { ':x': 1 } }),
      'ValidationException',
      /reserved keyword; reserved keyword: size/,
    );
    await rejects(
      scan('a = :x', { ExpressionAttributeValues: { ':x': 1, ':y': 1 } }),
      'ValidationException',
      /unused in expressions/,
    );
    await rejects(
      doc.query({ TableName, KeyConditionExpression: 'sk = :s', ExpressionAttributeValues: { ':s': 1 } }),
      'ValidationException',
      /missed key schema element: pk/,
    );
  }),
];
