/**
 * The operations: their numbers at the engine's boundary and where user data stands in their requests.
 *
 * Answers need no such table: they mark user data themselves.
 */

/** Numbers of `src/api/operation.rs`. */
export const OPERATIONS = {
  CreateTable: 0,
  DescribeTable: 1,
  ListTables: 2,
  DeleteTable: 3,
  PutItem: 4,
  GetItem: 5,
  UpdateItem: 6,
  DeleteItem: 7,
  Query: 8,
  Scan: 9,
  BatchGetItem: 10,
  BatchWriteItem: 11,
  TransactGetItems: 12,
  TransactWriteItems: 13,
  UpdateTable: 14,
  DescribeLimits: 15,
  TagResource: 16,
  UntagResource: 17,
  ListTagsOfResource: 18,
  ExecuteStatement: 19,
  BatchExecuteStatement: 20,
  ExecuteTransaction: 21,
  UpdateTimeToLive: 22,
  DescribeTimeToLive: 23,
  DescribeEndpoints: 24,
  ListStreams: 25,
  DescribeStream: 26,
  GetShardIterator: 27,
  GetRecords: 28,
} as const;

export type OperationName = keyof typeof OPERATIONS;

/** What stands at a position of a request. */
export type Shape =
  /** Plain data. */
  | undefined
  /** A map of attribute values. */
  | 'item'
  /** One attribute value. */
  | 'value'
  /** A list of the shape, or a map with any names of it. */
  | { readonly each: Shape }
  /** A structure; members not listed are plain data. */
  | { readonly members: ReadonlyMap<string, Shape> };

const each = (shape: Shape): Shape => ({ each: shape });
const structure = (members: Record<string, Shape>): Shape => ({ members: new Map(Object.entries(members)) });

const condition = structure({ AttributeValueList: each('value') });
const expected = each(structure({ Value: 'value', AttributeValueList: each('value') }));

/** What the writes of a transaction share. */
const action = (item: 'Item' | 'Key') => structure({ [item]: 'item', ExpressionAttributeValues: 'item' });

/** A statement of PartiQL. */
const statement = structure({ Parameters: each('value') });

/** Shapes of the requests; operations not listed carry no user data. */
const shapes: { readonly [name in OperationName]?: Shape } = {
  PutItem: structure({ Item: 'item', Expected: expected, ExpressionAttributeValues: 'item' }),
  GetItem: structure({ Key: 'item' }),
  UpdateItem: structure({
    Key: 'item',
    AttributeUpdates: each(structure({ Value: 'value' })),
    Expected: expected,
    ExpressionAttributeValues: 'item',
  }),
  DeleteItem: structure({ Key: 'item', Expected: expected, ExpressionAttributeValues: 'item' }),
  Query: structure({
    KeyConditions: each(condition),
    QueryFilter: each(condition),
    ExclusiveStartKey: 'item',
    ExpressionAttributeValues: 'item',
  }),
  Scan: structure({
    ScanFilter: each(condition),
    ExclusiveStartKey: 'item',
    ExpressionAttributeValues: 'item',
  }),
  BatchGetItem: structure({ RequestItems: each(structure({ Keys: each('item') })) }),
  BatchWriteItem: structure({
    RequestItems: each(
      each(structure({ PutRequest: structure({ Item: 'item' }), DeleteRequest: structure({ Key: 'item' }) })),
    ),
  }),
  TransactGetItems: structure({ TransactItems: each(structure({ Get: structure({ Key: 'item' }) })) }),
  TransactWriteItems: structure({
    TransactItems: each(
      structure({
        ConditionCheck: action('Key'),
        Put: action('Item'),
        Delete: action('Key'),
        Update: action('Key'),
      }),
    ),
  }),
  ExecuteStatement: statement,
  BatchExecuteStatement: structure({ Statements: each(statement) }),
  ExecuteTransaction: structure({ TransactStatements: each(statement) }),
};

export function requestShape(operation: OperationName): Shape {
  return shapes[operation];
}

/** Whether an operation is in the second file of the engine (`scripts/lib/split.mjs`), and so needs it loaded. */
export const needsMore = (operation: number) => operation >= OPERATIONS.TransactGetItems;

const STREAMS = ['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords'];

/** The operation that an `X-Amz-Target` names. */
export function operationOf(target: string): OperationName | undefined {
  const [service, name = ''] = target.split('.', 2);
  const found =
    isOperation(name) && service === `DynamoDB${STREAMS.includes(name) ? 'Streams' : ''}_20120810`;
  return found ? name : undefined;
}

export function isOperation(name: unknown): name is OperationName {
  return typeof name === 'string' && Object.hasOwn(OPERATIONS, name);
}
