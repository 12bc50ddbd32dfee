/**
 * Inputs and outputs of the operations.
 *
 * `M` is an attribute map (an item or a key), `V` an attribute value: `Record<string, unknown>` and `unknown` in the
 * document client, `Record<string, AttributeValue>` and `AttributeValue` in the low-level one. Members are those of
 * the AWS SDK, and the types are interchangeable with its own.
 */

/** An attribute value with its type spelled out. */
export type AttributeValue =
  | { S: string }
  | { N: string }
  | { B: Uint8Array }
  | { SS: string[] }
  | { NS: string[] }
  | { BS: Uint8Array[] }
  | { M: Record<string, AttributeValue> }
  | { L: AttributeValue[] }
  | { NULL: boolean }
  | { BOOL: boolean };

/** An item or key of the low-level client. */
export type AttributeMap = Record<string, AttributeValue>;
/** An item or key of the document client. */
export type NativeMap = Record<string, unknown>;

export type ReturnConsumedCapacity = 'INDEXES' | 'TOTAL' | 'NONE';
export type ReturnItemCollectionMetrics = 'SIZE' | 'NONE';
export type ReturnValue = 'NONE' | 'ALL_OLD' | 'UPDATED_OLD' | 'ALL_NEW' | 'UPDATED_NEW';
export type ReturnValuesOnConditionCheckFailure = 'ALL_OLD' | 'NONE';
export type Select = 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT';
export type ConditionalOperator = 'AND' | 'OR';
export type AttributeAction = 'ADD' | 'PUT' | 'DELETE';
export type ComparisonOperator =
  | 'EQ'
  | 'NE'
  | 'IN'
  | 'LE'
  | 'LT'
  | 'GE'
  | 'GT'
  | 'BETWEEN'
  | 'NOT_NULL'
  | 'NULL'
  | 'CONTAINS'
  | 'NOT_CONTAINS'
  | 'BEGINS_WITH';
export type KeyType = 'HASH' | 'RANGE';
export type ScalarAttributeType = 'S' | 'N' | 'B';
export type ProjectionType = 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
export type BillingMode = 'PROVISIONED' | 'PAY_PER_REQUEST';
export type TableStatus =
  | 'CREATING'
  | 'UPDATING'
  | 'DELETING'
  | 'ACTIVE'
  | 'INACCESSIBLE_ENCRYPTION_CREDENTIALS'
  | 'ARCHIVING'
  | 'ARCHIVED'
  | 'REPLICATION_NOT_AUTHORIZED';
export type IndexStatus = 'CREATING' | 'UPDATING' | 'DELETING' | 'ACTIVE';
export type StreamViewType = 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES' | 'KEYS_ONLY';
export type TableClass = 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS';

/** What every answer carries beside its members. */
export interface ResponseMetadata {
  httpStatusCode?: number;
  requestId?: string;
  extendedRequestId?: string;
  cfId?: string;
  attempts?: number;
  totalRetryDelay?: number;
}

/** Mixed into every output. */
export interface MetadataBearer {
  $metadata: ResponseMetadata;
}

export interface Capacity {
  ReadCapacityUnits?: number | undefined;
  WriteCapacityUnits?: number | undefined;
  CapacityUnits?: number | undefined;
}

export interface ConsumedCapacity {
  TableName?: string | undefined;
  CapacityUnits?: number | undefined;
  ReadCapacityUnits?: number | undefined;
  WriteCapacityUnits?: number | undefined;
  Table?: Capacity | undefined;
  LocalSecondaryIndexes?: Record<string, Capacity> | undefined;
  GlobalSecondaryIndexes?: Record<string, Capacity> | undefined;
}

export interface ItemCollectionMetrics<M> {
  ItemCollectionKey?: M | undefined;
  SizeEstimateRangeGB?: number[] | undefined;
}

export interface Condition<V> {
  AttributeValueList?: V[] | undefined;
  ComparisonOperator: ComparisonOperator | undefined;
}

export interface ExpectedAttributeValue<V> {
  Value?: V | undefined;
  Exists?: boolean | undefined;
  ComparisonOperator?: ComparisonOperator | undefined;
  AttributeValueList?: V[] | undefined;
}

export interface AttributeValueUpdate<V> {
  Value?: V | undefined;
  Action?: AttributeAction | undefined;
}

