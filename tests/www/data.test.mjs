// How the page reads files, guesses keys, shows values and writes requests.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../../scripts/lib/run.mjs';
import { load } from '../js/lib/bundle.mjs';

const page = await load('tests/www/entry.ts');

test('JSON lines give rows with their line, and a failure for each line that is none', () => {
  const { rows, failures } = page.readJsonRows('\uFEFF{"a":1}\r\n\n{"a":\n[1]\n{"a":2}');
  assert.deepEqual(rows, [
    { line: 1, item: { a: 1 } },
    { line: 5, item: { a: 2 } },
  ]);
  assert.deepEqual(
    failures.map(({ line }) => line),
    [3, 4],
  );
  assert.equal(failures[1].message, 'not a JSON object');
});

test('a JSON array is read as its elements', () => {
  const { rows, failures } = page.readJsonRows('[\n{"a":1},\n"x"\n]');
  assert.deepEqual(rows, [{ line: 1, item: { a: 1 } }]);
  assert.deepEqual(failures, [{ line: 2, message: 'not a JSON object' }]);
});

test('CSV fields may be quoted and hold commas, quotes and line ends', () => {
  const { rows, failures } = page.readCsvRows('a,b,c\r\n1,"x, ""y""\nz",\n,,3\n');
  assert.deepEqual(rows, [
    { line: 2, item: { a: 1, b: 'x, "y"\nz' } },
    { line: 3, item: { c: 3 } },
  ]);
  assert.deepEqual(failures, []);
});

test('a column of CSV is of numbers only when each can be written back as it was', () => {
  const { rows } = page.readCsvRows('zip,n,long,on\n01234,1.5,12345678901234567890,true\n98765,-2,1,false\n');
  assert.deepEqual(rows[0].item, { zip: '01234', n: 1.5, long: '12345678901234567890', on: true });
  assert.deepEqual(
    page.columnsOf(rows).map(({ name, types, count }) => [name, types, count]),
    [
      ['zip', ['text'], 2],
      ['n', ['number'], 2],
      ['long', ['text'], 2],
      ['on', ['boolean'], 2],
    ],
  );
});

test('lines of an export come back as they were, long numbers too', () => {
  const item = {
    id: { S: 'a' },
    n: { N: '12345678901234567890.5' },
    tags: { SS: ['x'] },
    data: { B: 'AQI=' },
  };
  const { rows } = page.readJsonRows(`${JSON.stringify({ Item: item })}\n`);
  assert.equal(String(rows[0].item.n), '12345678901234567890.5');
  assert.deepEqual(rows[0].item.tags, new Set(['x']));
  assert.deepEqual(rows[0].item.data, new Uint8Array([1, 2]));
  // A row that only happens to have an attribute of that name is a row.
  assert.deepEqual(page.readJsonRows('{"Item":{"a":1}}').rows[0].item, { Item: { a: 1 } });
});

const rowsOf = (items) => items.map((item, at) => ({ line: at + 1, item }));

test('keys are guessed: an id before anything else that tells rows apart, else a pair', () => {
  const people = rowsOf([
    { name: 'a', userId: 'x1', age: 3 },
    { name: 'b', userId: 'x2', age: 3 },
  ]);
  assert.equal(page.inferKeys(people).partition, 'userId');
  const readings = rowsOf([
    { at: 1, place: 'a', on: true },
    { at: 2, place: 'a', on: true },
    { at: 1, place: 'b', on: true },
  ]);
  const keys = page.inferKeys(readings);
  assert.deepEqual([keys.partition, keys.sort], ['at', 'place']);
  assert.deepEqual(
    [...keys.candidates],
    [
      ['at', 'N'],
      ['place', 'S'],
    ],
  );
  assert.equal(page.inferKeys([]).partition, '');
  assert.equal(page.inferKeys(rowsOf([{ a: '' }, { a: 'x' }])).partition, '', 'an empty string is no key');
});

test('file names become table names', () => {
  assert.equal(page.tableNameOf('my data (1).jsonl'), 'my-data-1-');
  assert.equal(page.tableNameOf('a.json'), 'table-a');
  assert.equal(page.tableNameOf(`${'x'.repeat(300)}.json`).length, 255);
});

