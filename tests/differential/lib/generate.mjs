// Random requests, valid and not, from a seed: the same for every server.

import { Statements } from './statements.mjs';

/** Deterministic choices. */
export class Random {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  below(bound) {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}

const S = (text) => ({ S: text });
const N = (number) => ({ N: String(number) });
const keys = (hash, range) => [
  { AttributeName: hash, KeyType: 'HASH' },
  ...(range ? [{ AttributeName: range, KeyType: 'RANGE' }] : []),
];
const attribute = ([AttributeName, AttributeType]) => ({ AttributeName, AttributeType });

/** The tables that requests are about. */
export const TABLES = [
  {
    TableName: 'plain',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [['id', 'S']].map(attribute),
    KeySchema: keys('id'),
  },
  {
    TableName: 'sorted',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      ['pk', 'S'],
      ['sk', 'N'],
      ['a', 'S'],
      ['n', 'N'],
    ].map(attribute),
    KeySchema: keys('pk', 'sk'),
    LocalSecondaryIndexes: [
      { IndexName: 'local', KeySchema: keys('pk', 'n'), Projection: { ProjectionType: 'KEYS_ONLY' } },
    ],
    GlobalSecondaryIndexes: [
      { IndexName: 'global', KeySchema: keys('a', 'n'), Projection: { ProjectionType: 'ALL' } },
    ],
  },
];

/** Pages of an index show by what they are sorted, so that one can tell which entries may be on either. */
function showSort(input) {
  if (input.Select === 'COUNT') delete input.FilterExpression;
  const shown = input.ProjectionExpression;
  if (shown && !/^pk, n\b/.test(shown)) input.ProjectionExpression = `${shown}, n`;
}

/** Top-level attributes of items beside their keys; `a` and `n` are keys of indexes. */
export const NAMES = ['a', 'n', 's', 'l', 'm', 'ss', 'b', 'x'];

export class Generator {
  constructor(seed, { transactions = true, pathOperands = true, statements = true, exists = true } = {}) {
    this.random = new Random(seed);
    this.statements = statements && new Statements(this);
    this.transactions = transactions;
    this.pathOperands = pathOperands;
    this.exists = exists;
  }

  /** An operation and its input. */
  next() {
    const { random, transactions, statements } = this;
    const operations = [
      ['PutItem', 5],
      ['UpdateItem', 6],
      ['DeleteItem', 2],
      ['GetItem', 2],
      ['Query', 5],
      ['Scan', 2],
      ['BatchGetItem', 1],
      ['BatchWriteItem', 1],
      ...(transactions
        ? [
            ['TransactWriteItems', 3],
            ['TransactGetItems', 1],
          ]
        : []),
      ...(statements
        ? [
            ['ExecuteStatement', 12],
            ['BatchExecuteStatement', 1],
            ['ExecuteTransaction', 2],
          ]
        : []),
    ];
    let at = random.below(operations.reduce((sum, [, weight]) => sum + weight, 0));
    const [operation] = operations.find(([, weight]) => (at -= weight) < 0);
    return { operation, input: operation in this ? this[operation]() : statements[operation]() };
  }

  table() {
    return this.random.chance(2) ? 'missing' : this.random.chance(40) ? 'plain' : 'sorted';
  }

  key(table) {
    const { random } = this;
    if (random.chance(2)) return { wrong: S('key') };
    if (table === 'plain') return { id: random.chance(1) ? N(1) : S(`i${random.below(12)}`) };
    return { pk: S(`p${random.below(4)}`), sk: random.chance(1) ? S('x') : N(random.below(8)) };
  }

  value(depth = 0) {
    const { random } = this;
    const kinds = ['S', 'S', 'N', 'N', 'B', 'BOOL', 'NULL', 'SS', 'NS', 'L', 'M'];
    const some = (make, most) => Array.from({ length: random.below(most + 1) }, make);
    switch (depth > 2 ? random.pick(kinds.slice(0, 7)) : random.pick(kinds)) {
      case 'S':
        return S(random.pick(['', 'a', 'ab', 'abc', 'ü', 'zebra']));
      case 'N':
        return N(
          random.pick(['0', '1', '2', '-1', '1.5', '007', '1e3', '-0.25', '123456789012345678901234567890']),
        );
      case 'B':
        return { B: random.pick(['', 'AA==', 'AQI=', '/w==']) };
      case 'BOOL':
        return { BOOL: random.chance(50) };
      case 'NULL':
        return { NULL: true };
      case 'SS':
        return { SS: [...new Set(['a', ...some(() => random.pick(['a', 'b', 'c']), 2)])] };
      case 'NS':
        return { NS: [...new Set(['1', ...some(() => random.pick(['1', '2', '3']), 2)])] };
      case 'L':
        return { L: some(() => this.value(depth + 1), 3) };
      default:
        return { M: Object.fromEntries(some(() => [random.pick(NAMES), this.value(depth + 1)], 3)) };
    }
  }