/** What all single-item writes share. */
interface WriteInput<V> {
  TableName: string | undefined;
  Expected?: Record<string, ExpectedAttributeValue<V>> | undefined;
  ConditionalOperator?: ConditionalOperator | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  ReturnItemCollectionMetrics?: ReturnItemCollectionMetrics | undefined;
  ReturnValues?: ReturnValue | undefined;
  ReturnValuesOnConditionCheckFailure?: ReturnValuesOnConditionCheckFailure | undefined;
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, V> | undefined;
}

interface WriteOutput<M> extends MetadataBearer {
  Attributes?: M | undefined;
  ConsumedCapacity?: ConsumedCapacity | undefined;
  ItemCollectionMetrics?: ItemCollectionMetrics<M> | undefined;
}

export interface PutInput<M, V> extends WriteInput<V> {
  Item: M | undefined;
}
export interface PutOutput<M> extends WriteOutput<M> {}

export interface DeleteInput<M, V> extends WriteInput<V> {
  Key: M | undefined;
}
export interface DeleteOutput<M> extends WriteOutput<M> {}

export interface UpdateInput<M, V> extends WriteInput<V> {
  Key: M | undefined;
  AttributeUpdates?: Record<string, AttributeValueUpdate<V>> | undefined;
  UpdateExpression?: string | undefined;
}
export interface UpdateOutput<M> extends WriteOutput<M> {}

export interface GetInput<M> {
  TableName: string | undefined;
  Key: M | undefined;
  AttributesToGet?: string[] | undefined;
  ConsistentRead?: boolean | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  ProjectionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
}
export interface GetOutput<M> extends MetadataBearer {
  Item?: M | undefined;
  ConsumedCapacity?: ConsumedCapacity | undefined;
}

/** What Query and Scan share. */
interface PageInput<M, V> {
  TableName: string | undefined;
  IndexName?: string | undefined;
  Select?: Select | undefined;
  AttributesToGet?: string[] | undefined;
  Limit?: number | undefined;
  ConsistentRead?: boolean | undefined;
  ConditionalOperator?: ConditionalOperator | undefined;
  ExclusiveStartKey?: M | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  ProjectionExpression?: string | undefined;
  FilterExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, V> | undefined;
}

interface PageOutput<M, K> extends MetadataBearer {
  Items?: M[] | undefined;
  Count?: number | undefined;
  ScannedCount?: number | undefined;
  LastEvaluatedKey?: K | undefined;
  ConsumedCapacity?: ConsumedCapacity | undefined;
}

export interface QueryInput<M, V> extends PageInput<M, V> {
  KeyConditions?: Record<string, Condition<V>> | undefined;
  QueryFilter?: Record<string, Condition<V>> | undefined;
  ScanIndexForward?: boolean | undefined;
  KeyConditionExpression?: string | undefined;
}
export interface QueryOutput<M, K> extends PageOutput<M, K> {}

export interface ScanInput<M, V> extends PageInput<M, V> {
  ScanFilter?: Record<string, Condition<V>> | undefined;
  TotalSegments?: number | undefined;
  Segment?: number | undefined;
}
export interface ScanOutput<M, K> extends PageOutput<M, K> {}

export interface KeysAndAttributes<M> {
  Keys: M[] | undefined;
  AttributesToGet?: string[] | undefined;
  ConsistentRead?: boolean | undefined;
  ProjectionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
}

export interface BatchGetInput<M> {
  RequestItems: Record<string, KeysAndAttributes<M>> | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}
export interface BatchGetOutput<M, K> extends MetadataBearer {
  Responses?: Record<string, M[]> | undefined;
  UnprocessedKeys?: Record<string, KeysAndAttributes<K>> | undefined;
  ConsumedCapacity?: ConsumedCapacity[] | undefined;
}

export interface WriteRequest<M> {
  PutRequest?: { Item: M | undefined } | undefined;
  DeleteRequest?: { Key: M | undefined } | undefined;
}

export interface BatchWriteInput<M> {
  RequestItems: Record<string, WriteRequest<M>[]> | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  ReturnItemCollectionMetrics?: ReturnItemCollectionMetrics | undefined;
}
export interface BatchWriteOutput<M> extends MetadataBearer {
  UnprocessedItems?: Record<string, WriteRequest<M>[]> | undefined;
  ItemCollectionMetrics?: Record<string, ItemCollectionMetrics<M>[]> | undefined;
  ConsumedCapacity?: ConsumedCapacity[] | undefined;
}