test('JSON says the whole of an item, with marks for what it has no word for', () => {
  const item = {
    a: { N: '1.5' },
    b: { L: [{ M: { c: { NULL: true } } }] },
    d: { BOOL: false },
    long: { N: '12345678901234567890' },
    set: { SS: ['a', 'b'] },
    numbers: { NS: ['1', '12345678901234567890'] },
    bytes: { B: new Uint8Array([1, 2]) },
    blobs: { BS: [new Uint8Array([3])] },
    looks: { M: { $set: { S: 'like one' } } },
    most: { M: { $map: { M: { $map: { N: '1' } } } } },
    more: { M: { $set: { S: 'x' }, other: { S: 'y' } } },
  };
  const plain = page.plainItem(item);
  assert.deepEqual(plain, {
    a: 1.5,
    b: [{ c: null }],
    d: false,
    long: { $number: '12345678901234567890' },
    set: { $set: ['a', 'b'] },
    numbers: { $set: [1, { $number: '12345678901234567890' }] },
    bytes: { $binary: 'AQI=' },
    blobs: { $set: [{ $binary: 'Aw==' }] },
    looks: { $map: { $set: 'like one' } },
    most: { $map: { $map: { $map: { $map: 1 } } } },
    more: { $set: 'x', other: 'y' },
  });
  assert.deepEqual(page.readPlainItem(JSON.parse(JSON.stringify(plain))), item);
  for (const [wrong, message] of [
    [{ $set: 'a' }, '$set holds a list'],
    [{ $set: [] }, '$set holds texts only'],
    [{ $set: ['a', 1] }, '$set holds texts only'],
    [{ $set: [null] }, '$set holds texts only'],
    [{ $binary: 1 }, '$binary holds base64 text'],
    [{ $binary: '*' }, 'is not base64'],
    [{ $number: 1 }, '$number holds its digits'],
    [{ $map: [] }, '$map holds an object'],
  ]) {
    assert.throws(
      () => page.readPlainItem({ value: [wrong] }),
      (error) => error.message.includes(message),
      message,
    );
  }
});

test('both forms of JSON read back what they show', () => {
  const item = {
    s: { S: 'x' },
    b: { B: new Uint8Array([0, 255]) },
    bs: { BS: [new Uint8Array([1])] },
    m: { M: { l: { L: [{ B: new Uint8Array([2]) }] } } },
  };
  assert.deepEqual(page.readJsonItem(JSON.parse(JSON.stringify(page.jsonItem(item)))), item);
  const plain = JSON.parse('{"__proto__":{"x":1},"n":0.0000001,"big":1e21}');
  const read = page.readPlainItem(plain);
  assert.deepEqual(Object.keys(read), ['__proto__', 'n', 'big']);
  assert.equal(Object.getPrototypeOf(read), Object.prototype);
  assert.deepEqual(read.n, { N: '1E-7' });
  assert.deepEqual(read.big, { N: '1E21' });
  assert.throws(() => page.readJsonItem([]), /JSON object/);
  assert.throws(() => page.readJsonItem({ b: { B: '*' } }), /base64/);
});

const TABLE = {
  TableName: 't',
  KeySchema: [
    { AttributeName: 'my key', KeyType: 'HASH' },
    { AttributeName: 'at', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'my key', AttributeType: 'S' },
    { AttributeName: 'at', AttributeType: 'N' },
  ],
};

test('the form becomes expressions with placeholders for all names and values', () => {
  const request = page.requestFor(TABLE, {
    ...page.blankReading(),
    mode: 'query',
    partition: 'p',
    sort: { operator: 'between', value: '1', upper: ' 2 ' },
    filters: [
      { attribute: 'a.b[0][1].my key', type: 'S', operator: 'contains', value: 'x', upper: '' },
      { attribute: 'seen', type: 'BOOL', operator: '<>', value: 'true', upper: '' },
      { attribute: 'gone', type: 'S', operator: 'missing', value: '', upper: '' },
      { attribute: '', type: 'S', operator: '=', value: '', upper: '' },
    ],
    descending: true,
  });
  assert.equal(request.KeyConditionExpression, '#n0 = :v0 AND #n1 BETWEEN :v1 AND :v2');
  assert.equal(
    request.FilterExpression,
    'contains(#n2.#n3[0][1].#n0, :v3) AND #n4 <> :v4 AND attribute_not_exists(#n5)',
  );
  assert.deepEqual(request.ExpressionAttributeNames, {
    '#n0': 'my key',
    '#n1': 'at',
    '#n2': 'a',
    '#n3': 'b',
    '#n4': 'seen',
    '#n5': 'gone',
  });
  assert.deepEqual(request.ExpressionAttributeValues, {
    ':v0': { S: 'p' },
    ':v1': { N: '1' },
    ':v2': { N: '2' },
    ':v3': { S: 'x' },
    ':v4': { BOOL: true },
  });
  assert.equal(request.ScanIndexForward, false);
});

