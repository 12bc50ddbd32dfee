// What is asked of every server: requests of AWS JSON 1.0, ready to be sent.

export const TABLE = {
  TableName: 'orders',
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: 'pk', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
  ],
  BillingMode: 'PAY_PER_REQUEST',
};

const TableName = TABLE.TableName;
const PARTITIONS = 20;
const PER_PARTITION = 100;
const NOTE =
  'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore';

const S = (value) => ({ S: value });
const N = (value) => ({ N: String(value) });

const key = (i) => ({
  pk: S(`customer#${String(Math.floor(i / PER_PARTITION) % PARTITIONS).padStart(6, '0')}`),
  sk: S(`order#${String(i).padStart(10, '0')}`),
});

export const item = (i) => ({
  ...key(i),
  name: S(`Customer Name ${i}`),
  email: S(`customer${i}@example.com`),
  amount: N(1234.5 + (i % 1000) / 8),
  quantity: N(i % 97),
  active: { BOOL: i % 2 === 0 },
  note: S(NOTE),
  tags: { SS: ['red', 'green', 'blue'] },
  address: { M: { street: S(`${i % 500} Main Street`), city: S('Springfield'), zip: S(String(10000 + i)) } },
  lines: {
    L: [{ M: { sku: S(`SKU-${i}`), n: N(1), price: N(9.99) } }, { M: { sku: S(`SKU-${i + 1}`), n: N(2) } }],
  },
});

const COUNT = PARTITIONS * PER_PARTITION;
const range = (count) => Array.from({ length: count }, (_, i) => i);
const requests = (target, make, count = 200) =>
  range(count).map((i) => ({ target, body: JSON.stringify(make(i)) }));
const puts = (from) => range(25).map((k) => ({ PutRequest: { Item: item((from + k) % COUNT) } }));
const query = (i, limit) => ({
  TableName,
  KeyConditionExpression: 'pk = :pk',
  ExpressionAttributeValues: { ':pk': key((i * PER_PARTITION) % COUNT).pk },
  Limit: limit,
});

const ONE = 'SELECT * FROM orders WHERE pk = ? AND sk = ?';
const SET = 'UPDATE orders SET quantity = ? SET seen = 1 WHERE pk = ? AND sk = ?';
const statement = (Statement, ...Parameters) => ({ Statement, Parameters });
const keyed = (text, i, ...before) => statement(text, ...before, key(i % COUNT).pk, key(i % COUNT).sk);

/** Requests that fill the table. */
export const FILL = range(COUNT / 25).map((i) => ({
  target: 'BatchWriteItem',
  body: JSON.stringify({ RequestItems: { [TableName]: puts(i * 25) } }),
}));

/** Every operation that is measured, by its name. */
export const OPERATIONS = {
  GetItem: requests('GetItem', (i) => ({ TableName, Key: key((i * 37) % COUNT) })),
  PutItem: requests('PutItem', (i) => ({ TableName, Item: item((i * 37) % COUNT) })),
  UpdateItem: requests('UpdateItem', (i) => ({
    TableName,
    Key: key((i * 37) % COUNT),
    UpdateExpression: 'SET quantity = :q ADD seen :one',
    ExpressionAttributeValues: { ':q': N(i), ':one': N(1) },
  })),
  'Query of 10': requests('Query', (i) => query(i, 10), 20),
  'Query of 100': requests('Query', (i) => query(i, 100), 20),
  'Scan of 100': requests('Scan', () => ({ TableName, Limit: 100 }), 1),
  'BatchGetItem of 25': requests(
    'BatchGetItem',
    (i) => ({ RequestItems: { [TableName]: { Keys: range(25).map((k) => key((i * 37 + k) % COUNT)) } } }),
    40,
  ),
  'BatchWriteItem of 25': requests(
    'BatchWriteItem',
    (i) => ({ RequestItems: { [TableName]: puts(i * 37) } }),
    40,
  ),
  'TransactWriteItems of 10': requests(
    'TransactWriteItems',
    (i) => ({
      TransactItems: range(10).map((k) => ({ Put: { TableName, Item: item((i * 37 + k) % COUNT) } })),
    }),
    40,
  ),
  'TransactGetItems of 10': requests(
    'TransactGetItems',
    (i) => ({
      TransactItems: range(10).map((k) => ({ Get: { TableName, Key: key((i * 37 + k) % COUNT) } })),
    }),
    40,
  ),
  'PartiQL, SELECT of one': requests('ExecuteStatement', (i) => ({ ...keyed(ONE, i * 37), Limit: 1 })),
  'PartiQL, SELECT of 100': requests(
    'ExecuteStatement',
    (i) => ({
      ...statement('SELECT * FROM orders WHERE pk = ?', key((i * PER_PARTITION) % COUNT).pk),
      Limit: 100,
    }),
    20,
  ),
  'PartiQL, UPDATE': requests('ExecuteStatement', (i) => keyed(SET, i * 37, N(i))),
  'PartiQL, batch of 25': requests(
    'BatchExecuteStatement',
    (i) => ({ Statements: range(25).map((k) => keyed(ONE, i * 37 + k)) }),
    40,
  ),
  'PartiQL, transaction of 10': requests(
    'ExecuteTransaction',
    (i) => ({ TransactStatements: range(10).map((k) => keyed(SET, i * 37 + k, N(i))) }),
    40,
  ),
};