/** What the actions of a transaction share. */
export interface TransactAction<V> {
  TableName: string | undefined;
  ConditionExpression?: string | undefined;
  ExpressionAttributeNames?: Record<string, string> | undefined;
  ExpressionAttributeValues?: Record<string, V> | undefined;
  ReturnValuesOnConditionCheckFailure?: ReturnValuesOnConditionCheckFailure | undefined;
}

/** One action of a transaction: exactly one member. */
export interface TransactWriteItem<M, V> {
  ConditionCheck?:
    (TransactAction<V> & { Key: M | undefined; ConditionExpression: string | undefined }) | undefined;
  Put?: (TransactAction<V> & { Item: M | undefined }) | undefined;
  Delete?: (TransactAction<V> & { Key: M | undefined }) | undefined;
  Update?: (TransactAction<V> & { Key: M | undefined; UpdateExpression: string | undefined }) | undefined;
}

export interface TransactWriteInput<M, V> {
  TransactItems: TransactWriteItem<M, V>[] | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  ReturnItemCollectionMetrics?: ReturnItemCollectionMetrics | undefined;
  /** The same token within ten minutes makes a repetition of the request harmless. */
  ClientRequestToken?: string | undefined;
}
export interface TransactWriteOutput<M> extends MetadataBearer {
  ConsumedCapacity?: ConsumedCapacity[] | undefined;
  ItemCollectionMetrics?: Record<string, ItemCollectionMetrics<M>[]> | undefined;
}

export interface TransactGetItem<M> {
  Get:
    | {
        TableName: string | undefined;
        Key: M | undefined;
        ProjectionExpression?: string | undefined;
        ExpressionAttributeNames?: Record<string, string> | undefined;
      }
    | undefined;
}

export interface TransactGetInput<M> {
  TransactItems: TransactGetItem<M>[] | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}
export interface TransactGetOutput<M> extends MetadataBearer {
  ConsumedCapacity?: ConsumedCapacity[] | undefined;
  /** In the order of the gets; without `Item` where there was none. */
  Responses?: { Item?: M | undefined }[] | undefined;
}

/** A statement of PartiQL. */
export interface ParameterizedStatement<V> {
  Statement: string | undefined;
  /** What the question marks of the statement stand for, in their order. */
  Parameters?: V[] | undefined;
  ReturnValuesOnConditionCheckFailure?: ReturnValuesOnConditionCheckFailure | undefined;
}

export interface ExecuteStatementInput<V> extends ParameterizedStatement<V> {
  ConsistentRead?: boolean | undefined;
  /** Of the page before: good for the same statement with the same parameters, over a reload too. */
  NextToken?: string | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  /** The most items that are evaluated. */
  Limit?: number | undefined;
}
export interface ExecuteStatementOutput<M, K> extends MetadataBearer {
  Items?: M[] | undefined;
  NextToken?: string | undefined;
  ConsumedCapacity?: ConsumedCapacity | undefined;
  LastEvaluatedKey?: K | undefined;
}

export interface BatchStatementRequest<V> extends ParameterizedStatement<V> {
  ConsistentRead?: boolean | undefined;
}
export interface BatchExecuteStatementInput<V> {
  Statements: BatchStatementRequest<V>[] | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}

/** Why a statement of a batch did not run. */
export interface BatchStatementError<M> {
  Code?: BatchStatementErrorCode | undefined;
  Message?: string | undefined;
  /** When `ReturnValuesOnConditionCheckFailure` asked for it. */
  Item?: M | undefined;
}
export type BatchStatementErrorCode =
  | 'AccessDenied'
  | 'ConditionalCheckFailed'
  | 'DuplicateItem'
  | 'InternalServerError'
  | 'ItemCollectionSizeLimitExceeded'
  | 'ProvisionedThroughputExceeded'
  | 'RequestLimitExceeded'
  | 'ResourceNotFound'
  | 'ThrottlingError'
  | 'TransactionConflict'
  | 'ValidationError';