test('each comparison of the form is an expression', () => {
  const expression = (operator, value, type = 'S') => {
    const filters = [{ attribute: 'a', type, operator, value, upper: 'z' }];
    const { FilterExpression, ExpressionAttributeValues } = page.requestFor(TABLE, {
      ...page.blankReading(),
      filters,
    });
    return [FilterExpression, ...Object.values(ExpressionAttributeValues ?? {})];
  };
  assert.deepEqual(expression('in', '1, 2', 'N'), ['#n0 IN (:v0, :v1)', { N: '1' }, { N: '2' }]);
  assert.deepEqual(expression('type', 'SS'), ['attribute_type(#n0, :v0)', { S: 'SS' }]);
  assert.deepEqual(expression('type', ''), ['attribute_type(#n0, :v0)', { S: 'S' }]);
  assert.deepEqual(expression('size >', '3'), ['size(#n0) > :v0', { N: '3' }]);
  assert.deepEqual(expression('exists', 'x'), ['attribute_exists(#n0)']);
  assert.deepEqual(expression('between', 'a'), ['#n0 BETWEEN :v0 AND :v1', { S: 'a' }, { S: 'z' }]);
});

test('a scan reads its share, and strongly where that is asked for', () => {
  const segment = { number: 1, of: 4 };
  const scan = page.requestFor(TABLE, { ...page.blankReading(), segment, consistent: true });
  assert.deepEqual(scan, {
    TableName: 't',
    ConsistentRead: true,
    Segment: 1,
    TotalSegments: 4,
    Limit: 50,
    ReturnConsumedCapacity: 'TOTAL',
  });
  const query = page.requestFor(TABLE, { ...page.blankReading(), segment, mode: 'query', partition: 'p' });
  assert.equal('Segment' in query, false);
});

test('a load that is stopped ends after the batches it has begun', async () => {
  const stopping = new AbortController();
  const documents = {
    batchWrite: async () => {
      stopping.abort();
      return {};
    },
  };
  const rows = Array.from({ length: 1000 }, (_, line) => ({ line, item: { id: line } }));
  const { written, total } = await page.loadRows(
    { documentClient: () => documents },
    't',
    rows,
    () => {},
    stopping.signal,
  );
  assert.equal(total, 1000);
  assert.ok(written > 0 && written <= 100, `${written} rows written`);
});

test('usage is summed by operation and table', () => {
  const call = { operation: 'Query', table: 'a', units: 1, milliseconds: 2, at: 0 };
  assert.deepEqual(page.sums([call, { ...call, operation: 'Scan', units: 9 }, call]), [
    { operation: 'Scan', table: 'a', calls: 1, units: 9, milliseconds: 2 },
    { operation: 'Query', table: 'a', calls: 2, units: 2, milliseconds: 4 },
  ]);
});

test('every row of the datasets has its own key, and its keys have their types', () => {
  for (const { file, table, rows } of page.DATASETS) {
    const text = readFileSync(join(ROOT, 'node_modules/vega-datasets', file), 'utf8');
    const items = rows(text).map((row) => row.item);
    const names = table.KeySchema.map((element) => element.AttributeName);
    assert.equal(
      new Set(items.map((item) => JSON.stringify(names.map((name) => item[name])))).size,
      items.length,
    );
    assert.ok(items.length > 3000);
    for (const { AttributeName: name, AttributeType: type } of table.AttributeDefinitions) {
      for (const item of items.filter((item) => name in item)) {
        assert.equal(typeof item[name], type === 'N' ? 'number' : 'string');
        assert.notEqual(item[name], '');
      }
    }
    if (table.TableName === 'movies') {
      const dates = items.map((item) => item['Release Date']).sort();
      assert.match(dates[0], /^19\d\d-\d\d-\d\d$/);
      assert.match(dates.at(-1), /^2011-/);
    }
  }
});
