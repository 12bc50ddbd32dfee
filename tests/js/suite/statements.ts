import { equal, rejects, withTables, type Case } from './harness.js';

export const statements: Case[] = [
  withTables('statements take and give native values', async (doc) => {
    const insert = await doc.executeStatement({
      Statement:
        "INSERT INTO things VALUE {'pk': 'a', 'sk': ?, 'tags': ?, 'blob': ?, 'none': ?, 'deep': {'l': [1, 'x']}}",
      Parameters: [1, new Set(['new']), new Uint8Array([1, 2]), null],
    });
    equal(insert.Items, []);
    const item = {
      pk: 'a',
      sk: 1,
      tags: new Set(['new']),
      blob: new Uint8Array([1, 2]),
      none: null,
      deep: { l: [1, 'x'] },
    };
    const read = await doc.executeStatement({
      Statement: 'SELECT * FROM things WHERE pk = ? AND sk = ?',
      Parameters: ['a', 1],
      ConsistentRead: true,
    });
    equal(read.Items, [item]);
    await rejects(
      doc.executeStatement({ Statement: "INSERT INTO things VALUE {'pk': 'a', 'sk': 1}" }),
      'DuplicateItemException',
    );
    const updated = await doc.executeStatement({
      Statement:
        "UPDATE things SET tags = set_add(tags, ?), n = sk + 4 WHERE pk = 'a' AND sk = 1 RETURNING MODIFIED NEW *",
      Parameters: [new Set(['old'])],
    });
    equal(updated.Items, [{ tags: new Set(['new', 'old']), n: 5 }]);
    const failed = await rejects(
      doc.executeStatement({
        Statement: "DELETE FROM things WHERE pk = 'a' AND sk = 1 AND n = 6",
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
      'ConditionalCheckFailedException',
    );
    equal((failed as { Item?: { n?: unknown } }).Item?.n, { N: '5' });
    await rejects(doc.executeStatement({ Statement: 'SELECT' }), 'ValidationException');
  }),

  withTables('a statement goes on where its token says', async (doc) => {
    for (const sk of [1, 2, 3]) {
      for (const pk of ['a', 'b']) await doc.put({ TableName: 'things', Item: { pk, sk } });
    }
    const found: unknown[] = [];
    let NextToken: string | undefined;
    do {
      const page = await doc.executeStatement({
        Statement: 'SELECT pk, sk FROM things WHERE pk IN (?, ?) AND sk > 1',
        Parameters: ['b', 'a'],
        Limit: 1,
        ConsistentRead: true,
        NextToken,
      });
      found.push(...(page.Items ?? []));
      equal(Boolean(page.LastEvaluatedKey), Boolean(page.NextToken));
      NextToken = page.NextToken;
    } while (NextToken);
    equal(found, [
      { pk: 'b', sk: 2 },
      { pk: 'b', sk: 3 },
      { pk: 'a', sk: 2 },
      { pk: 'a', sk: 3 },
    ]);
  }),

  withTables('a hostile statement is refused, and the next one answered', async (doc) => {
    const hostile = ['(', '[', "{'a':", 'NOT ', 'size(', '<<', "'"].map(
      (text) => `SELECT * FROM simple WHERE ${text.repeat(8000 / text.length)}`,
    );
    for (const Statement of hostile)
      await rejects(doc.executeStatement({ Statement }), 'ValidationException');
    await doc.put({ TableName: 'simple', Item: { id: 'one' } });
    // As much as is allowed of everything.
    const sum = Array.from({ length: 300 }, () => '1').join('+');
    const deep = '('.repeat(31) + 'x IS MISSING' + ')'.repeat(31);
    const any = Array.from({ length: 145 }, (_, n) => `y = ${n}`).join(' OR ');
    const { Items } = await doc.executeStatement({
      Statement: `UPDATE simple SET x = ${sum} WHERE id = 'one' AND ${deep} AND NOT (${any}) RETURNING MODIFIED NEW *`,
    });
    equal(Items, [{ x: 300 }]);
  }),

  withTables('statements in batches and transactions', async (doc) => {
    const batch = await doc.batchExecuteStatement({
      Statements: [
        { Statement: "INSERT INTO simple VALUE {'id': ?}", Parameters: ['one'] },
        { Statement: "UPDATE simple SET x = 1 WHERE id = 'none'" },
      ],
    });
    equal(batch.Responses, [
      { TableName: 'simple' },
      {
        TableName: 'simple',
        Error: { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' },
      },
    ]);
    const written = await doc.executeTransaction({
      TransactStatements: [
        { Statement: "UPDATE simple SET x = ? WHERE id = 'one'", Parameters: [{ y: 1 }] },
        { Statement: "INSERT INTO simple VALUE {'id': 'two'}" },
      ],
    });
    equal(written.Responses, []);
    const cancelled = await rejects(
      doc.executeTransaction({
        TransactStatements: [
          { Statement: "DELETE FROM simple WHERE id = 'one'" },
          { Statement: "INSERT INTO simple VALUE {'id': 'two'}" },
        ],
      }),
      'TransactionCanceledException',
    );
    equal((cancelled as { CancellationReasons?: unknown }).CancellationReasons, [
      { Code: 'None' },
      { Code: 'DuplicateItem', Message: 'Duplicate primary key exists in table' },
    ]);
    const read = await doc.executeTransaction({
      TransactStatements: ['one', 'none'].map((id) => ({
        Statement: 'SELECT * FROM simple WHERE id = ?',
        Parameters: [id],
      })),
    });
    equal(read.Responses, [{ Item: { id: 'one', x: { y: 1 } } }, {}]);
  }),
];