export interface BatchStatementResponse<M> {
  Error?: BatchStatementError<M> | undefined;
  TableName?: string | undefined;
  Item?: M | undefined;
}
export interface BatchExecuteStatementOutput<M> extends MetadataBearer {
  /** In the order of the statements. */
  Responses?: BatchStatementResponse<M>[] | undefined;
  ConsumedCapacity?: ConsumedCapacity[] | undefined;
}

export interface ExecuteTransactionInput<V> {
  TransactStatements: ParameterizedStatement<V>[] | undefined;
  /** The same token within ten minutes makes a repetition of the request harmless. */
  ClientRequestToken?: string | undefined;
  ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
}
export interface ExecuteTransactionOutput<M> extends MetadataBearer {
  /** Of reads, in their order; without `Item` where there was none. */
  Responses?: { Item?: M | undefined }[] | undefined;
  ConsumedCapacity?: ConsumedCapacity[] | undefined;
}

/** Why an action cancelled its transaction; the code `None`: it did not. */
export interface CancellationReason {
  Code?: string | undefined;
  Message?: string | undefined;
  /** When `ReturnValuesOnConditionCheckFailure` asked for it; attribute values in both clients, as in the SDK. */
  Item?: AttributeMap | undefined;
}

export interface AttributeDefinition {
  AttributeName: string | undefined;
  AttributeType: ScalarAttributeType | undefined;
}

export interface KeySchemaElement {
  AttributeName: string | undefined;
  KeyType: KeyType | undefined;
}

export interface Projection {
  ProjectionType?: ProjectionType | undefined;
  NonKeyAttributes?: string[] | undefined;
}

export interface ProvisionedThroughput {
  ReadCapacityUnits: number | undefined;
  WriteCapacityUnits: number | undefined;
}

export interface OnDemandThroughput {
  MaxReadRequestUnits?: number | undefined;
  MaxWriteRequestUnits?: number | undefined;
}

export interface WarmThroughput {
  ReadUnitsPerSecond?: number | undefined;
  WriteUnitsPerSecond?: number | undefined;
}

export interface LocalSecondaryIndex {
  IndexName: string | undefined;
  KeySchema: KeySchemaElement[] | undefined;
  Projection: Projection | undefined;
}

export interface GlobalSecondaryIndex extends LocalSecondaryIndex {
  ProvisionedThroughput?: ProvisionedThroughput | undefined;
  OnDemandThroughput?: OnDemandThroughput | undefined;
  WarmThroughput?: WarmThroughput | undefined;
}

export interface CreateTableInput {
  TableName: string | undefined;
  AttributeDefinitions?: AttributeDefinition[] | undefined;
  KeySchema?: KeySchemaElement[] | undefined;
  LocalSecondaryIndexes?: LocalSecondaryIndex[] | undefined;
  GlobalSecondaryIndexes?: GlobalSecondaryIndex[] | undefined;
  BillingMode?: BillingMode | undefined;
  ProvisionedThroughput?: ProvisionedThroughput | undefined;
  StreamSpecification?:
    { StreamEnabled: boolean | undefined; StreamViewType?: StreamViewType | undefined } | undefined;
  SSESpecification?:
    | {
        Enabled?: boolean | undefined;
        SSEType?: 'AES256' | 'KMS' | undefined;
        KMSMasterKeyId?: string | undefined;
      }
    | undefined;
  Tags?: Tag[] | undefined;
  TableClass?: TableClass | undefined;
  DeletionProtectionEnabled?: boolean | undefined;
  WarmThroughput?: WarmThroughput | undefined;
  ResourcePolicy?: string | undefined;
  OnDemandThroughput?: OnDemandThroughput | undefined;
}

export interface ProvisionedThroughputDescription {
  LastIncreaseDateTime?: Date | undefined;
  LastDecreaseDateTime?: Date | undefined;
  NumberOfDecreasesToday?: number | undefined;
  ReadCapacityUnits?: number | undefined;
  WriteCapacityUnits?: number | undefined;
}

export interface LocalSecondaryIndexDescription {
  IndexName?: string | undefined;
  KeySchema?: KeySchemaElement[] | undefined;
  Projection?: Projection | undefined;
  IndexSizeBytes?: number | undefined;
  ItemCount?: number | undefined;
  IndexArn?: string | undefined;
}

