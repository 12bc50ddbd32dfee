/** The operations that the console knows: what each does, its members, and a request to begin with. */

export interface Operation {
  about: string;
  /** Members of the request, for completion. */
  members: string[];
  /** A request for `table`, whose key is `key`. */
  begin(table: string, key: Record<string, unknown>): Record<string, unknown>;
}

const EXPRESSION = ['ExpressionAttributeNames', 'ExpressionAttributeValues'];
const COSTS = ['ReturnConsumedCapacity', 'ReturnItemCollectionMetrics'];
const WRITE = [
  'TableName',
  'ConditionExpression',
  ...EXPRESSION,
  'ReturnValues',
  'ReturnValuesOnConditionCheckFailure',
  ...COSTS,
];
const PAGE = [
  'TableName',
  'IndexName',
  'FilterExpression',
  'ProjectionExpression',
  'Select',
  'Limit',
  'ExclusiveStartKey',
  'ConsistentRead',
  ...EXPRESSION,
  'ReturnConsumedCapacity',
];

const STATEMENT = ['ReturnConsumedCapacity', 'ReturnValuesOnConditionCheckFailure'];

/** The condition of a statement about the item of `key`. */
const pinned = (key: Record<string, unknown>) =>
  Object.keys(key)
    .map((name) => `"${name}" = ?`)
    .join(' AND ');

/** The ARN of a table of the page's database. */
const arn = (table: string) => `arn:aws:dynamodb:local:000000000000:table/${table}`;

/** The first attribute of a key, as a name and a value for expressions. */
const partition = (key: Record<string, unknown>) => Object.entries(key)[0] ?? ['id', { S: '' }];

/** Those of the service that reads streams. */
const STREAMS = ['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords'];
export const ofStreams = (operation: string) => STREAMS.includes(operation);

