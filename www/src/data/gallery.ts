/** Designs to learn from: each with its tables, believable items and the access patterns it was made for. */

import type { Call, Example } from './example.js';

export interface Design extends Example {
  title: string;
  about: string;
}

type Item = Record<string, unknown>;

const S = (value: string) => ({ S: value });
const N = (value: number) => ({ N: String(value) });
const ALL = { ProjectionType: 'ALL' } as const;
const text = (...names: string[]) =>
  names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const }));
const keys = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' as const },
  { AttributeName: range, KeyType: 'RANGE' as const },
];
const day = (at: number) => new Date(Date.UTC(2026, 0, 1) + at * 86_400_000).toISOString().slice(0, 10);

/** A query by partition key, and by how sort keys begin. */
function query(
  title: string,
  table: string,
  pk: string,
  more: Item = {},
  begins?: string,
  index?: string,
): Call {
  const [hash, range] = index ? [`${index}PK`, `${index}SK`] : ['PK', 'SK'];
  const condition = begins ? ' AND begins_with(#sk, :sk)' : '';
  return {
    title,
    operation: 'Query',
    input: {
      TableName: table,
      ...(index ? { IndexName: index } : {}),
      KeyConditionExpression: `#pk = :pk${condition}`,
      ExpressionAttributeNames: { '#pk': hash, ...(begins ? { '#sk': range } : {}) },
      ExpressionAttributeValues: { ':pk': S(pk), ...(begins ? { ':sk': S(begins) } : {}) },
      ...more,
      ReturnConsumedCapacity: 'TOTAL',
    },
  };
}

const PRODUCTS = [
  ['P100', 'Espresso machine', 329, 'kitchen'],
  ['P101', 'Burr grinder', 89, 'kitchen'],
  ['P102', 'Cast iron pan', 45, 'kitchen'],
  ['P103', 'Desk lamp', 59, 'office'],
  ['P104', 'Standing desk', 480, 'office'],
  ['P105', 'Notebook, dotted', 12, 'office'],
  ['P106', 'Trail shoes', 135, 'sport'],
  ['P107', 'Rain jacket', 160, 'sport'],
] as const;

const CUSTOMERS = [
  ['C1', 'Ada Moreau', 'Lyon'],
  ['C2', 'Ben Okafor', 'Lagos'],
  ['C3', 'Chiara Ricci', 'Turin'],
  ['C4', 'Dev Patel', 'Pune'],
  ['C5', 'Elin Berg', 'Malmö'],
] as const;