export interface GlobalSecondaryIndexDescription extends LocalSecondaryIndexDescription {
  IndexStatus?: IndexStatus | undefined;
  Backfilling?: boolean | undefined;
  ProvisionedThroughput?: ProvisionedThroughputDescription | undefined;
  OnDemandThroughput?: OnDemandThroughput | undefined;
  WarmThroughput?: (WarmThroughput & { Status?: IndexStatus | undefined }) | undefined;
}

export interface TableDescription {
  AttributeDefinitions?: AttributeDefinition[] | undefined;
  TableName?: string | undefined;
  KeySchema?: KeySchemaElement[] | undefined;
  TableStatus?: TableStatus | undefined;
  CreationDateTime?: Date | undefined;
  ProvisionedThroughput?: ProvisionedThroughputDescription | undefined;
  TableSizeBytes?: number | undefined;
  ItemCount?: number | undefined;
  TableArn?: string | undefined;
  TableId?: string | undefined;
  BillingModeSummary?:
    | { BillingMode?: BillingMode | undefined; LastUpdateToPayPerRequestDateTime?: Date | undefined }
    | undefined;
  LocalSecondaryIndexes?: LocalSecondaryIndexDescription[] | undefined;
  GlobalSecondaryIndexes?: GlobalSecondaryIndexDescription[] | undefined;
  StreamSpecification?:
    { StreamEnabled: boolean | undefined; StreamViewType?: StreamViewType | undefined } | undefined;
  LatestStreamLabel?: string | undefined;
  LatestStreamArn?: string | undefined;
  TableClassSummary?:
    { TableClass?: TableClass | undefined; LastUpdateDateTime?: Date | undefined } | undefined;
  DeletionProtectionEnabled?: boolean | undefined;
  OnDemandThroughput?: OnDemandThroughput | undefined;
}

export interface CreateTableOutput extends MetadataBearer {
  TableDescription?: TableDescription | undefined;
}
export interface DescribeTableInput {
  TableName: string | undefined;
}
export interface DescribeTableOutput extends MetadataBearer {
  Table?: TableDescription | undefined;
}
export interface ListTablesInput {
  ExclusiveStartTableName?: string | undefined;
  Limit?: number | undefined;
}
export interface ListTablesOutput extends MetadataBearer {
  TableNames?: string[] | undefined;
  LastEvaluatedTableName?: string | undefined;
}
export interface DeleteTableInput {
  TableName: string | undefined;
}
export interface DeleteTableOutput extends MetadataBearer {
  TableDescription?: TableDescription | undefined;
}

export interface UpdateTableInput {
  TableName: string | undefined;
  AttributeDefinitions?: AttributeDefinition[] | undefined;
  BillingMode?: BillingMode | undefined;
  ProvisionedThroughput?: ProvisionedThroughput | undefined;
  GlobalSecondaryIndexUpdates?: GlobalSecondaryIndexUpdate[] | undefined;
  StreamSpecification?:
    { StreamEnabled: boolean | undefined; StreamViewType?: StreamViewType | undefined } | undefined;
  SSESpecification?:
    | {
        Enabled?: boolean | undefined;
        SSEType?: 'AES256' | 'KMS' | undefined;
        KMSMasterKeyId?: string | undefined;
      }
    | undefined;
  TableClass?: TableClass | undefined;
  DeletionProtectionEnabled?: boolean | undefined;
  OnDemandThroughput?: OnDemandThroughput | undefined;
  WarmThroughput?: WarmThroughput | undefined;
}
/** One change of a global index: exactly one member. */
export interface GlobalSecondaryIndexUpdate {
  Create?: GlobalSecondaryIndex | undefined;
  Update?:
    | {
        IndexName: string | undefined;
        ProvisionedThroughput?: ProvisionedThroughput | undefined;
        OnDemandThroughput?: OnDemandThroughput | undefined;
        WarmThroughput?: WarmThroughput | undefined;
      }
    | undefined;
  Delete?: { IndexName: string | undefined } | undefined;
}
export interface UpdateTableOutput extends MetadataBearer {
  TableDescription?: TableDescription | undefined;
}
export interface DescribeLimitsInput {}
export interface DescribeLimitsOutput extends MetadataBearer {
  AccountMaxReadCapacityUnits?: number | undefined;
  AccountMaxWriteCapacityUnits?: number | undefined;
  TableMaxReadCapacityUnits?: number | undefined;
  TableMaxWriteCapacityUnits?: number | undefined;
}
export interface Tag {
  Key: string | undefined;
  Value: string | undefined;
}
export interface TagResourceInput {
  ResourceArn: string | undefined;
  Tags: Tag[] | undefined;
}
export interface TagResourceOutput extends MetadataBearer {}
export interface UntagResourceInput {
  ResourceArn: string | undefined;
  TagKeys: string[] | undefined;
}
export interface UntagResourceOutput extends MetadataBearer {}
export interface ListTagsOfResourceInput {
  ResourceArn: string | undefined;
  NextToken?: string | undefined;
}
export interface ListTagsOfResourceOutput extends MetadataBearer {
  Tags?: Tag[] | undefined;
  NextToken?: string | undefined;
}