export const OPERATIONS: Record<string, Operation> = {
  Query: {
    about: 'Items of one partition key, in the order of their sort keys',
    members: ['KeyConditionExpression', 'ScanIndexForward', ...PAGE],
    begin(TableName, key) {
      const [name, value] = partition(key);
      return {
        TableName,
        KeyConditionExpression: '#pk = :pk',
        ExpressionAttributeNames: { '#pk': name },
        ExpressionAttributeValues: { ':pk': value },
        ReturnConsumedCapacity: 'TOTAL',
      };
    },
  },
  Scan: {
    about: 'All items of a table or index, a page at a time',
    members: ['Segment', 'TotalSegments', ...PAGE],
    begin: (TableName) => ({ TableName, Limit: 25, ReturnConsumedCapacity: 'TOTAL' }),
  },
  GetItem: {
    about: 'One item by its key',
    members: [
      'TableName',
      'Key',
      'ConsistentRead',
      'ProjectionExpression',
      'ExpressionAttributeNames',
      'ReturnConsumedCapacity',
    ],
    begin: (TableName, Key) => ({ TableName, Key, ReturnConsumedCapacity: 'TOTAL' }),
  },
  PutItem: {
    about: 'Writes a whole item, in place of one with the same key',
    members: ['Item', ...WRITE],
    begin: (TableName, key) => ({ TableName, Item: key, ReturnConsumedCapacity: 'TOTAL' }),
  },
  UpdateItem: {
    about: 'Changes attributes of an item, or makes it',
    members: ['Key', 'UpdateExpression', ...WRITE],
    begin: (TableName, Key) => ({
      TableName,
      Key,
      UpdateExpression: 'SET #note = :note',
      ExpressionAttributeNames: { '#note': 'note' },
      ExpressionAttributeValues: { ':note': { S: 'changed' } },
      ReturnValues: 'ALL_NEW',
      ReturnConsumedCapacity: 'TOTAL',
    }),
  },
  DeleteItem: {
    about: 'Deletes one item by its key',
    members: ['Key', ...WRITE],
    begin: (TableName, Key) => ({ TableName, Key, ReturnValues: 'ALL_OLD', ReturnConsumedCapacity: 'TOTAL' }),
  },
  BatchGetItem: {
    about: 'Up to 100 items by their keys, of any tables',
    members: ['RequestItems', 'ReturnConsumedCapacity', 'Keys', 'ConsistentRead', 'ProjectionExpression'],
    begin: (table, key) => ({ RequestItems: { [table]: { Keys: [key] } }, ReturnConsumedCapacity: 'TOTAL' }),
  },
  BatchWriteItem: {
    about: 'Up to 25 puts and deletes, of any tables',
    members: ['RequestItems', 'PutRequest', 'DeleteRequest', 'Item', 'Key', ...COSTS],
    begin: (table, key) => ({
      RequestItems: { [table]: [{ PutRequest: { Item: key } }] },
      ReturnConsumedCapacity: 'TOTAL',
    }),
  },
  TransactGetItems: {
    about: 'Up to 100 items of any tables, all as they are at one moment',
    members: [
      'TransactItems',
      'Get',
      'TableName',
      'Key',
      'ProjectionExpression',
      'ExpressionAttributeNames',
      'ReturnConsumedCapacity',
    ],
    begin: (TableName, Key) => ({
      TransactItems: [{ Get: { TableName, Key } }],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  },
  TransactWriteItems: {
    about: 'Up to 100 writes and checks of any tables: all of them, or none',
    members: [
      'TransactItems',
      'Put',
      'Update',
      'Delete',
      'ConditionCheck',
      'Item',
      'Key',
      'UpdateExpression',
      'ClientRequestToken',
      ...WRITE.filter((name) => name !== 'ReturnValues'),
    ],
    begin: (TableName, Key) => ({
      TransactItems: [{ Put: { TableName, Item: Key } }],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  },
  ExecuteStatement: {
    about: 'One statement of PartiQL: SELECT, INSERT, UPDATE or DELETE',
    members: ['Statement', 'Parameters', 'NextToken', 'Limit', 'ConsistentRead', ...STATEMENT],
    begin(table, key) {
      const [name, value] = partition(key);
      return {
        Statement: `SELECT * FROM "${table}" WHERE "${name}" = ?`,
        Parameters: [value],
        ReturnConsumedCapacity: 'TOTAL',
      };
    },
  },
  BatchExecuteStatement: {
    about: 'Up to 25 statements, each on its own: all read one item, or all write one',
    members: ['Statements', 'Statement', 'Parameters', 'ConsistentRead', ...STATEMENT],
    begin: (table, key) => ({
      Statements: [
        { Statement: `SELECT * FROM "${table}" WHERE ${pinned(key)}`, Parameters: Object.values(key) },
      ],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  },
  ExecuteTransaction: {
    about: 'Up to 100 statements: all of them, or none',
    members: ['TransactStatements', 'Statement', 'Parameters', 'ClientRequestToken', ...STATEMENT],
    begin: (table, key) => ({
      TransactStatements: [
        {
          Statement: `UPDATE "${table}" SET "seen" = true WHERE ${pinned(key)}`,
          Parameters: Object.values(key),
        },
      ],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  },
  CreateTable: {
    about: 'Makes a table with its keys and indexes',
    members: [
      'TableName',
      'AttributeDefinitions',
      'AttributeName',
      'AttributeType',
      'KeySchema',
      'KeyType',
      'BillingMode',
      'ProvisionedThroughput',
      'ReadCapacityUnits',
      'WriteCapacityUnits',
      'GlobalSecondaryIndexes',
      'LocalSecondaryIndexes',
      'IndexName',
      'Projection',
      'ProjectionType',
      'NonKeyAttributes',
      'DeletionProtectionEnabled',
      'StreamSpecification',
      'SSESpecification',
      'TableClass',
      'Tags',
    ],
    begin: () => ({
      TableName: 'notes',
      AttributeDefinitions: [
        { AttributeName: 'author', AttributeType: 'S' },
        { AttributeName: 'written', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'author', KeyType: 'HASH' },
        { AttributeName: 'written', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  },
  DescribeTable: { about: 'What a table is', members: ['TableName'], begin: (TableName) => ({ TableName }) },
  UpdateTable: {
    about: 'Changes one setting of a table, or its global indexes',
    members: [
      'TableName',
      'AttributeDefinitions',
      'AttributeName',
      'AttributeType',
      'BillingMode',
      'ProvisionedThroughput',
      'ReadCapacityUnits',
      'WriteCapacityUnits',
      'GlobalSecondaryIndexUpdates',
      'Create',
      'Update',
      'Delete',
      'IndexName',
      'KeySchema',
      'KeyType',
      'Projection',
      'ProjectionType',
      'StreamSpecification',
      'SSESpecification',
      'TableClass',
      'DeletionProtectionEnabled',
      'OnDemandThroughput',
      'WarmThroughput',
    ],
    begin: (TableName) => ({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'owner', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [
        {
          Create: {
            IndexName: 'by-owner',
            KeySchema: [{ AttributeName: 'owner', KeyType: 'HASH' }],
            Projection: { ProjectionType: 'ALL' },
          },
        },
      ],
    }),
  },
  TagResource: {
    about: 'Adds tags to a table',
    members: ['ResourceArn', 'Tags', 'Key', 'Value'],
    begin: (table) => ({ ResourceArn: arn(table), Tags: [{ Key: 'team', Value: 'blue' }] }),
  },
  UntagResource: {
    about: 'Takes tags of a table away',
    members: ['ResourceArn', 'TagKeys'],
    begin: (table) => ({ ResourceArn: arn(table), TagKeys: ['team'] }),
  },
  ListTagsOfResource: {
    about: 'The tags of a table',
    members: ['ResourceArn', 'NextToken'],
    begin: (table) => ({ ResourceArn: arn(table) }),
  },
  UpdateTimeToLive: {
    about: 'Says which attribute holds the second at which an item expires',
    members: ['TableName', 'TimeToLiveSpecification', 'Enabled', 'AttributeName'],
    begin: (TableName) => ({
      TableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'expires' },
    }),
  },
  DescribeTimeToLive: {
    about: 'Whether items of a table expire',
    members: ['TableName'],
    begin: (TableName) => ({ TableName }),
  },
  ListStreams: {
    about: 'The streams of changes',
    members: ['TableName', 'Limit', 'ExclusiveStartStreamArn'],
    begin: (TableName) => ({ TableName }),
  },
  DescribeStream: {
    about: 'A stream and its shards; ListStreams has its ARN',
    members: ['StreamArn', 'Limit', 'ExclusiveStartShardId', 'ShardFilter', 'Type', 'ShardId'],
    begin: (table) => ({ StreamArn: `${arn(table)}/stream/2026-01-01T00:00:00.000` }),
  },
  GetShardIterator: {
    about: 'A place in a shard; DescribeStream has its id',
    members: ['StreamArn', 'ShardId', 'ShardIteratorType', 'SequenceNumber', 'Timestamp'],
    begin: (table) => ({
      StreamArn: `${arn(table)}/stream/2026-01-01T00:00:00.000`,
      ShardId: 'shardId-00000001767225600000-00000001',
      ShardIteratorType: 'TRIM_HORIZON',
    }),
  },
  GetRecords: {
    about: 'The changes from a place of GetShardIterator on',
    members: ['ShardIterator', 'Limit'],
    begin: () => ({ ShardIterator: '', Limit: 100 }),
  },
  DescribeEndpoints: { about: 'Where the service is', members: [], begin: () => ({}) },
  DescribeLimits: { about: 'The quotas of an account', members: [], begin: () => ({}) },
  ListTables: {
    about: 'The names of the tables',
    members: ['Limit', 'ExclusiveStartTableName'],
    begin: () => ({}),
  },
  DeleteTable: {
    about: 'Deletes a table with all its items',
    members: ['TableName'],
    begin: (TableName) => ({ TableName }),
  },
};