/** Customers, orders, their lines and products in one table: the design that DynamoDB is taught with. */
function shop(): Design {
  const items: Item[] = PRODUCTS.map(([id, name, price, category]) => ({
    PK: S(`PRODUCT#${id}`),
    SK: S('PRODUCT'),
    GSI1PK: S(`CATEGORY#${category}`),
    GSI1SK: S(`PRICE#${String(price).padStart(6, '0')}`),
    type: S('product'),
    name: S(name),
    price: N(price),
    category: S(category),
  }));
  for (const [id, name, city] of CUSTOMERS) {
    items.push({
      PK: S(`CUSTOMER#${id}`),
      SK: S('PROFILE'),
      type: S('customer'),
      name: S(name),
      email: S(`${name.split(' ')[0]!.toLowerCase()}@example.com`),
      address: { M: { city: S(city) } },
    });
  }
  for (let order = 0; order < 24; order++) {
    const [customer, name] = CUSTOMERS[(order * 3) % CUSTOMERS.length]!;
    const id = `O${1000 + order}`;
    const date = day(order * 4);
    const lines = [0, 1, 2]
      .slice(0, 1 + (order % 3))
      .map((k) => PRODUCTS[(order * 5 + k * 3) % PRODUCTS.length]!);
    const status = order < 18 ? 'shipped' : order < 22 ? 'paid' : 'open';
    items.push({
      PK: S(`CUSTOMER#${customer}`),
      SK: S(`ORDER#${date}#${id}`),
      GSI1PK: S(`STATUS#${status}`),
      GSI1SK: S(`${date}#${id}`),
      type: S('order'),
      order: S(id),
      customer: S(name),
      status: S(status),
      total: N(lines.reduce((sum, [, , price]) => sum + price, 0)),
    });
    for (const [product, title, price] of lines) {
      items.push({
        PK: S(`ORDER#${id}`),
        SK: S(`LINE#${product}`),
        type: S('line'),
        product: S(title),
        price: N(price),
        quantity: N(1 + (order % 2)),
      });
    }
  }
  const table = 'shop';
  return {
    title: 'Shop, in a single table',
    about: 'Customers, orders, lines and products under one key, with an index that answers the rest.',
    tables: [
      {
        create: {
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: text('PK', 'SK', 'GSI1PK', 'GSI1SK'),
          KeySchema: keys('PK', 'SK'),
          GlobalSecondaryIndexes: [
            { IndexName: 'GSI1', KeySchema: keys('GSI1PK', 'GSI1SK'), Projection: ALL },
          ],
        },
        items,
      },
    ],
    calls: [
      query('A customer with all orders', table, 'CUSTOMER#C1'),
      query(
        'The latest two orders of a customer',
        table,
        'CUSTOMER#C4',
        { ScanIndexForward: false, Limit: 2 },
        'ORDER#',
      ),
      query('The lines of an order', table, 'ORDER#O1002', {}, 'LINE#'),
      query('Orders that wait to be shipped, oldest first', table, 'STATUS#paid', {}, undefined, 'GSI1'),
      query('Kitchen products by price', table, 'CATEGORY#kitchen', {}, 'PRICE#', 'GSI1'),
      {
        title: 'Take an order, if the customer is known and its number is free',
        operation: 'TransactWriteItems',
        input: {
          TransactItems: [
            {
              ConditionCheck: {
                TableName: table,
                Key: { PK: S('CUSTOMER#C1'), SK: S('PROFILE') },
                ConditionExpression: 'attribute_exists(PK)',
              },
            },
            {
              Put: {
                TableName: table,
                Item: {
                  PK: S('CUSTOMER#C1'),
                  SK: S('ORDER#2026-06-01#O2000'),
                  GSI1PK: S('STATUS#paid'),
                  GSI1SK: S('2026-06-01#O2000'),
                  type: S('order'),
                  order: S('O2000'),
                  status: S('paid'),
                  total: N(59),
                },
                ConditionExpression: 'attribute_not_exists(PK)',
              },
            },
            {
              Put: {
                TableName: table,
                Item: {
                  PK: S('ORDER#O2000'),
                  SK: S('LINE#P103'),
                  type: S('line'),
                  product: S('Desk lamp'),
                  price: N(59),
                  quantity: N(1),
                },
              },
            },
          ],
          ReturnConsumedCapacity: 'TOTAL',
        },
      },
      {
        title: 'Ship an order, if it is paid',
        operation: 'UpdateItem',
        input: {
          TableName: table,
          Key: { PK: S('CUSTOMER#C5'), SK: S(`ORDER#${day(72)}#O1018`) },
          UpdateExpression: 'SET #status = :shipped, GSI1PK = :key',
          ConditionExpression: '#status = :paid',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: {
            ':shipped': S('shipped'),
            ':paid': S('paid'),
            ':key': S('STATUS#shipped'),
          },
          ReturnValues: 'ALL_NEW',
          ReturnConsumedCapacity: 'INDEXES',
        },
      },
    ],
  };
}