export interface TimeToLiveSpecification {
  Enabled: boolean | undefined;
  /** The attribute with the second since 1970 at which an item expires. */
  AttributeName: string | undefined;
}
export interface UpdateTimeToLiveInput {
  TableName: string | undefined;
  TimeToLiveSpecification: TimeToLiveSpecification | undefined;
}
export interface UpdateTimeToLiveOutput extends MetadataBearer {
  TimeToLiveSpecification?: TimeToLiveSpecification | undefined;
}
export interface DescribeTimeToLiveInput {
  TableName: string | undefined;
}
export interface DescribeTimeToLiveOutput extends MetadataBearer {
  TimeToLiveDescription?:
    | {
        TimeToLiveStatus?: 'ENABLING' | 'DISABLING' | 'ENABLED' | 'DISABLED' | undefined;
        AttributeName?: string | undefined;
      }
    | undefined;
}
export interface DescribeEndpointsInput {}
export interface DescribeEndpointsOutput extends MetadataBearer {
  Endpoints: { Address: string | undefined; CachePeriodInMinutes: number | undefined }[] | undefined;
}

export interface ListStreamsInput {
  TableName?: string | undefined;
  Limit?: number | undefined;
  ExclusiveStartStreamArn?: string | undefined;
}
export interface ListStreamsOutput extends MetadataBearer {
  Streams?:
    | { StreamArn?: string | undefined; TableName?: string | undefined; StreamLabel?: string | undefined }[]
    | undefined;
  LastEvaluatedStreamArn?: string | undefined;
}
export interface DescribeStreamInput {
  StreamArn: string | undefined;
  Limit?: number | undefined;
  ExclusiveStartShardId?: string | undefined;
  ShardFilter?: { Type?: 'CHILD_SHARDS' | undefined; ShardId?: string | undefined } | undefined;
}
export interface Shard {
  ShardId?: string | undefined;
  SequenceNumberRange?:
    | {
        StartingSequenceNumber?: string | undefined;
        /** Absent while the shard takes records. */
        EndingSequenceNumber?: string | undefined;
      }
    | undefined;
  ParentShardId?: string | undefined;
}
export interface StreamDescription {
  StreamArn?: string | undefined;
  StreamLabel?: string | undefined;
  StreamStatus?: 'ENABLING' | 'ENABLED' | 'DISABLING' | 'DISABLED' | undefined;
  StreamViewType?: StreamViewType | undefined;
  CreationRequestDateTime?: Date | undefined;
  TableName?: string | undefined;
  KeySchema?: KeySchemaElement[] | undefined;
  Shards?: Shard[] | undefined;
  LastEvaluatedShardId?: string | undefined;
}
export interface DescribeStreamOutput extends MetadataBearer {
  StreamDescription?: StreamDescription | undefined;
}
export interface GetShardIteratorInput {
  StreamArn: string | undefined;
  ShardId: string | undefined;
  ShardIteratorType:
    'TRIM_HORIZON' | 'LATEST' | 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER' | 'AT_TIMESTAMP' | undefined;
  SequenceNumber?: string | undefined;
  Timestamp?: Date | undefined;
}
export interface GetShardIteratorOutput extends MetadataBearer {
  /** Good for fifteen minutes. */
  ShardIterator?: string | undefined;
}
export interface GetRecordsInput {
  ShardIterator: string | undefined;
  /** At most 1000. */
  Limit?: number | undefined;
}
/** One change of one item. */
export interface StreamRecord {
  eventID?: string | undefined;
  eventName?: 'INSERT' | 'MODIFY' | 'REMOVE' | undefined;
  eventVersion?: string | undefined;
  eventSource?: string | undefined;
  awsRegion?: string | undefined;
  dynamodb?:
    | {
        ApproximateCreationDateTime?: Date | undefined;
        Keys?: AttributeMap | undefined;
        NewImage?: AttributeMap | undefined;
        OldImage?: AttributeMap | undefined;
        SequenceNumber?: string | undefined;
        SizeBytes?: number | undefined;
        StreamViewType?: StreamViewType | undefined;
      }
    | undefined;
  /** Of an item that expired: the service. */
  userIdentity?: { PrincipalId?: string | undefined; Type?: string | undefined } | undefined;
}
export interface GetRecordsOutput extends MetadataBearer {
  Records?: StreamRecord[] | undefined;
  /** Absent once a shard that has ended is read to its end. */
  NextShardIterator?: string | undefined;
}

