/** What the form says, as a request: expressions with placeholders for every name and value. */

import type { AttributeValue, QueryItemsInput, ScalarAttributeType, TableDescription } from 'dynatab';
import { keysOf } from './schema.js';
import { base64ToBytes } from './values.js';

export type Operator =
  '=' | '<>' | '<' | '<=' | '>' | '>=' | 'between' | 'begins_with' | 'contains' | 'exists' | 'missing';
export type ValueType = ScalarAttributeType | 'BOOL';

/** Operators of a sort key. */
export const SORT_OPERATORS: Operator[] = ['=', '<', '<=', '>', '>=', 'between', 'begins_with'];
export const FILTER_OPERATORS: Operator[] = [
  ...SORT_OPERATORS.slice(0, 1),
  '<>',
  ...SORT_OPERATORS.slice(1),
  'contains',
  'exists',
  'missing',
];

export const OPERATOR_WORDS: Record<Operator, string> = {
  '=': '=',
  '<>': '≠',
  '<': '<',
  '<=': '≤',
  '>': '>',
  '>=': '≥',
  between: 'between',
  begins_with: 'begins with',
  contains: 'contains',
  exists: 'exists',
  missing: 'is missing',
};

export interface Test {
  operator: Operator;
  value: string;
  upper: string;
}

export interface Filter extends Test {
  attribute: string;
  type: ValueType;
}

/** Everything the form holds. */
export interface Reading {
  mode: 'scan' | 'query';
  index: string | undefined;
  partition: string;
  /** Of the sort key; `undefined` takes all. */
  sort: Test | undefined;
  descending: boolean;
  filters: Filter[];
  limit: number;
}

export const blankReading = (): Reading => ({
  mode: 'scan',
  index: undefined,
  partition: '',
  sort: undefined,
  descending: false,
  filters: [],
  limit: 50,
});

/** A value as typed into a field. @throws an Error that says what is wrong with it. */
export function typed(text: string, type: ValueType): AttributeValue {
  if (type === 'BOOL') return { BOOL: text === 'true' };
  if (type === 'B') return { B: base64ToBytes(text) };
  return type === 'N' ? { N: text.trim() } : { S: text };
}

/** Collects placeholders while expressions are written. */
class Placeholders {
  readonly names: Record<string, string> = {};
  readonly values: Record<string, AttributeValue> = {};

  /** A path: dots lead into maps, `[n]` into lists. */
  path(text: string): string {
    return text
      .split('.')
      .map((step) => {
        const [, name, places] = /^(.*?)((?:\[\d+\])*)$/s.exec(step) as unknown as [string, string, string];
        return this.name(name) + places;
      })
      .join('.');
  }

  /** A top-level attribute, whatever characters are in its name. */
  name(name: string): string {
    const known = Object.entries(this.names).find(([, value]) => value === name)?.[0];
    if (known) return known;
    const made = `#n${Object.keys(this.names).length}`;
    this.names[made] = name;
    return made;
  }

  value(value: AttributeValue): string {
    const made = `:v${Object.keys(this.values).length}`;
    this.values[made] = value;
    return made;
  }
}

function condition(holders: Placeholders, path: string, test: Test, type: ValueType): string {
  const value = () => holders.value(typed(test.value, type));
  switch (test.operator) {
    case 'between':
      return `${path} BETWEEN ${value()} AND ${holders.value(typed(test.upper, type))}`;
    case 'begins_with':
    case 'contains':
      return `${test.operator}(${path}, ${value()})`;
    case 'exists':
      return `attribute_exists(${path})`;
    case 'missing':
      return `attribute_not_exists(${path})`;
    default:
      return `${path} ${test.operator} ${value()}`;
  }
}

/** The request for one page, without its start key. */
export function requestFor(table: TableDescription, reading: Reading): QueryItemsInput {
  const holders = new Placeholders();
  const request: QueryItemsInput = { TableName: table.TableName };
  if (reading.index !== undefined) request.IndexName = reading.index;
  if (reading.mode === 'query') {
    const { partition, sort } = keysOf(table, reading.index);
    const first = { operator: '=', value: reading.partition, upper: '' } as const;
    let keys = condition(holders, holders.name(partition.name), first, partition.type);
    if (sort && reading.sort) {
      keys += ` AND ${condition(holders, holders.name(sort.name), reading.sort, sort.type)}`;
    }
    request.KeyConditionExpression = keys;
    if (reading.descending) request.ScanIndexForward = false;
  }
  const filters = reading.filters
    .filter((filter) => filter.attribute !== '')
    .map((filter) => condition(holders, holders.path(filter.attribute), filter, filter.type));
  if (filters.length) request.FilterExpression = filters.join(' AND ');
  if (Object.keys(holders.names).length) request.ExpressionAttributeNames = holders.names;
  if (Object.keys(holders.values).length) request.ExpressionAttributeValues = holders.values;
  request.Limit = reading.limit;
  request.ReturnConsumedCapacity = 'TOTAL';
  return request;
}
