/** What the form says, as a request: expressions with placeholders for every name and value. */

import type {
  AttributeValue,
  QueryItemsInput,
  ScalarAttributeType,
  ScanItemsInput,
  TableDescription,
} from 'dynatab';
import { keysOf } from './schema.js';
import { base64ToBytes, jsonItem } from './values.js';

export type Operator =
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'between'
  | 'begins_with'
  | 'contains'
  | 'in'
  | 'exists'
  | 'missing'
  | 'type'
  | 'size ='
  | 'size <'
  | 'size >';
export type ValueType = ScalarAttributeType | 'BOOL';

/** Operators of a sort key. */
export const SORT_OPERATORS: Operator[] = ['=', '<', '<=', '>', '>=', 'between', 'begins_with'];
export const FILTER_OPERATORS: Operator[] = [
  ...SORT_OPERATORS.slice(0, 1),
  '<>',
  ...SORT_OPERATORS.slice(1),
  'contains',
  'in',
  'exists',
  'missing',
  'type',
  'size =',
  'size <',
  'size >',
];

/** Operators whose values are of the type that is chosen beside them. */
export const takesType = (operator: Operator) =>
  !['exists', 'missing', 'type', 'size =', 'size <', 'size >'].includes(operator);
/** Operators that take a value at all. */
export const takesValue = (operator: Operator) => !['exists', 'missing'].includes(operator);

/** The names that `attribute_type` knows. */
export const TYPE_NAMES = ['S', 'N', 'B', 'SS', 'NS', 'BS', 'M', 'L', 'NULL', 'BOOL'];

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
  in: 'is one of',
  exists: 'exists',
  missing: 'is missing',
  type: 'is of type',
  'size =': 'size =',
  'size <': 'size <',
  'size >': 'size >',
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

/** A Query, or a Scan with its segment. */
export type ReadRequest = QueryItemsInput & Pick<ScanItemsInput, 'Segment' | 'TotalSegments'>;

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
  /** Read what every write before has left; not possible on a global index. */
  consistent: boolean;
  /** A scan's share of the table, one of several; `undefined` takes all. */
  segment: { number: number; of: number } | undefined;
}

export const blankReading = (): Reading => ({
  mode: 'scan',
  index: undefined,
  partition: '',
  sort: undefined,
  descending: false,
  filters: [],
  limit: 50,
  consistent: false,
  segment: undefined,
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

/** The values of a list, separated by commas. */
const listed = (text: string) => text.split(',').map((one) => one.trim());

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
    case 'in':
      return `${path} IN (${listed(test.value)
        .map((one) => holders.value(typed(one, type)))
        .join(', ')})`;
    case 'type':
      return `attribute_type(${path}, ${holders.value({ S: test.value || TYPE_NAMES[0]! })})`;
    case 'size =':
    case 'size <':
    case 'size >':
      return `size(${path}) ${test.operator.slice(-1)} ${holders.value(typed(test.value, 'N'))}`;
    default:
      return `${path} ${test.operator} ${value()}`;
  }
}

/** The request for one page, without its start key. */
export function requestFor(table: TableDescription, reading: Reading): ReadRequest {
  const holders = new Placeholders();
  const request: ReadRequest = { TableName: table.TableName };
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
  if (reading.consistent) request.ConsistentRead = true;
  if (reading.mode === 'scan' && reading.segment) {
    request.Segment = reading.segment.number;
    request.TotalSegments = reading.segment.of;
  }
  request.Limit = reading.limit;
  request.ReturnConsumedCapacity = 'TOTAL';
  return request;
}

/** A request in AWS JSON. */
export function jsonRequest(request: ReadRequest): Record<string, unknown> {
  const { ExpressionAttributeValues: values, ...rest } = request;
  return values ? { ...rest, ExpressionAttributeValues: jsonItem(values) } : { ...rest };
}