// The document client's names.
export type GetCommandInput<K extends object = NativeMap> = GetInput<K>;
export type GetCommandOutput<T extends object = NativeMap> = GetOutput<T>;
export type PutCommandInput<T extends object = NativeMap> = PutInput<T, unknown>;
export type PutCommandOutput<T extends object = NativeMap> = PutOutput<T>;
export type UpdateCommandInput<K extends object = NativeMap> = UpdateInput<K, unknown>;
export type UpdateCommandOutput<T extends object = NativeMap> = UpdateOutput<T>;
export type DeleteCommandInput<K extends object = NativeMap> = DeleteInput<K, unknown>;
export type DeleteCommandOutput<T extends object = NativeMap> = DeleteOutput<T>;
export type QueryCommandInput<K extends object = NativeMap> = QueryInput<K, unknown>;
export type QueryCommandOutput<T extends object = NativeMap> = QueryOutput<T, NativeMap>;
export type ScanCommandInput<K extends object = NativeMap> = ScanInput<K, unknown>;
export type ScanCommandOutput<T extends object = NativeMap> = ScanOutput<T, NativeMap>;
export type BatchGetCommandInput<K extends object = NativeMap> = BatchGetInput<K>;
export type BatchGetCommandOutput<T extends object = NativeMap> = BatchGetOutput<T, NativeMap>;
export type BatchWriteCommandInput<T extends object = NativeMap> = BatchWriteInput<T>;
export type BatchWriteCommandOutput<T extends object = NativeMap> = BatchWriteOutput<T>;
export type TransactGetCommandInput<K extends object = NativeMap> = TransactGetInput<K>;
export type TransactGetCommandOutput<T extends object = NativeMap> = TransactGetOutput<T>;
export type TransactWriteCommandInput<T extends object = NativeMap> = TransactWriteInput<T, unknown>;
export type TransactWriteCommandOutput<T extends object = NativeMap> = TransactWriteOutput<T>;
export type ExecuteStatementCommandInput = ExecuteStatementInput<unknown>;
export type ExecuteStatementCommandOutput<T extends object = NativeMap> = ExecuteStatementOutput<
  T,
  NativeMap
>;
export type BatchExecuteStatementCommandInput = BatchExecuteStatementInput<unknown>;
export type BatchExecuteStatementCommandOutput<T extends object = NativeMap> = BatchExecuteStatementOutput<T>;
export type ExecuteTransactionCommandInput = ExecuteTransactionInput<unknown>;
export type ExecuteTransactionCommandOutput<T extends object = NativeMap> = ExecuteTransactionOutput<T>;