  item(table) {
    const { random } = this;
    const item = { ...this.key(table) };
    for (const name of NAMES) {
      if (!random.chance(45)) continue;
      // Keys of indexes are mostly of their type.
      if (name === 'a' && !random.chance(4)) item.a = S(`a${random.below(3)}`);
      else if (name === 'n' && !random.chance(4)) item.n = N(random.below(6));
      else item[name] = this.value();
    }
    return item;
  }

  path() {
    const { random } = this;
    const root = random.pick(NAMES);
    if (random.chance(70)) return root;
    return random.chance(50) ? `${root}.${random.pick(NAMES)}` : `${root}[${random.below(3)}]`;
  }

  /** An operand, with its value put among `values`. */
  operand(values) {
    if (this.pathOperands && this.random.chance(25)) return this.path();
    const name = `:v${Object.keys(values).length}`;
    values[name] = this.value(1);
    return name;
  }

  condition(values, depth = 0) {
    const { random } = this;
    if (depth < 2 && random.chance(25)) {
      const word = random.pick(['AND', 'OR']);
      return `(${this.condition(values, depth + 1)}) ${word} ${this.condition(values, depth + 1)}`;
    }
    if (depth < 2 && random.chance(10)) return `NOT ${this.condition(values, depth + 1)}`;
    const path = this.path();
    switch (random.below(9)) {
      case 0:
        return `attribute_exists(${path})`;
      case 1:
        return `attribute_not_exists(${path})`;
      case 2:
        values[':type'] = S(random.pick(['S', 'N', 'SS', 'L', 'M', 'BOOL', 'X']));
        return `attribute_type(${path}, :type)`;
      case 3:
        return `begins_with(${path}, ${this.operand(values)})`;
      case 4:
        return `contains(${path}, ${this.operand(values)})`;
      case 5:
        return `${path} BETWEEN ${this.operand(values)} AND ${this.operand(values)}`;
      case 6:
        return `${path} IN (${this.operand(values)}, ${this.operand(values)})`;
      case 7:
        return `size(${path}) ${random.pick(['<', '>', '='])} ${this.operand(values)}`;
      default:
        return `${path} ${random.pick(['=', '<>', '<', '<=', '>', '>='])} ${this.operand(values)}`;
    }
  }

  update(values) {
    const { random } = this;
    const clauses = [];
    const value = (make) => {
      const name = `:u${Object.keys(values).length}`;
      values[name] = make();
      return name;
    };
    if (random.chance(70)) {
      const source = () => {
        switch (random.below(5)) {
          case 0:
            return `${this.path()} ${random.pick(['+', '-'])} ${value(() => N(random.below(9)))}`;
          case 1:
            return `if_not_exists(${this.path()}, ${value(() => this.value(1))})`;
          case 2:
            return `list_append(${this.path()}, ${value(() => ({ L: [this.value(2)] }))})`;
          default:
            return value(() => this.value());
        }
      };
      const sets = Array.from({ length: 1 + random.below(2) }, () => `${this.path()} = ${source()}`);
      clauses.push(`SET ${sets.join(', ')}`);
    }
    if (random.chance(25)) clauses.push(`REMOVE ${this.path()}`);
    if (random.chance(25)) {
      const added = () => (random.chance(50) ? N(random.below(5)) : { SS: ['b', 'd'] });
      clauses.push(`ADD ${random.pick(NAMES)} ${value(added)}`);
    }
    if (random.chance(15)) clauses.push(`DELETE ${random.pick(NAMES)} ${value(() => ({ SS: ['a'] }))}`);
    return clauses.length ? clauses.join(' ') : `REMOVE ${this.path()}`;
  }

  /** A condition now and then, with the values it needs. */
  withCondition(input, values = {}) {
    const { random } = this;
    if (random.chance(40)) input.ConditionExpression = this.condition(values);
    if (Object.keys(values).length) input.ExpressionAttributeValues = values;
    if (random.chance(20)) input.ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
    return input;
  }

  PutItem() {
    const { random } = this;
    const TableName = this.table();
    const input = this.withCondition({ TableName, Item: this.item(TableName) });
    if (random.chance(40)) input.ReturnValues = random.pick(['ALL_OLD', 'NONE', 'ALL_NEW']);
    return input;
  }