/** Measurements by device and day: a partition never grows without end, and the newest come first. */
function sensors(): Design {
  const table = 'sensors';
  const items: Item[] = [];
  for (const device of ['roof', 'cellar', 'garden']) {
    for (let date = 0; date < 3; date++) {
      for (let hour = 0; hour < 24; hour++) {
        const base = { roof: 6, cellar: 12, garden: 4 }[device] ?? 0;
        const degrees = base + 5 * Math.sin(((hour - 8) / 24) * 2 * Math.PI) + date / 2;
        items.push({
          PK: S(`${device}#${day(date)}`),
          SK: S(`${String(hour).padStart(2, '0')}:00`),
          degrees: N(Math.round(degrees * 10) / 10),
          humidity: N(60 + ((hour * 7 + date * 3) % 25)),
        });
      }
    }
  }
  const range = query('A morning, by hours', table, `garden#${day(1)}`);
  return {
    title: 'Sensors, a time series',
    about: 'A partition key of device and day keeps partitions small; hours are in order within.',
    tables: [
      {
        create: {
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: text('PK', 'SK'),
          KeySchema: keys('PK', 'SK'),
        },
        items,
      },
    ],
    calls: [
      query('The last three hours of a day', table, `roof#${day(2)}`, { ScanIndexForward: false, Limit: 3 }),
      {
        ...range,
        input: {
          ...range.input,
          KeyConditionExpression: '#pk = :pk AND #sk BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#pk': 'PK', '#sk': 'SK' },
          ExpressionAttributeValues: { ':pk': S(`garden#${day(1)}`), ':from': S('06:00'), ':to': S('11:00') },
        },
      },
      {
        title: 'Hours of frost, wherever they were (a scan: mind the units)',
        operation: 'Scan',
        input: {
          TableName: table,
          FilterExpression: 'degrees < :zero',
          ExpressionAttributeValues: { ':zero': N(0) },
          ReturnConsumedCapacity: 'TOTAL',
        },
      },
    ],
  };
}

/** Scores in an index by game: the best come from its end. */
function leaderboard(): Design {
  const table = 'scores';
  const players = ['aya', 'bo', 'cleo', 'dmitri', 'emeka', 'fen', 'gita', 'hugo'];
  const items = ['chess', 'tetris', 'snake'].flatMap((game, g) =>
    players.map((player, p) => ({
      player: S(player),
      game: S(game),
      score: N(((p * 7919 + g * 104729) % 9000) + 1000),
      played: N(1 + ((p + g) % 12)),
    })),
  );
  const best = {
    TableName: table,
    IndexName: 'by-score',
    KeyConditionExpression: 'game = :game',
    ExpressionAttributeValues: { ':game': S('tetris') },
    ScanIndexForward: false,
    Limit: 3,
    ReturnConsumedCapacity: 'TOTAL',
  };
  return {
    title: 'Leaderboard',
    about: 'A score that counts up without reading, and an index that keeps the best at hand.',
    tables: [
      {
        create: {
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [...text('player', 'game'), { AttributeName: 'score', AttributeType: 'N' }],
          KeySchema: keys('player', 'game'),
          GlobalSecondaryIndexes: [
            { IndexName: 'by-score', KeySchema: keys('game', 'score'), Projection: ALL },
          ],
        },
        items,
      },
    ],
    calls: [
      { title: 'The best three of a game', operation: 'Query', input: best },
      {
        title: 'Another 250 points, whatever they were',
        operation: 'UpdateItem',
        input: {
          TableName: table,
          Key: { player: S('gita'), game: S('tetris') },
          UpdateExpression: 'ADD score :points, played :one',
          ExpressionAttributeValues: { ':points': N(250), ':one': N(1) },
          ReturnValues: 'UPDATED_NEW',
          ReturnConsumedCapacity: 'INDEXES',
        },
      },
      {
        title: 'A new record only if it is one',
        operation: 'UpdateItem',
        input: {
          TableName: table,
          Key: { player: S('bo'), game: S('chess') },
          UpdateExpression: 'SET score = :score',
          ConditionExpression: 'score < :score',
          ExpressionAttributeValues: { ':score': N(500) },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
    ],
  };
}

export const DESIGNS: Design[] = [shop(), sensors(), leaderboard()];