// The low-level client's names.
export type GetItemCommandInput = GetInput<AttributeMap>;
export type GetItemCommandOutput = GetOutput<AttributeMap>;
export type PutItemCommandInput = PutInput<AttributeMap, AttributeValue>;
export type PutItemCommandOutput = PutOutput<AttributeMap>;
export type UpdateItemCommandInput = UpdateInput<AttributeMap, AttributeValue>;
export type UpdateItemCommandOutput = UpdateOutput<AttributeMap>;
export type DeleteItemCommandInput = DeleteInput<AttributeMap, AttributeValue>;
export type DeleteItemCommandOutput = DeleteOutput<AttributeMap>;
export type QueryItemsInput = QueryInput<AttributeMap, AttributeValue>;
export type QueryItemsOutput = QueryOutput<AttributeMap, AttributeMap>;
export type ScanItemsInput = ScanInput<AttributeMap, AttributeValue>;
export type ScanItemsOutput = ScanOutput<AttributeMap, AttributeMap>;
export type BatchGetItemCommandInput = BatchGetInput<AttributeMap>;
export type BatchGetItemCommandOutput = BatchGetOutput<AttributeMap, AttributeMap>;
export type BatchWriteItemCommandInput = BatchWriteInput<AttributeMap>;
export type BatchWriteItemCommandOutput = BatchWriteOutput<AttributeMap>;
export type TransactGetItemsCommandInput = TransactGetInput<AttributeMap>;
export type TransactGetItemsCommandOutput = TransactGetOutput<AttributeMap>;
export type TransactWriteItemsCommandInput = TransactWriteInput<AttributeMap, AttributeValue>;
export type TransactWriteItemsCommandOutput = TransactWriteOutput<AttributeMap>;
export type ExecuteStatementItemsInput = ExecuteStatementInput<AttributeValue>;
export type ExecuteStatementItemsOutput = ExecuteStatementOutput<AttributeMap, AttributeMap>;
export type BatchExecuteStatementItemsInput = BatchExecuteStatementInput<AttributeValue>;
export type BatchExecuteStatementItemsOutput = BatchExecuteStatementOutput<AttributeMap>;
export type ExecuteTransactionItemsInput = ExecuteTransactionInput<AttributeValue>;
export type ExecuteTransactionItemsOutput = ExecuteTransactionOutput<AttributeMap>;

/** An `AbortSignal`, or what the AWS SDK takes for one. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  onabort: object | null;
}

/** The second argument of every call. */
export interface CallOptions {
  /** Rejects the call with an `AbortError`. A write already handed to the engine still happens. */
  abortSignal?: AbortSignalLike | undefined;
}

/** How far a dump or a load has come. */
export interface Progress {
  /** Items so far. */
  items: number;
  /** Their bytes, by DynamoDB's item size, as in TableSizeBytes. */
  bytes: number;
  /** Items of the whole, by the statistics when the dump began. */
  totalItems: number;
  /** Their bytes. */
  totalBytes: number;
}

/** What a database and its place use, and how it is kept. */
export interface StorageReport {
  /** `persistent`: until deleted. `best-effort`: the browser may evict it when space is short. `memory`: until closed. */
  kind: 'persistent' | 'best-effort' | 'memory';
  /**
   * Bytes in use. In a browser those of the whole origin, other databases and caches included, as
   * `navigator.storage.estimate()` estimates; on files the sizes of all files of the directory. Absent in memory, and
   * where the browser does not tell.
   */
  usage?: number | undefined;
  /**
   * Bytes that may be in use, `usage` among them. In a browser by `navigator.storage.estimate()`; Chromium tells sites
   * ten gigabytes more than they use, whatever is left. On files `usage` and what the disk has free for this user, by
   * `statfs`. Absent in memory, and where that is not told.
   */
  quota?: number | undefined;
  /** Whether the browser keeps the origin, by `navigator.storage.persisted()`. Absent outside of browsers. */
  persisted?: boolean | undefined;
}

/** What the event `space` tells: bytes, as in `StorageReport`. */
export interface LowSpace {
  usage: number;
  quota: number;
  /** What is left of the quota. */
  free: number;
}

/** What `db.verify()` looked at, and found. */
export interface VerifyReport {
  tables: number;
  items: number;
  indexEntries: number;
  /** Blocks of the log and of the tables that were read. */
  blocks: number;
  bytes: number;
  /** What is wrong: the first hundred. */
  problems: { tableName?: string; indexName?: string; problem: string }[];
  /** How many more there are. */
  moreProblems: number;
}

/** What `repair()` found, and did. `problems` are those of before. */
export interface RepairReport extends VerifyReport {
  /** Whether anything was wrong; if not, nothing was written. */
  repaired: boolean;
  /** Items that are there now. */
  items: number;
  /** Items that could be found and were damaged themselves. Those of a block that is lost are not counted. */
  lostItems: number;
}