  DeleteItem() {
    const TableName = this.table();
    const input = this.withCondition({ TableName, Key: this.key(TableName) });
    if (this.random.chance(40)) input.ReturnValues = 'ALL_OLD';
    return input;
  }

  UpdateItem() {
    const { random } = this;
    const TableName = this.table();
    const values = {};
    const UpdateExpression = this.update(values);
    const input = this.withCondition({ TableName, Key: this.key(TableName), UpdateExpression }, values);
    if (random.chance(60)) {
      input.ReturnValues = random.pick(['ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW', 'NONE']);
    }
    return input;
  }

  GetItem() {
    const TableName = this.table();
    const input = { TableName, Key: this.key(TableName) };
    if (this.random.chance(40)) input.ProjectionExpression = `${this.path()}, x`;
    return input;
  }

  Query() {
    const { random } = this;
    const index = random.pick([
      undefined,
      undefined,
      'local',
      'global',
      random.chance(5) ? 'none' : undefined,
    ]);
    const [hash, range] = index === 'global' ? ['a', 'n'] : ['pk', index === 'local' ? 'n' : 'sk'];
    const values = { ':hash': S(index === 'global' ? `a${random.below(3)}` : `p${random.below(4)}`) };
    let condition = `${hash} = :hash`;
    if (random.chance(60)) {
      const [low, high] = [random.below(8), random.below(8)];
      values[':low'] = N(low);
      if (random.chance(30)) {
        values[':high'] = N(high);
        condition += ` AND ${range} BETWEEN :low AND :high`;
      } else condition += ` AND ${range} ${random.pick(['=', '<', '<=', '>', '>='])} :low`;
    }
    const input = { TableName: 'sorted', KeyConditionExpression: condition };
    if (index) input.IndexName = index;
    if (random.chance(30)) input.FilterExpression = this.condition(values);
    if (random.chance(30)) input.Limit = 1 + random.below(5);
    if (random.chance(30)) input.ScanIndexForward = random.chance(50);
    if (random.chance(20))
      input.Select = random.pick(['COUNT', 'ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES']);
    if (random.chance(20)) input.ProjectionExpression = `pk, ${this.path()}`;
    if (index && input.Limit) showSort(input);
    if (random.chance(20)) input.ConsistentRead = true;
    input.ExpressionAttributeValues = values;
    return input;
  }

  Scan() {
    const { random } = this;
    const input = { TableName: random.chance(40) ? 'plain' : 'sorted' };
    const values = {};
    if (random.chance(50)) input.FilterExpression = this.condition(values);
    if (Object.keys(values).length) input.ExpressionAttributeValues = values;
    if (input.TableName === 'sorted' && random.chance(30)) input.IndexName = random.pick(['local', 'global']);
    if (random.chance(10)) input.Select = 'COUNT';
    return input;
  }

  BatchGetItem() {
    const table = this.random.pick(['plain', 'sorted']);
    return { RequestItems: { [table]: { Keys: Array.from({ length: 4 }, () => this.key(table)) } } };
  }

  BatchWriteItem() {
    const { random } = this;
    const table = random.pick(['plain', 'sorted']);
    const write = () =>
      random.chance(70)
        ? { PutRequest: { Item: this.item(table) } }
        : { DeleteRequest: { Key: this.key(table) } };
    return { RequestItems: { [table]: Array.from({ length: 1 + random.below(4) }, write) } };
  }

  TransactWriteItems() {
    const { random } = this;
    const action = () => {
      const TableName = this.table();
      const Key = this.key(TableName);
      const values = {};
      switch (random.below(4)) {
        case 0:
          return { Put: this.withCondition({ TableName, Item: this.item(TableName) }) };
        case 1:
          return { Delete: this.withCondition({ TableName, Key }) };
        case 2: {
          const UpdateExpression = this.update(values);
          return { Update: this.withCondition({ TableName, Key, UpdateExpression }, values) };
        }
        default: {
          const check = { TableName, Key, ConditionExpression: this.condition(values) };
          if (Object.keys(values).length) check.ExpressionAttributeValues = values;
          return { ConditionCheck: check };
        }
      }
    };
    return { TransactItems: Array.from({ length: 1 + random.below(3) }, action) };
  }

  TransactGetItems() {
    const get = () => {
      const TableName = this.table();
      return { Get: { TableName, Key: this.key(TableName) } };
    };
    return { TransactItems: Array.from({ length: 1 + this.random.below(3) }, get) };
  }
}
